// Random traffic, several controllers with different parameters at once: data against a functional model, commands
// under the auditor, and the same commands whatever the order of construction or of waking.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>

#include "tlm/dram/audit/dram_auditor.h"
#include "tlm/dram/dram_timing.h"
#include "tlm/dram/traffic.h"

using namespace pade;
using test::access;
using test::bench;
using test::traffic;

namespace {

unsigned seed_of_run() {
    const char* given = std::getenv("PADE_SEED");
    return given == nullptr ? 1u : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
}

/// Phases of dense and sparse traffic to few rows, so that hits, conflicts, hazards and idle refreshes all come up.
/// Fills `expected` with what each read must return: what the accesses before it, in order, have left.
std::vector<access> random_list(const bench& b, unsigned channel, unsigned count, unsigned seed,
                                std::vector<std::vector<unsigned char>>& expected) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    std::map<std::uint64_t, unsigned char> memory;
    std::vector<access> list;
    double time = 0;
    unsigned write_share = 50, rows = 2, gap = 0;
    for (unsigned n = 0; n < count; ++n) {
        if (n % 200 == 0) {
            write_share = below(3) * 45 + below(10);
            rows = 1 + below(4);
            gap = below(3) == 0 ? 60 : below(3) == 0 ? 6 : 0;
        }
        if (gap != 0)
            time += below(gap) + (below(400) == 0 ? 9000 : 0) + .25 * below(4);
        const unsigned offset = below(4) == 0 ? below(32) : 0;
        const unsigned length = offset != 0 || below(4) == 0 ? 1 + below(32 - offset) : 32;
        access a{below(100) < write_share, b.at(below(rows), below(2), below(4), below(3), channel) + offset, time,
                 length};
        if (below(4) == 0)
            for (unsigned i = 0; i < 1 + below(8); ++i)
                a.enables.push_back(below(2) != 0 ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED);
        std::vector<unsigned char> result(length, 0xee);
        for (unsigned i = 0; i < length; ++i) {
            const bool enabled = a.enables.empty() || a.enables[i % a.enables.size()] == TLM_BYTE_ENABLED;
            if (a.write) {
                a.data.push_back(static_cast<unsigned char>(below(256)));
                if (enabled)
                    memory[a.address + i] = a.data[i];
            } else if (enabled) {
                result[i] = memory[a.address + i];
            }
        }
        expected.push_back(a.write ? std::vector<unsigned char>{} : result);
        list.push_back(std::move(a));
    }
    return list;
}

bool same(const dram_command& a, const dram_command& b) {
    return a.cycle == b.cycle && a.channel == b.channel && a.kind == b.kind && a.bank == b.bank &&
           a.bank_group == b.bank_group && a.row == b.row && a.column == b.column;
}

std::vector<dram_command> of_channel(const std::vector<dram_command>& log, unsigned channel) {
    std::vector<dram_command> part;
    for (const auto& c : log)
        if (c.channel == channel)
            part.push_back(c);
    return part;
}

/// Accesses of one atom appear on the bus in the order in which they were made.
void check_order(const bench& b, unsigned channel, const std::vector<access>& list) {
    std::map<std::vector<unsigned>, std::string> wanted, seen;
    for (const access& a : list) {
        const auto at = b.dram.map().decode(a.address);
        wanted[{at.row, at.bank, at.bank_group, at.column}] += a.write ? 'W' : 'R';
    }
    for (const auto& c : b.log)
        if (c.channel == channel && (c.kind == dram_command_kind::read || c.kind == dram_command_kind::write))
            seen[{c.row, c.bank, c.bank_group, c.column}] += c.kind == dram_command_kind::write ? 'W' : 'R';
    CHECK(wanted == seen);
}

struct variant {
    std::string name;
    std::function<void(dram_params&)> change;
};

const std::vector<variant> variants = {
    {"plain", [](dram_params&) {}},
    {"per_bank", [](dram_params& p) { p.refresh = dram_refresh::per_bank; }},
    {"none", [](dram_params& p) { p.refresh = dram_refresh::none; }},
    {"closed", [](dram_params& p) { p.page_policy = dram_page_policy::closed; }},
    {"timed",
     [](dram_params& p) {
         p.page_policy = dram_page_policy::timed;
         p.refresh = dram_refresh::per_bank;
     }},
    {"tight",
     [](dram_params& p) {
         p.read_queue = 2;
         p.write_queue = 3;
         p.write_high = 2;
         p.write_low = 0;
         p.age_cap = 20;
         p.t_refi = 700;
     }},
    {"odd",
     [](dram_params& p) {
         p.data_rate_mbps = 1300;
         p.t_rp = 9;
         p.t_rc = 60;
         p.t_wtr_l = 17;
         p.t_ccd_l = 7;
         p.age_cap = 100;
     }},
};

