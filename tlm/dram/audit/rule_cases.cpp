#include "tlm/dram/audit/rule_cases.h"

namespace pade::test {

namespace {

using lines = std::vector<std::string>;

void as_is(dram_params&) {}

const lines open_one = {"100 0 ACT 0 0 5 -"};
const lines open_two = {"100 0 ACT 0 0 5 -", "200 0 ACT 1 0 5 -"};
const lines open_group = {"100 0 ACT 0 0 5 -", "200 0 ACT 0 1 5 -"};

void row_cases(std::vector<distance_case>& list) {
    const auto rc = [](dram_params& p) { p.t_rc = 90; };
    for (const char* second : {"0 ACT 0 0 2 -", "0 REFSB 0 0 - -", "0 REF - - - -"})
        list.push_back({"tRC", 90, rc, {}, "0 ACT 0 0 1 -", {"1040 0 PRE 0 0 - -"}, second});
    list.push_back({"tRCDRD", 14, as_is, {}, "0 ACT 0 0 1 -", {}, "0 RD 0 0 1 3"});
    list.push_back({"tRCDWR", 12, as_is, {}, "0 ACT 0 0 1 -", {}, "0 WR 0 0 1 3"});
    for (const char* first : {"0 PRE 0 0 - -", "0 PREA - - - -"})
        for (const char* second : {"0 ACT 0 0 2 -", "0 REFSB 0 0 - -", "0 REF - - - -"})
            list.push_back({"tRP", 14, as_is, open_one, first, {}, second});
    const auto rrd = [](dram_params& p) {
        p.t_rrd_s = 6;
        p.t_rrd_l = 9;
    };
    list.push_back({"tRRD_S", 6, rrd, {}, "0 ACT 0 0 1 -", {}, "0 ACT 1 0 1 -"});
    list.push_back({"tRRD_S", 6, rrd, {}, "0 ACT 0 0 1 -", {}, "0 REFSB 3 0 - -"});
    list.push_back({"tRRD_L", 9, rrd, {}, "0 ACT 2 0 1 -", {}, "0 ACT 2 1 1 -"});
    list.push_back({"tRRD_L", 9, rrd, {}, "0 ACT 2 0 1 -", {}, "0 REFSB 2 3 - -"});
    // The fifth of ACT and REFSB; other pseudo channels do not count.
    for (const char* first : {"0 ACT 0 0 1 -", "0 REFSB 0 0 - -"})
        for (const char* second : {"0 ACT 2 1 1 -", "0 REFSB 2 1 - -"})
            list.push_back({"tFAW",
                            70,
                            [](dram_params& p) { p.t_faw = 70; },
                            {"900 0 ACT 0 1 5 -", "929 0 ACT 1 1 5 -"},
                            first,
                            {"1002 1 ACT 0 0 1 -", "1008 0 ACT 1 0 1 -", "1012 0 ACT 2 0 1 -", "1016 0 REFSB 3 3 - -"},
                            second});
}

void column_cases(std::vector<distance_case>& list) {
    const auto ccd = [](dram_params& p) {
        p.t_ccd_s = 30;
        p.t_ccd_l = 35;
    };
    for (const char* first : {"0 RD 0 0 5 1", "0 WR 0 0 5 1"})
        for (const std::string second : {"0 RD ", "0 WR "}) {
            list.push_back({"tCCD_S", 30, ccd, open_two, first, {}, second + "1 0 5 1"});
            list.push_back({"tCCD_L", 35, ccd, open_one, first, {}, second + "0 0 5 2"});
            list.push_back({"tCCD_L", 35, ccd, open_group, first, {}, second + "0 1 5 2"});
        }
    list.push_back({"tWTR_S", 5 + 2 + 6, as_is, open_two, "0 WR 0 0 5 1", {}, "0 RD 1 0 5 1"});
    list.push_back({"tWTR_L", 5 + 2 + 8, as_is, open_group, "0 WR 0 0 5 1", {}, "0 RD 0 1 5 1"});
    list.push_back({"read_to_write", 14 + 2 + 1 - 5, as_is, open_two, "0 RD 0 0 5 1", {}, "0 WR 1 0 5 1"});
    const auto gap = [](dram_params& p) { p.read_to_write_gap = 7; };
    list.push_back({"read_to_write", 14 + 2 + 7 - 5, gap, open_two, "0 RD 0 0 5 1", {}, "0 WR 1 0 5 1"});
    const auto slow = [](dram_params& p) { p.data_rate_mbps = 500; };
    list.push_back({"data_bus", 8, slow, open_two, "0 RD 0 0 5 1", {}, "0 RD 1 0 5 1"});
    list.push_back({"data_bus", 8, slow, open_two, "0 WR 0 0 5 1", {}, "0 WR 1 0 5 1"});
}

void closing_cases(std::vector<distance_case>& list) {
    for (const char* second : {"0 PRE 0 0 - -", "0 PREA - - - -"}) {
        list.push_back({"tRAS", 34, as_is, {}, "0 ACT 0 0 1 -", {}, second});
        list.push_back({"tRTP", 5, as_is, open_one, "0 RD 0 0 5 1", {}, second});
        list.push_back({"tWR", 5 + 2 + 16, as_is, open_one, "0 WR 0 0 5 1", {}, second});
    }
}

void refresh_distance_cases(std::vector<distance_case>& list) {
    for (const char* second : {"0 ACT 3 1 1 -", "0 REF - - - -", "0 REFSB 2 2 - -"})
        list.push_back({"tRFC", 260, as_is, {}, "0 REF - - - -", {}, second});
    for (const char* second : {"0 ACT 1 1 1 -", "0 REF - - - -", "0 PREA - - - -", "0 REFSB 1 1 - -"})
        list.push_back({"tRFCSB", 160, as_is, {}, "0 REFSB 1 1 - -", {}, second});
    for (const char* second : {"0 ACT 1 2 1 -", "0 ACT 3 1 1 -", "0 REFSB 3 1 - -"})
        list.push_back({"tRREFD", 8, as_is, {}, "0 REFSB 1 1 - -", {}, second});
}

/// Two pseudo channels of a channel share nothing but the bus: each command of each kind on 0, then one on 1.
void bus_cases(std::vector<distance_case>& list) {
    const lines all_open = {"100 0 ACT 0 0 5 -", "200 1 ACT 0 0 5 -"};
    const lines row = {" ACT 1 0 1 -", " PRE 0 0 - -", " PREA - - - -", " REFSB 1 1 - -", " REF - - - -"};
    const lines column = {" RD 0 0 5 1", " WR 0 0 5 1"};
    lines any = row;
    any.insert(any.end(), column.begin(), column.end());
    const auto ahead = [&](const std::string& first, const std::string& second) {
        lines some;
        if (first != " REF - - - -")
            some.push_back(all_open[0]);
        if (second != " REF - - - -")
            some.push_back(all_open[1]);
        return some;
    };
    const auto three = [](dram_params& p) { p.act_slots = 3; };
    for (const std::string& first : row)
        for (const std::string& second : row)
            list.push_back(
                {"row_bus", first == row[0] ? 3u : 1u, three, ahead(first, second), "0" + first, {}, "1" + second});
    const auto one_bus = [](dram_params& p) {
        p.act_slots = 3;
        p.one_command_bus = true;
    };
    for (const std::string& first : any)
        for (const std::string& second : any)
            list.push_back({"command_bus",
                            first == row[0] ? 3u : 1u,
                            one_bus,
                            ahead(first, second),
                            "0" + first,
                            {},
                            "1" + second});
    for (const std::string& first : column)
        for (const std::string& second : column)
            list.push_back({"column_bus", 1, as_is, all_open, "0" + first, {}, "1" + second});
}

}  // namespace

dram_params case_params() {
    // All that the cases count on, so that they hold whatever the defaults are.
    dram_params p;
    p.pseudo_channels = p.channel_parts = p.act_slots = 2;
    p.bank_groups = p.banks_per_group = 4;
    p.bus_bits = 64;
    p.data_rate_mbps = 2000;
    p.burst_length = 4;
    p.page_bytes = 1024;
    p.t_cl = p.t_rcdrd = p.t_rp = 14;
    p.t_cwl = p.t_rtp = 5;
    p.t_rcdwr = 12;
    p.t_ras = 34;
    p.t_rc = 48;
    p.t_ccd_s = 2;
    p.t_ccd_l = p.t_rrd_s = p.t_rrd_l = 4;
    p.t_faw = p.t_wr = 16;
    p.t_wtr_s = 6;
    p.t_wtr_l = 8;
    p.t_refi = 100000;
    p.t_rfc = 260;
    p.t_rfc_bank = 160;
    p.t_rrefd = 8;
    p.read_to_write_gap = 1;
    return p;
}

std::vector<distance_case> distance_cases() {
    std::vector<distance_case> list;
    row_cases(list);
    column_cases(list);
    closing_cases(list);
    refresh_distance_cases(list);
    bus_cases(list);
    return list;
}

std::vector<log_case> state_cases() {
    const auto after_open = [](std::string line) { return lines{"100 0 ACT 0 0 5 -", std::move(line)}; };
    const auto after_close = [](std::string line) {
        return lines{"100 0 ACT 0 0 5 -", "200 0 PRE 0 0 - -", std::move(line)};
    };
    return {
        {"open_row", as_is, after_open("300 0 RD 0 0 5 1"), after_open("300 0 RD 0 0 4 1")},
        {"open_row", as_is, after_open("300 0 WR 0 0 5 1"), after_open("300 0 WR 0 0 4 1")},
        {"open_row", as_is, after_open("300 0 RD 0 0 5 1"), after_open("300 0 RD 1 0 5 1")},
        {"open_row", as_is, after_open("300 0 RD 0 0 5 1"), after_close("300 0 RD 0 0 5 1")},
        {"open_row", as_is, after_open("300 0 RD 0 0 5 1"), after_open("300 1 RD 0 0 5 1")},
        {"open_row",
         as_is,
         after_open("300 0 RD 0 0 5 1"),
         {"100 0 ACT 0 0 5 -", "200 0 PREA - - - -", "300 0 WR 0 0 5 1"}},
        {"closed_bank", as_is, after_close("300 0 ACT 0 0 6 -"), after_open("300 0 ACT 0 0 6 -")},
        {"closed_bank", as_is, after_close("300 0 REFSB 0 0 - -"), after_open("300 0 REFSB 0 0 - -")},
        {"closed_bank", as_is, after_close("300 0 REF - - - -"), after_open("300 0 REF - - - -")},
        {"closed_bank",
         as_is,
         {"100 0 ACT 0 0 5 -", "200 0 ACT 3 3 5 -", "300 0 PREA - - - -", "400 0 REF - - - -"},
         {"100 0 ACT 0 0 5 -", "200 0 ACT 3 3 5 -", "300 0 PRE 0 0 - -", "400 0 REF - - - -"}},
        {"open_bank", as_is, after_open("300 0 PRE 0 0 - -"), after_open("300 0 PRE 0 1 - -")},
        {"open_bank", as_is, after_open("300 0 PRE 0 0 - -"), after_close("300 0 PRE 0 0 - -")},
        {"open_bank",
         as_is,
         after_open("300 0 PRE 0 0 - -"),
         {"100 0 ACT 0 0 5 -", "200 0 PREA - - - -", "300 0 PRE 0 0 - -"}},
    };
}

std::vector<log_case> refresh_cases() {
    // One pseudo channel, tREFI 1000 cycles.
    const auto all_bank = [](dram_params& p) {
        p.pseudo_channels = 1;
        p.t_refi = 1000;
        p.t_rfc = 10;
    };
    const auto per_bank = [=](dram_params& p) {
        all_bank(p);
        p.refresh = dram_refresh::per_bank;
        p.bank_groups = 2;
        p.banks_per_group = 1;
        p.t_rfc_bank = 10;
        p.t_rrefd = 1;
    };
    const auto none = [=](dram_params& p) {
        all_bank(p);
        p.refresh = dram_refresh::none;
    };
    const auto at = [](const std::string& cycle) { return cycle + " 0 REF - - - -"; };
    const auto of = [](const std::string& cycle, const char* group) { return cycle + " 0 REFSB " + group + " 0 - -"; };
    // Early refreshes, so that the count is far ahead and the distance alone decides.
    lines early, early_banks;
    for (const char* cycle : {"10", "20", "30", "40", "50", "60", "70", "80", "90", "100"}) {
        early.push_back(at(cycle));
        early_banks.push_back(of(cycle, "0"));
        early_banks.push_back(of(std::string(cycle).replace(std::string(cycle).size() - 1, 1, "1"), "1"));
    }
    const auto and_then = [](lines list, const lines& more) {
        list.insert(list.end(), more.begin(), more.end());
        return list;
    };
    // In the bad log of per_bank, bank 0 alone is late.
    return {
        {"refresh_interval", all_bank, and_then(early, {at("9100")}), and_then(early, {at("9101")})},
        {"refresh_interval", all_bank, early, early, 9100, 9101},
        {"refresh_interval", per_bank, and_then(early_banks, {of("9100", "0"), of("9101", "1")}),
         and_then(early_banks, {of("9100", "1"), of("9101", "0")})},
        {"refresh_interval", per_bank, and_then(early_banks, {of("9050", "1")}),
         and_then(early_banks, {of("9050", "1")}), 9100, 9101},
        // The first may come in 9000 at the latest, the second then in 10000.
        {"refresh_count", all_bank, {at("9000"), at("10000")}, {at("9000"), at("10001"), at("10020")}},
        {"refresh_count", all_bank, {at("9000")}, {at("9000")}, 9999, 10000},
        {"refresh_count",
         per_bank,
         {of("8990", "1"), of("9000", "0"), of("9990", "1"), of("10000", "0")},
         {of("8990", "1"), of("9000", "0"), of("9990", "1"), of("10001", "0"), of("10011", "0")}},
        {"refresh_count",
         per_bank,
         {of("8990", "1"), of("9000", "0"), of("9990", "1")},
         {of("8990", "1"), of("9000", "0"), of("9990", "1")},
         9999,
         10000},
        {"refresh_order",
         per_bank,
         {of("100", "0"), of("200", "1"), of("300", "1"), of("400", "0")},
         {of("100", "0"), of("200", "1"), of("300", "1"), of("400", "1")}},
        // After REF, which refreshes all banks, any order may begin.
        {"refresh_order",
         per_bank,
         {of("100", "0"), at("200"), of("300", "0"), of("400", "1")},
         {of("100", "0"), of("300", "0"), of("400", "1")}},
        {"no_refresh", none, {}, {at("100")}},
        {"no_refresh", none, {}, {of("100", "0")}},
    };
}

}  // namespace pade::test
