// The initiator's side of one base-protocol socket (IEEE 1666-2011, 15.2): one outstanding BEGIN_REQ, responses in any
// order, END_RESP by early completion. Payloads come from a pool and go back to it with their response.
#pragma once

#include <string>
#include <tlm>
#include <vector>

#include "model/errors.h"
#include "tlm/clock.h"
#include "tlm/payload_pool.h"

namespace pade {

class memory_port : private tlm::tlm_bw_transport_if<> {
  public:
    /// What the owner does with a response: called while the target's process runs, so it only stores and wakes. The
    /// data of a read may be used from the edge after `now` on. An empty `payload` says that a request was accepted.
    using handler = void (*)(void* owner, unsigned port, std::uint32_t tag, tlm::tlm_generic_payload* payload);

    memory_port() = default;
    memory_port(const memory_port&) = delete;
    memory_port& operator=(const memory_port&) = delete;

    template <typename Socket>
    void bind(Socket& socket, void* owner, unsigned port, handler h) {
        socket.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
        forward_ = [](void* s, tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_core::sc_time& t) {
            return (*static_cast<Socket*>(s))->nb_transport_fw(p, phase, t);
        };
        socket_ = &socket;
        owner_ = owner;
        port_ = port;
        handler_ = h;
    }
    /// How edges are numbered; to be set before the first request.
    void set_clock(const clock_if* clock) { clock_ = clock; }

    /// True when a request may begin at `now`: the one before has been accepted at an earlier edge.
    bool can_request(cycle_t now) const { return requesting_ == nullptr && now >= free_from_; }
    std::size_t in_flight() const { return flights_.size(); }
    open_access oldest() const { return pool_.oldest(); }

    void read(std::uint64_t address, unsigned bytes, std::uint32_t tag) {
        begin(pool_.acquire(tlm::TLM_READ_COMMAND, address, bytes), tag);
    }
    void write(std::uint64_t address, const unsigned char* data, unsigned bytes, std::uint32_t tag) {
        auto& payload = pool_.acquire(tlm::TLM_WRITE_COMMAND, address, bytes);
        std::memcpy(payload.get_data_ptr(), data, bytes);
        begin(payload, tag);
    }

  private:
    struct flight {
        tlm::tlm_generic_payload* payload;
        std::uint32_t tag;
    };

    void begin(tlm::tlm_generic_payload& payload, std::uint32_t tag) {
        flights_.push_back({&payload, tag});
        requesting_ = &payload;
        free_from_ = clock_->cycle() + 1;
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        switch (forward_(socket_, payload, phase, delay)) {
            case tlm::TLM_ACCEPTED:
                return;
            case tlm::TLM_UPDATED:
                check(delay);
                if (phase == tlm::END_REQ) {
                    accepted(payload);
                } else if (phase == tlm::BEGIN_RESP) {
                    payload.acquire();  // outlives its END_RESP below
                    finish(payload);
                    phase = tlm::END_RESP;
                    delay = sc_core::SC_ZERO_TIME;
                    forward_(socket_, payload, phase, delay);
                    payload.release();
                } else {
                    refuse("an unexpected phase", payload);
                }
                return;
            case tlm::TLM_COMPLETED:
                check(delay);
                finish(payload);
                return;
        }
    }

    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override {
        check(delay);
        if (phase == tlm::END_REQ) {
            accepted(payload);
            return tlm::TLM_ACCEPTED;
        }
        if (phase == tlm::BEGIN_RESP) {
            finish(payload);
            return tlm::TLM_COMPLETED;
        }
        if (phase == tlm::BEGIN_REQ || phase == tlm::END_RESP)
            refuse("an unexpected phase", payload);
        return tlm::TLM_ACCEPTED;  // ignorable phases (IEEE 1666-2011, 15.2.5)
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

    void accepted(tlm::tlm_generic_payload& payload) {
        if (requesting_ != &payload)
            return;
        requesting_ = nullptr;
        free_from_ = clock_->cycle() + 1;
        handler_(owner_, port_, 0, nullptr);
    }

    void finish(tlm::tlm_generic_payload& payload) {
        accepted(payload);  // BEGIN_RESP implies END_REQ
        for (std::size_t i = 0; i < flights_.size(); ++i) {
            if (flights_[i].payload != &payload)
                continue;
            const std::uint32_t tag = flights_[i].tag;
            flights_[i] = flights_.back();
            flights_.pop_back();
            if (payload.is_response_error())
                refuse(payload.get_response_string().c_str(), payload);
            handler_(owner_, port_, tag, &payload);
            payload.release();
            return;
        }
        refuse("a response to a request that is not in flight", payload);
    }

    void check(const sc_core::sc_time& delay) const {
        if (delay != sc_core::SC_ZERO_TIME)
            throw internal_error("memory port: an annotated delay of " + delay.to_string() +
                                 "; all links of the model are cycle-registered and use none");
    }
    [[noreturn]] void refuse(const char* what, const tlm::tlm_generic_payload& payload) const {
        throw internal_error(std::string("memory port: ") + what + " for a " + (payload.is_read() ? "read" : "write") +
                             " of address " + std::to_string(payload.get_address()));
    }

    void* socket_ = nullptr;
    tlm::tlm_sync_enum (*forward_)(void*, tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) = nullptr;
    void* owner_ = nullptr;
    unsigned port_ = 0;
    handler handler_ = nullptr;
    const clock_if* clock_ = nullptr;
    payload_pool pool_;
    std::vector<flight> flights_;
    tlm::tlm_generic_payload* requesting_ = nullptr;
    cycle_t free_from_ = 0;
};

}  // namespace pade
