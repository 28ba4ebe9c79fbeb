// For tests only: a folder that goes away, NPY files byte by byte, and a small valid trace set to spoil.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "testbench/trace/trace_set.h"

namespace pade::test {

class temp_dir {
  public:
    temp_dir() {
        std::string pattern = (std::filesystem::temp_directory_path() / "pade-test-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }
    ~temp_dir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

inline void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
}

inline std::string read_bytes(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// An NPY file of any version around any dictionary and data, valid or not.
inline std::string npy_bytes(const std::string& dictionary, const std::string& data, char major = 1, char minor = 0) {
    std::string text = dictionary;
    const std::size_t before = major == 1 ? 10 : 12;
    while ((before + text.size()) % 64 != 63)
        text += ' ';
    text += '\n';
    std::string bytes = std::string("\x93NUMPY") + major + minor;
    for (std::size_t i = 0; i < before - 8; ++i)
        bytes += static_cast<char>(text.size() >> (8 * i) & 0xff);
    return bytes + text + data;
}

template <typename T>
std::string npy_matrix(const std::vector<T>& values, std::size_t rows, std::size_t columns) {
    const std::string descr = sizeof(T) == 1 ? "|i1" : "<f4";
    return npy_bytes("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                         std::to_string(columns) + "), }",
                     std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
}

/// A random set in memory, MHA or grouped, with or without float data that the INT8 operands were made from.
inline trace_set random_set(unsigned seed, std::uint32_t queries, std::uint32_t keys, std::uint32_t head_dim,
                            unsigned heads = 1, unsigned group = 1, bool causal = false, bool with_real = false) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> value(-128, 127);
    const auto matrix = [&](std::size_t rows) {
        std::vector<std::int8_t> m(rows * head_dim);
        for (std::int8_t& x : m)
            x = static_cast<std::int8_t>(value(random));
        return m;
    };
    const auto scaled = [](const std::vector<std::int8_t>& m, double scale) {
        std::vector<float> real;
        for (const std::int8_t x : m)
            real.push_back(static_cast<float>(x * scale));
        return real;
    };
    trace_set set;
    set.name = "random";
    set.path = "random";
    set.queries = queries;
    set.keys = keys;
    set.head_dim = head_dim;
    set.causal = causal;
    set.causal_offset = static_cast<std::int32_t>(keys) - static_cast<std::int32_t>(queries);
    set.softmax_scale = 0.125;
    const double scale_q = 0.02;
    const double scale_k = 0.03;
    const double scale_v = 0.01;
    for (unsigned h = 0; h < heads; ++h) {
        if (h % group == 0) {
            trace_kv_head kv;
            kv.kv_head = h / group;
            kv.k = matrix(keys);
            kv.v = matrix(keys);
            if (with_real) {
                kv.k_real = scaled(kv.k, scale_k);
                kv.v_real = scaled(kv.v, scale_v);
            }
            set.kv_heads.push_back(kv);
        }
        trace_head head;
        head.id = "l0h" + std::to_string(h);
        head.head = h;
        head.kv = h / group;
        head.scale_q = scale_q;
        head.scale_k = scale_k;
        head.scale_v = scale_v;
        head.logit_scale = scale_q * scale_k * set.softmax_scale;
        head.q = matrix(queries);
        if (with_real)
            head.q_real = scaled(head.q, scale_q);
        set.heads.push_back(head);
    }
    return set;
}

}  // namespace pade::test
