#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "testbench/report/html/charts.h"
#include "testbench/report/html/scale.h"
#include "testbench/report/html/svg.h"
#include "testbench/report/html/text.h"

namespace pade::html {

namespace {

constexpr double left = 62, top = 8, bottom = 42;
constexpr int levels = 8;

/// Shares span decades: level n begins at 2^-(levels - n + 1) of all, the lowest at anything.
int level_of(double share) {
    if (!(share > 0))
        return 0;
    return std::clamp(levels + 1 + static_cast<int>(std::floor(std::log2(share) + 1e-9)), 1, levels);
}

std::string drawing(const panel& p, const retained_map& map, double width) {
    const double queries = p.run.number("job.queries"), keys = p.run.number("job.keys");
    const double plot = width - left - 6;
    const double height = std::max(36.0, std::min(plot, plot * static_cast<double>(map.rows) / 64));
    svg out(
        fmt::format("retained{}{}", map.head, p.id), width, top + height + bottom,
        p.titled(fmt::format("Retained pairs of head {}", map.head)),
        "Queries from above to below, keys from left to right; the darker a cell, the larger the share of its pairs "
        "that went into the softmax. Cells without a visible pair are hatched.");
    const double w = plot / static_cast<double>(map.columns), h = height / static_cast<double>(map.rows);
    // One path a level: thousands of cells stay small.
    std::vector<std::string> cells(levels + 1);
    std::string hidden;
    for (std::size_t r = 0; r < map.rows; ++r) {
        for (std::size_t c = 0; c < map.columns; ++c) {
            const std::size_t at = r * map.columns + c;
            std::string& d = map.visible[at] > 0
                                 ? cells[static_cast<std::size_t>(level_of(map.kept[at] / map.visible[at]))]
                                 : hidden;
            std::size_t end = c + 1;
            if (&d == &hidden || &d == &cells[0])  // runs of them in one piece
                while (end < map.columns && (map.visible[r * map.columns + end] > 0) == (&d == &cells[0]) &&
                       (&d == &hidden || map.kept[r * map.columns + end] == 0))
                    ++end;
            d += fmt::format("M{} {}h{}v{}h-{}z", coordinate(left + static_cast<double>(c) * w),
                             coordinate(top + static_cast<double>(r) * h), coordinate(static_cast<double>(end - c) * w),
                             coordinate(h), coordinate(static_cast<double>(end - c) * w));
            c = end - 1;
        }
    }
    out.rect(left, top, plot, height, "paper");
    if (!hidden.empty())
        out.path(hidden, "masked", "hidden by the causal mask");
    if (!cells[0].empty())
        out.path(cells[0], "idle", "nothing retained");
    for (int n = 1; n <= levels; ++n)
        if (!cells[static_cast<std::size_t>(n)].empty())
            out.path(cells[static_cast<std::size_t>(n)], "kept",
                     n == levels
                         ? "half of the pairs or more"
                         : fmt::format("from 1/{} to 1/{} of the pairs", 1 << (levels - n + 1), 1 << (levels - n)),
                     0.1 + 0.9 * n / levels);
    const scale x(keys, left, left + plot), y(queries, top, top + height);
    for (const double tick : x.ticks(4))
        out.text(x(tick), top + height + 15, fmt::format("{:g}", tick), "middle axis");
    const double first = p.run.number("job.first_query");
    for (const double tick : y.ticks(height > 100 ? 4 : 1))
        out.text(left - 7, y(tick) + 4, fmt::format("{:g}", tick + first), "end axis");
    out.text(left + plot / 2, top + height + 33, "key", "middle axis");
    out.text_upwards(16, top + height / 2, "query");
    return out.str();
}

}  // namespace

std::string retained_section(const std::vector<panel>& panels) {
    std::vector<std::string> figures;
    for (const panel& p : panels) {
        const std::size_t shown = std::min<std::size_t>(p.run.retained.size(), panels.size() > 1 ? 1 : 2);
        for (std::size_t n = 0; n < shown; ++n) {
            const retained_map& map = p.run.retained[n];
            const std::string path = "per_head[" + std::to_string(map.head) + "].pairs.";
            const double kept = p.run.number(path + "retained");
            const double pairs = p.run.number(path + "total") - p.run.number(path + "masked");
            figures.push_back(figure(
                p.titled(fmt::format("Head {}", map.head)), drawing(p, map, panels[0].width > 600 ? 512 : p.width),
                ramp("kept", "few", "half or more") + swatch("idle", "none") + swatch("masked", "hidden by the mask"),
                fmt::format("{} of {} pairs retained, {}. Each cell is {} x {} pairs; a shade is a factor of two.",
                            grouped(kept), grouped(pairs), percent(pairs > 0 ? kept / pairs : 0),
                            short_number(std::ceil(p.run.number("job.queries") / static_cast<double>(map.rows))),
                            short_number(std::ceil(p.run.number("job.keys") / static_cast<double>(map.columns))))));
        }
    }
    return section(
        "retained", "What was retained",
        "Which keys each query kept. Language models keep the first keys, the diagonal, and a few columns.",
        "<div class=\"pair\">\n" +
            [&figures] {
                std::string all;
                for (const std::string& each : figures)
                    all += each;
                return all;
            }() +
            "</div>\n");
}

}  // namespace pade::html
