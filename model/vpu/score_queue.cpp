#include "model/vpu/score_queue.h"

#include <algorithm>

namespace pade {

namespace {
// The high water mark, a pair for each scoreboard entry, the oldest open tile, and what is admitted or decided while
// the word of the level and of closed tiles is under way (pade.md section 4, item 8). With ISTA off the score memory
// besides, and in each open tile the beginning of an atom to be spilled.
std::uint64_t pairs_at_most(const params& p) {
    const std::uint64_t lanes = std::uint64_t{p.rows.count} * p.lane.count;
    const std::uint64_t way = p.link.latency + most_stall(p.stall);
    const std::uint64_t passing = p.vpu.score_queue_high + lanes * p.lane.scoreboard_entries +
                                  std::uint64_t{p.rows.count} * p.tile.keys +
                                  lanes * (2 * way + p.lane.verdict_latency + 3);
    if (p.ista.enabled)
        return passing;
    return passing + p.ista.score_bytes / score_spill::pair_bytes +
           std::uint64_t{p.dispatch.open_tiles} * (score_spill::pairs_per_atom - 1);
}
}  // namespace

score_queue::score_queue(sc_core::sc_module_name name, const params& p)
    : clocked_module(name),
      scores("scores", std::size_t{p.rows.count} * p.lane.count),
      thresholds("thresholds", p.rows.count),
      params_(p),
      score_memory_(p.ista.score_bytes / score_spill::pair_bytes),
      capacity_(pairs_at_most(p)),
      score_fifos_(std::size_t{p.rows.count} * p.lane.count),
      waiting_lanes_((score_fifos_.size() + 63) / 64),
      threshold_fifos_(p.rows.count),
      pair_credits_(pair_fifo_places(p.softmax.exps_per_cycle, p.link.latency)),
      fetch_credits_(p.vpu.prefetch_rows),
      slots_(p.rows.blocks_in_flight),
      spilled_(spill_port_, p.ista.spill_in_flight) {
    for (unsigned i = 0; i < scores.size(); ++i)
        scores[i].on_item<score_queue, &score_queue::on_score>(this, i);
    for (unsigned r = 0; r < thresholds.size(); ++r)
        thresholds[r].on_item<score_queue, &score_queue::on_threshold>(this, r);
    tiles.on_item<score_queue, &score_queue::on_tile>(this);
    v_fetch.on_credit(this, &score_queue::on_fetch_credit);
    out.on_credit(this, &score_queue::on_pair_credit);
    spill_port_.bind(spill, this, 0, &score_queue::on_memory);
}

void score_queue::end_of_elaboration() {
    clocked_module::end_of_elaboration();
    spill_port_.set_clock(clk.operator->());
}

void score_queue::on_score(unsigned lane, score_item& item) {
    score_fifos_[lane].push(item, item.visible);
    waiting_lanes_[lane / 64] |= std::uint64_t{1} << lane % 64;
    wake_at(item.visible);
}

void score_queue::on_tile(unsigned, tile_item& item) {
    tile_fifo_.push(item, item.visible);
    wake_at(item.visible);
}

// A threshold only matters to a re-check: it wakes nobody.
void score_queue::on_threshold(unsigned row, threshold_item& item) {
    ++counters_.threshold_items_in;  // here, since the last ones may still be on their way at the end
    threshold_fifos_[row].push(item, item.visible);
}

void score_queue::on_pair_credit(unsigned, cycle_t now) {
    pair_credits_.give(now);
    wake();
}

void score_queue::on_fetch_credit(unsigned, cycle_t now) {
    fetch_credits_.give(now);
    wake();
}

void score_queue::on_memory(void* self, unsigned, std::uint32_t tag, tlm::tlm_generic_payload* payload) {
    auto& queue = *static_cast<score_queue*>(self);
    queue.wake();
    if (payload != nullptr)
        queue.spilled_.on_answer(tag, *payload, queue.now());
}

void score_queue::take_thresholds(cycle_t now) {
    for (unsigned r = 0; r < threshold_fifos_.size(); ++r) {
        for (auto& fifo = threshold_fifos_[r]; fifo.ready(now); fifo.pop()) {
            const threshold_item& item = fifo.front();
            slot_state& slot = slots_.at(item.slot);
            if (slot.block && static_cast<std::uint32_t>(slot.block->id) == item.block) {
                if (!item.valid)
                    slot.threshold[r] = {};
                else
                    slot.threshold[r].raise(item.value, 0);
            }
            thresholds[r].give_credit(now);
        }
    }
}

void score_queue::begin_block(const block_ptr& block) {
    slot_state& slot = slots_.at(block->slot);
    if (slot.block)
        throw internal_error("score queue: block " + std::to_string(block->id) + " begins before block " +
                             std::to_string(slot.block->id) + " has left its slot");
    slot.block = block;
    slot.place.clear();
    for (std::size_t i = 0; i < block->tiles.size(); ++i) {
        if (block->tiles[i] >= slot.place.size())
            slot.place.resize(block->tiles[i] + std::size_t{1});
        slot.place[block->tiles[i]] = static_cast<std::uint32_t>(i);
    }
    // Vectors of earlier blocks keep their memory.
    if (slot.tiles.size() < block->tiles.size())
        slot.tiles.resize(block->tiles.size());
    for (collected_tile& tile : slot.tiles) {
        tile.pairs.clear();
        tile.arrived = 0;
    }
    slot.next_tile = 0;
    slot.closed_tiles = 0;
    slot.row_mask = 0;
    slot.threshold = {};
    if (!params_.ista.enabled)
        spilled_.begin_block(block->tiles.size());
}

void score_queue::take_tiles(cycle_t now) {
    for (; tile_fifo_.ready(now); tile_fifo_.pop()) {
        const tile_item& item = tile_fifo_.front();
        if (item.what == tile_item::kind::block_begin) {
            begin_block(item.block);
        } else {
            slot_state& slot = slots_.at(item.block->slot);
            const std::size_t index = slot.closed_tiles++;
            if (slot.block != item.block || index >= item.block->tiles.size() ||
                item.block->tiles[index] != item.tile || item.last_of_block != (index + 1 == item.block->tiles.size()))
                throw internal_error("score queue: tile " + std::to_string(item.tile) + " of block " +
                                     std::to_string(item.block->id) + " closed out of order");
            closed_.push_back({item.block, item.retained});
        }
        tiles.give_credit(now);
        ++counters_.tile_items_in;
    }
}

void score_queue::store(slot_state& slot, const score_item& item) {
    const std::uint32_t number = item.key / slot.block->tile_keys;
    if (number >= slot.place.size() || item.row >= slot.block->rows.size())
        throw internal_error("score queue: key " + std::to_string(item.key) + " is in no tile of block " +
                             std::to_string(slot.block->id));
    const std::size_t place = slot.place[number];
    collected_tile& tile = slot.tiles[place];
    const score_entry pair{item.key, item.score, item.row};
    if (params_.ista.enabled || held_ < score_memory_) {
        tile.pairs.push_back(pair);
        ++held_;
    } else {
        spilled_.add(place, pair);
    }
    ++tile.arrived;
    const std::uint32_t bit = std::uint32_t{1} << item.row;
    if ((slot.row_mask & bit) == 0 || item.score > slot.row_max[item.row])
        slot.row_max[item.row] = item.score;
    slot.row_mask |= bit;
    ++counters_.pairs_in;
}

void score_queue::take_scores(cycle_t now) {
    for (std::size_t word = 0; word < waiting_lanes_.size(); ++word) {
        for (std::uint64_t lanes = waiting_lanes_[word]; lanes != 0; lanes &= lanes - 1) {
            const unsigned bit = static_cast<unsigned>(__builtin_ctzll(lanes));
            const std::size_t lane = word * 64 + bit;
            auto& fifo = score_fifos_[lane];
            for (; fifo.ready(now); fifo.pop()) {
                // Its block may still be on its way here, on a slower link.
                slot_state& slot = slots_.at(fifo.front().slot);
                if (!slot.block)
                    break;
                store(slot, fifo.front());
                scores[lane].give_credit(now);
            }
            if (fifo.empty())
                waiting_lanes_[word] &= ~(std::uint64_t{1} << bit);
        }
    }
    const std::uint64_t here = held_ + spilled_.pairs_waiting();
    counters_.peak_pairs = std::max(counters_.peak_pairs, here);
    if (here > capacity_)
        throw internal_error("score queue: " + std::to_string(here) + " pairs, more than the " +
                             std::to_string(capacity_) + " that the dispatcher may let come");
}

// As many V rows a cycle as a round reads, so that the shortest rounds can be fed.
bool score_queue::fetch(cycle_t now) {
    if (going_.empty())
        return false;
    going_tile& tile = *going_.back();
    const block_info& block = *tile.block;
    v_reserved_item note;
    while (tile.fetched < tile.v_rows.size() && note.v_rows < params_.vpu.v_rows_per_round &&
           fetch_credits_.available(now) != 0) {
        const v_row_id& row = tile.v_rows[tile.fetched++];
        fetch_item item;
        item.what = fetch_item::kind::fetch;
        item.of = fetch_item::tensor::v;
        item.atoms = static_cast<std::uint8_t>(block.row_bytes / 32);
        item.kv = row.kv;
        for (const block_row& r : block.rows)
            if (r.valid && r.kv == row.kv)
                item.address = r.v_address + std::uint64_t{row.key} * block.row_bytes;
        item.bank = static_cast<std::uint32_t>(item.address / 32);
        for (unsigned a = 0; a < item.atoms; ++a) {
            const unsigned bytes = std::min(32U, block.head_dim - std::min(block.head_dim, a * 32));
            item.useful[a] = bytes == 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << bytes) - 1;
        }
        fetch_credits_.take(now);
        v_fetch.send(item, now + params_.link.latency);
        ++counters_.fetch_items_out;
        ++count_of(counters_.v_rows_fetched, row.kv);
        ++note.v_rows;
    }
    if (note.v_rows == 0)
        return false;
    // Never earlier than the KV buffer sees the fetch, so that no read overtakes it.
    reserved.send(note, now + params_.link.latency);
    ++counters_.reserved_items_out;
    return true;
}

