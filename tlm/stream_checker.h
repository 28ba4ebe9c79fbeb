// Checks one on-chip stream against the protocol of tlm/stream.h. Placed like a monitor; `clk` is bound to a gate of
// the sender's clock domain (it is only asked for the cycle, never woken).
#pragma once

#include <cstdint>
#include <string>
#include <tlm>
#include <vector>

#include "tlm/clock.h"
#include "tlm/passage.h"
#include "tlm/protocol_violation.h"

namespace pade {

template <typename Payload>
class stream_checker : public stream_passage<Payload> {
    using passage = stream_passage<Payload>;

  public:
    using passage::in;
    using passage::out;
    sc_core::sc_port<clock_if> clk{"clk"};

    /// `depth`: places of the receiver's input FIFO; 0: not bounded by credits.
    explicit stream_checker(sc_core::sc_module_name name, unsigned depth = 0) : passage(name), depth_(depth) {}

    const std::vector<protocol_violation>& violations() const { return log_.list(); }
    std::uint64_t violation_count() const { return log_.count(); }
    bool clean() const { return log_.count() == 0; }
    std::uint64_t items() const { return items_; }
    std::uint64_t credits() const { return credits_; }

  private:
    tlm::tlm_sync_enum nb_transport_fw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        const cycle_t sent = clk->cycle();
        if (phase != stream_phase::item)
            note("phase direction", "a credit on the forward path");
        if (item.visible <= sent)
            note("visible later than now",
                 "sent at edge " + std::to_string(sent) + ", visible at " + std::to_string(item.visible));
        ++items_;
        if (depth_ != 0 && items_ - credits_ > depth_)
            note("credits", std::to_string(items_ - credits_) + " items for " + std::to_string(depth_) + " places");
        const cycle_t visible = item.visible;
        const auto status = out->nb_transport_fw(item, phase, delay);
        if (status != tlm::TLM_ACCEPTED)
            note("return value", "an item was not answered with TLM_ACCEPTED");
        if (item.visible != visible)
            note("item changed", "the receiver changed the item's edge");
        return status;
    }
    tlm::tlm_sync_enum nb_transport_bw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        if (phase != stream_phase::credit)
            note("phase direction", "an item on the backward path");
        ++credits_;
        if (credits_ > items_) {
            note("credits", "a place was given back that no item had taken");
            credits_ = items_;
        }
        if (item.visible > clk->cycle())
            note("credit edge", "freed at edge " + std::to_string(item.visible) + ", which has not come");
        return in->nb_transport_bw(item, phase, delay);
    }

    void note(const char* rule, std::string text) {
        log_.add({sc_core::sc_time_stamp(), this->name(), rule, "tlm/stream.h",
                  "item " + std::to_string(items_) + ", credit " + std::to_string(credits_), std::move(text)});
    }

    unsigned depth_;
    std::uint64_t items_ = 0;
    std::uint64_t credits_ = 0;
    violation_log log_;
};

}  // namespace pade
