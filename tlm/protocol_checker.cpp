#include "tlm/protocol_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace pade {

namespace {

const char* state_name(int at) {
    constexpr std::array<const char*, 4> names{"BEGIN_REQ", "END_REQ", "BEGIN_RESP", "b_transport"};
    return names[static_cast<std::size_t>(at)];
}

bool is_base_phase(const tlm::tlm_phase& phase) {
    const auto id = static_cast<unsigned>(phase);
    return id <= tlm::END_RESP;  // the uninitialised phase, 0, is no ignorable one
}

}  // namespace

protocol_checker::protocol_checker(sc_core::sc_module_name name) : sc_module(name) {
    in.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
    out.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
}

// ---- calls that pass ----------------------------------------------------------------------------------------------

tlm::tlm_sync_enum protocol_checker::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                     sc_core::sc_time& delay) {
    const tlm::tlm_phase sent = phase;
    const sc_core::sc_time sent_delay = delay;
    from_initiator(payload, phase, delay);
    const std::uint64_t number = begun_;  // of the latest: tells a transaction from a later one with the same payload

    const auto status = out->nb_transport_fw(payload, phase, delay);

    if (status == tlm::TLM_ACCEPTED) {
        accepted(payload, number, sent, phase, sent_delay, delay);
        return status;
    }
    if (sent == tlm::END_RESP) {
        // Ended before the call: the payload may be gone, and only TLM_COMPLETED has anything to say.
        if (status == tlm::TLM_UPDATED)
            note(protocol_rule::return_value, nullptr, "TLM_UPDATED returned for END_RESP");
        return status;
    }
    record* r = find(payload);
    if (r == nullptr || r->number >= number) {
        note(protocol_rule::return_value, nullptr,
             fmt::format("{} returned for {} although the transaction has ended",
                         status == tlm::TLM_UPDATED ? "TLM_UPDATED" : "TLM_COMPLETED", sent.get_name()));
        return status;
    }
    if (status == tlm::TLM_UPDATED) {
        from_target(payload, phase, delay);
        return status;
    }
    // TLM_COMPLETED: END_REQ and BEGIN_RESP are implied by it (15.2.3 h).
    if (sent != tlm::BEGIN_REQ || r->at == state::response)
        note(protocol_rule::return_value, r,
             fmt::format("TLM_COMPLETED returned for {} in state {}", sent.get_name(),
                         state_name(static_cast<int>(r->at))));
    else
        begin_response(*r, payload, "TLM_COMPLETED");
    check_time(*r, delay);
    end(payload);
    return status;
}

tlm::tlm_sync_enum protocol_checker::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                     sc_core::sc_time& delay) {
    const tlm::tlm_phase sent = phase;
    const sc_core::sc_time sent_delay = delay;
    from_target(payload, phase, delay);
    const record* before = find(payload);
    const std::uint64_t number = before != nullptr ? before->number + 1 : 0;

    const auto status = in->nb_transport_bw(payload, phase, delay);

    if (status == tlm::TLM_ACCEPTED) {
        accepted(payload, number, sent, phase, sent_delay, delay);
        return status;
    }
    record* r = find(payload);
    if (r == nullptr || r->number >= number) {
        note(protocol_rule::return_value, nullptr,
             fmt::format("{} returned for {} although the transaction has ended",
                         status == tlm::TLM_UPDATED ? "TLM_UPDATED" : "TLM_COMPLETED", sent.get_name()));
        return status;
    }
    check_time(*r, delay);
    if (status == tlm::TLM_UPDATED) {
        // From here on the payload may be gone: the initiator released it with END_RESP.
        if (phase == tlm::END_RESP && r->at == state::response)
            end(payload);
        else if (is_base_phase(phase))
            note(protocol_rule::return_value, r,
                 fmt::format("TLM_UPDATED with {} returned for {}", phase.get_name(), sent.get_name()));
        return status;
    }
    if (sent != tlm::BEGIN_RESP)
        note(protocol_rule::return_value, r, fmt::format("TLM_COMPLETED returned for {}", sent.get_name()));
    end(payload);
    return status;
}

