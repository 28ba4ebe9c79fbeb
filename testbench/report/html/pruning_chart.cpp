#include <fmt/format.h>

#include <algorithm>

#include "testbench/report/html/charts.h"
#include "testbench/report/html/scale.h"
#include "testbench/report/html/svg.h"
#include "testbench/report/html/text.h"

namespace pade::html {

namespace {

constexpr double left = 64, right = 14, plot = 200, top = 14, bottom = 46;

struct pair_ends {
    double pairs = 0;               ///< unmasked
    std::vector<double> pruned_at;  ///< after plane 0 .. B-1, by the re-check
    double retained = 0;
};

pair_ends ends_of(const run_record& run) {
    pair_ends e;
    e.pairs = run.figures.pairs();
    e.retained = run.number("pairs.retained");
    for (unsigned r = 0; r <= run.parameters.lane.key_bits; ++r)
        e.pruned_at.push_back(run.number("planes.histogram_pruned_at[" + std::to_string(r) + "]"));
    return e;
}

std::string drawing(const panel& p, std::size_t most_columns) {
    const pair_ends e = ends_of(p.run);
    const auto share = [&e](double n) { return e.pairs > 0 ? n / e.pairs : 0; };
    svg out(
        "pruning" + p.id, p.width, top + plot + bottom, p.titled("Pruning by plane"),
        "For each bit plane, highest first: the share of pairs that had to process it, and of those that ended after "
        "it; then the pairs that the re-check dropped and those that were retained.");
    const scale y(1, top + plot, top);
    for (const double tick : y.ticks(4)) {
        out.line(left, y(tick), p.width - right, y(tick), "rule");
        out.text(left - 8, y(tick) + 4, fmt::format("{:.0f}", 100 * tick), "end axis");
    }
    out.text_upwards(18, top + plot / 2, "share of the pairs, %");
    const double step = (p.width - left - right) / static_cast<double>(most_columns);
    const bool roomy = step > 60;
    double alive = e.pairs;
    for (std::size_t c = 0; c < e.pruned_at.size() + 1; ++c) {
        const double x = left + step * (static_cast<double>(c) + 0.14);
        const double width = step * 0.72;
        const bool last = c == e.pruned_at.size();
        const bool plane = c < p.run.parameters.lane.key_bits;
        const double ended = last ? e.retained : e.pruned_at[c];
        const std::string name = last    ? (roomy ? "retained" : "kept")
                                 : plane ? std::to_string(c)
                                 : roomy ? "re-check"
                                         : "check";
        if (plane)
            out.rect(x, y(share(alive)), width, y(0) - y(share(alive)), "work",
                     fmt::format("plane {}: processed by {} pairs, {}", c, grouped(alive), percent(share(alive))),
                     0.25);
        if (ended > 0) {
            out.rect(x, y(share(ended)), width, y(0) - y(share(ended)), last ? "kept" : "work",
                     last ? fmt::format("retained: {} pairs, {}", grouped(ended), percent(share(ended)))
                          : fmt::format("{}: {} pairs pruned, {}", plane ? "after plane " + name : "by the re-check",
                                        grouped(ended), percent(share(ended))));
        }
        if (roomy || ended >= 0.01 * e.pairs)
            out.text(x + width / 2, y(share(ended)) - 4, fmt::format("{:.1f}", 100 * share(ended)), "middle small");
        out.text(x + width / 2, top + plot + 15, name, "middle axis");
        alive -= last ? 0 : ended;
    }
    out.text(left + step * p.run.parameters.lane.key_bits / 2.0, top + plot + 33, "bit plane, highest first",
             "middle axis");
    return out.str();
}

}  // namespace

std::string pruning_section(const std::vector<panel>& panels) {
    std::size_t columns = 0;
    for (const panel& p : panels)
        columns = std::max<std::size_t>(columns, p.run.parameters.lane.key_bits + 2);
    std::vector<std::string> figures;
    for (const panel& p : panels) {
        const std::string note =
            fmt::format("{} pairs that the mask leaves; {} planes processed, {:.3f} a pair; {} retained.",
                        grouped(p.run.figures.pairs()), grouped(p.run.number("planes.processed")),
                        p.run.figures.planes_per_pair(), percent(p.run.figures.retained_fraction()));
        figures.push_back(figure(
            p.titled("Where pairs end"), drawing(p, columns),
            swatch("work", "process this plane", 0.25) + swatch("work", "end after it") + swatch("kept", "retained"),
            note));
    }
    return section(
        "pruning", "Pruning by plane",
        "A pair ends as soon as its upper bound falls below the threshold. Every pair that ends early saves the "
        "planes to its right.",
        side_by_side(figures));
}

}  // namespace pade::html
