// What the GPU model lets one choose, each choice with its spelling on the command line and in results.
#pragma once

#include "model/gpu/anchor_curve.h"
#include "model/params.h"

namespace pade {

enum class gpu_phase { prefill, decode };
enum class gpu_dtype { fp16, fp8, int8 };
/// How the GPU computes attention: each step a kernel of its own with the scores in memory, or FlashAttention-3.
enum class gpu_bar { dense, fa3 };
/// A head_dim that the table does not have: padded with zeros to the next one that it has, or between its neighbours
/// over log head_dim.
enum class head_dim_rule { pad, interpolate };
/// The rate of a dtype that was measured without a mask alone: it loses by the causal mask what FP16 loses, or nothing.
enum class causal_rule { as_fp16, as_full };
/// What decode reaches of the bandwidth: as measured, over the length, or a preset.
enum class decode_efficiency { measured, low, nominal, best };
/// Of the GPU: what it draws more than when idle, or all of it.
enum class power_rule { dynamic, total };
/// Whether a call with fewer tiles of queries than the GPU has multiprocessors leaves the others idle.
enum class occupancy_rule { full, tiles };
/// What the unfused GPU computes of a causal square: all of it, masked afterwards, or half.
enum class unfused_mask { full, half };

/// How many chips make up one GPU.
enum class chip_scaling { area, peak_ops, none };
/// Whether each of the copies has a memory of its own, or all of them share one as fast as the GPU's.
enum class memory_rule { scaled, shared };

#define PADE_CHOICES(type, ...)                                    \
    template <>                                                    \
    struct choice_names<type> {                                    \
        static constexpr std::string_view value[] = {__VA_ARGS__}; \
    };

PADE_CHOICES(gpu_phase, "prefill", "decode")
PADE_CHOICES(gpu_dtype, "fp16", "fp8", "int8")
PADE_CHOICES(gpu_bar, "dense", "fa3")
PADE_CHOICES(below_rule, "proportional", "hold")
PADE_CHOICES(above_rule, "hold", "slope")
PADE_CHOICES(head_dim_rule, "pad", "interpolate")
PADE_CHOICES(causal_rule, "as_fp16", "as_full")
PADE_CHOICES(decode_efficiency, "measured", "low", "nominal", "best")
PADE_CHOICES(power_rule, "dynamic", "total")
PADE_CHOICES(occupancy_rule, "full", "tiles")
PADE_CHOICES(unfused_mask, "full", "half")
PADE_CHOICES(chip_scaling, "area", "peak_ops", "none")
PADE_CHOICES(memory_rule, "scaled", "shared")
#undef PADE_CHOICES

}  // namespace pade
