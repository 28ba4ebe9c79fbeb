// The dispatcher: admits keys to the lane columns, fetches their bit planes as long as some row needs them, and
// delivers planes in whatever order they come (BS-OOE; pade.md section 4, items 2 to 4). One step() is one cycle of its
// pipeline: verdicts -> arrivals -> deliver what the KV buffer answered -> admit -> pick -> fetch -> tiles and blocks.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "model/dispatch/atom_table.h"
#include "model/dispatch/column.h"
#include "model/dispatch/dispatch_counters.h"
#include "model/dispatch/dispatcher_trace.h"
#include "model/dispatch/key_stream.h"
#include "model/dispatch/row_blocks.h"
#include "model/dispatch/tile_tracker.h"
#include "model/dispatch/verdict_registers.h"
#include "model/layout/k_layout.h"
#include "model/params.h"
#include "tlm/clocked_module.h"
#include "tlm/payload_pool.h"
#include "tlm/payloads.h"
#include "tlm/registered.h"

namespace pade {

class dispatcher : public clocked_module {
  public:
    /// Uses the groups rows, lane, tile, dispatch, ista, layout, decode, link, dram, and buffer.q_bytes,
    /// q_prefetch_blocks. Throws input_error for a choice that is not there.
    dispatcher(sc_core::sc_module_name name, const params& p);
    ~dispatcher() override;

    template <typename T>
    using sockets = sc_core::sc_vector<T>;
    using memory_initiator = tlm_utils::simple_initiator_socket_tagged<dispatcher>;

    // control
    stream_target<job_item> start{"start"};              ///< register file: a job
    stream_initiator<job_item> finished{"finished"};     ///< register file: it is done, O is in DRAM
    stream_initiator<query_command> queries{"queries"};  ///< Q buffer: fetch and load the queries of a block
    stream_target<query_loaded> loaded{"loaded"};        ///< Q buffer: its rows have them
    // K feed
    stream_initiator<fetch_item> k_fetch{"k_fetch"};     ///< KV buffer: atoms to bring and pin, and to release
    stream_target<arrived_item> k_arrived{"k_arrived"};  ///< KV buffer: they can be read
    sockets<memory_initiator> k_port;                    ///< KV buffer: reads of planes, one port a column
    sockets<stream_initiator<plane_item>> planes;        ///< lanes, index column * rows + row
    sockets<stream_target<verdict_item>> verdicts;       ///< lanes, same index
    // tiles
    stream_initiator<tile_item> tiles{"tiles"};     ///< score queue: blocks that begin, tiles that close
    stream_target<level_item> level{"level"};       ///< score queue: above its high water mark or not
    stream_target<done_item> left_vpu{"left_vpu"};  ///< V-PU: a block's slot is free
    stream_target<done_item> written{"written"};    ///< write-back: a block's O is in DRAM

    void begin_accounting(cycle_t from) { accounted_ = from; }
    void finish(cycle_t end);
    const dispatch_counters& counters() const { return counters_; }
    /// delivering, no_room, port_busy, no_data, no_request, empty as finish(end) would leave them.
    std::array<std::uint64_t, 6> classes(cycle_t end) const;
    /// Pairs that have ended so far, for the progress bar.
    std::uint64_t pairs_ended() const { return pairs_ended_; }
    void register_trace(const trace_scope& scope) { trace_ = std::make_unique<dispatcher_trace>(scope, lanes_); }
    std::string waits_for() const;
    open_access oldest_access() const { return pool_.oldest(); }
    /// The oldest key that has not ended, or else the oldest block: what this module waits for to go on with it, and
    /// since when. Empty when there is none.
    std::string oldest_key(cycle_t& since) const;
    std::string oldest_block(cycle_t& since) const;
    /// Planes of K in so many bytes of it, by the layout of the last job; 0 before there was one.
    std::uint64_t planes_in(std::uint64_t bytes) const { return layout_ ? layout_->planes_in(bytes) : 0; }

    /// Reads in flight on a K port at most.
    static constexpr unsigned port_depth = 4;
    /// Fetch items at the KV buffer's input at most.
    static constexpr unsigned fetch_depth = 64;

  private:
    struct read_in_flight {
        tlm::tlm_generic_payload* payload;
        column::delivery what;
        std::uint8_t part;  // of the plane, atom by atom
    };
    struct port {
        std::array<read_in_flight, port_depth> reads{};  // ring, oldest at head
        unsigned head = 0;
        unsigned count = 0;
        unsigned answered = 0;      // of them, from the head on: their data is here
        cycle_t answered_at = 0;    // edge of the newest answer
        unsigned new_answers = 0;   // answers that came at edge answered_at
        bool request_open = false;  // BEGIN_REQ without END_REQ
        cycle_t end_req_at = 0;
        cycle_t free_at = 0;         // passes of the last plane
        column::delivery reading{};  // the plane under way, while parts of it are to be read
        unsigned parts_left = 0;
        column::state why = column::state::empty;
    };

    /// A plane that came, for the lanes of a column.
    struct outgoing {
        unsigned at = 0;  // column
        column::delivery what;
        plane_item item;
    };

