// Small arithmetic that the layouts share.
#pragma once

#include <cstdint>

namespace pade {

constexpr std::uint32_t divide_up(std::uint32_t a, std::uint32_t b) {
    return (a + b - 1) / b;
}

/// The smallest power of two that is at least `least`.
constexpr std::uint32_t power_of_two_from(std::uint32_t least) {
    std::uint32_t power = 1;
    while (power < least)
        power *= 2;
    return power;
}

/// Bytes of a plane of one key, padded to a power of two.
constexpr std::uint32_t padded_plane_bytes(std::uint32_t head_dim) {
    return power_of_two_from(divide_up(head_dim, 8));
}

/// Bits 0 .. count-1.
constexpr std::uint32_t low_bits(unsigned count) {
    return count >= 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << count) - 1;
}

}  // namespace pade
