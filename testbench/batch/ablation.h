// What each technique is worth: the same trace from dense bit-serial on, one technique more at each step (paper, Fig.
// 16a), and once more with the V-PU so wide that it does not hide the others.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "model/params.h"
#include "model/stats.h"
#include "testbench/batch/run_batch.h"

namespace pade {

struct ablation_step {
    const char* name;
    const char* text;
    std::vector<std::string> sets;  ///< of this step and all before it, for --set
};

/// dense_bit_serial, guard, bidirectional, out_of_order, ista, rars.
const std::vector<ablation_step>& ablation_steps();

/// What a step came to.
struct ablation_result {
    std::string name;
    double cycles = 0;
    double ratio = 1;  ///< of the cycles to those of the step before
    double planes_per_pair = 0, planes_per_fetched_key = 0, planes_per_dram_key = 0;
    double dram_bytes = 0;            ///< read and written
    double core_pj = 0, dram_pj = 0;  ///< energy of the chip, and of DRAM
    double lane_utilisation = 0, bandwidth_utilisation = 0;
    std::vector<double> bounds;  ///< in the order of bound_names()
    std::string binds;           ///< the largest bound
    double bound_share = 0;      ///< of the cycles
    bool checks_hold = false;
    std::string finding;  ///< why a step that saves less than 2 % saves so little; "" otherwise
};

/// lanes, k_feed, dram, vpu, v_port.
const std::vector<std::string>& bound_names();

struct ablation_series {
    std::string name;                   ///< as_configured, vpu_widened
    std::vector<std::string> settings;  ///< of the whole series, for --set
    std::string note;
    std::vector<ablation_result> steps;
};

/// Reads the folders of a series' runs, in the order of ablation_steps().
ablation_series evaluate(std::string name, std::vector<std::string> settings, const std::vector<finished_run>& runs);

/// MACs a row and V rows a round for which neither V-PU nor V port was the largest bound of any step of `series`, as
/// far as the parameters go.
std::vector<std::string> widened_vpu(const ablation_series& series, const params& p);

/// `synthetic`: a generator made the trace; both say so.
stats ablation_figures(const std::string& trace, bool synthetic, const std::vector<ablation_series>& all);
std::string ablation_text(const std::string& trace, bool synthetic, const std::vector<ablation_series>& all);

}  // namespace pade
