#include "model/dispatch/column.h"

#include "model/errors.h"

namespace pade {

column::column(const dispatch_params& params, unsigned rows, unsigned entries, unsigned fifo_planes)
    : order_(params.order),
      pick_(params.pick),
      window_(params.pick_window),
      entry_room_(static_cast<row_mask>((1u << rows) - 1)),
      fifo_room_(entry_room_),
      entries_free_(rows, static_cast<std::uint16_t>(entries)),
      fifo_free_(rows, static_cast<std::uint16_t>(fifo_planes)) {}

std::uint16_t column::admit(live_key key) {
    if (free_tags_.empty()) {
        free_tags_.push_back(static_cast<std::uint16_t>(keys_.size()));
        keys_.emplace_back();
    }
    const std::uint16_t tag = free_tags_.back();
    free_tags_.pop_back();
    key.age = admitted_++;
    key.to_come.fill(key.alive);
    for (row_mask rows = key.alive; rows != 0; rows = static_cast<row_mask>(rows & (rows - 1))) {
        const auto row = static_cast<unsigned>(__builtin_ctz(rows));
        if (--entries_free_[row] == 0)
            entry_room_ = static_cast<row_mask>(entry_room_ & ~(1u << row));
    }
    keys_[tag] = key;
    ++live_;
    ask(tag, 0, key.alive);
    return tag;
}

void column::ask(std::uint16_t tag, unsigned plane, row_mask rows) {
    live_key& k = keys_[tag];
    const bool first = k.asking[plane] == 0;
    k.asking[plane] = static_cast<row_mask>(k.asking[plane] | rows);
    if (!first)
        return;
    const bool present = (k.present >> plane & 1) != 0;
    if (order_ == dispatch_order::out_of_order && !present)
        ++waiting_for_data_;
    else
        list(tag, plane);
}

void column::arrived(std::uint16_t tag, unsigned plane) {
    live_key& k = keys_[tag];
    k.present = static_cast<std::uint8_t>(k.present | 1u << plane);
    if (order_ == dispatch_order::out_of_order && k.asking[plane] != 0) {
        --waiting_for_data_;
        list(tag, plane);
    }
}

void column::list(std::uint16_t tag, unsigned plane) {
    requests_.push_back({keys_[tag].age, tag, static_cast<std::uint8_t>(plane)});
}

void column::end_row(std::uint16_t tag, unsigned row) {
    live_key& k = keys_[tag];
    const auto others = static_cast<row_mask>(~(1u << row));
    k.alive &= others;
    for (row_mask& rows : k.to_come)
        rows &= others;
    if (entries_free_[row]++ == 0)
        entry_room_ = static_cast<row_mask>(entry_room_ | 1u << row);
}

void column::remove(std::uint16_t tag) {
    if (keys_[tag].alive != 0 || keys_[tag].pinned != 0)
        throw internal_error("column: a key was removed that is still in use");
    free_tags_.push_back(tag);
    --live_;
}

void column::fifo_place(unsigned row) {
    ++fifo_free_[row];
    fifo_room_ = static_cast<row_mask>(fifo_room_ | 1u << row);
}

/// Position in requests_ of the plane to deliver, or its size when there is none.
std::size_t column::choose(state& why) const {
    const std::size_t none = requests_.size();
    if (order_ != dispatch_order::out_of_order) {
        if (requests_.empty()) {
            why = live_ == 0 ? state::empty : state::no_request;
            return none;
        }
        const request& r = requests_.front();
        const live_key& k = keys_[r.tag];
        if ((k.present >> r.plane & 1) == 0) {
            why = state::no_data;
            return none;
        }
        if ((k.asking[r.plane] & ~fifo_room_) != 0) {
            why = state::no_room;
            return none;
        }
        why = state::ready;
        return 0;
    }
    const std::size_t end = requests_.size() < window_ ? requests_.size() : window_;
    std::size_t best = none;
    for (std::size_t i = 0; i < end; ++i) {
        const request& r = requests_[i];
        if (best != none && (r.age > requests_[best].age ||
                             (r.age == requests_[best].age && r.plane > requests_[best].plane)))
            continue;
        if ((keys_[r.tag].asking[r.plane] & ~fifo_room_) != 0)
            continue;
        best = i;
        if (pick_ == dispatch_pick::oldest_arrival)
            break;
    }
    if (best != none)
        why = state::ready;
    else if (end != 0)
        why = state::no_room;
    else if (waiting_for_data_ != 0)
        why = state::no_data;
    else
        why = live_ == 0 ? state::empty : state::no_request;
    return best;
}

column::state column::pick(delivery& out) {
    state why = state::empty;
    const std::size_t chosen = choose(why);
    if (why != state::ready)
        return why;
    const request r = requests_[chosen];
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(chosen));
    live_key& k = keys_[r.tag];
    out.tag = r.tag;
    out.plane = r.plane;
    out.rows = k.asking[r.plane];
    k.asking[r.plane] = 0;
    for (row_mask rows = out.rows; rows != 0; rows = static_cast<row_mask>(rows & (rows - 1))) {
        const auto row = static_cast<unsigned>(__builtin_ctz(rows));
        if (--fifo_free_[row] == 0)
            fifo_room_ = static_cast<row_mask>(fifo_room_ & ~(1u << row));
    }
    return why;
}

}  // namespace pade
