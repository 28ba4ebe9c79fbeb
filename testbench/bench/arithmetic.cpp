#include "testbench/bench/arithmetic.h"

#include <algorithm>
#include <ctime>

#include "model/numeric/bit_planes.h"
#include "model/numeric/guard_rule.h"

namespace pade {

arithmetic::arithmetic(const trace_set& trace, const params& p)
    : key_bits_(p.lane.key_bits),
      words_((trace.head_dim + numeric::word_dims - 1) / numeric::word_dims),
      dims_(trace.head_dim),
      bidirectional_(p.lane.bidirectional),
      guard_enabled_(p.guard.enabled) {
    for (const trace_kv_head& kv : trace.kv_heads) {
        auto& planes = planes_of_.emplace_back(std::size_t{trace.keys} * key_bits_ * words_);
        for (std::uint32_t key = 0; key < trace.keys; ++key) {
            std::vector<std::int8_t> k(dims_);
            std::transform(kv.k.begin() + std::ptrdiff_t{key} * dims_, kv.k.begin() + std::ptrdiff_t{key + 1} * dims_,
                           k.begin(), [this](std::int8_t e) { return numeric::quantise_key(e, key_bits_); });
            for (unsigned number = 0; number < key_bits_; ++number)
                numeric::pack_plane(k.data(), dims_, number, key_bits_,
                                    planes.data() + (std::size_t{key} * key_bits_ + number) * words_);
        }
    }
    const double key_scale = 1u << (8 - key_bits_);
    for (const trace_head& head : trace.heads) {
        const std::int64_t offset = numeric::guard_offset(p.guard.alpha, p.guard.radius, head.logit_scale * key_scale);
        for (std::uint32_t first = 0; first < trace.queries; first += p.rows.count) {
            const std::uint32_t rows = std::min(p.rows.count, trace.queries - first);
            row_group& group = groups_.emplace_back();
            group.kv = head.kv;
            group.keys = trace.visible_keys(first + rows - 1);
            group.planes.resize(std::size_t{group.keys} * rows);
            for (std::uint32_t row = 0; row < rows; ++row)
                group.queries.emplace_back(head.q.data() + std::size_t{first + row} * dims_, dims_);
            for (std::uint32_t row = 0; row < rows; ++row)
                decide(group, trace.visible_keys(first + row), row, offset);
        }
    }
}

void arithmetic::decide(row_group& group, std::uint32_t visible, std::size_t row, std::int64_t offset) {
    const numeric::query_operand& q = group.queries[row];
    const numeric::interval_table intervals = numeric::bui_rule().intervals(q, key_bits_);
    numeric::threshold threshold;
    for (std::uint32_t key = 0; key < visible; ++key) {
        std::int32_t partial = 0;
        unsigned known = 0;
        while (known < key_bits_) {
            partial += numeric::plane_weight(known, key_bits_) * q.plane_sum(plane(group.kv, key, known));
            ++known;
            if (!guard_enabled_)
                continue;
            if (!threshold.keeps(std::int64_t{partial} + intervals.upper[known]))
                break;
            threshold.raise(std::int64_t{partial} + intervals.lower[known], offset);
        }
        group.planes[std::size_t{key} * group.queries.size() + row] = static_cast<std::uint8_t>(known);
        planes_ += known;
    }
}

double arithmetic::run() {
    score_sum_ = 0;
    selected_ = 0;
    const std::clock_t begin = std::clock();
    for (const row_group& group : groups_) {
        // The number of words known to the compiler, as in a lane.
        switch (words_) {
            case 1:
                run_group<1>(group);
                break;
            case 2:
                run_group<2>(group);
                break;
            case 3:
                run_group<3>(group);
                break;
            default:
                run_group<4>(group);
                break;
        }
    }
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

template <unsigned Words>
void arithmetic::run_group(const row_group& group) {
    const std::size_t rows = group.queries.size();
    for (std::uint32_t key = 0; key < group.keys; ++key) {
        const std::uint8_t* planes = group.planes.data() + std::size_t{key} * rows;
        const std::uint64_t* bits = plane(group.kv, key, 0);
        for (std::size_t row = 0; row < rows; ++row) {
            const numeric::query_operand& q = group.queries[row];
            std::int32_t partial = 0;
            for (unsigned number = 0; number < planes[row]; ++number) {
                std::int32_t sum = 0;
                for (unsigned word = 0; word < Words; ++word) {
                    const std::uint64_t w = bits[number * Words + word];
                    const auto cost =
                        numeric::select_word(w, bidirectional_, std::min(numeric::word_dims, dims_ - word * 64));
                    sum += q.word_sum(w, word, cost.ones);
                    selected_ += cost.selected;
                }
                partial += numeric::plane_weight(number, key_bits_) * sum;
            }
            score_sum_ += partial;
        }
    }
}

}  // namespace pade
