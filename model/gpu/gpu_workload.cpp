#include "model/gpu/gpu_workload.h"

#include <fmt/format.h>

#include <cmath>

#include "model/errors.h"

namespace pade {

namespace {

void check_count(const char* name, double value) {
    constexpr double most = 1099511627776.0;
    if (!(value >= 1 && value <= most) || value != std::floor(value))
        throw input_error(
            fmt::format("GPU workload: {} is {}; allowed: whole numbers from 1 to {:.0f}", name, value, most));
}

}  // namespace

void gpu_workload::check() const {
    check_count("batch", batch);
    check_count("heads", heads);
    check_count("kv_heads", kv_heads);
    check_count("keys", keys);
    check_count("queries", queries);
    check_count("head_dim", head_dim);
    if (std::fmod(heads, kv_heads) != 0)
        throw input_error(
            fmt::format("GPU workload: heads is {}; allowed: multiples of kv_heads, which is {}", heads, kv_heads));
    if (causal && queries > keys)
        throw input_error(fmt::format(
            "GPU workload: queries is {}; allowed: with a causal mask at most keys, which is {}", queries, keys));
}

double gpu_workload::mean_keys() const {
    return phase == gpu_phase::decode && causal ? keys - (queries - 1) / 2 : keys;
}

double gpu_workload::pairs() const {
    const double keys_a_query = phase == gpu_phase::prefill && causal ? keys - queries / 2 : mean_keys();
    return batch * heads * queries * keys_a_query;
}

double gpu_workload::flops() const {
    return 4 * head_dim * pairs();
}

double gpu_workload::element_bytes() const {
    return dtype == gpu_dtype::fp16 ? 2 : 1;
}

double gpu_workload::kv_bytes() const {
    const double times = phase == gpu_phase::decode ? queries : 1;
    return 2 * batch * kv_heads * mean_keys() * head_dim * element_bytes() * times;
}

double gpu_workload::q_bytes() const {
    return batch * heads * queries * head_dim * element_bytes();
}

}  // namespace pade
