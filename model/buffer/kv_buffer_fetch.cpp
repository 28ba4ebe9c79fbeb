// The side of the KV buffer towards its requesters and DRAM: pins, lines, reads.
#include "model/buffer/kv_buffer.h"
#include "model/errors.h"

namespace pade {

namespace {
constexpr unsigned max_atoms = std::tuple_size<decltype(fetch_item::useful)>::value;
}

// ---- pins ---------------------------------------------------------------------------------------------------------

bool kv_buffer::take_fetch(const fetch_item& item, cycle_t now) {
    if (item.atoms == 0 || item.atoms > max_atoms || item.address % line_store::line_bytes != 0)
        throw internal_error("kv_buffer: a fetch of " + std::to_string(item.atoms) + " atoms from address " +
                             std::to_string(item.address) + "; 1 to 8 whole atoms are allowed");
    line_store::request wanted[max_atoms];
    const unsigned count = item.atoms;
    for (unsigned i = 0; i < count; ++i) {
        wanted[i].atom = item.address / line_store::line_bytes + i;
        wanted[i].line = store_.find(wanted[i].atom);
        wanted[i].bank = (item.bank + i) % banks_;
    }
    if (!store_.can_reserve(wanted, count))
        return false;
    // What is there is pinned before any other atom of this item looks for a victim.
    const bool for_k = item.of == fetch_item::tensor::k;
    std::uint32_t missing = 0;
    for (unsigned i = 0; i < count; ++i) {
        if (wanted[i].line != no_line) {
            store_.pin(wanted[i].line, item.useful[i]);
            missing += store_.present(wanted[i].line) ? 0 : 1;
        }
    }
    for (unsigned i = 0; i < count; ++i) {
        if (wanted[i].line != no_line)
            continue;
        wanted[i].line = store_.reserve(wanted[i].atom, wanted[i].bank, for_k ? 0 : 1, item.kv, item.useful[i]);
        ++missing;
        const std::uint64_t address = wanted[i].atom * line_store::line_bytes;
        const auto c = static_cast<unsigned>(map_.decode(address).pseudo_channel);
        channels_[c].requests.push(address, now);
        requesting_ |= std::uint32_t{1} << c;
    }
    if (!for_k)
        return true;
    if (missing == 0) {
        send_arrived(item.tag, now);
        return true;
    }
    std::uint32_t id = free_record_;
    if (id == none) {
        id = static_cast<std::uint32_t>(records_.size());
        records_.emplace_back();
    } else {
        free_record_ = records_[id].missing;
    }
    records_[id] = {item.tag, missing};
    for (unsigned i = 0; i < count; ++i) {
        if (!store_.present(wanted[i].line))
            add_waiter(wanted[i].line, id);
    }
    return true;
}

bool kv_buffer::take_flush() {
    if (!v_releases_.empty())
        return false;  // on another link: the last ones may be later than the word that all work is done
    if (store_.pinned() != 0)
        throw internal_error("kv_buffer: flush while " + std::to_string(store_.pinned()) + " lines are pinned");
    if (store_.in_flight() != 0)
        return false;
    store_.flush();
    ++counters_.flushes;
    return true;
}

void kv_buffer::release(const fetch_item& item) {
    for (unsigned i = 0; i < item.atoms; ++i) {
        const std::uint64_t atom = item.address / line_store::line_bytes + i;
        const line_id line = store_.find(atom);
        if (line == no_line || !store_.unpin(line))
            throw internal_error("kv_buffer: release of an atom that is not pinned, address " +
                                 std::to_string(atom * line_store::line_bytes));
    }
}

// ---- items --------------------------------------------------------------------------------------------------------

void kv_buffer::take_k_items(cycle_t now) {
    auto& fetches = k_items_.fetches;
    auto& releases = k_items_.releases;
    bool blocked = false;
    const auto done = [&](registered_fifo<numbered_item>& queue) {
        queue.pop();
        k_fetch.give_credit(now);
        ++progress_;
    };
    for (;;) {
        const bool fetch_ready = fetches.ready(now) && !blocked;
        if (releases.ready(now)) {
            const bool in_order = fetches.empty() || releases.front().number < fetches.front().number;
            if (in_order || !fetch_ready) {
                release(releases.front().item);
                done(releases);
                blocked = false;  // perhaps the fetch finds a line now
                continue;
            }
        }
        if (!fetch_ready)
            break;
        const fetch_item& item = fetches.front().item;
        if (item.what == fetch_item::kind::flush ? take_flush() : take_fetch(item, now))
            done(fetches);
        else
            blocked = true;
    }
    k_items_.blocked = blocked;
    counters_.k_fetch_blocked += blocked ? 1 : 0;
}

void kv_buffer::take_v_releases(cycle_t now) {
    while (v_releases_.ready(now)) {
        if (v_releases_.front().what != fetch_item::kind::release)
            throw internal_error("kv_buffer: v_release takes releases only");
        release(v_releases_.front());
        v_releases_.pop();
        v_release.give_credit(now);
        v_fetch.give_credit(now);  // the row's place among those prefetched
        ++progress_;
    }
}

void kv_buffer::take_v_fetches(cycle_t now) {
    v_blocked_ = false;
    while (v_fetches_.ready(now)) {
        if (v_fetches_.front().what != fetch_item::kind::fetch)
            throw internal_error("kv_buffer: v_fetch takes fetches only");
        if (!take_fetch(v_fetches_.front(), now)) {
            v_blocked_ = true;
            ++counters_.v_fetch_blocked;
            return;
        }
        v_fetches_.pop();
        ++counters_.v_fetch_items;
        ++progress_;
    }
}

// ---- DRAM ---------------------------------------------------------------------------------------------------------

void kv_buffer::send_reads(cycle_t now) {
    for (std::uint32_t left = requesting_; left != 0; left &= left - 1) {
        const auto c = static_cast<unsigned>(__builtin_ctz(left));
        channel& ch = channels_[c];
        if (ch.request.free(now))
            send_read(c, now);
        if (ch.requests.empty())
            requesting_ &= ~(std::uint32_t{1} << c);
        else if (ch.request.open() == nullptr)
            again_ = true;
    }
}

void kv_buffer::send_read(unsigned c, cycle_t now) {
    channel& ch = channels_[c];
    payload& trans = pool_.acquire(tlm::TLM_READ_COMMAND, ch.requests.front(), line_store::line_bytes);
    ch.requests.pop();
    ch.request.begin(trans);
    ++ch.outstanding;
    ++progress_;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const tlm::tlm_sync_enum answer = memory[c]->nb_transport_fw(trans, phase, delay);
    if (answer == tlm::TLM_ACCEPTED)
        return;
    ch.request.end(now);
    if (answer == tlm::TLM_UPDATED && phase == tlm::END_REQ)
        return;
    // The target has answered at once: TLM_COMPLETED, or BEGIN_RESP in the return value.
    filling_ |= std::uint32_t{1} << c;
    wake();
    if (answer == tlm::TLM_COMPLETED) {
        ch.fills.put_completed(trans, now);
    } else if (ch.fills.put(trans, now)) {
        phase = tlm::END_RESP;
        memory[c]->nb_transport_fw(trans, phase, delay);
    }
}

void kv_buffer::add_waiter(line_id line, std::uint32_t record_id) {
    std::uint32_t id = free_waiter_;
    if (id == none) {
        id = static_cast<std::uint32_t>(waiters_.size());
        waiters_.emplace_back();
    } else {
        free_waiter_ = waiters_[id].next;
    }
    waiters_[id] = {record_id, none};
    if (first_waiter_[line] == none)
        first_waiter_[line] = id;
    else
        waiters_[last_waiter_[line]].next = id;
    last_waiter_[line] = id;
}

void kv_buffer::data_arrived(line_id line, cycle_t now) {
    std::uint32_t id = first_waiter_[line];
    first_waiter_[line] = none;
    while (id != none) {
        record& fetch = records_[waiters_[id].record];
        if (--fetch.missing == 0) {
            send_arrived(fetch.tag, now);
            fetch.missing = free_record_;
            free_record_ = waiters_[id].record;
        }
        const std::uint32_t next = waiters_[id].next;
        waiters_[id].next = free_waiter_;
        free_waiter_ = id;
        id = next;
    }
}

void kv_buffer::send_arrived(std::uint32_t tag, cycle_t now) {
    arrived_item item;
    item.tag = tag;
    k_arrived.send(item, now + link_latency_);
    ++counters_.k_arrived_items;
}

}  // namespace pade
