#include "tlm/protocol_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace pade {

namespace {

const char* state_name(int at) {
    constexpr std::array<const char*, 4> names{"BEGIN_REQ", "END_REQ", "BEGIN_RESP", "b_transport"};
    return names[static_cast<std::size_t>(at)];
}

const char* command_name(tlm::tlm_command command) {
    return command == tlm::TLM_READ_COMMAND ? "read" : command == tlm::TLM_WRITE_COMMAND ? "write" : "ignore";
}

bool is_base_phase(const tlm::tlm_phase& phase) {
    const auto id = static_cast<unsigned>(phase);
    return id <= tlm::END_RESP;  // the uninitialised phase, 0, is no ignorable one
}

std::uint64_t effective_time(const sc_core::sc_time& delay) {
    return sc_core::sc_time_stamp().value() + delay.value();
}

// Not for security: finds bytes of a write that somebody overwrote. Eight bytes a step.
std::uint64_t hash_bytes(const unsigned char* data, unsigned length) {
    std::uint64_t hash = length;
    for (unsigned at = 0; at < length; at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, data + at, std::min(8U, length - at));
        hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 29;
    }
    return hash;
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
        accepted(payload, sent, phase, sent_delay, delay);
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
    const std::uint64_t number = before != nullptr ? before->number : ~std::uint64_t{0};

    const auto status = in->nb_transport_bw(payload, phase, delay);

