#include "model/gpu/gpu_model.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "model/errors.h"

using namespace pade;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const gpu_table& table() {
    static const gpu_table built_in;
    return built_in;
}

/// Typed from the published figures, not read from the table: an anchor that is off there is off here.
struct published_row {
    gpu_dtype dtype;
    double head_dim;
    bool causal;
    double tflops[6];
};
constexpr double lengths[] = {512, 1024, 2048, 4096, 8192, 16384};
constexpr published_row published[] = {
    {gpu_dtype::fp16, 64, false, {333, 392, 460, 476, 496, 497}},
    {gpu_dtype::fp16, 64, true, {197, 265, 371, 420, 460, 473}},
    {gpu_dtype::fp16, 128, false, {467, 565, 625, 638, 646, 648}},
    {gpu_dtype::fp16, 128, true, {292, 423, 521, 579, 602, 616}},
    {gpu_dtype::fp8, 64, false, {240, 396, 462, 568, 596, 613}},
    {gpu_dtype::fp8, 128, false, {348, 596, 733, 918, 974, 1008}},
    {gpu_dtype::int8, 128, false, {348, 596, 733, 918, 974, 1008}},
};

gpu_workload square(double keys, double head_dim, bool causal, gpu_dtype dtype) {
    gpu_workload w;
    w.batch = 16384 / keys;
    w.heads = w.kv_heads = 2048 / head_dim;
    w.queries = w.keys = keys;
    w.head_dim = head_dim;
    w.causal = causal;
    w.dtype = dtype;
    return w;
}

/// How far the model of `t` is from the published rate, as a ratio, at its worst anchor.
double worst_anchor(const gpu_table& t) {
    const gpu_model gpu(t, {});
    double worst = 0;
    for (const published_row& row : published)
        for (std::size_t n = 0; n < 6; ++n) {
            const gpu_workload w = square(lengths[n], row.head_dim, row.causal, row.dtype);
            const double seconds = w.flops() / (row.tflops[n] * 1e12);
            worst = std::max(worst, std::abs(gpu.run(w, gpu_bar::fa3).time_s / seconds - 1));
        }
    return worst;
}

}  // namespace

TEST_CASE("prefill is exact at every published anchor, whatever the rules outside") {
    for (const auto below : {below_rule::proportional, below_rule::hold})
        for (const auto above : {above_rule::hold, above_rule::slope})
            for (const auto dims : {head_dim_rule::pad, head_dim_rule::interpolate}) {
                gpu_rules rules;
                rules.below = below;
                rules.above = above;
                rules.head_dim = dims;
                const gpu_model gpu(table(), rules);
                for (const published_row& row : published)
                    for (std::size_t n = 0; n < 6; ++n)
                        CHECK(gpu.attention_rate(row.dtype, row.head_dim, row.causal, lengths[n]) ==
                              row.tflops[n] * 1e12);
            }
    CHECK(worst_anchor(table()) < 1e-14);
    // 32 heads, 4 x 64 operations on half of 2048 x 2048 pairs, 8 sequences, at 371 TFLOP/s.
    CHECK(gpu_model(table(), {}).run(square(2048, 64, true, gpu_dtype::fp16), gpu_bar::fa3).time_s ==
          Approx(8. * 32 * 256 * 2048 * 2048 / 2 / 371e12).epsilon(1e-14));
}

TEST_CASE("any one anchor that is off by 10 % shows") {
    const json good = json::parse(builtin_gpu_table());
    for (std::size_t row = 0; row < good["attention"].size(); ++row)
        for (std::size_t n = 0; n < 6; ++n)
            for (const double factor : {.9, 1.1}) {
                json bad = good;
                bad["attention"][row]["value"][n] = good["attention"][row]["value"][n].get<double>() * factor;
                INFO("row " << row << ", anchor " << n << ", times " << factor);
                CHECK(worst_anchor(gpu_table(bad.dump(), "t.json")) > .05);
            }
}

TEST_CASE("between two anchors the rate goes from one to the other without turning") {
    const gpu_model gpu(table(), {});
    for (const published_row& row : published)
        for (std::size_t n = 0; n + 1 < 6; ++n) {
            double previous = row.tflops[n] * 1e12;
            for (double keys = lengths[n] + 1; keys <= lengths[n + 1]; keys += lengths[n] / 64) {
                const double rate = gpu.attention_rate(row.dtype, row.head_dim, row.causal, keys);
                CHECK(rate >= previous);  // each published row rises
                CHECK(rate <= row.tflops[n + 1] * 1e12);
                previous = rate;
            }
        }
    // Half way by the logarithm is half way.
    CHECK(gpu.attention_rate(gpu_dtype::fp16, 64, false, 512 * std::sqrt(2.)) == Approx(362.5e12).epsilon(1e-12));
}

