#include "model/buffer/kv_buffer.h"

#include "model/errors.h"

namespace pade {

kv_buffer::kv_buffer(sc_core::sc_module_name name, const buffer_params& buffer, const lane_params& lane,
                     const vpu_params& vpu, const dram_params& dram, const link_params& link)
    : clocked_module(name),
      k_port("k_port", lane.count),
      v_port("v_port", vpu.v_rows_per_round),
      memory("memory", dram.pseudo_channels),
      banks_(buffer.banks),
      k_planes_per_cycle_(buffer.k_planes_per_cycle),
      columns_per_read_(buffer.columns_per_read),
      link_latency_(link.latency),
      map_(dram),
      store_(buffer, counters_),
      first_waiter_(std::size_t{banks_} * store_.lines_per_bank(), none),
      last_waiter_(first_waiter_.size(), none),
      channels_(dram.pseudo_channels, channel(buffer.fill_queue)),
      k_ports_(lane.count, read_port(buffer.port_queue, buffer.read_latency)),
      v_ports_(vpu.v_rows_per_round, read_port(buffer.port_queue, buffer.read_latency)),
      best_of_bank_(banks_),
      same_atom_(banks_),
      k_budget_(buffer.k_planes_per_cycle) {
    if (map_.atom_bytes() != line_store::line_bytes)
        throw input_error("dram.bus_bits x dram.burst_length: an atom of " + std::to_string(map_.atom_bytes()) +
                          " B does not fit the lines of the KV buffer; allowed: 32 B");
    k_fetch.on_item<kv_buffer, &kv_buffer::k_fetch_arrives>(this);
    v_fetch.on_item<kv_buffer, &kv_buffer::v_fetch_arrives>(this);
    v_release.on_item<kv_buffer, &kv_buffer::v_release_arrives>(this);
    for (unsigned i = 0; i < k_port.size(); ++i)
        k_port[i].register_nb_transport_fw(this, &kv_buffer::k_port_fw, static_cast<int>(i));
    for (unsigned i = 0; i < v_port.size(); ++i)
        v_port[i].register_nb_transport_fw(this, &kv_buffer::v_port_fw, static_cast<int>(i));
    for (unsigned i = 0; i < memory.size(); ++i)
        memory[i].register_nb_transport_bw(this, &kv_buffer::memory_bw, static_cast<int>(i));
    counters_.k_port.resize(k_port.size());
    counters_.v_port.resize(v_port.size());
    counters_.memory.resize(memory.size());
    start(0);
}

// ---- sockets -> registers -----------------------------------------------------------------------------------------

void kv_buffer::k_fetch_arrives(unsigned, fetch_item& item) {
    store_.prefetch(item.address / line_store::line_bytes);
    ++counters_.k_fetch_items;  // here, since the last releases may still be on their way at the end
    const bool release = item.what == fetch_item::kind::release;
    (release ? k_items_.releases : k_items_.fetches).push({item, k_items_.arrived++}, item.visible);
    wake_at(item.visible);
}

void kv_buffer::v_fetch_arrives(unsigned, fetch_item& item) {
    v_fetches_.push(item, item.visible);
    wake_at(item.visible);
}

void kv_buffer::v_release_arrives(unsigned, fetch_item& item) {
    ++counters_.v_release_items;
    v_releases_.push(item, item.visible);
    wake_at(item.visible);
}

tlm::tlm_sync_enum kv_buffer::port_fw(read_port& port, payload& trans, tlm::tlm_phase& phase) {
    if (phase == tlm::BEGIN_REQ) {
        store_.prefetch(trans.get_address() / line_store::line_bytes);
        trans.acquire();
        wake();
        if (!port.requests().put(trans, now()))
            return tlm::TLM_ACCEPTED;
        phase = tlm::END_REQ;
        return tlm::TLM_UPDATED;
    }
    if (phase != tlm::END_RESP || port.response().open() != &trans) {
        SC_REPORT_ERROR("pade/kv_buffer", "a read port got a phase that is not due");
        return tlm::TLM_ACCEPTED;
    }
    port.response().end(now());
    trans.release();
    wake();
    return tlm::TLM_COMPLETED;
}

tlm::tlm_sync_enum kv_buffer::k_port_fw(int i, payload& trans, tlm::tlm_phase& phase, sc_core::sc_time&) {
    k_asking_ |= std::uint32_t{1} << i;
    return port_fw(k_ports_[static_cast<unsigned>(i)], trans, phase);
}

tlm::tlm_sync_enum kv_buffer::v_port_fw(int i, payload& trans, tlm::tlm_phase& phase, sc_core::sc_time&) {
    v_asking_ |= std::uint32_t{1} << i;
    return port_fw(v_ports_[static_cast<unsigned>(i)], trans, phase);
}

tlm::tlm_sync_enum kv_buffer::memory_bw(int i, payload& trans, tlm::tlm_phase& phase, sc_core::sc_time&) {
    channel& ch = channels_[static_cast<unsigned>(i)];
    if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP) {
        SC_REPORT_ERROR("pade/kv_buffer", "a memory link got a phase that is not due");
        return tlm::TLM_ACCEPTED;
    }
    if (ch.request.open() == &trans)  // by END_REQ, or by a BEGIN_RESP that stands for it too
        ch.request.end(now());
    wake();
    if (phase == tlm::END_REQ)
        return tlm::TLM_ACCEPTED;
    filling_ |= std::uint32_t{1} << i;
    return ch.fills.put(trans, now()) ? tlm::TLM_COMPLETED : tlm::TLM_ACCEPTED;
}

// ---- one cycle ----------------------------------------------------------------------------------------------------

