// The arithmetic of a run and nothing else: the masked dot products of bit planes with queries, by model/numeric alone,
// in one thread. What a simulation costs beside it is what it costs to simulate.
#pragma once

#include <cstdint>
#include <vector>

#include "model/numeric/group_selection.h"
#include "model/numeric/query_operand.h"
#include "model/params.h"
#include "testbench/trace/trace_set.h"

namespace pade {

class arithmetic {
  public:
    /// Decides with the guard rule, key by key, how many planes each (query, key) pair needs. The chip meets the keys
    /// in another order, so that its T rises at other times: its number of planes differs by a few percent.
    arithmetic(const trace_set& trace, const params& p);

    /// Planes of all pairs, each with one query: what a lane processes one at a time.
    std::uint64_t planes() const { return planes_; }
    /// All of them once, in the order in which they lie in memory: rows.count queries with each plane of each key. As
    /// a lane does it: what the selectors pass on and how long they take, and the sum. Returns the
    /// processor seconds.
    double run();
    /// Of the last run: the partial scores of all pairs, added up, and what went through the selectors.
    std::int64_t score_sum() const { return score_sum_; }
    std::uint64_t selected() const { return selected_; }

  private:
    /// Queries that share a KV head and go together.
    struct row_group {
        std::vector<numeric::query_operand> queries;
        std::vector<std::uint8_t> planes;  // [key][query]; 0 where the query does not see the key
        std::uint32_t keys = 0;            // that one of them sees, from the first
        std::size_t kv = 0;
    };
    template <unsigned Words>
    void run_group(const row_group& group);
    void decide(row_group& group, std::uint32_t visible, std::size_t row, std::int64_t offset);
    const std::uint64_t* plane(std::size_t kv, std::uint32_t key, unsigned number) const {
        return planes_of_[kv].data() + (std::size_t{key} * key_bits_ + number) * words_;
    }

    unsigned key_bits_;
    unsigned words_;
    unsigned dims_;
    bool bidirectional_;
    bool guard_enabled_;
    std::vector<std::vector<std::uint64_t>> planes_of_;  // [KV head][key][plane][word]
    std::vector<row_group> groups_;
    std::uint64_t planes_ = 0;
    std::int64_t score_sum_ = 0;
    std::uint64_t selected_ = 0;
};

}  // namespace pade
