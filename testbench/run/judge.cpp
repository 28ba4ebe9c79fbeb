#include "testbench/run/judge.h"

#include <cmath>
#include <fstream>
#include <limits>

#include "model/errors.h"
#include "testbench/output/npy_writer.h"

namespace pade {

namespace {

/// n e / (1 + n e), e = exp(-alpha radius): what n pruned keys can have weighed at most.
double certified_bound(std::uint64_t pruned, const guard_params& guard) {
    if (!guard.enabled)
        return 0;
    const double x = static_cast<double>(pruned) * std::exp(-guard.alpha * guard.radius);
    return x / (1 + x);
}

/// Rows of output.npy in order.
class output_reader {
  public:
    output_reader(const std::filesystem::path& path, std::uint64_t rows, std::uint32_t width)
        : in_(path, std::ios::binary), width_(width), row_(width) {
        in_.seekg(0, std::ios::end);
        const auto size = static_cast<std::uint64_t>(in_.tellg());
        in_.seekg(static_cast<std::streamoff>(size - rows * width * sizeof(float)));
    }
    const std::vector<float>& next() {
        in_.read(reinterpret_cast<char*>(row_.data()), static_cast<std::streamsize>(width_ * sizeof(float)));
        if (!in_)
            throw input_error("output.npy: is shorter than it was written; allowed: files that nobody else changes");
        return row_;
    }

  private:
    std::ifstream in_;
    std::uint32_t width_;
    std::vector<float> row_;
};

class judging {
  public:
    judging(const std::filesystem::path& folder, const trace_set& trace, const params& p, bool golden)
        : trace_(trace),
          guard_(p.guard),
          output_(folder / "output.npy", std::uint64_t{trace.queries} * trace.heads.size(), trace.head_dim),
          queries_(folder / "queries.npy", static_cast<std::uint32_t>(trace.heads.size()), trace.queries, 3) {
        if (golden) {
            golden::golden_options options;
            options.key_bits = p.lane.key_bits;
            options.guard_enabled = p.guard.enabled;
            options.alpha = p.guard.alpha;
            options.radius = p.guard.radius;
            options.p_bits = p.softmax.p_bits;
            reference_.emplace(trace, options);
        }
        result_.certified_bound_of_head.resize(trace.heads.size());
    }

    /// retained.npy comes sorted by head, query, key; a query may have no row in it.
    void take(const retained_row& row) {
        finish_until(static_cast<std::uint32_t>(row.head), static_cast<std::uint32_t>(row.query));
        keys_.push_back({static_cast<std::uint32_t>(row.key), row.score});
    }

    judgement close() {
        finish_until(static_cast<std::uint32_t>(trace_.heads.size()), 0);
        queries_.close();
        for (const double bound : result_.certified_bound_of_head)
            result_.certified_bound_max = std::max(result_.certified_bound_max, bound);
        if (reference_) {
            result_.soundness = reference_->soundness_held();
            result_.output = reference_->output_held();
            result_.overall = reference_->overall();
            for (unsigned head = 0; head < trace_.heads.size(); ++head)
                result_.heads.push_back(reference_->head_accuracy(head));
            if (reference_->first_soundness_failure())
                result_.failures.push_back(reference_->first_soundness_failure()->text);
            if (reference_->first_output_failure())
                result_.failures.push_back(reference_->first_output_failure()->text);
        }
        return result_;
    }

  private:
    void finish_until(std::uint32_t head, std::uint32_t query) {
        while (head_ < head || (head_ == head && query_ < query)) {
            finish_query();
            if (++query_ == trace_.queries) {
                query_ = 0;
                ++head_;
            }
        }
    }

    void finish_query() {
        const std::vector<float>& output = output_.next();
        const std::uint64_t pruned = trace_.visible_keys(query_) - std::uint64_t{keys_.size()};
        double row[3] = {static_cast<double>(keys_.size()), std::numeric_limits<double>::quiet_NaN(),
                         certified_bound(pruned, guard_)};
        if (reference_) {
            const auto report = reference_->check_query(head_, query_, keys_, output);
            row[1] = report.lost_mass;
            row[2] = guard_.enabled ? report.certified_bound : row[2];
        }
        auto& bound = result_.certified_bound_of_head[head_];
        bound = std::max(bound, row[2]);
        queries_.write(head_, query_, view<double>(row, 3));
        keys_.clear();
    }

    const trace_set& trace_;
    guard_params guard_;
    output_reader output_;
    queries_writer queries_;
    std::optional<golden::reference> reference_;
    std::uint32_t head_ = 0;
    std::uint32_t query_ = 0;
    std::vector<retained_key> keys_;
    judgement result_;
};

}  // namespace

judgement judge(const std::filesystem::path& folder, const trace_set& trace, const params& p, bool golden) {
    judging j(folder, trace, p, golden);
    read_retained(folder / "retained.npy", [&j](const retained_row& row) { j.take(row); });
    return j.close();
}

}  // namespace pade
