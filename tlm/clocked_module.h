// A module with one clock port and one process: step() runs at each edge for which the module, or whoever sent it
// something, woke its gate. "No polling": a step that leaves work behind calls clk->wake() or clk->wake_at().
#pragma once

#include "tlm/clock.h"

namespace pade {

class clocked_module : public sc_core::sc_module {
  public:
    PADE_HAS_PROCESS(clocked_module);
    sc_core::sc_port<clock_if> clk{"clk"};

  protected:
    explicit clocked_module(sc_core::sc_module_name name) : sc_module(name) {}

    /// The module's pipeline: everything it does at edge `now`.
    virtual void step(cycle_t now) = 0;

    void end_of_elaboration() override {
        gate_ = &clk->gate();
        SC_METHOD(edge);
        sensitive << gate_->edge();
        dont_initialize();
    }
    /// For a module that registers a process of its own.
    void use_gate(clock_gate& gate) { gate_ = &gate; }

    cycle_t now() const { return gate_->cycle(); }
    void wake() { gate_->wake(); }
    void wake_at(cycle_t cycle) { gate_->wake_at(cycle); }

  private:
    void edge() { step(gate_->running_edge()); }
    clock_gate* gate_ = nullptr;
};

}  // namespace pade
