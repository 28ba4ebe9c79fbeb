#include "model/vpu/cycle_account.h"

#include <catch2/catch.hpp>

using namespace pade;

TEST_CASE("each cycle from start to finish is in one class") {
    vpu_cycles cycles;
    cycle_account account(cycles);
    account.start(10);
    account.step(12, vpu_class::busy, vpu_class::wait_v);
    CHECK(account.until(13).total() == 3);
    CHECK(account.until(15).wait_v == 2);
    account.step(15, vpu_class::busy, vpu_class::idle);
    CHECK(account.until(20).idle == 2 + 4);
    CHECK(cycles.total() == 6);
    account.finish(20);
    CHECK(account.until(20).total() == 10);
    CHECK(cycles.busy == 2);
    CHECK(cycles.wait_v == 2);
    CHECK(cycles.idle == 2 + 4);
    CHECK(cycles.total() == 10);
}

TEST_CASE("a step at the edge of the end is in no class") {
    for (const cycle_t last : {cycle_t{18}, cycle_t{19}, cycle_t{20}}) {
        vpu_cycles cycles;
        cycle_account account(cycles);
        account.start(10);
        account.step(last, vpu_class::busy, vpu_class::wait_input);
        account.finish(20);
        CHECK(cycles.busy == (last < 20 ? 1 : 0));
        CHECK(cycles.total() == 10);
    }
}
