// Attention without FlashAttention, the "dense GPU": Q K^T, softmax and P V are kernels of their own, and the scores
// between them go to memory and back.
#pragma once

#include <array>

#include "model/gpu/gpu_rules.h"
#include "model/gpu/gpu_workload.h"

namespace pade {

struct gpu_kernel {
    const char* name;
    double bytes;  ///< read and written
    double flops;  ///< on the tensor cores
};

/// In the order in which they run. Of a decode: all steps together.
std::array<gpu_kernel, 3> unfused_kernels(const gpu_workload& w, const gpu_rules& rules);

}  // namespace pade
