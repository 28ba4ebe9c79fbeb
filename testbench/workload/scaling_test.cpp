#include "testbench/workload/scaling.h"

#include <catch2/catch.hpp>

#include "testbench/batch/test_runs.h"
#include "testbench/report/stats_json.h"

using namespace pade;

TEST_CASE("mean, standard error and 95 % interval") {
    const estimate e = mean_of({1, 2, 3, 6});
    CHECK(e.value == 3);
    CHECK(*e.standard_error == Approx(std::sqrt(14.0 / 3 / 4)));
    CHECK(*e.half_width() == Approx(3.182446 * std::sqrt(14.0 / 12)));  // t of 3 degrees of freedom
    CHECK(*scaled(e, 10).standard_error == Approx(10 * *e.standard_error));
    const estimate one = mean_of({5});
    CHECK(one.value == 5);
    CHECK_FALSE(one.standard_error.has_value());
    CHECK_FALSE(one.half_width().has_value());
    CHECK(*mean_of({2, 2}).half_width() == 0);
}

TEST_CASE("a sum of estimates adds variances, and one without an error leaves none") {
    const estimate a = mean_of({1, 3}), b = mean_of({10, 20, 30});
    const estimate sum = sum_of({a, b});
    CHECK(sum.value == 22);
    CHECK(*sum.standard_error == Approx(std::sqrt(1 + 100.0 / 3)));
    const double variance = 1 + 100.0 / 3;
    CHECK(sum.degrees == Approx(variance * variance / (1 + 10000.0 / 9 / 2)));
    CHECK_FALSE(sum_of({a, mean_of({4})}).standard_error.has_value());
    CHECK(sum_of({a, mean_of({4})}).value == 6);
}

TEST_CASE("errors of estimates from the same draws add, and the fewest degrees of freedom count") {
    const estimate sum = sum_of_dependent({mean_of({1, 3}), mean_of({10, 20, 30})});
    CHECK(sum.value == 22);
    CHECK(*sum.standard_error == Approx(1 + std::sqrt(100.0 / 3)));
    CHECK(sum.degrees == 1);
    CHECK_FALSE(sum_of_dependent({mean_of({1, 3}), mean_of({4})}).standard_error.has_value());
}

TEST_CASE("figures are scaled by pairs and head_dim, with the error of the runs") {
    test::scratch s("scaling");
    workload w;
    w.model.title = "M";
    w.model.blocks = {{3, 4, 4, 128, 0, 0}};
    w.prefill_tokens = 100;
    w.sequence_length = 100;
    part_result r;
    r.part = parts_of(w)[0];
    REQUIRE(r.part.pairs_of_head == 5050);
    test::fake_run run;  // 1000 unmasked pairs, head_dim 64
    for (const double cycles : {1000, 3000}) {
        run.cycles = cycles;
        finished_run done;
        done.out = s.dir / std::to_string(r.runs.size());
        run.write(done.out);
        r.runs.push_back(done);
        sampled_run sampled;
        sampled.set.head_dim = 64;
        sampled.set.name = "f/set";
        sampled.what.groups = {{0}};
        sampled.heads = 1;
        r.sample.push_back(sampled);
    }
    r.sets.sets = {r.sample[0].set};
    evaluate(r);
    CHECK(r.pairs == 12 * 5050);
    CHECK(r.sampled_pairs == 2000);
    CHECK(r.dim_factor == 2);
    CHECK(r.totals[0].value == Approx(2.0 * 2 * 12 * 5050));  // 2 cycles a pair, twice the dims
    CHECK(*r.totals[0].standard_error == Approx(1.0 * 2 * 12 * 5050));
    CHECK(r.totals[1].value == Approx(3.0 * 12 * 5050));  // planes a pair stay what they are
    CHECK(r.totals[2].value == Approx(.05 * 12 * 5050));
    CHECK(std::isnan(r.averages[0].value));  // the fake run did not measure it

    workload_result all;
    all.of = &w;
    all.core_mhz = 800;
    all.parts = {r};
    const stats figures = workload_figures(all);
    CHECK(figures.number("scaled.cycles.value") == Approx(4.0 * 12 * 5050));
    CHECK(figures.number("scaled.ns.value") == Approx(5.0 * 12 * 5050));
    CHECK(figures.number("parts[0].scale_pairs") == Approx(12 * 5050 / 2000.0));
    CHECK(figures.number("parts[0].runs[1].cycles") == 3000);
    CHECK_FALSE(std::get<bool>(figures.find("synthetic")->value));
    CHECK(workload_text(all).find("SCALED from a sample of heads") != std::string::npos);
    CHECK(stats_to_json(figures).find("\"synthetic\": false") != std::string::npos);
    all.parts[0].runs.pop_back();
    all.parts[0].sample.pop_back();
    all.parts[0].sets.sets[0].synthetic = true;
    evaluate(all.parts[0]);
    CHECK(workload_text(all).find("one sample: no error known") != std::string::npos);
    CHECK(workload_text(all).find("SYNTHETIC traces") != std::string::npos);
    CHECK(std::holds_alternative<std::monostate>(workload_figures(all).find("scaled.cycles.low")->value));
    CHECK(std::get<bool>(workload_figures(all).find("synthetic")->value));
}
