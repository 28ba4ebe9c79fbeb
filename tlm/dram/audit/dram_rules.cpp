#include "tlm/dram/audit/dram_rules.h"

#include <algorithm>
#include <cmath>

namespace pade {

namespace {

constexpr auto act = dram_command_kind::activate;
constexpr auto pre = dram_command_kind::precharge;
constexpr auto prea = dram_command_kind::precharge_all;
constexpr auto ref = dram_command_kind::refresh;
constexpr auto refsb = dram_command_kind::refresh_bank;
constexpr auto rd = dram_command_kind::read;
constexpr auto wr = dram_command_kind::write;
constexpr command_set column = {rd, wr};

constexpr double noise = 1e-6;  // of a product of decimal numbers: 48 ns at 1 GHz are 48 cycles, not 49

/// A least time in whole cycles.
cycle_t at_least(double ns, const clock_params& clock) {
    return static_cast<cycle_t>(std::ceil(ns * clock.dram_mhz / 1000 - noise));
}

/// A longest time in whole cycles.
cycle_t at_most(double ns, const clock_params& clock) {
    return static_cast<cycle_t>(std::floor(ns * clock.dram_mhz / 1000 + noise));
}

class table {
  public:
    table(const dram_params& params, const clock_params& clock) : p_(params), clock_(clock) {}

    std::vector<dram_rule> build() {
        rows();
        columns();
        closing();
        refreshes();
        buses();
        states();
        return std::move(rules_);
    }

  private:
    cycle_t ns(double time) const { return at_least(time, clock_); }
    cycle_t burst() const { return std::max<cycle_t>(1, ns(1000.0 * p_.burst_length / p_.data_rate_mbps)); }
    /// WR to the end of its data.
    cycle_t write_data() const { return ns(p_.t_cwl) + burst(); }

    void add(const char* name, const char* meaning, command_set before, command_set after, rule_scope scope,
             cycle_t cycles, rule_type type = rule_type::distance) {
        rules_.push_back({name, meaning, type, before, after, scope, cycles});
    }

    /// Commands that name a bank see the bank alone, those for all banks see the whole pseudo channel.
    void rows() {
        const auto bank = rule_scope::bank;
        const auto all = rule_scope::pseudo_channel;
        add("tRC", "ACT to ACT or refresh of the bank", {act}, {act, refsb}, bank, ns(p_.t_rc));
        add("tRC", "ACT of any bank to REF", {act}, {ref}, all, ns(p_.t_rc));
        add("tRCDRD", "ACT to RD", {act}, {rd}, bank, ns(p_.t_rcdrd));
        add("tRCDWR", "ACT to WR", {act}, {wr}, bank, ns(p_.t_rcdwr));
        add("tRP", "PRE to ACT or refresh of the bank", {pre}, {act, refsb}, bank, ns(p_.t_rp));
        add("tRP", "PRE of any bank to REF", {pre}, {ref}, all, ns(p_.t_rp));
        add("tRP", "PREA to ACT or refresh", {prea}, {act, ref, refsb}, all, ns(p_.t_rp));
        add("tRRD_S", "ACT to ACT or REFSB of any bank", {act}, {act, refsb}, all, ns(p_.t_rrd_s));
        add("tRRD_L", "ACT to ACT or REFSB, same bank group", {act}, {act, refsb}, rule_scope::bank_group,
            ns(p_.t_rrd_l));
        add("tFAW", "ACT or REFSB to the fourth of them after it", {act, refsb}, {act, refsb}, all, ns(p_.t_faw),
            rule_type::window);
    }

    void columns() {
        const auto group = rule_scope::bank_group;
        const auto all = rule_scope::pseudo_channel;
        add("tCCD_S", "column to column command, any bank", column, column, all, ns(p_.t_ccd_s));
        add("tCCD_L", "column to column command, same bank group", column, column, group, ns(p_.t_ccd_l));
        add("tWTR_S", "end of write data to RD, any bank: + CWL + burst", {wr}, {rd}, all,
            write_data() + ns(p_.t_wtr_s));
        add("tWTR_L", "end of write data to RD, same bank group: + CWL + burst", {wr}, {rd}, group,
            write_data() + ns(p_.t_wtr_l));
        // RD then WR and WR then RD: tWTR above and read_to_write below are stricter.
        add("data_bus", "one burst at a time: read after read", {rd}, {rd}, all, burst());
        add("data_bus", "one burst at a time: write after write", {wr}, {wr}, all, burst());
        const cycle_t read_end = ns(p_.t_cl) + burst() + p_.read_to_write_gap;
        add("read_to_write", "read data, then the empty gap, then write data: CL + burst + gap - CWL", {rd}, {wr}, all,
            read_end - std::min(read_end, ns(p_.t_cwl)));
    }

