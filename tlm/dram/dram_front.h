// The TLM-2.0 side of a pseudo channel: takes requests while the queues have room, keeps the bytes, sends responses.
#pragma once

#include <string>
#include <tlm>

#include "tlm/clock.h"
#include "tlm/dram/address_map.h"
#include "tlm/dram/dram_counters.h"
#include "tlm/dram/dram_store.h"
#include "tlm/dram/dram_timing.h"
#include "tlm/registered.h"

namespace pade {

/// What the queues hold of an access. A write has had its response long before, so nothing here points to its payload.
struct dram_request {
    tlm::tlm_generic_payload* payload = nullptr;  // reads only
    sc_core::sc_time::value_type accepted = 0;    // when the request phase ended
    cycle_t since = 0;                            // in the queue
    std::uint64_t atom = 0;
    std::uint32_t row = 0;
    std::uint32_t column = 0;
    std::uint16_t bank = 0;     // dram_banks number
    std::uint16_t blocked = 0;  // older requests of the other queue for the same atom
    bool is_write = false;
    bool closed_row = false;  // another row of its bank was closed for it
    enum class outcome : std::uint8_t { hit, miss, conflict } found = outcome::hit;
};

/// Base protocol, four phases (TLM LRM 15.2), any other phase is ignored; b_transport; transport_dbg; no DMI.
///
/// An access lies inside one atom. Errors: TLM_ADDRESS_ERROR (beyond the end, of another pseudo channel, or across an
/// atom's end), TLM_BURST_ERROR (no bytes, more than an atom, streaming width below the length), TLM_BYTE_ENABLE_ERROR
/// (byte enables of length 0), TLM_COMMAND_ERROR (neither read nor write). Byte enables are honoured. A request with an
/// error changes nothing and is answered like a write, with a response phase at the next edge.
///
/// Data: bytes move when a request is accepted, so accepted order is the order of memory, whatever the scheduler does.
/// Writes are posted: their response comes at the next edge.
class dram_front : public tlm::tlm_fw_transport_if<> {
  public:
    using socket_type = tlm::tlm_target_socket<>;

    dram_front(unsigned channel, const dram_params& params, const dram_timing& timing, const address_map& map,
               dram_store& store, socket_type& socket, clock_if& clock, sc_core::sc_time::value_type period,
               dram_counters& counters);

    // ---- the channel's process

    /// Accepts what waited for room.
    void accept(cycle_t now);
    /// The oldest accepted request that may be seen at `now`.
    bool take(cycle_t now, dram_request& request);
    /// Sends what is due and what the initiator lets us send.
    void respond(cycle_t now);
    /// A request left its queue.
    void freed(bool write, cycle_t now);
    /// The last beat of a read is over at `end`; later calls, later ends.
    void finish(tlm::tlm_generic_payload& payload, cycle_t end) { returns_.push(&payload, end); }
    /// Whether a further read may be issued: bounded, should the initiator hold back END_RESP.
    bool may_return() const { return returns_.size() < return_limit_; }
    /// Next cycle at which there is something to do, no_cycle if that depends on the initiator or on the queues.
    cycle_t next_event() const;
    /// For a watchdog: empty if nothing hangs here.
    std::string waits_for() const;

    // ---- the initiator

    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    /// Does the access at once and annotates the latency of an access to a closed bank. Takes no bus and raises no
    /// counter [ours]: it is for set-up and for loosely timed platforms.
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
    /// Any length at any address, also of other pseudo channels [ours]: returns how many bytes lie before the end of
    /// the DRAM.
    unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;

  private:
    tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) const;
    void move_bytes(tlm::tlm_generic_payload& payload);
    bool admit(tlm::tlm_generic_payload& payload, cycle_t cycle, cycle_t visible);
    bool response_open(cycle_t now) const { return outstanding_ == nullptr && now >= response_free_; }
    void send(tlm::tlm_generic_payload& payload, cycle_t now);

    const unsigned channel_;
    const address_map& map_;
    dram_store& store_;
    socket_type& socket_;
    clock_if& clock_;
    const sc_core::sc_time::value_type period_;
    dram_counters& counters_;
    const sc_core::sc_time read_delay_, write_delay_;

    credit_counter read_room_, write_room_;
    registered_fifo<dram_request> arrivals_;
    registered_fifo<tlm::tlm_generic_payload*> returns_;  // reads, visible when their last beat is over
    registered_fifo<tlm::tlm_generic_payload*> acks_;     // writes and errors
    const std::size_t return_limit_, ack_limit_;

    tlm::tlm_generic_payload* held_ = nullptr;  // BEGIN_REQ that waits for its END_REQ
    cycle_t held_visible_ = 0;
    cycle_t retry_ = no_cycle;  // when there may be room for it

    tlm::tlm_generic_payload* outstanding_ = nullptr;  // BEGIN_RESP that waits for its END_RESP
    cycle_t response_free_ = 0;
};

}  // namespace pade
