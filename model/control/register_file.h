// Register file and host interface: the host writes a job over a memory-mapped TLM-2.0 target socket, starts it, and
// gets an interrupt when O is in DRAM (pade.md section 4, items 1 and 10). Registers: model/control/register_map.h.
#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <memory>
#include <string>
#include <vector>

#include "model/control/register_map.h"
#include "model/job.h"
#include "model/params.h"
#include "tlm/clocked_module.h"
#include "tlm/payloads.h"
#include "tlm/registered.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

class register_file : public clocked_module {
  public:
    register_file(sc_core::sc_module_name name, const link_params& link);

    /// Base protocol, 8-byte aligned accesses of 8 bytes. TLM_ADDRESS_ERROR_RESPONSE for what is no register,
    /// TLM_BURST_ERROR_RESPONSE for another length, TLM_COMMAND_ERROR_RESPONSE for a write to a read-only register, to
    /// any job register while a job runs, or a start whose registers make no job.
    tlm_utils::simple_target_socket<register_file> bus{"bus"};
    stream_initiator<job_item> start{"start"};     ///< to the dispatcher
    stream_target<job_item> finished{"finished"};  ///< from the dispatcher
    sc_core::sc_out<bool> interrupt{"interrupt"};
    /// Written at the edge at which a job starts, with its number: where the counted time begins.
    tlm::tlm_analysis_port<cycle_t> started{"started"};

    /// Edges at which the last job was started and its interrupt was raised. Their difference is time.cycles.
    cycle_t started_at() const { return started_at_; }
    cycle_t finished_at() const { return finished_at_; }
    void register_trace(const trace_scope& scope) { running_ = scope.signal("running", 1); }
    std::uint64_t jobs() const { return jobs_; }
    /// The job that was started last, or null.
    const std::shared_ptr<const job>& last_job() const { return pending_; }

  private:
    enum class state { idle, starting, running, done };

    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    tlm::tlm_response_status access(tlm::tlm_generic_payload& payload);
    tlm::tlm_response_status write(std::uint64_t address, std::uint64_t value);
    void on_finished(unsigned, job_item& item);
    void step(cycle_t now) override;
    /// The job that the registers describe, or null when they describe none.
    std::shared_ptr<const job> make_job() const;
    std::uint64_t at(std::uint64_t address) const { return registers_[address / 8]; }
    double real(std::uint64_t address) const;

    unsigned link_latency_;
    std::vector<std::uint64_t> registers_;
    state state_ = state::idle;
    std::shared_ptr<const job> pending_;
    registered_fifo<job_item> finished_in_;
    cycle_t started_at_ = 0;
    cycle_t finished_at_ = 0;
    wave_signal running_;  ///< from the start to the interrupt: the cycles that the statistics count
    std::uint64_t jobs_ = 0;
};

}  // namespace pade
