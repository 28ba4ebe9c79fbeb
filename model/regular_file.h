// Whole small files. Only regular ones are opened: a FIFO would block for ever, a device may never end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace pade {

/// Throws input_error with the path when there is no such file, it is of another kind, larger than `most` bytes, or
/// cannot be read; `what` says in that message what is allowed, for example "a JSON file".
std::string read_regular_file(const std::filesystem::path& path, std::uint64_t most, const std::string& what);

}  // namespace pade
