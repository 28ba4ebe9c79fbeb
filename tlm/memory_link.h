// Book-keeping for one base-protocol socket of a clocked module, so that nothing depends on which of two modules runs
// first within an edge: what is freed at edge n counts from n + 1 on, what comes at edge n is seen from n + 1 on.
#pragma once

#include <tlm>

#include "model/errors.h"
#include "tlm/registered.h"

namespace pade {

/// The exclusion rule of one direction of a socket (TLM LRM 15.2.6): between BEGIN_REQ and END_REQ no further
/// BEGIN_REQ, and likewise for responses. A new phase may start at the edge after the one at which the last one ended.
class link_exclusion {
  public:
    bool free(cycle_t now) const { return open_ == nullptr && free_from_ <= now; }
    tlm::tlm_generic_payload* open() const { return open_; }
    void begin(tlm::tlm_generic_payload& payload) { open_ = &payload; }
    void end(cycle_t now) {
        open_ = nullptr;
        free_from_ = now + 1;
    }

  private:
    tlm::tlm_generic_payload* open_ = nullptr;
    cycle_t free_from_ = 0;
};

/// Input queue behind a socket: requests at a target, responses at an initiator. Where there was no room at the start
/// of the cycle the transaction is held back, its phase stays open, and by the exclusion rule there is at most one of
/// these.
class link_queue {
  public:
    using payload = tlm::tlm_generic_payload;

    explicit link_queue(unsigned places = 4) : places_(places), queue_(places) {}

    /// A transaction comes at edge `now`. True: taken, end the phase with the return value. False: held back, the
    /// caller answers TLM_ACCEPTED and ends the phase when admit() names it.
    bool put(payload& item, cycle_t now) {
        if (held_ != nullptr)
            throw internal_error("base protocol: a second BEGIN_REQ or BEGIN_RESP came before the end of the first");
        if (occupied(now) < places_) {
            queue_.push(&item, now + 1);
            return true;
        }
        held_ = &item;
        held_at_ = now;
        return false;
    }

    /// Takes a transaction even without room: one that a target completed early, in answer to its BEGIN_REQ.
    void put_completed(payload& item, cycle_t now) { queue_.push(&item, now + 1); }

    /// First thing in a step: lets the one that was held back in, if there is room now. Its phase must then be ended.
    payload* admit(cycle_t now) {
        if (held_ == nullptr || held_at_ >= now || occupied(now) >= places_)
            return nullptr;
        payload* item = held_;
        held_ = nullptr;
        queue_.push(item, held_at_ + 1);
        return item;
    }

    bool ready(cycle_t now) const { return queue_.ready(now); }
    bool empty() const { return queue_.empty(); }
    bool holds_back() const { return held_ != nullptr; }
    bool holds(const payload& item) const {
        for (std::size_t i = 0; i < queue_.size(); ++i)
            if (queue_.peek(i) == &item)
                return true;
        return held_ == &item;
    }
    std::size_t size() const { return queue_.size(); }
    payload& front() const { return *queue_.front(); }
    cycle_t visible_at() const { return queue_.visible_at(); }
    void pop(cycle_t now) {
        queue_.pop();
        popped_ = popped_at_ == now ? popped_ + 1 : 1;
        popped_at_ = now;
    }

  private:
    /// Places taken at the start of cycle `now`, plus what came since.
    std::size_t occupied(cycle_t now) const { return queue_.size() + (popped_at_ == now ? popped_ : 0); }

    unsigned places_;
    registered_fifo<payload*> queue_;
    payload* held_ = nullptr;
    cycle_t held_at_ = 0;
    cycle_t popped_at_ = ~cycle_t{0};
    unsigned popped_ = 0;
};

}  // namespace pade
