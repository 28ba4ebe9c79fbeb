#include <fmt/format.h>

#include <algorithm>

#include "testbench/report/html/charts.h"
#include "testbench/report/html/text.h"
#include "testbench/report/html/time_axis.h"

namespace pade::html {

namespace {

constexpr double left = 84, right = 14, plot = 170, top = 16, bottom = 42;

struct occupancy {
    double cycle = 0;  ///< at the end of the bin
    double mean = 0, low = 0, high = 0;
};

/// Mean entries a lane by bin: of all rows, of the emptiest and of the fullest one.
std::vector<occupancy> occupancies(const recorded_timeline& line, double lanes, double pixels) {
    std::vector<occupancy> all;
    double cycle = 0;
    for (const auto& [first, end] : drawn_bins(line, pixels)) {
        double looks = 0;
        std::vector<double> held(line.entries_held.size());
        for (std::size_t b = first; b < end; ++b) {
            cycle += line.width(b);
            looks += line.looks[b];
            for (std::size_t row = 0; row < held.size(); ++row)
                held[row] += line.entries_held[row][b];
        }
        if (!(looks > 0))  // a last bin shorter than the time between looks
            continue;
        occupancy o;
        o.cycle = cycle;
        for (double& each : held) {
            each /= looks * lanes;
            o.mean += each / static_cast<double>(held.size());
        }
        o.low = *std::min_element(held.begin(), held.end());
        o.high = *std::max_element(held.begin(), held.end());
        all.push_back(o);
    }
    return all;
}

std::string drawing(const panel& p, double most_cycles, double most_entries) {
    const recorded_timeline& line = *p.run.timeline;
    const scale x(most_cycles, left, p.width - right);
    const scale y(most_entries, top + plot, top);
    const double entries = p.run.parameters.lane.scoreboard_entries;
    const auto points = occupancies(line, p.run.parameters.lane.count, x(static_cast<double>(line.cycles)) - x(0));
    svg out(
        "scoreboards" + p.id, p.width, top + plot + bottom, p.titled("Occupancy of the scoreboards"),
        fmt::format("Entries in use in a lane's scoreboard over the run, of {}: mean of all lanes as a line, between "
                    "the rows with fewest and most as a band.",
                    entries));
    draw_time_axis(out, x, top + plot, top, p.run.parameters, (x(0) + x(most_cycles)) / 2);
    for (const double tick : y.ticks(4)) {
        out.line(left, y(tick), p.width - right, y(tick), "rule");
        out.text(left - 8, y(tick) + 4, fmt::format("{:g}", tick), "end axis");
    }
    out.text_upwards(18, top + plot / 2, "entries a lane");
    std::string low, band, mean;
    double from = 0;
    for (const occupancy& o : points) {
        band += fmt::format("{}{} {}H{}", band.empty() ? "M" : "L", coordinate(x(from)), coordinate(y(o.high)),
                            coordinate(x(o.cycle)));
        low = fmt::format("L{} {}H{}", coordinate(x(o.cycle)), coordinate(y(o.low)), coordinate(x(from))) + low;
        mean += fmt::format("{}{} {}", mean.empty() ? "M" : "L", coordinate(x((from + o.cycle) / 2)),
                            coordinate(y(o.mean)));
        from = o.cycle;
    }
    if (!points.empty()) {
        out.path(band + low + "Z", "work", "", 0.25);
        out.path(mean, "curve");
    }
    out.line(left, y(entries), p.width - right, y(entries), "limit");
    out.text(p.width - right, y(entries) - 4, fmt::format("{} entries", entries), "end axis");
    return out.str();
}

}  // namespace

std::string scoreboard_section(const std::vector<panel>& panels) {
    double most = 0;
    for (const panel& p : panels)
        most = std::max(most, double{1} * p.run.parameters.lane.scoreboard_entries);
    std::vector<std::string> figures;
    figures.reserve(panels.size());
    for (const panel& p : panels)
        figures.push_back(p.run.timeline ? figure(p.titled("Entries in use in a lane's scoreboard"),
                                                  drawing(p, longest_run(panels), most),
                                                  stroke_swatch("curve", "mean of all lanes") +
                                                      swatch("work", "from the emptiest to the fullest row", 0.25) +
                                                      stroke_swatch("limit", "entries there are"))
                                         : no_data(p.titled("This run has no timeline.json.")));
    return section("scoreboards", "Occupancy of the scoreboards",
                   "How many keys a lane holds between admission and decision. Lanes that are full cannot hide the "
                   "latency of the next plane; lanes that are empty have nothing to do.",
                   side_by_side(figures));
}

}  // namespace pade::html
