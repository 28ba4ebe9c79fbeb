// pade-sim gpu: the GPU that the paper's headline ratios are against, as a table of what is known of it and as a model;
// and a chip's figures beside it.
#pragma once

#include <string>

#include "model/gpu/chip_comparison.h"

namespace CLI {
class App;
}

namespace pade {

struct gpu_arguments {
    std::string table;
    bool json = false;
    gpu_workload work;
    gpu_rules rules;
    chip_figures chip;  ///< of the paper's chip, until an option or a run says otherwise
    std::string run;
    // As they are spelt; gpu_command reads them.
    std::string phase = "prefill", dtype = "fp16";
    std::string below, above, head_dim, causal, decode, power, occupancy, mask;
};
void add_gpu_options(CLI::App& app, gpu_arguments& args);
/// Throws input_error.
int gpu_command(const CLI::App& app, gpu_arguments args);

}  // namespace pade
