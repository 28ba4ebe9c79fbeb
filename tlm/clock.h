// Clock domains and clock gates. A module is clocked while it has work and asleep when it has none: at each edge it
// runs once if somebody woke its gate before that edge, and not at all otherwise. Whatever a module does at edge n can
// be seen by others at edge n + 1 or later (registered links, tlm/registered.h), so the order in which the modules of
// one edge run does not matter.
#pragma once

#include <cstdint>
#include <queue>
#include <string>
#include <vector>

#include "tlm/cycle.h"
#include "tlm/sc_module.h"

namespace pade {

/// What a module's clock port sees.
class clock_gate;

class clock_if : public virtual sc_core::sc_interface {
  public:
    /// The gate behind the port: the same functions without a virtual call, for what runs every cycle.
    virtual clock_gate& gate() = 0;
    /// Notified at each edge for which the gate was woken.
    virtual const sc_core::sc_event& edge() const = 0;
    /// Number of the edge at or before now.
    virtual cycle_t cycle() const = 0;
    /// Run at the next edge after now. Idempotent.
    virtual void wake() = 0;
    /// Run at edge `cycle`, at the earliest the next one.
    virtual void wake_at(cycle_t cycle) = 0;
};

/// One clock: generates the edges that somebody waits for, and none else.
class clock_domain : public sc_core::sc_module {
  public:
    PADE_HAS_PROCESS(clock_domain);
    clock_domain(sc_core::sc_module_name name, sc_core::sc_time period);

    cycle_t cycle() const {
        const auto now = kernel_time_->value();
        // The usual caller runs at an edge of this domain; others (a crossing) may come between two edges.
        return now == edge_time_ ? cycle_ : now / period_value_;
    }
    const sc_core::sc_time& period() const { return period_; }
    /// Edges generated so far: what an always running clock would spend on sleeping modules is not in it.
    std::uint64_t edges() const { return edges_; }

  private:
    friend class clock_gate;
    struct wake_up {
        cycle_t cycle;
        clock_gate* gate;
        bool operator>(const wake_up& other) const { return cycle > other.cycle; }
    };

    void run();
    void wake_next(clock_gate& gate, cycle_t next);
    void wake_later(clock_gate& gate, cycle_t cycle);
    void schedule(cycle_t cycle);

    sc_core::sc_time period_;
    const sc_core::sc_time* kernel_time_;  // the simulation time, where the kernel keeps it
    sc_core::sc_time::value_type period_value_;
    sc_core::sc_time::value_type edge_time_ = 0;  // of edge cycle_
    sc_core::sc_event next_edge_{"next_edge"};
    cycle_t cycle_ = 0;
    cycle_t scheduled_ = never;
    std::uint64_t edges_ = 0;
    std::vector<clock_gate*> next_[2];  // by parity of the edge
    std::priority_queue<wake_up, std::vector<wake_up>, std::greater<>> later_;

    static constexpr cycle_t never = ~cycle_t{0};
};

/// One wake-up line of a domain. Modules bound to the same gate wake together (the lanes of a row do).
class clock_gate final : public sc_core::sc_module, public clock_if {
  public:
    clock_gate(sc_core::sc_module_name name, clock_domain& domain);

    clock_gate& gate() override { return *this; }
    const sc_core::sc_event& edge() const override { return edge_; }
    cycle_t cycle() const override { return domain_.cycle(); }
    void wake() override {
        const cycle_t next = domain_.cycle() + 1;
        if (woken_for_ != next)
            domain_.wake_next(*this, next);
    }
    void wake_at(cycle_t cycle) override {
        if (cycle == woken_for_ && cycle > domain_.cycle_)
            return;  // that edge is to come: so ends nearly every call, since all lanes of a row wake the same gate
        if (cycle <= domain_.cycle() + 1)
            wake();
        else
            domain_.wake_later(*this, cycle);
    }
    /// Number of the edge that is running: cycle() for those whom this gate woke.
    cycle_t running_edge() const { return domain_.cycle_; }

  private:
    friend class clock_domain;
    clock_domain& domain_;
    sc_core::sc_event edge_{"edge"};
    cycle_t woken_for_ = ~cycle_t{0};
    cycle_t woken_later_for_ = ~cycle_t{0};  // the last cycle that wake_later was asked for
};

}  // namespace pade
