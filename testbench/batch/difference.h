// Two finished runs side by side: what was set differently, and what came out differently, largest effect first.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pade {

struct changed_value {
    std::string name;
    std::string a, b;
};

struct changed_figure {
    std::string name;
    double a = 0, b = 0;
    double effect = 0;  ///< |b - a| / max(|a|, |b|), 0 to 1 (2 when the sign changes)
};

struct run_difference {
    std::vector<changed_value> parameters;  ///< in the order of the declarations
    std::vector<changed_value> job;         ///< trace, heads, queries, ... that differ: figures then compare little
    std::vector<changed_figure> figures;    ///< largest effect first
    std::vector<changed_value> checks;
    std::size_t equal = 0;  ///< figures that are the same
    bool same_output = false, same_retained = false;
    bool a_synthetic = false, b_synthetic = false;  ///< a generator made the trace
};

/// Wall-clock figures (sim.*) are left out. Throws input_error when a folder holds no finished run.
run_difference compare_runs(const std::filesystem::path& a, const std::filesystem::path& b);

/// `most` figures at most, 0: all; figures of single heads and groups only with `all`.
std::string difference_text(const run_difference& d, std::size_t most);
std::string difference_json(const run_difference& d);

}  // namespace pade
