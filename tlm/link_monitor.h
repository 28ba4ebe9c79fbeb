// Counts what passes a link, for `links.{name}` of the statistics. Sits between sender and receiver as a transparent
// component (IEEE 1666-2011, 15.2.5 k); nothing but two additions a call, so that it can sit on every link of the chip.
//
//     sender.planes.bind(monitor.in);
//     monitor.out.bind(lane.planes);
#pragma once

#include <cstdint>
#include <tlm>

#include "tlm/stream.h"

namespace pade {

/// On a memory link: one transaction for each BEGIN_REQ or b_transport, with its data length in bytes. Debug accesses
/// and DMI pass uncounted: they cost no hardware anything.
class memory_monitor : public sc_core::sc_module,
                       private tlm::tlm_fw_transport_if<>,
                       private tlm::tlm_bw_transport_if<> {
  public:
    tlm::tlm_target_socket<> in{"in"};
    tlm::tlm_initiator_socket<> out{"out"};

    explicit memory_monitor(sc_core::sc_module_name name) : sc_module(name) {
        in.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
        out.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
    }

    std::uint64_t transactions() const { return transactions_; }
    std::uint64_t bytes() const { return bytes_; }

  private:
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override {
        if (phase == tlm::BEGIN_REQ)
            count(payload);
        return out->nb_transport_fw(payload, phase, delay);
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override {
        return in->nb_transport_bw(payload, phase, delay);
    }
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
        count(payload);
        out->b_transport(payload, delay);
    }
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override {
        return out->get_direct_mem_ptr(payload, dmi);
    }
    unsigned transport_dbg(tlm::tlm_generic_payload& payload) override { return out->transport_dbg(payload); }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
        in->invalidate_direct_mem_ptr(start, end);
    }

    void count(const tlm::tlm_generic_payload& payload) {
        ++transactions_;
        bytes_ += payload.get_data_length();
    }
    std::uint64_t transactions_ = 0;
    std::uint64_t bytes_ = 0;
};

/// The tap of a stream monitor: what every item of every lane passes, hence by itself and small, one line of cache.
template <typename Payload>
class stream_tap final : public stream_fw_if<Payload>, public stream_bw_if<Payload> {
  public:
    void connect(stream_fw_if<Payload>* forward, stream_bw_if<Payload>* backward) {
        forward_ = forward;
        backward_ = backward;
    }
    std::uint64_t transactions() const { return transactions_; }
    std::uint64_t bytes() const { return bytes_; }

  private:
    tlm::tlm_sync_enum nb_transport_fw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        ++transactions_;
        bytes_ += wire_bytes(item);
        return forward_->nb_transport_fw(item, phase, delay);
    }
    tlm::tlm_sync_enum nb_transport_bw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        return backward_->nb_transport_bw(item, phase, delay);
    }
    void b_transport(Payload& item, sc_core::sc_time& delay) override { forward_->b_transport(item, delay); }
    bool get_direct_mem_ptr(Payload& item, tlm::tlm_dmi& dmi) override {
        return forward_->get_direct_mem_ptr(item, dmi);
    }
    unsigned transport_dbg(Payload& item) override { return forward_->transport_dbg(item); }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
        backward_->invalidate_direct_mem_ptr(start, end);
    }

    stream_fw_if<Payload>* forward_ = nullptr;
    stream_bw_if<Payload>* backward_ = nullptr;
    std::uint64_t transactions_ = 0;
    std::uint64_t bytes_ = 0;
};

/// On a stream: one transaction for each item, with `wire_bytes(item)` bytes (tlm/wire_bytes.h for the payloads of
/// tlm/payloads.h; include it where a monitor is made). Credits pass uncounted.
template <typename Payload>
class stream_monitor : public sc_core::sc_module {
  public:
    tlm::tlm_target_socket<32, stream_traits<Payload>> in{"in"};
    tlm::tlm_initiator_socket<32, stream_traits<Payload>> out{"out"};

    explicit stream_monitor(sc_core::sc_module_name name) : sc_module(name) {
        in.bind(static_cast<stream_fw_if<Payload>&>(tap_));
        out.bind(static_cast<stream_bw_if<Payload>&>(tap_));
    }

    std::uint64_t transactions() const { return tap_.transactions(); }
    std::uint64_t bytes() const { return tap_.bytes(); }

  private:
    void end_of_elaboration() override { tap_.connect(out.operator->(), in.operator->()); }

    stream_tap<Payload> tap_;
};

}  // namespace pade
