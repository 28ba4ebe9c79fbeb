#include "tlm/dram/audit/dram_auditor.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/errors.h"

namespace pade {

namespace {

using kind = dram_command_kind;

constexpr std::uint64_t postponed_at_most = 8;  // JESD235 and JESD79-4: refreshes that may be late at a time

constexpr std::size_t index(kind k) {
    return static_cast<std::size_t>(k);
}

bool has_bank(kind k) {
    return k != kind::precharge_all && k != kind::refresh;
}

/// "RD of bank group 1, bank 2 in cycle 77"
std::string text_of(const dram_command& c) {
    std::string text = name_of(c.kind);
    if (has_bank(c.kind))
        text += fmt::format(" of bank group {}, bank {}", c.bank_group, c.bank);
    return text + fmt::format(" in cycle {}", c.cycle);
}

void check_below(const dram_command& c, const char* name, unsigned value, const char* key, unsigned bound) {
    if (value >= bound)
        throw input_error(fmt::format("{} in cycle {} of pseudo channel {}: its {} is {}; allowed: below {}, {}",
                                      name_of(c.kind), c.cycle, c.channel, name, value, key, bound));
}

}  // namespace

dram_auditor::dram_auditor(const dram_params& p, const clock_params& clock, std::size_t lines)
    : rules_(dram_rules(p, clock)),
      most_lines_(lines),
      channel_parts_(p.channel_parts),
      parts_count_(p.pseudo_channels),
      groups_(p.bank_groups),
      banks_per_group_(p.banks_per_group),
      banks_(p.bank_groups * p.banks_per_group),
      rows_(p.rows),
      columns_(std::max(1u, p.page_bytes / std::max(1u, p.bus_bits / 8 * p.burst_length))),
      refresh_(p.refresh),
      by_rule_(rules_.size()) {
    for (std::size_t n = 0; n < rules_.size(); ++n)
        prepare(rules_[n], n);

    dram_command not_yet;
    not_yet.cycle = never;
    history empty;
    empty.fill(not_yet);
    part idle;
    idle.window.fill(not_yet);
    const std::size_t channels = (parts_count_ + channel_parts_ - 1) / channel_parts_;
    of_channel_.assign(channels, empty);
    of_part_.assign(parts_count_, empty);
    of_group_.assign(std::size_t{parts_count_} * groups_, empty);
    of_bank_.assign(std::size_t{parts_count_} * banks_, empty);
    latest_in_channel_.assign(channels, 0);
    open_rows_.assign(std::size_t{parts_count_} * banks_, closed);
    parts_.assign(parts_count_, idle);
    if (refresh_ != dram_refresh::none)
        units_.resize(refresh_ == dram_refresh::per_bank ? open_rows_.size() : parts_count_);
}

void dram_auditor::prepare(const dram_rule& rule, std::size_t number) {
    switch (rule.type) {
        case rule_type::distance:
            for (const kind after : rule.after.kinds())
                for (const kind before : rule.before.kinds()) {
                    const bool both = has_bank(after) && has_bank(before);
                    if (!both && (rule.scope == rule_scope::bank || rule.scope == rule_scope::bank_group))
                        throw internal_error("DRAM rule " + rule.name + ": a command for all banks has no bank");
                    checks_[index(after)].push_back({rule.scope, index(before), rule.cycles, number});
                }
            break;
        case rule_type::window:
            window_ = number;
            break;
        case rule_type::open_row:
            open_row_rule_ = number;
            break;
        case rule_type::closed_bank:
            closed_bank_rule_ = number;
            break;
        case rule_type::open_bank:
            open_bank_rule_ = number;
            break;
        case rule_type::refresh_interval:
            interval_rule_ = number;
            break;
        case rule_type::refresh_count:
            count_rule_ = number;
            break;
        case rule_type::refresh_order:
            order_rule_ = number;
            break;
        case rule_type::no_refresh:
            no_refresh_rule_ = number;
            break;
    }
}

void dram_auditor::check_fields(const dram_command& c) const {
    check_below(c, "pseudo channel", c.channel, "dram.pseudo_channels", parts_count_);
    check_below(c, "bank group", c.bank_group, "dram.bank_groups", groups_);
    check_below(c, "bank", c.bank, "dram.banks_per_group", banks_per_group_);
    check_below(c, "row", c.row, "dram.rows", rows_);
    check_below(c, "column", c.column, "the atoms of dram.page_bytes", columns_);
    const cycle_t before = latest_in_channel_[c.channel / channel_parts_];
    if (c.cycle < before || c.cycle >= never / 2)
        throw input_error(
            fmt::format("{} in cycle {} of pseudo channel {}: a command of its channel in cycle {} came "
                        "before it; allowed: ascending cycles within a channel, below 2^62",
                        name_of(c.kind), c.cycle, c.channel, before));
}

void dram_auditor::add(const dram_command& c) {
    check_fields(c);
    const std::size_t channel = c.channel / channel_parts_;
    const std::size_t group = std::size_t{c.channel} * groups_ + c.bank_group;
    const std::size_t bank = group * banks_per_group_ + c.bank;
    history* const scopes[] = {&of_bank_[bank], &of_group_[group], &of_part_[c.channel], &of_channel_[channel]};

    const std::size_t k = index(c.kind);
    for (const distance_check& check : checks_[k]) {
        const dram_command& before = (*scopes[static_cast<std::size_t>(check.scope)])[check.before];
        if (c.cycle - before.cycle < check.cycles)
            too_close(check.rule, before, c);
    }
    part& p = parts_[c.channel];
    check_state(p, &open_rows_[bank], c);
    check_window(p, c);
    if (c.kind == kind::refresh || c.kind == kind::refresh_bank)
        check_refresh(p, bank, c);

    for (std::size_t scope = has_bank(c.kind) ? 0 : 2; scope < 4; ++scope)
        (*scopes[scope])[k] = c;
    latest_in_channel_[channel] = c.cycle;
    latest_ = std::max(latest_, c.cycle);
    ++by_kind_[k];
}

void dram_auditor::check_window(part& p, const dram_command& c) {
    const dram_rule& rule = rules_[window_];
    dram_command& fourth_last = p.window[p.oldest];
    if (rule.after.has(c.kind) && c.cycle - fourth_last.cycle < rule.cycles)
        too_close(window_, fourth_last, c);
    if (rule.before.has(c.kind)) {
        fourth_last = c;
        p.oldest = (p.oldest + 1) % p.window.size();
    }
}

/// `open_row` of the command's bank. After a violation the bank is as the command leaves it.
void dram_auditor::check_state(part& p, unsigned* open_row, const dram_command& c) {
    const auto wrong = [&](std::size_t rule, const std::string& what) {
        report(rule, fmt::format("{} of pseudo channel {}, {}", text_of(c), c.channel, what));
    };
    const auto open = [&] { return fmt::format("row {} is open", *open_row); };
    switch (c.kind) {
        case kind::activate:
            if (*open_row != closed)
                wrong(closed_bank_rule_, open());
            else
                ++p.open_banks;
            *open_row = c.row;
            break;
        case kind::precharge:
            if (*open_row == closed)
                wrong(open_bank_rule_, "no row is open");
            else
                --p.open_banks;
            *open_row = closed;
            break;
        case kind::read:
        case kind::write:
            if (*open_row != c.row)
                wrong(open_row_rule_,
                      fmt::format("row {}: {}", c.row, *open_row == closed ? std::string("no row is open") : open()));
            break;
        case kind::refresh_bank:
            if (*open_row != closed) {
                wrong(closed_bank_rule_, open());
                --p.open_banks;
            }
            *open_row = closed;
            break;
        case kind::precharge_all:
        case kind::refresh:
            if (c.kind == kind::refresh && p.open_banks != 0)
                wrong(closed_bank_rule_, fmt::format("{} banks are open", p.open_banks));
            if (p.open_banks != 0)
                std::fill_n(open_rows_.begin() + std::ptrdiff_t{c.channel} * banks_, banks_, closed);
            p.open_banks = 0;
            break;
    }
}

void dram_auditor::too_close(std::size_t rule, const dram_command& before, const dram_command& after) {
    std::string first = text_of(before);
    if (before.channel != after.channel)
        first += fmt::format(" of pseudo channel {}", before.channel);
    report(rule, fmt::format("{}, then {} of pseudo channel {}: {} cycles, at least {}", first, text_of(after),
                             after.channel, after.cycle - before.cycle, rules_[rule].cycles));
}

void dram_auditor::report(std::size_t rule, const std::string& what) {
    ++violations_;
    ++by_rule_[rule];
    if (lines_.size() < most_lines_)
        lines_.push_back(rules_[rule].name + ": " + what);
}

std::uint64_t dram_auditor::commands() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : by_kind_)
        sum += count;
    return sum;
}

