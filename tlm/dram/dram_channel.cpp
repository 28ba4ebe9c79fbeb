#include "tlm/dram/dram_channel.h"

#include <algorithm>
#include <string>

namespace pade {

dram_channel::dram_channel(sc_core::sc_module_name name, unsigned first,
                           const std::vector<dram_front::socket_type*>& sockets, const dram_params& params,
                           const dram_timing& timing, const address_map& map, dram_store& store, clock_if& clock,
                           sc_core::sc_time::value_type period, const dram_command_log& log)
    : clocked_module(name), one_bus_(params.one_command_bus) {
    clk.bind(clock);
    for (std::size_t n = 0; n < sockets.size(); ++n) {
        const unsigned index = first + static_cast<unsigned>(n);
        parts_.push_back(std::make_unique<pseudo_channel>(("pseudo_channel_" + std::to_string(index)).c_str(), index,
                                                          params, timing, map, store, *sockets[n], clock, period, log));
        sockets[n]->bind(parts_.back()->front());
    }
    for (auto& part : parts_)
        part->prepare(0);
}

cycle_t dram_channel::next_command() const {
    cycle_t next = no_cycle;
    for (const auto& part : parts_)
        next = std::min(next, part->next_command(row_bus_free_, one_bus_ ? row_bus_free_ : column_bus_free_));
    return next;
}

void dram_channel::issue(cycle_t at) {
    for (auto& part : parts_)
        part->prepare(at);
    // Column commands first: they are what fills the data bus. On one bus a refresh that is due goes before them.
    const auto refresh_ready = [at](const auto& part) { return part->refresh_ready(at); };
    if (!one_bus_) {
        issue_column(at);
        issue_row(at);
    } else {
        const bool column_first = at >= row_bus_free_ && std::none_of(parts_.begin(), parts_.end(), refresh_ready);
        if (column_first && issue_column(at))
            row_bus_free_ = at + 1;
        else
            issue_row(at);
    }
    for (auto& part : parts_)
        if (part->stale())
            part->prepare(at + 1);
}

bool dram_channel::issue_column(cycle_t at) {
    for (std::size_t k = 0; k < parts_.size(); ++k) {
        const std::size_t n = (first_column_ + k) % parts_.size();
        if (parts_[n]->issue_column(at)) {
            first_column_ = (n + 1) % parts_.size();
            column_bus_free_ = at + 1;
            return true;
        }
    }
    return false;
}

void dram_channel::issue_row(cycle_t at) {
    if (at < row_bus_free_)
        return;
    for (std::size_t k = 0; k < parts_.size(); ++k) {
        const std::size_t n = (first_choice_ + k) % parts_.size();
        if (const unsigned slots = parts_[n]->issue_row(at)) {
            row_bus_free_ = at + slots;
            first_choice_ = (n + 1) % parts_.size();
            return;
        }
    }
}

/// What an idle channel does depends on nobody, so it can be done later: refreshes, and the closing of rows.
void dram_channel::catch_up(cycle_t now) {
    for (cycle_t at = next_command(); at < now; at = next_command())
        issue(at);
}

void dram_channel::settle(cycle_t now) {
    catch_up(now);
    for (auto& part : parts_)
        part->account(now);
}

void dram_channel::step(cycle_t now) {
    catch_up(now);
    for (auto& part : parts_)
        part->receive(now);
    issue(now);

    cycle_t next = no_cycle;
    bool working = false;
    for (const auto& part : parts_) {
        working = working || part->working();
        next = std::min(next, part->next_event());
    }
    if (!working && !stay_awake_)
        return;
    next = every_cycle_ && working ? now + 1 : std::max(std::min(next, next_command()), now + 1);
    if (next == no_cycle)
        return;
    // An earlier wake-up that is set already comes here again.
    if (wake_set_ <= now || next < wake_set_) {
        wake_at(next);
        wake_set_ = next;
    }
}

}  // namespace pade
