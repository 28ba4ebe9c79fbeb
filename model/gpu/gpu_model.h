// A GPU as an analytical model: time of attention from measured rates, power from a measured line, no clock. What the
// rates do not cover is filled by rules, each of them a parameter.
#pragma once

#include "model/gpu/gpu_rules.h"
#include "model/gpu/gpu_table.h"
#include "model/gpu/gpu_workload.h"

namespace pade {

struct gpu_result {
    double time_s = 0;
    double flop_s = 0;   ///< operations that were asked for, a second
    double power_w = 0;  ///< as rules.power counts it
    double energy_j = 0;
};

class gpu_model {
  public:
    /// The table must outlive the model. Throws input_error for rules that are out of range.
    gpu_model(const gpu_table& table, const gpu_rules& rules);
    gpu_model(gpu_table&& table, const gpu_rules& rules) = delete;

    /// Throws input_error for a workload that is none, or of a dtype that the table does not have.
    gpu_result run(const gpu_workload& w, gpu_bar bar) const;

    /// FLOP/s of FlashAttention-3 with the whole GPU in use.
    double attention_rate(gpu_dtype dtype, double head_dim, bool causal, double keys) const;
    /// Share of the bandwidth that a step of decode over so many keys reaches.
    double decode_bandwidth_share(double keys) const;
    /// W at so many sequences at a time, as rules.power counts them.
    double power_w(double batch) const;

    const gpu_table& table() const { return table_; }
    const gpu_rules& rules() const { return rules_; }

  private:
    double measured_rate(gpu_dtype dtype, double head_dim, bool causal, double keys) const;
    /// By how much the unfused kernels take longer than their roofline with fewer keys than any measured.
    double short_call(double keys) const;
    double prefill_s(const gpu_workload& w, gpu_bar bar) const;
    double decode_s(const gpu_workload& w, gpu_bar bar) const;

    const gpu_table& table_;
    gpu_rules rules_;
};

}  // namespace pade
