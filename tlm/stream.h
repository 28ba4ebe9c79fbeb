// On-chip streams: point-to-point links that are not memory-mapped (planes to lanes, bounds to the guard filter,
// retained scores to the V-PU). They have a protocol of their own, as the TLM-2.0 standard asks of anything that is not
// the base protocol (IEEE 1666-2011, 14.2.2 and 16.3): a traits class with a typed payload and two phases.
//
//   forward   ITEM    the payload is the item; the target copies it into its input register and returns TLM_ACCEPTED.
//                     It may be used from the edge that the sender names in `visible` on, at the earliest the next one.
//   backward  CREDIT  the target has freed one place of its input FIFO; `visible` is the edge at which that happened.
//
// A sender that respects the FIFO depth that both sides were built with never has an item refused; there is nothing to
// retry. b_transport, DMI and debug make no sense on a stream and are refused.
#pragma once

#include <functional>
#include <string>
#include <tlm>
#include <utility>

#include "tlm/clock.h"

namespace pade {

enum class stream_phase { item, credit };

template <typename Payload>
struct stream_traits {
    using tlm_payload_type = Payload;
    using tlm_phase_type = stream_phase;
};

template <typename Payload>
using stream_fw_if = tlm::tlm_fw_transport_if<stream_traits<Payload>>;
template <typename Payload>
using stream_bw_if = tlm::tlm_bw_transport_if<stream_traits<Payload>>;

/// Every item carries the edge from which on it may be seen.
struct stream_item {
    cycle_t visible = 0;
};

/// Sees each item that a socket sends; takes no time and changes nothing.
template <typename Payload>
class stream_watcher {
  public:
    virtual ~stream_watcher() = default;
    virtual void sent(const Payload& item) = 0;
};

/// The sending socket's own end: credits come here. What sending and crediting touch lies in one line of cache: with
/// 128 lanes, lines are what a simulated cycle costs.
template <typename Payload>
struct alignas(64) stream_output final : stream_bw_if<Payload> {
    tlm::tlm_sync_enum nb_transport_bw(Payload& item, stream_phase&, sc_core::sc_time&) override {
        if (call != nullptr)
            call(object, tag, item.visible);
        return tlm::TLM_ACCEPTED;
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

    stream_fw_if<Payload>* forward = nullptr;  // what the port is bound to: fixed once the simulation runs
    stream_watcher<Payload>* watcher = nullptr;
    void* object = nullptr;
    void (*call)(void*, unsigned, cycle_t) = nullptr;
    unsigned tag = 0;
    bool direct = false;  // `forward` is a stream_input, not something in between: no virtual call is needed
};

/// The receiving socket's own end: items come here. One line of cache likewise.
template <typename Payload>
struct alignas(64) stream_input final : stream_fw_if<Payload> {
    tlm::tlm_sync_enum nb_transport_fw(Payload& item, stream_phase&, sc_core::sc_time&) override {
        call(object, tag, item);
        return tlm::TLM_ACCEPTED;
    }
    void b_transport(Payload&, sc_core::sc_time&) override {
        SC_REPORT_ERROR("pade/stream", "b_transport on a stream: use nb_transport_fw");
    }
    bool get_direct_mem_ptr(Payload&, tlm::tlm_dmi&) override { return false; }
    unsigned transport_dbg(Payload&) override { return 0; }

    stream_bw_if<Payload>* backward = nullptr;
    void* object = nullptr;
    void (*call)(void*, unsigned, Payload&) = [](void*, unsigned, Payload&) {
        SC_REPORT_ERROR("pade/stream", "an item reached a target socket without a handler");
    };
    unsigned tag = 0;
    bool direct = false;  // `backward` is a stream_output
};

/// The sending side. A module handles credits in `void (Module::*)(unsigned tag, cycle_t now)`, or ignores them.
template <typename Payload>
class stream_initiator : public tlm::tlm_initiator_socket<32, stream_traits<Payload>> {
    using base = tlm::tlm_initiator_socket<32, stream_traits<Payload>>;

