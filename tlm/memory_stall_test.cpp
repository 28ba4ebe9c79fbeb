// A stalled base-protocol link: every transaction ends with its data, the phases come later, and both sides see a link
// that keeps the rules.
#include "tlm/memory_stall.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "testbench/unit/memory_peers.h"

using namespace pade;
using test::hesitation;

namespace {

stall_params stalls(unsigned percent, unsigned cycles, unsigned seed = 1) {
    stall_params p;
    p.memory_percent = percent;
    p.cycles = cycles;
    p.seed = seed;
    return p;
}

/// Reads and writes in turn, `count` of them, over a stalled link with a checker on either side.
struct bench {
    bench(test::bench_clock& clock, const std::string& label, const stall_params& p, unsigned count,
          hesitation initiator = {}, hesitation target = {}, const std::string& link = "a.link")
        : from(("from_" + label).c_str(), initiator),
          to(("to_" + label).c_str(), 6, 4, target),
          stall(("stall_" + label).c_str(), p, link) {
        clock.drive(from);
        clock.drive(to);
        clock.drive(stall);
        links.bind(from.socket, stall.in);
        links.bind(stall.out, to.socket);
        for (unsigned i = 0; i < count; ++i) {
            if (i % 3 == 2)
                from.write(0, 0x10000 + 32 * i, static_cast<unsigned char>(i));
            else
                from.read(0, 32 * i);
        }
    }
    test::requester from;
    test::memory_stub to;
    memory_stall stall;
    test::checked_links links;

    void check(unsigned count) {
        REQUIRE(from.results.size() == count);
        for (const auto& r : from.results)
            CHECK((r.asked.command == tlm::TLM_WRITE_COMMAND || r.data_ok()));
        for (unsigned i = 2; i < count; i += 3)
            CHECK(to.written.at(0x10000 + 32 * i) == static_cast<unsigned char>(i));
        CHECK(to.requests.size() == count);
        CHECK(from.pool().in_use() == 0);
        stall.let_go();
        links.expect_clean();
    }
    cycle_t last() const { return from.results.back().seen; }
};

/// Two ends that do nothing by themselves.
struct bare_ends : sc_core::sc_module, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<> {
    tlm::tlm_initiator_socket<> from{"from"};
    tlm::tlm_target_socket<> to{"to"};
    std::vector<std::pair<tlm::tlm_generic_payload*, tlm::tlm_phase>> seen;  // by the initiator
    explicit bare_ends(sc_core::sc_module_name name) : sc_module(name) {
        from.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
        to.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
    }
    void send(tlm::tlm_generic_payload& p) {
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time none;
        from->nb_transport_fw(p, phase, none);
    }
    void reply(tlm::tlm_generic_payload& p, tlm::tlm_phase phase) {
        sc_core::sc_time none;
        to->nb_transport_bw(p, phase, none);
    }
    bool saw(const tlm::tlm_generic_payload& p, tlm::tlm_phase phase) const {
        return std::find(seen.begin(), seen.end(), std::make_pair(const_cast<tlm::tlm_generic_payload*>(&p), phase)) !=
               seen.end();
    }

  private:
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_core::sc_time&) override {
        return phase == tlm::END_RESP ? tlm::TLM_COMPLETED : tlm::TLM_ACCEPTED;
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_core::sc_time&) override {
        seen.emplace_back(&p, phase);
        return phase == tlm::BEGIN_RESP ? tlm::TLM_COMPLETED : tlm::TLM_ACCEPTED;
    }
    void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {}
    bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
    unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }
    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
};

}  // namespace

