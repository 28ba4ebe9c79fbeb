// Shows what passes one memory link as the handshakes of its two channels, in the manner of valid and ready: a request
// is valid from BEGIN_REQ and ready at END_REQ, a response from BEGIN_RESP and at END_RESP, whether the phase came as a
// call, as a return value, or was implied by a later one (IEEE 1666-2011, 15.2.6). Takes no time and changes nothing.
#pragma once

#include <cstdint>
#include <tlm>

#include "tlm/passage.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

class memory_trace : public memory_passage {
  public:
    memory_trace(sc_core::sc_module_name name, const trace_scope& scope);

  private:
    using payload = tlm::tlm_generic_payload;

    tlm::tlm_sync_enum nb_transport_fw(payload& p, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
    tlm::tlm_sync_enum nb_transport_bw(payload& p, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
    void b_transport(payload& p, sc_core::sc_time& delay) override;

    void begin_request(payload& p);
    void end_request(payload& p);
    void begin_response(payload& p);
    void end_response(payload& p);
    void note(const char* phase, payload& p, std::int64_t id);

    transaction_ids& ids_;
    transaction_ids::link own_ids_;
    event_log log_;
    wave_signal req_valid_, req_ready_, req_id_, req_write_, req_address_, req_bytes_;
    wave_signal resp_valid_, resp_ready_, resp_id_, resp_error_;
    payload* requesting_ = nullptr;
    payload* responding_ = nullptr;
};

}  // namespace pade
