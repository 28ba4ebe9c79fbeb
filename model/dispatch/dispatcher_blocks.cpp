// The dispatcher's slow half: row blocks on their way through the machine, tiles that close, the end of the job.
#include <algorithm>

#include "model/dispatch/dispatcher.h"
#include "model/errors.h"

namespace pade {

void dispatcher::run_blocks(cycle_t now) {
    while (level_in_.ready(now)) {
        above_high_ = level_in_.front().above;
        closed_waits_ = level_in_.front().closed_waits;
        level_in_.pop();
    }
    while (left_in_.ready(now)) {
        if (left_in_.front().block != left_)
            throw internal_error(std::string(name()) + ": blocks left the V-PU out of order");
        ++left_;
        left_in_.pop();
        blocks_.pop_front();
    }
    while (written_in_.ready(now)) {
        const std::uint64_t id = written_in_.front().block;
        if (id != written_)
            throw internal_error(std::string(name()) + ": blocks were written out of order");
        ++written_;
        written_in_.pop();
        for (const std::uint32_t kv : unwritten_.front()->kv_heads)
            counters_.groups[kv].last_output = now;
        unwritten_.pop_front();
        loaded_at_.pop_front();
    }
    if (loaded_in_.ready(now)) {
        if (loading_.empty() || loaded_in_.front().block != loading_.front()->id)
            throw internal_error(std::string(name()) + ": the Q buffer loaded a block that was not asked for");
        const block_ptr block = loading_.front();
        loading_.pop_front();
        loaded_in_.pop();
        unwritten_.push_back(block);
        loaded_at_.push_back(now);
        ++counters_.blocks;
        for (const block_row& row : block->rows) {
            if (!row.valid)
                continue;
            counters_.heads[row.head].pairs += job_->keys;
            counters_.heads[row.head].masked += job_->keys - row.visible_keys;
        }
        blocks_.push({block, tracker_.add(block)});
        tile_item begin;
        begin.what = tile_item::kind::block_begin;
        begin.block = block;
        tiles_out_.push_back(begin);
    }

    // One command a cycle: a block whose slot is free is loaded before another one's queries are fetched.
    query_command command;
    if (!fetched_.empty() && loading_.empty() && fetched_.front()->id < left_ + blocks_in_flight_) {
        command.what = query_command::kind::load;
        command.block = fetched_.front();
        loading_.push_back(fetched_.front());
        fetched_.pop_front();
    } else if (next_block_) {
        const std::uint64_t block_bytes = std::uint64_t{rows_} * job_->row_bytes();
        const std::uint64_t fit = std::max<std::uint64_t>(1, params_.buffer.q_bytes / 2 / block_bytes);
        if (fetched_.size() >= std::min<std::uint64_t>(params_.buffer.q_prefetch_blocks, fit))
            return;
        if (next_block_->step != step_) {
            // Decode: nothing of a step is requested before the O of the step before it has been written.
            if (written_ != blocks_known_ || atoms_.records_in_use() != 0)
                return;
            if (!params_.decode.keep_kv)
                flush();
            step_ = next_block_->step;
        }
        command.what = query_command::kind::fetch;
        command.block = next_block_;
        fetched_.push_back(next_block_);
        ++blocks_known_;
        next_block_ = row_blocks_->next();
    } else {
        return;
    }
    ++counters_.query_commands_out;
    queries.send(command, now + params_.link.latency);
    wake();
}

/// Closed tiles go on in tile order, one item a cycle.
void dispatcher::send_tiles(cycle_t now) {
    while (tracker_.front_closed()) {
        const tile_tracker::tile& t = tracker_.front();
        tile_item item;
        item.what = tile_item::kind::tile_close;
        item.block = t.block;
        item.tile = t.number;
        item.retained = t.retained;
        item.last_of_block = t.last_of_block;
        ++counters_.tiles;
        tiles_out_.push_back(item);
        tracker_.pop_front();
    }
    if (tiles_out_.empty())
        return;
    ++counters_.tile_items_out;
    tiles.send(tiles_out_.front(), now + params_.link.latency);
    tiles_out_.pop_front();
    if (!tiles_out_.empty())
        wake();
}

void dispatcher::finish_job(cycle_t now) {
    if (next_block_ || written_ != blocks_known_ || atoms_.records_in_use() != 0 || !fetches_out_.empty() ||
        !releases_out_.empty())
        return;
    job_item item;
    item.work = job_;
    finished.send(item, now + params_.link.latency);
    job_.reset();
    row_blocks_.reset();
}

std::uint64_t& dispatcher::class_of(const port& p) {
    switch (p.why) {
        case column::state::ready:
            return counters_.delivering;
        case column::state::no_room:
            return counters_.no_room;
        case column::state::port_busy:
            return counters_.port_busy;
        case column::state::no_data:
            return counters_.no_data;
        case column::state::no_request:
            return counters_.no_request;
        case column::state::empty:
            break;
    }
    return counters_.empty;
}

/// Books the cycles before `until`: while the dispatcher sleeps nothing changes in any column.
void dispatcher::account(cycle_t until) {
    if (until <= accounted_)
        return;
    for (const port& p : ports_)
        class_of(p) += until - accounted_;
    accounted_ = until;
}

void dispatcher::trace_step() {
    for (unsigned c = 0; c < lanes_; ++c)
        trace_->column_is(c, ports_[c].why, columns_[c].live());
    trace_->step_ends(tracker_.open_tiles(), unwritten_.size());
}

std::array<std::uint64_t, 6> dispatcher::classes(cycle_t end) const {
    std::array<std::uint64_t, 6> all = {counters_.delivering, counters_.no_room,    counters_.port_busy,
                                        counters_.no_data,    counters_.no_request, counters_.empty};
    if (end > accounted_)
        for (const port& p : ports_)
            all[static_cast<std::size_t>(p.why)] += end - accounted_;  // in the order of column::state
    return all;
}

void dispatcher::finish(cycle_t end) {
    account(end);
}

}  // namespace pade
