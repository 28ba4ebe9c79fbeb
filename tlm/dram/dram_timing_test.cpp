// Each timing parameter at its boundary: in a scenario in which it is what the second command waits for, that command
// comes exactly N cycles (and what the rule adds) after the first one, and a cycle earlier when the parameter is N - 1.
#include <catch2/catch.hpp>
#include <deque>
#include <functional>

#include "model/errors.h"
#include "tlm/dram/dram_timing.h"
#include "tlm/dram/traffic.h"

using namespace pade;
using test::access;
using test::bench;
using kind = dram_command_kind;

namespace {

struct scenario {
    std::string name;
    double dram_params::*parameter;
    unsigned n;
    std::function<void(dram_params&)> prepare;  // takes what else would bind out of the way
    std::function<std::vector<access>(const bench&)> accesses;
    kind first;
    std::size_t first_number;
    kind second;
    std::size_t second_number;
    int added;  // of the rule, besides the parameter
};

void no_refresh(dram_params& p) {
    p.refresh = dram_refresh::none;
}

std::vector<access> two_rows(const bench& b) {
    return {{false, b.at(0, 0, 0, 0), 100}, {false, b.at(1, 0, 0, 0), 100}};
}

std::vector<access> activates(const bench& b, std::vector<std::pair<unsigned, unsigned>> bank_and_group) {
    std::vector<access> list;
    for (auto [bank, group] : bank_and_group)
        list.push_back({false, b.at(0, bank, group, 0), 100});
    return list;
}

/// Opens banks (0, 0) and (0, 1), then the rest when all is quiet.
std::vector<access> with_open_rows(const bench& b, const std::vector<access>& rest) {
    std::vector<access> list = {{false, b.at(0, 0, 0, 9), 100}, {false, b.at(0, 0, 1, 9), 100}};
    list.insert(list.end(), rest.begin(), rest.end());
    return list;
}

std::vector<scenario> scenarios() {
    const auto quick_rows = [](dram_params& p) {
        no_refresh(p);
        p.t_ras = p.t_rc = 1;
    };
    const auto turn = [](const bench& b, unsigned group) {
        return with_open_rows(b, {{true, b.at(0, 0, 0, 0), 300}, {false, b.at(0, 0, group, 1), 302}});
    };
    return {
        {"rcdrd", &dram_params::t_rcdrd, 40, no_refresh,
         [](const bench& b) {
             return std::vector<access>{{false, b.at(0, 0, 0, 0), 100}};
         },
         kind::activate, 0, kind::read, 0, 0},
        {"rcdwr", &dram_params::t_rcdwr, 40, no_refresh,
         [](const bench& b) {
             return std::vector<access>{{true, b.at(0, 0, 0, 0), 100}};
         },
         kind::activate, 0, kind::write, 0, 0},
        {"rp", &dram_params::t_rp, 40, quick_rows, two_rows, kind::precharge, 0, kind::activate, 1, 0},
        {"ras", &dram_params::t_ras, 60, no_refresh, two_rows, kind::activate, 0, kind::precharge, 0, 0},
        {"rc", &dram_params::t_rc, 90, no_refresh, two_rows, kind::activate, 0, kind::activate, 1, 0},
        {"rtp", &dram_params::t_rtp, 40, quick_rows, two_rows, kind::read, 0, kind::precharge, 0, 0},
        {"rrd_s", &dram_params::t_rrd_s, 20, no_refresh,
         [](const bench& b) {
             return activates(b, {{0, 0}, {0, 1}});
         },
         kind::activate, 0, kind::activate, 1, 0},
        {"rrd_l", &dram_params::t_rrd_l, 20, no_refresh,
         [](const bench& b) {
             return activates(b, {{0, 0}, {1, 0}});
         },
         kind::activate, 0, kind::activate, 1, 0},
        {"faw", &dram_params::t_faw, 60, no_refresh,
         [](const bench& b) {
             return activates(b, {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {1, 0}});
         },
         kind::activate, 0, kind::activate, 4, 0},
        {"faw, window moves on", &dram_params::t_faw, 60, no_refresh,
         [](const bench& b) {
             return activates(b, {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {1, 0}, {1, 1}});
         },
         kind::activate, 1, kind::activate, 5, 0},
        {"ccd_s", &dram_params::t_ccd_s, 9, no_refresh,
         [](const bench& b) {
             return with_open_rows(b, {{false, b.at(0, 0, 0, 0), 300}, {false, b.at(0, 0, 1, 0), 300}});
         },
         kind::read, 2, kind::read, 3, 0},
        {"ccd_l", &dram_params::t_ccd_l, 9, no_refresh,
         [](const bench& b) {
             return with_open_rows(b, {{false, b.at(0, 0, 0, 0), 300}, {false, b.at(0, 0, 0, 1), 300}});
         },
         kind::read, 2, kind::read, 3, 0},
        {"ccd_l of writes", &dram_params::t_ccd_l, 9, no_refresh,
         [](const bench& b) {
             return with_open_rows(b, {{true, b.at(0, 0, 0, 0), 300}, {true, b.at(0, 0, 0, 1), 300}});
         },
         kind::write, 0, kind::write, 1, 0},
        // After write data: + CWL 5 + burst 2.
        {"wr", &dram_params::t_wr, 60, quick_rows,
         [](const bench& b) {
             return std::vector<access>{{true, b.at(0, 0, 0, 0), 100}, {true, b.at(1, 0, 0, 0), 100}};
         },
         kind::write, 0, kind::precharge, 0, 7},
        {"wtr_s", &dram_params::t_wtr_s, 20, no_refresh, [turn](const bench& b) { return turn(b, 1); }, kind::write, 0,
         kind::read, 2, 7},
        {"wtr_l", &dram_params::t_wtr_l, 20, no_refresh, [turn](const bench& b) { return turn(b, 0); }, kind::write, 0,
         kind::read, 2, 7},
        // Read to write: the data bus; + burst 2 + gap 2 - CWL 5.
        {"cl", &dram_params::t_cl, 30, no_refresh,
         [](const bench& b) {
             return with_open_rows(b, {{false, b.at(0, 0, 0, 0), 300}, {true, b.at(0, 0, 1, 0), 302}});
         },
         kind::read, 2, kind::write, 0, -1},
        // Write to read, other group: + burst 2 + WTR_S 6.
        {"cwl", &dram_params::t_cwl, 9, no_refresh, [turn](const bench& b) { return turn(b, 1); }, kind::write, 0,
         kind::read, 2, 8},
        {"rfc", &dram_params::t_rfc, 300, [](dram_params&) {},
         [](const bench& b) {
             return std::vector<access>{{false, b.at(0, 0, 0, 0), 3950}};
         },
         kind::refresh, 0, kind::activate, 0, 0},
        {"refi, idle", &dram_params::t_refi, 1000, [](dram_params&) {},
         [](const bench& b) {
             return std::vector<access>{{false, b.at(0, 0, 0, 0), 3950}};
         },
         kind::refresh, 1, kind::refresh, 2, 0},
        {"rfc_bank", &dram_params::t_rfc_bank, 200,
         [](dram_params& p) {
             p.refresh = dram_refresh::per_bank;
             p.t_refi = 16000;
         },
         [](const bench& b) {
             return std::vector<access>{{false, b.at(0, 0, 0, 0), 1010}};
         },
         kind::refresh_bank, 0, kind::activate, 0, 0},
        {"rrefd", &dram_params::t_rrefd, 20,
         [](dram_params& p) {
             p.refresh = dram_refresh::per_bank;
             p.t_refi = 16000;
         },
         [](const bench& b) {
             return std::vector<access>{{false, b.at(0, 0, 1, 0), 1003}};
         },
         kind::refresh_bank, 0, kind::activate, 0, 0},
    };
}

}  // namespace

