// Stub peers of the dispatcher: lanes that let pairs die at planes of the test's choice, a KV buffer with latencies of
// its choice, Q buffer, score queue, V-PU, write-back and register file. The ledger follows what goes on.
#pragma once

#include <tlm_utils/passthrough_target_socket.h>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "model/dispatch/dispatcher.h"
#include "model/dispatch/test_ledger.h"
#include "tlm/clocked_module.h"
#include "tlm/protocol_checker.h"

namespace pade::dispatch_test {

inline const sc_core::sc_time period(1250, sc_core::SC_PS);

struct level_change {
    cycle_t sent = 0;
    bool above = false;
    bool closed_waits = false;
};

struct peer_options {
    /// Plane after which a pair is pruned; lane.key_bits or more: retained.
    std::function<unsigned(const block_row&, std::uint32_t key)> dies_at = [](const block_row&, std::uint32_t) {
        return max_planes;
    };
    /// Edges from the one at which a fetch is taken until its atom can be read, at least 2.
    std::function<cycle_t(std::uint32_t kv, std::uint32_t key, unsigned plane)> fetch_cycles =
        [](std::uint32_t, std::uint32_t, unsigned) { return cycle_t{20}; };
    /// Edges from one plane taken by a lane to the next.
    std::function<cycle_t(unsigned row)> plane_cycles = [](unsigned) { return cycle_t{1}; };
    cycle_t lanes_from = 0;  ///< no lane takes a plane before this edge
    double lane_stalls = 0;  ///< probability that a lane takes no plane at an edge
    unsigned atoms = 0;      ///< atoms of K that may be pinned at a time; 0: any number
    enum class port { queue, completed, begin_resp, no_end_req };
    port port_answers = port::queue;  ///< how a read is answered: queued; at once in the return value; without END_REQ
    unsigned port_places = 4;         ///< of the queue; a read that finds none gets its END_REQ late
    cycle_t port_cycles = 1;          ///< from one edge to the answer at another
    double port_stalls = 0;
    bool knows_plane_select = true;  ///< else it is ignored, as the base protocol allows
    cycle_t load_cycles = 3;
    cycle_t leave_cycles = 5;
    cycle_t write_cycles = 7;
    std::vector<level_change> levels;
    bool random_levels = false;
    cycle_t link = 1;    ///< latency of what the peers send
    bool first = false;  ///< they run before the dispatcher at each edge; else mostly after it
    unsigned jobs = 1;   ///< how often the job is started, each time after the end of the one before
    std::uint32_t seed = 1;
};

class peers : public clocked_module {
  public:
    template <typename T>
    using sockets = sc_core::sc_vector<T>;
    stream_initiator<job_item> start{"start"};
    stream_target<job_item> finished{"finished"};
    stream_target<query_command> queries{"queries"};
    stream_initiator<query_loaded> loaded{"loaded"};
    stream_target<fetch_item> k_fetch{"k_fetch"};
    stream_initiator<arrived_item> k_arrived{"k_arrived"};
    sockets<tlm_utils::passthrough_target_socket_tagged<peers>> k_port;
    sockets<stream_target<plane_item>> planes;
    sockets<stream_initiator<verdict_item>> verdicts;
    stream_target<tile_item> tiles{"tiles"};
    stream_initiator<level_item> level{"level"};
    stream_initiator<done_item> left_vpu{"left_vpu"};
    stream_initiator<done_item> written{"written"};

    peers(sc_core::sc_module_name name, const params& p, std::shared_ptr<const job> work, const peer_options& options);

    ledger book;
    cycle_t start_visible = 0;
    std::vector<cycle_t> loaded_visible;  ///< by block
    std::vector<cycle_t> left_visible;
    std::vector<cycle_t> written_visible;
    std::vector<std::pair<cycle_t, std::uint64_t>> arrivals;      ///< visible, address
    std::vector<std::pair<cycle_t, unsigned>> credits;            ///< edge, lane
    std::vector<std::pair<cycle_t, verdict_item>> verdicts_sent;  ///< visible
    std::vector<std::vector<cycle_t>> reads;                      ///< [column] edges of BEGIN_REQ
    std::vector<std::vector<cycle_t>> answers;                    ///< [column] edges of the answers
    std::uint64_t plane_items = 0;

