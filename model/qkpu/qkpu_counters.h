// What the QK-PU counts (docs/statistics.md: pairs, planes, lanes, guard).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tlm/payloads.h"

namespace pade {

/// The part of a lane's counters that belongs to one query head.
struct alignas(64) lane_head_counters {
    std::uint64_t planes = 0;  ///< (row, key, plane) processed
    std::uint64_t busy = 0;    ///< datapath cycles
    std::uint64_t retained = 0;
    std::array<std::uint64_t, max_planes> pruned_at{};  ///< pairs pruned after plane 0 ..
};

/// The first ones are counted every cycle: one line of cache.
struct alignas(64) lane_counters {
    // Each cycle of a lane is in exactly one of these, the first that fits.
    std::uint64_t busy = 0;
    std::uint64_t stall_scoreboard = 0;
    std::uint64_t stall_data = 0;
    std::uint64_t idle = 0;

    std::uint64_t busy_dims = 0;  ///< dims in use over the busy cycles; 64 * busy when each pass is full
    std::uint64_t selected = 0;   ///< elements through the selectors
    std::uint64_t verdicts_out = 0;

    std::uint64_t stall_downstream = 0;  ///< the fifth class of cycles
    std::uint64_t admitted = 0;
    std::uint64_t bounds_sent = 0;
    std::uint64_t rows_in = 0;  ///< items of the row link: queries and thresholds
    std::uint64_t scores_out = 0;
    std::vector<lane_head_counters> heads;
};

/// Classes of a lane's cycles, the first that fits.
enum class lane_cycle : std::uint8_t { busy, stall_downstream, stall_scoreboard, stall_data, idle };

struct guard_counters {
    std::uint64_t queries = 0;  ///< interval tables made
    std::uint64_t bounds = 0;   ///< lower bounds received
    std::uint64_t raised = 0;   ///< thresholds broadcast
    std::uint64_t row_items_out = 0;
    std::uint64_t threshold_items_out = 0;
    std::uint64_t busy = 0;  ///< cycles with a bound or a query at hand
    std::uint64_t idle = 0;
};

}  // namespace pade
