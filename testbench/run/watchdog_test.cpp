// The watchdog ends a stuck run at the very cycle, whatever goes on that is no progress.
#include "testbench/run/watchdog.h"

#include <catch2/catch.hpp>

#include "model/accelerator/chip_bench.h"
#include "model/errors.h"

using namespace pade;
using Catch::Contains;

namespace {

/// A clock that never sleeps.
struct ticking : sc_core::sc_module {
    PADE_HAS_PROCESS(ticking);
    explicit ticking(sc_core::sc_module_name name) : sc_module(name) { SC_THREAD(run); }
    void run() {
        for (;;)
            wait(1.25, sc_core::SC_NS);
    }
};

/// A head with 4 queries over 64 keys; all data are zero.
job small_job() {
    job work;
    work.queries = 4;
    work.keys = 64;
    work.head_dim = 64;
    work.o_row_bytes = 128;
    work.spill_address = 1 << 26;
    work.heads.push_back({0, 1e-3, 1, 0, 1 << 16});
    work.kv_heads.push_back({512, 1 << 20});
    return work;
}

/// Runs until the interrupt or until the watchdog speaks: what it says.
std::string run(test::bench& b, const params& p) {
    watchdog dog(b.chip, p);
    try {
        while (!b.interrupt.read()) {
            sc_core::sc_start(dog.next_look(), sc_core::SC_RUN_TO_TIME);
            if (!b.interrupt.read())
                dog.look();
        }
    } catch (const internal_error& e) {
        return e.what();
    }
    return {};
}

cycle_t now() {
    return sc_core::sc_time_stamp().value() / sc_core::sc_time(1250, sc_core::SC_PS).value();
}

/// The chip is stuck by this fault while a clock runs on, and the watchdog says what it must at the very cycle.
void check_stuck(const link_fault& fault, const params& p, const std::string& says) {
    accelerator_options options;
    options.faults.push_back(fault);
    test::bench b(p, "", options);
    ticking clock("clock");
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    b.host.program(small_job());
    const std::string text = run(b, p);
    const cycle_t last = b.chip.last_progress().cycle;
    CHECK(last > 0);
    CHECK(now() == last + p.watchdog.cycles);
    CHECK_THAT(text, Contains("watchdog: no progress for " + std::to_string(p.watchdog.cycles) +
                              " cycles, from cycle " + std::to_string(last)) &&
                         Contains("to cycle " + std::to_string(now()) + "\n  oldest transaction: ") && Contains(says));
}

params with_patience(unsigned cycles) {
    params p;
    p.watchdog.cycles = cycles;
    return p;
}

}  // namespace

TEST_CASE("watchdog: a job that gets on is left alone by a watchdog of no great patience") {
    const params p = with_patience(1000);
    test::bench b(p);
    ticking clock("clock");
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    b.host.program(small_job());
    CHECK(run(b, p).empty());
    CHECK(b.chip.last_progress().what == std::string("the end of the job"));
    CHECK(b.chip.oldest_transaction().empty());
}

TEST_CASE("watchdog: a silent channel") {
    check_stuck({link_fault::kind::silent, "dram", 3, 1}, with_patience(1000),
                "waits for hbm2, behind memory_arbiter, pseudo channel 3, since cycle ");
}

TEST_CASE("watchdog: a lost response") {
    check_stuck({link_fault::kind::lost_response, "o_memory", 0, 2}, with_patience(1001),
                "write_back waits for memory_arbiter, pseudo channel ");
}

TEST_CASE("watchdog: a lost credit") {
    params p = with_patience(1500);
    p.lane.fifo_planes = 1;
    check_stuck({link_fault::kind::lost_credit, "planes", 0, 3}, p,
                "dispatcher waits for pe_lane_0_0 to give back a place of its input FIFO");
}

TEST_CASE("watchdog: a V-PU that is never ready") {
    check_stuck({link_fault::kind::never_ready, "rounds", 0, 5}, with_patience(2000),
                "waits for v_pu to take a round, since cycle ");
}

TEST_CASE("watchdog: a scoreboard entry that is never freed") {
    check_stuck({link_fault::kind::held_entry, "verdicts", 0, 1}, with_patience(1000),
                "and free its scoreboard entry, since cycle ");
}

TEST_CASE("watchdog: where nothing is left to happen it does not wait") {
    const params p = with_patience(100000);
    accelerator_options options;
    options.faults.push_back({link_fault::kind::never_ready, "rounds", 0, 1});
    test::bench b(p, "", options);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    b.host.program(small_job());
    CHECK_THAT(run(b, p), Contains("nothing is left to happen") && Contains("waits for v_pu to take a round"));
    CHECK(now() < 100000);
}
