// The guard rule on whole heads, with no clock: which planes of which keys a query takes when it goes through its tiles
// one after another, plane by plane inside a tile, and which keys it retains. A machine that is right lands near it
// (pade.md section 6); what pruning costs a model is measured with it (docs/quality.md).
#pragma once

#include <cstdint>
#include <vector>

#include "model/numeric/guard_rule.h"
#include "model/numeric/online_softmax.h"
#include "model/numeric/query_operand.h"

namespace pade::numeric {

enum class walk_order : std::uint8_t {
    head_tail,  ///< tiles 0, n-1, 1, n-2, ... of those that the query sees
    sequential  ///< tiles ascending
};

struct walk_config {
    unsigned key_bits = 8;
    std::uint32_t tile = 64;
    walk_order order = walk_order::head_tail;
    bool guard = true;  ///< off: all planes of all visible keys, and all of them are retained
    /// Retained keys once more against the last T: the machine's re-check where the ISTA is off. Its re-check of one
    /// tile at a time changes nothing here, for T cannot rise between a tile's last plane and its end.
    bool recheck_at_end = false;
    /// What recheck_at_end leaves, from the exact scores alone: several times faster, but no planes are counted.
    bool line_only = false;
};

/// One KV head, for any number of queries one after another. Holds the keys' planes; knows nothing of the caller's
/// arrays once it is made.
class guard_walk {
  public:
    struct pair {
        std::uint32_t key;
        std::int32_t score;  ///< exact
    };

    /// k: `keys` rows of `dims` (1..256) elements of config.key_bits bits. Throws input_error for a config it cannot
    /// serve.
    guard_walk(const std::int8_t* k, std::uint32_t keys, unsigned dims, const walk_config& config);

    std::uint32_t keys() const { return keys_; }
    unsigned dims() const { return dims_; }

    /// One query, which sees the first `visible` keys, with the interval of each number of planes and the guard's
    /// offset in units of the score. planes: where to put how many planes each key took, [keys], 0 where the query does
    /// not see it; or null.
    void row(const query_operand& q, const interval_table& intervals, std::uint32_t visible, std::int64_t offset,
             std::uint8_t* planes = nullptr);

    /// Of the last row: retained pairs in the order of the walk, and planes taken by all keys together.
    const std::vector<pair>& retained() const { return retained_; }
    std::uint64_t planes() const { return planes_; }

    /// Softmax over the last row's retained pairs as the V-PU does it, tile by tile, into `out`, which it clears first.
    /// c: logits in a unit of the score; v: [keys][out.head_dim()].
    void weigh(const exp_unit& exp, double c, const std::int8_t* v, softmax_row& out) const;

  private:
    void one_tile(const query_operand& q, const interval_table& intervals, std::uint32_t first, std::uint32_t last,
                  std::int64_t offset, std::uint8_t* planes);
    void whole_keys(const query_operand& q, std::uint32_t first, std::uint32_t last, std::uint8_t* planes);
    void recheck(std::int64_t threshold);
    std::int32_t plane_sum(const query_operand& q, std::uint32_t key, unsigned plane) const;

    std::uint32_t keys_;
    unsigned dims_;
    unsigned words_;
    walk_config config_;
    std::vector<std::uint64_t> bits_;  // [key][plane][word]
    std::vector<std::uint8_t> ones_;   // likewise: set bits, counted once for all queries
    std::vector<std::int16_t> k_;      // [key][dim], where exact scores are all it takes; as compilers multiply fastest
    threshold threshold_;
    std::vector<pair> alive_;
    std::vector<pair> retained_;
    std::vector<std::size_t> tile_ends_;  // in retained_
    std::uint64_t planes_ = 0;
};

}  // namespace pade::numeric
