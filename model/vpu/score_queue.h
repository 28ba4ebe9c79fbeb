// Retained pairs between the lanes and the softmax unit (pade.md section 4, items 5, 7 and 8): collects the pairs of
// open tiles; when the oldest tile is closed and complete, compares its scores with the threshold once more, reserves
// the V rows it needs in the KV buffer, and passes its pairs on, all in tile order.
//
//   scores[row * lanes + lane]  lane -> score queue       retained pairs from any producer; each is taken at its edge
//   tiles                       dispatcher -> score queue blocks that begin, tiles that close, in order
//   thresholds[row]             guard filter -> score queue  T of the row
//   level                       score queue -> dispatcher above the high water mark or not, on change; no credits
//   v_fetch                     score queue -> KV buffer  V rows to reserve; a credit for each that was released
//   reserved                    score queue -> RARS       so many V rows were reserved; no credits
//   out                         score queue -> softmax    heads of tiles and their pairs
//   spill                       score queue -> DRAM       base protocol; used with ISTA off only, else it may stay
//   unbound
//
// With ISTA off a block's tiles go on when its last one has closed, and their heads carry the maximum over the block.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "model/numeric/guard_rule.h"
#include "model/params.h"
#include "model/vpu/memory_port.h"
#include "model/vpu/score_queue_trace.h"
#include "model/vpu/score_spill.h"
#include "model/vpu/tile_parts.h"
#include "model/vpu/vpu_counters.h"
#include "tlm/clocked_module.h"
#include "tlm/registered.h"
#include "tlm/vpu_payloads.h"

namespace pade {

class score_queue : public clocked_module {
  public:
    /// Uses the groups rows, lane, guard, tile, ista, softmax, vpu and link.
    score_queue(sc_core::sc_module_name name, const params& p);

    sc_core::sc_vector<stream_target<score_item>> scores;
    stream_target<tile_item> tiles{"tiles"};
    sc_core::sc_vector<stream_target<threshold_item>> thresholds;
    stream_initiator<level_item> level{"level"};
    stream_initiator<fetch_item> v_fetch{"v_fetch"};
    stream_initiator<v_reserved_item> reserved{"reserved"};
    stream_initiator<pair_item> out{"out"};
    tlm::tlm_initiator_socket<32, tlm::tlm_base_protocol_types, 1, sc_core::SC_ZERO_OR_MORE_BOUND> spill{"spill"};

    /// Each pair that the re-check kept, and each that it pruned; no simulated time.
    tlm::tlm_analysis_port<pair_event> retained_pairs{"retained_pairs"};
    tlm::tlm_analysis_port<pair_event> pruned_pairs{"pruned_pairs"};

    /// DRAM address, a multiple of 32, from which on the pairs of a block may be spilled (ISTA off): 8 B for each row
    /// with each key of the block's tiles. To be told before a job begins.
    void set_spill_region(std::uint64_t address) { spilled_.set_region(address); }

    void start(cycle_t cycle) { account_.start(cycle); }
    void finish(cycle_t end);
    const score_queue_counters& counters() const { return counters_; }
    void register_trace(const trace_scope& scope);
    /// Classes of its cycles as finish(end) would leave them; `end`: the next edge.
    vpu_cycles cycles_until(cycle_t end) const { return account_.until(end); }
    std::uint64_t progress() const { return counters_.pairs_in + counters_.pair_items_out + counters_.tile_items_in; }
    std::string waits_for() const;
    open_access oldest_access() const { return spill_port_.oldest(); }
    /// Most pairs that can ever be here.
    std::uint64_t capacity() const { return capacity_; }

  private:
    struct collected_tile {
        std::vector<score_entry> pairs;  ///< on chip
        std::uint32_t arrived = 0;       ///< spilled ones included
    };
    struct slot_state {
        block_ptr block;                    ///< empty: no block, or all its tiles have gone on
        std::vector<std::uint32_t> place;   ///< [tile number] -> index into tiles
        std::vector<collected_tile> tiles;  ///< in the order of block->tiles
        std::size_t next_tile = 0;          ///< goes on next
        std::size_t closed_tiles = 0;
        std::array<std::int32_t, max_rows> row_max{};
        std::uint32_t row_mask = 0;
        std::array<numeric::threshold, max_rows> threshold{};
    };
    struct closed_tile {
        block_ptr block;
        std::uint32_t retained = 0;  ///< pairs that belong to it
    };
    /// A tile that has gone on: its V rows are reserved and its pairs passed on.
    struct going_tile {
        block_ptr block;
        std::vector<score_entry> pairs;
        std::vector<v_row_id> v_rows;
        std::vector<tile_part> parts;
        std::vector<tile_head_ptr> heads;  ///< one a part
        std::size_t fetched = 0;           ///< V rows
        std::size_t part = 0;              ///< being passed on
        bool head_sent = false;
        std::uint32_t sent = 0;  ///< pairs of the tile
    };

    void on_score(unsigned lane, score_item& item);
    void on_tile(unsigned, tile_item& item);
    void on_threshold(unsigned row, threshold_item& item);
    void on_pair_credit(unsigned, cycle_t now);
    void on_fetch_credit(unsigned, cycle_t now);
    static void on_memory(void* self, unsigned, std::uint32_t tag, tlm::tlm_generic_payload* payload);

    void end_of_elaboration() override;
    void step(cycle_t now) override;
    void take_thresholds(cycle_t now);
    void take_tiles(cycle_t now);
    void begin_block(const block_ptr& block);
    void take_scores(cycle_t now);
    void store(slot_state& slot, const score_item& item);
    bool move_spilled(cycle_t now);
    bool oldest_is_complete() const;
    bool go_on(cycle_t now);
    void recheck(slot_state& slot, collected_tile& from, going_tile& to);
    void make_heads(slot_state& slot, going_tile& tile, std::uint32_t number, bool last);
    bool fetch(cycle_t now);
    bool pass_on(cycle_t now);
    void report_level(cycle_t now);
    void account(cycle_t now, bool worked);
    std::string waits_with_block() const;

    const params params_;
    const std::size_t score_memory_;  ///< pairs; ISTA off
    const std::uint64_t capacity_;
    std::vector<registered_fifo<score_item>> score_fifos_;
    std::vector<std::uint64_t> waiting_lanes_;  ///< bit: the FIFO is not empty
    registered_fifo<tile_item> tile_fifo_{16};
    std::vector<registered_fifo<threshold_item>> threshold_fifos_;
    credit_counter pair_credits_;
    credit_counter fetch_credits_;

    std::vector<slot_state> slots_;
    std::deque<closed_tile> closed_;  ///< tiles that closed, in order
    std::deque<std::unique_ptr<going_tile>> going_;
    std::vector<std::unique_ptr<going_tile>> spare_;
    std::uint64_t held_ = 0;  ///< pairs here, on chip
    level_item level_sent_;

    memory_port spill_port_;
    score_spill spilled_;

    score_queue_counters counters_;
    cycle_account account_{counters_.cycles};
    std::unique_ptr<score_queue_trace> trace_;
};

}  // namespace pade
