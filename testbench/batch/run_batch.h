// A list of runs of this program, each with a folder of its own; what was finished by an earlier call with the same
// program, arguments and inputs is not run again.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace pade {

struct planned_run {
    std::string name;                    ///< the folder below the batch's, may hold slashes
    std::vector<std::string> arguments;  ///< of `pade-sim run`, without --out
    /// Files whose content matters: when one changes, an earlier result does not count.
    std::vector<std::filesystem::path> inputs;
};

struct finished_run {
    int exit_code = 0;
    bool resumed = false;       ///< was there already
    double wall_s = 0;          ///< 0 when resumed
    std::filesystem::path out;  ///< stats.json is there if exit_code is 0 or 3
    std::string message;        ///< what it said on stderr, one line, when exit_code is not 0
};

struct batch_options {
    std::filesystem::path out;
    unsigned jobs = 1;
    bool again = false;  ///< run everything, also what is there
    /// Called as each run ends, with how many have.
    std::function<void(const planned_run&, const finished_run&, std::size_t done)> on_done;
};

/// In the order of the plan. A run that fails spoils no other. Throws input_error when the folder cannot be made.
std::vector<finished_run> run_batch(const std::vector<planned_run>& plan, const batch_options& options);

}  // namespace pade
