// Checks one link of the TLM-2.0 base protocol. Sits between an initiator and a target as a transparent component
// (IEEE 1666-2011, 15.2.5 k and l): every call passes at once and unchanged, in both directions; what breaks a rule is
// noted, and the call passes all the same.
//
//     initiator.socket.bind(checker.in);
//     checker.out.bind(target.socket);
//
// Clause 15.2 speaks of hops: the checker sees one, so rules about routes over several sockets (15.2.9 b to f, 15.2.11
// a), and about the address, which an interconnect may change, are not among its checks. Nesting (a call on the
// opposite path from inside a call) is understood.
#pragma once

#include <cstdint>
#include <tlm>
#include <unordered_map>
#include <vector>

#include "tlm/protocol_rule.h"
#include "tlm/protocol_violation.h"
#include "tlm/sc_module.h"

namespace pade {

class protocol_checker : public sc_core::sc_module,
                         private tlm::tlm_fw_transport_if<>,
                         private tlm::tlm_bw_transport_if<> {
  public:
    tlm::tlm_target_socket<> in{"in"};
    tlm::tlm_initiator_socket<> out{"out"};

    explicit protocol_checker(sc_core::sc_module_name name);

    /// The first violations (violation_log::kept of them); violation_count() has all.
    const std::vector<protocol_violation>& violations() const { return log_.list(); }
    std::uint64_t violation_count() const { return log_.count(); }
    bool clean() const { return log_.count() == 0; }
    /// Transactions that began, over either transport interface.
    std::uint64_t transactions() const { return begun_; }
    /// Transactions that began and have not ended.
    std::size_t in_flight() const { return live_.size(); }

    /// The run is over: what has not ended is a violation, once. SystemC calls it after sc_stop; call it yourself after
    /// a run that ended without.
    void finish();

  private:
    enum class state : std::uint8_t { request, request_done, response, blocking };
    /// A transaction in flight with what it must keep from BEGIN_REQ to the end.
    struct record {
        std::uint64_t number = 0;
        state at = state::request;
        tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
        unsigned length = 0;
        unsigned streaming_width = 0;
        unsigned byte_enable_length = 0;
        unsigned char* data = nullptr;
        unsigned char* byte_enable = nullptr;
        std::uint64_t address = 0;
        std::uint64_t data_hash = 0;  // of the bytes of a write
        std::uint64_t byte_enable_hash = 0;
        tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;  // from BEGIN_RESP on
        tlm::tlm_gp_option option = tlm::TLM_MIN_PAYLOAD;
        bool held = true;
        std::uint64_t latest = 0;  // effective local time of the latest call or return

        /// Takes over what must stay as it is from now on.
        void keep_attributes(const tlm::tlm_generic_payload& payload);
    };
    using live_map = std::unordered_map<const tlm::tlm_generic_payload*, record>;

    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) override;
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) override;
    void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override;
    bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override;
    unsigned transport_dbg(tlm::tlm_generic_payload&) override;
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override;
    void end_of_simulation() override { finish(); }

    record* find(const tlm::tlm_generic_payload& payload);
    record& begin(const tlm::tlm_generic_payload& payload, state at, const sc_core::sc_time& delay);
    void end(const tlm::tlm_generic_payload& payload);
    void from_initiator(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& delay);
    void from_target(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& delay);
    void begin_request(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay);
    void begin_response(record& r, const tlm::tlm_generic_payload& payload, const char* by);
    void accepted(const tlm::tlm_generic_payload& payload, std::uint64_t numbers, const tlm::tlm_phase& sent,
                  const tlm::tlm_phase& phase, const sc_core::sc_time& sent_delay, const sc_core::sc_time& delay);

    void check_request(const record& r, const tlm::tlm_generic_payload& payload);
    void check_attributes(record& r, const tlm::tlm_generic_payload& payload);
    void check_reference(record& r, const tlm::tlm_generic_payload& payload, const char* at);
    void check_status(const record& r, const tlm::tlm_generic_payload& payload, const char* by);
    void check_time(record& r, const sc_core::sc_time& delay);
    void note(protocol_rule rule, const record* r, std::string text);
    void note(protocol_rule rule, const tlm::tlm_generic_payload& payload, std::string text);

    live_map live_;
    std::vector<live_map::node_type> spare_;  // nodes of ended transactions: no allocation in steady state
    const tlm::tlm_generic_payload* requesting_ = nullptr;
    const tlm::tlm_generic_payload* responding_ = nullptr;
    std::uint64_t begun_ = 0;
    violation_log log_;
};

}  // namespace pade
