#include "model/vpu/v_pu.h"

#include <algorithm>

namespace pade {

namespace {
unsigned ceil_div(unsigned a, unsigned b) {
    return (a + b - 1) / b;
}
}  // namespace

v_pu::v_pu(sc_core::sc_module_name name, const vpu_params& vpu, const softmax_params& softmax, const rows_params& rows,
           const link_params& link)
    : clocked_module(name),
      v_port("v_port", vpu.v_rows_per_round),
      vpu_(vpu),
      p_bits_(softmax.p_bits),
      link_latency_(link.latency),
      fifo_(round_fifo_places(link.latency)),
      ports_(vpu.v_rows_per_round),
      window_(vpu.operand_rounds),
      slots_(rows.blocks_in_flight),
      o_credits_(o_fifo_places(rows.count)) {
    for (round_state& round : window_)
        round.operands.resize(vpu.v_rows_per_round);
    for (unsigned i = 0; i < vpu.v_rows_per_round; ++i) {
        memory_.push_back(std::make_unique<memory_port>());
        memory_[i]->bind(v_port[i], this, i, &v_pu::on_memory);
    }
    rounds.on_item<v_pu, &v_pu::on_round>(this);
    o.on_credit(this, &v_pu::on_o_credit);
}

void v_pu::end_of_elaboration() {
    clocked_module::end_of_elaboration();
    for (auto& port : memory_)
        port->set_clock(clk.operator->());
}

void v_pu::on_round(unsigned, round_item& item) {
    fifo_.push(item, item.visible);
    wake_at(item.visible);
}

void v_pu::on_o_credit(unsigned, cycle_t now) {
    o_credits_.give(now);
    wake();
}

// Tag: place in the window and atom of the row. The bytes go straight to the register: nobody looks at it before the
// edge after this one.
void v_pu::on_memory(void* self, unsigned port, std::uint32_t tag, tlm::tlm_generic_payload* payload) {
    auto& unit = *static_cast<v_pu*>(self);
    unit.wake();
    if (payload == nullptr)
        return;
    operand& v = unit.window_[tag / 8].operands[port];
    std::memcpy(v.bytes.data() + std::size_t{tag % 8} * atom_bytes, payload->get_data_ptr(), atom_bytes);
    v.ready_at = std::max(v.ready_at, unit.now() + 1);
    --v.atoms_left;
}

bool v_pu::round_state::ready(cycle_t now) const {
    for (unsigned v = 0; v < work.v_rows; ++v)
        if (operands[v].atoms_left != 0 || operands[v].ready_at > now)
            return false;
    return true;
}

bool v_pu::take_rounds(cycle_t now) {
    bool took = false;
    while (end_round_ - first_round_ < window_.size() && fifo_.ready(now)) {
        round_state& round = state(end_round_);
        std::swap(round.work, fifo_.front());
        fifo_.pop();
        rounds.give_credit(now);
        ++counters_.round_items_in;
        for (unsigned v = 0; v < round.work.v_rows; ++v) {
            round.operands[v].atoms_left = round.work.block->row_bytes / atom_bytes;
            round.operands[v].ready_at = 0;
            round.operands[v].release = round.work.v[v].last_use;
        }
        ++end_round_;
        took = true;
    }
    return took;
}

v_pu::slot_state& v_pu::slot_of(const block_ptr& block) {
    slot_state& slot = slots_.at(block->slot);
    if (slot.block == block)
        return slot;
    if (slot.block)
        throw internal_error("V-PU: block " + std::to_string(block->id) + " came before the O of block " +
                             std::to_string(slot.block->id) + " has left its slot");
    slot.block = block;
    if (slot.rows.size() != block->rows.size() || slot.rows.empty() || slot.rows[0].head_dim() != block->head_dim)
        slot.rows.assign(block->rows.size(), numeric::softmax_row(block->head_dim));
    for (auto& row : slot.rows)
        row.clear();
    return slot;
}

void v_pu::start_round(round_state& round, cycle_t now) {
    const round_item& work = round.work;
    const block_info& block = *work.block;
    slot_state& slot = slot_of(work.block);
    if (trace_)
        trace_->starts(work);
    bool any = false;
    for (unsigned r = 0; r < block.rows.size(); ++r) {
        const row_work& row = work.rows[r];
        if (row.what == row_work::kind::none)
            continue;
        any = true;
        if (row.what == row_work::kind::rescale) {
            slot.rows[r].rescale(row.value, p_bits_);
            ++counters_.rescales;
            counters_.rescale_macs += block.head_dim;
            continue;
        }
        slot.rows[r].accumulate(row.value, reinterpret_cast<const std::int8_t*>(round.operands[row.v].bytes.data()));
        counters_.macs += block.head_dim;
        ++counters_.v_rows_needed;
        count_of(counters_.macs_by_head, block.rows[r].head) += block.head_dim;
        ++count_of(counters_.v_rows_needed_by_head, block.rows[r].head);
    }
    counters_.rounds += any ? 1 : 0;
    // The round of an empty last tile only says that the block has ended.
    const unsigned cycles = any ? ceil_div(block.head_dim, vpu_.macs_per_row) : 1;
    computing_ = true;
    busy_until_ = now + cycles;
    if (any)
        last_mac_ = busy_until_ - 1;
    wake_at(busy_until_);
    if (work.last_of_block) {
        drains_.push({work.block, 0}, busy_until_ - 1);
        wake_at(busy_until_ - 1);
    }
}

bool v_pu::compute(cycle_t now) {
    if (computing_ && now >= busy_until_) {
        computing_ = false;
        state(first_round_).work.block.reset();
        ++first_round_;
    }
    if (computing_)
        return true;
    if (first_round_ == end_round_ || !state(first_round_).ready(now))
        return false;
    start_round(state(first_round_), now);
    return true;
}

void v_pu::read_ahead(cycle_t now) {
    for (unsigned i = 0; i < ports_.size(); ++i) {
        port_state& port = ports_[i];
        port.round = std::max(port.round, first_round_);
        while (port.round < end_round_ && state(port.round).work.v_rows <= i)
            ++port.round;
        if (port.round == end_round_ || !memory_[i]->can_request(now))
            continue;
        if (port.free_at > now) {
            wake_at(port.free_at);
            continue;
        }
        const round_item& work = state(port.round).work;
        const unsigned place = static_cast<unsigned>(port.round % window_.size());
        const unsigned atoms = work.block->row_bytes / atom_bytes;
        const unsigned offset = port.atom * atom_bytes;
        // Padding at the end of the row passes no port.
        const unsigned useful = std::min(atom_bytes, work.block->head_dim - std::min(offset, work.block->head_dim));
        const unsigned cycles = std::max(1U, ceil_div(useful, vpu_.v_port_bytes));
        port.free_at = now + cycles;
        ++counters_.v_atoms_read;
        if (port.atom == 0) {
            ++counters_.v_rows_read;
            ++count_of(counters_.v_rows_read_by_kv, work.v[i].kv);
        }
        memory_[i]->read(work.v[i].address + offset, atom_bytes, place * 8 + port.atom);
        if (++port.atom == atoms) {
            port.atom = 0;
            ++port.round;
        }
        wake_at(port.free_at);
    }
}

// A V row is released when its last read has come: rounds of one tile reach this in order, so nobody reads it later.
void v_pu::release_rows(cycle_t now) {
    for (; release_round_ < end_round_; ++release_round_) {
        round_state& round = state(release_round_);
        bool all = true;
        for (unsigned v = 0; v < round.work.v_rows; ++v) {
            operand& row = round.operands[v];
            if (row.atoms_left != 0 || row.ready_at > now) {
                all = false;
                continue;
            }
            if (!row.release)
                continue;
            row.release = false;
            const v_read& read = round.work.v[v];
            fetch_item item;
            item.what = fetch_item::kind::release;
            item.of = fetch_item::tensor::v;
            item.atoms = static_cast<std::uint8_t>(round.work.block->row_bytes / atom_bytes);
            item.kv = read.kv;
            item.bank = static_cast<std::uint32_t>(read.address / atom_bytes);
            item.address = read.address;
            v_release.send(item, now + link_latency_);
            ++counters_.release_items_out;
            ++counters_.v_rows_distinct;
            ++count_of(counters_.v_rows_distinct_by_kv, read.kv);
        }
        if (!all)
            return;
    }
}

bool v_pu::drain_rows(cycle_t now) {
    if (!drains_.ready(now))
        return false;
    drain& d = drains_.front();
    const block_info& block = *d.block;
    slot_state& slot = slots_[block.slot];
    const auto next_valid = [&](unsigned r) {
        while (r < block.rows.size() && !block.rows[r].valid)
            ++r;
        return r;
    };
    d.next_row = next_valid(d.next_row);
    if (d.next_row == block.rows.size())
        throw internal_error("V-PU: block " + std::to_string(block.id) + " has no valid row");
    if (o_credits_.available(now) == 0)
        return false;
    o_row_item item;
    item.block = d.block;
    item.row = static_cast<std::uint8_t>(d.next_row);
    for (unsigned e = 0; e < block.head_dim; ++e)
        item.o[e] = slot.rows[d.next_row].output(e, block.rows[d.next_row].v_scale);
    d.next_row = next_valid(d.next_row + 1);
    item.last_of_block = d.next_row == block.rows.size();
    o_credits_.take(now);
    o.send(item, now + vpu_.pipeline_latency);
    ++counters_.o_items_out;
    if (!item.last_of_block) {
        wake();
        return true;
    }
    done_item left;
    left.what = done_item::kind::left_vpu;
    left.block = block.id;
    done.send(left, now + vpu_.pipeline_latency - 1 + link_latency_);
    ++counters_.done_items_out;
    slot.block.reset();
    drains_.pop();
    if (!drains_.empty())
        wake_at(std::max(drains_.visible_at(), now + 1));
    return true;
}

bool v_pu::block_under_way(cycle_t now) const {
    if (end_round_ != first_round_ || fifo_.ready(now))
        return true;
    for (const slot_state& slot : slots_)
        if (slot.block)
            return true;
    return false;
}

void v_pu::step(cycle_t now) {
    // The round that ends now frees its registers for a round that may begin to read now.
    const bool busy = compute(now);
    const bool took = take_rounds(now);
    const bool started = !busy && took && compute(now);
    release_rows(now);
    read_ahead(now);
    const bool drained = drain_rows(now);

    vpu_class rest = vpu_class::idle;
    if (busy || started)
        rest = vpu_class::busy;
    else if (first_round_ != end_round_)
        rest = vpu_class::wait_v;
    else if (drains_.ready(now) && !drained)
        rest = vpu_class::stall_downstream;
    else if (block_under_way(now))
        rest = vpu_class::wait_input;
    account_.step(now, drained ? vpu_class::busy : rest, rest);
}

open_access v_pu::oldest_access() const {
    open_access first;
    for (const auto& port : memory_) {
        const open_access one = port->oldest();
        if (one.payload != nullptr && (first.payload == nullptr || one.since < first.since))
            first = one;
    }
    return first;
}

std::string v_pu::waits_for() const {
    if (first_round_ != end_round_ && !computing_) {
        const round_state& round = window_[first_round_ % window_.size()];
        for (unsigned v = 0; v < round.work.v_rows; ++v)
            if (round.operands[v].atoms_left != 0)
                return std::string(name()) + ": waits for V row " + std::to_string(round.work.v[v].key) +
                       " of KV head " + std::to_string(round.work.v[v].kv) + ", block " +
                       std::to_string(round.work.block->id);
    }
    if (!drains_.empty())
        return std::string(name()) + ": waits for room at the write-back unit, block " +
               std::to_string(drains_.front().block->id);
    return {};
}

}  // namespace pade
