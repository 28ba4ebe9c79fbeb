// A finished run as it lies in its folder: all that the page shows comes from there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/params.h"
#include "testbench/batch/figures_of.h"

namespace pade::html {

/// timeline.json (docs/report.md).
struct recorded_timeline {
    std::uint64_t cycles = 0;
    std::uint64_t cycles_per_bin = 0;
    std::size_t bins = 0;
    std::map<std::string, std::vector<double>> counters;  ///< [bin]
    std::vector<double> looks;                            ///< [bin]
    std::vector<std::vector<double>> entries_held;        ///< [row][bin], summed over looks and lanes
    /// reads, writes, activates, row_conflicts: [pseudo channel][bank]
    std::map<std::string, std::vector<std::vector<double>>> dram_banks;

    /// Cycles of a bin: the last one may be short.
    double width(std::size_t bin) const;
    /// Throws input_error when the file has no such series.
    const std::vector<double>& counter(const std::string& name) const;
    std::string path;
};

/// Which pairs of a head went into the softmax, counted in cells of a grid over queries and keys.
struct retained_map {
    std::uint32_t head = 0;
    std::size_t rows = 0, columns = 0;  ///< cells along queries and keys
    std::vector<double> kept, visible;  ///< [row * columns + column] pairs
};

struct run_record {
    /// Throws input_error: no folder of a finished run, a file that is missing, cut or of the wrong shape.
    explicit run_record(const std::filesystem::path& out);

    std::string folder;  ///< as given
    figures_of figures;
    params parameters;
    std::optional<recorded_timeline> timeline;  ///< none: the run was made without
    std::vector<retained_map> retained;         ///< of the first heads

    double number(const std::string& name) const { return figures.number(name); }
    double number_or(const std::string& name, double otherwise) const;
};

/// `most_heads` maps of at most 64 x 64 cells.
std::vector<retained_map> read_retained_maps(const std::filesystem::path& out, const figures_of& figures,
                                             std::uint32_t most_heads);
std::optional<recorded_timeline> read_timeline(const std::filesystem::path& out, const params& p);

}  // namespace pade::html
