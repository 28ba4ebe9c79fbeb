// GSAT: grouped selection and adder tree (pade.md section 2, "Bidirectional sparsity", and section 3, "Why 5-input
// selectors suffice"). 64 dims in 8 groups of 8; 4 selectors a group. What is selected, and how long it takes; the sum
// itself is query_operand's, since both ways of summing give the same integer.
#pragma once

#include <array>
#include <cstdint>

namespace pade::numeric {

inline constexpr unsigned group_dims = 8;
inline constexpr unsigned selectors_per_group = 4;
inline constexpr unsigned selector_inputs = 5;

struct selection_cost {
    unsigned selected = 0;  ///< elements that the selectors of all groups pass on
    unsigned cycles = 1;    ///< 1, or 2 when some group has more active elements than selectors
    unsigned ones = 0;      ///< set bits, without those of absent dims
};

/// One word (64 dims) of a plane. With `bidirectional` each group accumulates its minority symbol (4 against 4: the
/// ones), so never more than 4 elements; without it a group of more than 4 ones takes a second cycle. Dims at `dims`
/// and above (a partly filled last word) are absent: neither symbol counts them.
inline selection_cost select_word(std::uint64_t bits, bool bidirectional, unsigned dims = 64);

/// The selectors of one group, as the hardware wires them: selector i sees inputs i..i+4. Each active element goes, in
/// order, to the first free selector that sees it. With four active ones that is the i-th to selector i. With fewer the
/// i-th alone may lie beyond i+4 (a single one at position 7 is selector 3's), but a selector is always free for it:
/// element i of n has n-1-i active ones behind it, hence position <= 8-n+i, and selector i+4-n at the latest sees it.
struct group_selection {
    bool complemented = false;  ///< the zeros are accumulated, and subtracted from the group's sum of q
    unsigned count = 0;         ///< active elements, at most 4
    std::array<std::uint8_t, selectors_per_group> position{};  ///< position 0..7 of each active element, ascending
    std::array<std::uint8_t, selectors_per_group> selector{};  ///< the selector 0..3 that passes it on, ascending
};
/// bits: 8 bits of one group. Bidirectional only (without it there is no bound of 4).
group_selection select_group(std::uint8_t bits);

/// The partial sum of a word by way of the selectors: what RTL computes. Equals query_operand::word_sum.
std::int32_t selected_sum(std::uint64_t bits, const std::int8_t* q, unsigned dims = 64);

// ---- select_word: a lane does it for every plane -------------------------------------------------------------------

namespace bytes {
inline constexpr std::uint64_t each = 0x0101010101010101u;

/// The population count of each byte, in that byte.
constexpr std::uint64_t counts(std::uint64_t x) {
    x -= (x >> 1) & 0x55 * each;
    x = (x & 0x33 * each) + ((x >> 2) & 0x33 * each);
    return (x + (x >> 4)) & 0x0f * each;
}
/// The sum of the bytes, when it is below 256.
constexpr unsigned sum(std::uint64_t x) {
    return static_cast<unsigned>((x * each) >> 56);
}
}  // namespace bytes

constexpr std::uint64_t present_mask(unsigned dims) {
    return dims >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << dims) - 1;
}

inline selection_cost select_word(std::uint64_t bits, bool bidirectional, unsigned dims) {
    const std::uint64_t present = present_mask(dims);
    const std::uint64_t ones = bytes::counts(bits & present);
    selection_cost cost;
    cost.ones = bytes::sum(ones);
    if (!bidirectional) {
        cost.selected = cost.ones;
        // A count above 4 carries into the top bit of its byte.
        const std::uint64_t carry = 0x80 - (selectors_per_group + 1);
        cost.cycles = ((ones + carry * bytes::each) & 0x80 * bytes::each) != 0 ? 2 : 1;
        return cost;
    }
    // Per byte, hence without borrows: no group has more ones than dims. The smaller of two counts is never above 4.
    const std::uint64_t zeros = (dims >= 64 ? group_dims * bytes::each : bytes::counts(present)) - ones;
    // Byte by byte minimum: the top bit of each byte survives the subtraction where there are as many ones or more.
    const std::uint64_t more = (((ones | 0x80 * bytes::each) - zeros) >> 7 & bytes::each) * 0xff;
    cost.selected = bytes::sum(ones ^ ((ones ^ zeros) & more));
    return cost;
}

}  // namespace pade::numeric
