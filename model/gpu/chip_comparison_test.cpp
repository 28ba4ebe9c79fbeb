#include "model/gpu/chip_comparison.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <set>

#include "model/errors.h"

using namespace pade;
using Catch::Matchers::Contains;

namespace {

const gpu_table& table() {
    static const gpu_table built_in;
    return built_in;
}

/// The paper's chip: 4.53 mm2, 128 lanes of 64 dims, an eighth of an INT8 product each, 800 MHz.
chip_figures paper_chip() {
    chip_figures chip;
    chip.time_s = 1e-3;
    chip.energy_j = .591e-3;
    chip.dram_bytes = 1e6;
    chip.area_mm2 = 4.53;
    chip.peak_ops = 128. * 64 * 2 / 8 * 800e6;
    return chip;
}

gpu_workload work() {
    gpu_workload w;
    w.heads = w.kv_heads = 32;
    w.queries = w.keys = 2048;
    return w;
}

const chip_ratio& of(const std::vector<chip_ratio>& all, gpu_bar bar, chip_scaling scaling, memory_rule memory) {
    for (const chip_ratio& each : all)
        if (each.bar == bar && each.scaling == scaling && each.memory == memory)
            return each;
    throw internal_error("no such rule");
}

}  // namespace

TEST_CASE("a GPU is 180 of the paper's chips by area, 1208 by peak, and one if nothing is scaled") {
    CHECK(chip_copies(table(), paper_chip(), chip_scaling::area) == 180);
    CHECK(chip_copies(table(), paper_chip(), chip_scaling::peak_ops) == 1208);
    CHECK(chip_copies(table(), paper_chip(), chip_scaling::none) == 1);
    chip_figures large = paper_chip();
    large.area_mm2 = 5000;
    CHECK(chip_copies(table(), large, chip_scaling::area) == 1);
}

TEST_CASE("the paper's two ratios mean a GPU of about 445 W beside 180 chips") {
    const headline paper;
    CHECK(paper.efficiency / paper.speed == Approx(4.19).margin(.005));
    CHECK(implied_gpu_power(paper, 180, .591) == Approx(445).margin(1));
}

TEST_CASE("twelve rules, each once, with ratios of time and energy") {
    const gpu_model gpu(table(), {});
    const auto all = compare_chip(gpu, work(), paper_chip());
    REQUIRE(all.size() == 12);
    std::set<std::string> names;
    for (const chip_ratio& each : all) {
        names.insert(each.rule());
        const gpu_result of_gpu = gpu.run(work(), each.bar);
        CHECK(each.speed == of_gpu.time_s / each.time_s);
        CHECK(each.efficiency == of_gpu.energy_j / .591e-3);
    }
    CHECK(names.size() == 12);
    CHECK(names.count("fa3, area, scaled") == 1);
    CHECK(of(all, gpu_bar::fa3, chip_scaling::area, memory_rule::scaled).time_s == Approx(1e-3 / 180));
    CHECK(of(all, gpu_bar::fa3, chip_scaling::peak_ops, memory_rule::scaled).time_s == Approx(1e-3 / 1208));
    CHECK(of(all, gpu_bar::dense, chip_scaling::none, memory_rule::scaled).time_s == 1e-3);
    // By hand: 32 heads x 4 x 128 x 2048 x 2048 operations at 625 TFLOP/s.
    CHECK(of(all, gpu_bar::fa3, chip_scaling::none, memory_rule::scaled).speed ==
          Approx(32. * 4 * 128 * 2048 * 2048 / 625e12 / 1e-3).epsilon(1e-12));
}

TEST_CASE("copies that share the GPU's memory wait for it, and only then") {
    const gpu_model gpu(table(), {});
    chip_figures chip = paper_chip();
    chip.dram_bytes = 200e6;  // of 256 MB that its own memory can deliver in 1 ms
    const auto time = [&](chip_scaling scaling, memory_rule memory) {
        return of(compare_chip(gpu, work(), chip), gpu_bar::fa3, scaling, memory).time_s;
    };
    CHECK(time(chip_scaling::area, memory_rule::scaled) == Approx(1e-3 / 180));
    CHECK(time(chip_scaling::area, memory_rule::shared) == Approx(200e6 / 3.35e12).epsilon(1e-12));
    CHECK(time(chip_scaling::peak_ops, memory_rule::shared) == Approx(200e6 / 3.35e12).epsilon(1e-12));
    CHECK(time(chip_scaling::none, memory_rule::shared) == 1e-3);  // one chip has its own memory either way
    chip.dram_bytes = 1e6;
    CHECK(time(chip_scaling::area, memory_rule::shared) == Approx(1e-3 / 180));
    chip.dram_bytes = 0;
    CHECK(time(chip_scaling::peak_ops, memory_rule::shared) == Approx(1e-3 / 1208));

    // A waiting chip costs energy if it is said to.
    chip.dram_bytes = 200e6;
    const auto energy = [&] {
        return of(compare_chip(gpu, work(), chip), gpu_bar::fa3, chip_scaling::area, memory_rule::shared).energy_j;
    };
    CHECK(energy() == .591e-3);
    chip.idle_power_w = .1;
    CHECK(energy() == Approx(.591e-3 + (200e6 / 3.35e12 - 1e-3 / 180) * 180 * .1).epsilon(1e-12));
}

