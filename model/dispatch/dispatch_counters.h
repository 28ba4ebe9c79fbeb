// What the dispatcher counts (docs/statistics.md: pairs, planes, buffer.k_feed_utilisation, dispatcher classes).
#pragma once

#include <cstdint>
#include <vector>

#include "tlm/clock.h"

namespace pade {

struct dispatch_head_counters {
    std::uint64_t pairs = 0;  ///< with the masked ones
    std::uint64_t masked = 0;
};

struct dispatch_group_counters {
    std::uint64_t keys = 0;            ///< keys admitted: seen by at least one row of a block
    std::uint64_t planes_fetched = 0;  ///< distinct (block, key, plane) processed by at least one row
    std::uint64_t deliveries = 0;      ///< planes sent down a column
    cycle_t first_admission = 0;
    cycle_t last_output = 0;
    bool begun = false;
};

struct dispatch_counters {
    // Each cycle of each lane column is in exactly one of these.
    std::uint64_t delivering = 0;  ///< a plane was chosen, or a further part of it was read
    std::uint64_t no_room = 0;     ///< planes are there, but some asking row's FIFO is full
    std::uint64_t port_busy = 0;   ///< a plane is there, but the KV buffer has not answered the reads before it
    std::uint64_t no_data = 0;     ///< planes asked for are on their way from DRAM
    std::uint64_t no_request = 0;  ///< keys are in the lanes, but none asks
    std::uint64_t empty = 0;       ///< no key in the column

    std::uint64_t admissions = 0;
    std::uint64_t blocked_entries = 0;      ///< column-cycles in which the next key found no free entry in some row
    std::uint64_t blocked_tiles = 0;        ///< ... would have opened one tile too many
    std::uint64_t blocked_drift = 0;        ///< ... admission per_lane: its row is too far ahead of another one
    std::uint64_t blocked_score_queue = 0;  ///< ... waited for the score queue to fall below its high water mark
    std::uint64_t fetches = 0;
    std::uint64_t merged = 0;  ///< fetches saved because the atom was in flight or pinned
    std::uint64_t releases = 0;
    std::uint64_t flushes = 0;
    std::uint64_t blocks = 0;
    std::uint64_t tiles = 0;

    std::uint64_t planes_out = 0;  ///< items of the links, by link
    std::uint64_t verdicts_in = 0;
    std::uint64_t fetch_items_out = 0;
    std::uint64_t arrived_in = 0;
    std::uint64_t tile_items_out = 0;
    std::uint64_t query_commands_out = 0;
    std::uint64_t k_reads = 0;  ///< transactions on the K ports

    std::vector<dispatch_head_counters> heads;
    std::vector<dispatch_group_counters> groups;
};

}  // namespace pade
