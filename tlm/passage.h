// What is bound between the two sockets of a link and lets everything pass, but for what a derived class does about it:
// monitors, checkers, traces, stalls and faults.
//
//     sender.bind(passage.in);
//     passage.out.bind(receiver);
#pragma once

#include <tlm>

#include "tlm/sc_module.h"
#include "tlm/stream.h"

namespace pade {

/// Base: sc_module, or clocked_module for what needs a clock.
template <typename Payload, typename Base = sc_core::sc_module>
class stream_passage : public Base, protected stream_fw_if<Payload>, protected stream_bw_if<Payload> {
  public:
    tlm::tlm_target_socket<32, stream_traits<Payload>> in{"in"};
    tlm::tlm_initiator_socket<32, stream_traits<Payload>> out{"out"};

  protected:
    explicit stream_passage(sc_core::sc_module_name name) : Base(name) {
        in.bind(static_cast<stream_fw_if<Payload>&>(*this));
        out.bind(static_cast<stream_bw_if<Payload>&>(*this));
    }

    tlm::tlm_sync_enum nb_transport_fw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        return out->nb_transport_fw(item, phase, delay);
    }
    tlm::tlm_sync_enum nb_transport_bw(Payload& credit, stream_phase& phase, sc_core::sc_time& delay) override {
        return in->nb_transport_bw(credit, phase, delay);
    }

  private:
    void b_transport(Payload& item, sc_core::sc_time& delay) override { out->b_transport(item, delay); }
    bool get_direct_mem_ptr(Payload& item, tlm::tlm_dmi& dmi) override { return out->get_direct_mem_ptr(item, dmi); }
    unsigned transport_dbg(Payload& item) override { return out->transport_dbg(item); }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
        in->invalidate_direct_mem_ptr(start, end);
    }
};

/// On a memory link: a transparent component between initiator and target (IEEE 1666-2011, 15.2.5 k).
class memory_passage : public sc_core::sc_module,
                       protected tlm::tlm_fw_transport_if<>,
                       protected tlm::tlm_bw_transport_if<> {
  public:
    tlm::tlm_target_socket<> in{"in"};
    tlm::tlm_initiator_socket<> out{"out"};

  protected:
    explicit memory_passage(sc_core::sc_module_name name) : sc_module(name) {
        in.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
        out.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
    }

    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override {
        return out->nb_transport_fw(p, phase, delay);
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override {
        return in->nb_transport_bw(p, phase, delay);
    }
    void b_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) override { out->b_transport(p, delay); }

  private:
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& p, tlm::tlm_dmi& dmi) override {
        return out->get_direct_mem_ptr(p, dmi);
    }
    unsigned transport_dbg(tlm::tlm_generic_payload& p) override { return out->transport_dbg(p); }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
        in->invalidate_direct_mem_ptr(start, end);
    }
};

}  // namespace pade
