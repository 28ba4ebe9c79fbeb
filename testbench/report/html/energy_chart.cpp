#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "testbench/report/html/charts.h"
#include "testbench/report/html/scale.h"
#include "testbench/report/html/svg.h"
#include "testbench/report/html/text.h"

namespace pade::html {

namespace {

constexpr double left = 132, right = 96, row = 22, bar = 13, top = 8, bottom = 40;

const std::array parts = {"qkpu", "guard", "control", "buffers", "vpu", "softmax", "clock", "leakage", "dram"};
const std::array part_names = {"QK-PU",   "guard", "control", "buffers", "V-PU and queue",
                               "softmax", "clock", "leakage", "DRAM"};

struct line {
    std::string name;
    double value = 0, low = 0, high = 0;
    bool banded = false;
    const char* style = "work";
};

bool has_energy(const run_record& run) {
    return run.figures.numbers().count("energy_pj.total") != 0;
}

std::vector<line> part_lines(const run_record& run) {
    std::vector<line> all;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string name = parts[i];
        all.push_back({part_names[i], run.number("energy_pj." + name), run.number("energy_band_pj.low." + name),
                       run.number("energy_band_pj.high." + name), true, name == "dram" ? "input" : "work"});
    }
    return all;
}

/// The largest lines of energy_detail_pj, and what the others sum to.
std::vector<line> detail_lines(const run_record& run, std::size_t most) {
    const std::string prefix = "energy_detail_pj.";
    std::vector<line> all;
    for (const auto& [name, value] : run.figures.numbers())
        if (name.rfind(prefix, 0) == 0) {
            std::string words = name.substr(prefix.size());
            const bool memory = words.rfind("dram", 0) == 0;
            std::replace(words.begin(), words.end(), '_', ' ');
            all.push_back({words, value, 0, 0, false, memory ? "input" : "work"});
        }
    std::stable_sort(all.begin(), all.end(), [](const line& a, const line& b) { return a.value > b.value; });
    if (all.size() > most) {
        line rest{fmt::format("{} others", all.size() - most)};
        rest.style = "part";
        for (std::size_t i = most; i < all.size(); ++i)
            rest.value += all[i].value;
        all.resize(most);
        all.push_back(rest);
    }
    return all;
}

std::string bars(const std::string& id, const std::string& title, const std::string& desc,
                 const std::vector<line>& lines, double most, double total, double width) {
    svg out(id, width, top + row * static_cast<double>(lines.size()) + bottom, title, desc);
    const scale x(most, left, width - right);
    const double end = top + row * static_cast<double>(lines.size());
    for (const double tick : x.ticks(width > 600 ? 6 : 3)) {
        out.line(x(tick), top, x(tick), end + 3, "rule");
        out.text(x(tick), end + 16, fmt::format("{:g}", tick / 1e6), "middle axis");
    }
    out.text((x(0) + x(most)) / 2, end + 32, "\u00b5J", "middle axis");
    double y = top;
    for (const line& l : lines) {
        out.text(left - 8, y + 12, l.name, "end");
        out.rect(x(0), y + 2, x(l.value) - x(0), bar, l.style,
                 fmt::format("{}: {}, {} of all{}", l.name, joules(l.value), percent(total > 0 ? l.value / total : 0),
                             l.banded ? fmt::format("; {} to {}", joules(l.low), joules(l.high)) : ""));
        double at = x(l.value);
        if (l.banded) {
            const double middle = y + 2 + bar / 2;
            out.line(x(l.low), middle, x(l.high), middle, "whisker");
            out.line(x(l.low), middle - 4, x(l.low), middle + 4, "whisker");
            out.line(x(l.high), middle - 4, x(l.high), middle + 4, "whisker");
            at = x(l.high);
        }
        out.text(at + 6, y + 12, joules(l.value), "start axis");
        y += row;
    }
    return out.str();
}

/// All of it in one bar, core and DRAM.
std::string stack(const panel& p, const std::vector<line>& lines, double most, double total) {
    svg out("energy-stack" + p.id, p.width, 74, p.titled("Energy of the run, one bar"),
            "The parts of the energy side by side, of the whole energy of the run.");
    const scale x(most, 0, p.width);
    double at = 0;
    double opacity = 1;
    for (const line& l : lines) {
        const double from = x(at);
        const double width = x(at + l.value) - from;
        const bool memory = std::string(l.style) == "input";
        out.rect(from, 22, width > 1 ? width - 1 : width, 24, l.style,
                 fmt::format("{}: {}, {}", l.name, joules(l.value), percent(total > 0 ? l.value / total : 0)),
                 memory ? 1 : opacity);
        if (width > 7.5 * static_cast<double>(l.name.size()) + 8)
            out.text(from + width / 2, 38, l.name, memory || opacity > 0.6 ? "middle small on-work" : "middle small");
        opacity = std::max(0.25, opacity - 0.12);
        at += l.value;
    }
    const double core = p.run.number("energy_core_pj");
    out.line(0, 50, x(core), 50, "bracket");
    out.text(x(core) / 2, 65, "chip " + joules(core), "middle axis");
    out.line(x(core) + 1, 50, x(total), 50, "bracket");
    out.text((x(core) + x(total)) / 2, 65, "DRAM " + joules(total - core), "middle axis");
    out.text(0, 14, "in all " + joules(total), "start strong");
    return out.str();
}

}  // namespace

std::string energy_section(const std::vector<panel>& panels) {
    double most_total = 0, most_part = 0, most_detail = 0;
    for (const panel& p : panels) {
        if (!has_energy(p.run))
            continue;
        most_total = std::max(most_total, p.run.number("energy_pj.total"));
        for (const line& l : part_lines(p.run))
            most_part = std::max({most_part, l.value, l.high});
        for (const line& l : detail_lines(p.run, 14))
            most_detail = std::max(most_detail, l.value);
    }
    std::vector<std::string> first, second;
    for (const panel& p : panels) {
        if (!has_energy(p.run)) {
            first.push_back(no_data(p.titled("This run has no energies: it was made by an earlier version.")));
            continue;
        }
        const double total = p.run.number("energy_pj.total");
        const auto lines = part_lines(p.run);
        const std::string legend = swatch("work", "chip") + swatch("input", "DRAM");
        first.push_back(
            figure(p.titled("Energy by part"),
                   stack(p, lines, most_total, total) +
                       bars("energy" + p.id, p.titled("Energy by part"),
                            "One bar a part of the machine, with the band of what the table guesses.", lines, most_part,
                            total, p.width),
                   legend + stroke_swatch("whisker", "every guess of the table at its low, at its high end")));
        second.push_back(figure(p.titled("Largest lines"),
                                bars("energy-lines" + p.id, p.titled("Largest lines of the energy"),
                                     "One bar a line of energy_detail_pj, largest first.", detail_lines(p.run, 14),
                                     most_detail, total, p.width),
                                legend + swatch("part", "the sum of the others")));
    }
    return section("energy", "Energy",
                   "Counters times the entries of a 28 nm table; bands come from the entries that are guesses "
                   "(docs/energy.md).",
                   side_by_side(first) + (second.empty() ? "" : side_by_side(second)));
}

}  // namespace pade::html
