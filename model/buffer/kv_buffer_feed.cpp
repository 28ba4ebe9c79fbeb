// The side of the KV buffer towards its readers: one access a bank and cycle, the K feed, the V ports.
#include <algorithm>
#include <cstring>

#include "model/buffer/kv_buffer.h"
#include "model/buffer/transposer.h"
#include "model/errors.h"

namespace pade {

namespace {
unsigned lowest(std::uint32_t mask) {
    return static_cast<unsigned>(__builtin_ctz(mask));
}
unsigned lowest(std::uint64_t mask) {
    return static_cast<unsigned>(__builtin_ctzll(mask));
}
std::uint32_t bit(unsigned i) {
    return std::uint32_t{1} << i;
}
std::uint32_t ones(std::uint32_t mask) {
    return static_cast<std::uint32_t>(__builtin_popcount(mask));
}
}  // namespace

// ---- data from DRAM -----------------------------------------------------------------------------------------------

std::uint32_t kv_buffer::access_fills(cycle_t now) {
    // One access a bank, and one atom a channel: the oldest, then the lowest channel.
    for (std::uint32_t left = filling_; left != 0; left &= left - 1) {
        const unsigned c = lowest(left);
        channel& ch = channels_[c];
        if (payload* late = ch.fills.admit(now)) {
            tlm::tlm_phase phase = tlm::END_RESP;
            sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
            memory[c]->nb_transport_fw(*late, phase, delay);
        }
        if (!ch.fills.ready(now))
            continue;
        const line_id line = store_.find(ch.fills.front().get_address() / line_store::line_bytes);
        ch.fill_bank = store_.bank(line);
        const std::uint64_t bank = std::uint64_t{1} << ch.fill_bank;
        std::uint8_t& best = best_of_bank_[ch.fill_bank];
        if ((busy_banks_ & bank) == 0 || ch.fills.visible_at() < channels_[best].fills.visible_at())
            best = static_cast<std::uint8_t>(c);
        busy_banks_ |= bank;
    }
    std::uint32_t winners = 0;
    for (std::uint32_t left = filling_; left != 0; left &= left - 1) {
        const unsigned c = lowest(left);
        if (!channels_[c].fills.ready(now))
            continue;
        if (best_of_bank_[channels_[c].fill_bank] == c) {
            winners |= bit(c);
            if (trace_)
                trace_->accessed(channels_[c].fill_bank, kv_buffer_trace::access::fill);
        } else {
            ++counters_.fill_conflicts;
            if (trace_)
                trace_->stalled(channels_[c].fill_bank);
            again_ = true;
        }
    }
    return winners;
}

void kv_buffer::write_fills(std::uint32_t winners, cycle_t now) {
    for (; winners != 0; winners &= winners - 1) {
        const unsigned c = lowest(winners);
        channel& ch = channels_[c];
        payload& data = ch.fills.front();
        if (!data.is_response_ok())
            throw internal_error("kv_buffer: the memory answered " + data.get_response_string() + " at address " +
                                 std::to_string(data.get_address()));
        const line_id line = store_.find(data.get_address() / line_store::line_bytes);
        store_.fill(line, data.get_data_ptr());
        data_arrived(line, now);
        ch.fills.pop(now);
        data.release();
        --ch.outstanding;
        ++counters_.fills;
        ++counters_.memory[c].transactions;
        counters_.memory[c].bytes += line_store::line_bytes;
        ++progress_;
        if (ch.fills.empty() && !ch.fills.holds_back())
            filling_ &= ~bit(c);
        else
            again_ = true;
        again_ |= (k_asking_ | v_asking_) != 0 || !k_items_.fetches.empty() || !v_fetches_.empty();
    }
}

// ---- K ------------------------------------------------------------------------------------------------------------

void kv_buffer::admit(read_port& port, target_socket& socket, cycle_t now) {
    if (payload* late = port.requests().admit(now)) {
        tlm::tlm_phase phase = tlm::END_REQ;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        socket->nb_transport_bw(*late, phase, delay);
    }
}

void kv_buffer::access_k(cycle_t now) {
    std::uint32_t candidates = 0;
    std::uint32_t lost = 0;
    std::uint32_t selecting = 0;  // a plane of values
    std::uint64_t seen = 0;
    bool reader = false;
    bool data = false;
    for (std::uint32_t left = k_asking_; left != 0; left &= left - 1) {
        const unsigned p = lowest(left);
        read_port& port = k_ports_[p];
        admit(port, k_port[p], now);
        if (!port.requests().ready(now)) {
            if (port.requests().empty() && !port.requests().holds_back())
                k_asking_ &= ~bit(p);
            continue;
        }
        if (!port.has_room()) {
            reader = true;
            continue;
        }
        const read_port::outcome what = port.look(store_);
        if (what == read_port::outcome::not_here_yet) {
            data = true;
            continue;
        }
        if (what != read_port::outcome::readable) {
            answer_error(port, what, now);
            k_answering_ |= bit(p);
            continue;
        }
        const unsigned b = store_.bank(port.line());
        const std::uint64_t bank = std::uint64_t{1} << b;
        if ((busy_banks_ & bank) != 0) {
            lost |= bit(p);
            continue;
        }
        candidates |= bit(p);
        selecting |= port.select() != nullptr ? bit(p) : 0;
        if ((seen & bank) == 0) {
            seen |= bank;
            best_of_bank_[b] = static_cast<std::uint8_t>(p);
            same_atom_[b] = 0;
        } else if (port.requests().visible_at() < k_ports_[best_of_bank_[b]].requests().visible_at()) {
            best_of_bank_[b] = static_cast<std::uint8_t>(p);
        }
    }

    std::uint32_t granted = 0;
    for (std::uint32_t left = candidates; left != 0; left &= left - 1) {
        const read_port& port = k_ports_[lowest(left)];
        const unsigned b = store_.bank(port.line());
        if (port.line() == k_ports_[best_of_bank_[b]].line())
            same_atom_[b] |= left & (~left + 1);
    }
    for (std::uint64_t left = seen; left != 0; left &= left - 1) {
        const unsigned b = lowest(left);
        // The selectors of a bank make one plane of one key an access.
        const unsigned served = (selecting & same_atom_[b]) != 0 ? 1 : columns_per_read_;
        granted |= ones(same_atom_[b]) > served ? oldest_of(same_atom_[b], served) : same_atom_[b];
    }
    granted = take_turns(granted, now);
    lost |= candidates & ~granted;

    unsigned planes = 0;
    std::uint64_t accessed = 0;
    for (std::uint32_t left = granted; left != 0; left &= left - 1) {
        const unsigned p = lowest(left);
        read_port& port = k_ports_[p];
        accessed |= std::uint64_t{1} << store_.bank(port.line());
        planes += port.planes();
        deliver(port, now);
    }
    if (trace_)
        trace_k(accessed, lost);
    k_answering_ |= granted;
    busy_banks_ |= accessed;
    counters_.k_reads += static_cast<unsigned>(__builtin_popcountll(accessed));
    counters_.k_deliveries += ones(granted);
    counters_.k_planes += planes;
    counters_.k_conflicts += ones(lost);
    again_ |= lost != 0;

    k_sleep_ = reader ? feed_state::stall_reader : data ? feed_state::stall_data : feed_state::idle;
    k_last_ = planes >= k_planes_per_cycle_ ? feed_state::full
              : lost != 0                   ? feed_state::conflict
              : planes != 0                 ? feed_state::partly
                                            : k_sleep_;
    ++counters_.k_feed[k_last_];
    if (trace_)
        trace_->feed(k_last_, k_sleep_, planes);
}

void kv_buffer::trace_k(std::uint64_t accessed, std::uint32_t lost) {
    for (std::uint64_t left = accessed; left != 0; left &= left - 1)
        trace_->accessed(lowest(left), kv_buffer_trace::access::k_read);
    for (std::uint32_t left = lost; left != 0; left &= left - 1)
        trace_->stalled(store_.bank(k_ports_[lowest(left)].line()));
}

std::uint32_t kv_buffer::oldest_of(std::uint32_t ports, unsigned count) const {
    std::uint32_t chosen = 0;
    for (; count != 0; --count) {
        unsigned best = lowest(ports);
        for (std::uint32_t left = ports; left != 0; left &= left - 1) {
            const unsigned p = lowest(left);
            if (k_ports_[p].requests().visible_at() < k_ports_[best].requests().visible_at())
                best = p;
        }
        chosen |= bit(best);
        ports &= ~bit(best);
    }
    return chosen;
}

std::uint32_t kv_buffer::take_turns(std::uint32_t granted, cycle_t now) {
    const std::int64_t a_cycle = k_planes_per_cycle_;
    // A read wider than what the feed delivers in a cycle leaves a debt.
    k_budget_ = std::min(a_cycle, k_budget_ + static_cast<std::int64_t>(now - k_budget_at_) * a_cycle);
    k_budget_at_ = now;
    std::int64_t wanted = 0;
    for (std::uint32_t left = granted; left != 0; left &= left - 1)
        wanted += k_ports_[lowest(left)].planes();
    if (wanted <= k_budget_) {
        k_budget_ -= wanted;
        return granted;
    }
    std::uint32_t served = 0;
    unsigned first_left_out = k_turn_;
    bool left_out = false;
    const std::uint32_t from_turn = granted & ~(bit(k_turn_) - 1);
    for (std::uint32_t part : {from_turn, granted & ~from_turn}) {
        for (; part != 0; part &= part - 1) {
            const unsigned p = lowest(part);
            const std::int64_t planes = k_ports_[p].planes();
            if (planes <= k_budget_ || (k_budget_ == a_cycle && !left_out)) {
                k_budget_ -= planes;
                served |= bit(p);
            } else if (!left_out) {
                left_out = true;
                first_left_out = p;
            }
        }
    }
    k_turn_ = first_left_out;
    return served;
}

// ---- V ------------------------------------------------------------------------------------------------------------

bool kv_buffer::v_row_is_queued(std::uint64_t atom) const {
    const std::uint64_t address = atom * line_store::line_bytes;
    for (std::size_t i = 0; i < v_fetches_.size(); ++i) {
        const fetch_item& row = v_fetches_.peek(i);
        if (row.address <= address && address < row.address + std::uint64_t{row.atoms} * line_store::line_bytes)
            return true;
    }
    return false;
}

void kv_buffer::access_v(cycle_t now) {
    std::uint32_t candidates = 0;
    std::uint64_t seen = 0;
    std::uint32_t lost = 0;
    std::uint32_t reader = 0;
    std::uint32_t data = 0;
    for (std::uint32_t left = v_asking_; left != 0; left &= left - 1) {
        const unsigned p = lowest(left);
        read_port& port = v_ports_[p];
        admit(port, v_port[p], now);
        if (!port.requests().ready(now)) {
            if (port.requests().empty() && !port.requests().holds_back())
                v_asking_ &= ~bit(p);
            continue;
        }
        if (!port.has_room()) {
            ++reader;
            continue;
        }
        const read_port::outcome what = port.look(store_);
        if (what == read_port::outcome::not_here_yet ||
            (what == read_port::outcome::unknown && v_row_is_queued(port.atom()))) {
            ++data;
            continue;
        }
        if (what != read_port::outcome::readable) {
            answer_error(port, what, now);
            v_answering_ |= bit(p);
            continue;
        }
        const unsigned b = store_.bank(port.line());
        const std::uint64_t bank = std::uint64_t{1} << b;
        if ((busy_banks_ & bank) != 0) {
            ++lost;
            if (trace_)
                trace_->stalled(b);
            continue;
        }
        candidates |= bit(p);
        if ((seen & bank) == 0 || port.requests().visible_at() < v_ports_[best_of_bank_[b]].requests().visible_at())
            best_of_bank_[b] = static_cast<std::uint8_t>(p);
        seen |= bank;
    }
    std::uint32_t served = 0;
    for (; candidates != 0; candidates &= candidates - 1) {
        const unsigned p = lowest(candidates);
        read_port& port = v_ports_[p];
        const unsigned b = store_.bank(port.line());
        if (best_of_bank_[b] != p) {
            ++lost;
            if (trace_)
                trace_->stalled(b);
            continue;
        }
        if (trace_)
            trace_->accessed(b, kv_buffer_trace::access::v_read);
        deliver(port, now);
        v_answering_ |= bit(p);
        ++served;
    }
    busy_banks_ |= seen;
    counters_.v_reads += served;
    counters_.v_conflicts += lost;
    again_ |= lost != 0;

    const auto at = [](feed_state s) { return static_cast<std::size_t>(s); };
    const auto ports = static_cast<std::uint32_t>(v_ports_.size());
    v_sleep_ = {};
    v_sleep_[at(feed_state::stall_reader)] = reader;
    v_sleep_[at(feed_state::stall_data)] = data;
    v_sleep_[at(feed_state::idle)] = ports - reader - data;
    v_last_ = v_sleep_;
    v_last_[at(feed_state::full)] = served;
    v_last_[at(feed_state::conflict)] = lost;
    v_last_[at(feed_state::idle)] -= served + lost;
    for (std::size_t s = 0; s < feed_states; ++s)
        counters_.v_ports.in[s] += v_last_[s];
}

// ---- both ---------------------------------------------------------------------------------------------------------

void kv_buffer::deliver(read_port& port, cycle_t now) {
    payload& trans = port.requests().front();
    const unsigned char* data = store_.read(port.line(), port.offset(), port.touched());
    if (plane_select* select = port.select()) {
        transpose(data, select->bit, trans.get_data_ptr(), port.bytes());
        select->selected = true;
    } else if (port.bytes() == 8)  // a bit plane of 64 dims: the common width, known to the compiler
        std::memcpy(trans.get_data_ptr(), data, 8);
    else
        std::memcpy(trans.get_data_ptr(), data, port.bytes());
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
    port.serve(now);
    ++progress_;
    // What stands behind it, or is held back, has not been looked at.
    again_ |= !port.requests().empty() || port.requests().holds_back();
}

void kv_buffer::answer_error(read_port& port, read_port::outcome what, cycle_t now) {
    if (what == read_port::outcome::unknown)
        port.requests().front().set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    port.serve(now);
    ++counters_.port_errors;
    ++progress_;
    again_ |= !port.requests().empty() || port.requests().holds_back();
}

void kv_buffer::send_answers(std::vector<read_port>& ports, target_sockets& sockets, std::uint32_t& active,
                             std::vector<link_count>& links, cycle_t now) {
    for (std::uint32_t left = active; left != 0; left &= left - 1) {
        const unsigned p = lowest(left);
        read_port& port = ports[p];
        if (payload* data = port.due(now)) {
            port.response().begin(*data);
            port.sent();
            ++links[p].transactions;
            links[p].bytes += data->get_data_length();
            ++progress_;
            tlm::tlm_phase phase = tlm::BEGIN_RESP;
            sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
            const tlm::tlm_sync_enum answer = sockets[p]->nb_transport_bw(*data, phase, delay);
            if (answer == tlm::TLM_COMPLETED || (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
                port.response().end(now);
                data->release();
            }
            again_ |= !port.requests().empty();  // a read that waited for this place
        }
        if (!port.answering())
            active &= ~bit(p);
        else
            again_ |= port.will_be_due();
    }
}

}  // namespace pade
