#include "testbench/batch/suite.h"

#include <catch2/catch.hpp>

#include "model/errors.h"
#include "testbench/batch/test_runs.h"

using namespace pade;

TEST_CASE("trace sets are the folders with a manifest, in order") {
    test::scratch s("suite_sets");
    for (const char* name : {"b/two", "a", "b/one"}) {
        std::filesystem::create_directories(s.dir / name);
        std::ofstream(s.dir / name / "manifest.json") << "{}";
    }
    std::filesystem::create_directories(s.dir / "c");
    CHECK(trace_sets_below(s.dir) == std::vector<std::filesystem::path>{s.dir / "a", s.dir / "b/one", s.dir / "b/two"});
    CHECK_THROWS_AS(trace_sets_below(s.dir / "c"), input_error);
    CHECK_THROWS_AS(trace_sets_below(s.dir / "none"), input_error);
}

TEST_CASE("names of results are paths, and none lies in another one's folder") {
    test::scratch s("suite_names");
    const auto names = [&](std::vector<std::string> below) {
        std::vector<std::filesystem::path> sets;
        for (const std::string& each : below) {
            std::filesystem::create_directories(s.dir / each);
            sets.push_back(s.dir / each);
        }
        return suite_names(s.dir, sets);
    };
    CHECK(names({"a/x", "a/y", "b"}) == std::vector<std::string>{"a/x", "a/y", "b"});
    CHECK(names({"x", "x/y"}) == std::vector<std::string>{"x", "x+y"});
    CHECK(suite_names(s.dir, {s.dir}) == std::vector<std::string>{s.dir.filename().string()});
}

TEST_CASE("table, CSV and JUnit tell what ran, what failed and why") {
    test::scratch s("suite");
    std::vector<planned_run> plan = {
        {"good", {"--trace", "good"}, {}}, {"failed", {"--trace", "failed"}, {}}, {"bad", {"--trace", "bad"}, {}}};
    std::vector<finished_run> runs(3);
    for (std::size_t n = 0; n < 3; ++n)
        runs[n].out = s.dir / plan[n].name;
    test::fake_run fake;
    fake.write(runs[0].out);
    fake.balance = "false";
    fake.write(runs[1].out);
    runs[1].exit_code = exit_code::failed_check;
    runs[1].message = "check failed: balance";
    runs[2].exit_code = exit_code::bad_input;
    runs[2].message = "manifest \"x\" <y> & more, and more";

    const std::string csv = suite_csv(plan, runs);
    CHECK(csv.find("\ngood,0,prefill,1,10,110,64,1000,3.0000,0.05000,4,5,,") != std::string::npos);
    CHECK(csv.find(",6000,0.25,30000,,,10000,8000,,,,,,,,20000,lanes,") != std::string::npos);
    CHECK(csv.find("\nfailed,3,") != std::string::npos);
    CHECK(csv.find("\nbad,2,") != std::string::npos);
    CHECK(csv.find("\"manifest \"\"x\"\" <y> & more, and more\"") != std::string::npos);
    const auto commas = [](const std::string& line) { return std::count(line.begin(), line.end(), ','); };
    std::istringstream lines(csv);
    std::string head, good;
    std::getline(lines, head);
    std::getline(lines, good);
    CHECK(commas(head) == commas(good));

    const std::string junit = suite_junit(plan, runs);
    CHECK(junit.find("tests=\"3\" failures=\"1\" errors=\"1\"") != std::string::npos);
    CHECK(junit.find("manifest &quot;x&quot; &lt;y&gt; &amp; more") != std::string::npos);
    CHECK(junit.find("pade-sim run --trace failed</failure>") != std::string::npos);

    // A generator's trace is marked wherever it stands beside a model's.
    fake.balance = "true";
    fake.synthetic = true;
    fake.write(runs[1].out);
    runs[1].exit_code = exit_code::ok;
    CHECK(suite_table(plan, runs).find("failed (SYNTHETIC) ") != std::string::npos);
    CHECK(suite_table(plan, runs).find("good (") == std::string::npos);
    CHECK(suite_csv(plan, runs).find(",lanes,true,") != std::string::npos);
    CHECK(suite_junit(plan, runs).find("classname=\"pade-sim.suite.synthetic\" name=\"failed\"") != std::string::npos);
    CHECK(suite_junit(plan, runs).find("classname=\"pade-sim.suite\" name=\"good\"") != std::string::npos);
    fake.synthetic = false;
    fake.balance = "false";
    fake.write(runs[1].out);
    runs[1].exit_code = exit_code::failed_check;

    const std::string table = suite_table(plan, runs);
    CHECK(table.find("FAILED: balance") != std::string::npos);
    CHECK(table.find("manifest \"x\"") != std::string::npos);
}

TEST_CASE("the exit code is 0 only if all are") {
    const auto code = [](std::vector<int> codes) {
        std::vector<finished_run> runs(codes.size());
        for (std::size_t n = 0; n < codes.size(); ++n)
            runs[n].exit_code = codes[n];
        return suite_exit_code(runs);
    };
    CHECK(code({0, 0}) == 0);
    CHECK(code({0, 2}) == 2);
    CHECK(code({3, 2}) == 3);
    CHECK(code({3, 4, 2}) == 4);
    CHECK(code({0, 137}) == 4);
}
