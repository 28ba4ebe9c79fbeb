// The rules of the TLM-2.0 base protocol that protocol_checker checks.
#pragma once

#include <cstdint>

namespace pade {

enum class protocol_rule : std::uint8_t {
    phase_order,            ///< BEGIN_REQ, END_REQ, BEGIN_RESP, END_RESP: table 57 of 15.2.4
    phase_direction,        ///< BEGIN_REQ and END_RESP come from the initiator, the other two from the target
    return_value,           ///< TLM_UPDATED or TLM_COMPLETED where table 57 has no such row
    accepted_unchanged,     ///< TLM_ACCEPTED leaves phase and time alone
    request_exclusion,      ///< one request at a time
    response_exclusion,     ///< one response at a time, also the implicit one of TLM_COMPLETED
    attribute_changed,      ///< command, pointers, lengths, streaming width, bytes of a write: fixed by BEGIN_REQ
    status_at_request,      ///< TLM_INCOMPLETE_RESPONSE when the request is made
    dmi_hint_at_request,    ///< DMI allowed is false when the request is made
    status_at_response,     ///< not TLM_INCOMPLETE_RESPONSE when the response is given
    memory_manager,         ///< nb_transport needs a payload with a memory manager
    reference_count,        ///< and somebody who holds it
    mixed_transport,        ///< b_transport and nb_transport for one transaction
    reentrant_b_transport,  ///< b_transport again while it is running for the same payload
    time_backwards,         ///< simulated time + annotation never decreases within a transaction
    data_length,            ///< greater than 0
    data_pointer,           ///< not null
    streaming_width,        ///< greater than 0
    byte_enable,            ///< an enable array has a length greater than 0
    unfinished,             ///< each transaction that began has ended at the end of the run
};

/// Short name and clause of a rule.
const char* protocol_rule_name(protocol_rule rule);
const char* protocol_rule_clause(protocol_rule rule);

}  // namespace pade
