// For protocol_violation_test: traffic that breaks one rule once, by the end that is at fault.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tlm/protocol_test_bench.h"

namespace pade::protocol_test {

struct violation_case {
    protocol_rule rule;
    std::string name;
    std::string text;  ///< in the line of the violation
    std::function<void(ends&)> plan;
};

/// release(), where the static analyser does not see that the payload is used on purpose after it.
void let_go(tlm_generic_payload& payload);

/// By a bad initiator in front of a good target, and the other way round.
std::vector<violation_case> bad_initiators();
std::vector<violation_case> bad_targets();

}  // namespace pade::protocol_test
