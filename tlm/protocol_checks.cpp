// The checks of protocol_checker on what a payload says, and its books and lines.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "tlm/protocol_checker.h"

namespace pade {

namespace {

const char* command_name(tlm::tlm_command command) {
    return command == tlm::TLM_READ_COMMAND ? "read" : command == tlm::TLM_WRITE_COMMAND ? "write" : "ignore";
}

std::uint64_t effective_time(const sc_core::sc_time& delay) {
    return sc_core::sc_time_stamp().value() + delay.value();
}

// Not for security: finds bytes of a write that somebody overwrote. Eight bytes a step.
std::uint64_t hash_bytes(const unsigned char* data, unsigned length) {
    if (data == nullptr)
        return 0;
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

// ---- transactions in flight ---------------------------------------------------------------------------------------

void protocol_checker::record::keep_attributes(const tlm::tlm_generic_payload& payload) {
    command = payload.get_command();
    length = payload.get_data_length();
    streaming_width = payload.get_streaming_width();
    byte_enable_length = payload.get_byte_enable_length();
    data = payload.get_data_ptr();
    byte_enable = payload.get_byte_enable_ptr();
    byte_enable_hash = hash_bytes(byte_enable, byte_enable_length);
    if (command == tlm::TLM_WRITE_COMMAND)
        data_hash = hash_bytes(data, length);
}

protocol_checker::record* protocol_checker::find(const tlm::tlm_generic_payload& payload) {
    const auto at = live_.find(&payload);
    return at != live_.end() ? &at->second : nullptr;
}

protocol_checker::record& protocol_checker::begin(const tlm::tlm_generic_payload& payload, state at,
                                                  const sc_core::sc_time& delay) {
    record r;
    r.number = begun_++;
    r.at = at;
    r.keep_attributes(payload);
    r.option = payload.get_gp_option();
    r.address = payload.get_address();
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
    if (payload.get_gp_option() != tlm::TLM_MIN_PAYLOAD)
        note(protocol_rule::payload_option, &r, "request with another option than TLM_MIN_PAYLOAD");
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
    else if (hash_bytes(r.byte_enable, r.byte_enable_length) != r.byte_enable_hash)
        changed = "a byte enable";
    else if (payload.get_streaming_width() != r.streaming_width)
        changed = "the streaming width";
    else if (r.command == tlm::TLM_WRITE_COMMAND && r.data != nullptr && r.at != state::response &&
             hash_bytes(r.data, r.length) != r.data_hash)  // with the response the array is the initiator's again
        changed = "a byte of the data of a write";
    else if (r.at == state::response && payload.get_response_status() != r.status)
        changed = "the response status";
    if (payload.get_gp_option() != r.option)
        note(protocol_rule::payload_option, &r, "the option changed after the request was made");
    r.option = payload.get_gp_option();
    if (changed == nullptr)
        return;
    note(protocol_rule::attribute_changed, &r,
         fmt::format("{} changed after the {} was made", changed, r.at == state::response ? "response" : "request"));
    // Once is enough: go on from what is there now.
    r.keep_attributes(payload);
    r.status = payload.get_response_status();
}

// Once a transaction: one that nobody holds stays so.
void protocol_checker::check_reference(record& r, const tlm::tlm_generic_payload& payload, const char* at) {
    if (!r.held || payload.get_ref_count() > 0)
        return;
    r.held = false;
    if (payload.has_mm())
        note(protocol_rule::reference_count, &r, fmt::format("{} with a payload that nobody holds", at));
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
