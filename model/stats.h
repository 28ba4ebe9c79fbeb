// Every number that leaves the simulator: a tree of named statistics with unit and meaning. Modules count in plain
// structs of their own (x_counters.h); the accelerator gathers them here, under the names of docs/statistics.md;
// printers (JSON, text) only read.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pade {

/// Null: a check that did not run, a figure without data.
using stat_value = std::variant<std::monostate, bool, std::uint64_t, double, std::string, std::vector<std::uint64_t>,
                                std::vector<std::string>>;

struct stat {
    std::string path;       ///< dotted, for example dram.bytes_read; per_head[2].planes.processed
    std::string_view unit;  ///< "" for a plain number
    std::string_view text;  ///< what it means; a literal
    stat_value value;
};

class stats {
  public:
    static constexpr unsigned schema_version = 1;

    void add(std::string path, std::string_view unit, std::string_view text, stat_value value) {
        entries_.push_back({std::move(path), unit, text, std::move(value)});
    }
    const std::vector<stat>& entries() const { return entries_; }

    const stat* find(std::string_view path) const {
        for (const stat& s : entries_)
            if (s.path == path)
                return &s;
        return nullptr;
    }
    /// The value as a number; throws std::out_of_range when there is none of that name or it is no number.
    double number(std::string_view path) const {
        if (const stat* s = find(path)) {
            if (const auto* n = std::get_if<std::uint64_t>(&s->value))
                return static_cast<double>(*n);
            if (const auto* x = std::get_if<double>(&s->value))
                return *x;
        }
        throw std::out_of_range("no number is called " + std::string(path));
    }
    std::uint64_t count(std::string_view path) const {
        if (const stat* s = find(path))
            if (const auto* n = std::get_if<std::uint64_t>(&s->value))
                return *n;
        throw std::out_of_range("no count is called " + std::string(path));
    }

  private:
    std::vector<stat> entries_;
};

}  // namespace pade
