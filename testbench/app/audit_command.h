// pade-sim audit: holds a DRAM command log against every timing and state rule of the memory.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace pade {

struct audit_arguments {
    std::string log;
    std::vector<std::string> configs;
    std::vector<std::string> sets;
    bool rules = false;
    bool json = false;
};
void add_audit_options(CLI::App& app, audit_arguments& args);
/// Exit code 0 without and failed_check with violations. Throws input_error.
int audit_command(const audit_arguments& args);

}  // namespace pade