TEST_CASE("shorter, longer and other dims go by the rules") {
    gpu_rules rules;
    const gpu_model gpu(table(), rules);
    const auto rate = [&](double d, double keys) { return gpu.attention_rate(gpu_dtype::fp16, d, false, keys) / 1e12; };
    CHECK(rate(64, 256) == Approx(333. / 2));
    CHECK(rate(64, 1e6) == 497);
    CHECK(rate(32, 2048) == 230);  // half of the 64 dims are zeros
    CHECK(rate(80, 2048) == Approx(625. * 80 / 128));
    CHECK(rate(256, 2048) == 625);
    rules.below = below_rule::hold;
    rules.above = above_rule::slope;
    rules.head_dim = head_dim_rule::interpolate;
    const gpu_model other(table(), rules);
    CHECK(other.attention_rate(gpu_dtype::fp16, 64, false, 256) == 333e12);
    CHECK(other.attention_rate(gpu_dtype::fp16, 64, false, 32768) == Approx(498e12));
    CHECK(other.attention_rate(gpu_dtype::fp16, 64, false, 1e300) == 989e12);  // never above the peak
    CHECK(other.attention_rate(gpu_dtype::fp16, 64 * std::sqrt(2.), false, 2048) == Approx(542.5e12));
    CHECK(other.attention_rate(gpu_dtype::fp16, 32, false, 2048) == 230e12);
}

TEST_CASE("FP8 with a causal mask loses what FP16 loses, or nothing") {
    gpu_rules rules;
    CHECK(gpu_model(table(), rules).attention_rate(gpu_dtype::fp8, 128, true, 4096) == Approx(918e12 * 579 / 638));
    CHECK(gpu_model(table(), rules).attention_rate(gpu_dtype::int8, 64, true, 512) == Approx(240e12 * 197 / 333));
    rules.causal = causal_rule::as_full;
    CHECK(gpu_model(table(), rules).attention_rate(gpu_dtype::fp8, 128, true, 4096) == 918e12);
}

TEST_CASE("with the occupancy rule a call of few tiles leaves multiprocessors idle") {
    gpu_workload w;
    w.queries = w.keys = 1024;  // 8 tiles of 128 queries on 132 multiprocessors
    gpu_rules rules;
    const double full = gpu_model(table(), rules).run(w, gpu_bar::fa3).time_s;
    rules.occupancy = occupancy_rule::tiles;
    CHECK(gpu_model(table(), rules).run(w, gpu_bar::fa3).time_s == Approx(full * 132 / 8));
    w.queries = 1023;
    CHECK(gpu_model(table(), rules).run(w, gpu_bar::fa3).flop_s == Approx(565e12 * 8 / 132));
    w.queries = w.keys = 1024;
    w.heads = w.kv_heads = 32;
    CHECK(gpu_model(table(), rules).run(w, gpu_bar::fa3).flop_s == Approx(565e12));
}

TEST_CASE("decode: bytes of K and V over bandwidth times efficiency") {
    gpu_workload w;
    w.phase = gpu_phase::decode;
    w.batch = 16;
    w.heads = 32;
    w.kv_heads = 8;
    w.queries = 1;
    const auto seconds = [&](const gpu_rules& rules) { return gpu_model(table(), rules).run(w, gpu_bar::fa3).time_s; };
    gpu_rules rules;
    const std::pair<double, double> anchors[] = {{128, .37}, {2000, .54}, {4000, .55}};
    for (const auto& [keys, efficiency] : anchors) {
        w.keys = keys;
        const double bytes = 16 * 8 * keys * 128 * 2 * 2;
        CHECK(seconds(rules) == Approx(bytes / 3.35e12 / efficiency).epsilon(1e-14));
        for (const auto& [preset, share] : {std::pair{decode_efficiency::low, .55},
                                            {decode_efficiency::nominal, .75},
                                            {decode_efficiency::best, .85}}) {
            gpu_rules by_preset;
            by_preset.decode = preset;
            CHECK(seconds(by_preset) == Approx(bytes / 3.35e12 / share).epsilon(1e-14));
        }
    }
    const gpu_model gpu(table(), rules);
    double previous = .37;
    for (double keys = 129; keys <= 4000; ++keys) {
        CHECK(gpu.decode_bandwidth_share(keys) > previous);
        previous = gpu.decode_bandwidth_share(keys);
    }
    CHECK(gpu.decode_bandwidth_share(64) == Approx(.185));
    CHECK(gpu.decode_bandwidth_share(1e6) == .55);
    rules.above = above_rule::slope;
    CHECK(gpu_model(table(), rules).decode_bandwidth_share(8000) == Approx(.56));
    CHECK(gpu_model(table(), rules).decode_bandwidth_share(1e300) == 1);
}

TEST_CASE("a decode of very many heads on one KV head is limited by the peak rate") {
    gpu_workload w;
    w.phase = gpu_phase::decode;
    w.heads = 4096;
    w.keys = 4000;
    CHECK(gpu_model(table(), {}).run(w, gpu_bar::fa3).time_s == Approx(4. * 128 * 4096 * 4000 / 989e12));
}