void protocol_checker::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    if (const record* r = find(payload); r != nullptr) {
        if (r->at == state::blocking)
            note(protocol_rule::reentrant_b_transport, r, "b_transport while b_transport is running for it");
        else
            note(protocol_rule::mixed_transport, r,
                 fmt::format("b_transport for a transaction in state {} of nb_transport",
                             state_name(static_cast<int>(r->at))));
        out->b_transport(payload, delay);
        return;
    }
    const std::uint64_t number = begun_;
    record& started = begin(payload, state::blocking, delay);
    check_request(started, payload);
    if (payload.has_mm())
        check_reference(started, payload, "b_transport");
    if (sc_core::sc_get_current_process_handle().proc_kind() == sc_core::SC_METHOD_PROC_)
        note(protocol_rule::blocking_from_method, &started,
             fmt::format("b_transport called from the method process {}",
                         sc_core::sc_get_current_process_handle().name()));
    out->b_transport(payload, delay);
    record* r = find(payload);
    if (r == nullptr || r->number != number)
        return;  // somebody mixed the interfaces: noted there
    check_time(*r, delay);
    check_attributes(*r, payload);
    check_status(*r, payload, "the return of b_transport");
    end(payload);
}

bool protocol_checker::get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
    if (dmi.get_dmi_ptr() != nullptr || !dmi.is_none_allowed() || dmi.get_start_address() != 0 ||
        dmi.get_end_address() != ~sc_dt::uint64{0} || dmi.get_read_latency() != sc_core::SC_ZERO_TIME ||
        dmi.get_write_latency() != sc_core::SC_ZERO_TIME)
        note(protocol_rule::dmi_descriptor, payload, "get_direct_mem_ptr with a descriptor that is in use");
    return out->get_direct_mem_ptr(payload, dmi);
}

unsigned protocol_checker::transport_dbg(tlm::tlm_generic_payload& payload) {
    const unsigned asked = payload.get_data_length();
    if (asked != 0 && payload.get_data_ptr() == nullptr)
        note(protocol_rule::debug_access, payload, "transport_dbg without a data array");
    const unsigned moved = out->transport_dbg(payload);
    if (moved > asked)
        note(protocol_rule::debug_access, payload, fmt::format("transport_dbg returned {} of {} bytes", moved, asked));
    return moved;
}

void protocol_checker::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) {
    in->invalidate_direct_mem_ptr(start, end);
}

// ---- phases -------------------------------------------------------------------------------------------------------

void protocol_checker::from_initiator(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase,
                                      const sc_core::sc_time& delay) {
    if (phase == tlm::BEGIN_REQ) {
        begin_request(payload, delay);
        return;
    }
    record* r = find(payload);
    if (r == nullptr) {
        note(protocol_rule::phase_order, payload, fmt::format("{} for a transaction not in flight", phase.get_name()));
        return;
    }
    check_time(*r, delay);
    check_attributes(*r, payload);
    check_reference(*r, payload, phase.get_name());
    if (r->at == state::blocking) {
        note(protocol_rule::mixed_transport, r, "nb_transport_fw while b_transport is running for it");
    } else if (phase == tlm::END_RESP) {
        if (r->at != state::response)
            note(protocol_rule::phase_order, r, fmt::format("END_RESP after {}", state_name(static_cast<int>(r->at))));
        end(payload);
    } else if (is_base_phase(phase)) {
        note(protocol_rule::phase_direction, r, fmt::format("{} on the forward path", phase.get_name()));
    }
}

