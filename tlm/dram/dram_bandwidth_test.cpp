#include <catch2/catch.hpp>
#include <memory>

#include "tlm/dram/traffic.h"

using namespace pade;
using test::bench;

namespace {

void sequential_reads(bench& b, unsigned count) {
    for (unsigned n = 0; n < count; ++n)
        b.driver().list.push_back({false, std::uint64_t{n} * 32});
}

double share_of_peak(bench& b) {
    return 32.0 * static_cast<double>(b.driver().list.size()) / b.driver().last_ns() / b.dram.peak_bytes_per_ns();
}

void check_balance(const dram_counters& c) {
    CHECK(c.data_cycles + c.refresh_cycles + c.waiting_cycles + c.idle_cycles == c.cycles);
    CHECK(c.row_hits + c.row_misses + c.row_conflicts == c.reads + c.writes);
    CHECK(c.active_cycles <= c.cycles);
    CHECK(c.data_cycles + c.waiting_cycles <= c.active_cycles);
}

}  // namespace

TEST_CASE("sequential reads reach .90 to .94 of the peak and refresh costs 7 to 9 %") {
    bench on("on", test::channels(1));
    auto params = test::channels(1);
    params.refresh = dram_refresh::none;
    bench off("off", params);
    sequential_reads(on, 50000);
    sequential_reads(off, 50000);
    sc_core::sc_start();
    REQUIRE(on.driver().all_done());
    REQUIRE(off.driver().all_done());
    const double with = share_of_peak(on), without = share_of_peak(off);
    WARN("sequential, share of peak: refresh on " << with << ", off " << without << ", gain " << without / with - 1);
    CHECK(with > .90);
    CHECK(with < .94);
    CHECK(without / with > 1.07);
    CHECK(without / with < 1.09);

    const auto& c = on.dram.counters(0);
    check_balance(c);
    CHECK(c.bytes_read == 50000u * 32);
    CHECK(c.reads == 50000);
    CHECK(c.data_cycles == 100000);
    CHECK(c.refreshes == static_cast<std::uint64_t>(sc_core::sc_time_stamp().to_seconds() * 1e9 / 3900));
    CHECK(c.read_latency.count() == 50000);
    CHECK(c.read_latency.percentile_ns(.5) <= c.read_latency.percentile_ns(.99));
    CHECK(off.dram.counters(0).refreshes == 0);
    CHECK(off.dram.counters(0).refresh_cycles == 0);
    CHECK(on.driver().pool.in_use() == 0);
}

TEST_CASE("reads of different rows of one bank get one burst every t_rc") {
    bench b("b", test::channels(1));
    for (unsigned n = 0; n < 5000; ++n)
        b.driver().list.push_back({false, b.at(n % 2000, 0, 0, 0)});
    sc_core::sc_start();
    const double share = share_of_peak(b);
    WARN("one bank, different rows, share of peak: " << share);
    CHECK(share > .038);
    CHECK(share < .040);
    const auto& c = b.dram.counters(0);
    check_balance(c);
    CHECK(c.row_hits == 0);
    CHECK(c.activates >= 5000);  // a refresh may close a row before it was read
    CHECK(c.activates <= 5000 + c.refreshes);
}

TEST_CASE("random reads of all pseudo channels") {
    bench b("b", dram_params{});
    std::uint64_t x = 1;
    for (unsigned ch = 0; ch < 16; ++ch)
        for (unsigned n = 0; n < 5000; ++n) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            auto at = b.dram.map().decode((x >> 16) % b.dram.map().bytes() / 32 * 32);
            at.pseudo_channel = ch;
            b.driver(ch).list.push_back({false, b.dram.map().encode(at)});
        }
    sc_core::sc_start();
    double last = 0;
    for (unsigned ch = 0; ch < 16; ++ch)
        last = std::max(last, b.driver(ch).last_ns());
    const auto c = b.dram.total();
    check_balance(c);
    CHECK(c.reads == 80000);
    const double share = 80000.0 * 32 / last / (16 * b.dram.peak_bytes_per_ns());
    WARN("random, 32 outstanding a pseudo channel, share of peak: "
         << share << ", latency mean " << c.read_latency.mean_ns() << " p50 " << c.read_latency.percentile_ns(.5)
         << " p99 " << c.read_latency.percentile_ns(.99));
    // A request takes three slots of the row bus (ACT two, PRE one), which two pseudo channels share: one third of the
    // peak, less the refreshes.
    CHECK(share > .29);
    CHECK(share < 1.0 / 3);
}

