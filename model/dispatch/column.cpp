#include "model/dispatch/column.h"

#include <algorithm>
#include <utility>

#include "model/errors.h"

namespace pade {

column::column(const dispatch_params& params, unsigned rows, unsigned entries, unsigned fifo_planes)
    : order_(params.order),
      pick_(params.pick),
      window_(params.order == dispatch_order::out_of_order ? params.pick_window : 1),
      entries_(entries),
      entry_room_(static_cast<row_mask>((1u << rows) - 1)),
      fifo_room_(entry_room_) {
    std::fill_n(entries_free_.begin(), rows, static_cast<std::uint16_t>(entries));
    std::fill_n(fifo_free_.begin(), rows, static_cast<std::uint16_t>(fifo_planes));
}

std::uint16_t column::admit(live_key key) {
    if (free_tags_.empty()) {
        free_tags_.push_back(static_cast<std::uint16_t>(keys_.size()));
        keys_.emplace_back();
        asking_.emplace_back();
    }
    const std::uint16_t tag = free_tags_.back();
    free_tags_.pop_back();
    key.age = admitted_++;
    key.to_come.fill(key.alive);
    take_entries(key.alive);
    keys_[tag] = key;
    asking_[tag] = {};
    ++live_;
    if (key.waiting != 0)
        waiting_.push_back(tag);
    ask(tag, 0, key.alive);
    return tag;
}

void column::take_entries(row_mask rows) {
    for (; rows != 0; rows = static_cast<row_mask>(rows & (rows - 1))) {
        const auto row = static_cast<unsigned>(__builtin_ctz(rows));
        if (--entries_free_[row] == 0)
            entry_room_ = static_cast<row_mask>(entry_room_ & ~(1u << row));
    }
}

std::uint16_t column::find_waiting(std::uint32_t block, std::uint32_t kv, std::uint32_t key) const {
    for (const std::uint16_t tag : waiting_)
        if (keys_[tag].key == key && keys_[tag].kv == kv && keys_[tag].block == block)
            return tag;
    return no_tag;
}

bool column::awaits(row_mask row) const {
    return std::any_of(waiting_.begin(), waiting_.end(),
                       [&](std::uint16_t tag) { return (keys_[tag].waiting & row) != 0; });
}

void column::join(std::uint16_t tag, row_mask row) {
    live_key& k = keys_[tag];
    if ((k.waiting & row) != row)
        throw internal_error("column: a row admitted a key twice");
    k.waiting = static_cast<row_mask>(k.waiting & ~row);
    k.alive = static_cast<row_mask>(k.alive | row);
    for (row_mask& rows : k.to_come)
        rows = static_cast<row_mask>(rows | row);
    if (k.waiting == 0)
        waiting_.erase(std::find(waiting_.begin(), waiting_.end(), tag));
    take_entries(row);
    ask(tag, 0, row);
}

void column::ask(std::uint16_t tag, unsigned plane, row_mask rows) {
    row_mask& asking = asking_[tag][plane];
    const bool first = asking == 0;
    asking = static_cast<row_mask>(asking | rows);
    if (!first)
        return;
    const bool present = (keys_[tag].present >> plane & 1) != 0;
    if (order_ == dispatch_order::out_of_order && !present)
        ++waiting_for_data_;
    else
        list(tag, plane);
}

void column::arrived(std::uint16_t tag, unsigned plane) {
    live_key& k = keys_[tag];
    k.present = static_cast<std::uint8_t>(k.present | 1u << plane);
    if (order_ == dispatch_order::out_of_order && asking_[tag][plane] != 0) {
        --waiting_for_data_;
        list(tag, plane);
    }
}

void column::list(std::uint16_t tag, unsigned plane) {
    const request r{keys_[tag].age * max_planes + plane, tag, static_cast<std::uint8_t>(plane)};
    if (choices_.size() < window_)
        enter_window(r);
    else
        later_.push_back(r);
}

void column::enter_window(const request& r) {
    auto at = choices_.end();
    if (pick_ == dispatch_pick::oldest_key)
        while (at != choices_.begin() && r.order < (at - 1)->order)
            --at;
    choices_.insert(at, r);
}

void column::remove(std::uint16_t tag) {
    if (keys_[tag].alive != 0 || keys_[tag].waiting != 0 || keys_[tag].pinned != 0)
        throw internal_error("column: a key was removed that is still in use");
    free_tags_.push_back(tag);
    --live_;
}

/// Position in choices_ of the plane to deliver, or its size when there is none.
std::size_t column::choose(state& why) const {
    if (order_ != dispatch_order::out_of_order && !choices_.empty()) {
        const request& oldest = choices_.front();
        if ((keys_[oldest.tag].present >> oldest.plane & 1) == 0) {
            why = state::no_data;  // a late plane holds up those behind it
            return choices_.size();
        }
    }
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        const request& r = choices_[i];
        if ((asking_[r.tag][r.plane] & ~fifo_room_) == 0) {
            why = state::ready;
            return i;
        }
    }
    if (!choices_.empty())
        why = state::no_room;
    else if (waiting_for_data_ != 0)
        why = state::no_data;
    else
        why = live_ == 0 ? state::empty : state::no_request;
    return choices_.size();
}

column::state column::pick(delivery& out) {
    state why = state::empty;
    const std::size_t chosen = choose(why);
    if (why != state::ready)
        return why;
    const request r = choices_[chosen];
    choices_.erase(choices_.begin() + static_cast<std::ptrdiff_t>(chosen));
    if (!later_.empty()) {
        enter_window(later_.front());
        later_.pop_front();
    }
    out.tag = r.tag;
    out.plane = r.plane;
    out.rows = std::exchange(asking_[r.tag][r.plane], row_mask{0});
    for (row_mask rows = out.rows; rows != 0; rows = static_cast<row_mask>(rows & (rows - 1))) {
        const auto row = static_cast<unsigned>(__builtin_ctz(rows));
        if (--fifo_free_[row] == 0)
            fifo_room_ = static_cast<row_mask>(fifo_room_ & ~(1u << row));
    }
    return why;
}

}  // namespace pade
