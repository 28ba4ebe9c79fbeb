// Faults of links, for tests of the watchdog: what was sent is lost on the way, and nobody is told. Bound between the
// two sockets of one link, and only where a fault is asked for.
#pragma once

#include <cstdint>
#include <string>
#include <tlm>
#include <type_traits>

#include "tlm/passage.h"
#include "tlm/payloads.h"

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
class stream_fault : public stream_passage<Payload> {
    using passage = stream_passage<Payload>;

  public:
    using passage::in;
    using passage::out;

    stream_fault(sc_core::sc_module_name name, const link_fault& fault) : passage(name), fault_(fault) {}
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

    const link_fault fault_;
    std::uint64_t seen_ = 0;
};

/// The target believes that its response was taken.
class memory_fault : public memory_passage {
  public:
    memory_fault(sc_core::sc_module_name name, const link_fault& fault) : memory_passage(name), fault_(fault) {}
    static bool can(link_fault::kind what) {
        return what == link_fault::kind::silent || what == link_fault::kind::lost_response;
    }

  private:
    using payload = tlm::tlm_generic_payload;

    tlm::tlm_sync_enum nb_transport_bw(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
        if (phase == tlm::BEGIN_RESP) {
            ++seen_;
            if (fault_.what == link_fault::kind::silent ? seen_ >= fault_.number : seen_ == fault_.number)
                return tlm::TLM_COMPLETED;
        }
        return in->nb_transport_bw(trans, phase, delay);
    }

    const link_fault fault_;
    std::uint64_t seen_ = 0;
};

}  // namespace pade
