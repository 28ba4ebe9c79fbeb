#include "testbench/batch/suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "model/errors.h"
#include "testbench/batch/figures_of.h"
#include "testbench/report/markup.h"

namespace pade {

namespace fs = std::filesystem;

namespace {

struct column {
    const char* name;
    std::function<std::string(const figures_of&)> value;
};

std::string maybe(const figures_of& f, const std::string& name) {
    const auto found = f.numbers().find(name);
    return found == f.numbers().end() ? "" : fmt::format("{:.6g}", found->second);
}

column plain(const char* name, const char* path) {
    return {name, [path](const figures_of& f) { return maybe(f, path); }};
}

const std::vector<column>& columns() {
    static const std::vector<column> all = {
        {"phase", [](const figures_of& f) { return f.text("job.phase"); }},
        plain("heads", "job.heads"),
        plain("queries", "job.queries"),
        plain("keys", "job.keys"),
        plain("head_dim", "job.head_dim"),
        plain("cycles", "time.cycles"),
        {"planes_per_pair", [](const figures_of& f) { return fmt::format("{:.4f}", f.planes_per_pair()); }},
        {"retained_fraction", [](const figures_of& f) { return fmt::format("{:.5f}", f.retained_fraction()); }},
        plain("planes_per_fetched_key", "planes.fetched_per_key_mean"),
        plain("planes_per_dram_key", "planes.dram_per_key_mean"),
        plain("lost_mass_mean", "guard.lost_mass_mean"),
        plain("lost_mass_max", "guard.lost_mass_max"),
        plain("rel_l2_vs_own_retained", "accuracy.rel_l2_vs_own_retained"),
        plain("rel_l2_vs_dense_int8", "accuracy.rel_l2_vs_dense_int8"),
        plain("lane_utilisation", "lanes.utilisation"),
        plain("k_feed_utilisation", "buffer.k_feed_utilisation"),
        plain("vpu_utilisation", "vpu.utilisation"),
        plain("dram_bytes_read", "dram.bytes_read"),
        plain("dram_bandwidth_utilisation", "dram.bandwidth_utilisation"),
        plain("energy_pj", "energy_pj.total"),
        plain("energy_pj_low", "energy_band_pj.low.total"),
        plain("energy_pj_high", "energy_band_pj.high.total"),
        plain("energy_core_pj", "energy_core_pj"),
        plain("energy_qkpu_pj", "energy_pj.qkpu"),
        plain("energy_guard_pj", "energy_pj.guard"),
        plain("energy_control_pj", "energy_pj.control"),
        plain("energy_buffers_pj", "energy_pj.buffers"),
        plain("energy_vpu_pj", "energy_pj.vpu"),
        plain("energy_softmax_pj", "energy_pj.softmax"),
        plain("energy_clock_pj", "energy_pj.clock"),
        plain("energy_leakage_pj", "energy_pj.leakage"),
        plain("energy_dram_pj", "energy_pj.dram"),
        {"nearest_bound", [](const figures_of& f) { return largest_bound_of(f).name; }},
        {"synthetic", [](const figures_of& f) { return f.synthetic() ? "true" : "false"; }},
        {"failed_checks", [](const figures_of& f) { return f.failed_checks(); }},
    };
    return all;
}

bool has_figures(const finished_run& run) {
    return run.exit_code == exit_code::ok || run.exit_code == exit_code::failed_check;
}

std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\n") == std::string::npos)
        return text;
    std::string out = "\"";
    for (const char c : text)
        out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

/// A table that lists a generator's trace beside a model's says which is which.
std::string marked(const std::string& name, const finished_run& run) {
    return has_figures(run) && figures_of(run.out).synthetic() ? name + " (SYNTHETIC)" : name;
}

std::string what_failed(const finished_run& run) {
    return run.message.empty() ? fmt::format("exit code {}", run.exit_code) : run.message;
}

}  // namespace

std::vector<fs::path> trace_sets_below(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> sets;
    if (!fs::is_directory(folder, error))
        throw input_error(folder.string() + ": no folder; allowed: one with trace sets below it");
    const auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end; it.increment(error))
        if (it->path().filename() == "manifest.json")
            sets.push_back(it->path().parent_path());
    if (error)
        throw input_error(folder.string() + ": cannot be searched (" + error.message() +
                          "); allowed: folders that can be read");
    if (sets.empty())
        throw input_error(folder.string() + ": no trace set below it; allowed: folders with a manifest.json");
    std::sort(sets.begin(), sets.end());
    return sets;
}

std::vector<std::string> suite_names(const fs::path& folder, const std::vector<fs::path>& sets) {
    std::vector<std::string> names;
    for (const fs::path& set : sets) {
        std::string name = fs::relative(set, folder).string();
        if (name == ".")
            name = fs::canonical(set).filename().string();
        const auto around = [&](const std::string& other) { return name.rfind(other + "/", 0) == 0; };
        if (std::any_of(names.begin(), names.end(), around))
            std::replace(name.begin(), name.end(), '/', '+');
        while (std::find(names.begin(), names.end(), name) != names.end())
            name += "+";
        names.push_back(name);
    }
    return names;
}

