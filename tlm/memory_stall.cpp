#include "tlm/memory_stall.h"

#include <string>

#include "model/errors.h"

namespace pade {

memory_stall::memory_stall(sc_core::sc_module_name name, const stall_params& p, std::string_view link)
    : clocked_module(name),
      end_req_delay_(p.memory_percent, p.cycles, p.seed, std::string(link) + " END_REQ"),
      begin_resp_delay_(p.memory_percent, p.cycles, p.seed, std::string(link) + " BEGIN_RESP"),
      end_resp_delay_(p.memory_percent, p.cycles, p.seed, std::string(link) + " END_RESP") {
    in.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
    out.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
}

void memory_stall::hold(held& place, payload& trans, cycle_t late) {
    if (place.what != nullptr)
        throw internal_error(std::string(name()) + ": a second phase came before the end of the first");
    trans.acquire();  // for its owner it may end before the phase goes on
    place = {&trans, now() + late};
    ++held_back_;
    wake_at(place.due);
}

void memory_stall::drop(held& place) {
    payload* trans = place.what;
    place.what = nullptr;
    trans->release();
}

tlm::tlm_sync_enum memory_stall::nb_transport_fw(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    if (phase == tlm::END_RESP && delay == sc_core::SC_ZERO_TIME) {
        const cycle_t late = end_resp_delay_();
        if (late == 0)
            return out->nb_transport_fw(trans, phase, delay);
        hold(end_resp_, trans, late);
        return tlm::TLM_COMPLETED;
    }
    const bool request = phase == tlm::BEGIN_REQ;
    const tlm::tlm_sync_enum status = out->nb_transport_fw(trans, phase, delay);
    if (!request || status != tlm::TLM_UPDATED || phase != tlm::END_REQ || delay != sc_core::SC_ZERO_TIME)
        return status;
    const cycle_t late = end_req_delay_();
    if (late == 0)
        return status;
    hold(end_req_, trans, late);
    phase = tlm::BEGIN_REQ;
    return tlm::TLM_ACCEPTED;
}

tlm::tlm_sync_enum memory_stall::nb_transport_bw(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    const bool end_req = phase == tlm::END_REQ;
    const bool stallable = (end_req || phase == tlm::BEGIN_RESP) && delay == sc_core::SC_ZERO_TIME;
    const cycle_t late = !stallable ? 0 : end_req ? end_req_delay_() : begin_resp_delay_();
    if (late != 0) {
        hold(end_req ? end_req_ : begin_resp_, trans, late);
        return tlm::TLM_ACCEPTED;
    }
    return phase == tlm::BEGIN_RESP ? respond(trans, phase, delay) : in->nb_transport_bw(trans, phase, delay);
}

/// BEGIN_RESP goes to the initiator; what the target is to be told, now or later.
tlm::tlm_sync_enum memory_stall::respond(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    if (end_req_.what == &trans)
        drop(end_req_);
    const tlm::tlm_sync_enum status = in->nb_transport_bw(trans, phase, delay);
    const bool ended = status == tlm::TLM_COMPLETED || (status == tlm::TLM_UPDATED && phase == tlm::END_RESP);
    const cycle_t late = ended && delay == sc_core::SC_ZERO_TIME ? end_resp_delay_() : 0;
    if (late == 0)
        return status;
    hold(end_resp_, trans, late);
    phase = tlm::BEGIN_RESP;
    return tlm::TLM_ACCEPTED;
}

void memory_stall::step(cycle_t now) {
    if (end_resp_.what != nullptr && end_resp_.due <= now)
        end_response();
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    if (end_req_.what != nullptr && end_req_.due <= now) {
        payload& trans = *end_req_.what;
        end_req_.what = nullptr;
        tlm::tlm_phase phase = tlm::END_REQ;
        in->nb_transport_bw(trans, phase, none);
        trans.release();
    }
    if (begin_resp_.what != nullptr && begin_resp_.due <= now) {
        payload& trans = *begin_resp_.what;
        begin_resp_.what = nullptr;
        tlm::tlm_phase phase = tlm::BEGIN_RESP;
        const tlm::tlm_sync_enum status = respond(trans, phase, none);
        if (status == tlm::TLM_COMPLETED || (status == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
            phase = tlm::END_RESP;  // the target was answered TLM_ACCEPTED
            out->nb_transport_fw(trans, phase, none);
        }
        trans.release();
    }
}

void memory_stall::end_response() {
    payload& trans = *end_resp_.what;
    end_resp_.what = nullptr;
    tlm::tlm_phase phase = tlm::END_RESP;
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    out->nb_transport_fw(trans, phase, none);
    trans.release();
}

void memory_stall::let_go() {
    if (end_resp_.what != nullptr)
        end_response();
}

}  // namespace pade