  private:
    struct read_request {
        tlm::tlm_generic_payload* payload = nullptr;
        cycle_t at = 0;
    };
    struct port_state {
        std::deque<read_request> queue;
        tlm::tlm_generic_payload* held = nullptr;        // its request phase is open
        tlm::tlm_generic_payload* responding = nullptr;  // BEGIN_RESP in a return value, END_RESP is due
    };
    struct lane_state {
        registered_fifo<plane_item> fifo;
        cycle_t free_at = 0;
    };
    struct due_item {
        cycle_t at = 0;
        std::uint64_t block = 0;
    };

    void start_of_simulation() override { wake(); }
    void on_finished(unsigned, job_item& item);
    void on_query(unsigned, query_command& item);
    void on_fetch(unsigned, fetch_item& item);
    void on_plane(unsigned lane, plane_item& item);
    void on_tile(unsigned, tile_item& item);
    tlm::tlm_sync_enum on_read(int column, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time&);
    void step(cycle_t now) override;
    void step_lanes(cycle_t now);
    void step_buffer(cycle_t now);
    void step_port(unsigned column, cycle_t now);
    void step_blocks(cycle_t now);
    void serve(unsigned column, tlm::tlm_generic_payload& payload, cycle_t now);
    void check_visible(cycle_t visible, cycle_t latency, const char* what);
    bool chance(double probability) { return probability > 0 && std::bernoulli_distribution(probability)(random_); }

    const params params_;
    std::shared_ptr<const job> job_;
    const peer_options options_;
    const unsigned rows_;
    std::mt19937 random_;
    std::vector<lane_state> lanes_;
    std::vector<port_state> ports_;
    std::map<std::uint64_t, block_ptr> blocks_;
    registered_fifo<fetch_item> fetches_;
    registered_fifo<fetch_item> releases_;
    std::map<std::uint64_t, std::pair<std::uint32_t, unsigned>> first_of_atom_;  // address -> key, plane
    std::multimap<cycle_t, std::pair<std::uint64_t, std::uint32_t>> filling_;    // edge -> address, tag
    unsigned pinned_ = 0;
    std::deque<due_item> loading_;
    std::deque<due_item> leaving_;
    std::deque<due_item> writing_;
    std::size_t next_level_ = 0;
    bool above_ = false;
    cycle_t start_at_ = 1;
    unsigned started_ = 0;
    cycle_t stop_at_ = ~cycle_t{0};
};

/// Dispatcher and peers, each with its gate, a protocol checker on each K port.
struct bench {
    clock_domain core{"core", period};
    clock_gate dispatcher_gate{"dispatcher_gate", core};
    clock_gate peers_gate{"peers_gate", core};
    std::unique_ptr<dispatcher> unit;
    std::unique_ptr<peers> stubs;
    std::vector<std::unique_ptr<protocol_checker>> checkers;
    unsigned lanes;

    bench(const params& p, const std::shared_ptr<const job>& work, const peer_options& options,
          bool peers_first = false);
    /// Runs the job to its end (at most `limit` edges) and then some; returns what went wrong, one line each.
    std::string run(cycle_t limit = 200000);
    ledger& book() { return stubs->book; }
    /// The planes of a column in the order of their delivery, as "key.plane".
    std::vector<std::string> order(unsigned column);
};

/// Parameters of a small chip: 4 lane columns, 2 rows, tiles of 16 keys.
params small_chip();

struct job_shape {
    job_phase phase = job_phase::prefill;
    std::uint32_t queries = 1;
    std::uint32_t keys = 16;
    std::uint32_t head_dim = 64;
    std::uint32_t kv_heads = 1;
    std::uint32_t group = 1;  ///< query heads of a KV head
    bool causal = false;
    std::int32_t causal_offset = 0;
};
std::shared_ptr<const job> make_job(const job_shape& shape, const params& p);

}  // namespace pade::dispatch_test
