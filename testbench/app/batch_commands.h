// The subcommands that run many runs, or look at finished ones: ablate, suite, diff.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "testbench/batch/run_batch.h"

namespace CLI {
class App;
}

namespace pade {

/// What ablate and suite hand on to each of their runs.
struct batch_arguments {
    std::string out;
    unsigned jobs = 0;  ///< 0: one a core
    bool force = false;
    bool no_golden = false;
    bool check_tlm = false;
    std::vector<std::string> configs;
    std::vector<std::string> sets;
    std::string energy_table;
};

/// Arguments of `pade-sim run` that all runs share, without the parameters that `settings` gives instead.
std::vector<std::string> shared_arguments(const batch_arguments& args, const std::vector<std::string>& settings = {});
/// Files among them, whose content matters to a result.
std::vector<std::filesystem::path> config_files(const batch_arguments& args);
/// `runs` in all, `before` of them in earlier calls: for the progress on a terminal. Throws input_error when --out is
/// no folder.
batch_options options_of(const batch_arguments& args, std::size_t runs, std::size_t before = 0);
/// A run without figures ends the command: nothing can be compared with it, or scaled from it. Throws what the run's
/// exit code means.
void require_figures(const std::vector<planned_run>& plan, const std::vector<finished_run>& runs);

struct ablate_arguments {
    batch_arguments batch;
    std::string trace;
    int head = -1;
    std::string queries;
    bool json = false;
};
void add_ablate_options(CLI::App& app, ablate_arguments& args);
int ablate_command(const ablate_arguments& args);

struct suite_arguments {
    batch_arguments batch;
    std::string folder;
};
void add_suite_options(CLI::App& app, suite_arguments& args);
int suite_command(const suite_arguments& args);

struct diff_arguments {
    std::string a, b;
    bool all = false;
    bool json = false;
};
void add_diff_options(CLI::App& app, diff_arguments& args);
int diff_command(const diff_arguments& args);

}  // namespace pade
