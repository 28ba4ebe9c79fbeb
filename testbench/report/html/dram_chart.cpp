#include <fmt/format.h>

#include <algorithm>

#include "testbench/report/html/charts.h"
#include "testbench/report/html/svg.h"
#include "testbench/report/html/text.h"

namespace pade::html {

namespace {

using table = std::vector<std::vector<double>>;

constexpr double left = 40, top = 22, bottom = 36, between = 34;

struct quantity {
    const char* title;
    const char* short_title;  ///< where there is less room
    const char* what;         ///< in a tooltip
    const char* style;
    std::vector<const char*> series;
    bool in_bytes;
};

const std::vector<quantity>& quantities() {
    static const std::vector<quantity> all = {
        {"bytes read", "read", "read", "work", {"reads"}, true},
        {"bytes written", "written", "written", "input", {"writes"}, true},
        {"row conflicts", "conflicts", "row conflicts", "room", {"row_conflicts"}, false}};
    return all;
}

/// Of one bank, in the unit that is shown.
double value_of(const run_record& run, const quantity& q, std::size_t channel, std::size_t bank) {
    double sum = 0;
    for (const char* name : q.series)
        sum += run.timeline->dram_banks.at(name)[channel][bank];
    const dram_params& d = run.parameters.dram;
    return q.in_bytes ? sum * d.bus_bits / 8 * d.burst_length : sum;
}

double most_of(const std::vector<panel>& panels, const quantity& q) {
    double most = 0;
    for (const panel& p : panels) {
        if (!p.run.timeline)
            continue;
        const table& shape = p.run.timeline->dram_banks.at("reads");
        for (std::size_t c = 0; c < shape.size(); ++c)
            for (std::size_t b = 0; b < shape[c].size(); ++b)
                most = std::max(most, value_of(p.run, q, c, b));
    }
    return most;
}

std::string shown(const quantity& q, double value) {
    return q.in_bytes ? bytes(value) : grouped(value);
}

std::string map(const panel& p, const quantity& q, double most, double width, std::size_t number) {
    const table& shape = p.run.timeline->dram_banks.at("reads");
    const auto channels = static_cast<double>(shape.size());
    const auto banks = static_cast<double>(shape[0].size());
    const double cell = std::min((width - left - 4) / channels, 230 / banks);
    const double cell_width = (width - left - 4) / channels;
    svg out(fmt::format("dram{}{}", number, p.id), width, top + banks * cell + bottom,
            p.titled(std::string("DRAM, ") + q.title),
            fmt::format("One column a pseudo channel, one row a bank; the darker, the more. Most in one bank: {}.",
                        shown(q, most)));
    out.text(left, 12, width > 250 ? q.title : q.short_title, "start strong");
    double total = 0;
    for (std::size_t c = 0; c < shape.size(); ++c) {
        for (std::size_t b = 0; b < shape[c].size(); ++b) {
            const double value = value_of(p.run, q, c, b);
            total += value;
            const double x = left + static_cast<double>(c) * cell_width;
            const double y = top + static_cast<double>(b) * cell;
            out.rect(x, y, cell_width - 1, cell - 1, value > 0 ? q.style : "idle",
                     fmt::format("pseudo channel {}, bank {}: {} {}", c, b, shown(q, value), q.what),
                     value > 0 ? std::max(0.08, value / most) : 1);
        }
    }
    out.text(left + channels * cell_width - 1, 12, shown(q, total), "end axis");
    for (std::size_t b = 0; b<shape[0].size(); b += shape[0].size()> 8 ? 4 : 1)
        out.text(left - 5, top + (static_cast<double>(b) + 0.5) * cell + 4, std::to_string(b), "end axis");
    for (std::size_t c = 0; c<shape.size(); c += shape.size()> 8 ? 4 : 1)
        out.text(left + (static_cast<double>(c) + 0.5) * cell_width, top + banks * cell + 13, std::to_string(c),
                 "middle axis");
    out.text(left + channels * cell_width / 2, top + banks * cell + 29, "pseudo channel", "middle axis");
    out.text_upwards(11, top + banks * cell / 2, "bank");
    return out.str();
}

}  // namespace

std::string dram_section(const std::vector<panel>& panels) {
    std::vector<std::string> figures;
    for (const panel& p : panels) {
        if (!p.run.timeline) {
            figures.push_back(no_data(p.titled("This run has no timeline.json.")));
            continue;
        }
        const bool narrow = panels.size() > 1;
        const double width = narrow ? (p.width - 2 * 10) / 3 : (p.width - 2 * between) / 3;
        std::string maps = "<div class=\"triple\">";
        std::string legend;
        for (std::size_t n = 0; n < quantities().size(); ++n) {
            const quantity& q = quantities()[n];
            const double most = most_of(panels, q);
            maps += map(p, q, most, width, n);
            legend += ramp(q.style, "0", shown(q, most) + (q.in_bytes ? "" : " conflicts"));
        }
        figures.push_back(figure(p.titled("DRAM traffic by pseudo channel and bank"), maps + "</div>\n", legend));
    }
    return section("dram", "DRAM by channel and bank",
                   "Data bursts of each bank, and requests that found another row open. Even colour means that the "
                   "layout spreads the traffic; columns or rows that stand out are where requests queue.",
                   side_by_side(figures));
}

}  // namespace pade::html
