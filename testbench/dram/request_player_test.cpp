#include "testbench/dram/request_player.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "testbench/unit/checked_links.h"

using namespace pade;
using kind = dram_command_kind;

namespace {

dram_params quiet(unsigned channels = 1) {
    dram_params p;
    p.pseudo_channels = channels;
    p.refresh = dram_refresh::none;
    return p;
}

/// A memory, a player, and the commands that came of it.
struct played {
    played(const std::string& name, const dram_params& p, request_list requests, unsigned outstanding,
           bool check_tlm = false)
        : list(std::move(requests)),
          memory((name + "_memory").c_str(), p, clock_params{}),
          player((name + "_player").c_str(), memory, list, outstanding, check_tlm) {
        memory.log_commands([this](const dram_command& c) { log.push_back(c); });
    }
    std::vector<cycle_t> cycles(kind of) const {
        std::vector<cycle_t> all;
        for (const dram_command& c : log)
            if (c.kind == of)
                all.push_back(c.cycle);
        return all;
    }
    request_list list;
    hbm2_controller memory;
    request_player player;
    std::vector<dram_command> log;
};

/// Reads of one open row: column n.
request_list row_of(unsigned reads, bool chained) {
    const address_map map(quiet());
    request_list list;
    for (unsigned n = 0; n < reads; ++n)
        list.push_back({map.encode({0, 0, 0, 0, n % 32, 0}), 0, chained && n != 0 ? n - 1 : memory_request::no_line});
    return list;
}

}  // namespace

TEST_CASE("a dependent read goes in the cycle in which the data of the one before have come: 17 cycles a hit") {
    played p("p", quiet(), row_of(20, true), 32);
    sc_core::sc_start();
    REQUIRE(p.player.done());
    const auto reads = p.cycles(kind::read);
    REQUIRE(reads.size() == 20);
    for (std::size_t n = 1; n < reads.size(); ++n)
        CHECK(reads[n] == reads[n - 1] + 1 + 14 + 2);
    CHECK(p.player.first_issue() == 0);
    CHECK(p.player.last_read_ns() == Approx(1 + 14 + 14 + 2 + 19 * 17));
    for (std::size_t n = 0; n < 20; ++n)
        CHECK(p.player.read_latencies_ns()[n] == Approx(n == 0 ? 31 : 17));
}

TEST_CASE("outstanding limits the reads in flight") {
    played one("one", quiet(), row_of(20, false), 1);
    played two("two", quiet(), row_of(20, false), 2);
    played all("all", quiet(), row_of(20, false), 0);
    sc_core::sc_start();
    CHECK(one.cycles(kind::read).back() - one.cycles(kind::read).front() == 19 * 17);
    CHECK(two.cycles(kind::read)[2] - two.cycles(kind::read)[0] == 17);
    CHECK(two.cycles(kind::read)[1] - two.cycles(kind::read)[0] == 4);
    CHECK(all.cycles(kind::read).back() - all.cycles(kind::read).front() == 19 * 4);
}

TEST_CASE("CYCLE is waited for in line, but a line whose `after` has not come is passed over") {
    const address_map map(quiet());
    const auto at = [&](unsigned column) { return map.encode({0, 0, 0, 0, column, 0}); };
    // Column 1 waits for cycle 100, and column 2 behind it; column 3 waits for the data of column 0, column 4 not.
    played in_line("in_line", quiet(), {{at(0), 0}, {at(1), 100}, {at(2), 0}}, 32);
    played passed("passed", quiet(), {{at(0), 0}, {at(3), 0, 0}, {at(4), 0}}, 32);
    played both("both", quiet(), {{at(0), 0}, {at(3), 90, 0}, {at(4), 0}, {at(5), 0, 0}}, 32);
    request_list many = {{at(0), 0}};
    for (unsigned n = 1; n < 20; ++n)
        many.push_back({at(n), 0});
    many.push_back({at(31), 0, 0});
    played before("before", quiet(), many, 1);
    sc_core::sc_start();
    const auto columns = [](const played& p) {
        std::vector<unsigned> all;
        for (const dram_command& c : p.log)
            if (c.kind == kind::read)
                all.push_back(c.column);
        return all;
    };
    CHECK(columns(in_line) == std::vector<unsigned>{0, 1, 2});
    CHECK(in_line.cycles(kind::read)[1] == 101);
    CHECK(columns(passed) == std::vector<unsigned>{0, 4, 3});
    // Of those whose `after` has come the earlier line goes first, and the later one waits behind it for its cycle.
    CHECK(columns(both) == std::vector<unsigned>{0, 4, 3, 5});
    CHECK(both.cycles(kind::read)[2] == 91);
    // A line whose `after` has come goes before the line of those that wait for nothing.
    std::vector<unsigned> first = columns(before);
    CHECK(std::find(first.begin(), first.end(), 31u) - first.begin() == 1);
}