struct fleet {
    std::deque<bench> benches;
    std::deque<std::vector<std::vector<std::vector<unsigned char>>>> expected;  // bench, channel, access

    void add(const std::string& name, const dram_params& params, unsigned seed, unsigned count, bool reverse = false) {
        bench& b = benches.emplace_back(name, params, clock_params{}, reverse);
        auto& each = expected.emplace_back(b.drivers.size());
        for (unsigned ch = 0; ch < b.drivers.size(); ++ch) {
            b.driver(ch).list = random_list(b, ch, count, seed * 64 + ch, each[ch]);
            b.driver(ch).end_by = static_cast<traffic::ending>(ch % 3);
            b.driver(ch).end_after_ns = 1.7;
            b.driver(ch).outstanding = ch % 2 == 0 ? 32 : 70;
        }
    }
};

}  // namespace

TEST_CASE("random traffic: data right, nothing lost, order kept, every command in time") {
    const unsigned seed = seed_of_run();
    INFO("PADE_SEED=" << seed);
    fleet all;
    for (const variant& v : variants) {
        auto params = test::channels(4);
        v.change(params);
        all.add(v.name, params, seed, 4000);
    }
    sc_core::sc_start();
    sc_core::sc_start(sc_core::sc_time(100, sc_core::SC_NS));  // the data of the last posted writes
    for (std::size_t i = 0; i < variants.size(); ++i) {
        bench& b = all.benches[i];
        INFO(variants[i].name);
        auto params = test::channels(4);
        variants[i].change(params);
        b.dram.total();  // those that sleep report the refreshes of that time
        dram_auditor auditor(params, clock_params{});
        for (const dram_command& c : b.log)
            auditor.add(c);
        auditor.finish(b.dram.clock.cycle());
        INFO((auditor.lines().empty() ? std::string() : auditor.lines().front()));
        CHECK(auditor.violations() == 0);
        CHECK(b.dram.waits_for().empty());
        for (unsigned ch = 0; ch < 4; ++ch) {
            INFO("pseudo channel " << ch);
            const traffic& driver = b.driver(ch);
            REQUIRE(driver.all_done());
            CHECK(driver.pool.in_use() == 0);
            std::size_t wrong = 0;
            for (std::size_t n = 0; n < driver.list.size(); ++n)
                if (driver.list[n].status != tlm::TLM_OK_RESPONSE ||
                    (!driver.list[n].write && driver.list[n].data != all.expected[i][ch][n]))
                    ++wrong;
            CHECK(wrong == 0);
            check_order(b, ch, driver.list);
            const auto& c = b.dram.counters(ch);
            CHECK(c.reads + c.writes == driver.list.size());
            CHECK(c.row_hits + c.row_misses + c.row_conflicts == c.reads + c.writes);
            CHECK(c.data_cycles + c.refresh_cycles + c.waiting_cycles + c.idle_cycles == c.cycles);
            CHECK(c.data_cycles == (c.reads + c.writes) * dram_timing(params, clock_params{}).burst);
            CHECK(c.activates >= c.row_misses + c.row_conflicts);
            CHECK(c.activates - c.precharges <= 16);
            CHECK(c.row_conflicts > 0);
        }
    }
}

TEST_CASE("the order of construction and of waking changes no command") {
    const unsigned seed = seed_of_run();
    INFO("PADE_SEED=" << seed);
    fleet all;
    for (const variant& v : variants) {
        auto params = test::channels(4);
        v.change(params);
        all.add(v.name, params, seed, 1500);
        all.add(v.name + "_reversed", params, seed, 1500, true);
        all.add(v.name + "_every_cycle", params, seed, 1500);
        all.benches.back().dram.run_every_cycle(true);
    }
    sc_core::sc_start();
    for (bench& b : all.benches)
        b.dram.total();  // those that sleep report the refreshes of that time
    for (std::size_t i = 0; i < all.benches.size(); i += 3)
        for (const std::size_t other : {i + 1, i + 2}) {
            INFO(variants[i / 3].name << " and variation " << other - i);
            for (unsigned ch = 0; ch < 4; ++ch) {
                const auto one = of_channel(all.benches[i].log, ch), two = of_channel(all.benches[other].log, ch);
                REQUIRE(one.size() == two.size());
                CHECK(std::equal(one.begin(), one.end(), two.begin(), same));
                for (std::size_t n = 0; n < 1500; ++n)
                    REQUIRE(all.benches[i].driver(ch).list[n].done_ns == all.benches[other].driver(ch).list[n].done_ns);
                CHECK(all.benches[i].dram.counters(ch).waiting_cycles ==
                      all.benches[other].dram.counters(ch).waiting_cycles);
            }
        }
    CHECK(all.benches[0].dram.clock.edges() * 4 < all.benches[2].dram.clock.edges() * 3);
}

