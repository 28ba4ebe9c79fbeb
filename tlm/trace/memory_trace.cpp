#include "tlm/trace/memory_trace.h"

#include "tlm/trace/item_fields.h"

namespace pade {

memory_trace::memory_trace(sc_core::sc_module_name name, const trace_scope& scope)
    : memory_passage(name), ids_(scope.ids()), own_ids_(ids_.new_link()), log_(scope.log()) {
    req_valid_ = scope.signal("req_valid", 1);
    req_ready_ = scope.signal("req_ready", 1);
    req_id_ = scope.signal("req_id", 40);
    req_write_ = scope.signal("req_write", 1);
    req_address_ = scope.signal("req_address", 40);
    req_bytes_ = scope.signal("req_bytes", 8);
    resp_valid_ = scope.signal("resp_valid", 1);
    resp_ready_ = scope.signal("resp_ready", 1);
    resp_id_ = scope.signal("resp_id", 40);
    resp_error_ = scope.signal("resp_error", 1);
}

tlm::tlm_sync_enum memory_trace::nb_transport_fw(payload& p, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    if (phase != tlm::BEGIN_REQ) {
        const tlm::tlm_sync_enum answer = out->nb_transport_fw(p, phase, delay);
        end_response(p);
        return answer;
    }
    begin_request(p);
    const tlm::tlm_sync_enum answer = out->nb_transport_fw(p, phase, delay);
    if (answer == tlm::TLM_ACCEPTED)
        return answer;
    end_request(p);
    if (answer == tlm::TLM_COMPLETED || phase == tlm::BEGIN_RESP)
        begin_response(p);
    if (answer == tlm::TLM_COMPLETED)
        end_response(p);
    return answer;
}

tlm::tlm_sync_enum memory_trace::nb_transport_bw(payload& p, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    if (&p == requesting_)
        end_request(p);
    if (phase != tlm::BEGIN_RESP)
        return in->nb_transport_bw(p, phase, delay);
    begin_response(p);
    // The initiator may give the payload back to its pool in this very call.
    const tlm::tlm_sync_enum answer = in->nb_transport_bw(p, phase, delay);
    if (answer == tlm::TLM_COMPLETED || (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP))
        end_response(p);
    return answer;
}

void memory_trace::b_transport(payload& p, sc_core::sc_time& delay) {
    begin_request(p);
    end_request(p);
    out->b_transport(p, delay);
    begin_response(p);
    end_response(p);
}

void memory_trace::note(const char* phase, payload& p, std::int64_t id) {
    if (log_)
        log_.add({phase, -1, -1, -1, -1,
                  (p.is_write() ? "write," : "read,") + hex_text(p.get_address()) +
                      ",bytes=" + std::to_string(p.get_data_length()),
                  id});
}

void memory_trace::begin_request(payload& p) {
    requesting_ = &p;
    const std::int64_t id = ids_.begin(&p, own_ids_);
    req_valid_.set(1);
    req_id_.set(static_cast<std::uint64_t>(id));
    req_write_.set(p.is_write() ? 1 : 0);
    req_address_.set(p.get_address());
    req_bytes_.set(p.get_data_length());
    note("BEGIN_REQ", p, id);
}

void memory_trace::end_request(payload& p) {
    requesting_ = nullptr;
    req_valid_.pulse(1, 0);
    req_ready_.pulse(1, 0);
    note("END_REQ", p, ids_.of(&p));
}

void memory_trace::begin_response(payload& p) {
    responding_ = &p;
    resp_valid_.set(1);
    resp_id_.set(static_cast<std::uint64_t>(ids_.of(&p)));
    resp_error_.set(p.is_response_error() ? 1 : 0);
    note("BEGIN_RESP", p, ids_.of(&p));
}

void memory_trace::end_response(payload& p) {
    if (responding_ != &p)
        return;
    responding_ = nullptr;
    resp_valid_.pulse(1, 0);
    resp_ready_.pulse(1, 0);
    note("END_RESP", p, ids_.of(&p));
    ids_.end(&p);
}

}  // namespace pade
