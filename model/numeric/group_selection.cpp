#include "model/numeric/group_selection.h"

#include <algorithm>

namespace pade::numeric {

namespace {

constexpr unsigned groups = 8;
constexpr std::uint64_t each_byte = 0x0101010101010101u;

/// The population count of each byte, in that byte.
constexpr std::uint64_t byte_counts(std::uint64_t x) {
    x -= (x >> 1) & 0x55 * each_byte;
    x = (x & 0x33 * each_byte) + ((x >> 2) & 0x33 * each_byte);
    return (x + (x >> 4)) & 0x0f * each_byte;
}

constexpr std::uint64_t present_mask(unsigned dims) {
    return dims >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << dims) - 1;
}

/// present: the dims of the group that exist.
group_selection select_present(unsigned bits, unsigned present) {
    const auto ones = static_cast<unsigned>(byte_counts(bits & present));
    const auto zeros = static_cast<unsigned>(byte_counts(~bits & present));
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

selection_cost select_word(std::uint64_t bits, bool bidirectional, unsigned dims) {
    const std::uint64_t present = present_mask(dims);
    std::uint64_t active = byte_counts(bits & present);
    if (bidirectional) {
        // Per byte, hence without borrows: no group has more ones than dims.
        const std::uint64_t zeros = (dims >= 64 ? group_dims * each_byte : byte_counts(present)) - active;
        // Byte by byte minimum: the top bit of each byte survives the subtraction where active >= zeros.
        const std::uint64_t more = (((active | 0x80 * each_byte) - zeros) >> 7 & each_byte) * 0xff;
        active ^= (active ^ zeros) & more;
    }
    selection_cost cost;
    cost.selected = static_cast<unsigned>((active * each_byte) >> 56);
    // A count above 4 carries into the top bit of its byte.
    const std::uint64_t carry = 0x80 - (selectors_per_group + 1);
    if (((active + carry * each_byte) & 0x80 * each_byte) != 0)
        cost.cycles = 2;
    return cost;
}

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
