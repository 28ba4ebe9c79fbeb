#include "testbench/output/posix_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "model/errors.h"

namespace pade {

posix_file::posix_file(const std::filesystem::path& path) : path_(path) {
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0)
        fail("cannot be created");
}

posix_file::posix_file(posix_file&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      waiting_(std::move(other.waiting_)) {}

posix_file::~posix_file() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

void posix_file::fail(const char* what) const {
    throw input_error(fmt::format("{}: {} ({}); allowed: a file in a folder that can be written and has room",
                                  path_.string(), what, std::strerror(errno)));
}

void posix_file::append(const void* data, std::size_t bytes) {
    const char* from = static_cast<const char*>(data);
    waiting_.insert(waiting_.end(), from, from + bytes);
    if (waiting_.size() >= piece_bytes)
        flush();
}

void posix_file::flush() {
    for (std::size_t done = 0; done < waiting_.size();) {
        const ssize_t written = ::write(descriptor_, waiting_.data() + done, waiting_.size() - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            waiting_.clear();  // the destructor of a caller must not try again
            fail("cannot be written");
        }
        done += static_cast<std::size_t>(written);
    }
    waiting_.clear();
}

void posix_file::write_at(std::uint64_t offset, const void* data, std::size_t bytes) {
    const char* from = static_cast<const char*>(data);
    for (std::size_t done = 0; done < bytes;) {
        const ssize_t written = ::pwrite(descriptor_, from + done, bytes - done, static_cast<off_t>(offset + done));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            fail("cannot be written");
        done += static_cast<std::size_t>(written);
    }
}

std::size_t posix_file::read_at(std::uint64_t offset, void* to, std::size_t bytes) const {
    for (;;) {
        const ssize_t got = ::pread(descriptor_, to, bytes, static_cast<off_t>(offset));
        if (got >= 0)
            return static_cast<std::size_t>(got);
        if (errno != EINTR)
            fail("cannot be read");
    }
}

void posix_file::resize(std::uint64_t bytes) {
    if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0)
        fail("cannot be given its size");
}

void posix_file::unlink() {
    if (::unlink(path_.c_str()) != 0)
        fail("cannot be removed");
}

void posix_file::close() {
    flush();
    if (::close(std::exchange(descriptor_, -1)) != 0)
        fail("cannot be closed");
}

}  // namespace pade
