// SC_REPORT through one spdlog logger: level, simulated time and hierarchical name on each line, on stderr.
#pragma once

#include <string>

namespace pade {

/// Installs the handler. level: trace, debug, info, warn, error, off.
void install_log(const std::string& level);
/// SystemC warnings and errors reported so far.
unsigned reports_of_trouble();

}  // namespace pade
