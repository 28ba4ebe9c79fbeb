// Holds a stream of DRAM commands against the table of rules (dram_rules.h). It knows the parameters and the commands,
// and nothing of the controller that issued them.
//
//     dram_auditor auditor(params.dram, params.clock);
//     dram.log_commands([&](const dram_command& c) { auditor.add(c); });
//     ... simulate ...
//     dram.total();  // channels that sleep report the refreshes of that time
//     auditor.finish(dram.clock.cycle());
//     if (auditor.violations() != 0) ...
//
// Constant memory. Cycles must ascend within a channel (dram.channel_parts pseudo channels), not over all.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tlm/dram/audit/dram_rules.h"

namespace pade {

class dram_auditor {
  public:
    /// Keeps the first `lines` violations as text and counts all.
    dram_auditor(const dram_params& params, const clock_params& clock, std::size_t lines = 20);

    /// Throws input_error for a command of a bank, row, ... that the parameters do not have, and for one that is
    /// earlier than one before it in the same channel.
    void add(const dram_command& command);
    /// Refreshes that are missing at the end. Throws input_error when `end_cycle` is earlier than a command. No add()
    /// after it.
    void finish(cycle_t end_cycle);

    std::uint64_t commands() const;
    std::uint64_t commands(dram_command_kind kind) const { return by_kind_[static_cast<std::size_t>(kind)]; }
    /// Of the latest command.
    cycle_t last_cycle() const { return latest_; }

    std::uint64_t violations() const { return violations_; }
    /// Of all rows of that name. Throws internal_error for a name that is not in the table.
    std::uint64_t violations(std::string_view rule) const;
    const std::vector<std::string>& lines() const { return lines_; }
    const std::vector<dram_rule>& rules() const { return rules_; }

  private:
    /// The last command of each kind in some scope; one that has not come yet has cycle `never`.
    using history = std::array<dram_command, dram_command_kinds>;
    /// From it to any cycle of a log (below 2^62) is farther, modulo 2^64, than any rule demands.
    static constexpr cycle_t never = cycle_t{1} << 63;
    static constexpr unsigned closed = ~0u;
    static constexpr std::size_t none = ~std::size_t{0};

    struct distance_check {
        rule_scope scope;
        std::size_t before;
        cycle_t cycles;
        std::size_t rule;
    };
    /// What counts refreshes: a pseudo channel, or each bank of it.
    struct refresh_unit {
        cycle_t last = 0;
        std::uint64_t count = 0;
        std::uint64_t round = 0;  // the last one that it was refreshed in
        bool any = false;
    };
    struct part {                            // a pseudo channel
        std::array<dram_command, 4> window;  // the last commands that the window rule counts
        std::size_t oldest = 0;
        unsigned open_banks = 0;
        std::uint64_t round = 1;
        std::size_t in_round = 0;  // banks refreshed in it
    };

    void prepare(const dram_rule& rule, std::size_t number);
    void check_fields(const dram_command& command) const;
    void check_window(part& p, const dram_command& command);
    void check_state(part& p, unsigned* open_row, const dram_command& command);
    void check_refresh(part& p, std::size_t bank, const dram_command& command);
    void refreshed(std::size_t unit, const dram_command& command);
    void check_order(part& p, std::size_t unit, const dram_command& command);
    void finish_refresh(std::size_t unit, cycle_t end);

    void too_close(std::size_t rule, const dram_command& before, const dram_command& after);
    void report(std::size_t rule, const std::string& what);
    std::string name_of_unit(std::size_t unit) const;

    const std::vector<dram_rule> rules_;
    const std::size_t most_lines_;
    const unsigned channel_parts_, parts_count_, groups_, banks_per_group_, banks_, rows_, columns_;
    const dram_refresh refresh_;

    std::array<std::vector<distance_check>, dram_command_kinds> checks_;  // by the kind of the later command
    std::size_t window_ = none, open_row_rule_ = none, closed_bank_rule_ = none, open_bank_rule_ = none;
    std::size_t interval_rule_ = none, count_rule_ = none, order_rule_ = none, no_refresh_rule_ = none;

    std::vector<history> of_bank_, of_group_, of_part_, of_channel_;
    std::vector<cycle_t> latest_in_channel_;
    std::vector<unsigned> open_rows_;  // by bank of a pseudo channel
    std::vector<part> parts_;
    std::vector<refresh_unit> units_;

    std::array<std::uint64_t, dram_command_kinds> by_kind_{};
    cycle_t latest_ = 0;
    std::uint64_t violations_ = 0;
    std::vector<std::uint64_t> by_rule_;
    std::vector<std::string> lines_;
};

}  // namespace pade
