#include "testbench/batch/ablation.h"

#include <fmt/format.h>

#include <algorithm>

#include "testbench/batch/figures_of.h"

namespace pade {

namespace {

constexpr double small_gain = .98;   // a step above it is said to save little
constexpr double near_bound = .7;    // a bound above this share of the cycles is what limits
constexpr unsigned most_macs = 128;  // the parameters' bounds
constexpr unsigned most_v_rows = 16;

std::vector<ablation_step> make_steps() {
    // Each technique as (name, text, off, on), in the order in which they are added.
    struct technique {
        const char* name;
        const char* text;
        std::vector<std::string> off, on;
    };
    const std::vector<technique> techniques = {
        {"guard", "bit-plane guard filter (BUI-GF)", {"guard.enabled=false"}, {"guard.enabled=true"}},
        {"bidirectional", "bidirectional sparsity (BS)", {"lane.bidirectional=false"}, {"lane.bidirectional=true"}},
        {"out_of_order", "out-of-order dispatch (OOE)", {"dispatch.order=in_order"}, {"dispatch.order=out_of_order"}},
        {"ista",
         "interleaved tiles, head and tail in turn (ISTA), and a second row block beside the first",
         {"ista.enabled=false", "ista.order=sequential"},
         {"ista.enabled=true", "ista.order=head_tail"}},
        {"rars", "reuse-aware reorder scheduler (RARS)", {"vpu.rars=false"}, {"vpu.rars=true"}},
    };
    std::vector<ablation_step> steps;
    for (std::size_t on = 0; on <= techniques.size(); ++on) {
        ablation_step step{on == 0 ? "dense_bit_serial" : techniques[on - 1].name,
                           on == 0 ? "every plane of every key, in order" : techniques[on - 1].text,
                           {}};
        for (std::size_t n = 0; n < techniques.size(); ++n)
            for (const std::string& set : n < on ? techniques[n].on : techniques[n].off)
                step.sets.push_back(set);
        steps.push_back(std::move(step));
    }
    return steps;
}

std::string why_so_little(const ablation_result& r) {
    if (r.bound_share >= near_bound)
        return fmt::format("{} needs {:.0f} % of the cycles by itself and hides it", r.binds, 100 * r.bound_share);
    return fmt::format("no bound is near (the nearest, {}, needs {:.0f} %): latency, filling and draining hide it",
                       r.binds, 100 * r.bound_share);
}

}  // namespace

const std::vector<ablation_step>& ablation_steps() {
    static const std::vector<ablation_step> steps = make_steps();
    return steps;
}

const std::vector<std::string>& bound_names() {
    static const std::vector<std::string> names = {"lanes", "k_feed", "dram", "vpu", "v_port"};
    return names;
}

ablation_series evaluate(std::string name, std::vector<std::string> settings, const std::vector<finished_run>& runs) {
    ablation_series series{std::move(name), std::move(settings), "", {}};
    for (std::size_t n = 0; n < runs.size(); ++n) {
        const figures_of f(runs[n].out);
        ablation_result r;
        r.name = ablation_steps()[n].name;
        r.cycles = f.number("time.cycles");
        r.ratio = n == 0 ? 1 : r.cycles / series.steps.back().cycles;
        r.planes_per_pair = f.planes_per_pair();
        r.planes_per_fetched_key = f.number("planes.fetched_per_key_mean");
        r.planes_per_dram_key = f.number("planes.dram_per_key_mean");
        r.dram_bytes = f.number("dram.bytes_read") + f.number("dram.bytes_written");
        r.core_pj = f.number("energy_core_pj");
        r.dram_pj = f.number("energy_pj.dram");
        r.lane_utilisation = f.number("lanes.utilisation");
        r.bandwidth_utilisation = f.number("dram.bandwidth_utilisation");
        for (const std::string& bound : bound_names())
            r.bounds.push_back(f.number("bounds." + bound));
        const largest_bound bound = largest_bound_of(f);
        r.binds = bound.name;
        r.bound_share = bound.share;
        r.checks_hold = f.failed_checks().empty();
        if (n != 0 && r.ratio > small_gain)
            r.finding = why_so_little(r);
        series.steps.push_back(std::move(r));
    }
    return series;
}

std::vector<std::string> widened_vpu(const ablation_series& series, const params& p) {
    const auto at = [](const ablation_result& r, const char* name) {
        const auto& names = bound_names();
        return r.bounds[static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin())];
    };
    unsigned macs = p.vpu.macs_per_row, rows = p.vpu.v_rows_per_round;
    for (const ablation_result& r : series.steps) {
        const double others = std::max({at(r, "lanes"), at(r, "k_feed"), at(r, "dram")});
        // Both bounds fall in proportion.
        while (macs < most_macs && at(r, "vpu") * p.vpu.macs_per_row / macs > near_bound * others)
            macs = std::min(2 * macs, most_macs);
        while (rows < most_v_rows && at(r, "v_port") * p.vpu.v_rows_per_round / rows > near_bound * others)
            rows = std::min(2 * rows, most_v_rows);
    }
    // A MAC takes a byte of V a cycle.
    return {fmt::format("vpu.macs_per_row={}", macs), fmt::format("vpu.v_rows_per_round={}", rows),
            fmt::format("vpu.v_port_bytes={}", std::max(macs, p.vpu.v_port_bytes))};
}

stats ablation_figures(const std::string& trace, bool synthetic, const std::vector<ablation_series>& all) {
    stats s;
    s.add("trace", "", "the trace set", trace);
    s.add("synthetic", "", "whether a generator made it, not a model", synthetic);
    for (std::size_t v = 0; v < all.size(); ++v) {
        const std::string variant = fmt::format("variants[{}].", v);
        s.add(variant + "name", "", "", all[v].name);
        s.add(variant + "settings", "", "", all[v].settings);
        s.add(variant + "note", "", "", all[v].note);
        for (std::size_t n = 0; n < all[v].steps.size(); ++n) {
            const ablation_result& r = all[v].steps[n];
            const std::string step = variant + fmt::format("steps[{}].", n);
            s.add(step + "name", "", "", r.name);
            s.add(step + "text", "", "", std::string(ablation_steps()[n].text));
            s.add(step + "cycles", "cycles", "", r.cycles);
            s.add(step + "ratio_to_previous", "", "", r.ratio);
            s.add(step + "planes_per_pair", "planes", "", r.planes_per_pair);
            s.add(step + "planes_per_fetched_key", "planes", "", r.planes_per_fetched_key);
            s.add(step + "planes_per_dram_key", "planes", "", r.planes_per_dram_key);
            s.add(step + "dram_bytes", "B", "", r.dram_bytes);
            s.add(step + "energy_core_pj", "pJ", "", r.core_pj);
            s.add(step + "energy_dram_pj", "pJ", "", r.dram_pj);
            s.add(step + "lane_utilisation", "", "", r.lane_utilisation);
            s.add(step + "bandwidth_utilisation", "", "", r.bandwidth_utilisation);
            for (std::size_t b = 0; b < r.bounds.size(); ++b)
                s.add(step + "bounds." + bound_names()[b], "cycles", "", r.bounds[b]);
            s.add(step + "binds", "", "", r.binds);
            s.add(step + "bound_share", "", "", r.bound_share);
            s.add(step + "finding", "", "", r.finding);
            s.add(step + "checks_hold", "", "", r.checks_hold);
        }
    }
    return s;
}

}  // namespace pade
