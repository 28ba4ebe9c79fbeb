#include "testbench/run/watchdog.h"

#include <algorithm>

#include "model/errors.h"

namespace pade {

namespace {
constexpr unsigned slices = 8;  // looks in the time of its patience, for those who want to show how far the run is
}

watchdog::watchdog(const accelerator& chip, const params& p)
    : chip_(chip), period_(1e6 / p.clock.core_mhz, sc_core::SC_PS), patience_(p.watchdog.cycles) {}

sc_core::sc_time watchdog::next_look() const {
    const cycle_t next = std::min(last_.cycle + patience_, cycle() + patience_ / slices);
    return sc_core::sc_time::from_value(next * period_.value()) - sc_core::sc_time_stamp();
}

void watchdog::look() {
    last_ = chip_.last_progress();
    if (!sc_core::sc_pending_activity())
        stuck("watchdog: nothing is left to happen, everybody waits for somebody; ");
    if (cycle() >= last_.cycle + patience_)
        stuck("watchdog: ");
}

void watchdog::stuck(const std::string& why) const {
    std::string text = why + "no progress for " + std::to_string(cycle() - last_.cycle) + " cycles, from cycle " +
                       std::to_string(last_.cycle) + " (" + last_.what + ") to cycle " + std::to_string(cycle());
    const std::string oldest = chip_.oldest_transaction();
    if (!oldest.empty())
        text += "\n  oldest transaction: " + oldest;
    for (const std::string& line : chip_.waits_for())
        text += "\n  " + line;
    throw internal_error(text);
}

}  // namespace pade
