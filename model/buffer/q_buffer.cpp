#include "model/buffer/q_buffer.h"

#include <algorithm>
#include <cstring>

#include "model/errors.h"

namespace pade {

q_buffer::q_buffer(sc_core::sc_module_name name, const buffer_params& buffer, const rows_params& rows,
                   const link_params& link)
    : clocked_module(name),
      rows_out("rows_out", rows.count),
      capacity_(buffer.q_bytes),
      latency_(cycle_t{buffer.read_latency} - 1 + link.latency) {
    commands.on_item<q_buffer, &q_buffer::command_arrives>(this);
    memory.register_nb_transport_bw(this, &q_buffer::memory_bw);
    counters_.row_items.resize(rows.count);
    start(0);
}

// ---- sockets -> registers -----------------------------------------------------------------------------------------

void q_buffer::command_arrives(unsigned, query_command& item) {
    arrived_.push(item, item.visible);
    wake_at(item.visible);
}

tlm::tlm_sync_enum q_buffer::memory_bw(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time&) {
    if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP) {
        SC_REPORT_ERROR("pade/q_buffer", "the memory link got a phase that is not due");
        return tlm::TLM_ACCEPTED;
    }
    if (request_.open() == &trans)
        request_.end(now());
    wake();
    if (phase == tlm::END_REQ)
        return tlm::TLM_ACCEPTED;
    answers_.push(&trans, now() + 1);  // its place was reserved with the block's room
    return tlm::TLM_COMPLETED;
}

// ---- one cycle ----------------------------------------------------------------------------------------------------

void q_buffer::step(cycle_t now) {
    account_sleep(now);
    take_answers(now);
    take_commands(now);
    const bool sent_block = load(now);
    start_fetches(now);
    send_read(now);

    bool to_send = false;
    bool missing = false;
    for (const auto& held : held_) {
        to_send |= held->next_row < held->block->rows.size();
        missing |= held->to_come != 0;
    }
    sleep_ = !loads_.empty() ? q_state::stall_data : missing || in_flight_ != 0 ? q_state::fetching : q_state::idle;
    last_ = sent_block ? q_state::loading : sleep_;
    ++counters_[last_];
    counters_.fetch_blocked += fetch_blocked_ ? 1 : 0;
    accounted_ = now + 1;
    trace_class_.pulse(static_cast<unsigned>(last_), static_cast<unsigned>(sleep_));
    trace_bytes_.set(bytes_held_);
    trace_blocked_.set(fetch_blocked_ ? 1 : 0);
    // A load that is complete goes one a cycle; a read goes as soon as the last one was accepted.
    if (sent_block || (to_send && request_.open() == nullptr))
        wake();
}

void q_buffer::register_trace(const trace_scope& scope) {
    trace_class_ = scope.signal("class", 2);
    trace_bytes_ = scope.signal("bytes_held", 16);
    trace_blocked_ = scope.signal("fetch_blocked", 1);
    trace_class_.set(static_cast<unsigned>(q_state::idle));
}

void q_buffer::take_commands(cycle_t now) {
    while (arrived_.ready(now)) {
        query_command& command = arrived_.front();
        (command.what == query_command::kind::fetch ? fetches_ : loads_).push(std::move(command.block), now);
        arrived_.pop();
        commands.give_credit(now);
        ++counters_.command_items;
        ++progress_;
    }
}

void q_buffer::skip_idle_rows(held_block& held) const {
    while (held.next_row < held.block->rows.size() && !held.block->rows[held.next_row].valid)
        ++held.next_row;
}

