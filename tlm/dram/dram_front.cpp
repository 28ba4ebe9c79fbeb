#include "tlm/dram/dram_front.h"

#include <algorithm>
#include <cstring>

namespace pade {

using sc_core::sc_time;

dram_front::dram_front(unsigned channel, const dram_params& params, const dram_timing& timing, const address_map& map,
                       dram_store& store, socket_type& socket, clock_if& clock, sc_time::value_type period,
                       dram_counters& counters)
    : channel_(channel),
      map_(map),
      store_(store),
      socket_(socket),
      clock_(clock),
      period_(period),
      counters_(counters),
      read_delay_(sc_time::from_value(period * (timing.rcdrd + timing.cl + timing.burst))),
      write_delay_(sc_time::from_value(period * (timing.rcdwr + timing.cwl + timing.burst))),
      read_room_(params.read_queue),
      write_room_(params.write_queue),
      // Reads on their way over the bus must not count against an initiator that takes its responses at once.
      return_limit_(params.read_queue + timing.cl / timing.burst + 2),
      ack_limit_(params.write_queue) {}

tlm::tlm_response_status dram_front::check(const tlm::tlm_generic_payload& payload) const {
    const std::uint64_t address = payload.get_address();
    const unsigned length = payload.get_data_length();
    const unsigned atom = map_.atom_bytes();
    if (!payload.is_read() && !payload.is_write())
        return tlm::TLM_COMMAND_ERROR_RESPONSE;
    if (address >= map_.bytes())
        return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    if (length == 0 || length > atom || payload.get_streaming_width() < length)
        return tlm::TLM_BURST_ERROR_RESPONSE;
    const auto at = map_.decode(address);
    // A mapping may put other fields below the offset: then the next address need not lie in the same atom.
    const auto end = map_.decode(std::min(address + length, map_.bytes()) - 1);
    if (at.pseudo_channel != channel_ || address + length > map_.bytes() || end.offset != at.offset + length - 1)
        return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    if (payload.get_byte_enable_ptr() != nullptr && payload.get_byte_enable_length() == 0)
        return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    return tlm::TLM_OK_RESPONSE;
}

void dram_front::move_bytes(tlm::tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    unsigned char* data = payload.get_data_ptr();
    const unsigned length = payload.get_data_length();
    const unsigned char* enable = payload.get_byte_enable_ptr();
    if (enable == nullptr) {
        if (payload.is_read())
            store_.read(address, data, length);
        else
            store_.write(address, data, length);
        return;
    }
    const unsigned enables = payload.get_byte_enable_length();
    for (unsigned i = 0; i < length; ++i) {
        if (enable[i % enables] != TLM_BYTE_ENABLED)
            continue;
        if (payload.is_read())
            store_.read(address + i, data + i, 1);
        else
            store_.write(address + i, data + i, 1);
    }
}

bool dram_front::admit(tlm::tlm_generic_payload& payload, cycle_t cycle, cycle_t visible) {
    if (acks_.size() >= ack_limit_)
        return false;
    const auto status = check(payload);
    if (status != tlm::TLM_OK_RESPONSE) {
        payload.set_response_status(status);
        ++counters_.errors;
        acks_.push(&payload, cycle + 1);
        return true;
    }
    const bool write = payload.is_write();
    credit_counter& room = write ? write_room_ : read_room_;
    if (room.available(cycle) == 0)
        return false;
    room.take(cycle);

    move_bytes(payload);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    (write ? counters_.bytes_written : counters_.bytes_read) += payload.get_data_length();

    const auto at = map_.decode(payload.get_address());
    dram_request request;
    request.payload = write ? nullptr : &payload;
    request.accepted = sc_core::sc_time_stamp().value();
    request.row = at.row;
    request.column = at.column;
    request.bank = static_cast<std::uint16_t>(map_.bank_number(at));
    request.atom = (std::uint64_t{at.row} * map_.banks() + request.bank) * map_.atoms_per_page() + at.column;
    request.is_write = write;
    arrivals_.push(request, visible);
    if (write)
        acks_.push(&payload, cycle + 1);
    return true;
}

tlm::tlm_sync_enum dram_front::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                               sc_time& delay) {
    if (phase == tlm::BEGIN_REQ) {
        if (held_ != nullptr) {
            SC_REPORT_ERROR("pade/dram", "BEGIN_REQ before the END_REQ of the request before it");
            return tlm::TLM_ACCEPTED;
        }
        payload.acquire();
        const cycle_t cycle = clock_.cycle();
        if (delay == sc_core::SC_ZERO_TIME && admit(payload, cycle, cycle + 1)) {
            clock_.wake();
            phase = tlm::END_REQ;
            return tlm::TLM_UPDATED;
        }
        held_ = &payload;
        held_visible_ = (sc_core::sc_time_stamp() + delay).value() / period_ + 1;
        retry_ = held_visible_;
        clock_.wake_at(held_visible_);
        return tlm::TLM_ACCEPTED;
    }
    if (phase == tlm::END_RESP) {
        if (outstanding_ != &payload) {
            SC_REPORT_ERROR("pade/dram", "END_RESP without a BEGIN_RESP that waits for it");
            return tlm::TLM_ACCEPTED;
        }
        outstanding_ = nullptr;
        response_free_ = (sc_core::sc_time_stamp() + delay).value() / period_ + 1;
        clock_.wake_at(response_free_);
        payload.release();
        return tlm::TLM_COMPLETED;
    }
    if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP)
        SC_REPORT_ERROR("pade/dram", "a phase of the backward path came on the forward path");
    return tlm::TLM_ACCEPTED;
}

