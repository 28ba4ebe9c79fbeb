// Numbers of clock edges, for what needs no clock.
#pragma once

#include <cstdint>

namespace pade {

using cycle_t = std::uint64_t;

}  // namespace pade
