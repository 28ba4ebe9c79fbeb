// Transposer behind the banks of the KV buffer: makes 32 dims of a bit plane of the 32 values in a line. Hardware: an
// 8:1 selector for each byte, all with the same bit number, in the path of the read; it adds no cycle [ours].
#pragma once

#include <cstdint>
#include <cstring>

namespace pade {

/// out[i], bit j = bit `bit` of values[8 i + j], for `bytes` bytes of `out`.
inline void transpose(const unsigned char* values, unsigned bit, unsigned char* out, unsigned bytes) {
    constexpr std::uint64_t lowest_bits = 0x0101010101010101u;
    // Bit 8 j goes to bit 56 + j; no two of the products meet.
    constexpr std::uint64_t gather = 0x0102040810204080u;
    for (unsigned i = 0; i < bytes; ++i) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, values + std::size_t{8} * i, 8);
        out[i] = static_cast<unsigned char>(((eight >> bit) & lowest_bits) * gather >> 56);
    }
}

}  // namespace pade
