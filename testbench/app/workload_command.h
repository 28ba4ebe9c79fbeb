// pade-sim run --workload, pade-sim workloads.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace pade {

struct run_arguments;

void add_workload_options(CLI::App& app, run_arguments& args);
/// Options that mean something with --workload alone. Throws input_error when one is given.
void refuse_workload_options(const CLI::App& app);
/// A sample of heads, each run in a process and a folder of its own, scaled to the model: OUT/workload.json.
int run_workload_command(const CLI::App& app, const run_arguments& args);

struct workloads_arguments {
    std::string file;
    bool json = false;
};
void add_workloads_options(CLI::App& app, workloads_arguments& args);
int workloads_command(const workloads_arguments& args);

}  // namespace pade
