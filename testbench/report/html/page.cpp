#include "testbench/report/html/page.h"

#include <fmt/format.h>

#include "testbench/report/html/charts.h"
#include "testbench/report/html/text.h"
#include "testbench/report/version.h"

namespace pade::html {

namespace {

std::string name_of(const run_record& run) {
    return escaped(run.figures.text("job.name")) + (run.figures.synthetic() ? " (SYNTHETIC trace)" : "");
}

}  // namespace

std::string report_page(const std::vector<std::filesystem::path>& folders) {
    std::vector<run_record> runs;
    runs.reserve(folders.size());
    for (const auto& folder : folders)
        runs.emplace_back(folder);
    const std::vector<panel> panels = panels_of(runs);
    const std::string name = name_of(runs[0]);
    const std::string other = name_of(runs.back());
    const std::string title = runs.size() == 1 ? name : name == other ? name + ": two runs" : name + " and " + other;

    // Everything first: where something is missing there is no page.
    std::string body = head_section(panels);
    if (runs.size() > 1)
        body += difference_section(runs[0], runs[1]);
    for (const auto& draw : {classes_section, timeline_section, scoreboard_section, pruning_section, retained_section,
                             dram_section, energy_section})
        body += draw(panels);

    std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    out += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";
    out += "<meta name=\"color-scheme\" content=\"light dark\">\n";
    out += "<title>" + title + " \u00b7 PADE run</title>\n<style>\n" + style_sheet() + "</style>\n</head>\n<body>\n";
    // Hatching for what does not exist, for all drawings.
    out +=
        "<svg width=\"0\" height=\"0\" aria-hidden=\"true\" class=\"defs\"><defs><pattern id=\"hatch\" width=\"6\" "
        "height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" "
        "class=\"paper\"/><rect width=\"1\" height=\"6\" class=\"hatching\"/></pattern></defs></svg>\n";
    out += "<header><p class=\"kind\">PADE run report</p><h1>" + title + "</h1>\n<nav>";
    if (runs.size() > 1)
        out += "<a href=\"#difference\">differences</a> ";
    for (const auto& [id, text] : {std::pair{"classes", "cycles"},
                                   {"timeline", "timeline"},
                                   {"scoreboards", "scoreboards"},
                                   {"pruning", "pruning"},
                                   {"retained", "retained"},
                                   {"dram", "DRAM"},
                                   {"energy", "energy"}})
        out += fmt::format("<a href=\"#{}\">{}</a> ", id, text);
    out += "</nav></header>\n<main>\n" + body + "</main>\n";
    out += "<footer><p>Drawn by pade-sim " + escaped(version_text()) +
           " from stats.json, timeline.json, config.json and retained.npy. docs/report.md says how each chart is "
           "computed.</p></footer>\n</body>\n</html>\n";
    return out;
}

}  // namespace pade::html
