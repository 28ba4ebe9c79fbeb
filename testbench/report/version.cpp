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
    return "pade-sim " + version_text() + "\ncompiler: g++ or clang++ " + __VERSION__ + ", C++" +
           std::to_string(__cplusplus / 100 % 100) + "\n" + sc_core::sc_version();
}

}  // namespace pade
