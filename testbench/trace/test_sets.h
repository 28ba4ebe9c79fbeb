// For tests only: the real trace sets, where they are. Needs the CMake target pade_test_sets.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "testbench/trace/trace_set.h"

namespace pade::test {

/// Ends this test case's process as skipped (ctest's SKIP_RETURN_CODE).
[[noreturn]] inline void skip(const std::string& why) {
    std::printf("skipped: %s\n", why.c_str());
    std::exit(77);
}

inline std::vector<std::filesystem::path> real_set_directories() {
    return trace_directories(PADE_DEFAULT_TRACES);
}

/// The folder of one real set, "family/set"; skips the test where it is not there.
inline std::filesystem::path real_set_or_skip(const std::string& name) {
    for (const std::filesystem::path& directory : real_set_directories())
        if (std::filesystem::exists(directory / name / "manifest.json"))
            return directory / name;
    skip("trace set " + name + " is not below the directories of PADE_TRACES");
}

}  // namespace pade::test
