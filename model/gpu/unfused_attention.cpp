#include "model/gpu/unfused_attention.h"

namespace pade {

std::array<gpu_kernel, 3> unfused_kernels(const gpu_workload& w, const gpu_rules& rules) {
    gpu_workload computed = w;
    if (w.phase == gpu_phase::prefill && rules.mask == unfused_mask::full)
        computed.causal = false;  // the mask comes afterwards
    const double scores = computed.pairs() * rules.score_bytes;
    const double k_bytes = w.kv_bytes() / 2, v_bytes = k_bytes;
    const double flops = computed.flops() / 2;
    return {gpu_kernel{"Q K^T", w.q_bytes() + k_bytes + scores, flops}, gpu_kernel{"softmax", 2 * scores, 0},
            gpu_kernel{"P V", scores + v_bytes + w.q_bytes(), flops}};
}

}  // namespace pade