TEST_CASE("idle latencies of a row hit, a closed bank and a conflict differ by RCD and RP") {
    bench b("b", test::channels(1));
    b.driver().list = {{false, b.at(0, 0, 0, 0), 100}, {false, b.at(0, 0, 0, 1), 400}, {false, b.at(1, 0, 0, 0), 800}};
    sc_core::sc_start();
    const auto& list = b.driver().list;
    const double closed = list[0].done_ns - 100, hit = list[1].done_ns - 400, conflict = list[2].done_ns - 800;
    WARN("idle latency, ns: hit " << hit << ", closed " << closed << ", conflict " << conflict);
    CHECK(hit == Approx(17).margin(.01));
    CHECK(closed == Approx(31).margin(.01));
    CHECK(conflict == Approx(45).margin(.01));
    CHECK(closed - hit == Approx(14).margin(.01));
    CHECK(conflict - closed == Approx(14).margin(.01));
    const auto& c = b.dram.counters(0);
    CHECK(c.row_hits == 1);
    CHECK(c.row_misses == 1);
    CHECK(c.row_conflicts == 1);
    CHECK(c.read_latency.mean_ns() == Approx((hit + closed + conflict) / 3));
    CHECK(c.read_latency.percentile_ns(.5) == 31);
    CHECK(c.read_latency.percentile_ns(1) == 45);
    check_balance(c);
}

TEST_CASE("an idle memory lets the simulation end, and its refreshes are still counted") {
    bench b("b", test::channels(2));
    b.driver().list = {{false, b.at(0, 0, 0, 0), 10}, {false, b.at(0, 0, 0, 0), 39990}};
    sc_core::sc_start();
    CHECK(b.driver().all_done());
    CHECK(sc_core::sc_time_stamp() < sc_core::sc_time(41, sc_core::SC_US));
    CHECK(b.dram.clock.edges() < 200);
    for (unsigned ch = 0; ch < 2; ++ch) {
        const auto& c = b.dram.counters(ch);
        CHECK(c.refreshes == 10);
        check_balance(c);
        CHECK(c.refresh_cycles >= 10 * 260);
        CHECK(c.refresh_cycles <= 10 * 300);
    }
    CHECK(b.dram.counters(0).row_misses == 2);  // the refresh closed the row
    CHECK(b.dram.waits_for().empty());
}

TEST_CASE("the total is the sum over the pseudo channels, count by count") {
    auto params = test::channels(4);
    bench b("b", params);
    for (unsigned ch = 0; ch < 4; ++ch)
        for (unsigned n = 0; n < 300 * (ch + 1); ++n)
            b.driver(ch).list.push_back({n % 3 == 0, b.at(n / 7 % 5, n % 4, n % 3, n % 32, ch), 100.0 * (ch + 1)});
    b.driver(3).list.push_back({false, b.at(0, 0, 0, 0, 2), 100});  // another channel's: an error
    sc_core::sc_start();
    sc_core::sc_start(20, sc_core::SC_US);
    using count = std::uint64_t dram_counters::*;
    const std::vector<count> counts = {
        &dram_counters::bytes_read,     &dram_counters::bytes_written,  &dram_counters::reads,
        &dram_counters::writes,         &dram_counters::row_hits,       &dram_counters::row_misses,
        &dram_counters::row_conflicts,  &dram_counters::activates,      &dram_counters::precharges,
        &dram_counters::refreshes,      &dram_counters::errors,         &dram_counters::data_cycles,
        &dram_counters::refresh_cycles, &dram_counters::waiting_cycles, &dram_counters::idle_cycles,
        &dram_counters::cycles,         &dram_counters::active_cycles};
    const dram_counters total = b.dram.total();
    for (std::size_t i = 0; i < counts.size(); ++i) {
        INFO("count " << i);
        std::uint64_t sum = 0;
        for (unsigned ch = 0; ch < 4; ++ch)
            sum += b.dram.counters(ch).*counts[i];
        CHECK(total.*counts[i] == sum);
        CHECK(sum > 0);
        CHECK(b.dram.counters(3).*counts[i] < sum + (counts[i] == &dram_counters::errors ? 1 : 0));
    }
    CHECK(total.read_latency.count() == total.reads);
}