TEST_CASE("a line may wait for another pseudo channel, and for a write's response") {
    const auto p2 = quiet(2);
    const address_map map(p2);
    const auto at = [&](unsigned channel, unsigned column) { return map.encode({0, 0, 0, channel, column, 0}); };
    played p("p", p2,
             {{at(0, 0), 0}, {at(1, 0), 0, 0}, {at(0, 1), 0, 3}, {at(1, 1), 50, memory_request::no_line, true}}, 32);
    sc_core::sc_start();
    REQUIRE(p.player.done());
    // Line 0: data end at 31; line 1: ACT one cycle after that.
    CHECK(p.cycles(kind::activate)[1] == 32);
    // The write's response comes at 51, and the read of an open row a cycle later.
    CHECK(p.cycles(kind::read)[2] == 52);
}

TEST_CASE("at most one request a cycle, as long as the queue has room") {
    request_list list = row_of(60, false);
    for (memory_request& r : list)
        r.write = true;
    auto params = quiet();
    params.write_high = 32;
    params.t_rcdwr = 200;  // nothing leaves the queue
    played p("p", params, list, 0);
    sc_core::sc_start(10.5, sc_core::SC_NS);
    CHECK(p.memory.counters(0).bytes_written == 11 * 32);
    sc_core::sc_start(89, sc_core::SC_NS);
    CHECK(p.memory.counters(0).bytes_written == 32 * 32);
    sc_core::sc_start();
    CHECK(p.player.done());
    CHECK(p.memory.counters(0).writes == 60);
}

TEST_CASE("random lists: everything comes back, nothing overtakes what it waits for, and twice is the same") {
    std::mt19937_64 random(7);
    INFO("seed 7");
    const auto p4 = [] {
        dram_params p;
        p.pseudo_channels = 4;
        p.read_queue = 6;
        return p;
    }();
    const address_map map(p4);
    request_list list;
    for (std::uint32_t n = 0; n < 4000; ++n)
        list.push_back(
            {random() % 64 * 4096 + random() % 16 * 32, random() % 3 == 0 ? n : 0,
             n != 0 && random() % 2 == 0 ? static_cast<std::uint32_t>(random() % n) : memory_request::no_line,
             random() % 4 == 0});
    played a("a", p4, list, 9), b("b", p4, list, 9);
    sc_core::sc_start();
    CHECK(a.player.done());
    CHECK(a.player.completed() == 4000);
    CHECK(a.player.read_latencies_ns() == b.player.read_latencies_ns());
    CHECK(a.memory.total().reads + a.memory.total().writes == 4000);
    CHECK(a.player.waits_for().empty());
}

TEST_CASE("with check_tlm each pseudo channel has a checker, and it finds nothing") {
    request_list list = row_of(200, true);
    for (std::uint32_t n = 0; n < 200; ++n)
        list.push_back({n * 32, n, memory_request::no_line, n % 3 == 0});
    played one("checked", quiet(4), list, 8, true);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    test::links_found found = test::find_links();
    CHECK(found.initiators.size() == 4);
    CHECK(test::unchecked(found).empty());
    sc_core::sc_start();
    CHECK(one.player.done());
    std::vector<std::string> lines;
    CHECK(one.player.protocol_violations(lines) == 0);
    CHECK(lines.empty());
}

TEST_CASE("a transaction that the memory has not ended is a violation of a checked link") {
    played one("early", quiet(2), row_of(5, false), 8, true);
    sc_core::sc_start(4, sc_core::SC_NS);
    REQUIRE_FALSE(one.player.done());
    std::vector<std::string> lines;
    CHECK(one.player.protocol_violations(lines) >= 1);
    REQUIRE_FALSE(lines.empty());
    CHECK_THAT(lines[0], Catch::Contains("early_player.check_0") && Catch::Contains("unfinished transaction"));
}

TEST_CASE("without it none has") {
    played one("bare", quiet(4), row_of(1, false), 8);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    test::links_found found = test::find_links();
    CHECK(found.checkers.empty());
    CHECK(test::unchecked(found).size() == 4);
}
