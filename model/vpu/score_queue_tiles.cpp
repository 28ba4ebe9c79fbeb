// Tiles that go on: re-check, and what the softmax unit and RARS are told of them.
#include <algorithm>

#include "model/vpu/score_queue.h"

namespace pade {

// The re-check happens as late as the prefetch allows: T has risen as far as possible.
bool score_queue::go_on(cycle_t now) {
    if (!going_.empty() && going_.back()->fetched < going_.back()->v_rows.size())
        return false;
    if (!oldest_is_complete() || (closed_.front().retained != 0 && fetch_credits_.available(now) == 0))
        return false;
    slot_state& slot = slots_[closed_.front().block->slot];
    collected_tile& from = slot.tiles[slot.next_tile];
    if (from.arrived != closed_.front().retained)
        throw internal_error("score queue: more pairs came than the tile retained");
    if (spare_.empty())
        spare_.push_back(std::make_unique<going_tile>());
    std::unique_ptr<going_tile> tile = std::move(spare_.back());
    spare_.pop_back();
    tile->block = slot.block;
    recheck(slot, from, *tile);
    const bool last = slot.next_tile + 1 == slot.block->tiles.size();
    make_heads(slot, *tile, slot.block->tiles[slot.next_tile], last);
    ++counters_.tiles;
    closed_.pop_front();
    ++slot.next_tile;
    if (last)
        slot.block.reset();
    if (tile->heads.empty())
        spare_.push_back(std::move(tile));
    else
        going_.push_back(std::move(tile));
    return true;
}

void score_queue::recheck(slot_state& slot, collected_tile& from, going_tile& to) {
    to.pairs.clear();
    std::sort(from.pairs.begin(), from.pairs.end(), [](const score_entry& a, const score_entry& b) {
        return a.key != b.key ? a.key < b.key : a.row < b.row;
    });
    pair_event event;
    event.block = slot.block;
    for (const score_entry& pair : from.pairs) {
        event.row = pair.row;
        event.key = pair.key;
        event.score = pair.score;
        const std::uint32_t head = slot.block->rows[pair.row].head;
        const bool keeps =
            !params_.guard.enabled || !params_.guard.recheck || slot.threshold[pair.row].keeps(pair.score);
        if (trace_)
            trace_->rechecked(*slot.block, pair.row, pair.key, pair.score, slot.threshold[pair.row], keeps);
        if (!keeps) {
            --held_;
            ++count_of(counters_.recheck_pruned, head);
            pruned_pairs.write(event);
        } else {
            to.pairs.push_back(pair);
            ++count_of(counters_.retained, head);
            retained_pairs.write(event);
        }
    }
    from.pairs.clear();
    if (trace_)
        trace_->recheck_done();
}

void score_queue::make_heads(slot_state& slot, going_tile& tile, std::uint32_t number, bool last) {
    tile.heads.clear();
    tile.fetched = 0;
    tile.part = 0;
    tile.head_sent = false;
    tile.sent = 0;
    split_tile(tile.pairs, *slot.block, params_.vpu.prefetch_rows, tile.v_rows, tile.parts);
    if (tile.pairs.empty() && !last)
        return;
    tile_head head;
    head.block = slot.block;
    head.tile = number;
    if (params_.ista.enabled) {
        for (const score_entry& pair : tile.pairs) {
            const std::uint32_t bit = std::uint32_t{1} << pair.row;
            if ((head.row_mask & bit) == 0 || pair.score > head.row_max[pair.row])
                head.row_max[pair.row] = pair.score;
            head.row_mask |= bit;
        }
    } else {
        head.row_max = slot.row_max;
        head.row_mask = slot.row_mask;
    }
    for (std::size_t i = 0; i < tile.parts.size(); ++i) {
        head.pairs = tile.parts[i].pairs;
        head.v_rows = tile.parts[i].v_rows;
        head.last_of_block = last && i + 1 == tile.parts.size();
        tile.heads.push_back(std::make_shared<const tile_head>(head));
    }
}

}  // namespace pade
