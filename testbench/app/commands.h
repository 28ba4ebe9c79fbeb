// The subcommands of pade-sim, each with its options and what it does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testbench/run/trace_files.h"
#include "testbench/trace/trace_set.h"

namespace CLI {
class App;
}

namespace pade {

/// --head (-1: all), --queries (A:B, or empty: all) and --heads (0,2/1,3, or empty). Throws input_error.
selection parse_selection(int head, const std::string& queries, const std::string& heads = "");

struct run_arguments {
    std::string trace;
    std::string out;
    int head = -1;
    bool all_heads = false;
    std::string heads;
    std::string queries;
    std::vector<std::string> configs;
    std::vector<std::string> sets;
    std::vector<std::string> flips;
    std::vector<std::string> faults;
    std::string energy_table;
    trace_options traces;
    std::string record_rtl;  ///< folder for the ports of blocks; empty: none
    unsigned wave_max_mb = 1024;
    bool force = false;
    bool check_tlm = false;
    bool no_golden = false;
    bool no_timeline = false;
    bool json = false;
    bool reverse_construction = false;
    std::string command;   ///< what was typed
    std::string workload;  ///< with it, --trace is chosen by the list of workloads
    std::string workloads;
    std::vector<std::string> directories;
    unsigned sample_heads = 32;
    std::uint64_t seed = 1;
    unsigned jobs = 0;
};
void add_run_options(CLI::App& app, run_arguments& args);
int run_command(const CLI::App& app, const run_arguments& args);

struct check_arguments {
    std::vector<std::string> configs;
    std::vector<std::string> sets;
    std::string trace;
};
void add_check_options(CLI::App& app, check_arguments& args);
int check_command(const check_arguments& args);

}  // namespace pade