void kv_buffer::step(cycle_t now) {
    account_sleep(now);
    again_ = false;
    busy_banks_ = 0;
    take_v_releases(now);
    take_k_items(now);
    take_v_fetches(now);
    if (requesting_ != 0)
        send_reads(now);
    const std::uint32_t filled = filling_ != 0 ? access_fills(now) : 0;
    access_k(now);
    access_v(now);
    if (filled != 0)
        write_fills(filled, now);
    if (k_answering_ != 0)
        send_answers(k_ports_, k_port, k_answering_, counters_.k_port, now);
    if (v_answering_ != 0)
        send_answers(v_ports_, v_port, v_answering_, counters_.v_port, now);
    accounted_ = now + 1;
    if (trace_)
        trace_->step_ends(k_items_.blocked, v_blocked_);
    if (again_)
        wake();
}

// ---- the counted time ---------------------------------------------------------------------------------------------

void kv_buffer::start(cycle_t cycle) {
    started_ = accounted_ = cycle;
    counters_.k_feed = {};
    counters_.v_ports = {};
    v_sleep_ = {};
    v_sleep_[static_cast<std::size_t>(feed_state::idle)] = static_cast<std::uint32_t>(v_ports_.size());
}

void kv_buffer::account_sleep(cycle_t cycle) {
    if (accounted_ >= cycle)
        return;
    const cycle_t slept = cycle - accounted_;
    counters_.k_feed[k_sleep_] += slept;
    for (std::size_t s = 0; s < feed_states; ++s)
        counters_.v_ports.in[s] += slept * v_sleep_[s];
    counters_.k_fetch_blocked += k_items_.blocked ? slept : 0;
    counters_.v_fetch_blocked += v_blocked_ ? slept : 0;
    accounted_ = cycle;
}

feed_cycles kv_buffer::k_feed_until(cycle_t end) const {
    feed_cycles all = counters_.k_feed;
    if (end > accounted_)
        all[k_sleep_] += end - accounted_;
    return all;
}

feed_cycles kv_buffer::v_ports_until(cycle_t end) const {
    feed_cycles all = counters_.v_ports;
    if (end > accounted_)
        for (std::size_t s = 0; s < feed_states; ++s)
            all.in[s] += (end - accounted_) * v_sleep_[s];
    return all;
}

void kv_buffer::finish(cycle_t cycle) {
    if (finished_ || accounted_ > cycle + 1)
        throw internal_error("kv_buffer::finish was called twice, or for a cycle that has gone by");
    finished_ = true;
    if (accounted_ == cycle + 1) {  // this module's process ran first at the edge at which the time ends
        --counters_.k_feed[k_last_];
        for (std::size_t s = 0; s < feed_states; ++s)
            counters_.v_ports.in[s] -= v_last_[s];
    }
    account_sleep(cycle);
    counters_.cycles = cycle - started_;
    store_.account_all();
}

// ---- what a watchdog asks -----------------------------------------------------------------------------------------

bool kv_buffer::idle() const {
    return k_items_.fetches.empty() && k_items_.releases.empty() && v_fetches_.empty() && v_releases_.empty() &&
           store_.in_flight() == 0 && k_asking_ == 0 && v_asking_ == 0 && k_answering_ == 0 && v_answering_ == 0 &&
           pool_.in_use() == 0;
}

std::string kv_buffer::waits_for() const {
    std::string text;
    const auto say = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
    const auto fetch = [&](const char* name, std::size_t items, const fetch_item& item, bool blocked) {
        if (item.what == fetch_item::kind::flush)
            say(std::string(name) + ": a flush waits for " + std::to_string(store_.in_flight()) + " reads from DRAM");
        else
            say(std::string(name) + ": " + std::to_string(items) + " items, the first of " +
                std::to_string(item.atoms) + " atoms from " + std::to_string(item.address) +
                (blocked ? " waits for an unpinned line (first bank " + std::to_string(item.bank % banks_) + ", " +
                               std::to_string(store_.pinned()) + " lines pinned)"
                         : ""));
    };
    if (!k_items_.fetches.empty())
        fetch("k_fetch", k_items_.fetches.size(), k_items_.fetches.front().item, k_items_.blocked);
    if (!k_items_.releases.empty())
        say("k_fetch: " + std::to_string(k_items_.releases.size()) + " releases");
    if (!v_fetches_.empty())
        fetch("v_fetch", v_fetches_.size(), v_fetches_.front(), v_blocked_);
    if (!v_releases_.empty())
        say("v_release: " + std::to_string(v_releases_.size()) + " items");
    for (std::size_t c = 0; c < channels_.size(); ++c) {
        const channel& ch = channels_[c];
        if (ch.outstanding != 0 || !ch.requests.empty())
            say("memory[" + std::to_string(c) + "]: " + std::to_string(ch.outstanding) + " reads outstanding, " +
                std::to_string(ch.requests.size()) + " queued, " + std::to_string(ch.fills.size()) +
                " answers wait for their bank" + (ch.request.open() != nullptr ? ", END_REQ is due" : ""));
    }
    const auto ports = [&](const char* name, const std::vector<read_port>& all) {
        for (std::size_t p = 0; p < all.size(); ++p) {
            if (all[p].requests().empty() && !all[p].answering() && all[p].response().open() == nullptr)
                continue;
            say(std::string(name) + "[" + std::to_string(p) + "]: " + std::to_string(all[p].requests().size()) +
                " reads wait" +
                (all[p].requests().empty()
                     ? std::string()
                     : ", the first at " + std::to_string(all[p].requests().front().get_address())) +
                (all[p].response().open() != nullptr ? ", END_RESP is due" : ""));
        }
    };
    ports("k_port", k_ports_);
    ports("v_port", v_ports_);
    return text;
}

}  // namespace pade
