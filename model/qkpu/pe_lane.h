// One bit-wise PE lane: takes a bit plane a cycle, adds its masked dot product to the key's partial score, and decides
// whether the key needs its next plane (pade.md section 3, "lane pipeline", and section 4, item 5).
//
//   planes   dispatcher -> lane    admissions and bit planes; a credit for each plane that leaves the input FIFO
//   row      guard filter -> lane  the row's query with its interval table, and each rise of T
//   verdicts lane -> dispatcher    next plane, pruned or retained
//   bounds   lane -> guard filter  lower bounds that may raise T
//   scores   lane -> score queue   retained keys with their exact score
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <string>

#include "model/params.h"
#include "model/qkpu/gsat.h"
#include "model/qkpu/pe_lane_trace.h"
#include "model/qkpu/qkpu_counters.h"
#include "model/qkpu/scoreboard.h"
#include "tlm/clocked_module.h"
#include "tlm/payloads.h"
#include "tlm/registered.h"

namespace pade {

struct pe_lane_params {
    lane_params lane;
    bool guard_enabled = true;
    unsigned row = 0;            ///< number of the row, carried by the scores
    unsigned link_latency = 1;   ///< of the bounds, in cycles
    unsigned score_credits = 4;  ///< places for this lane at the score queue's input
};

/// Covers the way of a score to the queue and of its credit back, so that a lane can send one every cycle.
inline unsigned score_places(const lane_params& lane) {
    return lane.verdict_latency + 3;
}

class pe_lane : public clocked_module {
  public:
    PADE_HAS_PROCESS(pe_lane);
    pe_lane(sc_core::sc_module_name name, const pe_lane_params& params);

    stream_target<plane_item> planes{"planes"};
    stream_target<row_item> row{"row"};
    stream_initiator<verdict_item> verdicts{"verdicts"};
    stream_initiator<bound_item> bounds{"bounds"};
    stream_initiator<score_item> scores{"scores"};

    /// Closes the books at `end`, the number of cycles that the run took. Classes then sum to `end - start`.
    void finish(cycle_t end);
    /// Cycles before `start` are in no class.
    void start(cycle_t start) { hot_.accounted = start; }
    const lane_counters& counters() const { return counters_; }
    /// busy, stall_downstream, stall_scoreboard, stall_data, idle as finish(end) would leave them; `end`: the next
    /// edge.
    std::array<std::uint64_t, 5> classes(cycle_t end) const {
        std::array<std::uint64_t, 5> all = {counters_.busy, counters_.stall_downstream, counters_.stall_scoreboard,
                                            counters_.stall_data, counters_.idle};
        if (end > hot_.accounted)  // asleep since then: as in account_sleep()
            all[static_cast<std::size_t>(waiting())] += end - hot_.accounted;
        return all;
    }
    /// Entries of the scoreboard in use.
    unsigned keys_held() const { return hot_.keys.used(); }
    /// Items of the plane link: admissions and planes. Apart from the other counters, beside the FIFO that an item
    /// meets.
    std::uint64_t planes_in() const { return hot_.planes_in; }
    /// What the lane waits for, for the watchdog; empty when it has no key.
    std::string waits_for() const;
    /// Edge of the last lane operation.
    cycle_t last_operation() const { return hot_.decided; }
    /// From now on signals and events show what the lane does; `row` is shared by the lanes of one row.
    void register_trace(const trace_scope& scope, row_trace& row);

  private:
    /// A plane on its way through the pipeline.
    struct operation {
        std::int32_t partial = 0;
        std::uint32_t key = 0;
        std::uint16_t tag = 0;
        std::uint8_t slot = 0;
        std::uint8_t plane = 0;
    };
    // Of an item the lane keeps what it needs. No two fields lie side by side here and in plane_item: else the compiler
    // copies both at once, which the sender has just written one by one, and the processor waits until they are in the
    // cache.

