#include "model/numeric/bit_planes.h"

#include <algorithm>

namespace pade::numeric {

std::int8_t quantise_key(std::int8_t k, unsigned key_bits) {
    const unsigned shift = max_key_bits - key_bits;
    if (shift == 0)
        return k;
    // Round half to even in integers: floor, then look at what was cut off. Only the top can overflow (127 rounds up).
    const std::int32_t step = std::int32_t{1} << shift;
    const std::int32_t floored = k >> shift;
    const std::int32_t rest = k - floored * step;
    const std::int32_t half = step / 2;
    const bool up = rest > half || (rest == half && (floored & 1) != 0);
    const std::int32_t limit = std::int32_t{1} << (key_bits - 1);
    return static_cast<std::int8_t>(std::clamp(floored + (up ? 1 : 0), -limit, limit - 1));
}

std::int32_t known_value(std::int8_t k, unsigned planes, unsigned key_bits) {
    if (planes == 0)
        return 0;
    // k is sign-extended above bit B-1, so clearing the unknown low bits leaves the sign plane's weight negative.
    return std::int32_t{k} & ~unknown_weight(planes, key_bits);
}

void pack_plane(const std::int8_t* key, unsigned dims, unsigned plane, unsigned key_bits, std::uint64_t* words) {
    const unsigned shift = key_bits - 1 - plane;
    for (unsigned first = 0; first < dims; first += word_dims) {
        const unsigned count = std::min(word_dims, dims - first);
        std::uint64_t word = 0;
        for (unsigned e = 0; e < count; ++e)
            word |= static_cast<std::uint64_t>((static_cast<std::uint8_t>(key[first + e]) >> shift) & 1u) << e;
        words[first / word_dims] = word;
    }
}

}  // namespace pade::numeric