TEST_CASE("the unfused bar is a roofline, kernel by kernel") {
    const gpu_workload w = square(16384, 128, false, gpu_dtype::fp16);  // 16 heads
    const double heads = 16, s = 16384;
    const double operand = heads * s * 128 * 2, scores = heads * s * s * 2;
    gpu_rules rules;
    // Each kernel of this size waits for the memory: 34 GB at 3.35 TB/s against 1.1 PFLOP at 989 TFLOP/s.
    CHECK(gpu_model(table(), rules).run(w, gpu_bar::dense).time_s ==
          Approx((4 * operand + 4 * scores) / 3.35e12).epsilon(1e-12));
    rules.unfused_bandwidth = .5;
    CHECK(gpu_model(table(), rules).run(w, gpu_bar::dense).time_s ==
          Approx((4 * operand + 4 * scores) / 3.35e12 * 2).epsilon(1e-12));
    // A tenth of the peak: the two products wait for the tensor cores, the softmax for the memory.
    rules = {};
    rules.unfused_compute = .1;
    CHECK(gpu_model(table(), rules).run(w, gpu_bar::dense).time_s ==
          Approx(2 * (2 * 128 * heads * s * s) / 98.9e12 + 2 * scores / 3.35e12).epsilon(1e-12));

    gpu_workload step;
    step.phase = gpu_phase::decode;
    step.heads = step.kv_heads = 32;
    step.keys = 2000;
    // K and V, Q and O, four times the scores.
    const double bytes = 2 * 32. * 2000 * 128 * 2 + 2 * 32. * 128 * 2 + 4 * 32. * 2000 * 2;
    CHECK(gpu_model(table(), {}).run(step, gpu_bar::dense).time_s == Approx(bytes / 3.35e12 / .54).epsilon(1e-12));
    CHECK(gpu_model(table(), {}).run(step, gpu_bar::dense).time_s >
          gpu_model(table(), {}).run(step, gpu_bar::fa3).time_s);
}

TEST_CASE("FA3 is faster than the unfused bar at every length, with the rules as they are") {
    const gpu_model gpu(table(), {});
    for (const published_row& row : published)
        for (double keys = 16; keys <= 65536; keys *= 2) {
            INFO(choice_name(row.dtype) << ", d " << row.head_dim << ", " << keys << " keys");
            gpu_workload w = square(keys, row.head_dim, row.causal, row.dtype);
            w.batch = 1;
            CHECK(gpu.run(w, gpu_bar::fa3).time_s < gpu.run(w, gpu_bar::dense).time_s);
        }
    // A quarter of the shortest length takes four times its roofline, or that if the rule says so.
    gpu_workload w;
    w.queries = w.keys = 128;
    gpu_rules rules;
    rules.below = below_rule::hold;
    CHECK(gpu.run(w, gpu_bar::dense).time_s ==
          Approx(4 * gpu_model(table(), rules).run(w, gpu_bar::dense).time_s).epsilon(1e-12));
    w.queries = w.keys = 512;
    CHECK(gpu.run(w, gpu_bar::dense).time_s == gpu_model(table(), rules).run(w, gpu_bar::dense).time_s);
}

TEST_CASE("power by batch, with and without what the GPU draws when idle, and energy") {
    gpu_rules rules;
    rules.power = power_rule::total;
    const gpu_model all(table(), rules);
    CHECK(all.power_w(1) == 300);
    CHECK(all.power_w(128) == 600);
    CHECK(all.power_w(1024) == 600);
    CHECK(all.power_w(std::sqrt(128.)) == Approx(450));
    rules.power = power_rule::dynamic;
    const gpu_model above_idle(table(), rules);
    CHECK(above_idle.power_w(1) == 300 - table().value("idle_power"));
    double previous = 0;
    for (double batch = 1; batch <= 128; ++batch) {
        CHECK(above_idle.power_w(batch) > previous);
        previous = above_idle.power_w(batch);
    }
    gpu_workload w = square(512, 64, false, gpu_dtype::fp16);  // batch 32
    const gpu_result r = all.run(w, gpu_bar::fa3);
    CHECK(r.power_w == Approx(300 + 300 * 5. / 7));
    CHECK(r.energy_j == r.power_w * r.time_s);
}

TEST_CASE("rules out of range, and a dtype that the table does not have, are refused") {
    gpu_rules rules;
    rules.score_bytes = 0;
    CHECK_THROWS_WITH(gpu_model(table(), rules), Contains("score_bytes is 0") && Contains("allowed"));
    rules = {};
    rules.unfused_bandwidth = 1.5;
    CHECK_THROWS_WITH(gpu_model(table(), rules), Contains("unfused_bandwidth is 1.5"));
    rules = {};
    rules.unfused_compute = std::nan("");
    CHECK_THROWS_AS(gpu_model(table(), rules), input_error);

    json text = json::parse(builtin_gpu_table());
    text["attention"].erase(5);
    text["attention"].erase(4);
    const gpu_table no_fp8(text.dump(), "t.json");
    CHECK_THROWS_WITH(gpu_model(no_fp8, {}).run(square(512, 64, false, gpu_dtype::int8), gpu_bar::fa3),
                      Contains("has no rates of int8"));
    gpu_workload w;
    w.batch = 0;
    CHECK_THROWS_AS(gpu_model(table(), {}).run(w, gpu_bar::fa3), input_error);
}
