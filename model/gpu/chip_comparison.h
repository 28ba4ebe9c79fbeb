// One accelerator chip against one GPU on the same work: how many chips stand for a GPU, what memory they have, and so
// what the ratios of speed and energy are. The paper does not say its rule: all of them are worked out, none is chosen
// by its result.
#pragma once

#include <string>
#include <vector>

#include "model/gpu/gpu_model.h"

namespace pade {

/// Of one chip that does the whole work alone.
struct chip_figures {
    double time_s = 0;
    double energy_j = 0;
    double dram_bytes = 0;  ///< read and written
    double area_mm2 = 0;
    double peak_ops = 0;      ///< a second, INT8
    double idle_power_w = 0;  ///< of a chip that waits for the shared memory; 0: its energy does not depend on time
    double memory_bytes_s = 256e9;  ///< peak of the memory of a chip

    /// Throws input_error for what is not positive (idle power and DRAM bytes may be 0) or not finite.
    void check() const;
};

/// What the ratios are laid beside.
struct headline {
    double speed = 7.43;       ///< paper
    double efficiency = 31.1;  ///< paper
    double within = .15;       ///< a ratio that differs by no more matches
};

struct chip_ratio {
    gpu_bar bar = gpu_bar::dense;
    chip_scaling scaling = chip_scaling::area;
    memory_rule memory = memory_rule::scaled;
    double copies = 1;
    double time_s = 0;      ///< of all copies on the work
    double energy_j = 0;    ///< of all copies
    double speed = 0;       ///< time of the GPU / time_s
    double efficiency = 0;  ///< energy of the GPU / energy_j
    bool matches_speed = false;
    bool matches_efficiency = false;

    /// For example "fa3, area, shared".
    std::string rule() const;
};

/// How many chips: areas or peaks divided, to the next whole number, one at least.
double chip_copies(const gpu_table& table, const chip_figures& chip, chip_scaling scaling);

/// 2 bars x 3 scalings x 2 memory rules. Throws input_error for figures or a workload that are none.
std::vector<chip_ratio> compare_chip(const gpu_model& gpu, const gpu_workload& w, const chip_figures& chip,
                                     const headline& paper = {});

/// Geometric mean of the ratios, rule by rule, over several works; times and energies are sums. Throws internal_error
/// for none.
std::vector<chip_ratio> mean_ratios(const std::vector<std::vector<chip_ratio>>& works, const headline& paper = {});

/// The power of a GPU that a ratio of energy efficiency and one of speed imply together, if `copies` chips that draw
/// `chip_w` each stand for it.
double implied_gpu_power(const headline& paper, double copies, double chip_w);

}  // namespace pade
