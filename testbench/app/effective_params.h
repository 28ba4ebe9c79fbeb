// The parameters of a command: defaults, each --config laid over in turn, then each --set.
#pragma once

#include <string>
#include <vector>

#include "model/params.h"

namespace pade {

/// For the whole chip. Throws input_error.
params load_effective_params(const std::vector<std::string>& configs, const std::vector<std::string>& sets);

/// For the memory alone, whose burst may have other than 32 B. Throws input_error.
params load_dram_params(const std::vector<std::string>& configs, const std::vector<std::string>& sets);

}  // namespace pade
