// The counters of a chip on which everything is busy in every cycle: what a power figure for the whole chip, such as
// the paper's 591 mW, is about. No run reaches it.
#pragma once

#include <cstdint>

#include "model/params.h"
#include "model/stats.h"

namespace pade {

/// Counters of so many cycles at full load: each lane a plane of random bits a cycle, K feed and V ports full, each
/// multiplier a product, softmax at its rate, the DRAM at its peak with one ACT a row of 1 KiB.
stats full_load(const params& p, std::uint64_t cycles);

}  // namespace pade
