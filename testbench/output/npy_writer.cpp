#include "testbench/output/npy_writer.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <type_traits>

#include "model/errors.h"
#include "testbench/trace/npy.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "NPY data are written as they lie: little endian hosts only");
static_assert(sizeof(pade::retained_row) == 16, "a row of retained.npy is four int32");

namespace pade {

std::string npy_header_bytes(const std::string& descr, const std::vector<std::uint64_t>& shape) {
    std::string sizes;
    for (const std::uint64_t size : shape)
        sizes += fmt::format("{}{}", sizes.empty() ? "" : ", ", size);
    if (shape.size() == 1)
        sizes += ",";
    std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, sizes);
    constexpr std::size_t before = 10;  // magic string, version, length
    text.append(63 - (before + text.size()) % 64, ' ');
    text += '\n';
    std::string header = "\x93NUMPY";
    header += '\x01';
    header += '\0';
    header += static_cast<char>(text.size() & 0xff);
    header += static_cast<char>(text.size() >> 8);
    return header + text;
}

template <typename T>
npy_rows_writer<T>::npy_rows_writer(const std::filesystem::path& path, std::uint32_t heads, std::uint32_t queries,
                                    std::uint32_t width)
    : file_(path),
      heads_(heads),
      queries_(queries),
      width_(width),
      written_(std::size_t{heads} * queries),
      missing_(written_.size()) {
    const std::string header = npy_header_bytes(std::is_same_v<T, float> ? "<f4" : "<f8", {heads, queries, width});
    data_offset_ = header.size();
    file_.write_at(0, header.data(), header.size());
    file_.resize(data_offset_ + missing_ * width * sizeof(T));
}

template <typename T>
void npy_rows_writer<T>::write(std::uint32_t head, std::uint32_t query, view<T> row) {
    if (head >= heads_ || query >= queries_ || row.size() != width_)
        throw internal_error(fmt::format("{}: a row of {} for head {}, query {} does not fit [{}, {}, {}]",
                                         file_.path().string(), row.size(), head, query, heads_, queries_, width_));
    const std::size_t index = std::size_t{head} * queries_ + query;
    if (written_[index])
        throw internal_error(fmt::format("{}: head {}, query {} is written twice", file_.path().string(), head, query));
    written_[index] = true;
    --missing_;
    file_.write_at(data_offset_ + index * width_ * sizeof(T), row.data(), width_ * sizeof(T));
}

template <typename T>
void npy_rows_writer<T>::close() {
    if (missing_ > 0)
        throw internal_error(
            fmt::format("{}: {} of {} rows were never written", file_.path().string(), missing_, written_.size()));
    file_.close();
}

template class npy_rows_writer<float>;
template class npy_rows_writer<double>;

retained_writer::retained_writer(const std::filesystem::path& path, std::uint32_t heads)
    : path_(path), last_query_(heads, -1) {
    heads_.reserve(heads);
    for (std::uint32_t head = 0; head < heads; ++head) {
        std::filesystem::path part = path;
        part += fmt::format(".head{}", head);
        heads_.emplace_back(part);
        heads_.back().unlink();
    }
}

void retained_writer::write(std::uint32_t head, std::uint32_t query, view<retained_key> retained) {
    if (head >= heads_.size() || last_query_[head] >= std::int64_t{query})
        throw internal_error(fmt::format("{}: head {}, query {} is out of order", path_.string(), head, query));
    last_query_[head] = query;
    const retained_key* before = nullptr;
    for (const retained_key& kept : retained) {
        if (before != nullptr && before->key >= kept.key)
            throw internal_error(fmt::format("{}: head {}, query {}: key {} comes after key {}; keys must ascend",
                                             path_.string(), head, query, kept.key, before->key));
        before = &kept;
        const retained_row row{static_cast<std::int32_t>(head), static_cast<std::int32_t>(query),
                               static_cast<std::int32_t>(kept.key), kept.score};
        heads_[head].append(&row, sizeof row);
    }
    rows_ += retained.size();
}

void retained_writer::close() {
    posix_file file(path_);
    const std::string header = npy_header_bytes("<i4", {rows_, 4});
    file.append(header.data(), header.size());
    for (posix_file& head : heads_) {
        head.for_each_piece([&](const char* data, std::size_t bytes) { file.append(data, bytes); });
        head.close();  // gives its disk space back before the next is copied
    }
    file.close();
}

std::uint64_t read_retained(const std::filesystem::path& path, const std::function<void(const retained_row&)>& row) {
    std::ifstream stream(path, std::ios::binary);
    std::array<unsigned char, 10> start{};
    if (!stream.read(reinterpret_cast<char*>(start.data()), start.size()) || start[0] != 0x93 || start[6] != 1)
        throw input_error(fmt::format("{}: is not an NPY 1.0 file; allowed: a retained.npy", path.string()));
    std::string text(start[8] + 256U * start[9], '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    const npy_header header = parse_npy_header(text, path.string());
    if (header.descr != "<i4" || header.fortran_order || header.shape.size() != 2 || header.shape[1] != 4)
        throw input_error(fmt::format("{}: is {} of '{}'; allowed: a retained.npy, [n, 4] of '<i4'", path.string(),
                                      shape_text(header.shape), header.descr));
    retained_row one;
    for (std::uint64_t i = 0; i < header.shape[0]; ++i) {
        if (!stream.read(reinterpret_cast<char*>(&one), sizeof one))
            throw input_error(
                fmt::format("{}: ends before row {}; allowed: {} rows", path.string(), i, header.shape[0]));
        row(one);
    }
    if (stream.peek() != std::ifstream::traits_type::eof())
        throw input_error(
            fmt::format("{}: has bytes after its {} rows; allowed: none", path.string(), header.shape[0]));
    return header.shape[0];
}

}  // namespace pade
