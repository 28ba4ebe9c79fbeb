// What was run and what came out of it, before any chart.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/params_json.h"
#include "testbench/report/html/charts.h"
#include "testbench/report/html/text.h"

namespace pade::html {

namespace {

std::string count_of(double n, const std::string& one, const std::string& many) {
    return grouped(n) + " " + (n == 1 ? one : many);
}

std::string job_line(const run_record& run) {
    return fmt::format("{}{}{}, {}, {} \u00d7 {}, head_dim {:g}", run.figures.synthetic() ? "SYNTHETIC trace, " : "",
                       run.figures.flag("job.causal").value_or(false) ? "causal " : "",
                       escaped(run.figures.text("job.phase")), count_of(run.number("job.heads"), "head", "heads"),
                       count_of(run.number("job.queries"), "query", "queries"),
                       count_of(run.number("job.keys"), "key", "keys"), run.number("job.head_dim"));
}

/// One of the row of key figures.
std::string tile(const run_record& run, const std::string& name, const std::string& key, const std::string& shown,
                 const std::string& below) {
    return fmt::format("<div><dt>{}</dt><dd>{}</dd><p>{}</p></div>\n", escaped(name),
                       figure_value(key, run.number(key), shown), below);
}

std::string key_figures(const run_record& run) {
    const double ns = run.number("time.ns");
    std::string out = "<dl class=\"tiles\">\n";
    out += tile(run, "core cycles", "time.cycles", grouped(run.number("time.cycles")),
                fmt::format("{} \u00b5s", figure_value("time.ns", ns, fmt::format("{:.1f}", ns / 1000))));
    out += tile(run, "lanes busy", "lanes.utilisation", percent(run.number("lanes.utilisation")),
                fmt::format("{} planes", figure_value("planes.processed", run.number("planes.processed"),
                                                      short_number(run.number("planes.processed")))));
    out += tile(run, "pairs retained", "pairs.retained", short_number(run.number("pairs.retained")),
                fmt::format("{} of those visible, {:.2f} planes a pair", percent(run.figures.retained_fraction()),
                            run.figures.planes_per_pair()));
    if (run.figures.numbers().count("guard.lost_mass_mean") != 0)
        out += tile(run, "softmax mass lost", "guard.lost_mass_mean", percent(run.number("guard.lost_mass_mean")),
                    fmt::format("mean; worst query {}",
                                figure_value("guard.lost_mass_max", run.number_or("guard.lost_mass_max", 0),
                                             percent(run.number_or("guard.lost_mass_max", 0)))));
    out += tile(run, "DRAM read", "dram.bytes_read", bytes(run.number("dram.bytes_read")),
                fmt::format("{} written, {} of the bandwidth",
                            figure_value("dram.bytes_written", run.number("dram.bytes_written"),
                                         bytes(run.number("dram.bytes_written"))),
                            percent(run.number("dram.bandwidth_utilisation"))));
    if (run.figures.numbers().count("energy_pj.total") != 0) {
        const double core = run.number("energy_core_pj");
        out += tile(run, "energy", "energy_pj.total", joules(run.number("energy_pj.total")),
                    fmt::format("{} without DRAM, {} mW", figure_value("energy_core_pj", core, joules(core)),
                                fmt::format("{:.0f}", ns > 0 ? core / ns : 0)));
    }
    return out + "</dl>\n";
}

std::string checks(const run_record& run) {
    std::string out = "<ul class=\"checks\">\n";
    for (const auto& [name, text] : {std::pair{"soundness", "no pruned key mattered more than allowed"},
                                     {"output", "output equals the softmax over what was retained"},
                                     {"stored_output", "O in DRAM is the output, rounded"},
                                     {"balance", "every pair, byte and cycle accounted for"},
                                     {"tlm_protocol", "no link broke its protocol"}}) {
        const auto held = run.figures.flag("checks." + std::string(name));
        std::string words = name;
        std::replace(words.begin(), words.end(), '_', ' ');
        out += fmt::format("<li class=\"{}\" data-key=\"checks.{}\"><b>{}</b> {} <span>{}</span></li>\n",
                           !held   ? "not-run"
                           : *held ? "held"
                                   : "failed",
                           name,
                           !held   ? "\u2013"
                           : *held ? "\u2713"
                                   : "\u2717",
                           words,
                           !held   ? "not run"
                           : *held ? text
                                   : "FAILED");
    }
    return out + "</ul>\n";
}

std::string parameters(const run_record& run) {
    const auto defaults = param_values(params{});
    const auto values = param_values(run.parameters);
    std::string rows;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i].second != defaults[i].second)
            rows += fmt::format("<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td></tr>\n",
                                escaped(values[i].first), escaped(values[i].second), escaped(defaults[i].second));
    if (rows.empty())
        return no_data("All parameters have their defaults.");
    return "<table class=\"parameters\"><thead><tr><th scope=\"col\">parameter</th><th scope=\"col\">here</th><th "
           "scope=\"col\">default</th></tr></thead><tbody>\n" +
           rows + "</tbody></table>\n";
}