bool score_queue::pass_on(cycle_t now) {
    unsigned budget = params_.softmax.exps_per_cycle;
    bool sent = false;
    while (!going_.empty()) {
        going_tile& tile = *going_.front();
        if (tile.part == tile.parts.size()) {
            if (tile.fetched < tile.v_rows.size())
                break;
            tile.block.reset();
            spare_.push_back(std::move(going_.front()));
            going_.pop_front();
            continue;
        }
        if (pair_credits_.available(now) == 0 || (tile.head_sent && budget == 0))
            break;
        pair_item item;
        if (!tile.head_sent) {
            item.head = tile.heads[tile.part];
            tile.head_sent = true;
            ++counters_.tile_parts;
        } else {
            const score_entry& pair = tile.pairs[tile.sent++];
            item.key = pair.key;
            item.score = pair.score;
            item.row = pair.row;
            if (trace_)
                trace_->pair_goes_on(params_.softmax.exps_per_cycle - budget, tile.block->rows[pair.row], pair.key,
                                     pair.score);
            --budget;
            --held_;
            ++counters_.pairs_out;
        }
        pair_credits_.take(now);
        out.send(item, now + params_.link.latency);
        ++counters_.pair_items_out;
        sent = true;
        const tile_part& part = tile.parts[tile.part];
        if (tile.sent == part.first_pair + part.pairs) {
            tile.head_sent = false;
            ++tile.part;
        }
    }
    return sent;
}

