// The judge of a run: dense attention and the guard's guarantee, computed again from the trace alone. It gets what the
// design under test says of each query, in any order, and says whether that is right and how accurate it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "testbench/golden/integer_scores.h"
#include "testbench/trace/retained_key.h"
#include "testbench/trace/trace_set.h"
#include "testbench/trace/view.h"

namespace pade::golden {

struct golden_options {
    unsigned key_bits = 8;  ///< 4..8
    bool guard_enabled = true;
    double alpha = 1.0;
    double radius = 5.0;  ///< logits
    unsigned p_bits = 20;
};

/// Where a check failed first, and one sentence with head, query, key or dimension, and the values.
struct failure {
    unsigned head = 0;   ///< position in the run
    unsigned query = 0;  ///< of the run, from 0
    std::optional<std::uint32_t> key;
    std::optional<unsigned> dimension;
    std::string text;
};

/// What is true of one query.
struct query_report {
    std::uint32_t retained = 0;
    std::uint32_t pruned = 0;              ///< visible keys that were not retained
    double lost_mass = 0;                  ///< exact softmax mass of the pruned keys
    double certified_bound = 0;            ///< n*e / (1 + n*e), n = pruned, e = exp(-alpha * radius)
    double rel_l2_vs_own_retained = 0;     ///< infinite when the output is not finite
    std::optional<failure> soundness;      ///< the query's first
    std::optional<failure> output;         ///< set only where the tolerance applies or the output is not finite
    bool output_below_resolution = false;  ///< beyond the tolerance, within what the units of p must hide
};

/// Of a head, or of the run. Null: without data.
struct accuracy {
    std::uint64_t queries = 0;                     ///< checked so far
    std::optional<double> rel_l2_vs_own_retained;  ///< worst query
    std::optional<double> rel_l2_vs_dense_int8;    ///< Frobenius norm of a head; of the run, the mean over heads
    std::optional<double> rel_l2_vs_fp32;          ///< likewise; null unless every head has q, k, v in float32
    std::optional<double> lost_mass_mean;
    std::optional<double> lost_mass_max;
    std::optional<double> certified_bound_max;
    std::uint64_t output_below_resolution = 0;  ///< queries, see query_report
};

class reference {
  public:
    /// Relative L2 of one query. Beyond it an output still holds, and is counted, if it is off by no more than a right
    /// machine with weights of p_bits may be: where many keys tie far below the best, large weights meet V rows of
    /// zeros or V cancels, a unit of p is more than 1e-4 of the output.
    static constexpr double output_tolerance = 1e-4;

    /// `set` is a selection (see select) and must outlive the reference. Throws std::invalid_argument on bad options.
    reference(const trace_set& set, const golden_options& options);
    reference(trace_set&&, const golden_options&) = delete;

    /// Judges one query: its retained keys, ascending, and its output [head_dim]. Each (head, query) once; throws
    /// std::logic_error when it comes twice or is not in the set. Not thread safe.
    query_report check_query(unsigned head, unsigned query, view<retained_key> retained, view<float> output);

    /// Exact scores of the keys that the query sees, keys rounded to key_bits.
    std::vector<std::int32_t> exact_scores(unsigned head, unsigned query) const;

    accuracy head_accuracy(unsigned head) const;
    accuracy overall() const;

    /// Whether every query of every head was judged.
    bool complete() const;
    /// Soundness of all that was judged: null before the first query.
    std::optional<bool> soundness_held() const;
    /// Output check: null where no tolerance is promised (p_bits below 20 with the guard on, 24 with it off) and all
    /// outputs were finite.
    std::optional<bool> output_held() const;
    bool output_tolerance_applies() const;

    /// The failure of the lowest (head, query), whatever the order of the calls, and how many queries failed.
    const std::optional<failure>& first_soundness_failure() const { return soundness_failure_; }
    const std::optional<failure>& first_output_failure() const { return output_failure_; }
    std::uint64_t soundness_failures() const { return soundness_failures_; }
    std::uint64_t output_failures() const { return output_failures_; }

  private:
    /// Squared Frobenius norms of a difference and of what it is measured against.
    struct frobenius {
        double difference = 0;
        double norm = 0;
        void add(view<float> output, const std::vector<double>& exact);
        double relative() const;
    };
    struct head_state {
        wide_matrix queries;
        std::vector<bool> judged;
        std::uint64_t queries_judged = 0;
        double worst_own = 0;
        double lost_sum = 0;
        double lost_max = 0;
        double bound_max = 0;
        std::uint64_t below_resolution = 0;
        frobenius int8;
        frobenius fp32;
    };
    struct kv_state {
        wide_matrix keys;           ///< rounded to key_bits
        wide_matrix keys_int8;      ///< only where that differs
        std::vector<float> values;  ///< V, exactly
        std::vector<double> norms;  ///< L2 of each row of V
    };

    std::string place(unsigned head, unsigned query) const;
    std::optional<failure> check_retained(unsigned head, unsigned query, view<retained_key> retained,
                                          const std::vector<std::int32_t>& scores, double c);
    double resolution(const kv_state& kv, double kept_mass, double scale_v, double norm) const;
    std::optional<failure> check_output(unsigned head, unsigned query, view<float> output, double relative) const;
    void judge_dense(unsigned head, unsigned query, view<float> output, double c);
    static void note(std::optional<failure>& first, std::uint64_t& count, const std::optional<failure>& found);

    const trace_set& set_;
    golden_options options_;
    std::vector<head_state> heads_;
    std::vector<kv_state> kv_;
    std::optional<failure> soundness_failure_;
    std::optional<failure> output_failure_;
    std::uint64_t soundness_failures_ = 0;
    std::uint64_t output_failures_ = 0;

    // Of the query at hand; kept for their memory.
    std::vector<std::int32_t> scores_;
    std::vector<double> weights_;
    std::vector<double> exact_output_;
    std::vector<std::uint32_t> kept_;  ///< keys retained and visible, each once
    std::vector<std::uint8_t> is_kept_;
};

}  // namespace pade::golden
