// The guard filter of one row: makes the interval table of the row's query, keeps T, and broadcasts both to the row's
// lanes (pade.md section 2, "Guard filter", and section 3). The comparison with T is made in each lane, next to its
// scoreboard.
//
//   query      Q buffer -> guard filter     the row's query
//   bounds     lanes -> guard filter        lower bounds
//   lanes_out  guard filter -> lanes        query with intervals after guard.bui_latency, T after
//   guard.broadcast_latency threshold  guard filter -> score queue  T, for the re-check
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "model/params.h"
#include "model/qkpu/bui_generator.h"
#include "model/qkpu/guard_filter_trace.h"
#include "model/qkpu/qkpu_counters.h"
#include "model/qkpu/threshold_unit.h"
#include "tlm/clocked_module.h"
#include "tlm/payloads.h"
#include "tlm/registered.h"

namespace pade {

class guard_filter : public clocked_module {
  public:
    guard_filter(sc_core::sc_module_name name, const guard_params& guard, const lane_params& lane);

    stream_target<query_item> query{"query"};
    sc_core::sc_vector<stream_target<bound_item>> bounds;
    sc_core::sc_vector<stream_initiator<row_item>> lanes_out;
    stream_initiator<threshold_item> threshold{"threshold"};

    void start(cycle_t start) { accounted_ = start; }
    void finish(cycle_t end);
    const guard_counters& counters() const { return counters_; }
    void register_trace(const trace_scope& scope) { trace_ = std::make_unique<guard_filter_trace>(scope); }
    /// busy, idle as finish(end) would leave them.
    std::array<std::uint64_t, 2> classes(cycle_t end) const {
        return {counters_.busy, counters_.idle + (end > accounted_ ? end - accounted_ : 0)};
    }

  private:
    void on_query(unsigned, query_item& item);
    void on_bound(unsigned lane, bound_item& item);
    void step(cycle_t now) override;
    bool take_bounds(cycle_t now, std::array<bool, 2>& rose);
    void broadcast(row_item& item, cycle_t visible);

    guard_params params_;
    bui_generator bui_generator_;
    threshold_unit threshold_unit_;
    registered_fifo<query_item> queries_;
    // All lanes' bounds, each used at its own edge: a maximum does not ask for their order.
    std::vector<bound_item> bounds_in_;
    std::array<std::uint32_t, 2> block_{};     ///< per slot: the block whose T it is, modulo 2^32
    std::array<cycle_t, 2> last_threshold_{};  ///< per slot: edge at which the lanes see the last T sent
    cycle_t accounted_ = 0;
    guard_counters counters_;
    std::unique_ptr<guard_filter_trace> trace_;
};

}  // namespace pade
