#include "model/vpu/write_back.h"

#include "model/numeric/online_softmax.h"

namespace pade {

write_back::write_back(sc_core::sc_module_name name, const output_params& output, const rows_params& rows,
                       const link_params& link)
    : clocked_module(name), output_(output), link_latency_(link.latency), fifo_(o_fifo_places(rows.count)) {
    o.on_item<write_back, &write_back::on_row>(this);
    port_.bind(memory, this, 0, &write_back::on_memory);
}

void write_back::end_of_elaboration() {
    clocked_module::end_of_elaboration();
    port_.set_clock(clk.operator->());
}

void write_back::on_row(unsigned, o_row_item& item) {
    fifo_.push(item, item.visible);
    wake_at(item.visible);
}

// What the answer says is used from the next edge on, at which step() runs.
void write_back::on_memory(void* self, unsigned, std::uint32_t tag, tlm::tlm_generic_payload* payload) {
    auto& unit = *static_cast<write_back*>(self);
    unit.wake();
    if (payload != nullptr)
        unit.answers_.push(tag, unit.now() + 1);
}

void write_back::take_answers(cycle_t now) {
    for (; answers_.ready(now); answers_.pop()) {
        ++answered_;
        --unanswered_;
        for (block_state& block : blocks_)
            if (block.sequence == answers_.front())
                --block.unanswered;
    }
}

void write_back::take_row(cycle_t now) {
    const o_row_item& item = fifo_.front();
    const block_info& block = *item.block;
    if (blocks_.empty() || blocks_.back().complete)
        blocks_.push_back({block.id, next_sequence_++, 0, false});
    block_ = item.block;
    row_ = item.row;
    last_row_ = item.last_of_block;
    next_byte_ = 0;
    row_open_ = true;
    const unsigned data_bytes = block.head_dim * output_.bytes;
    if (block.o_row_bytes % atom_bytes != 0 || data_bytes > block.o_row_bytes || block.o_row_bytes > image_.size())
        throw internal_error("write-back: O rows of " + std::to_string(block.o_row_bytes) + " bytes cannot hold " +
                             std::to_string(data_bytes) + " bytes in whole atoms");
    image_.fill(0);
    for (unsigned e = 0; e < block.head_dim; ++e) {
        if (output_.bytes == 4) {
            std::memcpy(image_.data() + std::size_t{e} * 4, &item.o[e], 4);
        } else {
            const std::uint16_t half = numeric::to_fp16(item.o[e]);
            std::memcpy(image_.data() + std::size_t{e} * 2, &half, 2);
        }
    }
    rows_out.write({item.block, item.row, item.o.data()});
    ++counters_.o_rows;
    ++counters_.o_items_in;
    counters_.bytes_data += data_bytes;
    counters_.bytes_padding += block.o_row_bytes - data_bytes;
    count_of(counters_.bytes_by_head, block.rows[row_].head) += block.o_row_bytes;
    fifo_.pop();
    o.give_credit(now);
}

void write_back::write_atom() {
    block_state& block = blocks_.back();
    const block_row& row = block_->rows[row_];
    const std::uint64_t address = row.o_address + next_byte_;
    const unsigned char* data = image_.data() + next_byte_;
    next_byte_ += atom_bytes;
    row_open_ = next_byte_ < block_->o_row_bytes;
    ++block.unanswered;
    ++unanswered_;
    block.complete = !row_open_ && last_row_;
    ++counters_.atoms_written;
    port_.write(address, data, atom_bytes, block.sequence);
}

void write_back::step(cycle_t now) {
    take_answers(now);
    while (!blocks_.empty() && blocks_.front().complete && blocks_.front().unanswered == 0) {
        done_item item;
        item.what = done_item::kind::written;
        item.block = blocks_.front().id;
        done.send(item, now + link_latency_);
        ++counters_.done_items_out;
        blocks_.pop_front();
    }

    bool worked = false;
    if (!row_open_ && fifo_.ready(now)) {
        take_row(now);
        worked = true;
    }
    bool blocked = false;
    if (row_open_) {
        if (port_.can_request(now) && unanswered_ < output_.writes_in_flight) {
            write_atom();
            worked = true;
            if (row_open_ || !fifo_.empty())
                wake();
        } else {
            blocked = true;
        }
    }
    // Whatever blocks a write ends with an answer or an END_REQ, and both wake us.
    const vpu_class rest = blocked            ? vpu_class::stall_downstream
                           : !blocks_.empty() ? vpu_class::wait_input
                                              : vpu_class::idle;
    account_.step(now, worked ? vpu_class::busy : rest, rest);
}

std::string write_back::waits_for() const {
    if (blocks_.empty())
        return {};
    const block_state& block = blocks_.front();
    if (block.unanswered != 0)
        return std::string(name()) + ": waits for the answers to " + std::to_string(block.unanswered) +
               " writes of block " + std::to_string(block.id);
    return std::string(name()) + ": waits for further O rows of block " + std::to_string(block.id);
}

}  // namespace pade