std::string suite_table(const std::vector<planned_run>& plan, const std::vector<finished_run>& runs) {
    std::size_t width = 3;
    std::vector<std::string> names;
    for (std::size_t n = 0; n < runs.size(); ++n) {
        names.push_back(marked(plan[n].name, runs[n]));
        width = std::max(width, names.back().size());
    }
    std::string out =
        fmt::format("{:<{}} {:>10} {:>12} {:>9} {:>10} {:>6} {:>6} {:>6} {:>9} {:>9}  {}\n", "set", width, "cycles",
                    "planes/pair", "retained", "lost mass", "lanes", "V-PU", "DRAM", "chip uJ", "DRAM uJ", "result");
    for (std::size_t n = 0; n < runs.size(); ++n) {
        if (!has_figures(runs[n])) {
            out += fmt::format("{:<{}} {}\n", names[n], width, what_failed(runs[n]));
            continue;
        }
        const figures_of f(runs[n].out);
        const auto lost = f.numbers().find("guard.lost_mass_mean");
        const std::string failed = f.failed_checks();
        out += fmt::format(
            "{:<{}} {:>10.0f} {:>12.3f} {:>8.2f}% {:>10} {:>6.3f} {:>6.3f} {:>6.3f} {:>9.2f} {:>9.2f}  {}{}\n",
            names[n], width, f.number("time.cycles"), f.planes_per_pair(), 100 * f.retained_fraction(),
            lost == f.numbers().end() ? "-" : fmt::format("{:.4f}", lost->second), f.number("lanes.utilisation"),
            f.number("vpu.utilisation"), f.number("dram.bandwidth_utilisation"), f.number("energy_core_pj") / 1e6,
            f.number("energy_pj.dram") / 1e6, failed.empty() ? "ok" : "FAILED: " + failed,
            runs[n].resumed ? " (from before)" : "");
    }
    return out;
}

std::string suite_csv(const std::vector<planned_run>& plan, const std::vector<finished_run>& runs) {
    std::string out = "set,exit_code";
    for (const column& each : columns())
        out += "," + std::string(each.name);
    out += ",message\n";
    for (std::size_t n = 0; n < runs.size(); ++n) {
        out += quoted(plan[n].name) + fmt::format(",{}", runs[n].exit_code);
        if (has_figures(runs[n])) {
            const figures_of f(runs[n].out);
            for (const column& each : columns())
                out += "," + quoted(each.value(f));
        } else {
            out += std::string(columns().size(), ',');
        }
        out += "," + quoted(runs[n].exit_code == 0 ? "" : what_failed(runs[n])) + "\n";
    }
    return out;
}

std::string suite_junit(const std::vector<planned_run>& plan, const std::vector<finished_run>& runs) {
    std::size_t failures = 0, errors = 0;
    double time = 0;
    std::string cases;
    for (std::size_t n = 0; n < runs.size(); ++n) {
        const finished_run& run = runs[n];
        time += run.wall_s;
        // The name stays what it is, so that a CI system knows the case again; the class says what kind it is.
        const bool synthetic = has_figures(run) && figures_of(run.out).synthetic();
        cases += fmt::format("    <testcase classname=\"pade-sim.suite{}\" name=\"{}\" time=\"{:.3f}\"",
                             synthetic ? ".synthetic" : "", escaped(plan[n].name), run.wall_s);
        if (run.exit_code == exit_code::ok) {
            cases += "/>\n";
            continue;
        }
        const bool failure = run.exit_code == exit_code::failed_check;
        (failure ? failures : errors) += 1;
        std::string command = "pade-sim run";
        for (const std::string& word : plan[n].arguments)
            command += " " + word;
        cases += fmt::format(">\n      <{0} message=\"{1}\" type=\"exit code {2}\">{3}</{0}>\n    </testcase>\n",
                             failure ? "failure" : "error", escaped(what_failed(run)), run.exit_code, escaped(command));
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"pade-sim suite\" tests=\"{}\" "
        "failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n{}  </testsuite>\n</testsuites>\n",
        runs.size(), failures, errors, time, cases);
}

int suite_exit_code(const std::vector<finished_run>& runs) {
    int code = exit_code::ok;
    for (const finished_run& run : runs) {
        const bool known = run.exit_code == exit_code::bad_input || run.exit_code == exit_code::failed_check;
        code = std::max(code, run.exit_code == exit_code::ok ? exit_code::ok
                              : known                        ? run.exit_code
                                                             : exit_code::internal);
    }
    return code;
}

}  // namespace pade
