// pade-sim dram: the DRAM controller alone.
#pragma once

#include <string>
#include <vector>

#include "testbench/dram/patterns.h"

namespace CLI {
class App;
}

namespace pade {

struct dram_arguments {
    std::string requests;
    pattern_options pattern;
    unsigned outstanding = 32;
    std::string json;
    std::string command_log;
    std::string save_requests;
    bool check_tlm = false;
    std::vector<std::string> configs;
    std::vector<std::string> sets;
};
void add_dram_options(CLI::App& app, dram_arguments& args);
int dram_command(const dram_arguments& args);

}  // namespace pade
