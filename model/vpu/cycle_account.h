// Books of a unit's cycles: each cycle from start to finish is in exactly one class, also while the unit sleeps.
#pragma once

#include <array>
#include <cstdint>

#include "model/errors.h"
#include "tlm/clock.h"
#include "tlm/trace/wave.h"

namespace pade {

/// What a unit of the output side did in a cycle, the first that fits.
enum class vpu_class : std::uint8_t { busy, stall_downstream, wait_v, wait_input, idle };

struct vpu_cycles {
    std::uint64_t busy = 0;              ///< worked on something
    std::uint64_t stall_downstream = 0;  ///< had something finished that nobody took
    std::uint64_t wait_v = 0;            ///< needed V data, or a V row's place in the KV buffer
    std::uint64_t wait_input = 0;        ///< a block is under way, but nothing of it is here
    std::uint64_t idle = 0;              ///< no block is under way

    std::uint64_t& of(vpu_class c) {
        switch (c) {
            case vpu_class::busy:
                return busy;
            case vpu_class::stall_downstream:
                return stall_downstream;
            case vpu_class::wait_v:
                return wait_v;
            case vpu_class::wait_input:
                return wait_input;
            case vpu_class::idle:
                break;
        }
        return idle;
    }
    std::uint64_t total() const { return busy + stall_downstream + wait_v + wait_input + idle; }
};

class cycle_account {
  public:
    explicit cycle_account(vpu_cycles& cycles) : cycles_(cycles) {}

    /// Cycles before `cycle` are in no class.
    void start(cycle_t cycle) { next_ = cycle; }
    /// Cycle `now` was spent as `present`; the cycles after it, until the next call, will have been `after`.
    void step(cycle_t now, vpu_class present, vpu_class after) {
        close(now);
        if (now >= next_) {
            ++cycles_.of(present);
            last_ = present;
            next_ = now + 1;
        }
        after_ = after;
        class_.pulse(static_cast<unsigned>(present), static_cast<unsigned>(after));
    }
    /// From now on `signal` shows the class of each cycle, as a vpu_class.
    void trace(wave_signal signal) {
        class_ = signal;
        class_.set(static_cast<unsigned>(vpu_class::idle));
    }
    /// The classes as finish(end) would leave them, when no step came after `end` - 1; nothing changes.
    vpu_cycles until(cycle_t end) const {
        vpu_cycles all = cycles_;
        if (end > next_)
            all.of(after_) += end - next_;
        return all;
    }
    /// Closes the books at the edge at which the job ends: the classes then sum to `end` - start. The unit may have
    /// stepped at that edge already.
    void finish(cycle_t end) {
        close(end);
        if (next_ > end) {
            --cycles_.of(last_);
            next_ = end;
        }
    }

  private:
    void close(cycle_t now) {
        if (now > next_) {
            cycles_.of(after_) += now - next_;
            next_ = now;
        }
    }
    vpu_cycles& cycles_;
    cycle_t next_ = 0;
    vpu_class last_ = vpu_class::idle;  // of cycle next_ - 1, if a step counted it
    vpu_class after_ = vpu_class::idle;
    wave_signal class_;
};

}  // namespace pade
