// The subcommands of pade-sim, each with its options and what it does.
#pragma once

#include <string>
#include <vector>

#include "testbench/run/trace_files.h"
#include "testbench/trace/trace_set.h"

namespace CLI {
class App;
}

namespace pade {

/// --head (-1: all) and --queries (A:B, or empty: all). Throws input_error.
selection parse_selection(int head, const std::string& queries);

struct run_arguments {
    std::string trace;
    std::string out;
    int head = -1;
    bool all_heads = false;
    std::string queries;
    std::vector<std::string> configs;
    std::vector<std::string> sets;
    std::vector<std::string> flips;
    std::vector<std::string> faults;
    std::string energy_table;
    trace_options traces;
    unsigned wave_max_mb = 1024;
    bool force = false;
    bool check_tlm = false;
    bool no_golden = false;
    bool no_timeline = false;
    bool json = false;
    bool reverse_construction = false;
    std::string command;  ///< what was typed
};
void add_run_options(CLI::App& app, run_arguments& args);
int run_command(const run_arguments& args);

struct check_arguments {
    std::vector<std::string> configs;
    std::vector<std::string> sets;
    std::string trace;
};
void add_check_options(CLI::App& app, check_arguments& args);
int check_command(const check_arguments& args);

}  // namespace pade
