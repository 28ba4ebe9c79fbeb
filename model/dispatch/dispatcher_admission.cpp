// How keys get into the lane columns: for all rows that see them at once, or lane by lane (pade.md section 4, item 4).
#include "model/dispatch/dispatcher.h"

namespace pade {

void dispatcher::admit(cycle_t now) {
    for (unsigned c = 0; c < lanes_; ++c) {
        if (by_lane_) {
            admit_by_lane(c, now);
            continue;
        }
        const key_stream::entry* next = streams_[c].peek(blocks_);
        if (next == nullptr || (params_.dispatch.order == dispatch_order::in_order_single && columns_[c].live() != 0))
            continue;
        if (std::uint64_t* why = blocked(c, *next)) {
            ++*why;
            continue;
        }
        admit_key(c, streams_[c], *next, next->rows, now);
        wake();
    }
}

/// Each row for itself, one key a lane and cycle [ours]. A key that another row of the column has admitted before is
/// the same key: its planes go to all rows that ask at the time. Rows drift apart by dispatch.drift_keys keys at most.
void dispatcher::admit_by_lane(unsigned c, cycle_t now) {
    std::uint64_t* why_not = nullptr;
    bool admitted = false;
    for (unsigned row = 0; row < rows_; ++row) {
        key_stream& stream = streams_[c * rows_ + row];
        const key_stream::entry* next = stream.peek(blocks_);
        if (next == nullptr ||
            (params_.dispatch.order == dispatch_order::in_order_single && !columns_[c].row_idle(row)))
            continue;
        const auto block = static_cast<std::uint32_t>(next->block->info->id);
        const std::uint16_t tag = columns_[c].find_waiting(block, next->kv, next->key);
        // Only a row that leads is held back: one that others wait for may have keys of its own before theirs.
        const bool too_far = tag == column::no_tag && columns_[c].waiting() >= params_.dispatch.drift_keys &&
                             !columns_[c].awaits(next->rows);
        std::uint64_t* why = too_far ? &counters_.blocked_drift : blocked(c, *next);
        if (why == nullptr) {
            admitted = true;
            if (tag == column::no_tag)
                admit_key(c, stream, *next, next->block->rows_that_see(next->kv, next->key), now);
            else
                join_key(c, tag, stream, *next, now);
            continue;
        }
        if (why_not == nullptr)
            why_not = why;
    }
    if (admitted)
        wake();
    else if (why_not != nullptr)
        ++*why_not;
}

/// What keeps the next key of a stream out, null if nothing does.
std::uint64_t* dispatcher::blocked(unsigned c, const key_stream::entry& next) {
    if (!columns_[c].has_entries(next.rows))
        return &counters_.blocked_entries;
    if (above_high_ && (closed_waits_ || !tracker_.is_open(next.tile) || !tracker_.is_oldest_open(next.tile)))
        return &counters_.blocked_score_queue;
    if (!tracker_.open(next.tile))
        return &counters_.blocked_tiles;
    return nullptr;
}

/// A key that none of the column's rows has admitted yet. `sees`: the rows that will, `next.rows` of them now.
void dispatcher::admit_key(unsigned c, key_stream& stream, const key_stream::entry& next, row_mask sees, cycle_t now) {
    live_key k;
    k.key = next.key;
    k.since = now;
    k.kv = next.kv;
    k.block = static_cast<std::uint32_t>(next.block->info->id);
    k.slot = static_cast<std::uint8_t>(next.block->info->slot);
    k.tile = next.tile;
    k.alive = next.rows;
    k.waiting = static_cast<row_mask>(sees & ~next.rows);
    auto& group = counters_.groups[k.kv];
    if (!group.begun) {
        group.begun = true;
        group.first_admission = now;
    }
    ++group.keys;
    ++counters_.admissions;
    if (trace_)
        trace_->admitted();
    const std::uint16_t tag = columns_[c].admit(k);
    want_unconditional(c, tag);
    announce(c, tag, stream, next.rows, now);
}

void dispatcher::join_key(unsigned c, std::uint16_t tag, key_stream& stream, const key_stream::entry& next,
                          cycle_t now) {
    columns_[c].join(tag, next.rows);
    want_unconditional(c, tag);
    announce(c, tag, stream, next.rows, now);
}

void dispatcher::want_unconditional(unsigned c, std::uint16_t tag) {
    for (unsigned plane = 0; plane < unconditional_; ++plane)
        if ((columns_[c].key(tag).pinned >> plane & 1) == 0)
            want_plane(c, tag, plane);
}

/// Tells the lanes, and moves the stream on: a lane must know whether more keys of the block come.
void dispatcher::announce(unsigned c, std::uint16_t tag, key_stream& stream, row_mask to, cycle_t now) {
    stream.advance();
    const key_stream::entry* following = stream.peek(blocks_);
    const live_key& k = columns_[c].key(tag);
    plane_item item;
    item.what = plane_item::kind::admit;
    item.slot = k.slot;
    item.tag = tag;
    item.key = k.key;
    item.block = k.block;
    for (row_mask rows = to; rows != 0; rows = static_cast<row_mask>(rows & (rows - 1))) {
        const auto row = static_cast<unsigned>(__builtin_ctz(rows));
        item.more = following != nullptr && (following->rows >> row & 1) != 0;
        ++counters_.planes_out;
        planes[c * rows_ + row].send(item, now + params_.dispatch.deliver_latency);
    }
}

}  // namespace pade
