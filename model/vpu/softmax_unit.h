// Exponentials of the online softmax (pade.md section 2, "Output"): keeps the running maximum of each row of the blocks
// in flight; turns each retained score into its weight p = exp(c (s - m)), and a grown maximum into a rescale factor
// exp(c (m_old - m_new)). The maximum over a tile comes with its head, so m is final for the tile before its first p.
//
//   in    score queue -> softmax   heads and pairs; a credit for each that leaves the input FIFO
//   out   softmax -> RARS          heads, rescale factors, weights; a credit is one of RARS's tile buffers
//
// softmax.exps_per_cycle exponentials begin a cycle, each is at RARS softmax.latency cycles later.
#pragma once

#include <string>
#include <vector>

#include "model/numeric/online_softmax.h"
#include "model/params.h"
#include "model/vpu/vpu_counters.h"
#include "tlm/clocked_module.h"
#include "tlm/registered.h"
#include "tlm/trace/trace_scope.h"
#include "tlm/vpu_payloads.h"

namespace pade {

class softmax_unit : public clocked_module {
  public:
    softmax_unit(sc_core::sc_module_name name, const softmax_params& softmax, const rows_params& rows,
                 const link_params& link);

    stream_target<pair_item> in{"in"};
    stream_initiator<weight_item> out{"out"};

    void start(cycle_t cycle) { account_.start(cycle); }
    void finish(cycle_t end) { account_.finish(end); }
    const softmax_counters& counters() const { return counters_; }
    /// Classes of its cycles as finish(end) would leave them; `end`: the next edge.
    vpu_cycles cycles_until(cycle_t end) const { return account_.until(end); }
    /// Items taken so far: stands still when the unit does.
    std::uint64_t progress() const { return counters_.pair_items_in; }
    std::string waits_for() const;
    void register_trace(const trace_scope& scope);

  private:
    struct row_state {
        bool has_max = false;
        bool has_pairs = false;
        std::int32_t max = 0;
    };
    struct slot_state {
        block_ptr block;
        std::vector<row_state> rows;
    };
    struct rescale {
        std::uint8_t row;
        std::uint32_t factor;
    };

    void on_pair(unsigned, pair_item& item);
    void on_tile_credit(unsigned, cycle_t now);
    void step(cycle_t now) override;
    void begin_tile(cycle_t now);
    void take(cycle_t now);
    void send(weight_item& item, cycle_t now);
    void count_exp(unsigned row);

    softmax_params softmax_;
    numeric::exp_unit exp_;
    registered_fifo<pair_item> fifo_;
    credit_counter tile_credits_{rars_tiles};
    std::vector<slot_state> slots_;

    tile_head_ptr tile_;             ///< the tile under way; empty between tiles
    std::uint32_t pairs_left_ = 0;   ///< of it
    std::vector<rescale> rescales_;  ///< of it, not yet sent
    std::size_t rescales_sent_ = 0;

    softmax_counters counters_;
    cycle_account account_{counters_.cycles};
    wave_signal trace_block_, trace_tile_;
};

}  // namespace pade
