#include <fmt/format.h>

#include "testbench/batch/ablation.h"

namespace pade {

std::string ablation_text(const std::string& trace, bool synthetic, const std::vector<ablation_series>& all) {
    std::string out = trace + (synthetic ? " (SYNTHETIC trace)" : "") + "\n\n";
    for (const ablation_step& step : ablation_steps())
        out += fmt::format("  {:<17} {}\n",
                           &step == &ablation_steps().front() ? step.name : "+ " + std::string(step.name), step.text);
    for (const ablation_series& series : all) {
        std::string settings;
        for (const std::string& each : series.settings)
            settings += (settings.empty() ? " (" : ", ") + each;
        out += fmt::format("\n{}{}\n", series.name, settings.empty() ? "" : settings + ")");
        out += fmt::format("  {:<17} {:>10} {:>6} {:>7} {:>18} {:>8} {:>8} {:>8} {:>6} {:>7}  {}\n", "step", "cycles",
                           "ratio", "planes", "planes a key", "DRAM", "chip", "DRAM", "lanes", "DRAM", "nearest bound");
        out += fmt::format("  {:<17} {:>10} {:>6} {:>7} {:>9} {:>8} {:>8} {:>8} {:>8} {:>6} {:>7}\n", "", "", "",
                           "a pair", "processed", "DRAM", "MB", "uJ", "uJ", "busy", "used");
        for (const ablation_result& r : series.steps)
            out += fmt::format(
                "  {:<17} {:>10.0f} {:>6.3f} {:>7.3f} {:>9.3f} {:>8.3f} {:>8.3f} {:>8.2f} {:>8.2f} {:>6.3f} {:>7.3f}  "
                "{} {:.0f} "
                "%{}\n",
                &r == &series.steps.front() ? r.name : "+ " + r.name, r.cycles, r.ratio, r.planes_per_pair,
                r.planes_per_fetched_key, r.planes_per_dram_key, r.dram_bytes / 1e6, r.core_pj / 1e6, r.dram_pj / 1e6,
                r.lane_utilisation, r.bandwidth_utilisation, r.binds, 100 * r.bound_share,
                r.checks_hold ? "" : "  CHECKS FAILED");
        for (const ablation_result& r : series.steps)
            if (!r.finding.empty())
                out += fmt::format("  {} saves {:.1f} %: {}\n", r.name, 100 * (1 - r.ratio), r.finding);
        if (!series.note.empty())
            out += "  " + series.note + "\n";
    }
    return out;
}

}  // namespace pade
