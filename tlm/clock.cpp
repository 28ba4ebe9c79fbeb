#include "tlm/clock.h"

namespace pade {

clock_domain::clock_domain(sc_core::sc_module_name name, sc_core::sc_time period)
    : sc_module(name),
      period_(period),
      kernel_time_(&sc_core::sc_get_curr_simcontext()->time_stamp()),
      period_value_(period.value()) {
    SC_METHOD(run);
    sensitive << next_edge_;
    dont_initialize();
}

void clock_domain::schedule(cycle_t cycle) {
    if (cycle >= scheduled_)
        return;
    scheduled_ = cycle;
    const auto delay = cycle * period_value_ - sc_core::sc_time_stamp().value();
    next_edge_.cancel();
    next_edge_.notify(sc_core::sc_time::from_value(delay));
}

void clock_domain::wake_next(clock_gate& gate, cycle_t next) {
    gate.woken_for_ = next;
    next_[next & 1].push_back(&gate);
    schedule(next);
}

void clock_domain::wake_later(clock_gate& gate, cycle_t cycle_wanted) {
    if (gate.woken_later_for_ == cycle_wanted)
        return;  // it is queued: a broadcast wakes a row once a lane
    gate.woken_later_for_ = cycle_wanted;
    later_.push({cycle_wanted, &gate});
    schedule(cycle_wanted);
}

void clock_domain::run() {
    edge_time_ = sc_core::sc_time_stamp().value();
    cycle_ = edge_time_ / period_value_;
    scheduled_ = never;
    ++edges_;
    auto& due = next_[cycle_ & 1];
    for (clock_gate* gate : due)
        gate->edge_.notify();
    while (!later_.empty() && later_.top().cycle <= cycle_) {
        clock_gate* gate = later_.top().gate;
        later_.pop();
        if (gate->woken_for_ != cycle_) {
            gate->woken_for_ = cycle_;
            gate->edge_.notify();
        }
    }
    due.clear();
    // Gates that were woken between the previous edge and this one, for the edge after this one.
    if (!next_[(cycle_ + 1) & 1].empty())
        schedule(cycle_ + 1);
    else if (!later_.empty())
        schedule(later_.top().cycle);
}

clock_gate::clock_gate(sc_core::sc_module_name name, clock_domain& domain) : sc_module(name), domain_(domain) {}

}  // namespace pade