void score_queue::report_level(cycle_t now) {
    // With ISTA off what has to be spilled leaves without any tile's help: the oldest open tile may wait too.
    const std::uint64_t waiting =
        params_.ista.enabled ? held_ : spilled_.atoms_waiting() * std::uint64_t{score_spill::pairs_per_atom};
    level_item item;
    item.above = waiting > params_.vpu.score_queue_high;
    item.closed_waits = item.above && (!params_.ista.enabled || !closed_.empty() || !going_.empty());
    if (item.above == level_sent_.above && item.closed_waits == level_sent_.closed_waits)
        return;
    level_sent_ = item;
    level.send(item, now + params_.link.latency);
    ++counters_.level_items_out;
}

void score_queue::account(cycle_t now, bool worked) {
    bool under_way = !going_.empty();
    for (const slot_state& slot : slots_)
        under_way = under_way || slot.block != nullptr;
    vpu_class rest = under_way ? vpu_class::wait_input : vpu_class::idle;
    if (!going_.empty() && going_.front()->part < going_.front()->parts.size())
        rest = vpu_class::stall_downstream;
    else if (fetch_credits_.available(now) == 0 && (!going_.empty() || oldest_is_complete()))
        rest = vpu_class::wait_v;
    account_.step(now, worked ? vpu_class::busy : rest, rest);
}

void score_queue::step(cycle_t now) {
    take_thresholds(now);
    take_tiles(now);
    take_scores(now);
    bool worked = !params_.ista.enabled && move_spilled(now);
    worked = go_on(now) || worked;
    worked = fetch(now) || worked;
    worked = pass_on(now) || worked;
    report_level(now);
    account(now, worked);
    if (trace_)
        trace_->held.set(held_);
    // What did not move waits for a credit, an item or an answer, and each of them wakes us.
    if (worked)
        wake();
}

void score_queue::register_trace(const trace_scope& scope) {
    trace_ = std::make_unique<score_queue_trace>(scope, params_.softmax.exps_per_cycle);
    account_.trace(scope.signal("class", 3));
}

void score_queue::finish(cycle_t end) {
    account_.finish(end);
    counters_.spilled_pairs = spilled_.pairs();
    counters_.spilled_pairs_back = spilled_.pairs_back();
    counters_.spill_requests = spilled_.requests();
    counters_.spill_bytes_written = spilled_.bytes_written();
    counters_.spill_bytes_read = spilled_.bytes_read();
    counters_.spill_bytes_padding = spilled_.bytes_padding();
}

std::string score_queue::waits_for() const {
    const std::string who = name();
    if (!going_.empty()) {
        const going_tile& tile = *going_.front();
        const std::string which =
            "tile " + std::to_string(tile.heads.front()->tile) + " of block " + std::to_string(tile.block->id);
        if (tile.fetched < tile.v_rows.size())
            return who + ", " + which + ": waits for V rows to be released, " + std::to_string(tile.fetched) + " of " +
                   std::to_string(tile.v_rows.size()) + " are reserved";
        return who + ", " + which + ": waits for the softmax unit";
    }
    if (!params_.ista.enabled)
        return waits_with_block();
    if (!closed_.empty()) {
        const slot_state& slot = slots_[closed_.front().block->slot];
        return who + ": closed tile " + std::to_string(slot.block->tiles[slot.next_tile]) + " of block " +
               std::to_string(slot.block->id) + " has " + std::to_string(slot.tiles[slot.next_tile].arrived) + " of " +
               std::to_string(closed_.front().retained) + " pairs";
    }
    return held_ != 0 ? who + ": holds " + std::to_string(held_) + " pairs of open tiles" : std::string{};
}

}  // namespace pade
