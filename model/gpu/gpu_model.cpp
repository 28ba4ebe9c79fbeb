#include "model/gpu/gpu_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/errors.h"
#include "model/gpu/unfused_attention.h"

namespace pade {

namespace {

void check_range(const char* name, double value, double most) {
    if (!(value > 0 && value <= most))
        throw input_error(fmt::format("GPU rules: {} is {}; allowed: numbers above 0, up to {}", name, value, most));
}

}  // namespace

gpu_model::gpu_model(const gpu_table& table, const gpu_rules& rules) : table_(table), rules_(rules) {
    check_range("score_bytes", rules.score_bytes, 8);
    check_range("unfused_bandwidth", rules.unfused_bandwidth, 1);
    check_range("unfused_compute", rules.unfused_compute, 1);
    check_range("tile_queries", rules.tile_queries, 65536);
}

double gpu_model::measured_rate(gpu_dtype dtype, double head_dim, bool causal, double keys) const {
    const auto at = [&](const gpu_attention_curve& anchors) {
        return anchors.rate.curve.at(keys, rules_.below, rules_.above, table_.peak(anchors.dtype) / 1e12) * 1e12;
    };
    const gpu_attention_curve* own = table_.attention(dtype, head_dim, causal);
    if (own != nullptr)
        return at(*own);
    const double unmasked = at(*table_.attention(dtype, head_dim, false));
    if (rules_.causal == causal_rule::as_full)
        return unmasked;
    return unmasked * at(*table_.attention(gpu_dtype::fp16, head_dim, true)) /
           at(*table_.attention(gpu_dtype::fp16, head_dim, false));
}

double gpu_model::attention_rate(gpu_dtype dtype, double head_dim, bool causal, double keys) const {
    double smaller = 0, larger = 0;  // the nearest dims of the table, 0: none
    const gpu_dtype as = dtype == gpu_dtype::int8 ? gpu_dtype::fp8 : dtype;
    for (const gpu_attention_curve& each : table_.attention()) {
        if (each.dtype != as)
            continue;
        if (each.head_dim <= head_dim)
            smaller = std::max(smaller, each.head_dim);
        if (each.head_dim >= head_dim && (larger == 0 || each.head_dim < larger))
            larger = each.head_dim;
    }
    if (smaller == 0 && larger == 0)
        throw input_error(fmt::format("GPU table {}: has no rates of {}; allowed: a dtype of its \"attention\"",
                                      table_.name(), choice_name(dtype)));
    if (larger == 0)  // beyond the largest: each further dim takes the time of those before
        return measured_rate(dtype, smaller, causal, keys);
    const double above = measured_rate(dtype, larger, causal, keys);
    if (smaller == 0 || (smaller != larger && rules_.head_dim == head_dim_rule::pad))
        return above * head_dim / larger;
    if (smaller == larger)
        return above;
    const double below = measured_rate(dtype, smaller, causal, keys);
    return below + (above - below) * std::log(head_dim / smaller) / std::log(larger / smaller);
}

double gpu_model::decode_bandwidth_share(double keys) const {
    switch (rules_.decode) {
        case decode_efficiency::low:
            return table_.value("decode_efficiency_low");
        case decode_efficiency::nominal:
            return table_.value("decode_efficiency_nominal");
        case decode_efficiency::best:
            return table_.value("decode_efficiency_best");
        case decode_efficiency::measured:
            break;
    }
    return table_.decode_efficiency().curve.at(keys, rules_.below, rules_.above, 1);
}

double gpu_model::power_w(double batch) const {
    const double active =
        table_.active_power().curve.at(batch, below_rule::hold, above_rule::hold, table_.value("tdp"));
    return rules_.power == power_rule::total ? active : active - table_.value("idle_power");
}

double gpu_model::short_call(double keys) const {
    if (rules_.below == below_rule::hold)
        return 1;
    double shortest = keys;
    for (const gpu_attention_curve& each : table_.attention())
        shortest = std::max(shortest, each.rate.curve.x().front());
    return shortest / keys;
}

double gpu_model::prefill_s(const gpu_workload& w, gpu_bar bar) const {
    if (bar == gpu_bar::dense) {
        double seconds = 0;
        for (const gpu_kernel& kernel : unfused_kernels(w, rules_))
            seconds += std::max(kernel.bytes / (table_.bandwidth() * rules_.unfused_bandwidth),
                                kernel.flops / (table_.peak(w.dtype) * rules_.unfused_compute));
        // Kernels too short for the fused ones are too short for these: else the roofline would overtake.
        return seconds * short_call(w.keys);
    }
    double rate = attention_rate(w.dtype, w.head_dim, w.causal, w.keys);
    if (rules_.occupancy == occupancy_rule::tiles) {
        const double tiles = w.batch * w.heads * std::ceil(w.queries / rules_.tile_queries);
        rate *= std::min(1.0, tiles / table_.value("multiprocessors"));
    }
    return w.flops() / rate;
}

double gpu_model::decode_s(const gpu_workload& w, gpu_bar bar) const {
    double bytes = w.kv_bytes();
    if (bar == gpu_bar::dense) {
        bytes = 0;
        for (const gpu_kernel& kernel : unfused_kernels(w, rules_))
            bytes += kernel.bytes;
    }
    return std::max(bytes / (table_.bandwidth() * decode_bandwidth_share(w.mean_keys())),
                    w.flops() / table_.peak(w.dtype));
}

gpu_result gpu_model::run(const gpu_workload& w, gpu_bar bar) const {
    w.check();
    gpu_result r;
    r.time_s = w.phase == gpu_phase::prefill ? prefill_s(w, bar) : decode_s(w, bar);
    r.flop_s = w.flops() / r.time_s;
    r.power_w = power_w(w.batch);
    r.energy_j = r.power_w * r.time_s;
    return r;
}

}  // namespace pade
