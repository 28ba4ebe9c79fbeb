// Operands for property tests: nothing may depend on luck in the signs (pade.md section 2).
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace pade::numeric {

enum class operand_kind { mixed, non_negative, negative, constant, extreme, extreme_mixed };

inline constexpr std::array all_operand_kinds{operand_kind::mixed,    operand_kind::non_negative,
                                              operand_kind::negative, operand_kind::constant,
                                              operand_kind::extreme,  operand_kind::extreme_mixed};

inline std::string operand_kind_name(operand_kind kind) {
    static const std::array<const char*, 6> names{"mixed",    "non-negative", "negative",
                                                  "constant", "all -128",     "-128 and 127"};
    return names[static_cast<std::size_t>(kind)];
}

inline std::vector<std::int8_t> make_operand(operand_kind kind, unsigned dims, std::mt19937& random) {
    const auto draw = [&](int low, int high) {
        return static_cast<std::int8_t>(std::uniform_int_distribution<int>(low, high)(random));
    };
    const std::int8_t constant = draw(-128, 127);
    std::vector<std::int8_t> operand(dims);
    for (std::int8_t& value : operand) {
        switch (kind) {
            case operand_kind::mixed:
                value = draw(-128, 127);
                break;
            case operand_kind::non_negative:
                value = draw(0, 127);
                break;
            case operand_kind::negative:
                value = draw(-128, -1);
                break;
            case operand_kind::constant:
                value = constant;
                break;
            case operand_kind::extreme:
                value = -128;
                break;
            case operand_kind::extreme_mixed:
                value = draw(0, 1) != 0 ? std::int8_t{127} : std::int8_t{-128};
                break;
        }
    }
    return operand;
}

}  // namespace pade::numeric
