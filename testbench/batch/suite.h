// Every trace set below a folder, one run each: a table, a CSV file, and a JUnit report for CI systems.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "testbench/batch/run_batch.h"

namespace pade {

/// Folders with a manifest.json, in the order of their names. Throws input_error when there is none.
std::vector<std::filesystem::path> trace_sets_below(const std::filesystem::path& folder);

/// A name for each set's results: its path below the folder. A set inside of another one's folder gets a name without
/// slashes, so that no result lies in another one's folder.
std::vector<std::string> suite_names(const std::filesystem::path& folder,
                                     const std::vector<std::filesystem::path>& sets);

std::string suite_table(const std::vector<planned_run>& plan, const std::vector<finished_run>& runs);
std::string suite_csv(const std::vector<planned_run>& plan, const std::vector<finished_run>& runs);
std::string suite_junit(const std::vector<planned_run>& plan, const std::vector<finished_run>& runs);

/// 0 when all runs ended with 0; otherwise 4 before 3 before 2.
int suite_exit_code(const std::vector<finished_run>& runs);

}  // namespace pade
