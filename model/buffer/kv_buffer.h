// KV buffer: K planes and V rows share 320 KB of 32 B lines in 16 banks (docs/architecture.md; paper, Table III). It
// fetches what the dispatcher and the score queue ask for, keeps it while it is pinned, and feeds the lane columns and
// the V-PU.
//
// Order of one cycle, which is also the priority: pins are dropped, fetches take their lines, DRAM reads leave; then
// each bank makes one access: data from DRAM (oldest, then lowest channel), else a K read (oldest, then lowest port; up
// to buffer.columns_per_read ports that want the same atom share it), else a V read (oldest, then lowest port). The K
// feed delivers at most buffer.k_planes_per_cycle 64-bit words a cycle; when more could go, the ports take turns. A K
// read may ask for a bit plane of the values in a line (tlm/plane_select.h): it shares its access with no other.
//
// A line belongs to bank (fetch_item.bank + i) mod banks. A fetch takes all its lines or none; one that finds no line
// waits at the head of its queue, K and V apart. Releases pass a waiting fetch, else the line that it waits for would
// never be given up; so release only what has arrived. Keep an atom pinned until its data have come: queued reads do
// not pin.
#pragma once

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <memory>
#include <string>
#include <vector>

#include "model/buffer/buffer_counters.h"
#include "model/buffer/kv_buffer_trace.h"
#include "model/buffer/line_store.h"
#include "model/buffer/read_port.h"
#include "model/params.h"
#include "tlm/clocked_module.h"
#include "tlm/dram/address_map.h"
#include "tlm/memory_link.h"
#include "tlm/payload_pool.h"
#include "tlm/payloads.h"

namespace pade {

class kv_buffer : public clocked_module {
  public:
    /// Fetch, release, flush. A credit comes back when the item was processed.
    stream_target<fetch_item> k_fetch{"k_fetch"};
    /// The atoms of a K fetch can be read. The receiver takes everything at once; it sends no credits.
    stream_initiator<arrived_item> k_arrived{"k_arrived"};
    /// Fetches of whole V rows. A credit comes back when the row was released and its pins are dropped.
    stream_target<fetch_item> v_fetch{"v_fetch"};
    /// Releases of whole V rows. A credit comes back when the item was processed.
    stream_target<fetch_item> v_release{"v_release"};
    /// [lane.count] reads of 1 to 32 B inside one atom; with plane_select, of 1 to 4 B made of 8 to 32 of them. A read
    /// of an atom that no fetch has reserved gets TLM_ADDRESS_ERROR_RESPONSE, a write TLM_COMMAND_ERROR_RESPONSE.
    sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<kv_buffer>> k_port;
    /// [vpu.v_rows_per_round] likewise. A read of a row whose fetch still waits for lines waits with it.
    sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<kv_buffer>> v_port;
    /// [dram.pseudo_channels] reads of one atom each, up to one for each line in flight.
    sc_core::sc_vector<tlm_utils::simple_initiator_socket_tagged<kv_buffer>> memory;

    kv_buffer(sc_core::sc_module_name name, const buffer_params& buffer, const lane_params& lane, const vpu_params& vpu,
              const dram_params& dram, const link_params& link);

    /// The counted time begins at this edge.
    void start(cycle_t cycle);
    /// The counted time ends before this edge: closes the cycle classes and accounts for the bytes still held. Once.
    void finish(cycle_t cycle);
    const kv_buffer_counters& counters() const { return counters_; }
    /// Classes of the K feed, and of all V ports, as finish(end) would leave them; `end`: the next edge.
    feed_cycles k_feed_until(cycle_t end) const;
    feed_cycles v_ports_until(cycle_t end) const;

    /// True when nothing is queued or in flight.
    bool idle() const;
    /// Grows while anything moves: what a watchdog looks at.
    std::uint64_t progress() const { return progress_; }
    /// What each queue that is not empty waits for; empty when idle.
    std::string waits_for() const;
    open_access oldest_access() const { return pool_.oldest(); }
    void register_trace(const trace_scope& scope) { trace_ = std::make_unique<kv_buffer_trace>(scope, banks_); }

  protected:
    void step(cycle_t now) override;

  private:
    using payload = tlm::tlm_generic_payload;
    using target_socket = tlm_utils::passthrough_target_socket_tagged<kv_buffer>;
    using target_sockets = sc_core::sc_vector<target_socket>;
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    // Sockets -> registers.
    void k_fetch_arrives(unsigned, fetch_item& item);
    void v_fetch_arrives(unsigned, fetch_item& item);
    void v_release_arrives(unsigned, fetch_item& item);
    tlm::tlm_sync_enum k_port_fw(int port, payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay);
    tlm::tlm_sync_enum v_port_fw(int port, payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay);
    tlm::tlm_sync_enum port_fw(read_port& port, payload& trans, tlm::tlm_phase& phase);
    tlm::tlm_sync_enum memory_bw(int channel, payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay);

