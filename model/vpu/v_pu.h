// The V-PU (pade.md section 4, item 8): works in rounds of ceil(head_dim / vpu.macs_per_row) cycles; in a round each
// row adds p times one V row to its accumulator, or rescales it. The bytes that it multiplies are those it read.
//
//   rounds     RARS -> V-PU          a credit for each round that got operand registers
//   v_port[i]  V-PU -> KV buffer     base protocol, reads of 32 B atoms: V row i of each round, in the order of the
//   rounds v_release  V-PU -> KV buffer     a V row that nobody will read again in its tile o          V-PU ->
//   write-back    O rows, one a cycle; a credit for each row that leaves the FIFO there done       V-PU -> dispatcher
//   left_vpu: the block's slot is free
//
// V rows are read ahead into vpu.operand_rounds sets of registers while the present round computes, vpu.v_port_bytes of
// each V row a cycle, so that a stream of rounds with data present runs without bubbles.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "model/numeric/online_softmax.h"
#include "model/params.h"
#include "model/vpu/memory_port.h"
#include "model/vpu/v_pu_trace.h"
#include "model/vpu/vpu_counters.h"
#include "tlm/clocked_module.h"
#include "tlm/registered.h"
#include "tlm/vpu_payloads.h"

namespace pade {

class v_pu : public clocked_module {
  public:
    v_pu(sc_core::sc_module_name name, const vpu_params& vpu, const softmax_params& softmax, const rows_params& rows,
         const link_params& link);

    stream_target<round_item> rounds{"rounds"};
    sc_core::sc_vector<tlm::tlm_initiator_socket<>> v_port;
    stream_initiator<fetch_item> v_release{"v_release"};
    stream_initiator<o_row_item> o{"o"};
    stream_initiator<done_item> done{"done"};

    void start(cycle_t cycle) { account_.start(cycle); }
    void finish(cycle_t end) { account_.finish(end); }
    const v_pu_counters& counters() const { return counters_; }
    /// Classes of its cycles as finish(end) would leave them; `end`: the next edge.
    vpu_cycles cycles_until(cycle_t end) const { return account_.until(end); }
    std::uint64_t progress() const { return counters_.round_items_in + counters_.v_atoms_read + counters_.o_items_out; }
    std::string waits_for() const;
    void register_trace(const trace_scope& scope) {
        account_.trace(scope.signal("class", 3));
        trace_ = std::make_unique<v_pu_trace>(scope, vpu_.v_rows_per_round);
    }
    open_access oldest_access() const;
    /// Edge of the last multiplication so far.
    cycle_t last_mac() const { return last_mac_; }

  private:
    static constexpr unsigned atom_bytes = 32;

    /// One V row of a round: its register, and how far it has come.
    struct operand {
        std::uint32_t atoms_left = 0;  ///< answers to come
        cycle_t ready_at = 0;          ///< edge at which the last atom may be used
        bool release = false;          ///< to be released once it is here
        std::array<unsigned char, max_head_dim> bytes{};
    };
    struct round_state {
        round_item work;
        std::vector<operand> operands;  ///< vpu.v_rows_per_round
        bool ready(cycle_t now) const;
    };
    /// Where a port is in the stream of its V rows.
    struct port_state {
        std::uint64_t round = 0;  ///< number of the round it reads for, from 0
        unsigned atom = 0;
        cycle_t free_at = 0;
    };
    struct slot_state {
        block_ptr block;
        std::vector<numeric::softmax_row> rows;
    };
    /// A block whose O rows leave.
    struct drain {
        block_ptr block;
        unsigned next_row = 0;
    };

    void on_round(unsigned, round_item& item);
    void on_o_credit(unsigned, cycle_t now);
    static void on_memory(void* self, unsigned port, std::uint32_t tag, tlm::tlm_generic_payload* payload);

    void end_of_elaboration() override;
    void step(cycle_t now) override;
    bool take_rounds(cycle_t now);
    bool compute(cycle_t now);
    void start_round(round_state& round, cycle_t now);
    slot_state& slot_of(const block_ptr& block);
    void read_ahead(cycle_t now);
    void release_rows(cycle_t now);
    bool drain_rows(cycle_t now);
    bool block_under_way(cycle_t now) const;
    round_state& state(std::uint64_t round) { return window_[round % window_.size()]; }

    vpu_params vpu_;
    unsigned p_bits_;
    unsigned link_latency_;
    registered_fifo<round_item> fifo_;
    std::vector<std::unique_ptr<memory_port>> memory_;
    std::vector<port_state> ports_;
    std::vector<round_state> window_;  ///< ring: rounds first_round_ .. end_round_ - 1
    std::uint64_t first_round_ = 0;
    std::uint64_t end_round_ = 0;
    std::uint64_t release_round_ = 0;  ///< V rows of rounds before it have been released
    bool computing_ = false;           ///< round first_round_ computes until busy_until_
    cycle_t busy_until_ = 0;
    cycle_t last_mac_ = 0;
    std::vector<slot_state> slots_;
    registered_fifo<drain> drains_{2};
    credit_counter o_credits_;

    v_pu_counters counters_;
    cycle_account account_{counters_.cycles};
    std::unique_ptr<v_pu_trace> trace_;
};

}  // namespace pade
