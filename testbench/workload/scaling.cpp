#include "testbench/workload/scaling.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "testbench/batch/figures_of.h"

namespace pade {

const std::vector<scaled_figure>& scaled_figures() {
    static const std::vector<scaled_figure> all = {
        {"cycles", "time.cycles", "cycles"},
        {"planes_processed", "planes.processed", "planes"},
        {"pairs_retained", "pairs.retained", "pairs"},
        {"dram_bytes_read", "dram.bytes_read", "B"},
        {"dram_bytes_written", "dram.bytes_written", "B"},
        {"energy_pj", "energy_pj.total", "pJ"},
        {"energy_core_pj", "energy_core_pj", "pJ"},
        {"energy_dram_pj", "energy_pj.dram", "pJ"},
    };
    return all;
}

const std::vector<scaled_figure>& averaged_figures() {
    static const std::vector<scaled_figure> all = {
        {"lost_mass_mean", "guard.lost_mass_mean", ""},
        {"rel_l2_vs_dense_int8", "accuracy.rel_l2_vs_dense_int8", ""},
        {"lane_utilisation", "lanes.utilisation", ""},
        {"vpu_utilisation", "vpu.utilisation", ""},
        {"dram_bandwidth_utilisation", "dram.bandwidth_utilisation", ""},
    };
    return all;
}

std::optional<double> estimate::half_width() const {
    if (!standard_error)
        return std::nullopt;
    if (*standard_error == 0)
        return 0;
    return *standard_error * boost::math::quantile(boost::math::students_t(degrees), .975);
}

estimate mean_of(const std::vector<double>& values) {
    const double n = static_cast<double>(values.size());
    estimate e;
    for (const double value : values)
        e.value += value / n;
    if (values.size() < 2)
        return e;
    double squares = 0;
    for (const double value : values)
        squares += (value - e.value) * (value - e.value);
    e.degrees = n - 1;
    e.standard_error = std::sqrt(squares / e.degrees / n);
    return e;
}

estimate scaled(const estimate& e, double factor) {
    estimate s = e;
    s.value *= factor;
    if (s.standard_error)
        *s.standard_error *= factor;
    return s;
}

estimate sum_of(const std::vector<estimate>& parts) {
    estimate sum;
    double variance = 0, spread = 0;
    bool known = true;
    for (const estimate& part : parts) {
        sum.value += part.value;
        known = known && part.standard_error.has_value();
        if (!known)
            continue;
        const double square = *part.standard_error * *part.standard_error;
        variance += square;
        spread += square * square / part.degrees;
        sum.degrees += part.degrees;  // where nothing varies
    }
    if (known && !parts.empty()) {
        sum.standard_error = std::sqrt(variance);
        if (spread > 0)
            sum.degrees = variance * variance / spread;
    }
    return sum;
}

estimate sum_of_dependent(const std::vector<estimate>& parts) {
    estimate sum;
    double error = 0;
    bool known = !parts.empty();
    for (const estimate& part : parts) {
        sum.value += part.value;
        known = known && part.standard_error.has_value();
        if (!known)
            continue;
        error += *part.standard_error;
        sum.degrees = sum.degrees == 0 ? part.degrees : std::min(sum.degrees, part.degrees);
    }
    if (known)
        sum.standard_error = error;
    return sum;
}

void evaluate(part_result& part) {
    const model_block& block = *part.part.block;
    part.pairs = part.part.pairs_of_head * block.heads * block.layers;
    std::vector<std::vector<double>> rates(scaled_figures().size()), averages(averaged_figures().size());
    part.dim_factor = part.sampled_pairs = 0;
    part.failed_checks.clear();
    for (std::size_t n = 0; n < part.runs.size(); ++n) {
        const figures_of f(part.runs[n].out);
        const double dims = static_cast<double>(block.head_dim) / part.sample[n].set.head_dim;
        part.sampled_pairs += f.pairs();
        part.dim_factor += dims / static_cast<double>(part.runs.size());
        for (std::size_t i = 0; i < rates.size(); ++i) {
            // A pair stays a pair and is retained or not, whatever its head_dim.
            const bool counts_pairs = scaled_figures()[i].name == std::string_view("pairs_retained") ||
                                      scaled_figures()[i].name == std::string_view("planes_processed");
            rates[i].push_back(f.number(scaled_figures()[i].path) / f.pairs() * (counts_pairs ? 1 : dims));
        }
        for (std::size_t i = 0; i < averages.size(); ++i) {
            const auto found = f.numbers().find(averaged_figures()[i].path);
            averages[i].push_back(found == f.numbers().end() ? std::numeric_limits<double>::quiet_NaN()
                                                             : found->second);
        }
        if (const std::string failed = f.failed_checks(); !failed.empty())
            part.failed_checks +=
                (part.failed_checks.empty() ? "" : "; ") + part.runs[n].out.filename().string() + ": " + failed;
    }
    part.totals.clear();
    part.averages.clear();
    for (const std::vector<double>& rate : rates)
        part.totals.push_back(scaled(mean_of(rate), part.pairs));
    for (const std::vector<double>& average : averages)
        part.averages.push_back(mean_of(average));
}

std::vector<estimate> workload_result::totals() const {
    std::vector<estimate> sums;
    for (std::size_t i = 0; i < scaled_figures().size(); ++i) {
        // The kinds of layers of a model draw from the same sets; prefill and decode never do.
        std::vector<estimate> phases;
        for (const trace_phase phase : {trace_phase::prefill, trace_phase::decode}) {
            std::vector<estimate> blocks;
            for (const part_result& part : parts)
                if (part.part.phase == phase)
                    blocks.push_back(part.totals[i]);
            if (!blocks.empty())
                phases.push_back(sum_of_dependent(blocks));
        }
        sums.push_back(sum_of(phases));
    }
    return sums;
}

bool workload_result::synthetic() const {
    for (const part_result& part : parts)
        for (const set_header& set : part.sets.sets)
            if (set.synthetic)
                return true;
    return false;
}

}  // namespace pade