    // kv_buffer_fetch.cpp: pins, lines, DRAM.
    struct numbered_item {
        fetch_item item;
        std::uint64_t number = 0;  // order of arrival, over fetches and releases
    };
    struct fetch_queue {
        registered_fifo<numbered_item> fetches{64};  // and flushes
        registered_fifo<numbered_item> releases{64};
        std::uint64_t arrived = 0;
        bool blocked = false;
    };
    bool take_fetch(const fetch_item& item, cycle_t now);
    bool take_flush();
    void release(const fetch_item& item);
    void take_k_items(cycle_t now);
    void take_v_releases(cycle_t now);
    void take_v_fetches(cycle_t now);
    void send_reads(cycle_t now);
    void send_read(unsigned channel, cycle_t now);
    void add_waiter(line_id line, std::uint32_t record);
    void data_arrived(line_id line, cycle_t now);
    void send_arrived(std::uint32_t tag, cycle_t now);

    // kv_buffer_feed.cpp: banks and ports.
    std::uint32_t access_fills(cycle_t now);
    void write_fills(std::uint32_t channels, cycle_t now);
    void access_k(cycle_t now);
    void access_v(cycle_t now);
    void trace_k(std::uint64_t accessed, std::uint32_t lost);
    std::uint32_t oldest_of(std::uint32_t ports, unsigned count) const;
    std::uint32_t take_turns(std::uint32_t granted, cycle_t now);
    void deliver(read_port& port, cycle_t now);
    void answer_error(read_port& port, read_port::outcome what, cycle_t now);
    void send_answers(std::vector<read_port>& ports, target_sockets& sockets, std::uint32_t& active,
                      std::vector<link_count>& links, cycle_t now);
    void admit(read_port& port, target_socket& socket, cycle_t now);
    bool v_row_is_queued(std::uint64_t atom) const;
    void account_sleep(cycle_t cycle);

    const unsigned banks_;
    const unsigned k_planes_per_cycle_;
    const unsigned columns_per_read_;
    const cycle_t link_latency_;
    const address_map map_;

    kv_buffer_counters counters_;
    line_store store_;

    fetch_queue k_items_;
    registered_fifo<fetch_item> v_fetches_{64};
    registered_fifo<fetch_item> v_releases_{64};
    bool v_blocked_ = false;

    // K fetches that wait for atoms, and who waits for which line.
    struct record {
        std::uint32_t tag = 0;
        std::uint32_t missing = 0;  // atoms; when free: the next free record
    };
    struct waiter {
        std::uint32_t record = 0;
        std::uint32_t next = none;
    };
    std::vector<record> records_;
    std::uint32_t free_record_ = none;
    std::vector<waiter> waiters_;
    std::uint32_t free_waiter_ = none;
    std::vector<std::uint32_t> first_waiter_;  // [line]
    std::vector<std::uint32_t> last_waiter_;

    struct channel {
        explicit channel(unsigned places) : fills(places) {}
        registered_fifo<std::uint64_t> requests{64};  // addresses
        link_exclusion request;
        link_queue fills;
        unsigned outstanding = 0;
        unsigned fill_bank = 0;  // of the first of them, in the step that looks at it
    };
    std::vector<channel> channels_;
    std::uint32_t requesting_ = 0;  // channels with requests queued
    std::uint32_t filling_ = 0;     // channels with fills queued
    payload_pool pool_;

    std::vector<read_port> k_ports_;
    std::vector<read_port> v_ports_;
    std::uint32_t k_asking_ = 0;  // ports with a request queued
    std::uint32_t v_asking_ = 0;
    std::uint32_t k_answering_ = 0;  // ports with an answer in the pipe
    std::uint32_t v_answering_ = 0;

    // Scratch of one step.
    std::uint64_t busy_banks_ = 0;
    std::vector<std::uint8_t> best_of_bank_;
    std::vector<std::uint32_t> same_atom_;  // [bank] ports that want the winner's atom
    bool again_ = false;                    // there is work that needs no event to go on

    unsigned k_turn_ = 0;        // port that goes first when the feed is short
    std::int64_t k_budget_ = 0;  // planes that may be delivered; below 0 after one read wider than a cycle's worth
    cycle_t k_budget_at_ = 0;

    // Classes of the cycles up to the next step, should the module sleep until then.
    feed_state k_sleep_ = feed_state::idle;
    std::array<std::uint32_t, feed_states> v_sleep_{};
    feed_state k_last_ = feed_state::idle;  // of the last step
    std::array<std::uint32_t, feed_states> v_last_{};
    cycle_t started_ = 0;
    cycle_t accounted_ = 0;
    std::uint64_t progress_ = 0;
    bool finished_ = false;
    std::unique_ptr<kv_buffer_trace> trace_;
};

}  // namespace pade
