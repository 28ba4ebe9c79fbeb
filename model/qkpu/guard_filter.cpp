#include "model/qkpu/guard_filter.h"

#include <algorithm>

namespace pade {

guard_filter::guard_filter(sc_core::sc_module_name name, const guard_params& guard, const lane_params& lane)
    : clocked_module(name),
      bounds("bounds", lane.count),
      lanes_out("lanes_out", lane.count),
      params_(guard),
      bui_generator_(guard.rule, lane.key_bits) {
    query.on_item<guard_filter, &guard_filter::on_query>(this);
    for (unsigned i = 0; i < lane.count; ++i)
        bounds[i].on_item<guard_filter, &guard_filter::on_bound>(this, i);
}

void guard_filter::on_query(unsigned, query_item& item) {
    queries_.push(item, item.visible);
    wake_at(item.visible);
}

void guard_filter::on_bound(unsigned lane, bound_item& item) {
    ++counters_.bounds;
    bounds_in_.push_back(item);
    if (trace_)
        bounds_in_.back().lane = static_cast<std::uint8_t>(lane);
    wake_at(item.visible);
}

void guard_filter::step(cycle_t now) {
    counters_.idle += now - accounted_;
    accounted_ = now + 1;
    bool worked = queries_.ready(now);

    while (queries_.ready(now)) {
        const query_item& q = queries_.front();
        row_item item;
        item.what = row_item::kind::query;
        item.slot = static_cast<std::uint8_t>(q.block->slot);
        item.query = bui_generator_(q);
        threshold_unit_.reset(item.slot, item.query->offset);
        block_[item.slot] = item.query->block;
        ++counters_.queries;
        if (trace_)
            trace_->query(q, *item.query);
        queries_.pop();
        // A slot's T of the block before, still on its way, must not reach the lanes after the new query.
        broadcast(item, std::max(now + params_.bui_latency, last_threshold_[item.slot] + 1));
    }

    std::array<bool, 2> rose{};
    worked = take_bounds(now, rose) || worked;
    ++(worked ? counters_.busy : counters_.idle);
    if (trace_)
        trace_->busy.pulse(worked ? 1 : 0, 0);
    for (unsigned slot = 0; slot < rose.size(); ++slot) {
        if (!rose[slot])
            continue;
        ++counters_.raised;
        row_item item;
        item.what = row_item::kind::threshold;
        item.slot = static_cast<std::uint8_t>(slot);
        item.threshold = threshold_unit_.value(slot).value;
        if (trace_)
            trace_->threshold(slot, item.threshold);
        last_threshold_[slot] = now + params_.broadcast_latency;
        broadcast(item, last_threshold_[slot]);
        threshold_item copy;
        copy.slot = item.slot;
        copy.valid = true;
        copy.block = block_[slot];
        copy.value = item.threshold;
        ++counters_.threshold_items_out;
        threshold.send(copy, now + params_.broadcast_latency);
    }
}

/// Takes what may be seen now. The bounds of a query whose slot has a new one say nothing about the new one.
bool guard_filter::take_bounds(cycle_t now, std::array<bool, 2>& rose) {
    const auto visible = [now](const bound_item& bound) { return bound.visible <= now; };
    bool any = false;
    for (const bound_item& bound : bounds_in_) {
        if (!visible(bound))
            continue;
        any = true;
        if (bound.block == block_[bound.slot]) {
            if (trace_)
                trace_->bound(bound);
            rose[bound.slot] = threshold_unit_.raise(bound.slot, bound.lower) || rose[bound.slot];
        }
    }
    if (trace_)
        trace_->bounds();
    if (any)
        bounds_in_.erase(std::remove_if(bounds_in_.begin(), bounds_in_.end(), visible), bounds_in_.end());
    return any;
}

void guard_filter::broadcast(row_item& item, cycle_t visible) {
    for (auto& lane : lanes_out) {
        ++counters_.row_items_out;
        lane.send(item, visible);
    }
}

void guard_filter::finish(cycle_t end) {
    if (end > accounted_) {
        counters_.idle += end - accounted_;
        accounted_ = end;
    }
}

}  // namespace pade
