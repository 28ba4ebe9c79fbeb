// The HBM2 memory: one TLM-2.0 target socket for each pseudo channel, and the bytes behind them.
//
//     hbm2_controller dram("dram", params.dram, params.clock);
//     initiator.socket.bind(dram.channel[3]);        // addresses whose pseudo_channel field is 3
//
// Command clock of its own (clock.dram_mhz); a request is seen at the first edge of it after BEGIN_REQ. Read data:
// BEGIN_RESP at the end of the last beat; the way back to the reader is not in here.
#pragma once

#include <memory>
#include <string>
#include <tlm>
#include <vector>

#include "model/params.h"
#include "tlm/clock.h"
#include "tlm/dram/address_map.h"
#include "tlm/dram/dram_command.h"
#include "tlm/dram/dram_counters.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

struct dram_timing;
class dram_store;
class dram_channel;

class hbm2_controller : public sc_core::sc_module {
  public:
    /// Throws input_error for parameters that cannot work together.
    hbm2_controller(sc_core::sc_module_name name, const dram_params& params, const clock_params& clock);
    ~hbm2_controller() override;

    /// Protocol, errors and data: dram_front.h.
    sc_core::sc_vector<tlm::tlm_target_socket<>> channel{"channel"};
    clock_domain clock;

    const address_map& map() const { return map_; }
    /// As of now: an idle channel first models the refreshes of the time that it slept.
    const dram_counters& counters(unsigned pseudo_channel);
    dram_counters total();
    /// By bank number (address_map::bank_number).
    const std::vector<dram_bank_counters>& bank_counters(unsigned pseudo_channel) const;
    /// Peak of one pseudo channel, bytes/ns.
    double peak_bytes_per_ns() const { return peak_; }
    /// One line for each channel with a request that is not done: what its oldest request waits for. Empty when all are
    /// idle.
    std::string waits_for() const;
    /// Called for each command from now on; empty switches it off. Set it before simulation starts to miss none.
    void log_commands(dram_command_log log) { log_ = std::move(log); }
    /// See dram_channel::run_every_cycle.
    void run_every_cycle(bool on);
    /// A scope for each pseudo channel below `scope`, at edges of the command clock.
    void register_trace(const trace_scope& scope);

  private:
    void start_of_simulation() override;

    dram_command_log log_;
    const address_map map_;
    const unsigned parts_;  // pseudo channels of a channel
    const std::unique_ptr<const dram_timing> timing_;
    const std::unique_ptr<dram_store> store_;
    std::vector<std::unique_ptr<clock_gate>> gates_;
    std::vector<std::unique_ptr<dram_channel>> channels_;
    bool traced_ = false;
    double peak_;
};

}  // namespace pade
