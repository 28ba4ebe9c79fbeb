// Holds back items and credits of one on-chip stream at random [ours]: test equipment, bound between the two sockets.
//
//     sender.items.bind(stall.in);
//     stall.out.bind(receiver.items);
//
// Items pass at once, with a later edge of visibility: by 1 to stall.cycles, and never more. They keep their order, and
// what was sent for different edges comes at different edges: a sender that spaces two items (the query after the last
// T of the query before it) may rely on that, and a lane has one verdict an edge. Credits are kept and given at the
// later edge, in order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "model/params.h"
#include "tlm/clocked_module.h"
#include "tlm/passage.h"
#include "tlm/registered.h"
#include "tlm/stall_draw.h"

namespace pade {

/// What of a stream may be late.
enum class stallable : std::uint8_t { items_and_credits, credits };

template <typename Payload>
class stream_stall : public stream_passage<Payload, clocked_module> {
    using passage = stream_passage<Payload, clocked_module>;

  public:
    using passage::in;
    using passage::out;

    /// link: a name that is the link's own, whatever is built before it. `clk`: a gate of the link's clock domain.
    stream_stall(sc_core::sc_module_name name, const stall_params& p, std::string_view link,
                 stallable what = stallable::items_and_credits)
        : passage(name),
          item_delay_(what == stallable::credits ? 0 : p.percent, p.cycles, p.seed, link),
          credit_delay_(p.percent, p.cycles, ~std::uint64_t{p.seed}, link) {}

    std::uint64_t items_held() const { return items_held_; }
    std::uint64_t credits_held() const { return credits_held_; }

  private:
    tlm::tlm_sync_enum nb_transport_fw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        const cycle_t asked = item.visible;
        cycle_t given = asked + item_delay_();
        if (any_)
            given = std::max(given, last_given_ + (asked == last_asked_ ? 0 : 1));
        any_ = true;
        last_asked_ = asked;
        last_given_ = given;
        items_held_ += given != asked ? 1 : 0;
        item.visible = given;
        const tlm::tlm_sync_enum status = out->nb_transport_fw(item, phase, delay);
        item.visible = asked;  // the sender may send it to others
        return status;
    }
    tlm::tlm_sync_enum nb_transport_bw(Payload& credit, stream_phase& phase, sc_core::sc_time& delay) override {
        const cycle_t late = credit_delay_();
        if (late == 0 && last_credit_ <= this->now())  // one that is due now goes now, before this one or after it
            return in->nb_transport_bw(credit, phase, delay);
        ++credits_held_;
        last_credit_ = std::max(this->now() + late, last_credit_);
        credits_.push(0, last_credit_);
        this->wake_at(last_credit_);
        return tlm::TLM_ACCEPTED;
    }
    void step(cycle_t now) override {
        for (; credits_.ready(now); credits_.pop()) {
            stream_phase phase = stream_phase::credit;
            sc_core::sc_time none = sc_core::SC_ZERO_TIME;
            credit_.visible = now;
            in->nb_transport_bw(credit_, phase, none);
        }
    }

    stall_draw item_delay_;
    stall_draw credit_delay_;
    bool any_ = false;
    cycle_t last_asked_ = 0;
    cycle_t last_given_ = 0;
    cycle_t last_credit_ = 0;
    registered_fifo<char> credits_;
    Payload credit_{};
    std::uint64_t items_held_ = 0;
    std::uint64_t credits_held_ = 0;
};

}  // namespace pade
