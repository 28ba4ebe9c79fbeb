// One read port of the KV buffer, without its socket: the requests that wait, and the data on its way to the reader.
//
// Time. A request that comes at edge n takes part in the arbitration of the banks from n + 1 on. Data of an access at
// edge a leave with BEGIN_RESP at edge a + read_latency - 1, and the reader, who may use what it is sent one edge
// later, sees them at a + read_latency. The pipe holds read_latency answers and stands still while the reader does not
// take one.
#pragma once

#include <tlm>

#include "model/buffer/line_store.h"
#include "tlm/memory_link.h"
#include "tlm/plane_select.h"

namespace pade {

class read_port {
  public:
    using payload = tlm::tlm_generic_payload;

    read_port(unsigned places, unsigned latency) : latency_(latency), requests_(places), answers_(latency + 1) {}

    link_queue& requests() { return requests_; }
    const link_queue& requests() const { return requests_; }
    link_exclusion& response() { return response_; }
    const link_exclusion& response() const { return response_; }

    enum class outcome { readable, not_here_yet, unknown, bad };
    /// What the oldest request asks for; for `unknown` its address has no line, for `bad` its status is set.
    outcome look(const line_store& store) {
        payload& read = requests_.front();
        if (!known_) {
            const std::uint64_t address = read.get_address();
            const unsigned bytes = read.get_data_length();
            atom_ = address / line_store::line_bytes;
            offset_ = static_cast<unsigned>(address % line_store::line_bytes);
            bytes_ = bytes;
            select_ = read.get_extension<plane_select>();
            if (!legal(read))
                return outcome::bad;
            line_ = store.find(atom_);
            known_ = true;
        } else if (line_ == no_line || !store.holds(line_, atom_)) {
            line_ = store.find(atom_);
        }
        if (line_ == no_line)
            return outcome::unknown;
        return store.present(line_) ? outcome::readable : outcome::not_here_yet;
    }
    line_id line() const { return line_; }
    std::uint64_t atom() const { return atom_; }
    unsigned offset() const { return offset_; }
    unsigned bytes() const { return bytes_; }
    /// Not null: the oldest request wants a plane of values.
    plane_select* select() const { return select_; }
    /// 64-bit words of the oldest request; fewer bits take a whole one.
    unsigned planes() const { return (bytes_ + 7) / 8; }

    /// True when an access made now has a place in the pipe.
    bool has_room() const { return answers_.size() < latency_; }
    /// The oldest request was served at `now`: it becomes an answer.
    void serve(cycle_t now) {
        answers_.push(&requests_.front(), now + latency_ - 1);
        requests_.pop(now);
        known_ = false;
    }
    bool answering() const { return !answers_.empty(); }
    /// The answer that is to be sent now, if there is one and the link is free.
    payload* due(cycle_t now) const { return answers_.ready(now) && response_.free(now) ? answers_.front() : nullptr; }
    void sent() { answers_.pop(); }
    /// True when only time, or the request that follows, stands between an answer and its reader.
    bool will_be_due() const { return !answers_.empty() && response_.open() == nullptr; }

    /// Bytes of the line that the oldest request is made of.
    unsigned touched() const { return select_ != nullptr ? 8 * bytes_ : bytes_; }

  private:
    bool legal(payload& read) const {
        if (!read.is_read())
            read.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
        else if (read.get_byte_enable_ptr() != nullptr)
            read.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
        else if (bytes_ == 0 || read.get_streaming_width() < bytes_ || offset_ + touched() > line_store::line_bytes ||
                 (select_ != nullptr && select_->bit >= 8))
            read.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
        else
            return true;
        return false;
    }

    unsigned latency_;
    link_queue requests_;
    registered_fifo<payload*> answers_;
    link_exclusion response_;
    // The oldest request, decoded.
    bool known_ = false;
    line_id line_ = no_line;
    std::uint64_t atom_ = 0;
    unsigned offset_ = 0;
    unsigned bytes_ = 0;
    plane_select* select_ = nullptr;
};

}  // namespace pade
