// Which heads of which sets are simulated for a part of a workload.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testbench/workload/nearest_set.h"

namespace pade {

/// One run: heads of one set, as --heads takes them.
struct sampled_run {
    set_header set;
    selection what;
    unsigned heads = 0;
};

/// About `heads` query heads, drawn with `seed` without replacement: what the sets do not have is not drawn twice,
/// since that would look like certainty. A run of a prefill holds one KV head of the model with its query heads; one of
/// a decode as many KV heads as fill `rows` rows of the chip, since they share a step (there heads come again within a
/// run where the set has too few). Runs go round the sets, which are ordered by layer; fewer runs than sets are spread
/// over the layers. The same on every machine.
std::vector<sampled_run> sample_runs(const workload_part& part, const chosen_sets& sets, unsigned heads, unsigned rows,
                                     std::uint64_t seed);

}  // namespace pade
