#include "tlm/protocol_rule.h"

#include <array>
#include <cstddef>

namespace pade {

namespace {

struct rule_text {
    const char* name;
    const char* clause;
};

// In the order of protocol_rule.
constexpr std::array<rule_text, 20> rules{{
    {"phase order", "IEEE 1666-2011, 15.2.3 b, 15.2.4"},
    {"phase direction", "IEEE 1666-2011, 15.2.3 c"},
    {"return value", "IEEE 1666-2011, 15.2.3 f, 15.2.4"},
    {"accepted means unchanged", "IEEE 1666-2011, 11.2.3.7"},
    {"request exclusion", "IEEE 1666-2011, 15.2.6 e"},
    {"response exclusion", "IEEE 1666-2011, 15.2.6 f, 15.2.3 i"},
    {"attribute changed", "IEEE 1666-2011, 14.7"},
    {"response status at request", "IEEE 1666-2011, 14.17, 15.2.13.2 d"},
    {"DMI hint at request", "IEEE 1666-2011, 14.16, 15.2.13.2 d"},
    {"response status at response", "IEEE 1666-2011, 15.2.11 c and d"},
    {"memory manager", "IEEE 1666-2011, 14.5, 15.2.3 p"},
    {"reference count", "IEEE 1666-2011, 14.5, 15.2.13.3 a"},
    {"mixed transport interfaces", "IEEE 1666-2011, 15.2.10 c"},
    {"re-entrant b_transport", "IEEE 1666-2011, 15.2.8 d"},
    {"time goes backwards", "IEEE 1666-2011, 15.2.7 b and c"},
    {"data length", "IEEE 1666-2011, 14.12"},
    {"data pointer", "IEEE 1666-2011, 14.11"},
    {"streaming width", "IEEE 1666-2011, 14.15"},
    {"byte enable length", "IEEE 1666-2011, 14.14"},
    {"unfinished transaction", "IEEE 1666-2011, 15.2.3 n"},
}};
static_assert(rules.size() == static_cast<std::size_t>(protocol_rule::unfinished) + 1);

}  // namespace

const char* protocol_rule_name(protocol_rule rule) {
    return rules[static_cast<std::size_t>(rule)].name;
}
const char* protocol_rule_clause(protocol_rule rule) {
    return rules[static_cast<std::size_t>(rule)].clause;
}

}  // namespace pade
