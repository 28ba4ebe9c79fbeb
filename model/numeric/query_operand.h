// One query as the lanes of a row use it: sums of q over any set of dims, which is what a bit plane of a key selects.
#pragma once

#include <array>
#include <cstdint>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "model/numeric/bit_planes.h"
#include "model/numeric/group_selection.h"

namespace pade::numeric {

/// The query as bytes, ready for masking: a lane expands the bits of a plane to byte masks and adds what they leave of
/// q. With 64 B a word the operands of all rows stay in the first-level cache; tables of subset sums (4 KiB a word) do
/// not.
class query_operand {
  public:
    /// q: `dims` INT8 elements, dims 1..256.
    query_operand(const std::int8_t* q, unsigned dims);

    unsigned dims() const { return dims_; }
    unsigned words() const { return words_; }
    std::int8_t q(unsigned dim) const { return static_cast<std::int8_t>(biased_[dim] - bias); }

    /// sum of q_e over the dims e of word `word` whose bit is set; bits beyond the last dim add nothing. `ones`: how
    /// many bits are set, without those beyond the last dim (selection_cost::ones).
    std::int32_t word_sum(std::uint64_t bits, unsigned word, unsigned ones) const;
    std::int32_t word_sum(std::uint64_t bits, unsigned word) const {
        return word_sum(bits, word, select_word(bits, true, dims_ - word * word_dims).ones);
    }
    /// The same over all words of a plane.
    std::int32_t plane_sum(const std::uint64_t* bits) const;

    std::int32_t positive_sum() const { return positive_; }  ///< sum of max(q_e, 0)
    std::int32_t negative_sum() const { return negative_; }  ///< sum of min(q_e, 0)

  private:
    static constexpr int bias = 128;

    alignas(16) std::array<std::uint8_t, 256> biased_;  ///< q + 128; 128 beyond the last dim
    unsigned dims_;
    unsigned words_;
    std::int32_t positive_ = 0;
    std::int32_t negative_ = 0;
};

inline std::int32_t query_operand::word_sum(std::uint64_t bits, unsigned word, unsigned ones) const {
    const std::uint8_t* q = biased_.data() + std::size_t{word} * word_dims;
    const std::int32_t biases = bias * static_cast<std::int32_t>(ones);
#if defined(__SSE2__)
    // Byte i of four vectors: all ones where bit i of the word is set.
    const __m128i bytes = _mm_cvtsi64_si128(static_cast<long long>(bits));
    const __m128i twice = _mm_unpacklo_epi8(bytes, bytes);
    const __m128i low = _mm_unpacklo_epi16(twice, twice);
    const __m128i high = _mm_unpackhi_epi16(twice, twice);
    const __m128i spread[4] = {_mm_unpacklo_epi32(low, low), _mm_unpackhi_epi32(low, low),
                               _mm_unpacklo_epi32(high, high), _mm_unpackhi_epi32(high, high)};
    const __m128i own_bit = _mm_set1_epi64x(static_cast<long long>(0x8040201008040201u));
    const __m128i zero = _mm_setzero_si128();
    __m128i sum = zero;
    for (int i = 0; i < 4; ++i) {
        const __m128i mask = _mm_cmpeq_epi8(_mm_and_si128(spread[i], own_bit), own_bit);
        const __m128i part = _mm_load_si128(reinterpret_cast<const __m128i*>(q + std::ptrdiff_t{16} * i));
        sum = _mm_add_epi64(sum, _mm_sad_epu8(_mm_and_si128(mask, part), zero));
    }
    return _mm_cvtsi128_si32(_mm_add_epi64(sum, _mm_unpackhi_epi64(sum, sum))) - biases;
#else
    std::int32_t sum = 0;
    for (; bits != 0; bits &= bits - 1)
        sum += q[__builtin_ctzll(bits)];
    return sum - biases;
#endif
}

inline std::int32_t query_operand::plane_sum(const std::uint64_t* bits) const {
    std::int32_t sum = 0;
    for (unsigned word = 0; word < words_; ++word)
        sum += word_sum(bits[word], word);
    return sum;
}

}  // namespace pade::numeric
