#include "model/dispatch/row_blocks.h"

#include <algorithm>
#include <string>

#include "model/errors.h"

namespace pade {

namespace {

/// A block whose tiles are not each there once would wait for a key for ever, or compute one twice.
std::vector<std::uint32_t> ordered(const tile_order& order, std::uint32_t tiles) {
    std::vector<std::uint32_t> list = order(tiles);
    std::vector<bool> seen(tiles, false);
    for (const std::uint32_t tile : list) {
        if (tile >= tiles || seen[tile])
            throw internal_error("the tile order names tile " + std::to_string(tile) + " of " + std::to_string(tiles) +
                                 " tiles, which is not there or was named before");
        seen[tile] = true;
    }
    if (list.size() != tiles)
        throw internal_error("the tile order names " + std::to_string(list.size()) + " of " + std::to_string(tiles) +
                             " tiles");
    return list;
}

}  // namespace

row_blocks::row_blocks(std::shared_ptr<const job> work, const params& p, std::uint64_t first_id)
    : job_(std::move(work)),
      order_(make_tile_order(p.ista.enabled ? p.ista.order : ista_order::sequential)),
      packing_(p.rows.packing),
      rows_(p.rows.count),
      blocks_in_flight_(p.ista.enabled ? p.rows.blocks_in_flight : 1),
      tile_keys_(p.tile.keys),
      heads_of_kv_(job_->kv_heads.size()),
      next_id_(first_id) {
    for (std::uint32_t head = 0; head < job_->heads.size(); ++head)
        heads_of_kv_[job_->heads[head].kv].push_back(head);
}

block_ptr row_blocks::next() {
    const auto build = [this]() -> block_ptr {
        const auto members = job_->phase == job_phase::decode ? next_decode() : next_prefill();
        return members.empty() ? nullptr : make(members);
    };
    if (!begun_) {
        held_ = build();
        begun_ = true;
    }
    block_ptr current = held_;
    if (current) {
        held_ = build();
        if (!held_) {
            auto last = std::make_shared<block_info>(*current);
            last->last_of_job = true;
            current = last;
        }
    }
    return current;
}

/// For each KV head, for each `rows` queries, one block a head of its group.
std::vector<row_blocks::member> row_blocks::next_prefill() {
    std::vector<member> members;
    while (kv_ < heads_of_kv_.size() && heads_of_kv_[kv_].empty())
        ++kv_;
    if (kv_ == heads_of_kv_.size())
        return members;
    if (packing_ == rows_packing::heads)
        return next_prefill_of_heads();
    const auto& group = heads_of_kv_[kv_];
    const std::uint32_t end = std::min(query_ + rows_, job_->queries);
    for (std::uint32_t query = query_; query < end; ++query)
        members.push_back({group[in_group_], query});
    if (++in_group_ == group.size()) {
        in_group_ = 0;
        query_ = end;
        if (query_ == job_->queries) {
            query_ = 0;
            ++kv_;
        }
    }
    return members;
}

/// (query, head of the group) pairs of one KV head, query by query.
std::vector<row_blocks::member> row_blocks::next_prefill_of_heads() {
    std::vector<member> members;
    const auto& group = heads_of_kv_[kv_];
    while (members.size() < rows_ && query_ < job_->queries) {
        members.push_back({group[in_group_], query_});
        if (++in_group_ == group.size()) {
            in_group_ = 0;
            ++query_;
        }
    }
    if (query_ == job_->queries) {
        query_ = 0;
        ++kv_;
    }
    return members;
}

/// One step a query; its rows are the heads of a KV head, with whole groups of further KV heads where they fit.
std::vector<row_blocks::member> row_blocks::next_decode() {
    std::vector<member> members;
    if (query_ == job_->queries)
        return members;
    while (kv_ < heads_of_kv_.size()) {
        const auto& group = heads_of_kv_[kv_];
        const auto left = static_cast<std::uint32_t>(group.size()) - in_group_;
        const auto room = rows_ - static_cast<std::uint32_t>(members.size());
        if (left > room && !members.empty())
            return members;
        const std::uint32_t taken = std::min(left, room);
        for (std::uint32_t i = 0; i < taken; ++i)
            members.push_back({group[in_group_ + i], query_});
        in_group_ += taken;
        if (in_group_ < group.size())
            return members;
        in_group_ = 0;
        ++kv_;
    }
    kv_ = 0;
    ++query_;
    return members;
}

block_ptr row_blocks::make(const std::vector<member>& members) {
    auto block = std::make_shared<block_info>();
    block->id = next_id_++;
    block->slot = static_cast<std::uint32_t>(block->id % blocks_in_flight_);
    block->head_dim = job_->head_dim;
    block->row_bytes = job_->row_bytes();
    block->o_row_bytes = job_->o_row_bytes;
    block->tile_keys = tile_keys_;
    block->alpha = job_->alpha;
    block->radius = job_->radius;
    block->step = job_->phase == job_phase::decode ? members.front().query : 0;
    block->rows.resize(rows_);
    std::uint32_t newest = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const job_head& head = job_->heads[members[i].head];
        block_row& row = block->rows[i];
        row.valid = true;
        row.head = members[i].head;
        row.kv = head.kv;
        row.query = members[i].query;
        row.visible_keys = job_->visible_keys(row.query);
        row.logit_scale = head.logit_scale;
        row.v_scale = head.v_scale;
        row.q_address = head.q_address + std::uint64_t{row.query} * block->row_bytes;
        row.o_address = head.o_address + std::uint64_t{row.query} * block->o_row_bytes;
        row.v_address = job_->kv_heads[head.kv].v_address;
        newest = std::max(newest, row.visible_keys);
        block->kv_heads.push_back(head.kv);
    }
    std::sort(block->kv_heads.begin(), block->kv_heads.end());
    block->kv_heads.erase(std::unique(block->kv_heads.begin(), block->kv_heads.end()), block->kv_heads.end());
    block->tiles = ordered(*order_, (newest + tile_keys_ - 1) / tile_keys_);
    return block;
}

}  // namespace pade
