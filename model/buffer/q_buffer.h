// Q buffer: 32 KB, double buffered (paper, Table III; the organisation is ours). Fetches the queries of row blocks
// ahead, as far as they fit, and sends a block's queries to its rows when the dispatcher asks.
//
// Fetches and loads are worked off in order, each kind for itself, so that a fetch that waits for room never holds up
// the load that makes the room. A block's room is taken when its fetch starts and given back when it is loaded.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <memory>
#include <string>
#include <vector>

#include "model/buffer/buffer_counters.h"
#include "model/params.h"
#include "tlm/clocked_module.h"
#include "tlm/memory_link.h"
#include "tlm/payload_pool.h"
#include "tlm/payloads.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

class q_buffer : public clocked_module {
  public:
    /// fetch, then load, of each block once and in the same order. A credit comes back as soon as a command was taken
    /// in: the waiting ones are registers of their own, bounded by buffer.q_prefetch_blocks.
    stream_target<query_command> commands{"commands"};
    /// [rows.count] the queries of a block, all valid rows at the same edge. No credits: the dispatcher loads a block
    /// only when its slot is free.
    sc_core::sc_vector<stream_initiator<query_item>> rows_out;
    /// Sent at the same edge as the queries.
    stream_initiator<query_loaded> loaded{"loaded"};
    /// Reads of one atom each, one a cycle, as many in flight as there are atoms to fetch.
    tlm_utils::simple_initiator_socket<q_buffer> memory{"memory"};

    /// A query leaves the buffer at the edge at which its load is taken, and is seen by the row buffer.read_latency - 1
    /// + link.latency edges later.
    q_buffer(sc_core::sc_module_name name, const buffer_params& buffer, const rows_params& rows,
             const link_params& link);

    /// The counted time begins at this edge.
    void start(cycle_t cycle);
    /// The counted time ends before this edge. Once.
    void finish(cycle_t cycle);
    const q_buffer_counters& counters() const { return counters_; }
    /// Classes as finish(end) would leave them; `end`: the next edge.
    std::array<std::uint64_t, q_states> classes(cycle_t end) const {
        auto all = counters_.in;
        if (end > accounted_)
            all[static_cast<std::size_t>(sleep_)] += end - accounted_;
        return all;
    }

    bool idle() const { return held_.empty() && fetches_.empty() && loads_.empty() && pool_.in_use() == 0; }
    std::uint64_t progress() const { return progress_; }
    std::string waits_for() const;
    void register_trace(const trace_scope& scope);
    open_access oldest_access() const { return pool_.oldest(); }

  protected:
    void step(cycle_t now) override;

  private:
    using payload = tlm::tlm_generic_payload;
    static constexpr unsigned atom_bytes = 32;

    /// A block with room in the buffer.
    struct held_block {
        block_ptr block;
        unsigned bytes = 0;     // of its valid rows
        unsigned next_row = 0;  // the next atom to ask for
        unsigned next_atom = 0;
        unsigned to_come = 0;           // atoms
        std::vector<std::int8_t> data;  // [row][max_head_dim]
    };

    void command_arrives(unsigned, query_command& item);
    tlm::tlm_sync_enum memory_bw(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay);
    void take_commands(cycle_t now);
    void take_answers(cycle_t now);
    void start_fetches(cycle_t now);
    void send_read(cycle_t now);
    void complete(payload& trans);
    bool load(cycle_t now);
    void skip_idle_rows(held_block& held) const;
    void account_sleep(cycle_t cycle);
    std::uint64_t& read_of_head(std::uint32_t kv);

    const unsigned capacity_;
    const cycle_t latency_;

    registered_fifo<query_command> arrived_{8};
    registered_fifo<block_ptr> fetches_{8};          // waiting for room
    registered_fifo<block_ptr> loads_{8};            // waiting for their data
    std::vector<std::unique_ptr<held_block>> held_;  // oldest first
    std::vector<std::unique_ptr<held_block>> spare_;
    unsigned bytes_held_ = 0;
    bool load_judged_ = false;  // the oldest load was counted as hit or miss
    unsigned in_flight_ = 0;

    payload_pool pool_;
    link_exclusion request_;
    registered_fifo<payload*> answers_{64};
    query_item item_;

    q_buffer_counters counters_;
    q_state sleep_ = q_state::idle;
    q_state last_ = q_state::idle;
    bool fetch_blocked_ = false;
    cycle_t started_ = 0;
    cycle_t accounted_ = 0;
    std::uint64_t progress_ = 0;
    bool finished_ = false;
    wave_signal trace_class_, trace_bytes_, trace_blocked_;
};

}  // namespace pade
