#include <fmt/format.h>

#include "testbench/report/html/charts.h"
#include "testbench/report/html/svg.h"
#include "testbench/report/html/text.h"
#include "testbench/report/unit_classes.h"

namespace pade::html {

namespace {

constexpr double row = 26, bar = 16, left = 84, top = 6, bottom = 34;

std::string drawing(const panel& p) {
    const auto& units = all_unit_classes();
    const double height = top + row * static_cast<double>(units.size()) + bottom;
    const double span = p.width - left - 14;
    svg out("classes" + p.id, p.width, height, p.titled("Classes of each unit's cycles"),
            "One bar a unit, divided by the share of its cycles in each class. The shares stand in the tooltips and in "
            "stats.json under lanes and classes.");
    double y = top;
    for (const unit_classes& unit : units) {
        double sum = 0;
        for (const auto& [symbol, name] : unit.classes)
            sum += p.run.number(unit.path + std::string(name));
        out.text(left - 8, y + bar - 4, unit.title, "end");
        double x = left;
        for (const auto& [symbol, name] : unit.classes) {
            const double share = sum > 0 ? p.run.number(unit.path + std::string(name)) / sum : 0;
            const double width = span * share;
            const std::string text = fmt::format("{}: {} {}", unit.title, class_words(name), percent(share));
            if (width > 0.05)
                out.rect(x, y, width, bar, colour_of(symbol), text);
            if (width > 34 && symbol != '.')
                out.text(x + width / 2, y + bar - 4, fmt::format("{:.0f}", 100 * share),
                         std::string("middle small on-") + colour_of(symbol));
            x += width;
        }
        y += row;
    }
    for (int i = 0; i <= 4; ++i) {
        const double x = left + span * i / 4;
        out.line(x, y - 4, x, y, "rule");
        out.text(x, y + 12, fmt::format("{}", 25 * i), i == 4 ? "end axis" : "middle axis");
    }
    out.text(left + span / 2, y + 28, "share of the unit's cycles, %", "middle axis");
    return out.str();
}

}  // namespace

std::string classes_section(const std::vector<panel>& panels) {
    std::vector<std::string> figures;
    figures.reserve(panels.size());
    for (const panel& p : panels)
        figures.push_back(figure(p.titled("Cycles of each unit by class"), drawing(p), class_legend()));
    return section("classes", "Where the cycles went",
                   "Every cycle of every unit, from the start of the job to its interrupt, is in exactly one class.",
                   side_by_side(figures));
}

}  // namespace pade::html
