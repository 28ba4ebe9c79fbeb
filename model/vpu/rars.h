// Reuse-aware reorder scheduler in front of the V-PU [paper; steps ours, pade.md section 4, item 8]: holds the retained
// pairs of a tile as key -> rows with their weights, and sends the V-PU one round after another. While the V-PU works
// on one tile the next one is collected.
//
//   in        softmax -> RARS       heads, rescale factors, weights; a credit for each tile whose last round was sent
//   reserved  score queue -> RARS   V rows that have been reserved in the KV buffer: a round waits for those it reads
//   rounds    RARS -> V-PU          at most one a cycle
#pragma once

#include <array>
#include <string>

#include "model/params.h"
#include "model/vpu/rars_rounds.h"
#include "model/vpu/vpu_counters.h"
#include "tlm/clocked_module.h"
#include "tlm/registered.h"
#include "tlm/trace/trace_scope.h"
#include "tlm/vpu_payloads.h"

namespace pade {

class rars : public clocked_module {
  public:
    rars(sc_core::sc_module_name name, const vpu_params& vpu, const rars_params& params, const link_params& link);

    stream_target<weight_item> in{"in"};
    stream_target<v_reserved_item> reserved{"reserved"};
    stream_initiator<round_item> rounds{"rounds"};

    void start(cycle_t cycle) { account_.start(cycle); }
    void finish(cycle_t end) { account_.finish(end); }
    const rars_counters& counters() const { return counters_; }
    /// Classes of its cycles as finish(end) would leave them; `end`: the next edge.
    vpu_cycles cycles_until(cycle_t end) const { return account_.until(end); }
    std::uint64_t progress() const { return counters_.weight_items_in + counters_.rounds; }
    std::string waits_for() const;
    void register_trace(const trace_scope& scope);
    /// Edge at which the tile came that waits_for() names.
    cycle_t waits_since() const { return tiles_[oldest_].since; }

  private:
    struct tile_buffer {
        tile_head_ptr head;             ///< empty: the buffer is free
        std::uint32_t weights = 0;      ///< collected
        std::uint64_t first_v_row = 0;  ///< V rows of all tiles before it
        rars_rounds plan;
        cycle_t since = 0;  ///< edge at which its head came
        bool complete() const { return weights == head->pairs; }
    };

    void on_weight(unsigned, weight_item& item);
    void on_reserved(unsigned, v_reserved_item& item);
    void on_round_credit(unsigned, cycle_t now);
    void step(cycle_t now) override;
    void collect(const weight_item& item);
    void send_round(tile_buffer& tile, cycle_t now);

    link_params link_;
    registered_fifo<weight_item> fifo_{64};
    registered_fifo<v_reserved_item> reserved_fifo_{16};
    credit_counter round_credits_;
    std::array<tile_buffer, rars_tiles> tiles_;
    unsigned oldest_ = 0;               ///< the tile whose rounds are sent
    unsigned newest_ = rars_tiles - 1;  ///< the tile that is collected
    std::uint64_t v_rows_reserved_ = 0;
    std::uint64_t v_rows_of_tiles_ = 0;  ///< of all tiles that came
    bool under_way_ = false;             ///< a block has begun and not ended
    round_item round_;

    rars_counters counters_;
    cycle_account account_{counters_.cycles};
    wave_signal trace_block_, trace_tile_, trace_reserved_;
};

}  // namespace pade
