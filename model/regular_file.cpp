#include "model/regular_file.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "model/errors.h"

namespace pade {

std::string read_regular_file(const std::filesystem::path& path, std::uint64_t most, const std::string& what) {
    namespace fs = std::filesystem;
    const auto refuse = [&](const std::string& why) {
        throw input_error(fmt::format("{}: {}; allowed: {}", path.string(), why, what));
    };
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found)
        refuse("there is no such file");
    if (!fs::status_known(status))
        refuse("cannot be opened (" + error.message() + ")");
    if (!fs::is_regular_file(status))
        refuse(fs::is_directory(status) ? "is a folder" : "is not a regular file");
    const std::uintmax_t size = fs::file_size(path, error);
    if (error || size > most)
        throw input_error(
            fmt::format("{}: has {} bytes; allowed: {} of at most {} bytes", path.string(), size, what, most));
    std::ifstream in(path, std::ios::binary);
    if (!in)
        refuse("cannot be opened for reading");
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (in.bad())
        refuse("cannot be read");
    return text;
}

}  // namespace pade
