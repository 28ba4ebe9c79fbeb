// Row blocks: which queries work side by side, in which order (pade.md section 4, item 2).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/dispatch/tile_order.h"
#include "model/job.h"
#include "model/params.h"

namespace pade {

/// Yields the blocks of a job one by one; a job of many queries is never held whole.
class row_blocks {
  public:
    /// Blocks are numbered from `first_id` on. With ISTA off one block is alive at a time and its tiles ascend (pade.md
    /// section 4, item 7), whatever rows.blocks_in_flight and ista.order say.
    row_blocks(std::shared_ptr<const job> work, const params& p, std::uint64_t first_id = 0);

    /// The next block, or null after the last one.
    block_ptr next();

  private:
    struct member {
        std::uint32_t head;
        std::uint32_t query;
    };
    std::vector<member> next_prefill();
    std::vector<member> next_prefill_of_heads();
    std::vector<member> next_decode();
    block_ptr make(const std::vector<member>& members);

    std::shared_ptr<const job> job_;
    std::unique_ptr<tile_order> order_;
    rows_packing packing_;
    unsigned rows_;
    unsigned blocks_in_flight_;
    unsigned tile_keys_;
    std::vector<std::vector<std::uint32_t>> heads_of_kv_;
    std::uint64_t next_id_;
    // Prefill: the next block's KV head, first query, head of the group. Decode: step, KV head, head of the group.
    std::uint32_t kv_ = 0;
    std::uint32_t query_ = 0;
    std::uint32_t in_group_ = 0;
    block_ptr held_;  // one block ahead, so that the last one can be marked
    bool begun_ = false;
};

}  // namespace pade