TEST_CASE("a ratio within 15 % of the paper's is named, one beyond is not") {
    const gpu_model gpu(table(), {});
    const double gpu_s = gpu.run(work(), gpu_bar::fa3).time_s, gpu_j = gpu.run(work(), gpu_bar::fa3).energy_j;
    const auto ratio = [&](double speed, double efficiency) {
        chip_figures chip = paper_chip();
        chip.time_s = gpu_s / speed * 180;
        chip.energy_j = gpu_j / efficiency;
        return of(compare_chip(gpu, work(), chip), gpu_bar::fa3, chip_scaling::area, memory_rule::scaled);
    };
    CHECK(ratio(7.43, 31.1).matches_speed);
    CHECK(ratio(7.43, 31.1).matches_efficiency);
    for (const double factor : {.86, 1.14}) {
        CHECK(ratio(7.43 * factor, 31.1 * factor).matches_speed);
        CHECK(ratio(7.43 * factor, 31.1 * factor).matches_efficiency);
    }
    for (const double factor : {.84, 1.16}) {
        CHECK_FALSE(ratio(7.43 * factor, 31.1).matches_speed);
        CHECK_FALSE(ratio(7.43, 31.1 * factor).matches_efficiency);
    }
}

TEST_CASE("over several works ratios are averaged geometrically, rule by rule") {
    const gpu_model gpu(table(), {});
    chip_figures fast = paper_chip(), slow = paper_chip();
    slow.time_s *= 4;
    slow.energy_j *= 9;
    const auto a = compare_chip(gpu, work(), fast), b = compare_chip(gpu, work(), slow);
    const auto mean = mean_ratios({a, b});
    REQUIRE(mean.size() == 12);
    for (std::size_t n = 0; n < 12; ++n) {
        CHECK(mean[n].rule() == a[n].rule());
        CHECK(mean[n].speed == Approx(a[n].speed / 2));
        CHECK(mean[n].efficiency == Approx(a[n].efficiency / 3));
        CHECK(mean[n].time_s == Approx(a[n].time_s + b[n].time_s));
    }
    // What matches is judged by the mean.
    headline paper;
    paper.speed = mean[0].speed;
    CHECK(mean_ratios({a, b}, paper)[0].matches_speed);
    CHECK_THROWS_AS(mean_ratios({}), internal_error);
}

TEST_CASE("figures that are none are refused") {
    struct bad {
        const char* says;
        void (*spoil)(chip_figures&);
    };
    const bad cases[] = {
        {"time_s is 0", [](chip_figures& c) { c.time_s = 0; }},
        {"energy_j is -1", [](chip_figures& c) { c.energy_j = -1; }},
        {"dram_bytes is inf", [](chip_figures& c) { c.dram_bytes = std::numeric_limits<double>::infinity(); }},
        {"area_mm2 is 0", [](chip_figures& c) { c.area_mm2 = 0; }},
        {"peak_ops is nan", [](chip_figures& c) { c.peak_ops = std::numeric_limits<double>::quiet_NaN(); }},
        {"idle_power_w is -1", [](chip_figures& c) { c.idle_power_w = -1; }},
        {"memory_bytes_s is 0", [](chip_figures& c) { c.memory_bytes_s = 0; }},
    };
    for (const bad& each : cases) {
        chip_figures chip = paper_chip();
        each.spoil(chip);
        INFO(each.says);
        CHECK_THROWS_WITH(compare_chip(gpu_model(table(), {}), work(), chip),
                          Contains(each.says) && Contains("allowed"));
        CHECK_THROWS_AS(chip.check(), input_error);
    }
}
