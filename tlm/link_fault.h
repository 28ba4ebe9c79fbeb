// Faults of links, for tests of the watchdog: what was sent is lost on the way, and nobody is told. Bound between the
// two sockets of one link, and only where a fault is asked for.
#pragma once

#include <cstdint>
#include <string>
#include <tlm>
#include <type_traits>

#include "tlm/payloads.h"
#include "tlm/sc_module.h"
#include "tlm/stream.h"

namespace pade {

struct link_fault {
    enum class kind {
        silent,         ///< memory link: no response comes any more, from the `number`-th on
        lost_response,  ///< memory link: the `number`-th response does not come
        lost_credit,    ///< stream: the `number`-th credit does not come
        never_ready,    ///< stream: the receiver takes nothing and gives no credit, from the `number`-th item on
        held_entry,     ///< verdicts: the `number`-th verdict that ends a pair does not come, its entry is never freed
    };
    kind what = kind::silent;
    std::string link;    ///< as in links.{name} of the statistics
    unsigned index = 0;  ///< which of the links of that name, in the order of their binding
    std::uint64_t number = 1;
};

template <typename Payload>
class stream_fault : public sc_core::sc_module, private stream_fw_if<Payload>, private stream_bw_if<Payload> {
  public:
    tlm::tlm_target_socket<32, stream_traits<Payload>> in{"in"};
    tlm::tlm_initiator_socket<32, stream_traits<Payload>> out{"out"};

    stream_fault(sc_core::sc_module_name name, const link_fault& fault) : sc_module(name), fault_(fault) {
        in.bind(static_cast<stream_fw_if<Payload>&>(*this));
        out.bind(static_cast<stream_bw_if<Payload>&>(*this));
    }
    /// Whether a stream of this payload can have such a fault.
    static bool can(link_fault::kind what) {
        return what == link_fault::kind::lost_credit || what == link_fault::kind::never_ready ||
               (what == link_fault::kind::held_entry && std::is_same_v<Payload, verdict_item>);
    }

  private:
    bool lost([[maybe_unused]] const Payload& item) {
        if (fault_.what == link_fault::kind::never_ready)
            return ++seen_ >= fault_.number;
        if constexpr (std::is_same_v<Payload, verdict_item>)
            if (fault_.what == link_fault::kind::held_entry && item.decision != verdict::next_plane)
                return ++seen_ == fault_.number;
        return false;
    }
    tlm::tlm_sync_enum nb_transport_fw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        return lost(item) ? tlm::TLM_ACCEPTED : out->nb_transport_fw(item, phase, delay);
    }
    tlm::tlm_sync_enum nb_transport_bw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        if (fault_.what == link_fault::kind::lost_credit && ++seen_ == fault_.number)
            return tlm::TLM_ACCEPTED;
        return in->nb_transport_bw(item, phase, delay);
    }
    void b_transport(Payload& item, sc_core::sc_time& delay) override { out->b_transport(item, delay); }
    bool get_direct_mem_ptr(Payload& item, tlm::tlm_dmi& dmi) override { return out->get_direct_mem_ptr(item, dmi); }
    unsigned transport_dbg(Payload& item) override { return out->transport_dbg(item); }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
        in->invalidate_direct_mem_ptr(start, end);
    }

    const link_fault fault_;
    std::uint64_t seen_ = 0;
};

/// The target believes that its response was taken.
class memory_fault : public sc_core::sc_module, private tlm::tlm_fw_transport_if<>, private tlm::tlm_bw_transport_if<> {
  public:
    tlm::tlm_target_socket<> in{"in"};
    tlm::tlm_initiator_socket<> out{"out"};

    memory_fault(sc_core::sc_module_name name, const link_fault& fault) : sc_module(name), fault_(fault) {
        in.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
        out.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
    }
    static bool can(link_fault::kind what) {
        return what == link_fault::kind::silent || what == link_fault::kind::lost_response;
    }

  private:
    using payload = tlm::tlm_generic_payload;
    tlm::tlm_sync_enum nb_transport_fw(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
        return out->nb_transport_fw(trans, phase, delay);
    }
    tlm::tlm_sync_enum nb_transport_bw(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
        if (phase == tlm::BEGIN_RESP) {
            ++seen_;
            if (fault_.what == link_fault::kind::silent ? seen_ >= fault_.number : seen_ == fault_.number)
                return tlm::TLM_COMPLETED;
        }
        return in->nb_transport_bw(trans, phase, delay);
    }
    void b_transport(payload& trans, sc_core::sc_time& delay) override { out->b_transport(trans, delay); }
    bool get_direct_mem_ptr(payload& trans, tlm::tlm_dmi& dmi) override { return out->get_direct_mem_ptr(trans, dmi); }
    unsigned transport_dbg(payload& trans) override { return out->transport_dbg(trans); }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
        in->invalidate_direct_mem_ptr(start, end);
    }

    const link_fault fault_;
    std::uint64_t seen_ = 0;
};

}  // namespace pade
