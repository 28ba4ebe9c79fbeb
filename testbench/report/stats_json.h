// stats.json: the tree of statistics, nested by its dotted paths.
#pragma once

#include <filesystem>
#include <string>

#include "model/stats.h"

namespace pade {

/// Keys in the order in which they were added; null for what has no value; NaN and infinity become null.
std::string stats_to_json(const stats& figures);

/// Writes a whole text file. Throws input_error with the path when that fails.
void write_text(const std::filesystem::path& path, const std::string& text);

}  // namespace pade
