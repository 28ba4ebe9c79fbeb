// A text file that is there whole or not at all.
#pragma once

#include <filesystem>
#include <string>

namespace pade {

/// Writes PATH.partial beside it and renames that: an earlier file is replaced. Throws input_error with the path.
void write_whole_file(const std::filesystem::path& path, const std::string& text);

/// What write_whole_file would refuse for its place, found out before the work is done.
void check_whole_file(const std::filesystem::path& path);

}  // namespace pade