void q_buffer::start_fetches(cycle_t now) {
    fetch_blocked_ = false;
    while (fetches_.ready(now)) {
        const block_info& block = *fetches_.front();
        const auto valid = static_cast<unsigned>(
            std::count_if(block.rows.begin(), block.rows.end(), [](const block_row& row) { return row.valid; }));
        const unsigned bytes = valid * block.row_bytes;
        if (block.row_bytes % atom_bytes != 0 || block.row_bytes > max_head_dim || bytes > capacity_ ||
            block.rows.size() > rows_out.size())
            throw internal_error("q_buffer: block " + std::to_string(block.id) + " has " +
                                 std::to_string(block.rows.size()) + " rows of " + std::to_string(block.row_bytes) +
                                 " B, which the buffer cannot hold");
        if (bytes_held_ + bytes > capacity_) {
            fetch_blocked_ = true;
            return;
        }
        if (spare_.empty())
            spare_.push_back(std::make_unique<held_block>());
        std::unique_ptr<held_block> held = std::move(spare_.back());
        spare_.pop_back();
        held->block = std::move(fetches_.front());
        fetches_.pop();
        held->bytes = bytes;
        held->next_row = held->next_atom = 0;
        held->to_come = bytes / atom_bytes;
        held->data.assign(rows_out.size() * max_head_dim, 0);
        skip_idle_rows(*held);
        held_.push_back(std::move(held));
        bytes_held_ += bytes;
        counters_.bytes_held_peak = std::max<std::uint64_t>(counters_.bytes_held_peak, bytes_held_);
        ++progress_;
    }
}

// ---- DRAM ---------------------------------------------------------------------------------------------------------

void q_buffer::send_read(cycle_t now) {
    if (!request_.free(now))
        return;
    for (const auto& held : held_) {
        if (held->next_row >= held->block->rows.size())
            continue;
        const block_row& row = held->block->rows[held->next_row];
        const unsigned offset = held->next_atom * atom_bytes;
        payload& trans = pool_.acquire(tlm::TLM_READ_COMMAND, row.q_address + offset, atom_bytes);
        // The data go where they belong: the pointer also tells which block an answer is for.
        trans.set_data_ptr(
            reinterpret_cast<unsigned char*>(held->data.data() + std::size_t{held->next_row} * max_head_dim + offset));
        read_of_head(row.kv) += atom_bytes;
        counters_.bytes_read += atom_bytes;
        if (++held->next_atom == held->block->row_bytes / atom_bytes) {
            held->next_atom = 0;
            ++held->next_row;
            skip_idle_rows(*held);
        }
        ++in_flight_;
        ++progress_;
        request_.begin(trans);
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        const tlm::tlm_sync_enum answer = memory->nb_transport_fw(trans, phase, delay);
        if (answer == tlm::TLM_ACCEPTED)
            return;
        request_.end(now);
        if (answer == tlm::TLM_UPDATED && phase == tlm::END_REQ)
            return;
        answers_.push(&trans, now + 1);  // answered at once: TLM_COMPLETED, or BEGIN_RESP in the return value
        wake();
        if (answer == tlm::TLM_UPDATED) {
            phase = tlm::END_RESP;
            memory->nb_transport_fw(trans, phase, delay);
        }
        return;
    }
}

void q_buffer::take_answers(cycle_t now) {
    while (answers_.ready(now)) {
        payload& trans = *answers_.front();
        answers_.pop();
        if (!trans.is_response_ok())
            throw internal_error("q_buffer: the memory answered " + trans.get_response_string() + " at address " +
                                 std::to_string(trans.get_address()));
        const auto* data = reinterpret_cast<const std::int8_t*>(trans.get_data_ptr());
        const auto of = std::find_if(held_.begin(), held_.end(), [data](const std::unique_ptr<held_block>& held) {
            return !std::less<>()(data, held->data.data()) &&
                   std::less<>()(data, held->data.data() + held->data.size());
        });
        if (of == held_.end())
            throw internal_error("q_buffer: an answer for a block that is not in the buffer");
        --(*of)->to_come;
        trans.release();
        --in_flight_;
        ++counters_.memory.transactions;
        counters_.memory.bytes += atom_bytes;
        ++progress_;
    }
}

