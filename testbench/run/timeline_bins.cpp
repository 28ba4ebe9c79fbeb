#include "testbench/run/timeline_bins.h"

#include "model/errors.h"

namespace pade {

timeline_bins::timeline_bins(std::size_t counters, std::size_t gauges, std::size_t most, std::uint64_t width)
    : most_(most), width_(width), last_(counters), counters_(counters), gauges_(gauges) {
    if (most % 2 != 0 || most == 0)
        throw internal_error("timeline_bins: an odd number of bins");
    open();
}

void timeline_bins::open() {
    for (auto& gauge : gauges_)
        gauge.push_back(0);
    looks_.push_back(0);
}

void timeline_bins::look(const std::vector<std::uint64_t>& gauges) {
    for (std::size_t n = 0; n < gauges_.size(); ++n)
        gauges_[n].back() += gauges.at(n);
    ++looks_.back();
}

void timeline_bins::close(const std::vector<std::uint64_t>& counters) {
    for (std::size_t n = 0; n < counters_.size(); ++n) {
        if (counters.at(n) < last_[n])
            throw internal_error("timeline_bins: counter " + std::to_string(n) + " fell from " +
                                 std::to_string(last_[n]) + " to " + std::to_string(counters[n]));
        counters_[n].push_back(counters[n] - last_[n]);
        last_[n] = counters[n];
    }
    ++size_;
    if (size_ == most_)
        merge();
    open();
}

void timeline_bins::merge() {
    const auto halve = [](std::vector<std::uint64_t>& bins) {
        for (std::size_t i = 0; 2 * i < bins.size(); ++i)
            bins[i] = bins[2 * i] + bins[2 * i + 1];
        bins.resize(bins.size() / 2);
    };
    for (auto* all : {&counters_, &gauges_})
        for (auto& bins : *all)
            halve(bins);
    halve(looks_);
    size_ /= 2;
    width_ *= 2;
}

void timeline_bins::finish(const std::vector<std::uint64_t>& counters, std::uint64_t cycles) {
    if (size_ != 0 && cycles == size_ * width_) {
        for (std::size_t n = 0; n < counters_.size(); ++n)
            counters_[n].back() += counters.at(n) - last_[n];
    } else {
        const std::size_t most = most_;
        most_ = 0;  // the last one merges with none
        close(counters);
        most_ = most;
    }
    for (auto& gauge : gauges_)
        gauge.pop_back();
    looks_.pop_back();
}

}  // namespace pade
