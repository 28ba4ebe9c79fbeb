// The rules of the TLM-2.0 base protocol that protocol_checker checks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pade {

enum class protocol_rule : std::uint8_t {
    phase_order,         ///< BEGIN_REQ, END_REQ, BEGIN_RESP, END_RESP: table 57 of 15.2.4
    phase_direction,     ///< BEGIN_REQ and END_RESP come from the initiator, the other two from the target
    return_value,        ///< TLM_UPDATED or TLM_COMPLETED where table 57 has no such row
    accepted_unchanged,  ///< TLM_ACCEPTED leaves phase and time alone
    request_exclusion,   ///< one request at a time
    response_exclusion,  ///< one response at a time, also the implicit one of TLM_COMPLETED
    attribute_changed,  ///< command, pointers, lengths, streaming width, enables, bytes of a write: fixed by BEGIN_REQ;
                        ///< the response status by BEGIN_RESP
    status_at_request,  ///< TLM_INCOMPLETE_RESPONSE when the request is made
    dmi_hint_at_request,    ///< DMI allowed is false when the request is made
    status_at_response,     ///< not TLM_INCOMPLETE_RESPONSE when the response is given
    memory_manager,         ///< nb_transport needs a payload with a memory manager
    reference_count,        ///< and somebody who holds it, to the end; so does b_transport with a memory manager
    payload_option,         ///< the generic payload option is TLM_MIN_PAYLOAD, as no transport call has another
    mixed_transport,        ///< b_transport and nb_transport for one transaction
    reentrant_b_transport,  ///< b_transport again while it is running for the same payload
    blocking_from_method,   ///< b_transport may wait: not from a method process
    time_backwards,         ///< simulated time + annotation never decreases within a transaction
    data_length,            ///< greater than 0
    data_pointer,           ///< not null
    streaming_width,        ///< greater than 0
    byte_enable,            ///< an enable array has a length greater than 0
    dmi_descriptor,         ///< get_direct_mem_ptr gets a descriptor as its constructor or init() leaves it
    debug_access,           ///< transport_dbg: an array where bytes are asked for, and not more bytes than asked for
    unfinished,             ///< each transaction that began has ended at the end of the run
};

constexpr std::size_t protocol_rule_count = static_cast<std::size_t>(protocol_rule::unfinished) + 1;

/// The two ends of a link.
enum class protocol_end : std::uint8_t { initiator, target };

/// Whether that end alone can break the rule.
bool can_break(protocol_end end, protocol_rule rule);

/// Short name and clause of a rule. The clauses are those that the Doulos base protocol checker of 2013 cites, where it
/// has the rule.
const char* protocol_rule_name(protocol_rule rule);
const char* protocol_rule_clause(protocol_rule rule);

}  // namespace pade