std::uint64_t dram_auditor::violations(std::string_view rule) const {
    std::uint64_t sum = 0;
    bool known = false;
    for (std::size_t n = 0; n < rules_.size(); ++n)
        if (rules_[n].name == rule) {
            sum += by_rule_[n];
            known = true;
        }
    if (!known)
        throw internal_error("no DRAM rule '" + std::string(rule) + "' with these parameters");
    return sum;
}

// ---- refreshes ----------------------------------------------------------------------------------------------------

void dram_auditor::check_refresh(part& p, std::size_t bank, const dram_command& c) {
    if (refresh_ == dram_refresh::none) {
        report(no_refresh_rule_, fmt::format("{} of pseudo channel {}", text_of(c), c.channel));
    } else if (refresh_ == dram_refresh::all_bank) {
        if (c.kind == kind::refresh)
            refreshed(c.channel, c);
    } else if (c.kind == kind::refresh_bank) {
        check_order(p, bank, c);
        refreshed(bank, c);
    } else {
        // REF refreshes every bank, and a round begins anew.
        for (std::size_t n = 0; n < banks_; ++n)
            refreshed(std::size_t{c.channel} * banks_ + n, c);
        ++p.round;
        p.in_round = 0;
    }
}

void dram_auditor::refreshed(std::size_t unit, const dram_command& c) {
    refresh_unit& u = units_[unit];
    const cycle_t longest = rules_[interval_rule_].cycles;
    const char* const since = u.any ? "the refresh" : "the start";
    if (c.cycle - u.last > longest)
        report(interval_rule_, fmt::format("{}: from {} in cycle {} to {}: {} cycles, at most {}", name_of_unit(unit),
                                           since, u.last, text_of(c), c.cycle - u.last, longest));
    // What was due a cycle ago cannot be done by this refresh.
    const std::uint64_t due = c.cycle == 0 ? 0 : (c.cycle - 1) / rules_[count_rule_].cycles;
    if (u.count + postponed_at_most < due)
        report(count_rule_, fmt::format("{}: {} refreshes before {}, at least {}", name_of_unit(unit), u.count,
                                        text_of(c), due - postponed_at_most));
    u.last = c.cycle;
    u.any = true;
    ++u.count;
}

