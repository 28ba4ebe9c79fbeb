// pade-bench: how long a run takes, beside the arithmetic that it simulates, measured in the same process, both in
// processor time. The times depend on the machine; their ratio much less (docs/performance.md).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <systemc>

#include "model/errors.h"
#include "testbench/app/effective_params.h"
#include "testbench/bench/arithmetic.h"
#include "testbench/run/run.h"

namespace pade {
namespace {

/// A folder for the results of the run, gone with the object.
class scratch {
  public:
    scratch() {
        std::string pattern = (std::filesystem::temp_directory_path() / "pade-bench-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw input_error("no folder can be made in " + pattern + "; allowed: a TMPDIR with room");
        path_ = pattern;
    }
    ~scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// The shortest of several runs that together take `seconds` or more: what others do on the machine only adds.
double shortest(arithmetic& work, double seconds) {
    double best = work.run();
    for (double spent = best; spent < seconds;) {
        const double time = work.run();
        spent += time;
        best = std::min(best, time);
    }
    return best;
}

nlohmann::ordered_json measure(const params& p, run_options options, double seconds) {
    const scratch folder;
    options.out = folder.path() / "out";
    options.golden = false;
    arithmetic work(select(load_trace_set(options.trace), options.what), p);
    // Before and after: a machine that changes its speed meanwhile shows in the difference.
    const double before = shortest(work, seconds);
    const run_result result = run(p, options);
    const double after = shortest(work, seconds);
    if (result.exit_code != exit_code::ok)
        throw internal_error(result.failures.empty() ? "a check of the run failed" : result.failures.front());

    const double operations = static_cast<double>(result.figures.count("planes.processed"));
    const double cpu = result.figures.number("sim.cpu_s");
    const double planes = static_cast<double>(work.planes());
    const double arithmetic_ns = 1e9 * std::min(before, after) / planes;
    const double simulation_ns = 1e9 * cpu / operations;
    return {{"trace", options.trace.string()},
            {"synthetic", std::get<bool>(result.figures.find("job.synthetic")->value)},
            {"simulation",
             {{"lane_operations", result.figures.count("planes.processed")},
              {"cpu_s", cpu},
              {"wall_s", result.figures.number("sim.wall_s")},
              {"ns_per_lane_operation", simulation_ns},
              {"lane_operations_per_s", operations / cpu},
              {"cycles_per_s", result.figures.number("time.cycles") / cpu}}},
            {"arithmetic",
             {{"planes", work.planes()},
              {"cpu_s_before", before},
              {"cpu_s_after", after},
              {"ns_per_plane", arithmetic_ns},
              {"score_sum", work.score_sum()},
              {"selected", work.selected()}}},
            {"ratio", simulation_ns / arithmetic_ns}};
}

void print(const nlohmann::ordered_json& figures) {
    const auto& simulation = figures["simulation"];
    const auto& pure = figures["arithmetic"];
    const auto line = [](const char* what, double value, const char* unit) {
        char text[96];
        std::snprintf(text, sizeof text, "%-28s %12.1f %s\n", what, value, unit);
        std::cout << text;
    };
    std::cout << figures["trace"].get<std::string>() << (figures["synthetic"].get<bool>() ? " (SYNTHETIC trace)" : "")
              << "\n";
    line("simulation", simulation["ns_per_lane_operation"], "ns a lane operation");
    line("", simulation["lane_operations_per_s"].get<double>() / 1e6, "M lane operations a second");
    line("", simulation["cycles_per_s"].get<double>() / 1e3, "k core cycles a second");
    line("arithmetic", pure["ns_per_plane"], "ns a plane and query");
    line("ratio", figures["ratio"], "");
}

int bench(int argc, char** argv) {
    CLI::App app("times a run of the chip and, in the same process, the pure arithmetic of it", "pade-bench");
    run_options options;
    std::string trace;
    std::vector<std::string> configs;
    std::vector<std::string> sets;
    std::vector<unsigned> queries;
    double seconds = .5;
    bool json = false;
    app.add_option("--trace", trace, "trace set: a folder with manifest.json")->required();
    app.add_option("--head", options.what.head, "one query head: its position in head_list (default: all)");
    app.add_option("--queries", queries, "A:B, queries A to B-1")->delimiter(':')->expected(2);
    app.add_option("--config", configs, "preset name or JSON file with parameters; may be given several times");
    app.add_option("--set", sets, "group.name=value; may be given several times, wins over --config");
    app.add_option("--seconds", seconds, "how long the arithmetic is repeated, before the run and after it")
        ->check(CLI::Range(0., 60.))
        ->capture_default_str();
    app.add_flag("--json", json, "print JSON instead of the table");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_code::ok : exit_code::bad_input;
    }
    options.trace = trace;
    if (!queries.empty())
        options.what.queries = {queries[0], queries[1]};
    try {
        const nlohmann::ordered_json figures = measure(load_effective_params(configs, sets), options, seconds);
        if (json)
            std::cout << figures.dump(2) << "\n";
        else
            print(figures);
    } catch (const input_error& error) {
        std::cerr << "pade-bench: " << error.what() << "\n";
        return exit_code::bad_input;
    } catch (const std::exception& error) {
        std::cerr << "pade-bench: " << error.what() << "\n";
        return exit_code::internal;
    }
    return exit_code::ok;
}

}  // namespace
}  // namespace pade

int main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);  // "stopped by user"
    return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char** argv) {
    return pade::bench(argc, argv);
}
