#include "testbench/batch/process_pool.h"

#include <catch2/catch.hpp>
#include <set>

#include "model/errors.h"
#include "testbench/batch/test_runs.h"

using namespace pade;

namespace {

process_job shell(const std::filesystem::path& log, const std::string& script) {
    return {{"/bin/sh", "-c", script}, log};
}

}  // namespace

TEST_CASE("each process ends with its exit code and its output in its log, signals as 128 + number") {
    test::scratch s("pool");
    std::vector<process_job> jobs = {shell(s.dir / "0", "echo out; echo err >&2; exit 3"), shell(s.dir / "1", "exit 0"),
                                     shell(s.dir / "2", "kill -9 $$")};
    std::vector<int> codes(3, -1);
    run_processes(jobs, 2, [&](std::size_t n, const process_outcome& outcome) {
        codes[n] = outcome.exit_code;
        CHECK(outcome.wall_s >= 0);
    });
    CHECK(codes == std::vector<int>{3, 0, 137});
    CHECK(test::text_of(s.dir / "0") == "out\nerr\n");
}

TEST_CASE("at most so many run at a time, and all of them run") {
    test::scratch s("pool_parallel");
    // Each leaves a mark while it runs and writes down how many marks it saw.
    const std::string dir = s.dir.string();
    std::vector<process_job> jobs;
    for (int n = 0; n < 9; ++n)
        jobs.push_back(shell(s.dir / ("log" + std::to_string(n)), "touch " + dir + "/mark$$; sleep 0.05; ls " + dir +
                                                                      " | grep -c mark; rm " + dir + "/mark$$"));
    std::set<std::size_t> ended;
    run_processes(jobs, 3, [&](std::size_t n, const process_outcome&) { ended.insert(n); });
    CHECK(ended.size() == 9);
    for (int n = 0; n < 9; ++n) {
        const int seen = std::stoi(test::text_of(s.dir / ("log" + std::to_string(n))));
        CHECK(seen >= 1);
        CHECK(seen <= 3);
    }
}

TEST_CASE("a program that is not there is an internal error") {
    test::scratch s("pool_none");
    CHECK_THROWS_AS(
        run_processes({{{"/no/such/program"}, s.dir / "log"}}, 1, [](std::size_t, const process_outcome&) {}),
        internal_error);
    CHECK(this_program().find("process_pool_test") != std::string::npos);
}
