// Bit planes of a two's complement key element, most significant first (pade.md section 2, "Operands"):
//   k = -2^(B-1) b_0 + sum_{r>=1} 2^(B-1-r) b_r,   plane 0 the sign plane, B = 4..8.
// Pure arithmetic, no clock.
#pragma once

#include <cstdint>

namespace pade::numeric {

inline constexpr unsigned max_key_bits = 8;
inline constexpr unsigned word_dims =
    64;  ///< dims of one 64-bit word of a plane; bit e of word w belongs to dim 64 w + e

/// k_B = clamp(round_half_even(k / 2^(8-B)), -2^(B-1), 2^(B-1)-1); the scale of K grows by 2^(8-B).
std::int8_t quantise_key(std::int8_t k, unsigned key_bits);

/// Bit r of k, an element of `key_bits` bits.
constexpr bool plane_bit(std::int8_t k, unsigned plane, unsigned key_bits) {
    return ((static_cast<std::uint8_t>(k) >> (key_bits - 1 - plane)) & 1u) != 0;
}

/// Weight of a bit of plane r: -2^(B-1) for the sign plane, else 2^(B-1-r).
constexpr std::int32_t plane_weight(unsigned plane, unsigned key_bits) {
    const auto magnitude = static_cast<std::int32_t>(1u << (key_bits - 1 - plane));
    return plane == 0 ? -magnitude : magnitude;
}

/// known^r(k): the value of k with all bits after the first `planes` planes taken as 0.
std::int32_t known_value(std::int8_t k, unsigned planes, unsigned key_bits);

/// u_r = 2^(B-r) - 1: what the planes still unknown after r of them can add to an element at most.
constexpr std::int32_t unknown_weight(unsigned planes, unsigned key_bits) {
    return static_cast<std::int32_t>((1u << (key_bits - planes)) - 1u);
}

/// Plane `plane` of a key of `dims` elements, into ceil(dims/64) words; bits beyond dims are 0.
void pack_plane(const std::int8_t* key, unsigned dims, unsigned plane, unsigned key_bits, std::uint64_t* words);

}  // namespace pade::numeric
