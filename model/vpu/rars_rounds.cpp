#include "model/vpu/rars_rounds.h"

#include <algorithm>
#include <array>

#include "model/errors.h"

namespace pade {

namespace {
unsigned ones(std::uint32_t mask) {
    return static_cast<unsigned>(__builtin_popcount(mask));
}
unsigned lowest(std::uint32_t mask) {
    return static_cast<unsigned>(__builtin_ctz(mask));
}
constexpr std::uint32_t all_rows = (std::uint32_t{1} << max_rows) - 1;
}  // namespace

void rars_rounds::clear() {
    wants_.clear();
    first_left_ = 0;
    rescale_rows_ = 0;
    weights_left_ = 0;
    planned_ = false;
}

void rars_rounds::add_rescale(unsigned row, std::uint32_t factor) {
    rescale_rows_ |= std::uint32_t{1} << row;
    factors_[row] = factor;
}

void rars_rounds::add_weight(unsigned row, std::uint32_t key, std::uint32_t kv, std::uint32_t p) {
    if (!wants_.empty() && key < wants_.back().key)
        throw internal_error("RARS: weights of a tile do not ascend by key");
    // At most one V row a KV head lies between the end and the place of this one.
    auto at = wants_.end();
    while (at != wants_.begin() && (at - 1)->key == key && (at - 1)->kv >= kv)
        --at;
    if (at == wants_.end() || at->key != key || at->kv != kv) {
        at = wants_.insert(at, want{});
        at->key = key;
        at->kv = kv;
    }
    const std::uint32_t bit = std::uint32_t{1} << row;
    if ((at->rows & bit) != 0)
        throw internal_error("RARS: key " + std::to_string(key) + " came twice for row " + std::to_string(row));
    at->rows |= bit;
    at->p[row] = p;
    ++weights_left_;
}

void rars_rounds::choose_by_reuse(std::uint32_t unserved) {
    while (chosen_.size() < v_rows_per_round_ && unserved != 0) {
        std::size_t best = wants_.size();
        unsigned best_rows = 0;
        for (std::size_t i = first_left_; i < wants_.size(); ++i) {
            const std::uint32_t wanting = wants_[i].rows;
            if (wanting == 0 || (!split_ && (wanting & ~unserved) != 0))
                continue;
            const unsigned n = ones(wanting & unserved);
            if (n > best_rows) {
                best = i;
                best_rows = n;
            }
        }
        if (best_rows == 0)
            break;
        const std::uint32_t rows = wants_[best].rows & unserved;
        chosen_.push_back({best, rows});
        unserved &= ~rows;
    }
}

void rars_rounds::choose_own_order(std::uint32_t unserved) {
    for (std::size_t i = first_left_; i < wants_.size() && unserved != 0; ++i) {
        // Rows still unserved here have no lower key left.
        const std::uint32_t rows = wants_[i].rows & unserved;
        if (rows == 0)
            continue;
        if (chosen_.size() == v_rows_per_round_)
            break;
        chosen_.push_back({i, rows});
        unserved &= ~rows;
    }
}

bool rars_rounds::plan(round_item& round, std::size_t first_unreserved) {
    while (first_left_ < wants_.size() && wants_[first_left_].rows == 0)
        ++first_left_;
    if (!planned_) {
        chosen_.clear();
        const std::uint32_t unserved = all_rows & ~rescale_rows_;
        if (rars_)
            choose_by_reuse(unserved);
        else
            choose_own_order(unserved);
        planned_ = true;
    }
    for (const choice& c : chosen_)
        if (c.want >= first_unreserved)
            return false;

    round.rows.fill(row_work{});
    for (std::uint32_t rows = rescale_rows_; rows != 0; rows &= rows - 1) {
        row_work& work = round.rows[lowest(rows)];
        work.what = row_work::kind::rescale;
        work.value = factors_[lowest(rows)];
    }
    round.v_rows = static_cast<std::uint8_t>(chosen_.size());
    for (std::size_t v = 0; v < chosen_.size(); ++v) {
        const want& w = wants_[chosen_[v].want];
        round.v[v] = {0, w.key, w.kv, w.rows == chosen_[v].rows};
        for (std::uint32_t rows = chosen_[v].rows; rows != 0; rows &= rows - 1) {
            row_work& work = round.rows[lowest(rows)];
            work.what = row_work::kind::mac;
            work.v = static_cast<std::uint8_t>(v);
            work.key = w.key;
            work.value = w.p[lowest(rows)];
        }
    }
    return true;
}

void rars_rounds::take() {
    rescale_rows_ = 0;
    for (const choice& c : chosen_) {
        wants_[c.want].rows &= ~c.rows;
        weights_left_ -= ones(c.rows);
    }
    planned_ = false;
}

}  // namespace pade
