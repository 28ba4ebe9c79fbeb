#include "testbench/app/workload_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "model/energy/energy_table.h"
#include "model/errors.h"
#include "testbench/app/batch_commands.h"
#include "testbench/app/commands.h"
#include "testbench/app/effective_params.h"
#include "testbench/output/output_dir.h"
#include "testbench/output/whole_file.h"
#include "testbench/report/stats_json.h"
#include "testbench/run/run.h"
#include "testbench/workload/scaling.h"

namespace pade {

namespace fs = std::filesystem;

namespace {

constexpr const char* only_with_workload[] = {"--workloads", "--traces", "--sample-heads", "--seed", "--jobs"};
/// What a workload shares with a single run. Other options of a run are of one trace.
constexpr const char* shared_options[] = {"--workload",     "--out",       "--config",    "--set",  "--force",
                                          "--energy-table", "--check-tlm", "--no-golden", "--json", "--help"};

void refuse_single_run_options(const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
        const std::string name = "--" + (option->get_lnames().empty() ? std::string() : option->get_lnames()[0]);
        const auto among = [&name](const auto& list) {
            return std::find(std::begin(list), std::end(list), name) != std::end(list);
        };
        if (option->count() != 0 && !among(only_with_workload) && !among(shared_options))
            throw input_error(name + ": is of a run on one trace and is given with --workload; allowed: one of them");
    }
}

std::vector<fs::path> directories_of(const run_arguments& args) {
    std::vector<fs::path> directories;
    for (const std::string& each : args.directories) {
        std::error_code error;
        if (!fs::is_directory(each, error))
            throw input_error("--traces " + each + ": no folder; allowed: folders with trace sets below them");
        directories.emplace_back(each);
    }
    return directories.empty() ? trace_directories("traces") : directories;
}

/// Results of something else are not mixed with ours, nor is what is no result.
void require_ours(const fs::path& out, bool force) {
    std::error_code error;
    if (!fs::exists(out, error))
        return;
    if (!fs::is_directory(out, error))
        throw input_error("--out " + out.string() +
                          ": is no folder; allowed: a new name, or the folder of an earlier call");
    if (!fs::is_empty(out, error) && !fs::exists(out / "runs", error))
        throw input_error("--out " + out.string() + ": is not empty and holds no earlier call" +
                          (force ? ", which is all that --force replaces" : "") +
                          "; allowed: a new name, or the folder of an earlier call");
}

struct planned_workload {
    std::vector<part_result> parts;
    std::vector<planned_run> plan;  ///< of all parts, one after the other
};

planned_workload plan_of(const workload& w, const run_arguments& args, const batch_arguments& batch, const params& p) {
    const auto headers = set_headers(directories_of(args));
    const auto shared = shared_arguments(batch);
    planned_workload all;
    for (const workload_part& part : parts_of(w)) {
        all.parts.emplace_back();
        part_result& result = all.parts.back();
        result.part = part;
        result.sets = choose_sets(part, headers);
        result.sample = sample_runs(part, result.sets, args.sample_heads, p.rows.count, args.seed);
        for (std::size_t n = 0; n < result.sample.size(); ++n) {
            const sampled_run& run = result.sample[n];
            planned_run planned{
                fmt::format("runs/{}-{}", part.name(), n), {"--trace", run.set.path.string()}, config_files(batch)};
            planned.arguments.insert(planned.arguments.end(), {"--heads", groups_text(run.what)});
            planned.arguments.insert(planned.arguments.end(), shared.begin(), shared.end());
            planned.inputs.push_back(run.set.path / "manifest.json");
            require_apart(args.out, run.set.path);
            all.plan.push_back(std::move(planned));
        }
    }
    return all;
}

}  // namespace

void add_workload_options(CLI::App& app, run_arguments& args) {
    app.add_option(
        "--workload", args.workload,
        "instead of --trace: a model and task of pade-sim workloads; a sample of heads, scaled to the model");
    app.add_option("--workloads", args.workloads, "with --workload: list of workloads (default: the built-in one)");
    app.add_option(
        "--traces", args.directories,
        "with --workload: folder with trace sets below it; may be given several times (default: those of the "
        "environment variable PADE_TRACES, else traces)");
    app.add_option("--sample-heads", args.sample_heads,
                   "with --workload: query heads to simulate, for prefill and decode each")
        ->check(CLI::Range(1U, 4096U))
        ->capture_default_str();
    app.add_option("--seed", args.seed, "with --workload: which heads are drawn")->capture_default_str();
    app.add_option("--jobs", args.jobs, "with --workload: runs at a time; 0: one a core")->capture_default_str();
}

void refuse_workload_options(const CLI::App& app) {
    for (const char* name : only_with_workload)
        if (app.count(name) != 0)
            throw input_error(std::string(name) + ": is given without --workload; allowed: both");
}

int run_workload_command(const CLI::App& app, const run_arguments& args) {
    refuse_single_run_options(app);
    const workload_list list = load_workloads(args.workloads);
    const workload& w = list.at(args.workload);
    batch_arguments batch;
    batch.out = args.out;
    batch.jobs = args.jobs;
    batch.force = args.force;
    batch.no_golden = args.no_golden;
    batch.check_tlm = args.check_tlm;
    batch.configs = args.configs;
    batch.sets = args.sets;
    batch.energy_table = args.energy_table;
    const params p = load_effective_params(args.configs, args.sets);
    (void)load_energy_table(args.energy_table, p);
    planned_workload planned = plan_of(w, args, batch, p);
    const fs::path out = args.out;
    require_ours(out, args.force);
    // What an earlier call found is no longer what this folder holds; what this one finds is there when it is whole.
    std::error_code error;
    fs::remove(out / "workload.json", error);

    const auto runs = run_batch(planned.plan, options_of(batch, planned.plan.size()));
    require_figures(planned.plan, runs);
    workload_result result;
    result.of = &w;
    result.seed = args.seed;
    result.sample_heads = args.sample_heads;
    result.core_mhz = p.clock.core_mhz;
    result.scaling_rule = list.scaling_rule;
    result.nearest_rule = list.nearest_rule;
    std::size_t next = 0;
    std::string failed;
    for (part_result& part : planned.parts) {
        part.runs.assign(runs.begin() + static_cast<std::ptrdiff_t>(next),
                         runs.begin() + static_cast<std::ptrdiff_t>(next + part.sample.size()));
        next += part.sample.size();
        evaluate(part);
        failed += (failed.empty() || part.failed_checks.empty() ? "" : "; ") + part.failed_checks;
    }
    result.parts = std::move(planned.parts);
    const std::string json = stats_to_json(workload_figures(result));
    write_whole_file(out / "workload.json", json);
    std::cout << (args.json ? json : workload_text(result));
    if (failed.empty())
        return exit_code::ok;
    std::cout.flush();
    std::cerr << "pade-sim: check failed: " << failed << "\n";
    return exit_code::failed_check;
}

void add_workloads_options(CLI::App& app, workloads_arguments& args) {
    app.add_option("--workloads", args.file, "list of workloads (default: the built-in one)");
    app.add_flag("--json", args.json, "print the list itself, with the source of each figure");
}

int workloads_command(const workloads_arguments& args) {
    const workload_list list = load_workloads(args.file);
    std::cout << (args.json ? list.json : workloads_table(list));
    return exit_code::ok;
}

}  // namespace pade
