#include "testbench/batch/difference.h"

#include <catch2/catch.hpp>

#include "model/errors.h"
#include "testbench/batch/test_runs.h"

using namespace pade;

TEST_CASE("parameters and figures that differ, largest effect first, wall clock left out") {
    test::scratch s("difference");
    test::fake_run a, b;
    b.cycles = 1500;  // effect 1/3
    b.retained = 25;  // effect 1/2
    b.config.guard.alpha = .5;
    b.balance = "false";
    a.write(s.dir / "a");
    b.write(s.dir / "b");
    const run_difference d = compare_runs(s.dir / "a", s.dir / "b");
    REQUIRE(d.parameters.size() == 1);
    CHECK(d.parameters[0].name == "guard.alpha");
    CHECK(d.parameters[0].b == "0.5");
    REQUIRE(d.figures.size() == 2);
    CHECK(d.figures[0].name == "pairs.retained");
    CHECK(d.figures[0].effect == Approx(.5));
    CHECK(d.figures[1].name == "time.cycles");
    CHECK(d.figures[1].effect == Approx(1.0 / 3));
    REQUIRE(d.checks.size() == 1);
    CHECK(d.checks[0].name == "checks.balance");
    CHECK(d.job.empty());
    CHECK(d.same_output);
    CHECK_FALSE(d.same_retained);
    const std::string text = difference_text(d, 1);
    CHECK(text.find("guard.alpha") != std::string::npos);
    CHECK(text.find("-50.0 %") != std::string::npos);
    CHECK(text.find("time.cycles") == std::string::npos);
    CHECK(text.find("1 more differ") != std::string::npos);
    CHECK(difference_text(d, 0).find("time.cycles") != std::string::npos);
    CHECK(difference_json(d).find("\"effect\": 0.5") != std::string::npos);
}

TEST_CASE("a run on a generator's trace beside one on a model's is marked") {
    test::scratch s("difference_synthetic");
    test::fake_run run;
    run.write(s.dir / "a");
    run.synthetic = true;
    run.write(s.dir / "b");
    const run_difference d = compare_runs(s.dir / "a", s.dir / "b");
    CHECK(difference_text(d, 0).find("SYNTHETIC trace: the second run\n") != std::string::npos);
    CHECK(difference_json(d).find("\"b_synthetic\": true") != std::string::npos);
    CHECK(difference_text(compare_runs(s.dir / "a", s.dir / "a"), 0).find("SYNTHETIC") == std::string::npos);
}

TEST_CASE("a run differs from itself in nothing") {
    test::scratch s("difference_same");
    test::fake_run().write(s.dir / "a");
    const run_difference d = compare_runs(s.dir / "a", s.dir / "a");
    CHECK(d.parameters.empty());
    CHECK(d.figures.empty());
    CHECK(d.same_output);
    CHECK(d.same_retained);
    CHECK(d.equal > 10);
}

TEST_CASE("a folder without a finished run is refused") {
    test::scratch s("difference_none");
    test::fake_run().write(s.dir / "a");
    CHECK_THROWS_WITH(compare_runs(s.dir / "a", s.dir / "b"), Catch::Contains("finished run"));
    std::filesystem::create_directories(s.dir / "b");
    std::ofstream(s.dir / "b" / "stats.json") << "[1, 2";
    CHECK_THROWS_AS(compare_runs(s.dir / "a", s.dir / "b"), input_error);
}