    /// A plane in the input FIFO; what it has beyond 64 dims is in `wide_`.
    struct waiting_plane {
        std::uint64_t bits = 0;
        std::uint32_t key = 0;
        std::uint8_t slot = 0;
        std::uint8_t words = 1;
        std::uint16_t tag = 0;
        std::uint32_t block = 0;
        std::uint8_t plane = 0;
    };
    using further_words = std::array<std::uint64_t, max_passes - 1>;
    /// A key to be taken into the scoreboard.
    struct admission {
        std::uint16_t tag = 0;
        std::uint8_t slot = 0;
        bool more = false;
        std::uint32_t key = 0;
    };
    /// One of the two blocks in flight, as this lane sees it.
    struct context {
        const row_query* query = nullptr;
        std::int64_t threshold = lowest;   ///< T, `lowest` while it is invalid
        std::int64_t send_above = lowest;  ///< a lower bound up to here cannot raise T
        lane_head_counters* head = nullptr;

        static constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    };

    void on_planes(unsigned, plane_item& item);
    void on_row(unsigned, row_item& item);
    void on_score_credit(unsigned, cycle_t now);

    void step(cycle_t now) override;
    void take_inputs(cycle_t now);
    void take_queries(cycle_t now);
    void take_thresholds(cycle_t now);
    void take_admissions(cycle_t now);
    bool decide(cycle_t now);
    bool issue(cycle_t now);
    void send_score(const operation& op, cycle_t now);
    void send_bound(context& c, std::int64_t lower, std::uint8_t slot, cycle_t now);
    gsat_result masked_sum(const numeric::query_operand& q, const waiting_plane& item);
    [[noreturn]] void wrong_plane(const waiting_plane& item, unsigned due) const;
    void account_sleep(cycle_t now);
    /// What a cycle is in which nothing happens, or the lane sleeps.
    lane_cycle waiting() const {
        if (hot_.keys.full() && hot_.more_keys)
            return lane_cycle::stall_scoreboard;
        return hot_.keys.used() != 0 ? lane_cycle::stall_data : lane_cycle::idle;
    }
    std::uint64_t& waiting_class();
    void trace_decision(const operation& op, const context& c, verdict outcome);
    std::size_t planes_waiting(cycle_t now) const;
    void trace_issue(const waiting_plane& item, const row_query& query, std::int32_t partial, cycle_t now);
    void trace_step(bool busy, bool accepted, cycle_t now);

    void end_of_elaboration() override;
    void run() { pe_lane::step(hot_.gate->running_edge()); }

    /// What every step looks at lies together: 128 lanes take turns in the cache, every cycle.
    struct alignas(64) hot_state {
        clock_gate* gate = nullptr;
        cycle_t accounted = 0;                ///< cycles before this one are in a class
        cycle_t datapath_free = 0;            ///< first edge at which a plane may be taken
        cycle_t inputs_at = never;            ///< edge of the first query, T or admission that has not been taken
        registered_fifo<operation> pipeline;  ///< visible at the edge of its decision
        std::uint8_t key_bits = 8;
        std::uint8_t stages = 4;
        bool traced = false;  ///< trace_ is set
        bool guard_enabled = true;
        bool more_keys = false;  ///< of the last admission
        gsat datapath{true};

        alignas(64) registered_fifo<waiting_plane> fifo;
        std::uint64_t planes_in = 0;
        scoreboard keys{1};
        cycle_t decided = 0;  ///< edge of the last decision

        alignas(64) std::array<context, 2> contexts;
    };
    static constexpr cycle_t never = ~cycle_t{0};

    hot_state hot_;
    lane_counters counters_;
    registered_fifo<further_words> wide_;  // of those planes in the FIFO that have more than one word
    registered_fifo<admission> admissions_;
    registered_fifo<row_item> queries_;
    registered_fifo<row_item> thresholds_;
    std::array<std::shared_ptr<const row_query>, 2> queries_held_;  // those of the contexts
    credit_counter score_credits_;
    pe_lane_params params_;
    std::unique_ptr<pe_lane_trace> trace_;
    cycle_t traced_issue_ = never;  // edge of the last plane taken, with a trace
};

}  // namespace pade
