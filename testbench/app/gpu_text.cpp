#include "testbench/app/gpu_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "testbench/report/printable.h"

namespace pade {

using json = nlohmann::ordered_json;

namespace {

std::string curve_line(const std::string& name, const char* over, const gpu_curve& curve) {
    std::string text = fmt::format("{:<26}", printable(name));
    for (std::size_t n = 0; n < curve.curve.x().size(); ++n)
        text += fmt::format(" {}:{}", curve.curve.x()[n], curve.curve.y()[n]);
    return text + fmt::format(" {} by {}  [{}] {}\n", curve.unit, over, curve.basis, printable(curve.source));
}

std::string matches(const chip_ratio& r) {
    return r.matches_speed && r.matches_efficiency ? "  both"
           : r.matches_speed                       ? "  speed"
           : r.matches_efficiency                  ? "  energy"
                                                   : "";
}

std::string names(const std::vector<chip_ratio>& all, bool chip_ratio::*flag) {
    std::string text;
    for (const chip_ratio& each : all)
        if (each.*flag)
            text += (text.empty() ? "" : "; ") + each.rule();
    return text.empty() ? "none" : text;
}

json as_json(const gpu_result& r) {
    return {{"time_s", r.time_s}, {"flop_s", r.flop_s}, {"power_w", r.power_w}, {"energy_j", r.energy_j}};
}

json as_json(const gpu_workload& w) {
    return {{"phase", choice_name(w.phase)}, {"batch", w.batch},   {"heads", w.heads},        {"kv_heads", w.kv_heads},
            {"queries", w.queries},          {"keys", w.keys},     {"head_dim", w.head_dim},  {"causal", w.causal},
            {"dtype", choice_name(w.dtype)}, {"flops", w.flops()}, {"kv_bytes", w.kv_bytes()}};
}

json as_json(const gpu_rules& r) {
    return {{"below", choice_name(r.below)},
            {"above", choice_name(r.above)},
            {"head_dim_rule", choice_name(r.head_dim)},
            {"causal_rule", choice_name(r.causal)},
            {"decode_efficiency", choice_name(r.decode)},
            {"power", choice_name(r.power)},
            {"occupancy", choice_name(r.occupancy)},
            {"tile_queries", r.tile_queries},
            {"unfused_mask", choice_name(r.mask)},
            {"score_bytes", r.score_bytes},
            {"unfused_bandwidth", r.unfused_bandwidth},
            {"unfused_compute", r.unfused_compute}};
}

json as_json(const chip_ratio& r) {
    return {{"bar", choice_name(r.bar)},
            {"scaling", choice_name(r.scaling)},
            {"memory", choice_name(r.memory)},
            {"copies", r.copies},
            {"time_s", r.time_s},
            {"energy_j", r.energy_j},
            {"speed", r.speed},
            {"efficiency", r.efficiency},
            {"matches_speed", r.matches_speed},
            {"matches_efficiency", r.matches_efficiency}};
}

}  // namespace

std::string gpu_table_text(const gpu_table& table) {
    std::string text = fmt::format("{}\n{:<26} {:>9} {:>9} {:>9} {:<8} {:<12} source\n", printable(table.name()),
                                   "figure", "value", "low", "high", "unit", "basis");
    for (const gpu_entry& e : table.entries())
        text += fmt::format("{:<26} {:>9.4g} {:>9.4g} {:>9.4g} {:<8} {:<12} {}\n", e.name, e.value, e.low, e.high,
                            e.unit, e.basis, printable(e.source));
    text += "\n";
    for (const gpu_attention_curve& each : table.attention())
        text +=
            curve_line(fmt::format("{} d {}{}", choice_name(each.dtype), each.head_dim, each.causal ? " causal" : ""),
                       "keys", each.rate);
    text += curve_line("decode_efficiency", "keys", table.decode_efficiency());
    return text + curve_line("active_power", "batch", table.active_power());
}

std::string gpu_report_text(const gpu_model& gpu, const gpu_report& report) {
    const gpu_workload& w = report.work;
    std::string text = fmt::format("{}: {}, {}, batch {}, {} heads on {} KV heads, {} queries x {} keys, d {}{}\n",
                                   printable(gpu.table().name()), choice_name(w.phase), choice_name(w.dtype), w.batch,
                                   w.heads, w.kv_heads, w.queries, w.keys, w.head_dim, w.causal ? ", causal" : "");
    text += fmt::format("{:<8} {:>12} {:>10} {:>9} {:>12}\n", "bar", "time us", "TFLOP/s", "W", "energy mJ");
    for (const auto& [bar, r] : {std::pair{gpu_bar::dense, report.dense}, {gpu_bar::fa3, report.fa3}})
        text += fmt::format("{:<8} {:>12.4g} {:>10.4g} {:>9.4g} {:>12.4g}\n", choice_name(bar), r.time_s * 1e6,
                            r.flop_s / 1e12, r.power_w, r.energy_j * 1e3);
    if (report.ratios.empty())
        return text;
    text += fmt::format("\none chip: {:.4g} us, {:.4g} mJ, {:.4g} MB of DRAM, {:.4g} mm2, {:.4g} TOPS\n",
                        report.chip.time_s * 1e6, report.chip.energy_j * 1e3, report.chip.dram_bytes / 1e6,
                        report.chip.area_mm2, report.chip.peak_ops / 1e12);
    text +=
        fmt::format("{:<26} {:>7} {:>12} {:>9} {:>9}  {}\n", "rule", "copies", "time us", "speed", "energy", "matches");
    for (const chip_ratio& r : report.ratios)
        text += fmt::format("{:<26} {:>7} {:>12.4g} {:>9.4g} {:>9.4g}{}\n", r.rule(), r.copies, r.time_s * 1e6, r.speed,
                            r.efficiency, matches(r));
    return text + fmt::format(
                      "within {:.0f} % of the paper's {} times the speed: {}\n"
                      "within {:.0f} % of the paper's {} times the energy efficiency: {}\n",
                      100 * report.paper.within, report.paper.speed, names(report.ratios, &chip_ratio::matches_speed),
                      100 * report.paper.within, report.paper.efficiency,
                      names(report.ratios, &chip_ratio::matches_efficiency));
}

std::string gpu_report_json(const gpu_model& gpu, const gpu_report& report) {
    json root = {{"table", printable(gpu.table().name())},
                 {"workload", as_json(report.work)},
                 {"rules", as_json(gpu.rules())},
                 {"dense", as_json(report.dense)},
                 {"fa3", as_json(report.fa3)}};
    if (!report.ratios.empty()) {
        root["chip"] = {{"time_s", report.chip.time_s},
                        {"energy_j", report.chip.energy_j},
                        {"dram_bytes", report.chip.dram_bytes},
                        {"area_mm2", report.chip.area_mm2},
                        {"peak_ops", report.chip.peak_ops},
                        {"idle_power_w", report.chip.idle_power_w},
                        {"memory_bytes_s", report.chip.memory_bytes_s}};
        root["paper"] = {
            {"speed", report.paper.speed}, {"efficiency", report.paper.efficiency}, {"within", report.paper.within}};
        for (const chip_ratio& each : report.ratios)
            root["ratios"].push_back(as_json(each));
    }
    return root.dump(2) + "\n";
}

}  // namespace pade
