// What is known of one GPU: a JSON table of its figures and of measured rates, each with unit, source and a band for
// what is guessed. The built-in one is an H100 SXM5; scripts/measure_gpu.py writes one of another GPU.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/gpu/anchor_curve.h"
#include "model/gpu/gpu_choices.h"

namespace pade {

struct gpu_entry {
    std::string name;
    std::string unit;
    double value = 0;
    double low = 0;  ///< least and most that the value may well be, in the same unit
    double high = 0;
    std::string basis;  ///< published, measured, scaled, derived, second-hand, guess
    std::string source;
    std::string text;
};

/// Measured values over a length or a batch.
struct gpu_curve {
    anchor_curve curve;
    std::string unit;
    std::string basis;
    std::string source;
};

/// FLOP/s of fused attention over the number of keys.
struct gpu_attention_curve {
    gpu_dtype dtype = gpu_dtype::fp16;  ///< fp16 or fp8; INT8 is taken to be as fast as FP8
    double head_dim = 0;
    bool causal = false;
    gpu_curve rate;  ///< unit TFLOP/s
};

class gpu_table {
  public:
    /// `where` names it in errors. Throws input_error for what is missing, unknown, given twice, of another unit, not
    /// positive, above its peak, or not in ascending order.
    gpu_table(const std::string& text, const std::string& where);
    /// The one that is built in.
    gpu_table();

    const std::string& name() const { return name_; }
    const std::vector<gpu_entry>& entries() const { return entries_; }
    /// In the entry's unit. Throws internal_error for a name that is not in the table.
    double value(std::string_view name) const;
    const std::vector<gpu_attention_curve>& attention() const { return attention_; }
    /// Null where it was not measured.
    const gpu_attention_curve* attention(gpu_dtype dtype, double head_dim, bool causal) const;
    /// Share of the peak bandwidth over the number of keys.
    const gpu_curve& decode_efficiency() const { return decode_efficiency_; }
    /// W over the batch.
    const gpu_curve& active_power() const { return active_power_; }

    /// FLOP/s, of INT8 that of FP8.
    double peak(gpu_dtype dtype) const;
    /// B/s.
    double bandwidth() const { return value("bandwidth") * 1e12; }

  private:
    void check_relations(const std::string& where) const;

    std::string name_;
    std::vector<gpu_entry> entries_;
    std::vector<gpu_attention_curve> attention_;
    gpu_curve decode_efficiency_;
    gpu_curve active_power_;
};

/// The table of a file, or the built-in one where `path` is empty. Throws input_error.
gpu_table load_gpu_table(const std::filesystem::path& path);

/// The built-in table's text.
std::string_view builtin_gpu_table();

}  // namespace pade