TEST_CASE("a request beyond the age cap goes before row hits") {
    std::deque<bench> benches;
    for (const unsigned cap : {100u, 101u, 100000u}) {
        auto params = test::channels(1);
        params.refresh = dram_refresh::none;
        params.age_cap = cap;
        bench& b = benches.emplace_back("b" + std::to_string(cap), params);
        b.driver().list = {{false, b.at(0, 0, 0, 0), 100}, {false, b.at(1, 0, 0, 0), 100}};
        for (unsigned n = 0; n < 500; ++n)
            b.driver().list.push_back({false, b.at(0, 0, 0, n % 32), 100});
    }
    sc_core::sc_start();
    // Seen in cycle 101: at 101 + cap + 1 hits of its bank stop; one RD may have come just before, so up to RTP later.
    const auto close_100 = benches[0].cycle_of(dram_command_kind::precharge);
    CHECK(close_100 >= 202);
    CHECK(close_100 <= 202 + 5);
    CHECK(benches[1].cycle_of(dram_command_kind::precharge) <= 203 + 5);
    CHECK(benches[2].cycle_of(dram_command_kind::precharge) > 1000);
}

TEST_CASE("writes wait for the high mark while reads keep coming, and then come in a batch") {
    auto params = test::channels(1);
    params.refresh = dram_refresh::none;
    params.write_high = 24;
    params.write_low = 8;
    bench b("b", params);
    // 120 rounds of four reads and a write, all row hits in the end.
    for (unsigned n = 0; n < 600; ++n)
        b.driver().list.push_back(
            {n % 5 == 4, b.at(0, n % 5 == 4 ? 1 : 0, n % 4, (n / 4) % 32), 100, 32, std::vector<unsigned char>(32, 1)});
    sc_core::sc_start();
    std::vector<unsigned> batches;
    bool in_batch = false;
    for (const auto& c : b.log) {
        if (c.kind == dram_command_kind::write) {
            if (!in_batch)
                batches.push_back(0);
            ++batches.back();
            in_batch = true;
        } else if (c.kind == dram_command_kind::read) {
            in_batch = false;
        }
    }
    REQUIRE(batches.size() >= 4);
    unsigned sum = 0;
    for (std::size_t n = 0; n < batches.size(); ++n)
        sum += batches[n];
    CHECK(sum == 120);
    for (std::size_t n = 0; n + 1 < batches.size(); ++n) {
        INFO("batch " << n);
        CHECK(batches[n] >= 16);  // from 24 or more to 8
        CHECK(batches[n] <= 24);
    }
}

TEST_CASE("a batch begins with the write that reaches the high mark, and not with the one before it") {
    std::deque<bench> benches;
    for (const unsigned writes : {3u, 4u}) {
        auto params = test::channels(1);
        params.refresh = dram_refresh::none;
        params.write_high = 4;
        params.write_low = 1;
        bench& b = benches.emplace_back("b" + std::to_string(writes), params);
        for (unsigned n = 0; n < 300; ++n) {
            b.driver().list.push_back({false, b.at(0, 0, n % 4, n / 4 % 32), 100});
            if (n >= 50 && n < 50 + writes)
                b.driver().list.push_back({true, b.at(0, 1, n % 4, 0), 100, 32, std::vector<unsigned char>(32, 1)});
        }
    }
    sc_core::sc_start();
    const auto last_read = [](const bench& b) { return b.cycle_of(dram_command_kind::read, 299); };
    CHECK(benches[0].cycle_of(dram_command_kind::write) > last_read(benches[0]));
    CHECK(benches[1].cycle_of(dram_command_kind::write) + 100 < last_read(benches[1]));
}

TEST_CASE("a read waits for the age cap and its batch at most, however many writes keep coming") {
    auto params = test::channels(1);
    params.refresh = dram_refresh::none;
    bench b("b", params);
    for (unsigned n = 0; n < 5000; ++n)
        b.driver().list.push_back({n != 1000, std::uint64_t{n} * 32, 0, 32, std::vector<unsigned char>(32, 1)});
    b.driver().outstanding = 5000;
    sc_core::sc_start();
    REQUIRE(b.driver().all_done());
    const auto& read = b.driver().list[1000];
    CHECK(read.done_ns - read.accepted_ns > 100);  // it did wait for writes
    CHECK(read.done_ns - read.accepted_ns < params.age_cap + 100);
}
