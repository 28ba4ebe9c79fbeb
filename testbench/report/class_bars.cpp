#include "testbench/report/class_bars.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "testbench/report/unit_classes.h"

namespace pade {

namespace {

constexpr unsigned bar_width = 32;

/// Whole numbers that sum to `whole`, as near to the shares as can be.
std::vector<unsigned> apportion(const std::vector<double>& amounts, unsigned whole) {
    const double sum = std::accumulate(amounts.begin(), amounts.end(), 0.0);
    std::vector<unsigned> counts(amounts.size());
    if (!(sum > 0))
        return counts;
    std::vector<std::pair<double, std::size_t>> rest;
    unsigned given = 0;
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        const double exact = amounts[i] / sum * whole;
        counts[i] = static_cast<unsigned>(exact);
        given += counts[i];
        rest.emplace_back(counts[i] - exact, i);
    }
    std::stable_sort(rest.begin(), rest.end());
    for (std::size_t i = 0; given < whole; ++i, ++given)
        ++counts[rest[i].second];
    return counts;
}

}  // namespace

std::string bar(const std::vector<std::pair<char, double>>& parts, unsigned width) {
    std::vector<double> amounts(parts.size());
    std::transform(parts.begin(), parts.end(), amounts.begin(), [](const auto& part) { return part.second; });
    const std::vector<unsigned> counts = apportion(amounts, width);
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i)
        text.append(counts[i], parts[i].first);
    text.resize(width, ' ');
    return text;
}

std::string class_bars(const stats& figures) {
    std::string out;
    for (const unit_classes& unit : all_unit_classes()) {
        std::vector<std::pair<char, double>> parts;
        std::vector<double> amounts;
        for (const auto& [symbol, name] : unit.classes) {
            amounts.push_back(figures.number(unit.path + std::string(name)));
            parts.emplace_back(symbol, amounts.back());
        }
        const std::vector<unsigned> tenths = apportion(amounts, 1000);
        out += fmt::format("  {:<11} |{}|", unit.title, bar(parts, bar_width));
        for (std::size_t i = 0; i < tenths.size(); ++i)
            if (tenths[i] != 0)
                out += fmt::format(" {} {} {}.{}", parts[i].first, class_words(unit.classes[i].second), tenths[i] / 10,
                                   tenths[i] % 10);
        out += '\n';
    }
    return out;
}

std::string energy_bars(const stats& figures) {
    if (figures.find("energy_pj.total") == nullptr)
        return {};
    const double total = figures.number("energy_pj.total");
    const double core = figures.number("energy_core_pj");
    const double ns = figures.number("time.ns");
    const auto microjoule = [](double pj) { return pj / 1e6; };
    std::string out;
    for (const stat& s : figures.entries()) {
        const std::string key = "energy_pj.";
        if (s.path.rfind(key, 0) != 0 || s.path == key + "total")
            continue;
        const std::string part = s.path.substr(key.size());
        const double amount = figures.number(s.path);
        out += fmt::format("  {:<11} |{}| {:>5.1f} % {:>12.4f} uJ  ({:.4f} to {:.4f})\n", part,
                           bar({{'#', amount}, {' ', total - amount}}, bar_width), 100 * amount / total,
                           microjoule(amount), microjoule(figures.number("energy_band_pj.low." + part)),
                           microjoule(figures.number("energy_band_pj.high." + part)));
    }
    out += fmt::format("  {:.4f} uJ in all ({:.4f} to {:.4f}); without DRAM {:.4f} uJ, {:.0f} mW ({:.0f} to {:.0f})\n",
                       microjoule(total), microjoule(figures.number("energy_band_pj.low.total")),
                       microjoule(figures.number("energy_band_pj.high.total")), microjoule(core), core / ns,
                       figures.number("energy_band_pj.low.core") / ns, figures.number("energy_band_pj.high.core") / ns);
    return out;
}

}  // namespace pade
