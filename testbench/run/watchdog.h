// Ends a run that is stuck: one without a lane operation, a data beat, a MAC or a host event for watchdog.cycles.
// Clocks and refresh are no progress, however long they run.
#pragma once

#include "model/accelerator/accelerator.h"
#include "model/params.h"

namespace pade {

class watchdog {
  public:
    watchdog(const accelerator& chip, const params& p);

    /// How long to simulate until look(): never beyond the edge at which the run would be stuck.
    sc_core::sc_time next_look() const;
    /// Throws internal_error when watchdog.cycles have passed since the last progress, or when nothing is left to
    /// happen: says who waits for whom since when, the oldest transaction first.
    void look();

  private:
    cycle_t cycle() const { return sc_core::sc_time_stamp().value() / period_.value(); }
    [[noreturn]] void stuck(const std::string& why) const;

    const accelerator& chip_;
    const sc_core::sc_time period_;
    const cycle_t patience_;
    accelerator::progress_mark last_;
};

}  // namespace pade
