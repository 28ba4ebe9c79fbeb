#include "testbench/output/output_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>
#include <algorithm>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>

#include "model/errors.h"

namespace pade {

namespace fs = std::filesystem;

namespace {

constexpr const char* owner_file = "owner.pid";

/// Holds other runs off while the folder above OUT is looked at and changed. Where the file system has no locks, two
/// runs that start in the same instant are not told apart.
class folder_lock {
  public:
    explicit folder_lock(const fs::path& folder)
        : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        if (descriptor_ >= 0)
            while (::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
            }
    }
    ~folder_lock() {
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }
    folder_lock(const folder_lock&) = delete;
    folder_lock& operator=(const folder_lock&) = delete;

  private:
    int descriptor_;
};

/// When a process started, in clock ticks since boot (proc(5), field 22), or empty: tells a process from a later one
/// that was given the same number.
std::string start_of(long pid) {
    std::ifstream stat(fmt::format("/proc/{}/stat", pid));
    std::string text;
    std::getline(stat, text);
    const std::size_t name_end = text.rfind(')');  // the name may hold spaces and parentheses
    if (name_end == std::string::npos)
        return "";
    std::size_t at = name_end + 1;
    for (int field = 3; field <= 22; ++field) {
        at = text.find_first_not_of(' ', at);
        if (at == std::string::npos)
            return "";
        const std::size_t end = text.find(' ', at);
        if (field == 22)
            return text.substr(at, end - at);
        at = end;
    }
    return "";
}

/// Process that writes into `partial`, or 0 when there is none any more.
long live_owner(const fs::path& partial) {
    std::ifstream file(partial / owner_file);
    long pid = 0;
    std::string start;
    if (!(file >> pid) || pid <= 0 || pid > std::numeric_limits<pid_t>::max())
        return 0;
    file >> start;
    if (::kill(static_cast<pid_t>(pid), 0) != 0 && errno != EPERM)
        return 0;
    const std::string now = start_of(pid);
    return now.empty() || start.empty() || now == start ? pid : 0;
}

[[noreturn]] void fail(const fs::path& path, const std::string& what, const std::error_code& error) {
    throw input_error(fmt::format("{}: {} ({}); allowed: a path in a folder that can be written and has room",
                                  path.string(), what, error.message()));
}

}  // namespace

void require_apart(const fs::path& out, const fs::path& input) {
    std::error_code error;
    const fs::path a = fs::weakly_canonical(out, error);
    if (error)
        fail(out, "cannot be used for --out", error);
    const fs::path b = fs::weakly_canonical(input, error);
    if (error)
        throw input_error(fmt::format("{}: cannot be reached ({}); allowed: the path of a trace set", input.string(),
                                      error.message()));
    const auto inside = [](const fs::path& inner, const fs::path& outer) {
        return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
    };
    if (inside(a, b) || inside(b, a))
        throw input_error("--out " + out.string() + ": overlaps the trace set " + input.string() +
                          "; allowed: a folder beside it");
}

output_dir::output_dir(const fs::path& out, bool force) : force_(force) {
    if (out.empty())
        throw input_error("--out: is empty; allowed: the path of a folder");
    std::error_code error;
    // Links are followed once, here, so that what is renamed is the folder itself and not a link to it.
    out_ = fs::weakly_canonical(fs::absolute(out), error);
    if (error)
        fail(out, "cannot be used as output folder", error);
    if (!out_.has_filename())
        out_ = out_.parent_path();
    if (!out_.has_filename())
        throw input_error(
            fmt::format("{}: cannot be used as output folder; allowed: a folder in another one", out.string()));
    partial_ = out_;
    partial_ += ".partial";
    check_out();
    fs::create_directories(out_.parent_path(), error);
    if (error)
        fail(out_.parent_path(), "cannot be made", error);
    const folder_lock lock(out_.parent_path());
    claim_partial();
}

output_dir::~output_dir() {
    std::error_code ignored;
    if (owned_)
        fs::remove_all(partial_, ignored);
}

void output_dir::check_out() const {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(out_, error);
    if (!fs::exists(status))
        return;
    if (!fs::is_directory(status))
        throw input_error(fmt::format("{}: is in the way: not a folder; allowed: an --out of a new name, or a folder",
                                      out_.string()));
    const bool empty = fs::is_empty(out_, error);
    if (error)
        fail(out_, "cannot be read", error);
    if (!empty && !force_)
        throw input_error(
            fmt::format("{}: is not empty; allowed: another --out, or --force to replace it", out_.string()));
}

void output_dir::claim_partial() {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(partial_, error);
    if (fs::exists(status)) {
        if (!fs::is_directory(status))
            throw input_error(
                fmt::format("{}: is in the way; allowed: nothing, or the folder of an earlier run", partial_.string()));
        if (const long pid = live_owner(partial_))
            throw input_error(
                fmt::format("{}: process {} is writing there; allowed: another --out, or when it has finished",
                            partial_.string(), pid));
        fs::remove_all(partial_, error);
        if (error)
            fail(partial_, "is stale and cannot be removed", error);
    }
    if (!fs::create_directory(partial_, error))
        fail(partial_, "cannot be made", error);
    owned_ = true;
    const long pid = ::getpid();
    std::ofstream owner(partial_ / owner_file);
    owner << pid << ' ' << start_of(pid) << '\n';
    if (!owner.flush()) {
        const std::string why = std::strerror(errno);
        fs::remove_all(partial_, error);
        throw input_error(fmt::format("{}: cannot be written ({}); allowed: a folder that can be written and has room",
                                      (partial_ / owner_file).string(), why));
    }
}

void output_dir::commit() {
    const folder_lock lock(out_.parent_path());
    check_out();
    std::error_code error;
    fs::remove(partial_ / owner_file, error);
    if (error)
        fail(partial_ / owner_file, "cannot be removed", error);
    // An earlier result changes places with the new one in one step: whoever is killed here leaves one of the two. What
    // is stale then is OUT.partial, which the next run removes.
    if (fs::exists(out_, error) && !fs::is_empty(out_, error) &&
        ::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, out_.c_str(), RENAME_EXCHANGE) == 0) {
        owned_ = false;
        fs::remove_all(partial_, error);
        if (error)
            fail(partial_, "cannot be removed", error);
        return;
    }
    // Where the file system cannot do that: rename(2) replaces an empty folder by itself; an earlier result steps aside
    // first and comes back on failure.
    fs::path earlier;
    if (fs::exists(out_, error) && !fs::is_empty(out_, error)) {
        earlier = out_;
        earlier += fmt::format(".replaced-{}", ::getpid());
        fs::rename(out_, earlier, error);
        if (error)
            fail(out_, "cannot be replaced", error);
    }
    fs::rename(partial_, out_, error);
    if (error) {
        std::error_code ignored;
        if (!earlier.empty())
            fs::rename(earlier, out_, ignored);
        fail(out_, "cannot be put in place", error);
    }
    owned_ = false;
    if (!earlier.empty())
        fs::remove_all(earlier, error);
    if (error)
        fail(earlier, "cannot be removed", error);
}

}  // namespace pade
