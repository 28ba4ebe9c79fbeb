// What `pade-sim run --workload` says: workload.json and the summary.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "testbench/batch/figures_of.h"
#include "testbench/report/printable.h"
#include "testbench/report/version.h"
#include "testbench/workload/scaling.h"

namespace pade {

namespace {

stat_value number_or_null(const std::optional<double>& value) {
    return value ? stat_value(*value) : stat_value(std::monostate{});
}

void add_estimate(stats& s, const std::string& path, const char* unit, const estimate& e) {
    s.add(path + ".value", unit, "mean over the runs, scaled", e.value);
    s.add(path + ".standard_error", unit, "of it, from the spread of the runs; null: one run",
          number_or_null(e.standard_error));
    const auto half = e.half_width();
    s.add(path + ".low", unit, "of the 95 % interval, not below 0",
          half ? stat_value(std::max(0.0, e.value - *half)) : stat_value(std::monostate{}));
    s.add(path + ".high", unit, "", half ? stat_value(e.value + *half) : stat_value(std::monostate{}));
}

/// 1.23 ms, from nanoseconds.
std::string time_text(double ns) {
    return ns < 1e3   ? fmt::format("{:.3g} ns", ns)
           : ns < 1e6 ? fmt::format("{:.3g} us", ns / 1e3)
           : ns < 1e9 ? fmt::format("{:.4g} ms", ns / 1e6)
                      : fmt::format("{:.4g} s", ns / 1e9);
}

std::string energy_text(double pj) {
    return pj < 1e9    ? fmt::format("{:.4g} uJ", pj / 1e6)
           : pj < 1e12 ? fmt::format("{:.4g} mJ", pj / 1e9)
                       : fmt::format("{:.4g} J", pj / 1e12);
}

std::string error_text(const estimate& e) {
    const auto half = e.half_width();
    if (!half || e.value == 0)
        return "one sample: no error known";
    return fmt::format("+- {:.1f} % standard error (95 %: +- {:.0f} %)", 100 * *e.standard_error / e.value,
                       100 * *half / e.value);
}

void add_part(stats& s, const part_result& r, std::size_t n) {
    const std::string at = fmt::format("parts[{}].", n);
    const model_block& b = *r.part.block;
    s.add(at + "name", "", "", r.part.name());
    s.add(at + "phase", "", "", std::string(r.part.phase == trace_phase::decode ? "decode" : "prefill"));
    s.add(at + "model.layers", "", "", std::uint64_t{b.layers});
    s.add(at + "model.heads", "", "", std::uint64_t{b.heads});
    s.add(at + "model.kv_heads", "", "", std::uint64_t{b.kv_heads});
    s.add(at + "model.head_dim", "", "", std::uint64_t{b.head_dim});
    s.add(at + "model.keys", "", "of the prefill, or in the middle of the decode", std::uint64_t{r.part.length});
    s.add(at + "model.pairs", "pairs", "unmasked, all heads and layers", r.pairs);
    s.add(at + "traces_named", "", "whether the list names them; else the nearest", r.sets.named);
    for (std::size_t i = 0; i < r.sets.sets.size(); ++i) {
        const std::string set = at + fmt::format("traces[{}].", i);
        s.add(set + "name", "", "", r.sets.sets[i].name);
        s.add(set + "synthetic", "", "", r.sets.sets[i].synthetic);
        s.add(set + "layer", "", "", std::uint64_t{r.sets.sets[i].layer});
        s.add(set + "keys", "", "", std::uint64_t{r.sets.sets[i].keys});
        s.add(set + "head_dim", "", "", std::uint64_t{r.sets.sets[i].head_dim});
    }
    s.add(at + "differs", "", "from the workload", r.sets.differences);
    s.add(at + "sampled_pairs", "pairs", "of all runs", r.sampled_pairs);
    s.add(at + "scale_pairs", "", "model.pairs / sampled_pairs", r.pairs / r.sampled_pairs);
    s.add(at + "scale_head_dim", "", "head_dim of the model / of the traces", r.dim_factor);
    for (std::size_t i = 0; i < r.runs.size(); ++i) {
        const figures_of f(r.runs[i].out);
        const std::string run = at + fmt::format("runs[{}].", i);
        s.add(run + "out", "", "folder below --out",
              (r.runs[i].out.parent_path().filename() / r.runs[i].out.filename()).string());
        s.add(run + "trace", "", "", r.sample[i].set.name);
        s.add(run + "heads", "", "as --heads", groups_text(r.sample[i].what));
        s.add(run + "pairs", "pairs", "unmasked", f.pairs());
        s.add(run + "cycles", "cycles", "", f.number("time.cycles"));
        s.add(run + "planes_per_pair", "", "", f.planes_per_pair());
        s.add(run + "retained_fraction", "", "", f.retained_fraction());
    }
    for (std::size_t i = 0; i < scaled_figures().size(); ++i)
        add_estimate(s, at + "scaled." + scaled_figures()[i].name, scaled_figures()[i].unit, r.totals[i]);
    for (std::size_t i = 0; i < averaged_figures().size(); ++i)
        add_estimate(s, at + "mean." + averaged_figures()[i].name, averaged_figures()[i].unit, r.averages[i]);
    s.add(at + "failed_checks", "", "of its runs; empty: none", r.failed_checks);
}

std::string part_text(const part_result& r, double core_mhz, unsigned asked) {
    const model_block& b = *r.part.block;
    std::string out = fmt::format("\n{}: {} layers x {} heads on {} KV heads, head_dim {}, {} keys, {:.4g} pairs\n",
                                  r.part.name(), b.layers, b.heads, b.kv_heads, b.head_dim, r.part.length, r.pairs);
    out += fmt::format("  traces   {}:", r.sets.named ? "named" : "nearest");
    for (const set_header& set : r.sets.sets)
        out += " " + printable(set.name) + (set.synthetic ? " (SYNTHETIC)" : "");
    out += "\n";
    for (const std::string& text : r.sets.differences)
        out += "  differs  " + text + "\n";
    unsigned heads = 0;
    for (const sampled_run& run : r.sample)
        heads += run.heads;
    out += fmt::format("  sample   {} heads in {} run{}{}, scaled by pairs {:.4g} x\n", heads, r.runs.size(),
                       r.runs.size() == 1 ? "" : "s",
                       heads < asked ? fmt::format(" ({} asked for; the traces have no more)", asked) : std::string(),
                       r.pairs / r.sampled_pairs);
    const auto& t = r.totals;
    out += fmt::format("  time     {:.4g} cycles, {}  {}\n", t[0].value, time_text(t[0].value * 1000 / core_mhz),
                       error_text(t[0]));
    out += fmt::format("  energy   {}, {} of it DRAM  {}\n", energy_text(t[5].value), energy_text(t[7].value),
                       error_text(t[5]));
    out += fmt::format("  pairs    {:.3f} planes a pair  {}; {:.3f} % retained  {}\n", t[1].value / r.pairs,
                       error_text(t[1]), 100 * t[2].value / r.pairs, error_text(t[2]));
    out += fmt::format("  DRAM     {:.4g} B read  {}\n", t[3].value, error_text(t[3]));
    if (!std::isnan(r.averages[0].value))
        out += fmt::format(
            "  accuracy softmax mass lost {:.3g}, relative L2 against dense INT8 {:.3g}, means over the runs\n",
            r.averages[0].value, r.averages[1].value);
    if (!r.failed_checks.empty())
        out += "  CHECKS FAILED: " + r.failed_checks + "\n";
    return out;
}

}  // namespace

stats workload_figures(const workload_result& result) {
    const workload& w = *result.of;
    stats s;
    s.add("schema_version", "", "of this file", std::uint64_t{1});
    s.add("workload.name", "", "", w.name);
    s.add("workload.group", "", "", w.group);
    s.add("workload.model", "", "", w.model.title);
    s.add("workload.task", "", "", w.task);
    s.add("workload.pair_is_guess", "", "whether that the paper runs this pair is a guess", w.pair_is_guess);
    s.add("workload.sequence_length", "tokens", "", std::uint64_t{w.sequence_length});
    s.add("workload.prefill_tokens", "tokens", "", std::uint64_t{w.prefill_tokens});
    s.add("workload.decode_tokens", "tokens", "", std::uint64_t{w.decode_tokens});
    s.add("workload.sources.model", "", "", w.model.source);
    s.add("workload.sources.pair", "", "", w.pair_source);
    s.add("workload.sources.prefill_tokens", "", "", w.prefill_source);
    s.add("workload.sources.decode_tokens", "", "", w.decode_source);
    s.add("version", "", "of the program", version_text());
    s.add("seed", "", "of the sample", result.seed);
    s.add("sample_heads", "", "asked for, in each part", std::uint64_t{result.sample_heads});
    s.add("synthetic", "", "whether a generator made one of the traces", result.synthetic());
    s.add("sampled", "", "figures under scaled are of the model, from a sample of its heads", true);
    s.add("scaling_rule", "", "", result.scaling_rule);
    s.add("nearest_rule", "", "", result.nearest_rule);
    s.add("error_covers", "", "",
          std::string(
              "which heads and layers of the traces were drawn; not the difference between the traces' model, text and "
              "length and the workload's"));
    for (std::size_t n = 0; n < result.parts.size(); ++n)
        add_part(s, result.parts[n], n);
    const auto totals = result.totals();
    for (std::size_t i = 0; i < totals.size(); ++i)
        add_estimate(s, "scaled." + std::string(scaled_figures()[i].name), scaled_figures()[i].unit, totals[i]);
    add_estimate(s, "scaled.ns", "ns", scaled(totals[0], 1000 / result.core_mhz));
    return s;
}

std::string workload_text(const workload_result& result) {
    const workload& w = *result.of;
    std::string out = fmt::format("workload {}: {} on {}{}, {} tokens: prefill {}, decode {}\n", w.name, w.model.title,
                                  w.task, w.pair_is_guess ? " (that the paper has this pair is a guess)" : "",
                                  w.sequence_length, w.prefill_tokens, w.decode_tokens);
    out += fmt::format("SCALED from a sample of heads, seed {}{}\n", result.seed,
                       result.synthetic() ? "; among them SYNTHETIC traces" : "");
    for (const part_result& part : result.parts)
        out += part_text(part, result.core_mhz, result.sample_heads);
    const auto t = result.totals();
    out += fmt::format("\nin all, one chip, attention alone: {}  {}; {}, {} of it DRAM  {}\n",
                       time_text(t[0].value * 1000 / result.core_mhz), error_text(t[0]), energy_text(t[5].value),
                       energy_text(t[7].value), error_text(t[5]));
    return out + "errors: which heads and layers were drawn; not what differs (above)\n";
}

}  // namespace pade
