#include "model/vpu/softmax_unit.h"

namespace pade {

softmax_unit::softmax_unit(sc_core::sc_module_name name, const softmax_params& softmax, const rows_params& rows,
                           const link_params& link)
    : clocked_module(name),
      softmax_(softmax),
      exp_(softmax.exp, softmax.p_bits),
      fifo_(pair_fifo_places(softmax.exps_per_cycle, link.latency)),
      slots_(rows.blocks_in_flight) {
    in.on_item<softmax_unit, &softmax_unit::on_pair>(this);
    out.on_credit(this, &softmax_unit::on_tile_credit);
}

void softmax_unit::on_pair(unsigned, pair_item& item) {
    fifo_.push(item, item.visible);
    wake_at(item.visible);
}

void softmax_unit::on_tile_credit(unsigned, cycle_t now) {
    tile_credits_.give(now);
    wake();
}

void softmax_unit::take(cycle_t now) {
    fifo_.pop();
    in.give_credit(now);
    ++counters_.pair_items_in;
}

void softmax_unit::send(weight_item& item, cycle_t now) {
    out.send(item, now + softmax_.latency);
    ++counters_.weight_items_out;
}

void softmax_unit::count_exp(unsigned row) {
    ++counters_.exps;
    ++count_of(counters_.exps_by_head, tile_->block->rows[row].head);
}

void softmax_unit::register_trace(const trace_scope& scope) {
    account_.trace(scope.signal("class", 3));
    trace_block_ = scope.signal("block", 32);
    trace_tile_ = scope.signal("tile", 20);
}

void softmax_unit::begin_tile(cycle_t now) {
    tile_ = fifo_.front().head;
    trace_block_.set(tile_->block->id);
    trace_tile_.set(tile_->tile);
    take(now);
    tile_credits_.take(now);
    pairs_left_ = tile_->pairs;
    rescales_.clear();
    rescales_sent_ = 0;

    slot_state& slot = slots_.at(tile_->block->slot);
    if (slot.block != tile_->block) {
        slot.block = tile_->block;
        slot.rows.assign(tile_->block->rows.size(), row_state{});
    }
    for (unsigned r = 0; r < slot.rows.size(); ++r) {
        if ((tile_->row_mask >> r & 1) == 0)
            continue;
        row_state& row = slot.rows[r];
        const std::int32_t tile_max = tile_->row_max[r];
        if (row.has_max && tile_max <= row.max)
            continue;
        // A maximum without a pair under it has nothing to rescale.
        if (row.has_pairs) {
            const double c = tile_->block->rows[r].logit_scale;
            const double x = c * static_cast<double>(std::int64_t{row.max} - tile_max);
            rescales_.push_back({static_cast<std::uint8_t>(r), exp_(x)});
            ++counters_.max_updates;
        }
        row.max = tile_max;
        row.has_max = true;
    }
    weight_item item;
    item.what = weight_item::kind::head;
    item.head = tile_;
    send(item, now);
}

void softmax_unit::step(cycle_t now) {
    unsigned budget = softmax_.exps_per_cycle;
    bool worked = false;
    bool no_tile_buffer = false;
    weight_item item;
    while (true) {
        if (!tile_) {
            if (!fifo_.ready(now))
                break;
            if (!fifo_.front().head)
                throw internal_error("softmax unit: a pair came before the head of its tile");
            if (tile_credits_.available(now) == 0) {
                no_tile_buffer = true;
                break;
            }
            begin_tile(now);
            worked = true;
        }
        for (; budget != 0 && rescales_sent_ < rescales_.size(); ++rescales_sent_, --budget) {
            item.what = weight_item::kind::rescale;
            item.row = rescales_[rescales_sent_].row;
            item.value = rescales_[rescales_sent_].factor;
            count_exp(item.row);
            send(item, now);
            worked = true;
        }
        slot_state& slot = slots_[tile_->block->slot];
        for (; budget != 0 && pairs_left_ != 0 && fifo_.ready(now); --pairs_left_, --budget) {
            const pair_item& pair = fifo_.front();
            row_state& row = slot.rows[pair.row];
            if (pair.head || !row.has_max || pair.score > row.max)
                throw internal_error("softmax unit: a pair does not belong to the tile of its head");
            row.has_pairs = true;
            const double c = tile_->block->rows[pair.row].logit_scale;
            item.what = weight_item::kind::weight;
            item.row = pair.row;
            item.key = pair.key;
            item.value = exp_(c * static_cast<double>(std::int64_t{pair.score} - row.max));
            take(now);
            count_exp(item.row);
            send(item, now);
            worked = true;
        }
        if (pairs_left_ != 0 || rescales_sent_ < rescales_.size())
            break;
        if (tile_->last_of_block)
            slot.block.reset();
        tile_.reset();
    }
    // Between two steps nothing becomes ready without waking us, except what this cycle's budget left over.
    const bool more = fifo_.ready(now) || rescales_sent_ < rescales_.size();
    bool under_way = tile_ != nullptr || fifo_.ready(now);
    for (const slot_state& slot : slots_)
        under_way = under_way || slot.block != nullptr;
    const vpu_class rest = no_tile_buffer ? vpu_class::stall_downstream
                           : under_way    ? vpu_class::wait_input
                                          : vpu_class::idle;
    account_.step(now, worked ? vpu_class::busy : rest, rest);
    if (more && !no_tile_buffer)
        wake();
}

std::string softmax_unit::waits_for() const {
    if (tile_ && fifo_.empty())
        return std::string(name()) + ": waits for " + std::to_string(pairs_left_) + " pairs of tile " +
               std::to_string(tile_->tile) + " of block " + std::to_string(tile_->block->id);
    if (!tile_ && !fifo_.empty())
        return std::string(name()) + ": waits for a tile buffer of RARS";
    return {};
}

}  // namespace pade