    void on_start(unsigned, job_item& item);
    void on_loaded(unsigned, query_loaded& item);
    void on_arrived(unsigned, arrived_item& item);
    void on_verdict(unsigned lane, verdict_item& item);
    void on_lane_credit(unsigned lane, cycle_t now);
    void on_fetch_credit(unsigned, cycle_t now);
    void on_level(unsigned, level_item& item);
    void on_left(unsigned, done_item& item);
    void on_written(unsigned, done_item& item);
    void take_answer(port& p, const tlm::tlm_generic_payload& payload);
    tlm::tlm_sync_enum on_k_response(int column, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);

    void step(cycle_t now) override;
    void begin_job();
    void flush();
    void take_credits(cycle_t now);
    void take_verdicts(cycle_t now);
    void take_verdict(unsigned c, unsigned row, const verdict_registers::entry& v);
    void take_arrivals(cycle_t now);
    void deliver(cycle_t now);
    bool take_plane(unsigned c, outgoing& out);
    void admit(cycle_t now);
    void admit_by_lane(unsigned c, cycle_t now);
    std::uint64_t* blocked(unsigned c, const key_stream::entry& next);
    void admit_key(unsigned c, key_stream& stream, const key_stream::entry& next, row_mask sees, cycle_t now);
    void join_key(unsigned c, std::uint16_t tag, key_stream& stream, const key_stream::entry& next, cycle_t now);
    void want_unconditional(unsigned c, std::uint16_t tag);
    void announce(unsigned c, std::uint16_t tag, key_stream& stream, row_mask to, cycle_t now);
    void pick(cycle_t now);
    void read_plane(unsigned c, const column::delivery& what, unsigned part);
    const unsigned char* gather(unsigned c, const read_in_flight& read);
    void send_fetches(cycle_t now);
    void run_blocks(cycle_t now);
    void send_tiles(cycle_t now);
    void finish_job(cycle_t now);

    void want_plane(unsigned c, std::uint16_t tag, unsigned plane);
    void drop_unneeded(unsigned c, std::uint16_t tag);
    void release(std::uint32_t kv, std::uint32_t atom, std::uint64_t address);
    std::uint64_t address_of(std::uint32_t kv, std::uint32_t atom) const {
        return layout_->address(job_->kv_heads[kv].k_row, atom);
    }
    fetch_item make_item(fetch_item::kind kind, std::uint32_t kv, std::uint32_t atom, std::uint64_t address) const;
    void account(cycle_t now);
    void trace_step();
    std::uint64_t& class_of(const port& p);

    const params params_;
    const address_map map_;
    std::shared_ptr<const job> job_;
    std::unique_ptr<k_layout> layout_;  // of the last job
    std::unique_ptr<row_blocks> row_blocks_;
    unsigned rows_;
    unsigned lanes_;
    unsigned blocks_in_flight_;
    bool by_lane_;  // dispatch.admission per_lane: a stream for each row of each column
    unsigned passes_ = 1;
    unsigned read_bytes_ = 8;
    unsigned plane_atoms_ = 1;
    unsigned unconditional_ = 1;
    bool by_value_ = false;

    std::vector<column> columns_;
    std::vector<key_stream> streams_;
    std::vector<port> ports_;
    std::array<outgoing, max_lanes> planes_out_;                   // scratch of deliver
    std::vector<std::array<std::uint64_t, max_passes>> gathered_;  // [column] parts of a plane that have come
    atom_table atoms_;
    tile_tracker tracker_;
    loaded_blocks blocks_;
    payload_pool pool_;

    // inputs
    registered_fifo<job_item> start_in_;
    registered_fifo<query_loaded> loaded_in_;
    registered_fifo<arrived_item> arrived_in_{64};
    verdict_registers verdicts_in_;
    std::array<std::vector<std::uint16_t>, 2> credits_in_;  // lane tags, by parity of the edge at which they were given
    registered_fifo<level_item> level_in_;
    registered_fifo<done_item> left_in_;
    registered_fifo<done_item> written_in_;
    credit_counter fetch_credits_{fetch_depth};

    // outputs waiting for their link
    std::deque<fetch_item> fetches_out_;   // and flushes
    std::deque<fetch_item> releases_out_;  // they go first
    std::deque<tile_item> tiles_out_;

    // blocks on their way
    std::deque<block_ptr> fetched_;    // queries asked for, not yet loaded
    block_ptr next_block_;             // the first one whose queries have not been asked for
    std::deque<block_ptr> loading_;    // load sent, answer awaited
    std::deque<block_ptr> unwritten_;  // loaded, O not yet in DRAM
    std::deque<cycle_t> loaded_at_;    // of these
    std::uint64_t blocks_known_ = 0;   // fetched so far
    std::uint64_t left_ = 0;           // blocks whose O has left the V-PU
    std::uint64_t written_ = 0;        // blocks whose O is in DRAM
    std::uint32_t step_ = 0;           // decode step
    bool above_high_ = false;
    bool closed_waits_ = false;
    std::uint64_t pairs_ended_ = 0;
    cycle_t accounted_ = 0;
    dispatch_counters counters_;
    std::unique_ptr<dispatcher_trace> trace_;
};

}  // namespace pade
