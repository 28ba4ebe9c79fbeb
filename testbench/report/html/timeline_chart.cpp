// Classes of each unit over the run: small charts one below the other on one axis of time.
#include <fmt/format.h>

#include "testbench/report/html/charts.h"
#include "testbench/report/html/text.h"
#include "testbench/report/html/time_axis.h"
#include "testbench/report/unit_classes.h"

namespace pade::html {

namespace {

constexpr double left = 84, right = 14, strip = 44, gap = 12, top = 4, bottom = 42;

/// The area below the sum of the first `classes` classes.
std::string area(const recorded_timeline& line, const unit_classes& unit, std::size_t classes, const scale& x,
                 double base) {
    const auto bins = drawn_bins(line, x(static_cast<double>(line.cycles)) - x(0));
    std::string d = fmt::format("M{} {}", coordinate(x(0)), coordinate(base));
    double cycle = 0;
    for (const auto& [first, end] : bins) {
        double part = 0, sum = 0;
        for (std::size_t b = first; b < end; ++b) {
            for (std::size_t c = 0; c < unit.classes.size(); ++c) {
                const double n = line.counter(unit.path + std::string(unit.classes[c].second))[b];
                part += c < classes ? n : 0;
                sum += n;
            }
            cycle += line.width(b);
        }
        d += fmt::format("V{}H{}", coordinate(base - strip * (sum > 0 ? part / sum : 0)), coordinate(x(cycle)));
    }
    return d + fmt::format("V{}Z", coordinate(base));
}

std::string drawing(const panel& p, double most_cycles) {
    const recorded_timeline& line = *p.run.timeline;
    const auto& units = all_unit_classes();
    const double height = top + (strip + gap) * static_cast<double>(units.size()) + bottom;
    const scale x(most_cycles, left, p.width - right);
    svg out("timeline" + p.id, p.width, height, p.titled("Activity of each unit over the run"),
            fmt::format("One strip a unit over {} core cycles; the height of each colour is the share of the unit's "
                        "cycles in that class, in bins of {} cycles.",
                        line.cycles, line.cycles_per_bin));
    double base = top;
    for (const unit_classes& unit : units) {
        base += strip;
        out.rect(x(0), base - strip, x(static_cast<double>(line.cycles)) - x(0), strip, "idle");
        // From the sum of all down to the first: each covers what is below it.
        for (std::size_t classes = unit.classes.size(); classes > 0; --classes) {
            const auto& [symbol, name] = unit.classes[classes - 1];
            if (symbol == '.' || !(p.run.number(unit.path + std::string(name)) > 0))
                continue;
            out.path(area(line, unit, classes, x, base), colour_of(symbol),
                     std::string(unit.title) + ": " + class_words(name));
        }
        out.text(left - 8, base - strip / 2 + 4, unit.title, "end");
        out.line(x(0), base, x(most_cycles), base, "rule");
        base += gap;
    }
    out.text(left - 8, top + 8, "100 %", "end axis");
    out.text(left - 8, top + strip, "0 %", "end axis");
    draw_time_axis(out, x, base - gap, base - gap, p.run.parameters, (x(0) + x(most_cycles)) / 2);
    return out.str();
}

}  // namespace

std::string timeline_section(const std::vector<panel>& panels) {
    std::vector<std::string> figures;
    figures.reserve(panels.size());
    for (const panel& p : panels)
        figures.push_back(p.run.timeline ? figure(p.titled("Activity of each unit over the run"),
                                                  drawing(p, longest_run(panels)), class_legend())
                                         : no_data(p.titled("This run has no timeline.json: it was made with "
                                                            "--no-timeline, or by an earlier version.")));
    return section(
        "timeline", "Activity over the run",
        "The same classes bin by bin. A strip that is full of one colour says what the unit did all the time; "
        "empty strips are idle units.",
        side_by_side(figures));
}

}  // namespace pade::html
