// Writers of a run's arrays as NPY 1.0 files, little endian, C order: rows are written as they come, whole arrays are
// never in memory. Errors of the file system are input_error with the path; a row out of place is internal_error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "testbench/output/posix_file.h"
#include "testbench/trace/retained_key.h"
#include "testbench/trace/view.h"

namespace pade {

/// Header of an NPY 1.0 file, padded so that the data start on a multiple of 64 bytes.
std::string npy_header_bytes(const std::string& descr, const std::vector<std::uint64_t>& shape);

/// [heads, queries, width] of float or double: output.npy (float, width = head_dim), queries.npy (double, width 3:
/// retained, softmax mass lost, certified bound). The file has its full size from the start; rows come in any order.
template <typename T>
class npy_rows_writer {
  public:
    npy_rows_writer(const std::filesystem::path& path, std::uint32_t heads, std::uint32_t queries, std::uint32_t width);
    void write(std::uint32_t head, std::uint32_t query, view<T> row);
    /// Every row must have been written, each once. Nothing may follow.
    void close();

  private:
    posix_file file_;
    std::uint32_t heads_;
    std::uint32_t queries_;
    std::uint32_t width_;
    std::uint64_t data_offset_ = 0;
    std::vector<bool> written_;
    std::uint64_t missing_;
};

extern template class npy_rows_writer<float>;
extern template class npy_rows_writer<double>;
using output_writer = npy_rows_writer<float>;
using queries_writer = npy_rows_writer<double>;

/// retained.npy: int32 [n, 4]: head, query, key, exact score, in that order. Queries of one head come ascending, heads
/// interleave as they like: each head has a nameless file of its own, joined by close() when n is known.
class retained_writer {
  public:
    retained_writer(const std::filesystem::path& path, std::uint32_t heads);
    /// Keys ascending. A query without retained keys may be left out.
    void write(std::uint32_t head, std::uint32_t query, view<retained_key> retained);
    /// Nothing may follow.
    void close();
    std::uint64_t rows() const { return rows_; }

  private:
    std::filesystem::path path_;
    std::vector<posix_file> heads_;
    std::vector<std::int64_t> last_query_;
    std::uint64_t rows_ = 0;
};

/// One row of retained.npy.
struct retained_row {
    std::int32_t head = 0;
    std::int32_t query = 0;
    std::int32_t key = 0;
    std::int32_t score = 0;
};

/// Reads a retained.npy piece by piece and calls `row` for each row; returns their number. Throws input_error when the
/// file is not what retained_writer writes.
std::uint64_t read_retained(const std::filesystem::path& path, const std::function<void(const retained_row&)>& row);

}  // namespace pade
