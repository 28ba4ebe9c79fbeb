#include "model/energy/energy_model.h"

#include <algorithm>

namespace pade {

namespace {

double sum(const std::vector<account_line>& lines) {
    double all = 0;
    for (const account_line& line : lines)
        all += line.amount;
    return all;
}

/// Sums by part, in the order in which the parts first come.
std::vector<account_line> by_part(const std::vector<account_line>& lines) {
    std::vector<account_line> parts;
    for (const account_line& line : lines) {
        const auto known = std::find_if(parts.begin(), parts.end(), [&](const auto& p) { return p.part == line.part; });
        if (known == parts.end())
            parts.push_back({line.part, "", line.amount, ""});
        else
            known->amount += line.amount;
    }
    return parts;
}

struct ledger {
    std::vector<account_line> area;
    std::vector<account_line> energy;
};

ledger ledger_at(const stats& figures, const params& p, const energy_table& table, energy_corner corner) {
    const unit_costs cost(table, corner);
    ledger all;
    all.area = area_lines(p, cost);
    all.energy = energy_lines(figures, p, cost, sum(all.area));
    return all;
}

double without_dram(const std::vector<account_line>& lines) {
    double all = 0;
    for (const account_line& line : lines)
        all += line.part == "dram" ? 0 : line.amount;
    return all;
}

void add_sums(stats& out, const std::string& key, const char* unit, const std::vector<account_line>& lines) {
    out.add(key + ".total", unit, "sum of the parts", sum(lines));
    for (const account_line& part : by_part(lines))
        out.add(key + "." + part.part, unit, "part of the total", part.amount);
}

/// What a group's share of each part goes by: a counter that every group has, and whose sum over the groups is the
/// whole.
const char* share_key(const std::string& part) {
    if (part == "guard" || part == "control" || part == "buffers")
        return "planes.processed";
    if (part == "vpu")
        return "vpu.macs";
    if (part == "softmax")
        return "vpu.v_rows_needed";
    if (part == "dram")
        return "dram.bytes_read";
    return "lanes.busy";  // qkpu; clock and leakage go by the time that the lanes worked
}

void add_groups(stats& out, const std::vector<account_line>& parts) {
    std::size_t groups = 0;
    while (out.find("per_group[" + std::to_string(groups) + "].lanes.busy") != nullptr)
        ++groups;
    const auto counter = [&out](std::size_t group, const char* key) {
        return out.number("per_group[" + std::to_string(group) + "]." + key);
    };
    std::vector<double> totals(groups);
    for (const account_line& part : parts) {
        const char* key = share_key(part.part);
        double whole = 0;
        for (std::size_t g = 0; g < groups; ++g)
            whole += counter(g, key);
        for (std::size_t g = 0; g < groups; ++g) {
            const double share = whole > 0 ? counter(g, key) / whole : 1 / static_cast<double>(groups);
            totals[g] += part.amount * share;
            out.add("per_group[" + std::to_string(g) + "].energy_pj." + part.part, "pJ", "the group's share",
                    part.amount * share);
        }
    }
    for (std::size_t g = 0; g < groups; ++g)
        out.add("per_group[" + std::to_string(g) + "].energy_pj.total", "pJ", "the group's share", totals[g]);
}

}  // namespace

void add_energy(stats& figures, const params& p, const energy_table& table) {
    const ledger value = ledger_at(figures, p, table, energy_corner::value);
    const ledger low = ledger_at(figures, p, table, energy_corner::low);
    const ledger high = ledger_at(figures, p, table, energy_corner::high);

    figures.add("job.energy_table", "", "name of the table of unit energies and areas", table.name());
    add_sums(figures, "energy_pj", "pJ", value.energy);
    for (const account_line& line : value.energy)
        figures.add("energy_detail_pj." + line.name, "pJ", line.text, line.amount);
    figures.add("energy_core_pj", "pJ", "energy_pj.total without the DRAM", without_dram(value.energy));
    for (const auto& [end, of] : {std::pair<const char*, const ledger*>{"low", &low}, {"high", &high}}) {
        add_sums(figures, std::string("energy_band_pj.") + end, "pJ", of->energy);
        figures.add(std::string("energy_band_pj.") + end + ".core", "pJ", "total without the DRAM",
                    without_dram(of->energy));
        add_sums(figures, std::string("area_band_mm2.") + end, "mm2", of->area);
    }
    add_sums(figures, "area_mm2", "mm2", value.area);
    for (const account_line& line : value.area)
        figures.add("area_detail_mm2." + line.name, "mm2", line.text, line.amount);
    add_groups(figures, by_part(value.energy));
}

}  // namespace pade
