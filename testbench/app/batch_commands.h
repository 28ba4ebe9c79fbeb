// The subcommands that run many runs, or look at finished ones: ablate, suite, diff.
#pragma once

#include <string>
#include <vector>

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
