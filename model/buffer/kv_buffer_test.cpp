// KV buffer towards its requesters and DRAM: hits, merges, misses, pins, eviction, waiting, flush.
#include "model/buffer/kv_test_bench.h"

using namespace pade;
using namespace pade::test;

namespace {
/// 16 lines in each of 64 banks.
kv_params small() {
    kv_params p;
    p.buffer.kv_bytes = 32768;
    p.buffer.banks = 64;
    return p;
}
constexpr std::uint64_t atom(std::uint64_t n) {
    return n * 32;
}
}  // namespace

TEST_CASE("a miss reads DRAM, a fetch of what is on its way merges, a later one hits") {
    kv_bench b;
    b.k.at(10, k_fetch(atom(1), 0, 11));
    b.k.at(12, k_fetch(atom(1), 0, 12));
    b.k.at(60, k_fetch(atom(1), 0, 13));
    b.finish(100);
    REQUIRE(b.dram_reads() == 1);
    // Channel 1 by the default mapping (atoms go round the channels); sent in the cycle in which the fetch is seen.
    REQUIRE(b.memory[1]->requests.size() == 1);
    CHECK(b.memory[1]->requests[0].time == sc_core::sc_time(10, sc_core::SC_NS));
    REQUIRE(b.arrived.items.size() == 3);
    // BEGIN_RESP at 30, the bank at 31, arrived at 32. The hit: one cycle.
    CHECK(b.arrived.items[0].tag == 11);
    CHECK(b.arrived.items[0].visible == 32);
    CHECK(b.arrived.items[1].tag == 12);
    CHECK(b.arrived.items[1].visible == 32);
    CHECK(b.arrived.items[2].tag == 13);
    CHECK(b.arrived.items[2].visible == 61);
    const atom_counters c = b.kv.counters().of_tensor(0);
    CHECK(c.misses == 1);
    CHECK(c.merges == 1);
    CHECK(c.hits == 1);
    CHECK(c.bytes_read == 32);
    CHECK(c.bytes_unused == 32);
    CHECK(b.k.credits == std::vector<cycle_t>{10, 12, 60});
    CHECK(b.kv.counters().k_fetch_items == 3);
    CHECK(b.kv.counters().k_arrived_items == 3);
}

TEST_CASE("a link latency of its own delays the arrival") {
    kv_params p;
    p.link.latency = 3;
    kv_bench b(p);
    b.k.at(10, k_fetch(atom(1), 0, 11));
    b.k.at(60, k_fetch(atom(1), 0, 13));
    b.finish(100);
    REQUIRE(b.arrived.items.size() == 2);
    CHECK(b.arrived.items[0].visible == 34);
    CHECK(b.arrived.items[1].visible == 63);
}

TEST_CASE("a fetch of several atoms arrives when the last of them has") {
    kv_bench b;
    fetch_item four = k_fetch(atom(8), 0, 5);
    four.atoms = 4;
    b.k.at(10, k_fetch(atom(9), 1, 4));
    b.k.at(25, four);  // atom 9 on its way, 8, 10, 11 not there
    b.finish(100);
    REQUIRE(b.arrived.items.size() == 2);
    CHECK(b.arrived.items[0].tag == 4);
    CHECK(b.arrived.items[1].tag == 5);
    CHECK(b.arrived.items[1].visible == 47);
    CHECK(b.dram_reads() == 4);
    CHECK(b.kv.counters().all().merges == 1);
    CHECK(b.kv.counters().all().misses == 4);
}

TEST_CASE("a fetch without a line waits at the head of its queue, K and V apart, and pins protect") {
    kv_bench b(small());
    for (std::uint64_t i = 0; i < 16; ++i)
        b.k.at(10, k_fetch(atom(i), 0, static_cast<std::uint32_t>(i)));
    b.k.at(60, k_fetch(atom(100), 0, 100));  // no unpinned line in bank 0
    b.k.at(60, k_fetch(atom(101), 1, 101));  // behind it, though bank 1 is empty
    b.v.at(61, v_fetch(atom(200), 2, 1));    // V goes on
    b.clock.run_to(90);
    CHECK(b.arrived.items.size() == 16);
    CHECK(b.memory[0]->requests.back().address == atom(200));
    CHECK_THAT(b.kv.waits_for(), Catch::Contains("k_fetch") && Catch::Contains("unpinned"));
    CHECK_FALSE(b.kv.idle());
    CHECK(b.k.credits.size() == 16);
    // The release stands behind the fetch that needs it, and passes.
    b.k.at(100, release_of(k_fetch(atom(7))));
    b.k.at(150, k_fetch(atom(6), 0, 6));  // still there
    b.k.at(151, release_of(k_fetch(atom(6))));
    b.finish(200);
    REQUIRE(b.arrived.items.size() == 19);
    CHECK(b.arrived.items[16].tag == 100);
    CHECK(b.arrived.items[17].tag == 101);
    CHECK(b.arrived.items[18].tag == 6);
    CHECK(b.arrived.items[18].visible == 151);
    CHECK(b.kv.counters().all().evictions == 1);
    CHECK(b.kv.counters().all().hits == 1);
    CHECK(b.kv.counters().k_fetch_blocked == 40);  // cycles 60 to 99, slept through or not
    CHECK(b.kv.counters().v_fetch_blocked == 0);
}

