// One run of the DRAM controller alone: a request list in, figures out.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "model/params.h"
#include "model/stats.h"
#include "testbench/dram/memory_request.h"

namespace pade {

struct dram_run_options {
    unsigned outstanding = 32;  ///< reads in flight on a pseudo channel, 0: no limit
    std::string command_log;    ///< file for the log of all commands, "": none
    bool check_tlm = false;     ///< a protocol checker on every link
    std::function<void(std::uint64_t done, std::uint64_t all)> on_progress;
};

/// Figures by the names of docs/dram.md; every command goes through the auditor. Throws input_error for parameters
/// that cannot work together, internal_error when a request is never answered. One run a process: SystemC ends with it.
stats run_dram(const params& p, const request_list& requests, const dram_run_options& options);

/// A page for people.
std::string dram_summary(const stats& figures, const params& p);

}  // namespace pade