TEST_CASE("each timing parameter binds at N and not a cycle less or more") {
    std::deque<scenario> all;
    std::deque<bench> at_n, below;
    for (scenario& s : scenarios()) {
        for (const unsigned less : {0u, 1u}) {
            auto params = test::channels(1);
            s.prepare(params);
            params.*s.parameter = s.n - less;
            auto& list = less == 0 ? at_n : below;
            bench& b = list.emplace_back("b" + std::to_string(all.size()) + "_" + std::to_string(less), params);
            b.driver().list = s.accesses(b);
        }
        all.push_back(s);
    }
    sc_core::sc_start();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const scenario& s = all[i];
        INFO(s.name);
        const auto distance = [&](const bench& b) {
            return static_cast<int>(b.cycle_of(s.second, s.second_number)) -
                   static_cast<int>(b.cycle_of(s.first, s.first_number));
        };
        CHECK(distance(at_n[i]) == static_cast<int>(s.n) + s.added);
        CHECK(distance(below[i]) == static_cast<int>(s.n) + s.added - 1);
    }
}

TEST_CASE("read_to_write_gap leaves the data bus empty between read data and write data") {
    std::deque<bench> benches;
    for (const unsigned gap : {0u, 1u, 5u}) {
        auto params = test::channels(1);
        params.refresh = dram_refresh::none;
        params.read_to_write_gap = gap;
        bench& b = benches.emplace_back("b" + std::to_string(gap), params);
        b.driver().list = {{false, b.at(0, 0, 0, 0), 0}, {true, b.at(0, 0, 0, 1), 0}};
    }
    sc_core::sc_start();
    for (const bench& b : benches) {
        // Read data in 14 and 15 after RD, write data from 5 after WR on.
        const cycle_t read = b.cycle_of(kind::read), write = b.cycle_of(kind::write);
        CHECK(write + 5 == read + 16 + (&b == &benches[0] ? 0u : &b == &benches[1] ? 1u : 5u));
    }
}

