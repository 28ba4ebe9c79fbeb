// Bytes -> an NPY file, read as int8 and as float32, whole and with a shape announced; its header alone as well.
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "testbench/fuzz/fuzz.h"
#include "testbench/trace/npy.h"

namespace {

using namespace pade;

/// A file without a folder; it has a path while the process lives.
class memory_file {
  public:
    memory_file(const std::uint8_t* data, std::size_t size) : fd_(::memfd_create("npy", MFD_CLOEXEC)) {
        fuzz::require(fd_ >= 0 && ::write(fd_, data, size) == static_cast<ssize_t>(size), "memfd");
    }
    ~memory_file() { ::close(fd_); }
    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;
    std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

  private:
    int fd_;
};

template <typename T>
void read_as(const std::string& path, const std::uint8_t* data, std::size_t size) {
    npy_array<T> array;
    if (!fuzz::accepts([&] { array = read_npy<T>(path); }))
        return;
    std::size_t elements = 1;
    for (const std::uint64_t length : array.shape)
        elements *= length;
    const std::size_t wanted = elements * sizeof(T);
    fuzz::require(array.data.size() == elements && wanted < size, "an array of another size than its shape says");
    fuzz::require(wanted == 0 || std::memcmp(array.data.data(), data + size - wanted, wanted) == 0,
                  "data are not the end of the file");
    fuzz::require(array.file_bytes == size, "file_bytes is not the size of the file");
    if (array.shape.empty())
        return;  // no shape is announced by an empty one
    fuzz::require(fuzz::accepts([&] { read_npy<T>(path, array.shape); }), "its own shape is refused");
    std::vector<std::uint64_t> other = array.shape;
    other[0] += 1;
    fuzz::require(!fuzz::accepts([&] { read_npy<T>(path, other); }), "another shape is accepted");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const memory_file file(data, size);
    read_as<std::int8_t>(file.path(), data, size);
    read_as<float>(file.path(), data, size);
    const std::string header(reinterpret_cast<const char*>(data), size);
    fuzz::accepts([&] { parse_npy_header(header, "header"); });
    return 0;
}
