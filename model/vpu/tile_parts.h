// A closed tile as it goes on: its pairs in order, the distinct V rows they need, and the parts in which it goes on
// when those are more than may be prefetched at a time. Values only.
#pragma once

#include <cstdint>
#include <vector>

#include "model/job.h"

namespace pade {

/// A retained pair of a block.
struct score_entry {
    std::uint32_t key = 0;
    std::int32_t score = 0;
    std::uint8_t row = 0;
};

/// A V row: rows of different KV heads never share one.
struct v_row_id {
    std::uint32_t key = 0;
    std::uint32_t kv = 0;
};

/// Consecutive pairs, and the V rows they need.
struct tile_part {
    std::uint32_t first_pair = 0;
    std::uint32_t pairs = 0;
    std::uint32_t first_v_row = 0;
    std::uint32_t v_rows = 0;
};

/// Sorts the pairs by key, then KV head, then row, and lists the distinct V rows in that order. The tile is one part,
/// unless it has more than `prefetch_rows` V rows: then RARS would wait for a V row that cannot be reserved before
/// another one of the tile is released, so it goes on in parts of half of that, one being worked on while the next is
/// fetched.
void split_tile(std::vector<score_entry>& pairs, const block_info& block, unsigned prefetch_rows,
                std::vector<v_row_id>& v_rows, std::vector<tile_part>& parts);

}  // namespace pade
