// pade-sim energy: area and power at full load of the chip that the parameters describe, beside the paper's.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace pade {

struct energy_arguments {
    std::vector<std::string> configs;
    std::vector<std::string> sets;
    std::string table;
    bool json = false;
};
void add_energy_options(CLI::App& app, energy_arguments& args);
/// Throws input_error.
int energy_command(const energy_arguments& args);

}  // namespace pade
