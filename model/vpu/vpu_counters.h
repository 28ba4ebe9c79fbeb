// What the output side counts (docs/statistics.md: vpu, softmax, and the re-check's part of pairs). Each module has one
// plain struct; link counters are the items that the module itself sent or received, to be compared with the monitors.
#pragma once

#include <cstdint>
#include <vector>

#include "model/vpu/cycle_account.h"

namespace pade {

/// Element `index` of a vector that grows as heads turn up.
inline std::uint64_t& count_of(std::vector<std::uint64_t>& counts, std::size_t index) {
    if (index >= counts.size())
        counts.resize(index + 1);
    return counts[index];
}

struct score_queue_counters {
    vpu_cycles cycles;
    std::uint64_t pairs_in = 0;                 ///< = score items received
    std::uint64_t pairs_out = 0;                ///< finally retained and sent on
    std::uint64_t peak_pairs = 0;               ///< most pairs held at a time
    std::vector<std::uint64_t> recheck_pruned;  ///< by query head: bin B of histogram_pruned_at
    std::vector<std::uint64_t> retained;        ///< by query head, after the re-check
    std::uint64_t tiles = 0;                    ///< closed tiles that went on, empty ones included
    std::uint64_t tile_parts = 0;  ///< heads sent: tiles, or parts of tiles, with pairs or at a block's end
    std::vector<std::uint64_t> v_rows_fetched;  ///< by KV head: V rows reserved
    std::uint64_t spilled_pairs = 0;            ///< ISTA off: pairs that went to DRAM
    std::uint64_t spilled_pairs_back = 0;       ///< and came back
    std::uint64_t spill_requests = 0;           ///< reads and writes of an atom
    std::uint64_t spill_bytes_written = 0;      ///< in atoms
    std::uint64_t spill_bytes_read = 0;
    std::uint64_t spill_bytes_padding = 0;  ///< of those read: what a tile leaves free in its last atom
    std::uint64_t tile_items_in = 0;
    std::uint64_t threshold_items_in = 0;
    std::uint64_t level_items_out = 0;
    std::uint64_t fetch_items_out = 0;
    std::uint64_t reserved_items_out = 0;
    std::uint64_t pair_items_out = 0;  ///< heads and pairs
};

struct softmax_counters {
    vpu_cycles cycles;
    std::uint64_t exps = 0;         ///< weights and rescale factors
    std::uint64_t max_updates = 0;  ///< a maximum that a row already had pairs under grew
    std::vector<std::uint64_t> exps_by_head;
    std::uint64_t pair_items_in = 0;
    std::uint64_t weight_items_out = 0;  ///< heads, rescale factors and weights
};

struct rars_counters {
    vpu_cycles cycles;
    std::uint64_t rounds = 0;  ///< sent, the empty one of an empty last tile included
    std::uint64_t weight_items_in = 0;
    std::uint64_t reserved_items_in = 0;
    std::uint64_t round_items_out = 0;
};

struct v_pu_counters {
    vpu_cycles cycles;
    std::uint64_t macs = 0;                            ///< head_dim a retained pair
    std::uint64_t rounds = 0;                          ///< rounds that computed or rescaled
    std::uint64_t rescales = 0;                        ///< rows rescaled
    std::uint64_t rescale_macs = 0;                    ///< multiplications spent on them
    std::uint64_t v_rows_needed = 0;                   ///< retained pairs
    std::uint64_t v_rows_read = 0;                     ///< V rows read from the KV buffer
    std::uint64_t v_atoms_read = 0;                    ///< the same in 32 B atoms: transactions of the V ports
    std::uint64_t v_rows_distinct = 0;                 ///< distinct (KV head, key) a block
    std::vector<std::uint64_t> macs_by_head;           ///< by query head
    std::vector<std::uint64_t> v_rows_needed_by_head;  ///< by query head
    std::vector<std::uint64_t> v_rows_read_by_kv;      ///< by KV head
    std::vector<std::uint64_t> v_rows_distinct_by_kv;  ///< by KV head
    std::uint64_t round_items_in = 0;
    std::uint64_t release_items_out = 0;
    std::uint64_t o_items_out = 0;
    std::uint64_t done_items_out = 0;
};

struct write_back_counters {
    vpu_cycles cycles;
    std::uint64_t o_rows = 0;
    std::uint64_t atoms_written = 0;  ///< transactions of 32 B
    std::uint64_t bytes_data = 0;     ///< without padding
    std::uint64_t bytes_padding = 0;
    std::vector<std::uint64_t> bytes_by_head;  ///< by query head, padding included
    std::uint64_t o_items_in = 0;
    std::uint64_t done_items_out = 0;
};

}  // namespace pade
