// Between the chip (core clock) and the DRAM controller (DRAM clock): gathers the requests of the KV buffer, the Q
// buffer, the write-back unit and the score queue (ISTA off), one a pseudo channel and core cycle, and brings the
// answers back.
//
// Priority, per channel [ours]: Q, write-back and spill go before KV, the oldest of them first, in this order at a
// tie; but after one of them the KV buffer has its turn. So KV gets at least every other place and nobody starves. Q,
// write-back and spill each send at most one request a cycle, their oldest.
//
// Time. A request that comes at core edge n can leave at n + 1. An answer that the controller gives at any time before
// core edge m (not at it) crosses at m, and its client sees it at m + dram.path_latency, plus dram.delay_cycles on
// dram.delay_channel: BEGIN_RESP is sent one edge earlier, since a client may use what it is sent at the edge after.
// Each client socket gets at most one answer a cycle: oldest first, then lowest channel.
#pragma once

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <array>
#include <string>
#include <vector>

#include "model/memory/memory_counters.h"
#include "model/params.h"
#include "tlm/clocked_module.h"
#include "tlm/dram/address_map.h"
#include "tlm/memory_link.h"

namespace pade {

class memory_arbiter : public clocked_module {
  public:
    /// [dram.pseudo_channels] the KV buffer, whose requests come sorted by channel. An address of another channel gets
    /// TLM_ADDRESS_ERROR_RESPONSE, here and below as do addresses beyond the DRAM; what does not lie inside one atom
    /// gets TLM_BURST_ERROR_RESPONSE.
    sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<memory_arbiter>> kv;
    tlm_utils::passthrough_target_socket_tagged<memory_arbiter> q{"q"};
    tlm_utils::passthrough_target_socket_tagged<memory_arbiter> write_back{"write_back"};
    tlm_utils::passthrough_target_socket_tagged<memory_arbiter> spill{"spill"};
    /// Debug transport only (the host fills and reads the DRAM, TLM LRM 11.3); an access stays inside one atom.
    tlm_utils::passthrough_target_socket<memory_arbiter> host{"host"};
    /// [dram.pseudo_channels] the DRAM controller, which may answer at any time and in any order.
    sc_core::sc_vector<tlm_utils::simple_initiator_socket_tagged<memory_arbiter>> channel;

    memory_arbiter(sc_core::sc_module_name name, const dram_params& dram);

    /// The counted time begins at this edge, and ends before that one.
    void start(cycle_t cycle) { started_ = cycle; }
    void finish(cycle_t cycle) { counters_.cycles = cycle - started_; }
    const memory_counters& counters() const { return counters_; }

    /// True when nothing is queued or in flight.
    bool idle() const { return in_flight_ == 0; }
    std::uint64_t progress() const { return progress_; }
    std::string waits_for() const;
    /// Edge of the last answer that a client was given: its data have crossed.
    cycle_t last_beat() const { return last_beat_; }
    /// Who has a request that a client waits for: this module, or the controller behind it.
    bool with_controller(const tlm::tlm_generic_payload& trans) const;

  protected:
    void step(cycle_t now) override;

  private:
    using payload = tlm::tlm_generic_payload;
    using target_socket = tlm_utils::passthrough_target_socket_tagged<memory_arbiter>;
    static constexpr unsigned q_input = 0;
    static constexpr unsigned write_back_input = 1;
    static constexpr unsigned spill_input = 2;
    static constexpr unsigned first_kv_input = 3;

    /// One target socket: requests in, answers out.
    struct input {
        explicit input(unsigned places) : requests(places) {}
        link_queue requests;
        link_exclusion response;
    };
    /// One channel of the controller.
    struct output {
        link_exclusion request;
        bool kv_turn = false;                               // the last request was not the KV buffer's
        std::vector<payload*> not_kv[first_kv_input];       // requests of the others that are with the controller
        registered_fifo<payload*> answers[memory_clients];  // `visible`: the edge at which BEGIN_RESP is due
        unsigned answers_waiting = 0;
        unsigned answers_popped = 0;
        cycle_t answers_popped_at = ~cycle_t{0};
        payload* held = nullptr;  // an answer without room: its END_RESP is still to be sent
        cycle_t held_at = 0;
        unsigned with_controller = 0;
    };

    unsigned debug(payload& trans);
    tlm::tlm_sync_enum from_client(int input, payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay);
    tlm::tlm_sync_enum from_controller(int channel, payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay);

    bool look(unsigned i, cycle_t now, unsigned& c);
    void forward(cycle_t now);
    unsigned winner(unsigned c);
    void send_request(unsigned c, unsigned i, cycle_t now);
    bool return_has_room(unsigned c, cycle_t now) const;
    void answered(unsigned c, payload& trans, cycle_t crossing);
    void put_answer(unsigned c, std::size_t client, payload& trans, cycle_t crossing);
    void admit_answers(cycle_t now);
    void send_answers(cycle_t now);
    void send_answer(unsigned i, unsigned c, cycle_t now);
    void schedule_answers(cycle_t now);
    target_socket& socket_of(unsigned i) {
        return i == q_input            ? q
               : i == write_back_input ? write_back
               : i == spill_input      ? spill
                                       : kv[i - first_kv_input];
    }
    static std::size_t client_of(unsigned i) {
        return i < first_kv_input ? i : static_cast<std::size_t>(memory_client::kv);
    }
    cycle_t return_latency(unsigned c) const { return path_latency_ + (c == delay_channel_ ? delay_cycles_ : 0); }

    const unsigned channels_;
    const unsigned arbiter_queue_;
    const cycle_t path_latency_;
    const unsigned delay_channel_;
    const cycle_t delay_cycles_;
    const address_map map_;

    std::vector<input> inputs_;  // q, write_back, spill, kv[0], kv[1], ...
    std::vector<output> outputs_;
    std::uint64_t asking_ = 0;     // inputs with a request queued
    std::uint32_t answering_ = 0;  // channels with answers on the return path
    std::uint32_t holding_ = 0;    // channels with an answer held back
    std::uint32_t blocked_ = 0;    // channels with a request that waits for the END_REQ of the one before
    std::array<std::uint32_t, memory_clients> answers_for_{};  // on all channels
    std::uint64_t in_flight_ = 0;
    bool again_ = false;     // there is work that needs no event to go on
    cycle_t scheduled_ = 0;  // edge of the last wake-up for an answer
    cycle_t stepped_ = 0;
    // Of one step: the channel that the oldest request of Q, write-back and spill goes to, and those that KV wants.
    std::array<unsigned, first_kv_input> channel_of_{};
    std::uint32_t kv_wants_ = 0;

    memory_counters counters_;
    cycle_t started_ = 0;
    std::uint64_t progress_ = 0;
    cycle_t last_beat_ = 0;
};

}  // namespace pade
