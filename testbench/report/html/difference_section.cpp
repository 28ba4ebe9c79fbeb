#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "testbench/batch/difference.h"
#include "testbench/report/html/charts.h"
#include "testbench/report/html/text.h"

namespace pade::html {

namespace {

constexpr std::size_t most_figures = 30;

/// What a reader looks for first.
const std::vector<std::string> headline = {"time.cycles",         "energy_pj.total",    "energy_core_pj",
                                           "planes.processed",    "pairs.retained",     "guard.lost_mass_mean",
                                           "guard.lost_mass_max", "lanes.utilisation",  "planes.fetched",
                                           "dram.bytes_read",     "dram.bytes_written", "vpu.macs",
                                           "area_mm2.total"};

std::string values(const char* heading, const std::vector<changed_value>& list) {
    if (list.empty())
        return {};
    std::string out = fmt::format(
        "<table><caption>{}</caption><thead><tr><th scope=\"col\">name</th><th scope=\"col\">A"
        "</th><th scope=\"col\">B</th></tr></thead><tbody>\n",
        heading);
    for (const changed_value& each : list)
        out += fmt::format("<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td></tr>\n",
                           escaped(each.name), escaped(each.a), escaped(each.b));
    return out + "</tbody></table>\n";
}

std::string number(double value) {
    if (std::abs(value) >= 1e6 && std::abs(value) < 1e15)
        return grouped(value);
    return fmt::format("{:.7g}", value);
}

bool is_headline(const std::string& name) {
    return std::find(headline.begin(), headline.end(), name) != headline.end();
}

/// Those of one head, group, link or line of energy, and the bands, are in pade-sim diff --all.
bool of_the_whole(const std::string& name) {
    for (const char* prefix : {"links.", "energy_band_pj.", "area_band_mm2.", "energy_detail_pj.", "area_detail_mm2."})
        if (name.rfind(prefix, 0) == 0)
            return false;
    return name.find('[') == std::string::npos;
}

/// A figure of one run; what was not measured there is no 0.
std::string cell(const char* run, const std::string& name, const run_record& record, double value) {
    return record.figures.numbers().count(name) != 0 ? figure_value(run + name, value, number(value)) : "\u2013";
}

std::string row_of(const changed_figure& each, const run_record& a, const run_record& b) {
    const double larger = std::max(std::abs(each.a), std::abs(each.b));
    const double effect = larger > 0 ? std::clamp(std::abs(each.b - each.a) / larger, 0.0, 1.0) : 0;
    const bool both = a.figures.numbers().count(each.name) != 0 && b.figures.numbers().count(each.name) != 0;
    std::string change, meter;
    if (both) {
        change = each.a == 0 ? "from 0" : fmt::format("{:+.1f}\u202f%", 100 * (each.b / each.a - 1));
        if (change[0] == '-')
            change = "\u2212" + change.substr(1);
        meter = fmt::format("<i class=\"change {}\" aria-hidden=\"true\"><i style=\"width:{:.1f}%\"></i></i>",
                            each.b < each.a ? "down" : "up", 50 * effect);
    }
    return fmt::format("<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                       escaped(each.name), cell("a:", each.name, a, each.a), cell("b:", each.name, b, each.b), change,
                       meter);
}

std::string table_of(const std::string& caption, const std::string& rows) {
    return rows.empty() ? std::string()
                        : "<table class=\"figures\"><caption>" + caption +
                              "</caption><thead><tr><th scope=\"col\">figure</th><th scope=\"col\">A</th><th "
                              "scope=\"col\">B</th><th scope=\"col\">change</th><th scope=\"col\">less \u00b7 "
                              "more</th></tr></thead><tbody>\n" +
                              rows + "</tbody></table>\n";
}

std::string figures_tables(const run_difference& d, const run_record& a, const run_record& b) {
    std::string first, others;
    for (const std::string& name : headline)
        for (const changed_figure& each : d.figures)
            if (each.name == name)
                first += row_of(each, a, b);
    std::size_t shown = 0, left = 0;
    for (const changed_figure& each : d.figures) {
        if (is_headline(each.name))
            continue;
        if (!of_the_whole(each.name) || shown == most_figures) {
            ++left;
            continue;
        }
        ++shown;
        others += row_of(each, a, b);
    }
    if (first.empty() && others.empty())
        return no_data("No figure differs.");
    return table_of("Main figures that differ", first) + table_of("Other figures, largest change first", others) +
           fmt::format("<p class=\"hint\">{} figures are the same; {} more differ (pade-sim diff --all).</p>\n",
                       d.equal, left);
}

}  // namespace

std::string difference_section(const run_record& a, const run_record& b) {
    const run_difference d = compare_runs(a.folder, b.folder);
    std::string out = fmt::format("<p>Output {}, retained pairs {}.</p>\n", d.same_output ? "the same" : "differs",
                                  d.same_retained ? "the same" : "differ");
    out += "<div class=\"tables\">" + values("Parameters", d.parameters) + values("Job", d.job) +
           values("Checks", d.checks) + "</div>\n";
    return section("difference", "What differs", "", out + figures_tables(d, a, b));
}

}  // namespace pade::html
