#include "testbench/run/timeline.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace pade {

timeline::timeline(const accelerator& chip, const params& p)
    : chip_(chip),
      params_(p),
      period_(1e6 / p.clock.core_mhz, sc_core::SC_PS),
      bins_(accelerator::activity_names().size(), p.rows.count, most_bins, first_width),
      held_(p.rows.count) {}

sc_core::sc_time timeline::moment_before(cycle_t edge) const {
    return sc_core::sc_time::from_value(edge * period_.value() - period_.value() / 2);
}

void timeline::simulate(const sc_core::sc_time& span) {
    const sc_core::sc_time end = sc_core::sc_time_stamp() + span;
    while (sc_core::sc_get_status() != sc_core::SC_STOPPED && moment_before(next_) <= end) {
        sc_core::sc_start(moment_before(next_) - sc_core::sc_time_stamp(), sc_core::SC_RUN_TO_TIME);
        if (sc_core::sc_get_status() != sc_core::SC_STOPPED)
            look();
    }
    if (sc_core::sc_get_status() != sc_core::SC_STOPPED && sc_core::sc_time_stamp() < end)
        sc_core::sc_start(end - sc_core::sc_time_stamp(), sc_core::SC_RUN_TO_TIME);
}

void timeline::look() {
    if (bin_end_ == 0) {
        const auto started = chip_.started_at();
        if (!started) {
            ++next_;
            return;
        }
        bin_end_ = *started + bins_.width();
    }
    for (unsigned row = 0; row < held_.size(); ++row)
        held_[row] = chip_.keys_held(row);
    bins_.look(held_);
    if (next_ == bin_end_) {
        chip_.activity(bin_end_, values_);
        bins_.close(values_);
        bin_end_ += bins_.width();
    }
    // Looks lie evenly in their bin, the last one at its end.
    const std::uint64_t step = bins_.width() / looks_a_bin;
    next_ = bin_end_ - (bin_end_ - next_ - 1) / step * step;
}

void timeline::finish() {
    chip_.activity(*chip_.started_at() + chip_.cycles(), values_);
    bins_.finish(values_, chip_.cycles());
}

std::string timeline::json() const {
    using json = nlohmann::ordered_json;
    json counters = json::object();
    const auto& names = accelerator::activity_names();
    for (std::size_t n = 0; n < names.size(); ++n)
        counters[names[n]] = bins_.counter(n);
    json rows = json::array();
    for (unsigned row = 0; row < params_.rows.count; ++row)
        rows.push_back(bins_.gauge(row));
    json banks = {{"reads", json::array()},
                  {"writes", json::array()},
                  {"activates", json::array()},
                  {"row_conflicts", json::array()}};
    for (unsigned n = 0; n < params_.dram.pseudo_channels; ++n) {
        const auto& all = chip_.dram_banks(n);
        const auto add = [&](const char* name, std::uint64_t dram_bank_counters::*member) {
            json list = json::array();
            for (const dram_bank_counters& bank : all)
                list.push_back(bank.*member);
            banks[name].push_back(std::move(list));
        };
        add("reads", &dram_bank_counters::reads);
        add("writes", &dram_bank_counters::writes);
        add("activates", &dram_bank_counters::activates);
        add("row_conflicts", &dram_bank_counters::row_conflicts);
    }
    const json root = {{"schema_version", 1},
                       {"cycles", chip_.cycles()},
                       {"cycles_per_bin", bins_.width()},
                       {"bins", bins_.size()},
                       {"counters", counters},
                       {"scoreboards", {{"looks", bins_.looks()}, {"entries_held", rows}}},
                       {"dram_banks", banks}};
    std::string text = "{\n";
    // A line a series: readable, and small.
    for (auto it = root.begin(); it != root.end(); ++it) {
        text += " " + json(it.key()).dump() + ": ";
        if (it->is_object()) {
            text += "{\n";
            for (auto inner = it->begin(); inner != it->end(); ++inner)
                text += "  " + json(inner.key()).dump() + ": " + inner->dump() +
                        (std::next(inner) == it->end() ? "\n" : ",\n");
            text += " }";
        } else {
            text += it->dump();
        }
        text += std::next(it) == root.end() ? "\n" : ",\n";
    }
    return text + "}\n";
}

}  // namespace pade
