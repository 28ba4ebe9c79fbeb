// Widths of what the chip stores and moves, in bits, as energy and area count them (model/numeric and model/qkpu are
// where the values live).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "model/params.h"

namespace pade {

struct widths {
    static constexpr double element = 8;  ///< Q, K, V
    static constexpr double token = 20;
    static constexpr double plane = 3;
    static constexpr double block = 1;
    static constexpr double groups = 8;      ///< of a lane
    static constexpr double selectors = 4;   ///< of a group
    static constexpr double group_sum = 12;  ///< signed sum of eight elements
    static constexpr double lane_dims = 64;

    widths(const params& p, double head_dim) : p_bits(p.softmax.p_bits) {
        unsigned log2 = 0;
        while ((1U << log2) < static_cast<unsigned>(head_dim))
            ++log2;
        score = std::max(22.0, 16.0 + log2);
        entry = token + plane + block + score;
        plane_item = lane_dims * std::max(1.0, std::ceil(head_dim / lane_dims)) + token + plane;
        accumulator = p_bits + 2 * element;
    }

    double p_bits;
    double score;        ///< register of a partial score
    double entry;        ///< of a scoreboard
    double plane_item;   ///< a plane of a key in the lane's FIFO
    double accumulator;  ///< an element of o
    /// Adders of a lane behind the selectors: seven for the eight group sums, eight that take the minority's sum from
    /// the group's, one into the partial score.
    double tree() const { return 7 * group_sum + groups * group_sum + score; }
    /// Registers between two stages of the lane's pipeline.
    double stage() const { return groups * group_sum + entry; }
};

}  // namespace pade
