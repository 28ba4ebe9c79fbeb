// Records what each unit did over the run, for OUT/timeline.json (docs/report.md). It stands outside: no process, no
// event, nothing in the modules. The simulation is let run to half a period before an edge, where every module has run
// at the edge before and none at the edge after; so a look never depends on the order of processes, and no result
// depends on a look.
#pragma once

#include <string>
#include <vector>

#include "model/accelerator/accelerator.h"
#include "model/params.h"
#include "testbench/run/timeline_bins.h"

namespace pade {

class timeline {
  public:
    static constexpr std::size_t most_bins = 512;
    static constexpr std::uint64_t first_width = 64;  ///< cycles
    static constexpr unsigned looks_a_bin = 4;        ///< at what goes up and down

    timeline(const accelerator& chip, const params& p);

    /// Simulates for `span`, looking at the chip in between; returns early when the simulation was stopped.
    void simulate(const sc_core::sc_time& span);
    /// The books are closed (accelerator::finish): what is left is the last bin.
    void finish();
    /// timeline.json.
    std::string json() const;

  private:
    void look();
    sc_core::sc_time moment_before(cycle_t edge) const;

    const accelerator& chip_;
    const params params_;
    const sc_core::sc_time period_;
    timeline_bins bins_;
    cycle_t next_ = 2;     // the look before this edge comes next
    cycle_t bin_end_ = 0;  // edge before which the open bin ends; 0: the job has not started
    std::vector<std::uint64_t> values_;
    std::vector<std::uint64_t> held_;
};

}  // namespace pade