  public:
    explicit stream_initiator(const char* name) : base(name) { base::bind(static_cast<stream_bw_if<Payload>&>(end_)); }

    template <typename Module, void (Module::*Handler)(unsigned, cycle_t)>
    void on_credit(Module* module, unsigned tag = 0) {
        end_.object = module;
        end_.tag = tag;
        end_.call = [](void* object, unsigned t, cycle_t now) { (static_cast<Module*>(object)->*Handler)(t, now); };
    }
    /// The same with the handler named at run time; a little slower.
    template <typename Module>
    void on_credit(Module* module, void (Module::*handler)(unsigned, cycle_t), unsigned tag = 0) {
        slow_handler_ = [module, handler, tag](cycle_t now) { (module->*handler)(tag, now); };
        end_.object = this;
        end_.call = [](void* object, unsigned, cycle_t now) {
            static_cast<stream_initiator*>(object)->slow_handler_(now);
        };
    }

    /// From now on `watcher` sees each item; several sockets may have the same one. Null: nobody.
    void watch(stream_watcher<Payload>* watcher) { end_.watcher = watcher; }

    /// Sends a copy of the item, to be seen at edge `visible` (later than the sender's present edge).
    void send(Payload& item, cycle_t visible) {
        stream_phase phase = stream_phase::item;
        sc_core::sc_time none = sc_core::SC_ZERO_TIME;
        // A broadcast sends one item many times: written once, the receivers' copies need not wait for the store.
        if (item.visible != visible)
            item.visible = visible;
        if (end_.watcher != nullptr)
            end_.watcher->sent(item);
        if (end_.forward == nullptr) {
            end_.forward = (*this).operator->();
            end_.direct = dynamic_cast<stream_input<Payload>*>(end_.forward) != nullptr;
        }
        if (end_.direct)
            static_cast<stream_input<Payload>*>(end_.forward)->nb_transport_fw(item, phase, none);
        else
            end_.forward->nb_transport_fw(item, phase, none);
    }

  private:
    static_assert(sizeof(stream_output<Payload>) == 64, "one line of cache");
    stream_output<Payload> end_;
    std::function<void(cycle_t)> slow_handler_;
};

/// The receiving side: each item goes to the handler `void (Module::*)(unsigned tag, Payload&)`, which copies what it
/// keeps.
template <typename Payload>
class stream_target : public tlm::tlm_target_socket<32, stream_traits<Payload>> {
    using base = tlm::tlm_target_socket<32, stream_traits<Payload>>;

  public:
    explicit stream_target(const char* name) : base(name) { base::bind(static_cast<stream_fw_if<Payload>&>(end_)); }

    template <typename Module, void (Module::*Handler)(unsigned, Payload&)>
    void on_item(Module* module, unsigned tag = 0) {
        end_.object = module;
        end_.tag = tag;
        end_.call = [](void* object, unsigned t, Payload& item) { (static_cast<Module*>(object)->*Handler)(t, item); };
    }

    /// One place of the input FIFO was freed at edge `now`.
    void give_credit(cycle_t now) {
        static Payload credit{};  // carries nothing but the edge
        stream_phase phase = stream_phase::credit;
        sc_core::sc_time none = sc_core::SC_ZERO_TIME;
        credit.visible = now;
        if (end_.backward == nullptr) {
            end_.backward = (*this).operator->();
            end_.direct = dynamic_cast<stream_output<Payload>*>(end_.backward) != nullptr;
        }
        if (end_.direct)
            static_cast<stream_output<Payload>*>(end_.backward)->nb_transport_bw(credit, phase, none);
        else
            end_.backward->nb_transport_bw(credit, phase, none);
    }

  private:
    static_assert(sizeof(stream_input<Payload>) == 64, "one line of cache");
    stream_input<Payload> end_;
};

}  // namespace pade
