// The summary of a run for people: what was run, how right it is, how long it took, where the cycles went, what limits
// it.
#pragma once

#include <string>

#include "model/params.h"
#include "model/stats.h"

namespace pade {

std::string summary(const stats& figures, const params& p);

}  // namespace pade
