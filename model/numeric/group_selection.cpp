#include "model/numeric/group_selection.h"

#include <algorithm>

namespace pade::numeric {

namespace {

constexpr unsigned groups = 8;

/// present: the dims of the group that exist.
group_selection select_present(unsigned bits, unsigned present) {
    const auto ones = static_cast<unsigned>(bytes::counts(bits & present));
    const auto zeros = static_cast<unsigned>(bytes::counts(~bits & present));
    group_selection selection;
    selection.complemented = ones > zeros;
    const unsigned active = (selection.complemented ? ~bits : bits) & present;
    unsigned next = 0;
    for (unsigned position = 0; position < group_dims; ++position) {
        if ((active >> position & 1u) == 0)
            continue;
        // The first free selector that sees this input; one always does, see the header.
        const unsigned first_seeing = position < selector_inputs ? 0 : position - (selector_inputs - 1);
        const unsigned selector = std::max(next, first_seeing);
        selection.position[selection.count] = static_cast<std::uint8_t>(position);
        selection.selector[selection.count] = static_cast<std::uint8_t>(selector);
        ++selection.count;
        next = selector + 1;
    }
    return selection;
}

}  // namespace

group_selection select_group(std::uint8_t bits) {
    return select_present(bits, 0xff);
}

std::int32_t selected_sum(std::uint64_t bits, const std::int8_t* q, unsigned dims) {
    const std::uint64_t present = present_mask(dims);
    std::int32_t sum = 0;
    for (unsigned group = 0; group < groups; ++group) {
        const unsigned shift = group * group_dims;
        const auto here = static_cast<unsigned>(present >> shift & 0xff);
        const group_selection selection = select_present(static_cast<unsigned>(bits >> shift & 0xff), here);
        std::int32_t selected = 0;
        for (unsigned i = 0; i < selection.count; ++i)
            selected += q[shift + selection.position[i]];
        if (!selection.complemented) {
            sum += selected;
            continue;
        }
        std::int32_t group_sum = 0;
        for (unsigned e = 0; e < group_dims; ++e)
            group_sum += (here >> e & 1u) != 0 ? q[shift + e] : 0;
        sum += group_sum - selected;
    }
    return sum;
}

}  // namespace pade::numeric
