#include "model/vpu/rars.h"

namespace pade {

static_assert(rars_tiles == 2, "tiles_ is built for two buffers");

rars::rars(sc_core::sc_module_name name, const vpu_params& vpu, const rars_params& params, const link_params& link)
    : clocked_module(name),
      link_(link),
      round_credits_(round_fifo_places(link.latency)),
      tiles_{{{nullptr, 0, 0, {vpu.rars, params.split, vpu.v_rows_per_round}},
              {nullptr, 0, 0, {vpu.rars, params.split, vpu.v_rows_per_round}}}} {
    in.on_item<rars, &rars::on_weight>(this);
    reserved.on_item<rars, &rars::on_reserved>(this);
    rounds.on_credit(this, &rars::on_round_credit);
}

void rars::on_weight(unsigned, weight_item& item) {
    fifo_.push(item, item.visible);
    wake_at(item.visible);
}

void rars::on_reserved(unsigned, v_reserved_item& item) {
    reserved_fifo_.push(item, item.visible);
    wake_at(item.visible);
}

void rars::on_round_credit(unsigned, cycle_t now) {
    round_credits_.give(now);
    wake();
}

void rars::collect(const weight_item& item) {
    if (item.what == weight_item::kind::head) {
        newest_ = (newest_ + 1) % rars_tiles;
        tile_buffer& tile = tiles_[newest_];
        if (tile.head)
            throw internal_error("RARS: a third tile came while both buffers are in use");
        tile.head = item.head;
        tile.weights = 0;
        tile.since = item.visible;
        tile.first_v_row = v_rows_of_tiles_;
        tile.plan.clear();
        v_rows_of_tiles_ += item.head->v_rows;
        under_way_ = true;
        return;
    }
    tile_buffer& tile = tiles_[newest_];
    if (item.what == weight_item::kind::rescale) {
        tile.plan.add_rescale(item.row, item.value);
        return;
    }
    tile.plan.add_weight(item.row, item.key, tile.head->block->rows[item.row].kv, item.value);
    ++tile.weights;
}

void rars::send_round(tile_buffer& tile, cycle_t now) {
    const block_info& block = *tile.head->block;
    for (unsigned v = 0; v < round_.v_rows; ++v) {
        v_read& read = round_.v[v];
        for (const block_row& row : block.rows)
            if (row.valid && row.kv == read.kv)
                read.address = row.v_address + std::uint64_t{read.key} * block.row_bytes;
    }
    trace_block_.set(tile.head->block->id);
    trace_tile_.set(tile.head->tile);
    tile.plan.take();
    const bool tile_ends = tile.plan.done();
    round_.block = tile.head->block;
    round_.last_of_block = tile_ends && tile.head->last_of_block;
    round_credits_.take(now);
    rounds.send(round_, now + link_.latency);
    ++counters_.rounds;
    ++counters_.round_items_out;
    if (tile_ends) {
        under_way_ = !round_.last_of_block || tiles_[1 - oldest_].head != nullptr;
        tile.head.reset();
        oldest_ = (oldest_ + 1) % rars_tiles;
        in.give_credit(now);
    }
}

void rars::step(cycle_t now) {
    bool worked = false;
    for (; fifo_.ready(now); fifo_.pop()) {
        collect(fifo_.front());
        ++counters_.weight_items_in;
        worked = true;
    }
    for (; reserved_fifo_.ready(now); reserved_fifo_.pop()) {
        v_rows_reserved_ += reserved_fifo_.front().v_rows;
        ++counters_.reserved_items_in;
    }

    trace_reserved_.set(v_rows_reserved_);

    vpu_class rest = under_way_ ? vpu_class::wait_input : vpu_class::idle;
    tile_buffer& tile = tiles_[oldest_];
    if (tile.head && tile.complete()) {
        if (tile.weights != 0 && tile.plan.weights_left() == tile.weights && tile.plan.v_rows() != tile.head->v_rows)
            throw internal_error("RARS: a tile has another number of V rows than its head says");
        const std::size_t reserved_rows =
            v_rows_reserved_ > tile.first_v_row ? static_cast<std::size_t>(v_rows_reserved_ - tile.first_v_row) : 0;
        if (!tile.plan.plan(round_, reserved_rows)) {
            rest = vpu_class::wait_v;
        } else if (round_credits_.available(now) == 0) {
            rest = vpu_class::stall_downstream;
        } else {
            send_round(tile, now);
            worked = true;
            const tile_buffer& next = tiles_[oldest_];
            if (next.head && next.complete())
                wake();
            rest = under_way_ ? vpu_class::wait_input : vpu_class::idle;
        }
    }
    account_.step(now, worked ? vpu_class::busy : rest, rest);
}

void rars::register_trace(const trace_scope& scope) {
    account_.trace(scope.signal("class", 3));
    trace_block_ = scope.signal("block", 32);
    trace_tile_ = scope.signal("tile", 20);
    trace_reserved_ = scope.signal("v_rows_reserved", 32);
}

std::string rars::waits_for() const {
    const tile_buffer& tile = tiles_[oldest_];
    if (!tile.head)
        return {};
    const std::string what =
        ", tile " + std::to_string(tile.head->tile) + " of block " + std::to_string(tile.head->block->id);
    if (!tile.complete())
        return std::string(name()) + what + ": waits for softmax_unit, has " + std::to_string(tile.weights) + " of " +
               std::to_string(tile.head->pairs) + " weights";
    if (v_rows_reserved_ >= tile.first_v_row + tile.head->v_rows)
        return std::string(name()) + what + ": waits for v_pu to take a round";
    return std::string(name()) + what + ": waits for score_queue to reserve V rows or for v_pu to take a round (" +
           std::to_string(v_rows_reserved_) + " reserved, the tile needs " + std::to_string(tile.first_v_row) + " to " +
           std::to_string(tile.first_v_row + tile.head->v_rows) + ")";
}

}  // namespace pade
