// One channel: the pseudo channels that share its command buses (HBM: two), and the process that schedules them.
//
// HBM has a row-command bus (ACT takes two of its cycles, PRE and refreshes one) and a column-command bus (RD and WR
// take one cycle). With dram.one_command_bus (DDR) all commands share one bus.
#pragma once

#include <memory>
#include <vector>

#include "tlm/clocked_module.h"
#include "tlm/dram/pseudo_channel.h"

namespace pade {

class dram_channel : public clocked_module {
  public:
    /// The sockets are those of pseudo channels `first`, `first` + 1 ...; `clock` is what clk will be bound to.
    dram_channel(sc_core::sc_module_name name, unsigned first, const std::vector<dram_front::socket_type*>& sockets,
                 const dram_params& params, const dram_timing& timing, const address_map& map, dram_store& store,
                 clock_if& clock, sc_core::sc_time::value_type period, const dram_command_log& log);

    pseudo_channel& part(std::size_t n) { return *parts_[n]; }
    /// Models what became due while the channel slept, and brings the counters up to `now`.
    void settle(cycle_t now);
    /// Runs at each edge while there is work instead of at those only where something can happen. Commands must come
    /// out the same: for tests.
    void run_every_cycle(bool on) { every_cycle_ = on; }
    /// Runs also while idle, at the edges of its refreshes, so that nothing is modelled later than it happens. Commands
    /// come out the same.
    void stay_awake() {
        stay_awake_ = true;
        clk->wake();
    }

  private:
    void step(cycle_t now) override;
    /// Commands at cycle `at`.
    void issue(cycle_t at);
    void catch_up(cycle_t now);
    bool issue_column(cycle_t at);
    void issue_row(cycle_t at);
    cycle_t next_command() const;

    const bool one_bus_;
    std::vector<std::unique_ptr<pseudo_channel>> parts_;
    cycle_t row_bus_free_ = 0;
    cycle_t column_bus_free_ = 0;
    std::size_t first_choice_ = 0;  // whose row command goes first: the one after the one that had the bus last
    std::size_t first_column_ = 0;  // the same for column commands
    cycle_t wake_set_ = no_cycle;
    bool every_cycle_ = false;
    bool stay_awake_ = false;
};

}  // namespace pade
