// How the GPU model fills what the table leaves open. Nothing here was chosen to reach a ratio; docs/gpu.md says why
// each default is what it is, and docs/decisions.md which rule was added after ratios had been seen.
#pragma once

#include "model/gpu/gpu_choices.h"

namespace pade {

struct gpu_rules {
    below_rule below = below_rule::proportional;  ///< fewer keys than the shortest measured
    above_rule above = above_rule::hold;          ///< more keys than the longest measured
    head_dim_rule head_dim = head_dim_rule::pad;
    causal_rule causal = causal_rule::as_fp16;
    decode_efficiency decode = decode_efficiency::measured;
    power_rule power = power_rule::dynamic;
    occupancy_rule occupancy = occupancy_rule::full;
    double tile_queries = 128;  ///< queries of a tile of FlashAttention, for occupancy
    unfused_mask mask = unfused_mask::full;
    double score_bytes = 2;        ///< of a score, and of a weight, in memory, unfused
    double unfused_bandwidth = 1;  ///< share of the peak that the unfused kernels of a prefill reach
    double unfused_compute = 1;    ///< the same of the peak rate
};

}  // namespace pade
