// The controller's own commands under the auditor: none breaks a rule, and a controller that runs with one parameter a
// cycle too small (the auditor keeps the right one) is caught under that parameter's rule. So each rule is one that the
// controller's traffic does reach.
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <random>
#include <set>

#include "tlm/dram/audit/dram_auditor.h"
#include "tlm/dram/traffic.h"

using namespace pade;
using test::access;
using test::bench;

namespace {

/// Times in DRAM cycles, until in_ns().
struct memory {
    std::string name;
    dram_params params;
    clock_params clock;
};

dram_params in_ns(const memory& m) {
    dram_params p = m.params;
    dram_params::visit(p, [&](const param_info& info, auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>)
            if (info.unit == "ns")
                value *= 1000.0 / m.clock.dram_mhz;
    });
    return p;
}

memory hbm2() {
    memory m{"hbm2", test::channels(2), {}};  // 1000 MHz: a cycle is a nanosecond
    return m;
}

memory ddr4() {
    memory m{"ddr4", test::channels(2), {}};
    m.clock.dram_mhz = 1200;
    dram_params& p = m.params;
    p.data_rate_mbps = 2400;
    p.burst_length = 8;
    p.channel_parts = 1;
    p.act_slots = 1;
    p.one_command_bus = true;
    p.t_cl = p.t_rcdrd = p.t_rcdwr = p.t_rp = 16;
    p.t_cwl = 12;
    p.t_ras = 39;
    p.t_rc = 55;
    p.t_ccd_s = p.t_rrd_s = 4;
    p.t_ccd_l = p.t_rrd_l = 6;
    p.t_faw = 26;
    p.t_wr = 18;
    p.t_wtr_s = 3;
    p.t_wtr_l = p.t_rtp = 9;
    p.t_refi = 9360;
    p.t_rfc = 420;
    return m;
}

memory with(memory m, const std::string& name, const std::function<void(dram_params&)>& change) {
    m.name += "_" + name;
    change(m.params);
    return m;
}

std::vector<memory> memories() {
    return {
        hbm2(),
        with(hbm2(), "per_bank", [](dram_params& p) { p.refresh = dram_refresh::per_bank; }),
        with(hbm2(), "closed", [](dram_params& p) { p.page_policy = dram_page_policy::closed; }),
        with(hbm2(), "timed",
             [](dram_params& p) {
                 p.page_policy = dram_page_policy::timed;
                 p.refresh = dram_refresh::per_bank;
                 p.t_page = 30;
             }),
        ddr4(),
    };
}

/// A controller that is wrong in one thing.
struct mutant {
    std::string name;
    std::set<std::string> parameters;        // that it changes
    std::string rule;                        // that it breaks
    std::function<void(dram_params&)> base;  // takes what else would bind out of the way
    std::function<void(dram_params&)> wrong;
};

void as_is(dram_params&) {}

/// ACTs of different banks are as close as the rules about them allow.
void quick_acts(dram_params& p) {
    p.t_faw = p.t_rrd_s = p.t_rrd_l = 1;
}

/// PRE is bound by what came after ACT.
void quick_close(dram_params& p) {
    p.t_ras = std::max(p.t_rcdrd, p.t_rcdwr) + 1;
    p.t_rc = 1;
}

mutant a_cycle_less(double dram_params::*time, const char* key, const char* rule,
                    const std::function<void(dram_params&)>& base = as_is) {
    return {key, {key}, rule, base, [time](dram_params& p) { p.*time -= 1; }};
}

void per_bank(dram_params& p) {
    p.refresh = dram_refresh::per_bank;
    p.t_refi = 1000;
}

void all_bank(dram_params& p) {
    p.refresh = dram_refresh::all_bank;
    p.t_refi = 1000;
}

void two_parts(dram_params& p) {
    quick_acts(p);
    p.channel_parts = 2;
    p.act_slots = 2;
}

