// Strict reader of NumPy's NPY files, format 1.0 to 2.0 (numpy/lib/format.py documents it): int8 and float32 only, C
// order, little endian, and exactly the bytes that the header announces.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pade {

template <typename T>
struct npy_array {
    std::vector<std::uint64_t> shape;
    std::vector<T> data;           ///< C order
    std::uint64_t file_bytes = 0;  ///< of the whole file, header included
    std::string sha256;            ///< of the whole file
};

/// Header of an NPY file, as parse_npy_header finds it.
struct npy_header {
    std::string descr;
    bool fortran_order = false;
    std::vector<std::uint64_t> shape;
};

/// Parses the header's dictionary (what follows the length field). `file` is named in errors.
/// Throws input_error with the offset in the dictionary on anything but the three known keys, once each.
npy_header parse_npy_header(const std::string& text, const std::string& file);

/// Reads a file of T (std::int8_t or float). With `expected_shape` not empty, a file of another shape is an error found
/// before any data is read, so that a wrong file never costs its size in memory. Throws input_error for every defect:
/// file, what, where, what is allowed.
template <typename T>
npy_array<T> read_npy(const std::filesystem::path& file, const std::vector<std::uint64_t>& expected_shape = {});

extern template npy_array<std::int8_t> read_npy(const std::filesystem::path&, const std::vector<std::uint64_t>&);
extern template npy_array<float> read_npy(const std::filesystem::path&, const std::vector<std::uint64_t>&);

/// "[128, 64]"
std::string shape_text(const std::vector<std::uint64_t>& shape);

}  // namespace pade
