#include <fmt/format.h>

#include "testbench/dram/dram_run.h"

namespace pade {

std::string dram_summary(const stats& f, const params& p) {
    const auto n = [&f](const char* path) { return f.number(path); };
    const auto has = [&f](const char* path) { return !std::holds_alternative<std::monostate>(f.find(path)->value); };
    const dram_params& d = p.dram;
    std::string out;
    const auto line = [&out](const std::string& name, const std::string& text) {
        out += fmt::format("{:<11} {}\n", name, text);
    };
    line("memory", fmt::format("{} pseudo channels x {} bit at {} Mbit/s, clock {} MHz, {} x {} banks, page {} B",
                               d.pseudo_channels, d.bus_bits, d.data_rate_mbps, p.clock.dram_mhz, d.bank_groups,
                               d.banks_per_group, d.page_bytes));
    line("", fmt::format("page policy {}, refresh {}, mapping {}", choice_name(d.page_policy), choice_name(d.refresh),
                         d.mapping));
    line("requests",
         fmt::format("{:.0f} of {:.0f} B, {:.0f} reads and {:.0f} writes, on {:.0f} pseudo channels", n("requests"),
                     n("bytes") / n("requests"), n("commands.rd"), n("commands.wr"), n("pseudo_channels_used")));
    line("bandwidth", fmt::format("{:.2f} GB/s in {:.0f} ns, {:.3f} of the peak", n("bandwidth_gb_per_s"), n("span_ns"),
                                  n("bandwidth_fraction")));
    if (has("read_latency_ns.mean"))
        line("reads",
             fmt::format("latency mean {:.1f} ns, p50 {:.1f}, p99 {:.1f}, longest {:.1f}", n("read_latency_ns.mean"),
                         n("read_latency_ns.p50"), n("read_latency_ns.p99"), n("read_latency_ns.max")));
    line("rows", fmt::format("{:.3f} hits; {:.0f} ACT, {:.0f} PRE, {:.0f} REF", n("row_hit_fraction"),
                             n("commands.act"), n("commands.pre"), n("commands.ref")));
    const double bits = 8 * n("bytes");
    line("energy", fmt::format("{:.2f} pJ a bit: activates {:.2f}, core {:.2f}, interface {:.2f}, refresh {:.2f}",
                               n("energy_pj_per_bit"), n("energy_pj.activate") / bits, n("energy_pj.core") / bits,
                               n("energy_pj.io") / bits, n("energy_pj.refresh") / bits));
    line("audit", fmt::format("{:.0f} commands, {:.0f} violations", n("audit.commands"), n("audit.violations")));
    if (const stat* first = f.find("audit.first"))
        for (const std::string& each : std::get<std::vector<std::string>>(first->value))
            line("", each);
    if (f.find("tlm_protocol.violations") != nullptr) {
        line("protocol", fmt::format("{:.0f} violations", n("tlm_protocol.violations")));
        if (const stat* first = f.find("tlm_protocol.first"))
            for (const std::string& each : std::get<std::vector<std::string>>(first->value))
                line("", each);
    }
    line("simulated",
         fmt::format("in {:.2f} s, {:.0f} thousand requests a second", n("wall_s"), n("requests_per_wall_s") / 1000));
    return out;
}

}  // namespace pade
