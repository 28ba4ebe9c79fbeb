// From sampled runs to the whole model: figures per pair, times the pairs of all heads, layers and steps, with the
// standard error that the sample leaves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/stats.h"
#include "testbench/batch/run_batch.h"
#include "testbench/workload/sample.h"

namespace pade {

/// A mean over runs, or a sum of such means times factors.
struct estimate {
    double value = 0;
    std::optional<double> standard_error;  ///< nothing: one run, so none is known
    double degrees = 0;                    ///< of freedom, of the t distribution behind the interval

    /// Half of the 95 % interval.
    std::optional<double> half_width() const;
};

/// Mean and standard error of the mean.
estimate mean_of(const std::vector<double>& values);
estimate scaled(const estimate& e, double factor);
/// Of independent estimates; degrees of freedom by Welch and Satterthwaite. One without an error leaves the sum
/// without.
estimate sum_of(const std::vector<estimate>& parts);

/// Of estimates from the same draws, the blocks of a model: errors add, the fewest degrees of freedom count.
estimate sum_of_dependent(const std::vector<estimate>& parts);

/// What is scaled: name in workload.json, name in stats.json, unit.
struct scaled_figure {
    const char* name;
    const char* path;
    const char* unit;
};
const std::vector<scaled_figure>& scaled_figures();
/// What is averaged over the runs and not scaled.
const std::vector<scaled_figure>& averaged_figures();

struct part_result {
    workload_part part;
    chosen_sets sets;
    std::vector<sampled_run> sample;
    std::vector<finished_run> runs;
    double pairs = 0;                ///< unmasked pairs of the model in this part
    double sampled_pairs = 0;        ///< of the runs
    double dim_factor = 1;           ///< head_dim of the model / of the traces, mean over runs
    std::vector<estimate> totals;    ///< in the order of scaled_figures()
    std::vector<estimate> averages;  ///< in the order of averaged_figures(); value NaN where a run has none
    std::string failed_checks;       ///< "" when all hold
};

/// Reads the folders of the part's runs.
void evaluate(part_result& part);

struct workload_result {
    const workload* of = nullptr;
    std::vector<part_result> parts;
    std::uint64_t seed = 0;
    unsigned sample_heads = 0;
    double core_mhz = 0;
    std::string scaling_rule, nearest_rule;

    std::vector<estimate> totals() const;  ///< over the parts
    bool synthetic() const;
};

stats workload_figures(const workload_result& result);
std::string workload_text(const workload_result& result);

}  // namespace pade
