// What the guard's rule alone would do, with no clock: planes a key takes before it is dropped and keys retained, when
// the planes are looked at in a given order. A machine that is right lands near these figures (traces/value_rule.csv).
#pragma once

#include <cstdint>
#include <vector>

#include "testbench/trace/trace_set.h"

namespace pade::golden {

enum class plane_order : std::uint8_t {
    lockstep,    ///< plane 0 of all keys, then plane 1 of those alive, ...
    sequential,  ///< tile after tile, ascending; lock-step inside a tile
    head_tail,   ///< tiles 0, n-1, 1, n-2, ...; lock-step inside a tile
    oracle       ///< the final threshold (largest exact score minus offset) is known from the start
};

struct value_rule_options {
    double alpha = 1.0;
    double radius = 5.0;  ///< logits
    std::uint32_t tile = 64;
    plane_order order = plane_order::head_tail;
};

/// Of the unmasked pairs of some queries of one head.
struct value_rule_result {
    std::uint64_t pairs = 0;
    std::uint64_t planes = 0;
    std::uint64_t retained = 0;
    std::uint64_t at_line =
        0;  ///< pairs with an exact score of at least the largest minus offset: fewer cannot be retained
    std::vector<std::uint64_t> pruned_after;  ///< [8]: pairs dropped after plane 0..7
    double lost_mass = 0;                     ///< exact softmax mass of pruned pairs, mean over the queries

    double planes_per_pair() const { return static_cast<double>(planes) / static_cast<double>(pairs); }
    double retained_fraction() const { return static_cast<double>(retained) / static_cast<double>(pairs); }
    double at_line_fraction() const { return static_cast<double>(at_line) / static_cast<double>(pairs); }
};

/// All queries of `head` of the (selected) set, keys of 8 bits.
value_rule_result value_rule(const trace_set& set, unsigned head, const value_rule_options& options);

}  // namespace pade::golden
