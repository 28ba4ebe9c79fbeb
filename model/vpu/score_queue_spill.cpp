// The score queue with ISTA off: when pairs come back from DRAM, and when a block's tiles may go on.
#include "model/vpu/score_queue.h"

namespace pade {

bool score_queue::move_spilled(cycle_t now) {
    score_spill::returned back;
    while (spilled_.take(now, back)) {
        for (slot_state& slot : slots_)  // one block is alive
            if (slot.block)
                slot.tiles[back.tile].pairs.push_back(back.pair);
        ++held_;
    }
    bool read_back = false;
    std::size_t oldest = 0;
    for (const slot_state& slot : slots_) {
        if (!slot.block)
            continue;
        // What the DRAM needs whole atoms for: the tiles that have got all their pairs.
        oldest = slot.next_tile;
        read_back = slot.closed_tiles == slot.block->tiles.size();
        std::size_t index = slot.next_tile;
        for (const closed_tile& tile : closed_) {
            read_back = read_back && slot.tiles[index].arrived == tile.retained;
            if (slot.tiles[index].arrived == tile.retained)
                spilled_.close(index);
            ++index;
        }
    }
    if (spilled_.atoms_waiting() != 0 && spill.size() == 0)
        throw internal_error(
            "score queue: ista.enabled is off, a block has more pairs than ista.score_bytes holds, and "
            "the socket spill is not bound");
    const std::size_t room = held_ < score_memory_ ? static_cast<std::size_t>(score_memory_ - held_) : 0;
    return spilled_.step(now, read_back, oldest, room);
}

bool score_queue::oldest_is_complete() const {
    if (closed_.empty())
        return false;
    const slot_state& slot = slots_[closed_.front().block->slot];
    if (params_.ista.enabled)
        return slot.tiles[slot.next_tile].arrived == closed_.front().retained;
    if (slot.closed_tiles != slot.block->tiles.size() || !spilled_.is_back(slot.next_tile))
        return false;
    std::size_t index = slot.next_tile;
    for (const closed_tile& tile : closed_)
        if (slot.tiles[index++].arrived != tile.retained)
            return false;
    return true;
}

// ISTA off: the block waits for its last decision, then for what was spilled.
std::string score_queue::waits_with_block() const {
    for (const slot_state& slot : slots_) {
        if (!slot.block)
            continue;
        std::uint64_t arrived = 0;
        for (std::size_t i = slot.next_tile; i < slot.block->tiles.size(); ++i)
            arrived += slot.tiles[i].arrived;
        return std::string(name()) + ", block " + std::to_string(slot.block->id) + ": " +
               std::to_string(slot.closed_tiles) + " of " + std::to_string(slot.block->tiles.size()) +
               " tiles are closed, " + std::to_string(slot.next_tile) + " have gone on; of " + std::to_string(arrived) +
               " pairs " + std::to_string(held_) + " are here, " + std::to_string(spilled_.pairs_waiting()) +
               " wait to be spilled, " + std::to_string(spilled_.pairs_away()) + " are in DRAM or on their way";
    }
    return {};
}

}  // namespace pade