std::string limits(const run_record& run) {
    std::string out;
    for (int i = 0; i < 3; ++i) {
        const std::string at = "bottlenecks[" + std::to_string(i) + "].";
        if (run.figures.numbers().count(at + "share") == 0)
            break;
        const double share = run.number(at + "share");
        const double value = run.number_or(at + "value", 0), next = run.number_or(at + "try", value);
        std::string name = run.figures.text(at + "name");
        std::replace(name.begin(), name.end(), '_', ' ');
        const std::string advice =
            value == next
                ? fmt::format("<code>{}</code> is at its end, {:g}", escaped(run.figures.text(at + "parameter")), value)
                : fmt::format("try <code>{}={:g}</code> (now {:g})", escaped(run.figures.text(at + "parameter")), next,
                              value);
        out += fmt::format(
            "<li><b>{}</b> {}<i class=\"meter\" aria-hidden=\"true\"><i style=\"width:{:.1f}%\"></i></i>"
            "<span>{}; {}. <small>{}</small></span></li>\n",
            figure_value(at + "share", share, fmt::format("{:.0f}\u202f%", 100 * share)), escaped(name),
            std::clamp(100 * share, 0.0, 100.0), escaped(run.figures.text(at + "text")), advice,
            escaped(run.figures.text(at + "evidence")));
    }
    if (out.empty())
        return no_data("Nothing in particular: no part needs 70 % of the cycles, nobody waits for more than 2 %.");
    return "<ol class=\"limits\">\n" + out + "</ol>\n";
}

std::string bounds(const run_record& run) {
    std::string out;
    const double cycles = run.number("time.cycles");
    for (const auto& [name, title] : {std::pair{"lanes", "lanes"},
                                      {"k_feed", "K feed"},
                                      {"dram", "DRAM"},
                                      {"vpu", "V-PU"},
                                      {"v_port", "V ports"}}) {
        const std::string key = "bounds." + std::string(name);
        const double bound = run.number(key);
        const double share = cycles > 0 ? bound / cycles : 0;
        out += fmt::format(
            "<li>{} <i class=\"meter\" aria-hidden=\"true\"><i style=\"width:{:.1f}%\"></i></i> {} "
            "<small>{}</small></li>\n",
            title, std::clamp(100 * share, 0.0, 100.0), figure_value(key, bound, percent(share)),
            grouped(bound) + " cycles");
    }
    return "<ul class=\"bounds\">\n" + out + "</ul>\n";
}

std::string of_one(const panel& p) {
    const run_record& run = p.run;
    std::string out = "<article>\n";
    if (!p.name.empty())
        out += fmt::format("<h2>Run {}: <code>{}</code></h2>\n", p.name, escaped(run.folder));
    out += "<p class=\"job\">" + job_line(run) + "</p>\n";
    for (int i = 0; !run.figures.text("job.notes[" + std::to_string(i) + "]").empty(); ++i)
        out += "<p class=\"note\">" + escaped(run.figures.text("job.notes[" + std::to_string(i) + "]")) + "</p>\n";
    out += key_figures(run);
    out += "<div class=\"columns\"><div><h3>Checks</h3>\n" + checks(run) + "</div>\n";
    out += "<div><h3>What holds it back</h3>\n" + limits(run) + "</div>\n";
    out +=
        "<div><h3>Lower bounds</h3>\n<p class=\"hint\">cycles that each part alone would need, as a share of the "
        "run</p>\n" +
        bounds(run) + "</div>\n";
    out += "<div><h3>Parameters other than the defaults</h3>\n" + parameters(run) + "</div></div>\n";
    out +=
        fmt::format("<p class=\"origin\">Trace <code>{}</code>, manifest SHA-256 <code>{}</code>. pade-sim {}.</p>\n",
                    escaped(run.figures.text("job.trace")), escaped(run.figures.text("job.trace_sha256")),
                    escaped(run.figures.text("job.version")));
    return out + "</article>\n";
}

}  // namespace

std::string head_section(const std::vector<panel>& panels) {
    std::string out = panels.size() > 1 ? "<div class=\"pair\">\n" : "<div>\n";
    for (const panel& p : panels)
        out += of_one(p);
    return out + "</div>\n";
}

}  // namespace pade::html
