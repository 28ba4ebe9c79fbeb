// A file being written, with every failure (no room, no permission, a limit) an input_error that names it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace pade {

class posix_file {
  public:
    /// Creates the file, or empties it. Throws input_error.
    explicit posix_file(const std::filesystem::path& path);
    ~posix_file();
    posix_file(posix_file&& other) noexcept;
    posix_file& operator=(posix_file&&) = delete;
    posix_file(const posix_file&) = delete;
    posix_file& operator=(const posix_file&) = delete;

    const std::filesystem::path& path() const { return path_; }

    /// Appends; collected into writes of 64 KiB.
    void append(const void* data, std::size_t bytes);
    /// Writes at an offset at once. Not to be mixed with append.
    void write_at(std::uint64_t offset, const void* data, std::size_t bytes);
    void resize(std::uint64_t bytes);
    void flush();
    /// Flushes, then reads the whole file in pieces and hands each to `sink(data, bytes)`.
    template <typename Sink>
    void for_each_piece(Sink&& sink) {
        std::vector<char> piece(piece_bytes);
        flush();
        for (std::uint64_t offset = 0;;) {
            const std::size_t got = read_at(offset, piece.data(), piece.size());
            if (got == 0)
                return;
            sink(piece.data(), got);
            offset += got;
        }
    }
    /// Takes the name away; the bytes live until the file is closed.
    void unlink();
    /// Flushes and closes; a file system may report a failed write only here. Nothing may follow.
    void close();

  private:
    static constexpr std::size_t piece_bytes = 65536;

    [[noreturn]] void fail(const char* what) const;
    std::size_t read_at(std::uint64_t offset, void* to, std::size_t bytes) const;

    std::filesystem::path path_;
    int descriptor_ = -1;
    std::vector<char> waiting_;
};

}  // namespace pade
