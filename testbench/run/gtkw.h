// A GTKWave save file for a waveform: one row, one lane, one DRAM channel and the units they work with, in the order in
// which a plane passes them.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pade {

/// signals: paths and widths of those that are in the waveform; the first row, lane and channel among them are shown.
std::string gtkwave_save_file(const std::vector<std::pair<std::string, unsigned>>& signals);

}  // namespace pade
