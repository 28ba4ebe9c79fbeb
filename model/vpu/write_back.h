// Writes finished rows of O to DRAM as FP16 or FP32, in 32 B atoms whose padding is zero (pade.md section 4, item 10).
//
//   o       V-PU -> write-back          a credit for each row that leaves the input FIFO
//   memory  write-back -> DRAM          base protocol, posted writes, at most output.writes_in_flight unanswered
//   done    write-back -> dispatcher    written: all writes of the block have been answered
#pragma once

#include <array>
#include <deque>
#include <string>

#include "model/params.h"
#include "model/vpu/memory_port.h"
#include "model/vpu/vpu_counters.h"
#include "tlm/clocked_module.h"
#include "tlm/registered.h"
#include "tlm/trace/trace_scope.h"
#include "tlm/vpu_payloads.h"

namespace pade {

class write_back : public clocked_module {
  public:
    write_back(sc_core::sc_module_name name, const output_params& output, const rows_params& rows,
               const link_params& link);

    stream_target<o_row_item> o{"o"};
    tlm::tlm_initiator_socket<> memory{"memory"};
    stream_initiator<done_item> done{"done"};
    /// Each row of O as it arrives, before rounding; takes no simulated time.
    tlm::tlm_analysis_port<o_row_event> rows_out{"rows_out"};

    void start(cycle_t cycle) { account_.start(cycle); }
    void finish(cycle_t end) { account_.finish(end); }
    const write_back_counters& counters() const { return counters_; }
    /// Classes of its cycles as finish(end) would leave them; `end`: the next edge.
    vpu_cycles cycles_until(cycle_t end) const { return account_.until(end); }
    std::uint64_t progress() const { return counters_.atoms_written + answered_; }
    std::string waits_for() const;
    void register_trace(const trace_scope& scope) { account_.trace(scope.signal("class", 3)); }
    open_access oldest_access() const { return port_.oldest(); }

  private:
    static constexpr unsigned atom_bytes = 32;
    struct block_state {
        std::uint64_t id = 0;
        std::uint32_t sequence = 0;
        std::uint32_t unanswered = 0;
        bool complete = false;  ///< all its writes have been sent
    };

    void on_row(unsigned, o_row_item& item);
    static void on_memory(void* self, unsigned port, std::uint32_t tag, tlm::tlm_generic_payload* payload);

    void end_of_elaboration() override;
    void step(cycle_t now) override;
    void take_row(cycle_t now);
    void write_atom();
    void take_answers(cycle_t now);

    output_params output_;
    unsigned link_latency_;
    registered_fifo<o_row_item> fifo_;
    memory_port port_;

    bool row_open_ = false;  ///< image_ is being written
    block_ptr block_;        ///< of image_
    unsigned row_ = 0;
    bool last_row_ = false;
    unsigned next_byte_ = 0;
    std::array<unsigned char, std::size_t{max_head_dim} * 4> image_{};

    std::deque<block_state> blocks_;  ///< not yet written, oldest first
    std::uint32_t next_sequence_ = 0;
    registered_fifo<std::uint32_t> answers_{16};  ///< sequence of the block whose write was answered
    unsigned unanswered_ = 0;                     ///< writes, as known at this edge
    std::uint64_t answered_ = 0;

    write_back_counters counters_;
    cycle_account account_{counters_.cycles};
};

}  // namespace pade
