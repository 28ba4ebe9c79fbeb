// A key that survived all its planes, as the design under test hands it to its judge and to retained.npy.
#pragma once

#include <cstdint>

namespace pade {

struct retained_key {
    std::uint32_t key = 0;   ///< index within the sequence
    std::int32_t score = 0;  ///< exact integer score q . k

    friend bool operator==(const retained_key& a, const retained_key& b) {
        return a.key == b.key && a.score == b.score;
    }
};

}  // namespace pade