TEST_CASE("a response takes no END_REQ but its own request's with it") {
    test::bench_clock clock;
    bare_ends ends("ends");
    memory_stall stall("stall", stalls(100, 40), "a.link");
    clock.drive(stall);
    ends.from.bind(stall.in);
    stall.out.bind(ends.to);
    payload_pool pool;
    cycle_t now = 1;
    unsigned overtaken = 0;
    for (unsigned round = 0; round < 30; ++round) {
        INFO("round " << round);
        ends.seen.clear();
        auto& a = pool.acquire(tlm::TLM_READ_COMMAND, 0, 32);
        auto& b = pool.acquire(tlm::TLM_READ_COMMAND, 32, 32);
        clock.run_to(now += 50);
        ends.send(a);
        ends.reply(a, tlm::END_REQ);
        clock.run_to(now += 50);
        ends.send(b);
        ends.reply(b, tlm::END_REQ);
        ends.reply(a, tlm::BEGIN_RESP);
        clock.run_to(now += 50);
        CHECK(ends.saw(a, tlm::END_REQ));
        CHECK(ends.saw(a, tlm::BEGIN_RESP));
        CHECK(ends.saw(b, tlm::END_REQ));
        overtaken += ends.seen.back() == std::make_pair(&b, tlm::tlm_phase(tlm::END_REQ)) ? 1 : 0;
        clock.run_to(now += 50);
        ends.reply(b, tlm::BEGIN_RESP);
        clock.run_to(now += 100);
        CHECK(ends.saw(b, tlm::BEGIN_RESP));
        a.release();
        b.release();
    }
    CHECK(overtaken > 3);  // the case that this is about
    CHECK(pool.in_use() == 0);
}

TEST_CASE("a memory stall of 0 percent changes nothing") {
    test::bench_clock clock;
    bench b(clock, "b", stalls(0, 9), 60);
    test::requester plain("plain");
    test::memory_stub memory("memory", 6, 4);
    clock.drive(plain);
    clock.drive(memory);
    plain.socket.bind(memory.socket);
    for (unsigned i = 0; i < 60; ++i) {
        if (i % 3 == 2)
            plain.write(0, 0x10000 + 32 * i, static_cast<unsigned char>(i));
        else
            plain.read(0, 32 * i);
    }
    clock.run_to(1000);
    b.check(60);
    CHECK(b.stall.held_back() == 0);
    REQUIRE(plain.results.size() == 60);
    for (unsigned i = 0; i < 60; ++i)
        CHECK(b.from.results[i].seen == plain.results[i].seen);
}

TEST_CASE("stalled transactions end with their data, later, and the checkers on both sides are silent") {
    test::bench_clock clock;
    const hesitation slow{.2, .5, 5, 3};
    bench plain(clock, "plain", stalls(0, 9), 300);
    bench some(clock, "some", stalls(30, 9), 300);
    bench all(clock, "all", stalls(100, 9), 300);
    bench slow_from(clock, "slow_from", stalls(40, 9), 300, slow);
    bench slow_to(clock, "slow_to", stalls(40, 9), 300, {}, slow);
    bench slow_both(clock, "slow_both", stalls(100, 30), 300, slow, slow);
    clock.run_to(60000);
    for (bench* b : {&plain, &some, &all, &slow_from, &slow_to, &slow_both})
        b->check(300);
    CHECK(some.last() > plain.last());
    CHECK(all.last() > some.last());
    CHECK(some.stall.held_back() > 150);
    // END_REQ, BEGIN_RESP and END_RESP of each, but for an END_REQ that a BEGIN_RESP overtook or came with.
    CHECK(all.stall.held_back() > 800);
    CHECK(all.stall.held_back() <= 900);
}

TEST_CASE("the stalls of a memory link are those of the seed and the link") {
    test::bench_clock clock;
    bench first(clock, "first", stalls(40, 20, 5), 100);
    bench again(clock, "again", stalls(40, 20, 5), 100);
    bench other_seed(clock, "other_seed", stalls(40, 20, 6), 100);
    bench other_link(clock, "other_link", stalls(40, 20, 5), 100, {}, {}, "another.link");
    clock.run_to(20000);
    const auto seen = [](const bench& b) {
        std::vector<cycle_t> edges;
        for (const auto& r : b.from.results)
            edges.push_back(r.seen);
        return edges;
    };
    CHECK(seen(first).size() == 100);
    CHECK(seen(first) == seen(again));
    CHECK(seen(first) != seen(other_seed));
    CHECK(seen(first) != seen(other_link));
}

TEST_CASE("debug accesses pass a stalled link unchanged") {
    test::bench_clock clock;
    bench b(clock, "b", stalls(100, 9), 0);
    CHECK(b.stall.held_back() == 0);
    clock.run_to(10);
    tlm::tlm_generic_payload payload;
    unsigned char data[4] = {};
    payload.set_read();
    payload.set_address(64);
    payload.set_data_ptr(data);
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    CHECK(b.from.socket->transport_dbg(payload) == 4);
    for (unsigned i = 0; i < 4; ++i)
        CHECK(data[i] == test::pattern(64 + i));
    CHECK(b.stall.held_back() == 0);
}
