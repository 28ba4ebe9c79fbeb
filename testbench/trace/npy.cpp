#include "testbench/trace/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>
#include <type_traits>

#include "model/errors.h"
#include "testbench/trace/sha256.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "NPY data are read as they lie: little endian hosts only");

namespace pade {

namespace {

// NumPy itself writes 128 bytes; 2.0 exists for records of thousands of fields, which we do not read.
constexpr std::uint64_t header_limit = 1U << 20;

template <typename T>
constexpr const char* descr_of() {
    return std::is_same_v<T, float> ? "<f4" : "|i1";
}

template <typename T>
constexpr const char* name_of() {
    return std::is_same_v<T, float> ? "float32" : "int8";
}

/// One pass over a file whose size is known: every byte read is hashed, and nothing is read twice.
class hashed_file {
  public:
    explicit hashed_file(const std::filesystem::path& path) : name_(path.string()) {
        std::error_code error;
        const auto status = std::filesystem::status(path, error);
        if (!std::filesystem::exists(status))
            throw input_error(fmt::format("{}: there is no such file; allowed: an NPY file", name_));
        // Asked before opening: a FIFO would block.
        if (!std::filesystem::is_regular_file(status))
            throw input_error(fmt::format("{}: is not a regular file; allowed: an NPY file", name_));
        stream_.open(path, std::ios::binary);
        if (!stream_ || !stream_.seekg(0, std::ios::end))
            throw input_error(fmt::format("{}: cannot be opened; allowed: an NPY file that can be read", name_));
        size_ = static_cast<std::uint64_t>(stream_.tellg());
        stream_.seekg(0);
    }

    const std::string& name() const { return name_; }
    std::uint64_t size() const { return size_; }
    std::uint64_t position() const { return at_; }

    void read(void* to, std::uint64_t bytes, const char* what) {
        if (bytes > size_ - at_)
            throw input_error(fmt::format("{}: ends at byte {} in the middle of {}; allowed: {} bytes from byte {} on",
                                          name_, size_, what, bytes, at_));
        stream_.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes));
        if (stream_.gcount() != static_cast<std::streamsize>(bytes))
            throw input_error(fmt::format("{}: reading {} at byte {} failed; allowed: an NPY file that can be read",
                                          name_, what, at_));
        sum_.update(to, bytes);
        at_ += bytes;
    }

    std::string sha256_of_all() { return sum_.hex(); }

  private:
    std::string name_;
    std::ifstream stream_;
    std::uint64_t size_ = 0;
    std::uint64_t at_ = 0;
    sha256 sum_;
};

std::string read_header_text(hashed_file& file) {
    std::array<unsigned char, 8> start{};
    file.read(start.data(), start.size(), "the magic string and version of an NPY file");
    static constexpr unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    if (!std::equal(std::begin(magic), std::end(magic), start.begin()))
        throw input_error(
            fmt::format("{}: byte 0: is not an NPY file; allowed: files that start with \\x93NUMPY", file.name()));
    const unsigned major = start[6];
    const unsigned minor = start[7];
    if ((major != 1 && major != 2) || minor != 0)
        throw input_error(
            fmt::format("{}: byte 6: NPY version {}.{}; allowed: 1.0 and 2.0", file.name(), major, minor));
    std::array<unsigned char, 4> length_bytes{};
    file.read(length_bytes.data(), major == 1 ? 2 : 4, "the length of the NPY header");
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < length_bytes.size(); ++i)
        length |= std::uint64_t{length_bytes[i]} << (8 * i);
    if (length > header_limit)
        throw input_error(fmt::format("{}: byte 8: the NPY header is said to have {} bytes; allowed: at most {}",
                                      file.name(), length, header_limit));
    std::string text(length, '\0');
    file.read(text.data(), length, "the NPY header");
    return text;
}

/// Number of data bytes; no product may overflow, whatever the order of the sizes (a zero hides nothing).
std::uint64_t bytes_of(const std::vector<std::uint64_t>& shape, std::uint64_t element, const std::string& file) {
    std::uint64_t bytes = element;
    for (const std::uint64_t size : shape) {
        if (size != 0 && bytes > std::numeric_limits<std::int64_t>::max() / size)
            throw input_error(
                fmt::format("{}: NPY header: shape is {}; allowed: bytes that fit 63 bits", file, shape_text(shape)));
        bytes *= size;
    }
    return bytes;
}

}  // namespace

std::string shape_text(const std::vector<std::uint64_t>& shape) {
    std::string text;
    for (const std::uint64_t size : shape)
        text += (text.empty() ? "" : ", ") + std::to_string(size);
    return "[" + text + "]";
}

template <typename T>
npy_array<T> read_npy(const std::filesystem::path& path, const std::vector<std::uint64_t>& expected_shape) {
    hashed_file file(path);
    const npy_header header = parse_npy_header(read_header_text(file), file.name());
    if (header.descr != descr_of<T>())
        throw input_error(fmt::format("{}: NPY header: descr is '{}'; allowed: '{}' ({}, little endian)", file.name(),
                                      header.descr, descr_of<T>(), name_of<T>()));
    if (header.fortran_order)
        throw input_error(fmt::format("{}: NPY header: fortran_order is True; allowed: False (C order)", file.name()));
    if (!expected_shape.empty() && header.shape != expected_shape)
        throw input_error(fmt::format("{}: NPY header: shape is {}; allowed: {}, what the manifest says", file.name(),
                                      shape_text(header.shape), shape_text(expected_shape)));
    const std::uint64_t bytes = bytes_of(header.shape, sizeof(T), file.name());

    npy_array<T> array;
    array.shape = header.shape;
    array.file_bytes = file.size();
    // Compare with the file before allocating: the header alone must not make us allocate.
    const std::uint64_t before = file.position();
    if (bytes > file.size() - before)
        throw input_error(fmt::format("{}: ends at byte {}; allowed: shape {} of {}, {} bytes from byte {} on",
                                      file.name(), file.size(), shape_text(header.shape), name_of<T>(), bytes, before));
    if (bytes < file.size() - before)
        throw input_error(fmt::format("{}: byte {}: {} bytes follow the data of shape {}; allowed: none", file.name(),
                                      before + bytes, file.size() - before - bytes, shape_text(header.shape)));
    array.data.resize(bytes / sizeof(T));
    file.read(array.data.data(), bytes, "the data");
    array.sha256 = file.sha256_of_all();
    return array;
}

template npy_array<std::int8_t> read_npy(const std::filesystem::path&, const std::vector<std::uint64_t>&);
template npy_array<float> read_npy(const std::filesystem::path&, const std::vector<std::uint64_t>&);

}  // namespace pade
