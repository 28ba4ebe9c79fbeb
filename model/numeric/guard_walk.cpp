#include "model/numeric/guard_walk.h"

#include <algorithm>
#include <limits>
#include <string>

#include "model/errors.h"

namespace pade::numeric {

namespace {

std::uint32_t tile_at(std::uint32_t i, std::uint32_t tiles, walk_order order) {
    if (order == walk_order::sequential)
        return i;
    return i % 2 == 0 ? i / 2 : tiles - 1 - i / 2;
}

}  // namespace

guard_walk::guard_walk(const std::int8_t* k, std::uint32_t keys, unsigned dims, const walk_config& config)
    : keys_(keys), dims_(dims), words_((dims + word_dims - 1) / word_dims), config_(config) {
    if (dims < 1 || dims > 256)
        throw input_error("guard walk: head_dim is " + std::to_string(dims) + "; allowed: 1 to 256");
    if (config.key_bits < 4 || config.key_bits > max_key_bits)
        throw input_error("guard walk: key_bits is " + std::to_string(config.key_bits) + "; allowed: 4 to 8");
    if (config.tile == 0)
        throw input_error("guard walk: a tile has 0 keys; allowed: from 1 on");
    const std::size_t elements = std::size_t{keys} * dims;
    if (!config.guard || config.line_only) {
        k_.assign(k, k + elements);
        return;
    }
    bits_.resize(std::size_t{keys} * config.key_bits * words_);
    for (std::uint32_t key = 0; key < keys; ++key)
        for (unsigned plane = 0; plane < config.key_bits; ++plane)
            pack_plane(k + std::size_t{key} * dims, dims, plane, config.key_bits,
                       bits_.data() + (std::size_t{key} * config.key_bits + plane) * words_);
    for (const std::uint64_t word : bits_)  // pack_plane leaves no bit beyond the last dim
        ones_.push_back(static_cast<std::uint8_t>(bytes::sum(bytes::counts(word))));
}

void guard_walk::row(const query_operand& q, const interval_table& intervals, std::uint32_t visible,
                     std::int64_t offset, std::uint8_t* planes) {
    if (q.dims() != dims_ || visible > keys_)
        throw internal_error("guard walk: a query of " + std::to_string(q.dims()) + " dims that sees " +
                             std::to_string(visible) + " keys; there are " + std::to_string(keys_) + " of " +
                             std::to_string(dims_));
    retained_.clear();
    tile_ends_.clear();
    planes_ = 0;
    threshold_ = {};
    if (planes != nullptr)
        std::fill_n(planes, keys_, std::uint8_t{0});

    const std::uint32_t tiles = visible / config_.tile + (visible % config_.tile != 0 ? 1 : 0);
    for (std::uint32_t i = 0; i < tiles; ++i) {
        const std::uint32_t first = tile_at(i, tiles, config_.order) * config_.tile;
        const std::uint32_t last = first + std::min(config_.tile, visible - first);
        if (config_.guard && !config_.line_only)
            one_tile(q, intervals, first, last, offset, planes);
        else
            whole_keys(q, first, last, planes);
        tile_ends_.push_back(retained_.size());
    }
    if (config_.guard && config_.line_only) {
        planes_ = 0;
        if (planes != nullptr)
            std::fill_n(planes, keys_, std::uint8_t{0});
        for (const pair& each : retained_)
            threshold_.raise(each.score, offset);
    }
    if (config_.guard && (config_.recheck_at_end || config_.line_only))
        recheck(threshold_.value);
}

/// Plane by plane: first every bound of a plane is seen, then the threshold that came of them decides.
void guard_walk::one_tile(const query_operand& q, const interval_table& intervals, std::uint32_t first,
                          std::uint32_t last, std::int64_t offset, std::uint8_t* planes) {
    alive_.clear();
    for (std::uint32_t key = first; key < last; ++key)
        alive_.push_back({key, 0});
    for (unsigned plane = 0; plane < config_.key_bits && !alive_.empty(); ++plane) {
        planes_ += alive_.size();
        const std::int32_t weight = plane_weight(plane, config_.key_bits);
        std::int32_t best = std::numeric_limits<std::int32_t>::min();
        for (pair& each : alive_) {
            each.score += weight * plane_sum(q, each.key, plane);
            best = std::max(best, each.score);
        }
        threshold_.raise(std::int64_t{best} + intervals.lower[plane + 1], offset);
        const std::int64_t upper = intervals.upper[plane + 1];
        std::size_t left = 0;
        for (const pair each : alive_) {
            if (threshold_.keeps(each.score + upper))
                alive_[left++] = each;
            else if (planes != nullptr)
                planes[each.key] = static_cast<std::uint8_t>(plane + 1);
        }
        alive_.resize(left);
    }
    if (planes != nullptr)
        for (const pair& each : alive_)
            planes[each.key] = static_cast<std::uint8_t>(config_.key_bits);
    retained_.insert(retained_.end(), alive_.begin(), alive_.end());
}

/// With the guard off no partial score decides anything: the exact ones at once.
void guard_walk::whole_keys(const query_operand& q, std::uint32_t first, std::uint32_t last, std::uint8_t* planes) {
    const std::size_t dims = dims_;
    std::int16_t query[256] = {};
    for (unsigned e = 0; e < dims_; ++e)
        query[e] = static_cast<std::int16_t>(+q.q(e));
    const std::size_t before = retained_.size();
    retained_.resize(before + (last - first));
    pair* to = retained_.data() + before;
    const std::int16_t* k = k_.data() + first * dims;
    for (std::uint32_t key = first; key < last; ++key, k += dims) {
        std::int32_t score = 0;
        for (std::size_t e = 0; e < dims; ++e)
            score += query[e] * k[e];
        *to++ = {key, score};
    }
    if (planes != nullptr)
        std::fill(planes + first, planes + last, static_cast<std::uint8_t>(config_.key_bits));
    planes_ += std::uint64_t{last - first} * config_.key_bits;
}

void guard_walk::recheck(std::int64_t last_threshold) {
    const auto dropped =
        std::remove_if(retained_.begin(), retained_.end(), [=](const pair& p) { return p.score < last_threshold; });
    retained_.erase(dropped, retained_.end());
    tile_ends_.assign(1, retained_.size());  // m is final before the V-PU starts: one tile, nothing is rescaled
}

std::int32_t guard_walk::plane_sum(const query_operand& q, std::uint32_t key, unsigned plane) const {
    const std::size_t at = (std::size_t{key} * config_.key_bits + plane) * words_;
    std::int32_t sum = 0;
    for (unsigned word = 0; word < words_; ++word)
        sum += q.word_sum(bits_[at + word], word, ones_[at + word]);
    return sum;
}

void guard_walk::weigh(const exp_unit& exp, double c, const std::int8_t* v, softmax_row& out) const {
    out.clear();
    bool has_max = false;
    std::int32_t max = 0;
    std::size_t i = 0;
    for (const std::size_t end : tile_ends_) {
        if (i == end)
            continue;
        std::int32_t tile_max = retained_[i].score;
        for (std::size_t j = i + 1; j < end; ++j)
            tile_max = std::max(tile_max, retained_[j].score);
        if (!has_max || tile_max > max) {
            if (has_max)
                out.rescale(exp(c * static_cast<double>(std::int64_t{max} - tile_max)), exp.p_bits());
            max = tile_max;
            has_max = true;
        }
        for (; i < end; ++i) {
            const pair& each = retained_[i];
            const std::uint32_t p = exp(c * static_cast<double>(std::int64_t{each.score} - max));
            if (p != 0)
                out.accumulate(p, v + std::size_t{each.key} * out.head_dim());
        }
    }
}

}  // namespace pade::numeric
