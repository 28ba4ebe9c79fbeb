// The sections of the page, each a chart of one or of two runs on the same scales. Throw input_error where a figure
// that they need is not there.
#pragma once

#include <string>
#include <vector>

#include "testbench/report/html/panel.h"

namespace pade::html {

/// Classes of each unit's cycles as bars.
std::string classes_section(const std::vector<panel>& panels);
/// The same classes over the cycles of the run.
std::string timeline_section(const std::vector<panel>& panels);
/// Entries in use in the lanes' scoreboards over the cycles of the run.
std::string scoreboard_section(const std::vector<panel>& panels);
/// Traffic by pseudo channel and bank.
std::string dram_section(const std::vector<panel>& panels);
/// Where pairs ended, plane by plane.
std::string pruning_section(const std::vector<panel>& panels);
/// Energy by part and by line.
std::string energy_section(const std::vector<panel>& panels);
/// Retained pairs over queries and keys.
std::string retained_section(const std::vector<panel>& panels);

/// Job, checks, key figures, parameters, bottlenecks.
std::string head_section(const std::vector<panel>& panels);
/// Two runs: parameters and figures that differ.
std::string difference_section(const run_record& a, const run_record& b);

}  // namespace pade::html
