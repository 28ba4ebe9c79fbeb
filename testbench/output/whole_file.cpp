#include "testbench/output/whole_file.h"

#include "model/errors.h"
#include "testbench/output/posix_file.h"

namespace pade {

void check_whole_file(const std::filesystem::path& path) {
    std::error_code error;
    if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error))
        throw input_error(path.string() + ": is there and is no file; allowed: a new name, or a file to replace");
    if (path.has_parent_path() && !std::filesystem::is_directory(path.parent_path(), error))
        throw input_error(path.string() + ": there is no folder " + path.parent_path().string() +
                          "; allowed: a path in a folder that exists");
}

void write_whole_file(const std::filesystem::path& path, const std::string& text) {
    check_whole_file(path);
    std::error_code error;
    const std::filesystem::path partial = path.string() + ".partial";
    try {
        posix_file file(partial);
        file.append(text.data(), text.size());
        file.close();
        std::filesystem::rename(partial, path, error);
    } catch (...) {
        std::filesystem::remove(partial, error);
        throw;
    }
    if (error) {
        const std::string why = error.message();
        std::filesystem::remove(partial, error);
        throw input_error(path.string() + ": cannot be written (" + why + "); allowed: a path in a writable folder");
    }
}

}  // namespace pade
