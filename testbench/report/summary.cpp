#include "testbench/report/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "testbench/report/bottlenecks.h"
#include "testbench/report/class_bars.h"
#include "testbench/report/printable.h"

namespace pade {

namespace {

/// 1234567 -> "1 234 567".
std::string grouped(double value) {
    std::string digits = fmt::format("{:.0f}", value);
    for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
        digits.insert(static_cast<std::size_t>(i), " ");
    return digits;
}

std::string words_of(std::string_view name) {
    std::string text(name);
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

std::string text_of(const stats& figures, const char* path) {
    const stat* s = figures.find(path);
    return s == nullptr ? "" : std::get<std::string>(s->value);
}

/// A figure that may be null.
std::string maybe(const stats& figures, const char* path, const char* format) {
    const stat* s = figures.find(path);
    if (s == nullptr || std::holds_alternative<std::monostate>(s->value))
        return "not measured";
    if (const auto* b = std::get_if<bool>(&s->value))
        return *b ? "yes" : "NO";
    return fmt::format(fmt::runtime(format), figures.number(path));
}

/// One line each, most first.
std::string bottleneck_lines(const stats& f, const params& p) {
    const std::vector<bottleneck> all = bottlenecks(f, p);
    if (all.empty())
        return "  nothing in particular: no part needs 70 % of the cycles, nobody waits for more than 2 %\n";
    std::string out;
    for (const bottleneck& b : all) {
        const bool can_move = b.next != b.value;
        out += fmt::format("  {:>3.0f} %  {}: {}; {}\n         ({})\n", 100 * b.share, words_of(b.name), b.text,
                           can_move ? fmt::format("try {}={} (now {})", b.parameter, b.next, b.value)
                                    : fmt::format("{} is at its largest, {}", b.parameter, b.value),
                           b.evidence);
    }
    return out;
}

}  // namespace

std::string summary(const stats& f, const params& p) {
    const auto n = [&f](const char* path) { return f.number(path); };
    const double cycles = n("time.cycles");
    const double unmasked = n("pairs.total") - n("pairs.masked");
    std::string out;
    const auto line = [&out](const std::string& name, const std::string& text) {
        out += fmt::format("{:<12} {}\n", name, text);
    };
    const stat* synthetic = f.find("job.synthetic");
    line("job",
         fmt::format("{}{}: {}{}, {} head{}, {} queries, {} keys, head_dim {}", printable(text_of(f, "job.name")),
                     synthetic != nullptr && std::get<bool>(synthetic->value) ? " (SYNTHETIC trace)" : "",
                     std::get<bool>(f.find("job.causal")->value) ? "causal " : "", text_of(f, "job.phase"),
                     n("job.heads"), n("job.heads") == 1 ? "" : "s", n("job.queries"), n("job.keys"),
                     n("job.head_dim")));
    line("machine",
         fmt::format("{} x {} lanes at {} MHz, {} entries, guard {}, {} dispatch, {} tiles of {}, RARS {}, {} "
                     "pseudo channels",
                     p.rows.count, p.lane.count, p.clock.core_mhz, p.lane.scoreboard_entries,
                     p.guard.enabled ? fmt::format("alpha {}", p.guard.alpha) : std::string("off"),
                     choice_name(p.dispatch.order), choice_name(p.ista.order), p.tile.keys, p.vpu.rars ? "on" : "off",
                     p.dram.pseudo_channels));
    for (const std::string& note : std::get<std::vector<std::string>>(f.find("job.notes")->value))
        line("note", note);
    line("result",
         fmt::format("{} of {} pairs retained ({:.2f} %), {:.3f} planes a pair", grouped(n("pairs.retained")),
                     grouped(unmasked), 100 * n("pairs.retained") / unmasked, n("planes.processed") / unmasked));
    line("accuracy", fmt::format("softmax mass lost {} mean, {} worst (certified at most {:.3g})",
                                 maybe(f, "guard.lost_mass_mean", "{:.3g}"), maybe(f, "guard.lost_mass_max", "{:.3g}"),
                                 n("guard.certified_weight_bound")));
    line("", fmt::format("relative L2: own retained set {}, dense INT8 {}, float32 {}",
                         maybe(f, "accuracy.rel_l2_vs_own_retained", "{:.2e}"),
                         maybe(f, "accuracy.rel_l2_vs_dense_int8", "{:.2e}"),
                         maybe(f, "accuracy.rel_l2_vs_fp32", "{:.2e}")));
    if (const double hidden = n("accuracy.output_below_resolution"); hidden > 0)
        line("", fmt::format("{} outputs beyond 1e-4, within what weights of {} bits must hide", grouped(hidden),
                             p.softmax.p_bits));
    line("checks", fmt::format("soundness {}, output {}, stored output {}, balance {}, TLM protocol {}",
                               maybe(f, "checks.soundness", ""), maybe(f, "checks.output", ""),
                               maybe(f, "checks.stored_output", ""), maybe(f, "checks.balance", ""),
                               maybe(f, "checks.tlm_protocol", "")));
    line("time", fmt::format("{} cycles, {:.1f} us; simulated in {:.2f} s, {:.2f} M lane operations a second",
                             grouped(cycles), n("time.ns") / 1000, n("sim.wall_s"), n("sim.lane_ops_per_s") / 1e6));
    out += "\nlower bounds (cycles that each part alone needs; share of the run)\n";
    for (const char* part : {"lanes", "k_feed", "dram", "vpu", "v_port"}) {
        const double bound = n(("bounds." + std::string(part)).c_str());
        out += fmt::format("  {:<10} {:>12}  {:>5.1f} %\n", part, grouped(bound), 100 * bound / cycles);
    }
    out +=
        "\ncycles of each unit in percent (# works, = waits for data, < for input, > for room, x loses its turn, . "
        "idle)\n";
    out += class_bars(f);
    out += fmt::format("\nK feed {:.0f} % of its planes, {:.2f} planes a key processed, {:.2f} from DRAM\n",
                       100 * n("buffer.k_feed_utilisation"), n("planes.fetched_per_key_mean"),
                       n("planes.dram_per_key_mean"));
    out +=
        fmt::format("V-PU {:.0f} % of its MACs; V rows: {} needed, {} distinct, {} read\n", 100 * n("vpu.utilisation"),
                    grouped(n("vpu.v_rows_needed")), grouped(n("vpu.v_rows_distinct")), grouped(n("vpu.v_rows_read")));
    out += fmt::format(
        "DRAM {} B read ({} unused, {} padding), {} B written; bandwidth {:.1f} % used, {:.1f} % while "
        "active\n",
        grouped(n("dram.bytes_read")), grouped(n("dram.bytes_unused")), grouped(n("dram.bytes_padding")),
        grouped(n("dram.bytes_written")), 100 * n("dram.bandwidth_utilisation"), 100 * n("dram.bandwidth_active"));
    out +=
        fmt::format("     row hits {}, misses {}, conflicts {}; read latency {:.0f} ns mean, {:.0f} p50, {:.0f} p99\n",
                    grouped(n("dram.row_hits")), grouped(n("dram.row_misses")), grouped(n("dram.row_conflicts")),
                    n("dram.read_latency_ns.mean"), n("dram.read_latency_ns.p50"), n("dram.read_latency_ns.p99"));
    if (const std::string energy = energy_bars(f); !energy.empty())
        out += "\nenergy (with the band of what is guessed; docs/energy.md)\n" + energy;
    out += "\nwhat holds it back\n" + bottleneck_lines(f, p);
    return out;
}

}  // namespace pade
