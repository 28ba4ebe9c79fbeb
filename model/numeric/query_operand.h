// One query as the lanes of a row use it: sums of q over any set of dims, which is what a bit plane of a key selects.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pade::numeric {

/// Look-up form of a query. For each group of 8 dims, the sum of q over each of the 256 subsets: a plane of 64 dims is
/// eight look-ups in 4 KiB, which stay in the first-level cache while a row works on this query.
class query_operand {
  public:
    /// q: `dims` INT8 elements, dims 1..256.
    query_operand(const std::int8_t* q, unsigned dims);

    unsigned dims() const { return dims_; }
    unsigned words() const { return words_; }
    std::int8_t q(unsigned dim) const { return q_[dim]; }

    /// sum of q_e over the dims e of word `word` whose bit is set.
    std::int32_t word_sum(std::uint64_t bits, unsigned word) const;
    /// The same over all words of a plane.
    std::int32_t plane_sum(const std::uint64_t* bits) const;

    std::int32_t positive_sum() const { return positive_; }  ///< sum of max(q_e, 0)
    std::int32_t negative_sum() const { return negative_; }  ///< sum of min(q_e, 0)

  private:
    unsigned dims_;
    unsigned words_;
    std::int32_t positive_ = 0;
    std::int32_t negative_ = 0;
    std::vector<std::int8_t> q_;
    std::vector<std::int16_t> sums_;  // [word][group of 8][subset 0..255]
};

inline std::int32_t query_operand::word_sum(std::uint64_t bits, unsigned word) const {
    const std::int16_t* table = sums_.data() + static_cast<std::size_t>(word) * 8 * 256;
    std::int32_t sum = 0;
    for (std::size_t group = 0; group < 8; ++group)
        sum += table[group * 256 + ((bits >> (8 * group)) & 0xff)];
    return sum;
}

inline std::int32_t query_operand::plane_sum(const std::uint64_t* bits) const {
    std::int32_t sum = 0;
    for (unsigned word = 0; word < words_; ++word)
        sum += word_sum(bits[word], word);
    return sum;
}

}  // namespace pade::numeric
