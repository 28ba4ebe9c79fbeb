#include "tlm/dram/pseudo_channel.h"

#include <algorithm>

namespace pade {

using command = dram_command_kind;

pseudo_channel::pseudo_channel(sc_core::sc_module_name name, unsigned index, const dram_params& params,
                               const dram_timing& timing, const address_map& map, dram_store& store,
                               dram_front::socket_type& socket, clock_if& clock, sc_core::sc_time::value_type period,
                               const dram_command_log& log)
    : sc_module(name),
      index_(index),
      t_(timing),
      groups_(map.bank_groups()),
      write_high_(params.write_high),
      write_low_(params.write_low),
      age_cap_(params.age_cap),
      period_(period),
      ns_per_tick_(sc_core::sc_get_time_resolution().to_seconds() * 1e9),
      log_(log),
      bank_counters_(std::size_t{map.bank_groups()} * map.banks_per_group()),
      front_(index, params, timing, map, store, socket, clock, period, counters_),
      banks_(timing, map.bank_groups(), map.banks_per_group()),
      hit_mark_(banks_.size()),
      wanted_mark_(banks_.size()) {
    reads_.reserve(params.read_queue);
    writes_.reserve(params.write_queue);
    counters_.cycle_ns = static_cast<double>(period) * ns_per_tick_;
    // All pseudo channels refresh together [ours]: staggered, one of 16 would be away nearly all the time.
    if (t_.refresh != dram_refresh::none)
        next_refresh_ = t_.refi;
}

void pseudo_channel::receive(cycle_t now) {
    const bool held_up = !front_.may_return();
    front_.respond(now);
    stale_ = stale_ || (held_up && front_.may_return());  // the choice was made without the reads
    front_.accept(now);
    for (dram_request request; front_.take(now, request);)
        enqueue(request);
}

/// A read and a write of one atom keep their order: the younger one waits until the older one was issued.
void pseudo_channel::enqueue(dram_request request) {
    account(request.since);
    const auto& others = request.is_write ? reads_ : writes_;
    for (const dram_request& other : others)
        request.blocked = static_cast<std::uint16_t>(request.blocked + (other.atom == request.atom ? 1 : 0));
    if (request.blocked != 0)
        ++(request.is_write ? blocked_writes_ : blocked_reads_);
    (request.is_write ? writes_ : reads_).push_back(request);
    stale_ = true;
    if (trace_)
        trace_->queues(reads_.size(), writes_.size());
}

void pseudo_channel::unblock(std::vector<dram_request>& queue, unsigned& blocked, std::uint64_t atom) {
    // Older requests of that atom would have blocked the one just issued: those found here are younger.
    for (dram_request& request : queue)
        if (request.atom == atom && --request.blocked == 0)
            --blocked;
}

bool pseudo_channel::issue_column(cycle_t now) {
    if (column_.at != now)
        return false;
    account(now);
    auto& queue = columns();
    const auto place = queue.begin() + column_.request;
    const dram_request request = *place;
    queue.erase(place);
    if (writing_ == opening_for_writes_ && row_.request > column_.request)
        --row_.request;
    column_ = {};
    stale_ = true;

    cycle_t first_beat = now;
    if (request.is_write) {
        banks_.write(request.bank, now);
        first_beat += t_.cwl;
        ++counters_.writes;
        ++bank_counters_[request.bank].writes;
        unblock(reads_, blocked_reads_, request.atom);
    } else {
        banks_.read(request.bank, now);
        first_beat += t_.cl;
        ++counters_.reads;
        ++bank_counters_[request.bank].reads;
        unblock(writes_, blocked_writes_, request.atom);
        const cycle_t end = first_beat + t_.burst;
        counters_.read_latency.add(static_cast<double>(end * period_ - request.accepted) * ns_per_tick_);
        front_.finish(*request.payload, end);
    }
    if (request.found == dram_request::outcome::hit) {
        ++counters_.row_hits;
    } else if (request.found == dram_request::outcome::miss) {
        ++counters_.row_misses;
    } else {
        ++counters_.row_conflicts;
        ++bank_counters_[request.bank].row_conflicts;
    }
    beats_.push(first_beat, first_beat);
    data_end_ = first_beat + t_.burst;
    front_.freed(request.is_write, now);
    log(now, request.is_write ? command::write : command::read, request.bank, request.row, request.column);
    return true;
}

unsigned pseudo_channel::issue_row(cycle_t now) {
    if (row_.at > now)
        return 0;
    account(now);
    const choice chosen = row_;
    // What an ACT always and a PRE mostly is for.
    const auto asked_by = [&]() -> dram_request& { return rows()[static_cast<std::size_t>(chosen.request)]; };
    std::uint32_t row = 0;
    unsigned slots = 1;
    switch (chosen.kind) {
        case command::activate: {
            dram_request& request = asked_by();
            row = request.row;
            slots = t_.act_slots;
            banks_.activate(chosen.bank, row, now);
            ++counters_.activates;
            ++bank_counters_[chosen.bank].activates;
            request.found = request.closed_row ? dram_request::outcome::conflict : dram_request::outcome::miss;
            break;
        }
        case command::precharge:
            banks_.precharge(chosen.bank, now);
            ++counters_.precharges;
            if (chosen.request >= 0)
                asked_by().closed_row = true;
            break;
        case command::precharge_all:
            counters_.precharges += banks_.open();
            banks_.precharge_all(now);
            break;
        case command::refresh:
            banks_.refresh_all(now);
            refresh_end_ = now + t_.rfc;
            break;
        case command::refresh_bank:
            banks_.refresh(chosen.bank, now);
            refresh_bank_ = static_cast<std::uint16_t>((refresh_bank_ + 1) % banks_.size());
            break;
        default:
            SC_REPORT_FATAL("pade/dram", "a column command on the row bus");
    }
    if (chosen.kind == command::refresh || chosen.kind == command::refresh_bank) {
        ++counters_.refreshes;
        next_refresh_ += t_.refi;
    }
    row_ = {};
    stale_ = true;
    log(now, chosen.kind, chosen.bank, row, 0);
    return slots;
}

void pseudo_channel::log(cycle_t now, command what, std::uint16_t bank, std::uint32_t row, std::uint32_t column) {
    if (trace_) {
        trace_->command({now, index_, what, bank % groups_, bank / groups_, row, column});
        trace_->queues(reads_.size(), writes_.size());
    }
    if (log_)
        log_({now, index_, what, bank % groups_, bank / groups_, row, column});
}

/// Cycles of [from, to) in which all banks refresh or prepare for it.
cycle_t pseudo_channel::refresh_overlap(cycle_t from, cycle_t to) const {
    if (t_.refresh != dram_refresh::all_bank)
        return 0;
    const cycle_t running = std::min(to, refresh_end_) > from ? std::min(to, refresh_end_) - from : 0;
    const cycle_t due = std::max({from, next_refresh_, refresh_end_});
    return running + (to > due ? to - due : 0);
}

void pseudo_channel::account(cycle_t now) {
    if (now <= accounted_)
        return;
    const cycle_t from = accounted_;
    const cycle_t total = now - from;
    accounted_ = now;
    counters_.cycles += total;

    cycle_t data = 0, data_in_refresh = 0;
    while (!beats_.empty()) {
        const cycle_t first = std::max(beats_.front(), from);
        const cycle_t end = std::min(beats_.front() + t_.burst, now);
        if (end > first) {
            data += end - first;
            data_in_refresh += refresh_overlap(first, end);
        }
        if (beats_.front() + t_.burst > now)
            break;
        beats_.pop();
    }
    // The queues have not changed since `from`; when they are empty, what is left of pending are beats on their way.
    const cycle_t pending_end = pending() ? now : std::min(now, std::max(from, data_end_));
    const cycle_t active = pending_end - from;
    const cycle_t refresh = refresh_overlap(from, now) - data_in_refresh;
    const cycle_t refresh_active = refresh_overlap(from, pending_end) - data_in_refresh;
    const cycle_t waiting = active - data - refresh_active;
    counters_.data_cycles += data;
    counters_.refresh_cycles += refresh;
    counters_.waiting_cycles += waiting;
    counters_.idle_cycles += total - data - refresh - waiting;
    counters_.active_cycles += active;
}

}  // namespace pade
