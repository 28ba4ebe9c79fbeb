#include "tlm/protocol_rule.h"

#include <array>

namespace pade {

namespace {

enum who : std::uint8_t { initiator = 1, target = 2, both = 3 };

struct rule_text {
    const char* name;
    const char* clause;
    who breaks;
};

// In the order of protocol_rule.
constexpr std::array<rule_text, protocol_rule_count> rules{{
    {"phase order", "IEEE 1666-2011, 15.2.3 b, 15.2.4", both},
    {"phase direction", "IEEE 1666-2011, 15.2.3 c", both},
    {"return value", "IEEE 1666-2011, 15.2.3 f, 15.2.4", both},
    {"accepted means unchanged", "IEEE 1666-2011, 11.1.2.6", both},
    {"request exclusion", "IEEE 1666-2011, 15.2.6 e", initiator},
    {"response exclusion", "IEEE 1666-2011, 15.2.6 f, 15.2.3 i", target},
    {"attribute changed", "IEEE 1666-2011, 14.7", both},
    {"response status at request", "IEEE 1666-2011, 14.17 e, 15.2.13.2 d", initiator},
    {"DMI hint at request", "IEEE 1666-2011, 14.16, 15.2.13.2 d", initiator},
    {"response status at response", "IEEE 1666-2011, 15.2.11 c and d", target},
    {"memory manager", "IEEE 1666-2011, 14.5 i, 15.2.3 p", initiator},
    {"reference count", "IEEE 1666-2011, 14.5 t, 15.2.13.3 a", both},
    {"generic payload option", "IEEE 1666-2011, 14.8 g", both},
    {"mixed transport interfaces", "IEEE 1666-2011, 15.2.10 c", both},
    {"re-entrant b_transport", "IEEE 1666-2011, 15.2.8 d", initiator},
    {"b_transport from a method", "IEEE 1666-2011, 11.1.1.4 b", initiator},
    {"time goes backwards", "IEEE 1666-2011, 15.2.7 b and c", both},
    {"data length", "IEEE 1666-2011, 14.12 d", initiator},
    {"data pointer", "IEEE 1666-2011, 14.11 e", initiator},
    {"streaming width", "IEEE 1666-2011, 14.15 f", initiator},
    {"byte enable length", "IEEE 1666-2011, 14.14 f", initiator},
    {"DMI descriptor", "IEEE 1666-2011, 11.2.5 a, f, u and ac", initiator},
    {"debug access", "IEEE 1666-2011, 11.3.4 l and s", both},
    {"unfinished transaction", "IEEE 1666-2011, 15.2.3 n", both},
}};

const rule_text& text_of(protocol_rule rule) {
    return rules[static_cast<std::size_t>(rule)];
}

}  // namespace

const char* protocol_rule_name(protocol_rule rule) {
    return text_of(rule).name;
}
const char* protocol_rule_clause(protocol_rule rule) {
    return text_of(rule).clause;
}
bool can_break(protocol_end end, protocol_rule rule) {
    return (text_of(rule).breaks & (end == protocol_end::initiator ? initiator : target)) != 0;
}

}  // namespace pade
