// Counts what passes a link, for `links.{name}` of the statistics: nothing but two additions a call, so that every link
// of the chip has one. On a memory link it is a transparent component between sender and receiver (IEEE
// 1666-2011, 15.2.5 k).
//
//     buffer.memory.bind(monitor.in);
//     monitor.out.bind(arbiter.kv);
#pragma once

#include <cstdint>
#include <tlm>

#include "tlm/passage.h"

namespace pade {

/// On a memory link: one transaction for each BEGIN_REQ or b_transport, with its data length in bytes. Debug accesses
/// and DMI pass uncounted: they cost no hardware anything.
class memory_monitor : public memory_passage {
  public:
    explicit memory_monitor(sc_core::sc_module_name name) : memory_passage(name) {}

    std::uint64_t transactions() const { return transactions_; }
    std::uint64_t bytes() const { return bytes_; }

  private:
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override {
        if (phase == tlm::BEGIN_REQ)
            count(payload);
        return out->nb_transport_fw(payload, phase, delay);
    }
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
        count(payload);
        out->b_transport(payload, delay);
    }

    void count(const tlm::tlm_generic_payload& payload) {
        ++transactions_;
        bytes_ += payload.get_data_length();
    }
    std::uint64_t transactions_ = 0;
    std::uint64_t bytes_ = 0;
};

/// On streams: one transaction for each item, with `wire_bytes(item)` bytes (tlm/wire_bytes.h for the payloads of
/// tlm/payloads.h; include it where a monitor is made). Credits are not counted. Sits at the sending socket, not in
/// between: one monitor serves all links of a name, so that what the lanes send every cycle passes one line of cache,
/// not one a link.
///
///     lane.verdicts.watch(&monitor);
template <typename Payload>
class stream_monitor final : public stream_watcher<Payload> {
  public:
    void sent(const Payload& item) override {
        ++transactions_;
        bytes_ += wire_bytes(item);
    }
    std::uint64_t transactions() const { return transactions_; }
    std::uint64_t bytes() const { return bytes_; }

  private:
    std::uint64_t transactions_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace pade
