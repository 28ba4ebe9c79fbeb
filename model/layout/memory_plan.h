// Where the tensors of a job lie in DRAM: K head by head in its layout from row 0 on, then V, Q and O, linear, in the
// rows that K leaves free, then what the score queue may spill to.
#pragma once

#include "model/job.h"
#include "model/layout/k_layout.h"
#include "model/params.h"

namespace pade {

/// Bytes that the retained pairs of one row block take at most: 8 B a pair of each row with each key of its tiles.
/// Blocks use the region one after another, since with ISTA off one is alive at a time [ours].
std::uint64_t spill_bytes(const params& p, std::uint32_t keys);

/// Fills in the addresses of `work`, whose shapes, heads and kv_heads are set; the spill region of
/// `spill_bytes` comes last. Throws input_error when DRAM is too
/// small, or when dram.mapping does not have `row` as its most significant field (linear tensors could then not keep
/// out of K's rows).
void plan_memory(job& work, const k_layout& layout, const address_map& map, unsigned output_bytes,
                 std::uint64_t spill_bytes = 0);

}  // namespace pade