TEST_CASE("a V row takes all its lines or none, and gives its credit back when it is released") {
    kv_bench b(small());
    for (std::uint64_t i = 0; i < 16; ++i)
        b.k.at(10, k_fetch(atom(i), 1));
    b.v.at(50, v_fetch(atom(200), 4, 62));  // banks 62, 63, 0, 1: no line in bank 1
    b.clock.run_to(70);
    CHECK(b.dram_reads() == 16);
    CHECK(b.v.credits.empty());
    b.k.at(80, release_of(k_fetch(atom(0))));
    b.v_release.at(150, release_of(v_fetch(atom(200), 4, 62)));
    b.clock.run_to(140);
    CHECK(b.dram_reads() == 20);
    CHECK(b.v.credits.empty());
    b.finish(200);
    CHECK(b.v.credits == std::vector<cycle_t>{150});
    CHECK(b.v_release.credits == std::vector<cycle_t>{150});
    CHECK(b.kv.counters().of_tensor(1).misses == 4);
    CHECK(b.kv.counters().v_fetch_blocked == 30);
    CHECK(b.arrived.items.size() == 16);  // V sends none
}

TEST_CASE("flush waits for what is on its way and forgets everything") {
    kv_bench b;
    b.k.at(10, k_fetch(atom(1), 0, 1));
    b.k.at(11, release_of(k_fetch(atom(1))));  // unwanted before it came
    fetch_item flush;
    flush.what = fetch_item::kind::flush;
    b.k.at(12, flush);
    b.k.at(13, k_fetch(atom(1), 0, 2));
    b.finish(100);
    REQUIRE(b.arrived.items.size() == 2);
    CHECK(b.arrived.items[0].visible == 32);
    CHECK(b.arrived.items[1].visible == 54);  // read again: sent at 32
    CHECK(b.dram_reads() == 2);
    CHECK(b.kv.counters().flushes == 1);
    CHECK(b.kv.counters().all().evictions == 0);
    CHECK(b.kv.counters().all().bytes_unused == 64);
}

TEST_CASE("flush waits for a release of V that comes later, over its own link") {
    kv_bench b;
    const fetch_item row = v_fetch(atom(0), 1);
    b.v.at(10, row);
    b.clock.run_to(50);
    fetch_item release = release_of(row);
    b.v_release.out.send(release, 60);
    fetch_item flush;
    flush.what = fetch_item::kind::flush;
    b.k.at(52, flush);
    b.clock.run_to(60);
    CHECK(b.kv.counters().flushes == 0);
    b.finish(61);
    CHECK(b.kv.counters().flushes == 1);
    CHECK(b.kv.idle());
}

TEST_CASE("one read a cycle and channel, several in flight, back-pressure by END_REQ") {
    kv_bench b;
    for (std::uint64_t i = 0; i < 6; ++i)
        b.k.at(10, k_fetch(atom(4 * i), static_cast<std::uint32_t>(i)));  // all on channel 0
    b.memory[0]->accept = true;
    b.clock.run_to(12);
    CHECK(b.memory[0]->requests.size() == 2);
    b.memory[0]->accept = false;
    b.clock.run_to(30);
    CHECK(b.memory[0]->requests.size() == 3);  // the third is not accepted
    CHECK_THAT(b.kv.waits_for(), Catch::Contains("END_REQ is due"));
    b.memory[0]->release_requests();
    b.finish(100);
    CHECK(b.memory[0]->requests.size() == 6);
    CHECK(b.arrived.items.size() == 6);
}

TEST_CASE("more answers than the banks take are held back by END_RESP and lose nothing") {
    kv_params p;
    p.buffer.fill_queue = 1;
    kv_bench b(p);
    for (std::uint64_t i = 0; i < 32; ++i)
        b.k.at(10, k_fetch(atom(i), 0, static_cast<std::uint32_t>(i)));  // one bank, four channels
    b.finish(200);
    CHECK(b.arrived.items.size() == 32);
    // One fill a cycle, from 31 on: the last is the 32nd.
    CHECK(b.arrived.items.back().visible == 31 + 32);
    unsigned held_up = 0;
    for (const auto& m : b.memory)
        held_up += m->answers_held_up;
    CHECK(held_up > 0);
    CHECK(b.kv.counters().fill_conflicts > 0);
    CHECK(b.kv.counters().fills == 32);
}

TEST_CASE("answers of one edge for one bank go in one a cycle, from the lowest channel on") {
    kv_bench b;
    for (std::uint32_t i = 4; i-- > 0;)
        b.k.at(10, k_fetch(atom(i), 0, i));  // channels 3 to 0
    b.finish(100);
    REQUIRE(b.arrived.items.size() == 4);
    for (std::uint32_t i = 0; i < 4; ++i) {
        CHECK(b.arrived.items[i].tag == i);
        CHECK(b.arrived.items[i].visible == 32 + i);
    }
    CHECK(b.kv.counters().fill_conflicts == 3 + 2 + 1);
}
