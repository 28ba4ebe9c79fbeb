// One piece of work for the accelerator, as the host writes it to the registers, and a row block, the unit in which the
// machine works it off. Plain data; addresses are bytes in DRAM.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace pade {

enum class job_phase : std::uint8_t { prefill, decode };

/// One query head. Shapes: Q and O [queries, head_dim], rows padded to whole 32 B atoms.
struct job_head {
    std::uint32_t kv = 0;         ///< index into job::kv_heads
    double logit_scale = 0;       ///< c = scale_q * scale_k * softmax_scale: logits per unit of the integer score
    double v_scale = 1;           ///< real value of one unit of V
    std::uint64_t q_address = 0;  ///< INT8, row stride job::row_bytes()
    std::uint64_t o_address = 0;  ///< FP16 or FP32, row stride job::o_row_bytes
};

/// One KV head. K lies in bit-plane layout from DRAM row `k_row` on; V is linear.
struct job_kv_head {
    std::uint32_t k_row = 0;      ///< first DRAM row (of every bank) that holds this head's K
    std::uint64_t v_address = 0;  ///< INT8, row stride job::row_bytes()
};

struct job {
    job_phase phase = job_phase::prefill;
    std::uint32_t queries = 0;      ///< queries of this run
    std::uint32_t first_query = 0;  ///< index of the first of them in the trace: the causal mask counts from it
    std::uint32_t keys = 0;
    std::uint32_t head_dim = 0;
    bool causal = false;
    std::int32_t causal_offset = 0;  ///< query i of the trace sees key j when j <= i + causal_offset
    double alpha = 1.0;
    double radius = 5.0;
    std::uint32_t o_row_bytes = 0;
    std::uint64_t spill_address = 0;  ///< where the score queue may spill to (ISTA off)
    std::vector<job_head> heads;
    std::vector<job_kv_head> kv_heads;

    /// Bytes from one row of Q or V to the next: whole atoms.
    std::uint32_t row_bytes() const { return (head_dim + 31) / 32 * 32; }
    /// Number of keys that query `query` of this run sees: keys 0 .. n-1.
    std::uint32_t visible_keys(std::uint32_t query) const {
        if (!causal)
            return keys;
        const std::int64_t last = std::int64_t{first_query} + query + causal_offset;
        return last < 0 ? 0 : static_cast<std::uint32_t>(last + 1 < keys ? last + 1 : keys);
    }
};

/// One row of a block: one query of one head.
struct block_row {
    bool valid = false;
    std::uint32_t head = 0;          ///< index into job::heads
    std::uint32_t kv = 0;            ///< index into job::kv_heads
    std::uint32_t query = 0;         ///< query of the run, from 0
    std::uint32_t visible_keys = 0;  ///< sees keys 0 .. visible_keys-1
    double logit_scale = 0;
    double v_scale = 1;
    std::uint64_t q_address = 0;
    std::uint64_t o_address = 0;
    std::uint64_t v_address = 0;  ///< V of its KV head, row 0
};

/// Up to rows.count queries that stream the same tiles. Immutable once made; travels by shared pointer.
struct block_info {
    std::uint64_t id = 0;  ///< from 0, in order of admission
    std::uint32_t slot =
        0;  ///< which of the two copies of Q, T, BUI table, m, l and o it uses: id mod blocks_in_flight
    std::uint32_t head_dim = 0;
    std::uint32_t row_bytes = 0;    ///< stride of Q and V rows
    std::uint32_t o_row_bytes = 0;  ///< stride of O rows
    std::uint32_t tile_keys = 0;
    double alpha = 1.0;
    double radius = 5.0;
    std::uint32_t step = 0;               ///< decode: the query index; prefill: 0
    std::vector<block_row> rows;          ///< rows.count of them
    std::vector<std::uint32_t> kv_heads;  ///< the distinct KV heads of the valid rows, ascending
    std::vector<std::uint32_t> tiles;     ///< tile numbers (keys tile*tile_keys ...) in the order of admission
    bool last_of_job = false;
};
using block_ptr = std::shared_ptr<const block_info>;

}  // namespace pade
