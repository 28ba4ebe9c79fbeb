#include "testbench/golden/value_rule.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "testbench/golden/attention.h"
#include "testbench/golden/integer_scores.h"

namespace pade::golden {

namespace {

constexpr unsigned planes = 8;

/// k with only its planes 0..plane known, the others 0: in two's complement, its upper plane+1 bits.
wide_matrix known_planes(const std::vector<std::int8_t>& keys, std::size_t width, unsigned plane) {
    wide_matrix known{width, {}};
    known.data.reserve(keys.size());
    const int mask = -(1 << (planes - 1 - plane));
    for (const std::int8_t k : keys)
        known.data.push_back(static_cast<std::int16_t>(k & mask));
    return known;
}

std::vector<std::uint32_t> tile_sequence(std::uint32_t tiles, plane_order order) {
    std::vector<std::uint32_t> sequence;
    for (std::uint32_t i = 0; i < tiles; ++i)
        sequence.push_back(order != plane_order::head_tail ? i : i % 2 == 0 ? i / 2 : tiles - 1 - i / 2);
    return sequence;
}

/// The rule at work on one query.
class query_run {
  public:
    query_run(const std::array<std::vector<std::int32_t>, planes>& partial, const std::int16_t* query,
              std::size_t width)
        : partial_(partial) {
        std::int64_t positive = 0;
        std::int64_t negative = 0;
        for (std::size_t e = 0; e < width; ++e)
            (query[e] > 0 ? positive : negative) += query[e];
        for (unsigned plane = 0; plane < planes; ++plane) {
            const std::int64_t unknown = (std::int64_t{1} << (planes - 1 - plane)) - 1;
            most_[plane] = unknown * positive;
            least_[plane] = unknown * negative;
        }
    }

    /// Looks at keys first .. last-1, plane by plane. With `known_threshold` the threshold is that and never moves.
    void group(std::uint32_t first, std::uint32_t last, std::int64_t offset, const std::int64_t* known_threshold,
               value_rule_result& result, std::vector<std::uint32_t>& retained) {
        alive_.clear();
        for (std::uint32_t key = first; key < last; ++key)
            alive_.push_back(key);
        for (unsigned plane = 0; plane < planes && !alive_.empty(); ++plane) {
            result.planes += alive_.size();
            const std::vector<std::int32_t>& score = partial_[plane];
            for (const std::uint32_t key : alive_) {
                const std::int64_t bound = score[key] + least_[plane];
                best_ = started_ ? std::max(best_, bound) : bound;
                started_ = true;
            }
            const std::int64_t threshold = known_threshold != nullptr ? *known_threshold : best_ - offset;
            const auto dropped = std::remove_if(
                alive_.begin(), alive_.end(), [&](std::uint32_t key) { return score[key] + most_[plane] < threshold; });
            result.pruned_after[plane] += static_cast<std::uint64_t>(alive_.end() - dropped);
            alive_.erase(dropped, alive_.end());
        }
        retained.insert(retained.end(), alive_.begin(), alive_.end());
    }

  private:
    const std::array<std::vector<std::int32_t>, planes>& partial_;
    std::array<std::int64_t, planes> most_{};
    std::array<std::int64_t, planes> least_{};
    std::vector<std::uint32_t> alive_;
    std::int64_t best_ = 0;
    bool started_ = false;
};

}  // namespace

value_rule_result value_rule(const trace_set& set, unsigned head, const value_rule_options& options) {
    const trace_head& trace = set.heads.at(head);
    const std::vector<std::int8_t>& k = set.kv_heads[trace.kv].k;
    std::array<wide_matrix, planes> known;
    for (unsigned plane = 0; plane < planes; ++plane)
        known[plane] = known_planes(k, set.head_dim, plane);
    const wide_matrix queries = widen(trace.q, set.head_dim);
    const double c = logit_scale(trace, set.softmax_scale, 8);
    const std::int64_t offset = guard_offset(options.alpha, options.radius, c);

    value_rule_result result;
    result.pruned_after.resize(planes);
    std::array<std::vector<std::int32_t>, planes> partial;
    std::vector<double> weights;
    std::vector<std::uint32_t> retained;
    for (std::uint32_t query = 0; query < set.queries; ++query) {
        const std::uint32_t visible = set.visible_keys(query);
        if (visible == 0)
            continue;
        for (unsigned plane = 0; plane < planes; ++plane)
            integer_scores(queries.row(query), known[plane], visible, partial[plane]);
        const std::vector<std::int32_t>& exact = partial[planes - 1];
        const std::int64_t line = *std::max_element(exact.begin(), exact.end()) - offset;
        result.pairs += visible;
        result.at_line += static_cast<std::uint64_t>(
            std::count_if(exact.begin(), exact.end(), [&](std::int32_t score) { return score >= line; }));

        query_run run(partial, queries.row(query), set.head_dim);
        retained.clear();
        if (options.order == plane_order::lockstep || options.order == plane_order::oracle) {
            run.group(0, visible, offset, options.order == plane_order::oracle ? &line : nullptr, result, retained);
        } else {
            const std::uint32_t tiles = (visible + options.tile - 1) / options.tile;
            for (const std::uint32_t tile : tile_sequence(tiles, options.order))
                run.group(tile * options.tile, std::min(visible, (tile + 1) * options.tile), offset, nullptr, result,
                          retained);
        }
        result.retained += retained.size();
        const double total = softmax_weights(exact, c, weights);
        for (const std::uint32_t key : retained)
            weights[key] = 0;
        for (const double weight : weights)
            result.lost_mass += weight / total / set.queries;
    }
    return result;
}

}  // namespace pade::golden
