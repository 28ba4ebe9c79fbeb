// A machine from the bytes of a fuzz input.
#pragma once

#include "model/params.h"
#include "testbench/fuzz/fuzz.h"

namespace pade::fuzz {

/// Up to 24 parameters away from their defaults, each within its declared bounds, edges often. Mostly they are then
/// moved to where rules across parameters hold; what is left is for check_params to refuse. No bytes: the defaults.
/// The watchdog and what it must outlast are kept apart: 50,000 core cycles, and memories no slower than real ones.
params draw_params(bytes& in);

}  // namespace pade::fuzz