void protocol_checker::from_target(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase,
                                   const sc_core::sc_time& delay) {
    record* r = find(payload);
    if (r == nullptr) {
        note(protocol_rule::phase_order, payload, fmt::format("{} for a transaction not in flight", phase.get_name()));
        return;
    }
    check_time(*r, delay);
    check_reference(*r, payload, phase.get_name());
    if (r->at == state::blocking) {
        note(protocol_rule::mixed_transport, r, "nb_transport_bw while b_transport is running for it");
    } else if (phase == tlm::END_REQ) {
        check_attributes(*r, payload);
        if (r->at != state::request)
            note(protocol_rule::phase_order, r, fmt::format("END_REQ after {}", state_name(static_cast<int>(r->at))));
        else
            r->at = state::request_done;
        if (requesting_ == &payload)
            requesting_ = nullptr;
    } else if (phase == tlm::BEGIN_RESP) {
        if (r->at == state::response)
            note(protocol_rule::phase_order, r, "BEGIN_RESP after BEGIN_RESP");
        else
            begin_response(*r, payload, "BEGIN_RESP");
    } else if (is_base_phase(phase)) {
        note(protocol_rule::phase_direction, r, fmt::format("{} from the target", phase.get_name()));
    }
}

void protocol_checker::begin_request(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) {
    if (const record* old = find(payload); old != nullptr) {
        if (old->at == state::blocking)
            note(protocol_rule::mixed_transport, old, "nb_transport_fw while b_transport is running for it");
        else
            note(protocol_rule::phase_order, old,
                 fmt::format("BEGIN_REQ after {}", state_name(static_cast<int>(old->at))));
        end(payload);
    }
    record& r = begin(payload, state::request, delay);
    if (requesting_ != nullptr) {
        const record* other = find(*requesting_);
        note(protocol_rule::request_exclusion, &r,
             fmt::format("BEGIN_REQ while the request of transaction {} has not ended",
                         other != nullptr ? other->number : 0));
    }
    requesting_ = &payload;
    if (!payload.has_mm())
        note(protocol_rule::memory_manager, &r, "BEGIN_REQ with a payload without a memory manager");
    check_reference(r, payload, "BEGIN_REQ");
    check_request(r, payload);
}

void protocol_checker::begin_response(record& r, const tlm::tlm_generic_payload& payload, const char* by) {
    check_attributes(r, payload);
    check_status(r, payload, by);
    if (responding_ != nullptr) {
        const record* other = find(*responding_);
        note(protocol_rule::response_exclusion, &r,
             fmt::format("{} while the response of transaction {} has not ended", by,
                         other != nullptr ? other->number : 0));
    }
    r.at = state::response;
    r.status = payload.get_response_status();
    responding_ = &payload;
    // A response without END_REQ implies it, for this transaction only (15.2.3 l).
    if (requesting_ == &payload)
        requesting_ = nullptr;
}

// `numbers`: transactions with smaller ones had begun before the call; a later one with this payload is another.
void protocol_checker::accepted(const tlm::tlm_generic_payload& payload, std::uint64_t numbers,
                                const tlm::tlm_phase& sent, const tlm::tlm_phase& phase,
                                const sc_core::sc_time& sent_delay, const sc_core::sc_time& delay) {
    record* r = find(payload);
    if (r != nullptr && r->number < numbers && r->at != state::blocking)
        check_attributes(*r, payload);
    if (sent == phase && sent_delay == delay)
        return;
    note(protocol_rule::accepted_unchanged, r,
         fmt::format("TLM_ACCEPTED returned for {} with {}", sent.get_name(),
                     sent != phase ? fmt::format("the phase changed to {}", phase.get_name())
                                   : std::string("the time changed")));
}

void protocol_checker::finish() {
    std::vector<record> left;
    for (const auto& entry : live_)
        left.push_back(entry.second);
    std::sort(left.begin(), left.end(), [](const record& a, const record& b) { return a.number < b.number; });
    for (const record& r : left)
        note(protocol_rule::unfinished, &r,
             fmt::format("in state {} at the end of the run", state_name(static_cast<int>(r.at))));
    live_.clear();
    requesting_ = responding_ = nullptr;
}

}  // namespace pade