void dram_auditor::check_order(part& p, std::size_t unit, const dram_command& c) {
    refresh_unit& u = units_[unit];
    if (u.round == p.round) {
        report(order_rule_, fmt::format("{}: REFSB in cycle {} and again in cycle {}, before {} of {} banks had theirs",
                                        name_of_unit(unit), u.last, c.cycle, banks_ - p.in_round, banks_));
        ++p.round;
        p.in_round = 0;
    }
    u.round = p.round;
    if (++p.in_round == banks_) {
        ++p.round;
        p.in_round = 0;
    }
}

void dram_auditor::finish(cycle_t end) {
    if (end < latest_)
        throw input_error(
            fmt::format("the end of the log is cycle {}; allowed: from its last command, cycle {}, on", end, latest_));
    for (std::size_t unit = 0; unit < units_.size(); ++unit)
        finish_refresh(unit, end);
}

void dram_auditor::finish_refresh(std::size_t unit, cycle_t end) {
    const refresh_unit& u = units_[unit];
    const cycle_t longest = rules_[interval_rule_].cycles;
    const char* const since = u.any ? "the refresh" : "the start";
    if (end - u.last > longest)
        report(interval_rule_, fmt::format("{}: from {} in cycle {} to the end of the log in cycle {}: {} cycles, at "
                                           "most {}",
                                           name_of_unit(unit), since, u.last, end, end - u.last, longest));
    const std::uint64_t due = end / rules_[count_rule_].cycles;
    if (u.count + postponed_at_most < due)
        report(count_rule_, fmt::format("{}: {} refreshes before the end of the log in cycle {}, at least {}",
                                        name_of_unit(unit), u.count, end, due - postponed_at_most));
}

std::string dram_auditor::name_of_unit(std::size_t unit) const {
    if (refresh_ == dram_refresh::all_bank)
        return fmt::format("pseudo channel {}", unit);
    const std::size_t bank = unit % banks_;
    return fmt::format("pseudo channel {}, bank group {}, bank {}", unit / banks_, bank / banks_per_group_,
                       bank % banks_per_group_);
}

}  // namespace pade