std::vector<mutant> timing_mutants() {
    const auto slow_columns = [](dram_params& p) {
        p.t_ccd_s = 5;  // longer than a burst
        p.t_ccd_l = 8;
    };
    const auto slow_acts = [](dram_params& p) {
        p.t_rrd_s = 7;
        p.t_rrd_l = 11;
        p.t_faw = 1;
    };
    using d = dram_params;
    return {
        a_cycle_less(&d::t_cl, "t_cl", "read_to_write"),
        a_cycle_less(&d::t_cwl, "t_cwl", "tWTR_S"),
        a_cycle_less(&d::t_rcdrd, "t_rcdrd", "tRCDRD"),
        a_cycle_less(&d::t_rcdwr, "t_rcdwr", "tRCDWR"),
        a_cycle_less(&d::t_rp, "t_rp", "tRP", [](dram_params& p) { p.t_rc = p.t_ras; }),
        a_cycle_less(&d::t_ras, "t_ras", "tRAS"),
        a_cycle_less(&d::t_rc, "t_rc", "tRC", [](dram_params& p) { p.t_rc = p.t_ras + p.t_rp + 15; }),
        a_cycle_less(&d::t_ccd_s, "t_ccd_s", "tCCD_S", slow_columns),
        a_cycle_less(&d::t_ccd_l, "t_ccd_l", "tCCD_L", slow_columns),
        a_cycle_less(&d::t_rrd_s, "t_rrd_s", "tRRD_S", slow_acts),
        a_cycle_less(&d::t_rrd_l, "t_rrd_l", "tRRD_L", slow_acts),
        a_cycle_less(&d::t_faw, "t_faw", "tFAW", [](dram_params& p) { p.t_faw = 5 * p.t_rrd_l; }),
        a_cycle_less(&d::t_wr, "t_wr", "tWR"),
        a_cycle_less(&d::t_wtr_s, "t_wtr_s", "tWTR_S"),
        a_cycle_less(&d::t_wtr_l, "t_wtr_l", "tWTR_L", [](dram_params& p) { p.t_wtr_l = p.t_wtr_s + 9; }),
        a_cycle_less(&d::t_rtp, "t_rtp", "tRTP", quick_close),
        a_cycle_less(&d::t_rfc, "t_rfc", "tRFC", all_bank),
        a_cycle_less(&d::t_rfc_bank, "t_rfc_bank", "tRFCSB", per_bank),
        a_cycle_less(&d::t_rrefd, "t_rrefd", "tRREFD",
                     [](dram_params& p) {
                         per_bank(p);
                         quick_acts(p);
                         p.t_rrefd = 20;
                     }),
        {"gap",
         {"read_to_write_gap"},
         "read_to_write",
         [](dram_params& p) { p.read_to_write_gap = 3; },
         [](dram_params& p) { p.read_to_write_gap = 2; }},
        {"burst",
         {"data_rate_mbps"},
         "data_bus",
         [](dram_params& p) { p.t_ccd_s = p.t_ccd_l = 1; },
         [](dram_params& p) { p.data_rate_mbps *= 2; }},
    };
}

std::vector<mutant> bus_and_refresh_mutants() {
    return {
        {"act_slots",
         {"act_slots"},
         "row_bus",
         [](dram_params& p) {
             two_parts(p);
             p.one_command_bus = false;
         },
         [](dram_params& p) { p.act_slots = 1; }},
        {"channel_parts",
         {"channel_parts"},
         "row_bus",
         [](dram_params& p) {
             two_parts(p);
             p.one_command_bus = false;
         },
         [](dram_params& p) { p.channel_parts = 1; }},
        {"one_bus_act_slots",
         {"act_slots"},
         "command_bus",
         [](dram_params& p) {
             two_parts(p);
             p.one_command_bus = true;
         },
         [](dram_params& p) { p.act_slots = 1; }},
        {"one_bus_channel_parts",
         {"channel_parts"},
         "command_bus",
         [](dram_params& p) {
             two_parts(p);
             p.one_command_bus = true;
         },
         [](dram_params& p) { p.channel_parts = 1; }},
        {"two_buses",
         {"one_command_bus"},
         "command_bus",
         [](dram_params& p) { p.one_command_bus = true; },
         [](dram_params& p) { p.one_command_bus = false; }},
        {"refi", {"t_refi"}, "refresh_count", all_bank, [](dram_params& p) { p.t_refi = 2000; }},
        {"refi_of_banks", {"t_refi"}, "refresh_count", per_bank, [](dram_params& p) { p.t_refi = 2000; }},
        {"long_refi", {"t_refi"}, "refresh_interval", all_bank, [](dram_params& p) { p.t_refi = 9500; }},
        {"never", {"refresh"}, "refresh_interval", all_bank, [](dram_params& p) { p.refresh = dram_refresh::none; }},
        {"never_a_bank",
         {"refresh"},
         "refresh_interval",
         per_bank,
         [](dram_params& p) { p.refresh = dram_refresh::none; }},
        {"by_banks",
         {"refresh"},
         "refresh_count",
         all_bank,
         [](dram_params& p) { p.refresh = dram_refresh::per_bank; }},
        {"in_vain", {"refresh"}, "no_refresh", [](dram_params& p) { p.refresh = dram_refresh::none; }, all_bank},
    };
}

std::vector<mutant> mutants() {
    auto all = timing_mutants();
    for (mutant& m : bus_and_refresh_mutants())
        all.push_back(std::move(m));
    return all;
}

/// Dense, in phases: reads, writes or both; one bank group or all; few rows, so that there are hits and conflicts. Then
/// a long silence.
std::vector<access> mixed_traffic(const bench& b, unsigned channel, unsigned count, unsigned seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    std::vector<access> list;
    unsigned write_share = 50, rows = 2, groups = 4, first_group = 0;
    for (unsigned n = 0; n < count; ++n) {
        if (n % 60 == 0) {
            write_share = below(4) * 33;
            rows = 1 + below(4);
            groups = below(2) == 0 ? 1 : 4;
            first_group = below(4);
        }
        access a{below(100) < write_share,
                 b.at(below(rows), below(4), (first_group + below(groups)) % 4, below(8), channel)};
        list.push_back(a);
    }
    list.push_back({false, b.at(0, 0, 0, 0, channel), 40000});
    return list;
}