std::uint64_t& q_buffer::read_of_head(std::uint32_t kv) {
    if (kv >= counters_.bytes_read_per_head.size())
        counters_.bytes_read_per_head.resize(kv + 1);
    return counters_.bytes_read_per_head[kv];
}

// ---- to the rows --------------------------------------------------------------------------------------------------

bool q_buffer::load(cycle_t now) {
    if (loads_.empty())
        return false;
    const block_info& block = *loads_.front();
    const auto valid = [](const block_row& row) { return row.valid; };
    const auto queries = static_cast<std::uint64_t>(std::count_if(block.rows.begin(), block.rows.end(), valid));
    const auto at = std::find_if(held_.begin(), held_.end(),
                                 [&](const std::unique_ptr<held_block>& held) { return held->block->id == block.id; });
    // Each load is judged once, in the cycle in which it comes to the head.
    if (!load_judged_) {
        load_judged_ = true;
        const bool there = at != held_.end() && (*at)->to_come == 0;
        (there ? counters_.q_hits : counters_.q_misses) += queries;
    }
    if (at == held_.end() || (*at)->to_come != 0) {
        if (at == held_.end() && fetches_.empty())
            throw internal_error("q_buffer: load of block " + std::to_string(block.id) + ", which was not fetched");
        return false;
    }
    held_block& held = **at;
    item_.block = held.block;
    for (unsigned r = 0; r < block.rows.size(); ++r) {
        if (!block.rows[r].valid)
            continue;
        item_.row = static_cast<std::uint8_t>(r);
        std::memcpy(item_.q.data(), held.data.data() + std::size_t{r} * max_head_dim, block.row_bytes);
        rows_out[r].send(item_, now + latency_);
        ++counters_.row_items[r];
    }
    item_.block.reset();
    query_loaded done;
    done.block = block.id;
    loaded.send(done, now + latency_);
    ++counters_.loaded_items;
    ++progress_;
    counters_.bytes_used += queries * block.head_dim;
    counters_.bytes_padding += queries * (block.row_bytes - block.head_dim);
    bytes_held_ -= held.bytes;
    held.block.reset();
    spare_.push_back(std::move(*at));
    held_.erase(at);
    loads_.pop();
    load_judged_ = false;
    return true;
}

// ---- the counted time ---------------------------------------------------------------------------------------------

void q_buffer::start(cycle_t cycle) {
    started_ = accounted_ = cycle;
    counters_.in = {};
}

void q_buffer::account_sleep(cycle_t cycle) {
    if (accounted_ >= cycle)
        return;
    counters_[sleep_] += cycle - accounted_;
    counters_.fetch_blocked += fetch_blocked_ ? cycle - accounted_ : 0;
    accounted_ = cycle;
}

void q_buffer::finish(cycle_t cycle) {
    if (finished_ || accounted_ > cycle + 1)
        throw internal_error("q_buffer::finish was called twice, or for a cycle that has gone by");
    finished_ = true;
    if (accounted_ == cycle + 1)  // this module's process ran first at the edge at which the time ends
        --counters_[last_];
    account_sleep(cycle);
    counters_.cycles = cycle - started_;
    // What was asked for and never loaded.
    const std::uint64_t rest = counters_.bytes_read - counters_.bytes_used - counters_.bytes_padding;
    counters_.bytes_unused += rest;
}

std::string q_buffer::waits_for() const {
    std::string text;
    const auto say = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
    if (!arrived_.empty())
        say("commands: " + std::to_string(arrived_.size()) + " items");
    if (!fetches_.empty())
        say("fetch of block " + std::to_string(fetches_.front()->id) + " waits for room (" +
            std::to_string(bytes_held_) + " of " + std::to_string(capacity_) + " B held)");
    if (!loads_.empty())
        say("load of block " + std::to_string(loads_.front()->id) + " waits for its queries");
    if (in_flight_ != 0)
        say("memory: " + std::to_string(in_flight_) + " reads outstanding" +
            (request_.open() != nullptr ? ", END_REQ is due" : ""));
    return text;
}

}  // namespace pade
