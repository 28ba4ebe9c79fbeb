#include "testbench/report/html/time_axis.h"

#include <fmt/format.h>

#include <algorithm>

#include "testbench/report/html/text.h"

namespace pade::html {

double longest_run(const std::vector<panel>& panels) {
    double most = 0;
    for (const panel& p : panels)
        if (p.run.timeline)
            most = std::max(most, static_cast<double>(p.run.timeline->cycles));
    return most;
}

void draw_time_axis(svg& out, const scale& x, double y, double grid_top, const params& p, double plot_middle) {
    for (const double tick : x.ticks(plot_middle > 400 ? 10 : 5)) {
        out.line(x(tick), grid_top, x(tick), y + 4, "rule");
        out.text(x(tick), y + 16, short_number(tick), "middle axis");
    }
    out.text(plot_middle, y + 32,
             fmt::format("core cycles ({} cycles are {:.3g} \u00b5s)", short_number(1000), 1000.0 / p.clock.core_mhz),
             "middle axis");
}

std::vector<std::pair<std::size_t, std::size_t>> drawn_bins(const recorded_timeline& line, double pixels) {
    const double each = pixels / static_cast<double>(line.bins);
    const std::size_t together = each >= 1.9 ? 1 : static_cast<std::size_t>(1.9 / each) + 1;
    std::vector<std::pair<std::size_t, std::size_t>> bins;
    for (std::size_t first = 0; first < line.bins; first += together)
        bins.emplace_back(first, std::min(first + together, line.bins));
    return bins;
}

}  // namespace pade::html
