#include "model/dispatch/test_ledger.h"

#include <algorithm>

namespace pade::dispatch_test {

ledger::ledger(const params& p, std::shared_ptr<const job> work)
    : params_(p),
      job_(std::move(work)),
      rows_(p.rows.count),
      blocks_in_flight_(p.ista.enabled ? p.rows.blocks_in_flight : 1),
      map_(p.dram),
      layout_(make_k_layout(p.layout, map_, {job_->keys, job_->head_dim, p.lane.key_bits})),
      lanes_(std::size_t{p.rows.count} * p.lane.count),
      live_(p.lane.count),
      expected_(p.lane.count),
      current_(p.lane.count),
      covered_(job_->heads.size(), std::vector<bool>(job_->queries)) {
    for (std::uint32_t kv = 0; kv < job_->kv_heads.size(); ++kv)
        for (std::uint32_t key = 0; key < job_->keys; ++key)
            for (unsigned plane = 0; plane < p.lane.key_bits; ++plane) {
                const k_place at = layout_->place(key, plane);
                const unsigned bit = layout_->by_value() ? layout_->bit_of(key, 0, plane).bit : no_bit;
                for (unsigned part = 0; part < layout_->plane_atoms(); ++part) {
                    const std::uint64_t atom = layout_->address(job_->kv_heads[kv].k_row, at.atom + part);
                    places_[read_key(atom + at.offset, bit)] = {kv, key, plane, part};
                    in_atom_[atom].push_back({kv, key, plane, part});
                }
            }
}

void ledger::problem(cycle_t now, const std::string& text) {
    if (problems_.size() < 10)
        problems_.push_back("edge " + std::to_string(now) + ": " + text);
}

std::uint64_t ledger::seen(const std::deque<cycle_t>& edges, cycle_t now) const {
    return static_cast<std::uint64_t>(
        std::count_if(edges.begin(), edges.end(), [now](cycle_t visible) { return visible <= now; }));
}

std::uint64_t ledger::tile_of(std::uint64_t block, std::uint32_t key) const {
    const block_state& b = blocks_.at(block);
    const auto it = std::find(b.info->tiles.begin(), b.info->tiles.end(), key / params_.tile.keys);
    return b.first_tile + static_cast<std::uint64_t>(it - b.info->tiles.begin());
}

/// Makes known to the dispatcher what is visible at `now`.
void ledger::settle(cycle_t now) {
    while (!levels_.empty() && levels_.front().visible <= now) {
        level_ = levels_.front();
        levels_.pop_front();
    }
    while (!decisions_.empty() && decisions_.front().visible <= now) {
        const decision d = decisions_.front();
        decisions_.pop_front();
        auto& live = live_[d.lane / rows_];
        const auto it = live.find(d.item.tag);
        const unsigned row = d.lane % rows_;
        const std::uint64_t block = it->second.block;
        const std::uint32_t key = it->second.key;
        pair_state& p = pair(block, row, key);
        if (d.item.decision == verdict::next_plane) {
            p.plane = static_cast<std::uint8_t>(d.item.plane + 1);
            p.most_asked = p.plane;
            p.asks = true;
            continue;
        }
        p.ended = true;
        ++pairs_ended;
        --lanes_[d.lane].entries;
        tile_state& t = tiles_[tile_of(block, key)];
        --t.left;
        t.retained += d.item.decision == verdict::retained ? 1 : 0;
        it->second.rows = static_cast<row_mask>(it->second.rows & ~(1u << row));
        if (it->second.rows == 0)
            live.erase(it);
    }
}

void ledger::fetch_queries(const block_ptr& block, cycle_t now) {
    settle(now);
    const bool decode = job_->phase == job_phase::decode;
    if (block->id != blocks_fetched_)
        problem(now, "queries of block " + std::to_string(block->id) + " were fetched out of order");
    if (decode && block->step != step_) {
        if (block->step != step_ + 1)
            problem(now, "a decode step was left out");
        if (seen(written_, now) != blocks_fetched_)
            problem(now, "a decode step began before the O of the step before was written");
        step_ = block->step;
        flush_due_ = !params_.decode.keep_kv;
    }
    ++blocks_fetched_;
    if (blocks_fetched_ - blocks_loaded_ > params_.buffer.q_prefetch_blocks)
        problem(now, "more blocks prefetched than allowed");
    if (block->slot != block->id % blocks_in_flight_)
        problem(now, "wrong slot");
    for (const block_row& row : block->rows) {
        if (!row.valid)
            continue;
        if (covered_[row.head][row.query])
            problem(now, "a query came twice");
        covered_[row.head][row.query] = true;
        if (decode && row.query != block->step)
            problem(now, "queries of two steps in one block");
        if (row.visible_keys != job_->visible_keys(row.query) || row.kv != job_->heads[row.head].kv)
            problem(now, "a row with wrong keys");
    }
    query_command command;
    command.block = block;
    commands.emplace_back(now, command);
}

void ledger::load_queries(const block_ptr& block, cycle_t now) {
    settle(now);
    if (block->id != blocks_loaded_ || block->id >= blocks_fetched_)
        problem(now, "block " + std::to_string(block->id) + " was loaded out of order");
    if (!loaded_.empty() && loaded_.back().visible > now)
        problem(now, "a block was loaded while another one was being loaded");
    if (block->id >= seen(left_, now) + blocks_in_flight_)
        problem(now, "block " + std::to_string(block->id) + " was loaded while its slot was in use");
    ++blocks_loaded_;
    block_state b;
    b.info = block;
    b.first_tile = tiles_.size();
    b.pairs.resize(std::size_t{rows_} * job_->keys);
    for (const std::uint32_t number : block->tiles) {
        tile_state t;
        for (std::uint32_t key = number * params_.tile.keys; key < (number + 1) * params_.tile.keys; ++key)
            for (const block_row& row : block->rows)
                t.left += row.valid && key < row.visible_keys ? 1 : 0;
        tiles_.push_back(t);
    }
    blocks_[block->id] = std::move(b);
    query_command command;
    command.what = query_command::kind::load;
    command.block = block;
    commands.emplace_back(now, command);
}

void ledger::fetch(const fetch_item& item, cycle_t now) {
    settle(now);
    fetches_of_edge_ = fetch_edge_ == now ? fetches_of_edge_ + 1 : 1;
    fetch_edge_ = now;
    if (fetches_of_edge_ > params_.dispatch.fetches_per_cycle)
        problem(now, "more fetch items in a cycle than dispatch.fetches_per_cycle");
    if (item.what == fetch_item::kind::flush) {
        ++flushes;
        if (!flush_due_)
            problem(now, "a flush that is not due");
        flush_due_ = false;
        for (const auto& [address, atom] : atoms_)
            if (atom.wanted)
                problem(now, "flush while atom " + std::to_string(address) + " is pinned");
        return;
    }
    const auto keys = in_atom_.find(item.address);
    if (keys == in_atom_.end() || item.of != fetch_item::tensor::k || item.atoms != 1) {
        problem(now, "a fetch item for what is no atom of K");
        return;
    }
    const place& first = keys->second.front();
    const std::uint32_t number = layout_->place(first.key, first.plane).atom + first.part;
    if (item.kv != first.kv || item.bank != layout_->buffer_bank(number) || item.useful[0] != layout_->useful(number))
        problem(now, "KV head, bank or mask of a fetch item do not fit its address");
    atom_state& atom = atoms_[item.address];
    if (item.what == fetch_item::kind::release) {
        ++releases;
        if (!atom.wanted || atom.arrived_at > now)
            problem(now, "atom " + std::to_string(item.address) + " was released, but it is not there");
        atom = {};
        return;
    }
    if (flush_due_)
        problem(now, "a fetch of a decode step came before its flush");
    if (atom.wanted)
        problem(now, "atom " + std::to_string(item.address) + " was fetched though it is in flight or pinned");
    atom.wanted = true;
    fetches.push_back(item);
    fetched_at.push_back(now);
    const bool single = params_.dispatch.order == dispatch_order::in_order_single;
    const unsigned unconditional = layout_->by_value() ? params_.lane.key_bits
                                   : single            ? 1
                                                       : params_.dispatch.unconditional_planes;
    bool needed = false;
    for (const place& k : keys->second)
        for (const auto& [id, b] : blocks_)
            for (unsigned row = 0; row < rows_; ++row) {
                const pair_state& p = b.pairs[std::size_t{row} * job_->keys + k.key];
                needed = needed || (p.admitted && b.info->rows[row].kv == k.kv &&
                                    (k.plane < unconditional || k.plane <= p.most_asked));
            }
    if (!needed)
        problem(now, "atom " + std::to_string(item.address) + ", plane " + std::to_string(first.plane) +
                         ", was fetched though nobody asked for it");
}

void ledger::admit(unsigned lane, const plane_item& item, cycle_t now) {
    settle(now);
    const unsigned column = lane / rows_;
    const unsigned row = lane % rows_;
    const std::uint64_t id = item.block;  // tests run fewer than 2^32 blocks
    const std::string who =
        "key " + std::to_string(item.key) + ", row " + std::to_string(row) + ", block " + std::to_string(id);
    const auto is_loaded = [&](const loaded_item& l) { return l.block == id && l.visible <= now; };
    if (std::none_of(loaded_.begin(), loaded_.end(), is_loaded)) {
        problem(now, who + " was admitted before its block was loaded");
        return;
    }
    block_state& b = blocks_.at(id);
    const block_row& r = b.info->rows[row];
    if (!r.valid || item.key >= r.visible_keys || item.key % params_.lane.count != column ||
        item.slot != b.info->slot) {
        problem(now, who + " was admitted, but is masked, or in the wrong column or slot");
        return;
    }
    pair_state& p = pair(id, row, item.key);
    if (p.admitted)
        problem(now, who + " was admitted twice");
    p.admitted = true;
    p.asks = true;
    p.tag = item.tag;
    lane_state& l = lanes_[lane];
    most_entries = std::max(most_entries, ++l.entries);
    if (l.entries > params_.lane.scoreboard_entries)
        problem(now, who + " found no free entry");

    auto [it, fresh] = live_[column].try_emplace(item.tag, live_key{id, item.key, r.kv, 0});
    live_key& k = it->second;
    const bool by_lane = params_.dispatch.admission == dispatch_admission::per_lane;
    if (!fresh && (k.block != id || k.key != item.key || k.kv != r.kv || (!by_lane && admissions.back().at != now)))
        problem(now, who + " shares its tag with another key, or was not admitted for all rows at once");
    if (fresh || by_lane) {
        const auto same = [&](const admission& a) { return a.block == id && a.key == item.key && a.kv == r.kv; };
        if (!by_lane || std::none_of(admissions.rbegin(), admissions.rend(), same))
            admissions.push_back({now, column, id, item.key, r.kv, 0, false});
        const std::uint64_t tile = tile_of(id, item.key);
        const bool opens = !any_tile_ || tile > highest_tile_;
        if (opens)
            highest_tile_ = tile;
        any_tile_ = true;
        unsigned open = 0;
        std::uint64_t oldest = tiles_.size();
        for (std::uint64_t s = 0; s <= highest_tile_; ++s) {
            open += tiles_[s].left != 0 ? 1 : 0;
            if (tiles_[s].left != 0 && oldest == tiles_.size())
                oldest = s;
        }
        most_open = std::max(most_open, open);
        if (open > params_.dispatch.open_tiles)
            problem(now, who + " opened tile number " + std::to_string(open));
        if (level_.above && (level_.closed_waits || opens || tile != oldest))
            problem(now, who + " was admitted above the high water mark, not of the oldest open tile");
    }
    k.rows = static_cast<row_mask>(k.rows | 1u << row);
    row_admissions.push_back({now, column, id, item.key, r.kv, static_cast<row_mask>(1u << row), item.more});
    for (admission& a : admissions)
        if (a.column == column && (by_lane ? a.block == id && a.key == item.key && a.kv == r.kv : a.at == now))
            a.rows = static_cast<row_mask>(a.rows | 1u << row);
}

void ledger::read(unsigned column, std::uint64_t address, unsigned bytes, unsigned bit, cycle_t now) {
    settle(now);
    ++reads;
    const auto at = places_.find(read_key(address, bit));
    if (at == places_.end() || bytes != layout_->plane_bytes()) {
        problem(now, "a read of what is no plane");
        return;
    }
    const atom_state& atom = atoms_[address / 32 * 32];
    if (!atom.wanted || atom.arrived_at > now)
        problem(now, "a read of an atom that is not pinned and there");
    const bool begun = !expected_[column].empty() && expected_[column].back().parts_read != layout_->plane_atoms();
    if (begun != (at->second.part != 0))
        problem(now, "a plane was not read to its end");
    if (begun) {
        expected_delivery& e = expected_[column].back();
        if (e.key != at->second.key || e.plane != at->second.plane || e.parts_read++ != at->second.part)
            problem(now, "a read of what is not the next part of the plane");
        return;
    }
    expected_delivery e;
    e.key = at->second.key;
    e.plane = at->second.plane;
    e.read_at = now;
    for (const auto& [tag, k] : live_[column]) {
        if (k.key != e.key || k.kv != at->second.kv)
            continue;
        row_mask rows = 0;
        for (unsigned row = 0; row < rows_; ++row) {
            const pair_state& p = pair(k.block, row, k.key);
            if ((k.rows >> row & 1) != 0 && p.asks && p.plane == e.plane)
                rows = static_cast<row_mask>(rows | 1u << row);
        }
        if (rows != 0)
            e.asking.emplace_back(k.block, rows);
    }
    if (e.asking.empty())
        problem(now,
                "plane " + std::to_string(e.plane) + " of key " + std::to_string(e.key) + " was read, but no row asks");
    expected_[column].push_back(e);
}

void ledger::answered(unsigned column, cycle_t now) {
    for (expected_delivery& e : expected_[column])
        if (e.answered_at == 0) {
            if (++e.parts_answered == layout_->plane_atoms())
                e.answered_at = now;
            return;
        }
}

void ledger::deliver(unsigned lane, const plane_item& item, cycle_t now) {
    settle(now);
    const unsigned column = lane / rows_;
    const unsigned row = lane % rows_;
    const std::string who = "plane " + std::to_string(item.plane) + " of key " + std::to_string(item.key) +
                            " for row " + std::to_string(row);
    if (++lanes_[lane].fifo > params_.lane.fifo_planes)
        problem(now, who + " found no place in the FIFO");
    delivery& current = current_[column];
    if (current.at != now || current.rows == 0) {
        if (current.rows != 0)
            problem(now, "a delivery did not reach all rows that asked");
        if (expected_[column].empty()) {
            problem(now, who + " was delivered, but not read");
            return;
        }
        const expected_delivery e = expected_[column].front();
        expected_[column].pop_front();
        // A link: what was answered at edge n is used at n + 1.
        if (e.answered_at == 0 || e.answered_at + 1 != now)
            problem(now, who + " was delivered, but answered at edge " + std::to_string(e.answered_at));
        if (e.key != item.key || e.plane != item.plane)
            problem(now, who + " was delivered, but plane " + std::to_string(e.plane) + " of key " +
                             std::to_string(e.key) + " was read");
        // The rows that asked when it was read, but for those that an earlier read has served since.
        row_mask rows = 0;
        for (const auto& [block, asking] : e.asking)
            for (unsigned r = 0; r < rows_ && block == item.block; ++r)
                if ((asking >> r & 1) != 0 && pair(block, r, e.key).asks && pair(block, r, e.key).plane == e.plane)
                    rows = static_cast<row_mask>(rows | 1u << r);
        current = {now, column, e.key, e.plane, rows};
        deliveries.push_back(current);
    }
    if ((current.rows >> row & 1) == 0 || current.key != item.key || current.plane != item.plane)
        problem(now, who + " was delivered, but the row does not ask");
    current.rows = static_cast<row_mask>(current.rows & ~(1u << row));
    pair_state& p = pair(item.block, row, item.key);
    if (!p.admitted || p.ended || p.plane != item.plane || p.tag != item.tag)
        problem(now, who + " is not the next one of a live entry");
    p.asks = false;
    const unsigned passes = (job_->head_dim + lane_dims - 1) / lane_dims;
    if (item.words != passes)
        problem(now, who + " has a wrong number of words");
    const std::uint32_t kv = blocks_.at(item.block).info->rows[row].kv;
    for (unsigned dim = 0; dim < 8 * layout_->plane_bytes() * layout_->plane_atoms(); ++dim) {
        const k_bit at = layout_->bit_of(item.key, dim, item.plane);
        const std::uint64_t address = layout_->address(job_->kv_heads[kv].k_row, at.atom) + at.offset;
        if ((item.bits[dim / 64] >> dim % 64 & 1) != (byte_at(address) >> at.bit & 1u)) {
            problem(now, who + " has other bits than the KV buffer served");
            break;
        }
    }
}

void ledger::decided(unsigned lane, const verdict_item& item, cycle_t visible) {
    decisions_.push_back({visible, lane, item});
}

void ledger::tile(const tile_item& item, cycle_t now) {
    settle(now);
    tiles.emplace_back(now, item);
    const auto it = blocks_.find(item.block->id);
    if (it == blocks_.end()) {
        problem(now, "a tile of a block that is not loaded");
        return;
    }
    block_state& b = it->second;
    if (item.what == tile_item::kind::block_begin) {
        if (b.begun || (item.block->id != 0 && !blocks_.at(item.block->id - 1).begun))
            problem(now, "blocks began out of order");
        b.begun = true;
        return;
    }
    if (item.block->id != 0) {
        const block_state& before = blocks_.at(item.block->id - 1);
        if (before.closed != before.info->tiles.size())
            problem(now, "a tile closed before the last one of the block before");
    }
    if (!b.begun || b.closed == b.info->tiles.size() || b.info->tiles[b.closed] != item.tile) {
        problem(now, "tile " + std::to_string(item.tile) + " closed out of order");
        return;
    }
    const tile_state& t = tiles_[b.first_tile + b.closed];
    if (t.left != 0 || t.retained != item.retained)
        problem(now, "tile " + std::to_string(item.tile) + " closed with " + std::to_string(t.left) + " pairs left, " +
                         std::to_string(item.retained) + " retained instead of " + std::to_string(t.retained));
    ++b.closed;
    if (item.last_of_block != (b.closed == b.info->tiles.size()))
        problem(now, "last_of_block is wrong");
}

void ledger::finished(const job_item& item, cycle_t now) {
    settle(now);
    if (finished_at != 0 || item.work != job_)
        problem(now, "finished twice, or with another job");
    finished_at = now;
    if (seen(written_, now) != blocks_fetched_)
        problem(now, "finished before all O was written");
}

void ledger::restart() {
    ++jobs_;
    finished_at = 0;
    step_ = 0;
    flush_due_ = true;
    for (auto& head : covered_)
        head.assign(job_->queries, false);
}

void ledger::check_end() {
    const cycle_t now = finished_at;
    settle(~cycle_t{0});
    if (finished_at == 0)
        problem(now, "the job never finished");
    for (const auto& head : covered_)
        if (std::count(head.begin(), head.end(), true) != static_cast<std::ptrdiff_t>(job_->queries))
            problem(now, "queries of a head are missing");
    std::uint64_t pairs = 0;
    for (std::uint32_t query = 0; query < job_->queries; ++query)
        pairs += job_->visible_keys(query) * job_->heads.size() * jobs_;
    if (pairs_ended != pairs)
        problem(now, std::to_string(pairs_ended) + " pairs ended instead of " + std::to_string(pairs));
    for (const auto& [id, b] : blocks_)
        if (b.closed != b.info->tiles.size())
            problem(now, "block " + std::to_string(id) + " has tiles that never closed");
    for (const auto& [address, atom] : atoms_)
        if (atom.wanted)
            problem(now, "atom " + std::to_string(address) + " was never released");
    if (releases != fetches.size())
        problem(now, std::to_string(fetches.size()) + " fetches, " + std::to_string(releases) + " releases");
    for (unsigned c = 0; c < expected_.size(); ++c)
        if (!expected_[c].empty() || current_[c].rows != 0 || !live_[c].empty())
            problem(now, "column " + std::to_string(c) + " has planes that were not delivered, or keys that live");
    for (const lane_state& lane : lanes_)
        if (lane.entries != 0 || lane.fifo != 0)
            problem(now, "a lane is not empty");
}

}  // namespace pade::dispatch_test
