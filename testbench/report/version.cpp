#include "testbench/report/version.h"

#include <systemc>

#ifndef PADE_VERSION
#define PADE_VERSION "unknown"
#endif
#ifndef PADE_COMMIT
#define PADE_COMMIT "unknown"
#endif

namespace pade {

std::string version_text() {
    return std::string(PADE_VERSION) + " (commit " + PADE_COMMIT + ")";
}

std::string version_details() {
#if defined(__clang__)
    const std::string compiler = __VERSION__;
#else
    const std::string compiler = std::string("GCC ") + __VERSION__;
#endif
    return "pade-sim " + version_text() + "\ncompiler: " + compiler + ", C++" +
           std::to_string(__cplusplus / 100 % 100) + "\n" + sc_core::sc_version();
}

}  // namespace pade
