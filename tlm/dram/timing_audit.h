// For the tests of this folder: the timing rules once more, as a check of a finished command log. It knows nothing of
// the controller: it looks at pairs of commands and at the parameters.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "model/params.h"
#include "tlm/dram/dram_command.h"

namespace pade::test {

inline std::vector<std::string> audit(std::vector<dram_command> log, const dram_params& p, const clock_params& clock) {
    using kind = dram_command_kind;
    const auto cycles = [&](double ns) { return static_cast<cycle_t>(std::ceil(ns * clock.dram_mhz / 1000.0 - 1e-6)); };
    const cycle_t burst = cycles(1000.0 * p.burst_length / p.data_rate_mbps);
    const cycle_t write_data = cycles(p.t_cwl) + burst;
    std::vector<std::string> wrong;
    const auto need = [&](const dram_command& a, const dram_command& b, cycle_t distance, const char* rule) {
        if (b.cycle < a.cycle + distance)
            wrong.push_back(std::string(rule) + ": " + name_of(a.kind) + " in cycle " + std::to_string(a.cycle) + ", " +
                            name_of(b.kind) + " in cycle " + std::to_string(b.cycle) + " of channel " +
                            std::to_string(b.channel));
    };
    std::stable_sort(log.begin(), log.end(), [](const auto& a, const auto& b) { return a.cycle < b.cycle; });

    const auto is_row = [](kind k) { return k != kind::read && k != kind::write; };
    std::map<unsigned, dram_command> row_bus;  // by pair
    for (const dram_command& c : log) {
        if (!is_row(c.kind))
            continue;
        const auto last = row_bus.find(c.channel / 2);
        if (last != row_bus.end())
            need(last->second, c, last->second.kind == kind::activate ? 2 : 1, "row bus");
        row_bus[c.channel / 2] = c;
    }

    struct bank_state {
        bool open = false;
        unsigned row = 0;
    };
    std::map<unsigned, std::map<unsigned, bank_state>> banks;
    std::map<unsigned, std::vector<dram_command>> history;
    for (const dram_command& b : log) {
        const auto number = [&](const dram_command& c) { return c.bank * p.bank_groups + c.bank_group; };
        auto& past = history[b.channel];
        auto& state = banks[b.channel];
        auto& bank = state[number(b)];
        const bool all = b.kind == kind::precharge_all || b.kind == kind::refresh;
        const bool b_column = !is_row(b.kind);
        unsigned acts = 0;
        for (std::size_t back = past.size(); back-- > 0;) {
            const dram_command& a = past[back];
            if (a.cycle + 1000 < b.cycle)
                break;
            const bool group = a.bank_group == b.bank_group;
            const bool same = all || (group && a.bank == b.bank);
            const bool a_column = !is_row(a.kind);
            const bool to_idle = b.kind == kind::activate || b.kind == kind::refresh || b.kind == kind::refresh_bank;
            const bool to_close = b.kind == kind::precharge || b.kind == kind::precharge_all;
            if (a.kind == kind::activate) {
                if (to_idle && same)
                    need(a, b, cycles(p.t_rc), "tRC");
                if (to_close && same)
                    need(a, b, cycles(p.t_ras), "tRAS");
                if (b.kind == kind::read && same)
                    need(a, b, cycles(p.t_rcdrd), "tRCDRD");
                if (b.kind == kind::write && same)
                    need(a, b, cycles(p.t_rcdwr), "tRCDWR");
                if (b.kind == kind::activate) {
                    need(a, b, cycles(group ? p.t_rrd_l : p.t_rrd_s), "tRRD");
                    if (++acts == 4)
                        need(a, b, cycles(p.t_faw), "tFAW");
                }
            }
            if ((a.kind == kind::precharge && same) || a.kind == kind::precharge_all)
                if (to_idle)
                    need(a, b, cycles(p.t_rp), "tRP");
            if (a.kind == kind::refresh)
                need(a, b, cycles(p.t_rfc), "tRFC");
            if (a.kind == kind::refresh_bank && same && !to_close)
                need(a, b, cycles(p.t_rfc_bank), "tRFC of a bank");
            if (a.kind == kind::read && to_close && same)
                need(a, b, cycles(p.t_rtp), "tRTP");
            if (a.kind == kind::write && to_close && same)
                need(a, b, write_data + cycles(p.t_wr), "tWR");
            if (a_column && b_column) {
                need(a, b, cycles(group ? p.t_ccd_l : p.t_ccd_s), "tCCD");
                if (a.kind == kind::write && b.kind == kind::read)
                    need(a, b, write_data + cycles(group ? p.t_wtr_l : p.t_wtr_s), "tWTR");
                const cycle_t a_data = a.cycle + cycles(a.kind == kind::read ? p.t_cl : p.t_cwl);
                const cycle_t b_data = b.cycle + cycles(b.kind == kind::read ? p.t_cl : p.t_cwl);
                if (b_data < a_data + burst)
                    wrong.push_back("data bus: two bursts at once in cycle " + std::to_string(b_data));
            }
        }
        const auto state_error = [&](const char* what) {
            wrong.push_back(std::string(what) + ": " + name_of(b.kind) + " in cycle " + std::to_string(b.cycle));
        };
        if (b.kind == kind::activate) {
            if (bank.open)
                state_error("bank is open");
            bank = {true, b.row};
        } else if (b_column) {
            if (!bank.open || bank.row != b.row)
                state_error("row is not open");
        } else if (b.kind == kind::precharge) {
            if (!bank.open)
                state_error("bank is closed");
            bank.open = false;
        } else if (b.kind == kind::refresh_bank) {
            if (bank.open)
                state_error("bank is open");
        } else {
            for (auto& [n, each] : state) {
                if (b.kind == kind::refresh && each.open)
                    state_error("a bank is open");
                each.open = false;
            }
        }
        past.push_back(b);
    }
    return wrong;
}

}  // namespace pade::test
