#include "model/gpu/chip_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/errors.h"

namespace pade {

namespace {

void check_figure(const char* name, double value, bool zero_too) {
    if (!std::isfinite(value) || value < 0 || (value == 0 && !zero_too))
        throw input_error(fmt::format("accelerator: {} is {}; allowed: finite numbers {} 0", name, value,
                                      zero_too ? "from" : "above"));
}

void lay_beside(chip_ratio& r, const headline& paper) {
    const auto near = [&](double ratio, double claimed) { return std::abs(ratio / claimed - 1) <= paper.within; };
    r.matches_speed = near(r.speed, paper.speed);
    r.matches_efficiency = near(r.efficiency, paper.efficiency);
}

}  // namespace

void chip_figures::check() const {
    check_figure("time_s", time_s, false);
    check_figure("energy_j", energy_j, false);
    check_figure("dram_bytes", dram_bytes, true);
    check_figure("area_mm2", area_mm2, false);
    check_figure("peak_ops", peak_ops, false);
    check_figure("idle_power_w", idle_power_w, true);
    check_figure("memory_bytes_s", memory_bytes_s, false);
}

std::string chip_ratio::rule() const {
    return fmt::format("{}, {}, {}", choice_name(bar), choice_name(scaling), choice_name(memory));
}

double chip_copies(const gpu_table& table, const chip_figures& chip, chip_scaling scaling) {
    double copies = 1;
    if (scaling == chip_scaling::area)
        copies = table.value("die_area") / chip.area_mm2;
    else if (scaling == chip_scaling::peak_ops)
        copies = table.peak(gpu_dtype::int8) / chip.peak_ops;
    return std::max(1.0, std::round(copies));
}

std::vector<chip_ratio> compare_chip(const gpu_model& gpu, const gpu_workload& w, const chip_figures& chip,
                                     const headline& paper) {
    chip.check();
    std::vector<chip_ratio> all;
    for (const gpu_bar bar : {gpu_bar::dense, gpu_bar::fa3}) {
        const gpu_result of_gpu = gpu.run(w, bar);
        for (const chip_scaling scaling : {chip_scaling::area, chip_scaling::peak_ops, chip_scaling::none})
            for (const memory_rule memory : {memory_rule::scaled, memory_rule::shared}) {
                chip_ratio r;
                r.bar = bar;
                r.scaling = scaling;
                r.memory = memory;
                r.copies = chip_copies(gpu.table(), chip, scaling);
                r.time_s = chip.time_s / r.copies;
                r.energy_j = chip.energy_j;
                if (memory == memory_rule::shared) {
                    // A chip's share is never more than the memory that it was built for.
                    const double share = std::min(chip.memory_bytes_s, gpu.table().bandwidth() / r.copies);
                    const double waiting = std::max(0.0, chip.dram_bytes / r.copies / share - r.time_s);
                    r.time_s += waiting;
                    r.energy_j += waiting * r.copies * chip.idle_power_w;
                }
                r.speed = of_gpu.time_s / r.time_s;
                r.efficiency = of_gpu.energy_j / r.energy_j;
                lay_beside(r, paper);
                all.push_back(r);
            }
    }
    return all;
}

std::vector<chip_ratio> mean_ratios(const std::vector<std::vector<chip_ratio>>& works, const headline& paper) {
    if (works.empty())
        throw internal_error("a mean over no works");
    std::vector<chip_ratio> means = works.front();
    for (std::size_t n = 0; n < means.size(); ++n) {
        chip_ratio& mean = means[n];
        mean.time_s = mean.energy_j = mean.speed = mean.efficiency = 0;
        for (const auto& work : works) {
            const chip_ratio& each = work.at(n);
            if (each.rule() != mean.rule())
                throw internal_error("ratios of different rules are averaged");
            mean.time_s += each.time_s;
            mean.energy_j += each.energy_j;
            mean.speed += std::log(each.speed);
            mean.efficiency += std::log(each.efficiency);
        }
        mean.speed = std::exp(mean.speed / static_cast<double>(works.size()));
        mean.efficiency = std::exp(mean.efficiency / static_cast<double>(works.size()));
        lay_beside(mean, paper);
    }
    return means;
}

double implied_gpu_power(const headline& paper, double copies, double chip_w) {
    return paper.efficiency / paper.speed * copies * chip_w;
}

}  // namespace pade