    if (status == tlm::TLM_ACCEPTED) {
        accepted(payload, sent, phase, sent_delay, delay);
        return status;
    }
    record* r = find(payload);
    if (r == nullptr || r->number != number) {
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
    check_request(begin(payload, state::blocking, delay), payload);
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
    return out->get_direct_mem_ptr(payload, dmi);
}

unsigned protocol_checker::transport_dbg(tlm::tlm_generic_payload& payload) {
    return out->transport_dbg(payload);
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
    const record& r = begin(payload, state::request, delay);
    if (requesting_ != nullptr) {
        const record* other = find(*requesting_);
        note(protocol_rule::request_exclusion, &r,
             fmt::format("BEGIN_REQ while the request of transaction {} has not ended",
                         other != nullptr ? other->number : 0));
    }
    requesting_ = &payload;
    if (!payload.has_mm())
        note(protocol_rule::memory_manager, &r, "BEGIN_REQ with a payload without a memory manager");
    else if (payload.get_ref_count() < 1)
        note(protocol_rule::reference_count, &r, "BEGIN_REQ with a payload that nobody has acquired");
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
    responding_ = &payload;
    // A response without END_REQ implies it, for this transaction only (15.2.3 l).
    if (requesting_ == &payload)
        requesting_ = nullptr;
}

void protocol_checker::accepted(const tlm::tlm_generic_payload& payload, const tlm::tlm_phase& sent,
                                const tlm::tlm_phase& phase, const sc_core::sc_time& sent_delay,
                                const sc_core::sc_time& delay) {
    if (sent == phase && sent_delay == delay)
        return;
    const record* r = find(payload);
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

// ---- transactions in flight ---------------------------------------------------------------------------------------

protocol_checker::record* protocol_checker::find(const tlm::tlm_generic_payload& payload) {
    const auto at = live_.find(&payload);
    return at != live_.end() ? &at->second : nullptr;
}

protocol_checker::record& protocol_checker::begin(const tlm::tlm_generic_payload& payload, state at,
                                                  const sc_core::sc_time& delay) {
    record r;
    r.number = begun_++;
    r.at = at;
    r.command = payload.get_command();
    r.length = payload.get_data_length();
    r.streaming_width = payload.get_streaming_width();
    r.byte_enable_length = payload.get_byte_enable_length();
    r.data = payload.get_data_ptr();
    r.byte_enable = payload.get_byte_enable_ptr();
    r.address = payload.get_address();
    if (r.command == tlm::TLM_WRITE_COMMAND && r.data != nullptr)
        r.data_hash = hash_bytes(r.data, r.length);
    r.latest = effective_time(delay);
    if (spare_.empty())
        return live_.emplace(&payload, r).first->second;
    auto node = std::move(spare_.back());
    spare_.pop_back();
    node.key() = &payload;
    node.mapped() = r;
    return live_.insert(std::move(node)).position->second;
}

void protocol_checker::end(const tlm::tlm_generic_payload& payload) {
    if (requesting_ == &payload)
        requesting_ = nullptr;
    if (responding_ == &payload)
        responding_ = nullptr;
    if (auto node = live_.extract(&payload); !node.empty())
        spare_.push_back(std::move(node));
}

// ---- attributes ---------------------------------------------------------------------------------------------------

void protocol_checker::check_request(const record& r, const tlm::tlm_generic_payload& payload) {
    if (payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE)
        note(protocol_rule::status_at_request, &r,
             fmt::format("request with response status {}", payload.get_response_string()));
    if (payload.is_dmi_allowed())
        note(protocol_rule::dmi_hint_at_request, &r, "request with the DMI hint set");
    if (r.command == tlm::TLM_IGNORE_COMMAND)
        return;  // carries no data (14.9)
    if (r.length == 0)
        note(protocol_rule::data_length, &r, "request with data length 0");
    if (r.data == nullptr)
        note(protocol_rule::data_pointer, &r, "request without a data array");
    if (r.streaming_width == 0)
        note(protocol_rule::streaming_width, &r, "request with streaming width 0");
    if (r.byte_enable != nullptr && r.byte_enable_length == 0)
        note(protocol_rule::byte_enable, &r, "request with a byte enable array of length 0");
}

// The address and the DMI hint are not here: an interconnect may change them.
void protocol_checker::check_attributes(record& r, const tlm::tlm_generic_payload& payload) {
    const char* changed = nullptr;
    if (payload.get_command() != r.command)
        changed = "the command";
    else if (payload.get_data_ptr() != r.data)
        changed = "the data pointer";
    else if (payload.get_data_length() != r.length)
        changed = "the data length";
    else if (payload.get_byte_enable_ptr() != r.byte_enable)
        changed = "the byte enable pointer";
    else if (r.byte_enable != nullptr && payload.get_byte_enable_length() != r.byte_enable_length)
        changed = "the byte enable length";
    else if (payload.get_streaming_width() != r.streaming_width)
        changed = "the streaming width";
    else if (r.command == tlm::TLM_WRITE_COMMAND && r.data != nullptr && r.at != state::response &&
             hash_bytes(r.data, r.length) != r.data_hash)  // with the response the array is the initiator's again
        changed = "a byte of the data of a write";
    if (changed == nullptr)
        return;
    note(protocol_rule::attribute_changed, &r, fmt::format("{} changed after the request was made", changed));
    // Once is enough: go on from what is there now.
    r.command = payload.get_command();
    r.data = payload.get_data_ptr();
    r.length = payload.get_data_length();
    r.byte_enable = payload.get_byte_enable_ptr();
    r.byte_enable_length = payload.get_byte_enable_length();
    r.streaming_width = payload.get_streaming_width();
    r.data_hash = r.data != nullptr ? hash_bytes(r.data, r.length) : 0;
}

void protocol_checker::check_status(const record& r, const tlm::tlm_generic_payload& payload, const char* by) {
    if (payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE)
        note(protocol_rule::status_at_response, &r, fmt::format("no response status at {}", by));
}

void protocol_checker::check_time(record& r, const sc_core::sc_time& delay) {
    const std::uint64_t time = effective_time(delay);
    if (time < r.latest)
        note(protocol_rule::time_backwards, &r,
             fmt::format("{} after {}", sc_core::sc_time::from_value(time).to_string(),
                         sc_core::sc_time::from_value(r.latest).to_string()));
    r.latest = std::max(r.latest, time);
}

// ---- lines --------------------------------------------------------------------------------------------------------

// The object's own address would differ from run to run; number and bus address do not.
void protocol_checker::note(protocol_rule rule, const record* r, std::string text) {
    log_.add({sc_core::sc_time_stamp(), name(), protocol_rule_name(rule), protocol_rule_clause(rule),
              r == nullptr ? std::string("a transaction that has ended")
                           : fmt::format("transaction {} ({} {:#x}, {} B)", r->number, command_name(r->command),
                                         r->address, r->length),
              std::move(text)});
}

void protocol_checker::note(protocol_rule rule, const tlm::tlm_generic_payload& payload, std::string text) {
    log_.add({sc_core::sc_time_stamp(), name(), protocol_rule_name(rule), protocol_rule_clause(rule),
              fmt::format("unknown transaction ({} {:#x}, {} B)", command_name(payload.get_command()),
                          payload.get_address(), payload.get_data_length()),
              std::move(text)});
}

}  // namespace pade
