#include "model/vpu/tile_parts.h"

#include <algorithm>
#include <tuple>

namespace pade {

void split_tile(std::vector<score_entry>& pairs, const block_info& block, unsigned prefetch_rows,
                std::vector<v_row_id>& v_rows, std::vector<tile_part>& parts) {
    const auto kv_of = [&](const score_entry& e) { return block.rows[e.row].kv; };
    std::sort(pairs.begin(), pairs.end(), [&](const score_entry& a, const score_entry& b) {
        return std::make_tuple(a.key, kv_of(a), a.row) < std::make_tuple(b.key, kv_of(b), b.row);
    });
    const auto same_v_row = [&](const score_entry& a, const score_entry& b) {
        return a.key == b.key && kv_of(a) == kv_of(b);
    };
    v_rows.clear();
    parts.clear();
    for (std::size_t i = 0; i < pairs.size(); ++i)
        if (i == 0 || !same_v_row(pairs[i - 1], pairs[i]))
            v_rows.push_back({pairs[i].key, kv_of(pairs[i])});

    const std::size_t limit = v_rows.size() <= prefetch_rows ? v_rows.size() : std::max(1U, prefetch_rows / 2);
    parts.push_back({});
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const bool new_v_row = i == 0 || !same_v_row(pairs[i - 1], pairs[i]);
        if (new_v_row && parts.back().v_rows == limit)
            parts.push_back({static_cast<std::uint32_t>(i), 0, parts.back().first_v_row + parts.back().v_rows, 0});
        parts.back().v_rows += new_v_row ? 1 : 0;
        ++parts.back().pairs;
    }
}

}  // namespace pade