struct member {
    member(const std::string& name, const memory& m)
        : controller(name, in_ns(m), m.clock), channel_parts(m.params.channel_parts) {}
    bench controller;
    const unsigned channel_parts;
};

/// Controllers side by side in one simulation, each with its traffic.
struct fleet {
    explicit fleet(unsigned with_seed) : seed(with_seed) {}

    void add(const memory& m, unsigned count) {
        bench& b = members.emplace_back("b" + std::to_string(members.size()), m).controller;
        for (unsigned n = 0; n < b.drivers.size(); ++n)
            b.driver(n).list = mixed_traffic(b, n, count, seed + n);
    }

    const unsigned seed;
    std::deque<member> members;
};

dram_auditor audit(member& one, const memory& right) {
    bench& b = one.controller;
    b.dram.total();  // channels that sleep report the refreshes of that time
    dram_auditor auditor(in_ns(right), right.clock);
    auto log = b.log;
    // Cycles ascend within what the controller took for a channel.
    if (one.channel_parts != right.params.channel_parts)
        std::stable_sort(log.begin(), log.end(), [](const auto& x, const auto& y) { return x.cycle < y.cycle; });
    for (const dram_command& c : log)
        auditor.add(c);
    auditor.finish(b.dram.clock.cycle());
    return auditor;
}

std::string text_of(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& line : list)
        text += line + "\n";
    return text;
}

void check_mutants(const memory& kind_of_memory) {
    const unsigned seed = 11;
    INFO(kind_of_memory.name << ", seed " << seed);
    fleet all(seed);
    std::deque<memory> right;
    for (const mutant& m : mutants()) {
        right.push_back(with(kind_of_memory, m.name, m.base));
        all.add(right.back(), 1200);
        all.add(with(right.back(), "wrong", m.wrong), 1200);
    }
    sc_core::sc_start();
    std::size_t n = 0;
    for (const mutant& m : mutants()) {
        INFO(m.name);
        const memory& base = right[n / 2];
        const dram_auditor unchanged = audit(all.members[n], base);
        const dram_auditor mutated = audit(all.members[n + 1], base);
        n += 2;
        INFO("unchanged: " << text_of(unchanged.lines()));
        CHECK(unchanged.violations() == 0);
        CHECK(unchanged.commands(dram_command_kind::read) > 400);
        CHECK(unchanged.commands(dram_command_kind::write) > 400);
        INFO("mutated: " << text_of(mutated.lines()));
        CHECK(mutated.violations(m.rule) > 0);
    }
}

}  // namespace

TEST_CASE("no command of the controller breaks a rule, with any refresh, page policy or command bus") {
    const unsigned seed = 5;
    INFO("seed " << seed);
    fleet all(seed);
    for (const memory& m : memories())
        all.add(m, 20000);
    sc_core::sc_start();
    std::size_t n = 0;
    for (const memory& m : memories()) {
        INFO(m.name);
        const dram_auditor auditor = audit(all.members[n++], m);
        INFO(text_of(auditor.lines()));
        CHECK(auditor.violations() == 0);
        CHECK(auditor.commands(dram_command_kind::read) + auditor.commands(dram_command_kind::write) == 40002);
        const bool by_bank = m.params.refresh == dram_refresh::per_bank;
        CHECK(auditor.commands(by_bank ? dram_command_kind::refresh_bank : dram_command_kind::refresh) >= 8);
    }
}

TEST_CASE("a controller with one parameter a cycle too small is caught: HBM2") {
    check_mutants(memories()[0]);
}

TEST_CASE("a controller with one parameter a cycle too small is caught: HBM2, refresh by bank") {
    check_mutants(memories()[1]);
}

TEST_CASE("a controller with one parameter a cycle too small is caught: HBM2, page policy closed") {
    check_mutants(memories()[2]);
}

TEST_CASE("a controller with one parameter a cycle too small is caught: HBM2, page policy timed, refresh by bank") {
    check_mutants(memories()[3]);
}

TEST_CASE("a controller with one parameter a cycle too small is caught: DDR4") {
    check_mutants(memories()[4]);
}

TEST_CASE("every time of the memory has a mutant") {
    std::set<std::string> changed;
    for (const mutant& m : mutants())
        changed.insert(m.parameters.begin(), m.parameters.end());
    // Not a rule of the DRAM: when a row that nobody wants is closed.
    changed.insert("t_page");
    dram_params params;
    dram_params::visit(params, [&](const param_info& info, auto&) {
        INFO(info.name);
        if (info.name.substr(0, 2) == "t_" || info.unit == "DRAM cycles")
            CHECK((changed.count(std::string(info.name)) == 1 || info.name == "age_cap"));
    });
}
