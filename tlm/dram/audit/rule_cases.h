// For dram_auditor_test: logs made by hand, one for each rule of the table and each pair of commands that it names.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/params.h"
#include "tlm/dram/dram_command.h"

namespace pade::test {

/// Commands are lines of the log's text form; `first` and `second` are without CYCLE.
struct distance_case {
    std::string rule;
    cycle_t n;  ///< from `first`, in cycle 1000, to `second`: legal, and a cycle less is not
    std::function<void(dram_params&)> prepare;
    std::vector<std::string> ahead;  ///< before `first`
    std::string first;
    std::vector<std::string> between;
    std::string second;
    std::vector<std::string> also = {};  ///< other rules that must be broken with it
};

std::vector<distance_case> distance_cases();

/// Two logs that differ in one thing: one keeps the rule, the other breaks it (once), both keep all others.
struct log_case {
    std::string rule;
    std::function<void(dram_params&)> prepare;
    std::vector<std::string> good, bad;
    cycle_t good_end = 0, bad_end = 0;  ///< 0: the last command
};

std::vector<log_case> state_cases();
std::vector<log_case> refresh_cases();

/// All-bank refresh that never comes due in a short log.
dram_params case_params();

}  // namespace pade::test