void dram_front::accept(cycle_t now) {
    if (held_ == nullptr || now < retry_)
        return;
    retry_ = no_cycle;
    if (!admit(*held_, now, now))
        return;
    tlm::tlm_generic_payload& payload = *held_;
    held_ = nullptr;
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_time delay = sc_core::SC_ZERO_TIME;
    socket_->nb_transport_bw(payload, phase, delay);
}

bool dram_front::take(cycle_t now, dram_request& request) {
    if (!arrivals_.ready(now))
        return false;
    request = arrivals_.front();
    arrivals_.pop();
    request.since = now;
    return true;
}

void dram_front::freed(bool write, cycle_t now) {
    (write ? write_room_ : read_room_).give(now);
    if (held_ != nullptr)
        retry_ = std::max(held_visible_, now + 1);
}

void dram_front::respond(cycle_t now) {
    while (response_open(now)) {
        // Read data first: its beats are on the bus now, an acknowledgement is only a message.
        if (returns_.ready(now)) {
            auto* payload = returns_.front();
            returns_.pop();
            send(*payload, now);
        } else if (acks_.ready(now)) {
            auto* payload = acks_.front();
            acks_.pop();
            if (held_ != nullptr)
                retry_ = std::min(retry_, std::max(held_visible_, now + 1));
            send(*payload, now);
        } else {
            return;
        }
    }
}

void dram_front::send(tlm::tlm_generic_payload& payload, cycle_t now) {
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_time delay = sc_core::SC_ZERO_TIME;
    outstanding_ = &payload;
    const auto result = socket_->nb_transport_bw(payload, phase, delay);
    if (outstanding_ != &payload)
        return;  // END_RESP came on the forward path, from within the call
    if (result == tlm::TLM_COMPLETED || (result == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
        outstanding_ = nullptr;
        if (delay != sc_core::SC_ZERO_TIME)
            response_free_ = now + (delay.value() + period_ - 1) / period_;
        payload.release();
    }
}

cycle_t dram_front::next_event() const {
    cycle_t next = held_ != nullptr ? retry_ : no_cycle;
    if (!arrivals_.empty())
        next = std::min(next, arrivals_.visible_at());
    if (outstanding_ == nullptr) {
        if (!returns_.empty())
            next = std::min(next, std::max(returns_.visible_at(), response_free_));
        if (!acks_.empty())
            next = std::min(next, std::max(acks_.visible_at(), response_free_));
    }
    return next;
}

std::string dram_front::waits_for() const {
    if (outstanding_ != nullptr)
        return "END_RESP of the initiator for address " + std::to_string(outstanding_->get_address());
    if (held_ != nullptr && acks_.size() >= ack_limit_)
        return "room for a response";
    return "";
}

void dram_front::b_transport(tlm::tlm_generic_payload& payload, sc_time& delay) {
    const auto status = check(payload);
    payload.set_response_status(status);
    if (status != tlm::TLM_OK_RESPONSE)
        return;
    move_bytes(payload);
    delay += payload.is_read() ? read_delay_ : write_delay_;
}

unsigned dram_front::transport_dbg(tlm::tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    if (address >= map_.bytes())
        return 0;
    const auto length =
        static_cast<unsigned>(std::min<std::uint64_t>(payload.get_data_length(), map_.bytes() - address));
    if (payload.is_read())
        store_.read(address, payload.get_data_ptr(), length);
    else if (payload.is_write())
        store_.write(address, payload.get_data_ptr(), length);
    else
        return 0;
    return length;
}

bool dram_front::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    dmi.allow_none();  // bytes that are read without a request would cost no time
    return false;
}

}  // namespace pade
