// What pade-sim gpu prints, as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "model/gpu/chip_comparison.h"

namespace pade {

/// One call on both bars, and the ratios of a chip if one was given.
struct gpu_report {
    gpu_workload work;
    gpu_result dense;
    gpu_result fa3;
    chip_figures chip;
    std::vector<chip_ratio> ratios;  ///< empty: no chip
    headline paper;
};

/// Every figure with its band and source.
std::string gpu_table_text(const gpu_table& table);
std::string gpu_report_text(const gpu_model& gpu, const gpu_report& report);
std::string gpu_report_json(const gpu_model& gpu, const gpu_report& report);

}  // namespace pade
