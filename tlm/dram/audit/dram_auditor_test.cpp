// Each rule of the table at its boundary, on logs made by hand: kept at N, broken at N - 1 under its own name.
#include "tlm/dram/audit/dram_auditor.h"

#include <catch2/catch.hpp>
#include <set>
#include <tuple>

#include "model/errors.h"
#include "tlm/dram/audit/command_log.h"
#include "tlm/dram/audit/rule_cases.h"

using namespace pade;
using kind = dram_command_kind;
using lines = std::vector<std::string>;

namespace {

dram_command parsed(const std::string& line) {
    static const std::string file = "a log made by hand";
    return parse_command(line, {file, 1});
}

dram_params prepared(const std::function<void(dram_params&)>& prepare) {
    dram_params params = test::case_params();
    prepare(params);
    return params;
}

dram_auditor audited(const dram_params& params, const lines& log, cycle_t end = 0, const clock_params& clock = {}) {
    dram_auditor auditor(params, clock);
    for (const std::string& line : log)
        auditor.add(parsed(line));
    auditor.finish(end == 0 ? auditor.last_cycle() : end);
    return auditor;
}

lines log_of(const test::distance_case& c, cycle_t distance) {
    lines log = c.ahead;
    log.push_back("1000 " + c.first);
    log.insert(log.end(), c.between.begin(), c.between.end());
    log.push_back(std::to_string(1000 + distance) + " " + c.second);
    return log;
}

std::string text_of(const lines& list) {
    std::string text;
    for (const std::string& line : list)
        text += line + "\n";
    return text;
}

std::vector<dram_params> all_tables() {
    std::vector<dram_params> list(4);
    list[1].refresh = dram_refresh::per_bank;
    list[2].refresh = dram_refresh::none;
    list[3].one_command_bus = true;
    return list;
}

using pair_of_kinds = std::tuple<std::string, kind, kind, rule_scope>;

template <typename F>
std::string error_of(F&& f) {
    try {
        f();
    } catch (const input_error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("each distance is kept at N and broken at N - 1, under its own name") {
    for (const test::distance_case& c : test::distance_cases()) {
        const auto params = prepared(c.prepare);
        const lines good = log_of(c, c.n), bad = log_of(c, c.n - 1);
        INFO(c.rule << "\n" << text_of(bad));
        const auto at_n = audited(params, good), below = audited(params, bad);
        INFO("at N: " << text_of(at_n.lines()) << "\nat N - 1: " << text_of(below.lines()));
        CHECK(at_n.violations() == 0);
        CHECK(below.violations(c.rule) == 1);
        std::uint64_t others = 0;
        for (const std::string& also : c.also) {
            CHECK(below.violations(also) == 1);
            ++others;
        }
        CHECK(below.violations() == 1 + others);
    }
}

TEST_CASE("each rule about states and refreshes tells a good log from a bad one") {
    auto cases = test::state_cases();
    for (test::log_case& c : test::refresh_cases())
        cases.push_back(std::move(c));
    for (const test::log_case& c : cases) {
        const auto params = prepared(c.prepare);
        INFO(c.rule << "\n" << text_of(c.bad));
        const auto good = audited(params, c.good, c.good_end), bad = audited(params, c.bad, c.bad_end);
        INFO("good: " << text_of(good.lines()) << "\nbad: " << text_of(bad.lines()));
        CHECK(good.violations() == 0);
        CHECK(bad.violations(c.rule) == 1);
        CHECK(bad.violations() == 1);
    }
}

TEST_CASE("every rule of the table has a case, and every pair of commands that it names") {
    std::set<pair_of_kinds> pairs;
    std::set<std::string> names;
    for (const test::distance_case& c : test::distance_cases()) {
        const auto first = parsed("1000 " + c.first), second = parsed("1000 " + c.second);
        // A case of two banks of a group says nothing about a rule of one bank, and so on up.
        const auto scope = first.channel != second.channel ? rule_scope::channel
                           : first.kind == kind::precharge_all || first.kind == kind::refresh ||
                                   second.kind == kind::precharge_all || second.kind == kind::refresh ||
                                   first.bank_group != second.bank_group
                               ? rule_scope::pseudo_channel
                           : first.bank != second.bank ? rule_scope::bank_group
                                                       : rule_scope::bank;
        pairs.insert({c.rule, first.kind, second.kind, scope});
    }
    for (const auto& list : {test::state_cases(), test::refresh_cases()})
        for (const test::log_case& c : list)
            names.insert(c.rule);
    for (const dram_params& params : all_tables())
        for (const dram_rule& rule : dram_rules(params, {})) {
            INFO(rule.name << ", " << rule.meaning);
            if (rule.type != rule_type::distance && rule.type != rule_type::window) {
                CHECK(names.count(rule.name) == 1);
                continue;
            }
            for (const kind before : rule.before.kinds())
                for (const kind after : rule.after.kinds()) {
                    INFO(name_of(before) << " then " << name_of(after));
                    CHECK(pairs.count({rule.name, before, after, rule.scope}) == 1);
                }
        }
}

TEST_CASE("nanoseconds become cycles by rounding up, tREFI by rounding down") {
    clock_params clock;
    clock.dram_mhz = 900;
    dram_params params = test::case_params();
    params.t_refi = 3900;
    const auto cycles = [&](const std::string& name, const clock_params& at) {
        for (const dram_rule& rule : dram_rules(params, at))
            if (rule.name == name)
                return rule.cycles;
        return ~cycle_t{0};
    };
    CHECK(cycles("tRCDRD", clock) == 13);   // 12.6
    CHECK(cycles("tRFC", clock) == 234);    // exactly
    CHECK(cycles("data_bus", clock) == 2);  // 1.8
    CHECK(cycles("refresh_count", clock) == 3510);
    CHECK(cycles("tRC", {}) == 48);
    clock.dram_mhz = 1001;
    CHECK(cycles("tRC", clock) == 49);              // 48.048
    CHECK(cycles("refresh_count", clock) == 3903);  // 3903.9
}

TEST_CASE("a pseudo channel does not see another one, a channel's bus not another channel's") {
    dram_params params = test::case_params();
    params.pseudo_channels = 4;
    const lines two_channels = {"100 0 ACT 0 0 5 -", "100 2 ACT 0 0 5 -", "114 0 RD 0 0 5 1",
                                "114 2 RD 0 0 5 1",  "134 0 PRE 0 0 - -", "134 2 PRE 0 0 - -"};
    CHECK(audited(params, two_channels).violations() == 0);
    params.channel_parts = 4;
    const auto one_channel = audited(params, two_channels);
    CHECK(one_channel.violations() == 3);
    CHECK(one_channel.violations("row_bus") == 2);
    CHECK(one_channel.violations("column_bus") == 1);
    params.channel_parts = 1;
    CHECK(audited(params, {"100 0 ACT 0 0 5 -", "100 1 ACT 0 0 5 -"}).violations() == 0);
}

TEST_CASE("cycles ascend within a channel, not over all") {
    dram_params params = test::case_params();
    params.pseudo_channels = 4;
    const lines later_first = {"900 2 ACT 0 0 5 -", "100 0 ACT 0 0 5 -", "200 1 ACT 0 0 5 -"};
    CHECK(audited(params, later_first).violations() == 0);
    CHECK(audited(params, later_first).last_cycle() == 900);
    CHECK(error_of([&] {
              audited(params, {"900 1 ACT 0 0 5 -", "899 0 ACT 0 0 5 -"});
          }) ==
          "ACT in cycle 899 of pseudo channel 0: a command of its channel in cycle 900 came before it; allowed: "
          "ascending cycles within a channel, below 2^62");
    CHECK(error_of([&] { audited(params, later_first, 899); }) ==
          "the end of the log is cycle 899; allowed: from its last command, cycle 900, on");
}

TEST_CASE("commands beyond what the parameters have are refused") {
    dram_params params = test::case_params();
    params.bank_groups = 3;  // counts need not be powers of two here
    params.banks_per_group = 5;
    params.rows = 100;
    for (const char* line : {"5 1 ACT 2 4 99 -", "5 0 ACT 0 0 0 -"})
        CHECK(audited(params, {line}).violations() == 0);
    const std::pair<const char*, const char*> bad[] = {
        {"5 2 REF - - - -", "its pseudo channel is 2; allowed: below dram.pseudo_channels, 2"},
        {"5 0 ACT 3 0 5 -", "its bank group is 3; allowed: below dram.bank_groups, 3"},
        {"5 0 ACT 0 5 5 -", "its bank is 5; allowed: below dram.banks_per_group, 5"},
        {"5 0 ACT 0 0 100 -", "its row is 100; allowed: below dram.rows, 100"},
        {"5 0 RD 0 0 5 32", "its column is 32; allowed: below the atoms of dram.page_bytes, 32"},
    };
    for (const auto& [line, message] : bad) {
        INFO(line);
        CHECK(error_of([&, text = std::string(line)] { audited(params, {text}); }).find(message) != std::string::npos);
    }
}

TEST_CASE("violations are lines with both commands, the distance found and needed, and the first ones are kept") {
    const auto params = test::case_params();
    const auto one = audited(params, {"100 0 ACT 1 2 5 -", "113 0 RD 1 2 5 1"});
    REQUIRE(one.lines().size() == 1);
    CHECK(one.lines()[0] ==
          "tRCDRD: ACT of bank group 1, bank 2 in cycle 100, then RD of bank group 1, bank 2 in cycle 113 of pseudo "
          "channel 0: 13 cycles, at least 14");
    const auto bus = audited(params, {"100 0 ACT 1 2 5 -", "101 1 REF - - - -"});
    REQUIRE(bus.lines().size() == 1);
    CHECK(bus.lines()[0] ==
          "row_bus: ACT of bank group 1, bank 2 in cycle 100 of pseudo channel 0, then REF in cycle 101 of pseudo "
          "channel 1: 1 cycles, at least 2");
    const auto state = audited(params, {"100 0 ACT 1 2 5 -", "200 0 RD 1 2 6 1", "300 1 RD 1 2 6 1"});
    REQUIRE(state.lines().size() == 2);
    CHECK(state.lines()[0] ==
          "open_row: RD of bank group 1, bank 2 in cycle 200 of pseudo channel 0, row 6: row 5 is open");
    CHECK(state.lines()[1] ==
          "open_row: RD of bank group 1, bank 2 in cycle 300 of pseudo channel 1, row 6: no row is open");
    dram_params short_refi = params;
    short_refi.t_refi = 1000;
    const auto late = audited(short_refi, {"8000 0 REF - - - -", "8000 1 REF - - - -"}, 17001);
    REQUIRE(late.lines().size() == 5);  // row_bus, then interval and count of each
    CHECK(late.lines()[1] ==
          "refresh_interval: pseudo channel 0: from the refresh in cycle 8000 to the end of the log in cycle 17001: "
          "9001 cycles, at most 9000");
    CHECK(late.lines()[2] ==
          "refresh_count: pseudo channel 0: 1 refreshes before the end of the log in cycle 17001, at least 9");

    lines many = {"100 0 ACT 0 0 5 -"};
    for (unsigned n = 0; n < 30; ++n)
        many.push_back(std::to_string(200 + 10 * n) + " 0 RD 0 0 6 1");
    const auto all = audited(params, many);
    CHECK(all.violations() == 30);
    CHECK(all.lines().size() == 20);
    CHECK(all.commands() == 31);
    CHECK(all.commands(kind::read) == 30);
    CHECK(all.commands(kind::write) == 0);
}
