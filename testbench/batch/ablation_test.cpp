#include "testbench/batch/ablation.h"

#include <catch2/catch.hpp>
#include <set>

#include "testbench/batch/test_runs.h"

using namespace pade;

namespace {

/// Runs with these cycles; the V-PU needs `vpu` of 1000 at each step.
std::vector<finished_run> runs_in(const std::filesystem::path& dir, const std::vector<double>& cycles, double vpu) {
    std::vector<finished_run> runs;
    for (std::size_t n = 0; n < cycles.size(); ++n) {
        test::fake_run fake;
        fake.cycles = cycles[n];
        fake.bounds["vpu"] = vpu;
        finished_run run;
        run.out = dir / std::to_string(n);
        fake.write(run.out);
        runs.push_back(run);
    }
    return runs;
}

}  // namespace

TEST_CASE("the steps set the same switches, and each turns on one technique more") {
    const auto& steps = ablation_steps();
    REQUIRE(steps.size() == 6);
    const auto keys = [](const ablation_step& step) {
        std::set<std::string> names;
        for (const std::string& set : step.sets)
            names.insert(set.substr(0, set.find('=')));
        return names;
    };
    for (std::size_t n = 1; n < steps.size(); ++n) {
        CHECK(keys(steps[n]) == keys(steps[0]));
        std::size_t changed = 0;
        for (std::size_t k = 0; k < steps[n].sets.size(); ++k)
            changed += steps[n].sets[k] != steps[n - 1].sets[k] ? 1 : 0;
        CHECK(changed == (std::string(steps[n].name) == "ista" ? 2 : 1));
    }
    // The last step is the machine as it is by default.
    params p;
    for (const std::string& set : steps.back().sets)
        set_param(p, set);
    CHECK(param_values(p) == param_values(params{}));
}

TEST_CASE("ratios, bounds and findings") {
    test::scratch s("ablation");
    const auto series = evaluate("test", {}, runs_in(s.dir, {1000, 700, 695, 600, 590, 480}, 450));
    REQUIRE(series.steps.size() == 6);
    CHECK(series.steps[0].ratio == 1);
    CHECK(series.steps[1].ratio == Approx(.7));
    CHECK(series.steps[1].planes_per_pair == Approx(3));
    CHECK(series.steps[1].dram_bytes == 6400);
    CHECK(series.steps[1].core_pj == 10000);
    CHECK(series.steps[1].dram_pj == 20000);
    CHECK(series.steps[1].binds == "lanes");
    CHECK(series.steps[1].bound_share == Approx(500.0 / 700));
    CHECK(series.steps[1].finding.empty());
    // .993: the lanes need 72 % of 695 cycles.
    CHECK(series.steps[2].finding.find("lanes needs 72 %") != std::string::npos);
    CHECK(series.steps[3].finding.empty());
    CHECK(series.steps[4].finding.find("lanes needs 85 %") != std::string::npos);
    CHECK(series.steps[5].checks_hold);
    const std::string text = ablation_text("trace", false, {series});
    for (const ablation_step& step : ablation_steps())
        CHECK(text.find(step.name) != std::string::npos);
    CHECK(text.find("SYNTHETIC") == std::string::npos);
    CHECK(ablation_text("trace", true, {series}).find("trace (SYNTHETIC trace)\n") == 0);
    const stats figures = ablation_figures("trace", true, {series});
    CHECK(std::get<bool>(figures.find("synthetic")->value));
    CHECK(figures.number("variants[0].steps[5].cycles") == 480);
    CHECK(figures.number("variants[0].steps[3].ratio_to_previous") == Approx(600.0 / 695));
}

TEST_CASE("a step far from every bound says so, a failed check shows") {
    test::scratch s("ablation_far");
    auto runs = runs_in(s.dir, {1000, 999}, 10);
    test::fake_run broken;
    broken.cycles = 999;
    broken.balance = "false";
    broken.write(runs[1].out);
    const auto series = evaluate("test", {}, runs);
    CHECK(series.steps[1].finding.find("no bound is near") == 0);
    CHECK_FALSE(series.steps[1].checks_hold);
    CHECK(ablation_text("", false, {series}).find("CHECKS FAILED") != std::string::npos);
}

TEST_CASE("the V-PU is widened until it no longer limits, and as far as its parameter goes") {
    test::scratch s("ablation_wide");
    const params p;
    const auto settings = [&](double vpu) { return widened_vpu(evaluate("t", {}, runs_in(s.dir, {1000}, vpu)), p); };
    CHECK(settings(100)[0] == "vpu.macs_per_row=16");
    CHECK(settings(360)[0] == "vpu.macs_per_row=32");   // 360 of 500 is above .7
    CHECK(settings(1200)[0] == "vpu.macs_per_row=64");  // 300 then
    CHECK(settings(100000)[0] == "vpu.macs_per_row=128");
    CHECK(settings(100)[1] == "vpu.v_rows_per_round=2");
    CHECK(settings(1200)[2] == "vpu.v_port_bytes=64");
}
