#include "model/dispatch/tile_tracker.h"

#include <algorithm>

#include "model/errors.h"

namespace pade {

std::uint64_t tile_tracker::add(const block_ptr& block) {
    const std::uint64_t first = first_ + tiles_.size();
    for (std::size_t i = 0; i < block->tiles.size(); ++i) {
        tile t;
        t.block = block;
        t.number = block->tiles[i];
        t.last_of_block = i + 1 == block->tiles.size();
        const std::uint32_t begin = t.number * block->tile_keys;
        for (const block_row& row : block->rows)
            if (row.valid && row.visible_keys > begin)
                t.pairs_left += std::min(row.visible_keys - begin, block->tile_keys);
        tiles_.push_back(std::move(t));
    }
    return first;
}

bool tile_tracker::open(std::uint64_t sequence) {
    if (sequence < next_open_)
        return true;
    const std::uint64_t wanted = sequence + 1 - next_open_;
    if (open_ + wanted > open_limit_)
        return false;
    for (; next_open_ <= sequence; ++next_open_) {
        at(next_open_).open = true;
        ++open_;
    }
    return true;
}

void tile_tracker::end_pair(std::uint64_t sequence, bool retained) {
    tile& t = at(sequence);
    if (t.pairs_left == 0)
        throw internal_error("tile_tracker: more pairs ended than the tile has");
    t.retained += retained ? 1 : 0;
    if (--t.pairs_left == 0)
        --open_;
}

void tile_tracker::pop_front() {
    tiles_.pop_front();
    ++first_;
}

bool tile_tracker::is_oldest_open(std::uint64_t sequence) const {
    std::uint64_t oldest = first_;
    while (oldest < sequence && at(oldest).pairs_left == 0)
        ++oldest;
    return oldest == sequence;
}

}  // namespace pade