    void closing() {
        const auto bank = rule_scope::bank;
        const auto all = rule_scope::pseudo_channel;
        add("tRAS", "ACT to PRE", {act}, {pre}, bank, ns(p_.t_ras));
        add("tRAS", "ACT of any bank to PREA", {act}, {prea}, all, ns(p_.t_ras));
        add("tRTP", "RD to PRE", {rd}, {pre}, bank, ns(p_.t_rtp));
        add("tRTP", "RD of any bank to PREA", {rd}, {prea}, all, ns(p_.t_rtp));
        add("tWR", "end of write data to PRE: + CWL + burst", {wr}, {pre}, bank, write_data() + ns(p_.t_wr));
        add("tWR", "end of write data of any bank to PREA: + CWL + burst", {wr}, {prea}, all,
            write_data() + ns(p_.t_wr));
    }

    void refreshes() {
        const auto bank = rule_scope::bank;
        const auto all = rule_scope::pseudo_channel;
        add("tRFC", "REF to ACT or refresh", {ref}, {act, ref, refsb}, all, ns(p_.t_rfc));
        add("tRFCSB", "REFSB to ACT or refresh of the bank", {refsb}, {act, refsb}, bank, ns(p_.t_rfc_bank));
        add("tRFCSB", "REFSB of any bank to REF or PREA", {refsb}, {ref, prea}, all, ns(p_.t_rfc_bank));
        add("tRREFD", "REFSB to ACT or REFSB of any bank", {refsb}, {act, refsb}, all, ns(p_.t_rrefd));
        const cycle_t refi = at_most(p_.t_refi, clock_);
        if (p_.refresh == dram_refresh::none) {
            add("no_refresh", "dram.refresh is none", {}, {ref, refsb}, all, 0, rule_type::no_refresh);
            return;
        }
        const bool by_bank = p_.refresh == dram_refresh::per_bank;
        const command_set counted = by_bank ? command_set{ref, refsb} : command_set{ref};
        const auto scope = by_bank ? bank : all;
        add("refresh_interval", "at most 9 tREFI from one refresh to the next: 8 may be postponed", counted, counted,
            scope, 9 * refi, rule_type::refresh_interval);
        add("refresh_count", "a refresh each tREFI, counted from cycle 0, at most 8 behind", {}, counted, scope, refi,
            rule_type::refresh_count);
        if (by_bank)
            add("refresh_order", "every bank once before any bank a second time", {refsb}, {refsb}, bank, 0,
                rule_type::refresh_order);
    }

    void buses() {
        const auto channel = rule_scope::channel;
        if (p_.one_command_bus) {
            add("command_bus", "ACT takes act_slots cycles of the command bus", {act},
                {act, pre, prea, ref, refsb, rd, wr}, channel, p_.act_slots);
            add("command_bus", "one command a cycle", {pre, prea, ref, refsb, rd, wr},
                {act, pre, prea, ref, refsb, rd, wr}, channel, 1);
            return;
        }
        add("row_bus", "ACT takes act_slots cycles of the row-command bus", {act}, {act, pre, prea, ref, refsb},
            channel, p_.act_slots);
        add("row_bus", "one row command a cycle", {pre, prea, ref, refsb}, {act, pre, prea, ref, refsb}, channel, 1);
        add("column_bus", "one column command a cycle", column, column, channel, 1);
    }

    void states() {
        const auto bank = rule_scope::bank;
        add("open_row", "RD and WR go to the row that the bank has open", {}, column, bank, 0, rule_type::open_row);
        add("closed_bank", "ACT and refreshes need closed banks", {}, {act, ref, refsb}, bank, 0,
            rule_type::closed_bank);
        add("open_bank", "PRE closes an open bank", {}, {pre}, bank, 0, rule_type::open_bank);
    }

    const dram_params& p_;
    const clock_params& clock_;
    std::vector<dram_rule> rules_;
};

}  // namespace

std::vector<dram_command_kind> command_set::kinds() const {
    std::vector<dram_command_kind> list;
    for (std::size_t n = 0; n < dram_command_kinds; ++n)
        if (has(static_cast<dram_command_kind>(n)))
            list.push_back(static_cast<dram_command_kind>(n));
    return list;
}

std::string command_set::text() const {
    std::string text;
    for (const dram_command_kind kind : kinds())
        text += std::string(text.empty() ? "" : ", ") + name_of(kind);
    return text;
}

const char* name_of(rule_scope scope) {
    constexpr const char* names[] = {"bank", "bank group", "pseudo channel", "channel"};
    return names[static_cast<unsigned>(scope)];
}

std::vector<dram_rule> dram_rules(const dram_params& params, const clock_params& clock) {
    return table(params, clock).build();
}

}  // namespace pade
