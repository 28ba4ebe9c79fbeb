// pseudo_channel: which command comes next, and when. The choice is made ahead: the earliest cycle at which any
// candidate obeys every timing, and among those ready in that cycle the oldest. Until a command or a request comes, it
// holds.
#include <algorithm>

#include "tlm/dram/pseudo_channel.h"

namespace pade {

using command = dram_command_kind;

/// Writes wait until they are many, until no read is ready to be served, or until a read needs one of them; and a batch
/// of them ends when a read has waited beyond the age cap.
void pseudo_channel::choose_queue(cycle_t at) {
    if (writes_.size() >= write_high_)
        batch_ = true;
    if (writes_.size() <= write_low_)
        batch_ = false;
    const bool free_reads = reads_.size() > blocked_reads_;
    const bool free_writes = writes_.size() > blocked_writes_;
    opening_for_writes_ = free_writes && (batch_ || blocked_reads_ != 0 || !free_reads);
    if (opening_for_writes_ && free_reads) {
        const auto free = [](const dram_request& r) { return r.blocked == 0; };
        const cycle_t patience = std::find_if(reads_.begin(), reads_.end(), free)->since + age_cap_;
        if (at > patience)
            opening_for_writes_ = false;
        else
            horizon_ = std::min(horizon_, patience + 1);
    }
    if (writing_ != opening_for_writes_) {
        // An initiator that holds back END_RESP must not keep the writes waiting for its reads.
        const auto& old = columns();
        const bool may_use = writing_ || front_.may_return();
        const auto opened = [this](const dram_request& r) { return r.blocked == 0 && opened_for(r); };
        if (!may_use || std::none_of(old.begin(), old.end(), opened))
            writing_ = opening_for_writes_;
    }
}

void pseudo_channel::plan(cycle_t at) {
    stale_ = false;
    column_ = {};
    row_ = {};
    horizon_ = no_cycle;
    choose_queue(at);
    const bool due = at >= next_refresh_;
    if (!due)
        horizon_ = std::min(horizon_, next_refresh_);
    if (due && t_.refresh == dram_refresh::all_bank) {
        plan_refresh(at);
        return;
    }
    ++plan_number_;
    if (pending()) {
        plan_columns(at);
        plan_rows(at);
    }
    if (t_.closes_pages)
        plan_closing(at);
    if (due)
        plan_refresh(at);
}

void pseudo_channel::plan_columns(cycle_t at) {
    const auto& queue = columns();
    const bool turning = writing_ != opening_for_writes_;
    // Beyond the age cap the oldest request goes before all row hits: those of its bank stop, so that its row can open.
    const dram_request* oldest = queue.empty() ? nullptr : &queue.front();
    if (oldest != nullptr && (oldest->blocked != 0 || at <= oldest->since + age_cap_))
        oldest = nullptr;
    const auto refreshing = at >= next_refresh_ ? refresh_bank_ : banks_.size();
    const bool may_return = writing_ || front_.may_return();
    for (std::size_t i = 0; i < queue.size(); ++i) {
        const dram_request& request = queue[i];
        const auto& bank = banks_[request.bank];
        if (!bank.open || bank.row != request.row || request.blocked != 0 || request.bank == refreshing)
            continue;
        if (turning ? !opened_for(request)
                    : oldest != nullptr && request.bank == oldest->bank && request.row != oldest->row)
            continue;
        hit_mark_[request.bank] = plan_number_;
        const cycle_t ready = std::max(at, writing_ ? banks_.write_at(bank) : banks_.read_at(bank));
        if (ready < column_.at && may_return)
            column_ = {ready, writing_ ? command::write : command::read, request.bank, static_cast<int>(i)};
    }
}

void pseudo_channel::plan_rows(cycle_t at) {
    const auto& queue = rows();
    const auto refreshing = at >= next_refresh_ ? refresh_bank_ : banks_.size();
    if (writing_ != opening_for_writes_)
        for (const dram_request& request : queue)
            if (request.blocked == 0 && banks_[request.bank].open && banks_[request.bank].row == request.row)
                hit_mark_[request.bank] = plan_number_;
    for (std::size_t i = 0; i < queue.size(); ++i) {
        const dram_request& request = queue[i];
        if (wanted_mark_[request.bank] == plan_number_ || request.blocked != 0 || request.bank == refreshing)
            continue;
        const auto& bank = banks_[request.bank];
        if (bank.open && bank.row == request.row)
            continue;
        wanted_mark_[request.bank] = plan_number_;
        if (bank.open && hit_mark_[request.bank] == plan_number_) {
            // The row stays open while it is wanted. Only the front of the queue can age out of that wait.
            if (i == 0)
                horizon_ = std::min(horizon_, std::max(at, request.since + age_cap_) + 1);
            continue;
        }
        const cycle_t ready = std::max(at, bank.open ? banks_.precharge_at(bank) : banks_.activate_at(bank));
        if (ready < row_.at)
            row_ = {ready, bank.open ? command::precharge : command::activate, request.bank, static_cast<int>(i)};
    }
}

void pseudo_channel::plan_refresh(cycle_t at) {
    choice refresh;
    if (t_.refresh == dram_refresh::all_bank) {
        refresh = banks_.open() != 0 ? choice{banks_.precharge_all_at(), command::precharge_all}
                                     : choice{banks_.refresh_at(), command::refresh};
    } else {
        const auto& bank = banks_[refresh_bank_];
        refresh = bank.open ? choice{banks_.precharge_at(bank), command::precharge, refresh_bank_}
                            : choice{banks_.refresh_at(bank), command::refresh_bank, refresh_bank_};
    }
    refresh.at = std::max(at, refresh.at);
    if (refresh.at <= row_.at)
        row_ = refresh;
}

/// Page policies closed and timed: rows that nobody waits for.
void pseudo_channel::plan_closing(cycle_t at) {
    for (const auto* queue : {&reads_, &writes_})
        for (const dram_request& request : *queue)
            if (banks_[request.bank].open && banks_[request.bank].row == request.row)
                hit_mark_[request.bank] = plan_number_;
    for (std::size_t n = 0; n < banks_.size(); ++n) {
        const auto& bank = banks_[n];
        if (!bank.open || hit_mark_[n] == plan_number_)
            continue;
        const cycle_t ready = std::max({at, banks_.precharge_at(bank), bank.used + t_.page_timeout});
        if (ready < row_.at)
            row_ = {ready, command::precharge, static_cast<std::uint16_t>(n)};
    }
}

std::string pseudo_channel::waits_for(cycle_t now) const {
    const std::string who = "pseudo channel " + std::to_string(index_) + ": ";
    const std::string protocol = front_.waits_for();
    if (!pending())
        return protocol.empty() ? "" : who + protocol;
    const bool read_is_oldest = !reads_.empty() && (writes_.empty() || reads_.front().since <= writes_.front().since);
    const dram_request& oldest = read_is_oldest ? reads_.front() : writes_.front();
    const auto& bank = banks_[oldest.bank];
    std::string why;
    if (!protocol.empty() && !oldest.is_write && !front_.may_return())
        why = protocol;
    else if (oldest.blocked != 0)
        why = "an older access to the same atom";
    else if (now >= next_refresh_ && t_.refresh == dram_refresh::all_bank)
        why = "the refresh that is due";
    else if (now < refresh_end_)
        why = "the end of the refresh in cycle " + std::to_string(refresh_end_);
    else if (oldest.is_write != writing_)
        why = writing_ ? "the end of a write batch" : "the reads before it";
    else if (!bank.open)
        why = "ACT, from cycle " + std::to_string(banks_.activate_at(bank));
    else if (bank.row != oldest.row)
        why = "PRE of row " + std::to_string(bank.row) + ", from cycle " + std::to_string(banks_.precharge_at(bank));
    else
        why = "the data bus, from cycle " +
              std::to_string(oldest.is_write ? banks_.write_at(bank) : banks_.read_at(bank));
    return who + (oldest.is_write ? "a write" : "a read") + " of row " + std::to_string(oldest.row) + ", bank " +
           std::to_string(oldest.bank) + " since cycle " + std::to_string(oldest.since) + " waits for " + why;
}

}  // namespace pade
