// Which keys go to which rows in a round (pade.md section 4, item 8). Values only: RARS adds the time.
//
// RARS on: repeatedly give the V row wanted by most still-unserved rows (ties: the lowest) to those rows, until none
// can be served or the round has its V rows; leftovers wait for the next round. Without `split` a V row is given only
// when all rows that still want it are unserved. RARS off: each row takes its own lowest remaining key; rows with the
// same one share it; when there are more than fit, the lowest go first. A rescale of o takes its row one round, before
// any key of the tile.
#pragma once

#include <cstdint>
#include <vector>

#include "model/params.h"
#include "tlm/vpu_payloads.h"

namespace pade {

class rars_rounds {
  public:
    rars_rounds(bool rars, bool split, unsigned v_rows_per_round)
        : rars_(rars), split_(split), v_rows_per_round_(v_rows_per_round) {}

    /// Empties the tile.
    void clear();
    /// Row `row` is to be rescaled by `factor` before its first weight of the tile.
    void add_rescale(unsigned row, std::uint32_t factor);
    /// Row `row` wants key `key` of KV head `kv` with weight `p`. Calls come ascending by key; V rows of different KV
    /// heads are never the same, those of one key may come in any order.
    void add_weight(unsigned row, std::uint32_t key, std::uint32_t kv, std::uint32_t p);

    /// Nothing is left to do.
    bool done() const { return weights_left_ == 0 && rescale_rows_ == 0; }
    std::size_t v_rows() const { return wants_.size(); }
    std::uint32_t weights_left() const { return weights_left_; }

    /// Plans the next round without taking it. `first_unreserved`: V rows from this one on, counted in the order (key,
    /// KV head), may not be read yet. Returns false when the round needs one of them. The addresses of round.v are left
    /// to the caller.
    bool plan(round_item& round, std::size_t first_unreserved);
    /// Takes the round that was planned last.
    void take();

  private:
    struct want {
        std::uint32_t key = 0;
        std::uint32_t kv = 0;
        std::uint32_t rows = 0;  ///< bit r: row r has not had it yet
        std::uint32_t p[max_rows] = {};
    };
    void choose_by_reuse(std::uint32_t unserved);
    void choose_own_order(std::uint32_t unserved);

    bool rars_;
    bool split_;
    unsigned v_rows_per_round_;
    std::vector<want> wants_;     ///< ascending by (key, kv)
    std::size_t first_left_ = 0;  ///< wants before it are served
    std::uint32_t rescale_rows_ = 0;
    std::uint32_t factors_[max_rows] = {};
    std::uint32_t weights_left_ = 0;

    struct choice {
        std::size_t want;
        std::uint32_t rows;
    };
    std::vector<choice> chosen_;  ///< the round planned last
    bool planned_ = false;
};

}  // namespace pade
