// Where the tensors of a job lie in DRAM: K head by head in its layout from row 0 on, then V, Q and O, linear, in the
// rows that K leaves free.
#pragma once

#include "model/job.h"
#include "model/layout/k_layout.h"

namespace pade {

/// Fills in the addresses of `work`, whose shapes, heads and kv_heads are set. Throws input_error when DRAM is too
/// small, or when dram.mapping does not have `row` as its most significant field (linear tensors could then not keep
/// out of K's rows).
void plan_memory(job& work, const k_layout& layout, const address_map& map, unsigned output_bytes);

}  // namespace pade
