// What this program is, for --version and stats.json.
#pragma once

#include <string>

namespace pade {

/// "0.1.0 (commit abc1234)".
std::string version_text();
/// Version, commit, compiler, SystemC; a line each.
std::string version_details();

}  // namespace pade