TEST_CASE("a read's response comes CL and the burst after its RD") {
    std::deque<bench> benches;
    for (const double cl : {14.0, 13.0, 30.0}) {
        auto params = test::channels(1);
        params.t_cl = cl;
        bench& b = benches.emplace_back("b" + std::to_string(benches.size()), params);
        b.driver().list = {{false, b.at(0, 0, 0, 0), 100}};
    }
    auto params = test::channels(1);
    params.burst_length = 8;  // 64 B
    bench& wide = benches.emplace_back("wide", params);
    wide.driver().list = {{false, wide.at(0, 0, 0, 0), 100}};
    sc_core::sc_start();
    const double expected[] = {16, 15, 32, 18};
    for (std::size_t i = 0; i < benches.size(); ++i)
        CHECK(benches[i].driver().list[0].done_ns - static_cast<double>(benches[i].cycle_of(kind::read)) ==
              Approx(expected[i]).margin(1e-6));
}

TEST_CASE("refreshes keep their mean distance under load") {
    auto params = test::channels(1);
    params.t_refi = 1000;
    bench b("b", params);
    for (unsigned n = 0; n < 20000; ++n)
        b.driver().list.push_back({false, std::uint64_t{n} * 32});
    sc_core::sc_start();
    const auto refreshes = b.dram.counters(0).refreshes;
    REQUIRE(refreshes > 40);
    for (std::size_t n = 0; n < 40; ++n) {
        CHECK(b.cycle_of(kind::refresh, n) >= 1000 * (n + 1));
        CHECK(b.cycle_of(kind::refresh, n) < 1000 * (n + 1) + 60);
    }
}

TEST_CASE("two pseudo channels take turns on the row bus, and ACT takes two slots of it") {
    auto params = test::channels(2);
    params.refresh = dram_refresh::none;
    params.t_rrd_s = params.t_rrd_l = params.t_faw = 1;  // so that one of them alone could fill the bus
    bench b("b", params);
    b.driver(0).list = {{false, b.at(0, 0, 0, 0, 0), 100}, {false, b.at(0, 0, 1, 0, 0), 100}};
    b.driver(1).list = {{false, b.at(0, 0, 0, 0, 1), 100}, {false, b.at(0, 0, 1, 0, 1), 100}};
    sc_core::sc_start();
    std::vector<std::pair<cycle_t, unsigned>> acts;
    for (const auto& c : b.log)
        if (c.kind == kind::activate)
            acts.emplace_back(c.cycle, c.channel);
    CHECK(acts == std::vector<std::pair<cycle_t, unsigned>>{{101, 0}, {103, 1}, {105, 0}, {107, 1}});
}

TEST_CASE("two pseudo channels take turns on the column bus") {
    auto params = test::channels(2);
    params.refresh = dram_refresh::none;
    bench b("b", params);
    for (const unsigned ch : {0u, 1u})
        for (const unsigned column : {0u, 1u})
            b.driver(ch).list.push_back({false, b.at(0, 0, 0, column, ch), column == 0 ? 100.0 : 300.0});
    auto alone = params;
    alone.channel_parts = 1;
    bench c("c", alone);
    for (const unsigned ch : {0u, 1u})
        c.driver(ch).list = b.driver(ch).list;
    sc_core::sc_start();
    const auto reads = [](const bench& each) {
        std::vector<std::pair<cycle_t, unsigned>> all;
        for (const auto& command : each.log)
            if (command.kind == kind::read && command.cycle > 300)
                all.emplace_back(command.cycle, command.channel);
        std::sort(all.begin(), all.end());
        return all;
    };
    CHECK(reads(b) == std::vector<std::pair<cycle_t, unsigned>>{{301, 0}, {302, 1}});
    CHECK(reads(c) == std::vector<std::pair<cycle_t, unsigned>>{{301, 0}, {301, 1}});
}

TEST_CASE("nanoseconds become cycles by rounding up, the refresh interval by rounding down") {
    dram_params params;
    clock_params clocks;
    clocks.dram_mhz = 900;
    const dram_timing t(params, clocks);
    CHECK(t.cl == 13);  // 12.6
    CHECK(t.cwl == 5);  // 4.5
    CHECK(t.refi == 3510);
    CHECK(t.burst == 2);  // 1.8
    clocks.dram_mhz = 899;
    CHECK(dram_timing(params, clocks).refi == 3506);  // 3506.1
    clocks.dram_mhz = 1000;
    CHECK(dram_timing(params, clocks).rc == 48);
}

TEST_CASE("parameters that cannot work together are refused") {
    const auto error_of = [](const std::function<void(dram_params&)>& change) {
        dram_params params;
        change(params);
        try {
            dram_timing timing(params, clock_params{});
        } catch (const input_error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(error_of([](dram_params&) {}).empty());
    CHECK(error_of([](dram_params& p) { p.t_rfc = 4000; }).find("dram.t_refi is 3900") == 0);
    CHECK_THAT(error_of([](dram_params& p) {
                   p.refresh = dram_refresh::per_bank;
                   p.t_refi = 60;
               }),
               Catch::Contains("dram.t_refi is 60") && Catch::Contains("room for ACT of other banks"));
    CHECK(error_of([](dram_params& p) { p.write_queue = 16; }) ==
          "dram.write_high is 28; allowed: 1 to dram.write_queue = 16");
    CHECK(error_of([](dram_params& p) { p.write_low = 28; }) ==
          "dram.write_low is 28; allowed: below dram.write_high = 28");
}
