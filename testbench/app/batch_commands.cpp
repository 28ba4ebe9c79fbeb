#include "testbench/app/batch_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <limits>
#include <thread>

#include "model/energy/energy_table.h"
#include "model/errors.h"
#include "testbench/app/commands.h"
#include "testbench/app/effective_params.h"
#include "testbench/batch/ablation.h"
#include "testbench/batch/difference.h"
#include "testbench/batch/suite.h"
#include "testbench/output/output_dir.h"
#include "testbench/output/whole_file.h"
#include "testbench/report/stats_json.h"
#include "testbench/run/run.h"

namespace pade {

namespace fs = std::filesystem;

namespace {

void add_batch_options(CLI::App& app, batch_arguments& args) {
    app.add_option("--out", args.out, "folder for the results; what an earlier call left there is not run again")
        ->required();
    app.add_option("--jobs", args.jobs, "runs at a time; 0: one a core")->capture_default_str();
    app.add_option("--config", args.configs, "preset name or JSON file with parameters; may be given several times");
    app.add_option("--set", args.sets, "group.name=value; may be given several times, wins over --config");
    app.add_option("--energy-table", args.energy_table,
                   "JSON table of unit energies and areas (default: the one of pade-sim energy --json)");
    app.add_flag("--force", args.force, "run again what is there");
    app.add_flag("--no-golden", args.no_golden, "do not compare with the golden reference");
    app.add_flag("--check-tlm", args.check_tlm, "a protocol checker on every link");
}

bool same_key(const std::string& a, const std::string& b) {
    return a.substr(0, a.find('=')) == b.substr(0, b.find('='));
}

}  // namespace

std::vector<std::string> shared_arguments(const batch_arguments& args, const std::vector<std::string>& settings) {
    std::vector<std::string> list;
    for (const std::string& config : args.configs)
        list.insert(list.end(), {"--config", config});
    for (const std::string& set : args.sets)
        if (std::none_of(settings.begin(), settings.end(), [&](const auto& other) { return same_key(set, other); }))
            list.insert(list.end(), {"--set", set});
    if (!args.energy_table.empty())
        list.insert(list.end(), {"--energy-table", args.energy_table});
    if (args.no_golden)
        list.push_back("--no-golden");
    if (args.check_tlm)
        list.push_back("--check-tlm");
    return list;
}

std::vector<fs::path> config_files(const batch_arguments& args) {
    std::vector<fs::path> files;
    for (const std::string& config : args.configs)
        if (fs::is_regular_file(config))
            files.push_back(config);
    if (!args.energy_table.empty())
        files.emplace_back(args.energy_table);
    return files;
}

batch_options options_of(const batch_arguments& args, std::size_t runs, std::size_t before) {
    std::error_code error;
    if (fs::exists(args.out, error) && !fs::is_directory(args.out, error))
        throw input_error("--out " + args.out +
                          ": is no folder; allowed: a new name, or the folder of an earlier call");
    batch_options options;
    options.out = args.out;
    options.jobs = args.jobs == 0 ? std::max(1u, std::thread::hardware_concurrency()) : args.jobs;
    options.again = args.force;
    if (isatty(STDERR_FILENO) == 1)
        options.on_done = [runs, before](const planned_run& run, const finished_run& result, std::size_t done) {
            std::cerr << fmt::format("[{}/{}] {}: {}\n", before + done, before + runs, run.name,
                                     result.resumed          ? "there already"
                                     : result.exit_code == 0 ? fmt::format("{:.1f} s", result.wall_s)
                                                             : fmt::format("exit code {}", result.exit_code));
        };
    return options;
}

void require_figures(const std::vector<planned_run>& plan, const std::vector<finished_run>& runs) {
    for (std::size_t n = 0; n < runs.size(); ++n) {
        if (runs[n].exit_code == exit_code::ok || runs[n].exit_code == exit_code::failed_check)
            continue;
        const std::string what = plan[n].name + ": " + runs[n].message;
        if (runs[n].exit_code == exit_code::bad_input)
            throw input_error(what);
        throw internal_error(what + fmt::format(" (exit code {})", runs[n].exit_code));
    }
}

void add_ablate_options(CLI::App& app, ablate_arguments& args) {
    app.add_option("--trace", args.trace, "trace set: a folder with manifest.json")->required();
    app.add_option("--head", args.head, "one query head: its position in head_list (default: all)")
        ->check(CLI::Range(0, std::numeric_limits<int>::max()));
    app.add_option("--queries", args.queries, "A:B, queries A to B-1");
    add_batch_options(app, args.batch);
    app.add_flag("--json", args.json, "print ablation.json instead of the tables");
}

int ablate_command(const ablate_arguments& args) {
    const params p = load_effective_params(args.batch.configs, args.batch.sets);
    (void)load_energy_table(args.batch.energy_table, p);
    require_apart(args.batch.out, args.trace);
    const trace_set trace = select(load_trace_set(args.trace), parse_selection(args.head, args.queries));
    check_supported(p, trace);
    for (const std::string& set : args.batch.sets)
        for (const std::string& step : ablation_steps().front().sets)
            if (same_key(set, step))
                throw input_error("--set " + set +
                                  ": is a technique that ablate turns on and off itself; allowed: other keys");
    std::vector<std::string> common = {"--trace", args.trace};
    if (args.head >= 0)
        common.insert(common.end(), {"--head", std::to_string(args.head)});
    if (!args.queries.empty())
        common.insert(common.end(), {"--queries", args.queries});
    const std::size_t steps = ablation_steps().size();
    const auto series = [&](const std::string& name, const std::vector<std::string>& settings, std::size_t before) {
        std::vector<planned_run> plan;
        for (std::size_t n = 0; n < steps; ++n) {
            planned_run run{name + "/" + std::to_string(n) + "_" + ablation_steps()[n].name, common,
                            config_files(args.batch)};
            run.inputs.push_back(fs::path(args.trace) / "manifest.json");
            const auto shared = shared_arguments(args.batch, settings);
            run.arguments.insert(run.arguments.end(), shared.begin(), shared.end());
            for (const auto* sets : {&ablation_steps()[n].sets, &settings})
                for (const std::string& set : *sets)
                    run.arguments.insert(run.arguments.end(), {"--set", set});
            plan.push_back(std::move(run));
        }
        const auto runs = run_batch(plan, options_of(args.batch, before == 0 ? 2 * steps : steps, before));
        require_figures(plan, runs);
        return evaluate(name, settings, runs);
    };
    std::vector<ablation_series> all = {series("as_configured", {}, 0)};
    const auto wide = widened_vpu(all[0], p);
    all.push_back(series("vpu_widened", wide, steps));
    std::string still;
    for (const ablation_result& r : all[1].steps)
        if (r.binds == "vpu" || r.binds == "v_port")
            still += (still.empty() ? "" : ", ") + r.name;
    all[1].note = still.empty() ? "widened until neither V-PU nor V port was the largest bound of any step"
                                : "as wide as the parameters go; V-PU or V port is still the largest bound of " + still;

    const stats figures = ablation_figures(args.trace, trace.synthetic, all);
    write_whole_file(fs::path(args.batch.out) / "ablation.json", stats_to_json(figures));
    std::cout << (args.json ? stats_to_json(figures) : ablation_text(args.trace, trace.synthetic, all));
    for (const ablation_series& each : all)
        for (const ablation_result& r : each.steps)
            if (!r.checks_hold) {
                std::cerr << "pade-sim: check failed: " << each.name << ", " << r.name << "\n";
                return exit_code::failed_check;
            }
    return exit_code::ok;
}

void add_suite_options(CLI::App& app, suite_arguments& args) {
    app.add_option("folder", args.folder, "every trace set below it is run")->required();
    add_batch_options(app, args.batch);
}

int suite_command(const suite_arguments& args) {
    (void)load_energy_table(args.batch.energy_table, load_effective_params(args.batch.configs, args.batch.sets));
    const auto shared = shared_arguments(args.batch);
    const auto sets = trace_sets_below(args.folder);
    const auto names = suite_names(args.folder, sets);
    std::vector<planned_run> plan;
    for (std::size_t n = 0; n < sets.size(); ++n) {
        require_apart(args.batch.out, sets[n]);
        planned_run run{names[n], {"--trace", sets[n].string()}, config_files(args.batch)};
        run.inputs.push_back(sets[n] / "manifest.json");
        run.arguments.insert(run.arguments.end(), shared.begin(), shared.end());
        plan.push_back(std::move(run));
    }
    const fs::path out = args.batch.out;
    const auto runs = run_batch(plan, options_of(args.batch, plan.size()));
    write_whole_file(out / "suite.csv", suite_csv(plan, runs));
    write_whole_file(out / "junit.xml", suite_junit(plan, runs));
    std::cout << suite_table(plan, runs);
    return suite_exit_code(runs);
}

void add_diff_options(CLI::App& app, diff_arguments& args) {
    app.add_option("a", args.a, "folder of a finished run")->required();
    app.add_option("b", args.b, "folder of another one")->required();
    app.add_flag("--all", args.all, "all figures, also of single heads and groups");
    app.add_flag("--json", args.json, "print JSON instead of the table");
}

int diff_command(const diff_arguments& args) {
    const run_difference d = compare_runs(args.a, args.b);
    std::cout << (args.json ? difference_json(d) : difference_text(d, args.all ? 0 : 30));
    return exit_code::ok;
}

}  // namespace pade
