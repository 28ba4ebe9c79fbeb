// What the waveform and the transaction log show of a PE lane (docs/waveforms.md).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "model/numeric/query_operand.h"
#include "model/qkpu/qkpu_counters.h"
#include "tlm/payloads.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

/// Of a row: what its lanes have together.
struct row_trace {
    explicit row_trace(const trace_scope& scope)
        : scoreboard_used(scope.signal("scoreboard_used", 16)), bui_entries(scope.signal("bui_entries", 9)) {}

    void entries(int more) { scoreboard_used.set(used = static_cast<unsigned>(static_cast<int>(used) + more)); }
    /// A lane decides with the interval of `known` planes.
    void interval(unsigned known) {
        const auto now = sc_core::sc_time_stamp().value();
        mask = (at == now ? mask : 0) | 1U << known;
        at = now;
        bui_entries.pulse(mask);
    }
    wave_signal scoreboard_used, bui_entries;
    unsigned used = 0;
    unsigned mask = 0;
    wave_detail::tick at = ~wave_detail::tick{0};
};

struct pe_lane_trace {
    struct decision {
        std::uint32_t key = 0;
        std::int64_t partial = 0;
        std::int64_t upper = 0;
        std::int64_t threshold = 0;
        std::int64_t best = 0;  ///< a lower bound up to here cannot raise T
        std::int32_t interval_upper = 0;
        std::int32_t interval_lower = 0;
        bool best_valid = false;
        bool guarded = false;
        bool threshold_valid = false;
        std::uint8_t plane = 0;
        std::uint8_t slot = 0;
        verdict outcome = verdict::next_plane;
    };

    pe_lane_trace(const trace_scope& scope, row_trace& of_row, unsigned row_number)
        : row(of_row), number(static_cast<int>(row_number)), log(scope.log()), lane_class(scope.signal("class", 3)) {
        const trace_scope fifo = scope.below("plane_fifo");
        f_waiting = fifo.signal("waiting", 7);
        f_token = fifo.signal("token", 20);
        f_plane = fifo.signal("plane", 3);
        f_slot = fifo.signal("slot", 1);
        f_block = fifo.signal("block", 32);
        f_bits = fifo.signal("bits", 64);
        const trace_scope context = scope.below("lane_context");
        for (std::size_t s = 0; s < contexts.size(); ++s) {
            const std::string prefix = "slot" + std::to_string(s) + "_";
            contexts[s] = {context.signal(prefix + "valid", 1), context.signal(prefix + "block", 32),
                           context.signal(prefix + "t_valid", 1), context.signal(prefix + "t", 32)};
        }
        group_sums = {context.signal("group_sums_0", 44), context.signal("group_sums_1", 44)};
        c_upper = context.signal("upper", 24);
        c_lower = context.signal("lower", 24);
        c_best_valid = context.signal("best_valid", 1);
        c_best = context.signal("best", 24);
        const trace_scope gsat = scope.below("gsat");
        valid = gsat.signal("valid", 1);
        token = gsat.signal("token", 20);
        plane = gsat.signal("plane", 3);
        slot = gsat.signal("slot", 1);
        sum = gsat.signal("sum", 14);
        partial = gsat.signal("partial", 24);
        const trace_scope scoreboard = scope.below("scoreboard");
        used = scoreboard.signal("used", 7);
        full = scoreboard.signal("full", 1);
        before = scoreboard.signal("partial", 24);
        const trace_scope decide = scope.below("decision");
        d_valid = decide.signal("valid", 1);
        d_token = decide.signal("token", 20);
        d_plane = decide.signal("plane", 3);
        d_slot = decide.signal("slot", 1);
        d_partial = decide.signal("partial", 24);
        d_verdict = decide.signal("verdict", 2);
        d_bui_entry = decide.signal("bui_entry", 4);
        d_upper = decide.signal("upper", 32);
        d_t_valid = decide.signal("t_valid", 1);
        d_t = decide.signal("t", 32);
        lane_class.set(static_cast<unsigned>(lane_cycle::idle));
    }

    /// The oldest plane of the FIFO, in which `waiting` can be seen.
    template <typename Plane>
    void head(const Plane& item, std::size_t waiting) {
        f_waiting.set(waiting);
        f_token.set(item.key);
        f_plane.set(item.plane);
        f_slot.set(item.slot);
        f_block.set(item.block);
        f_bits.set(item.bits);
    }
    void no_head() { f_waiting.set(0); }

    /// One of the two blocks in flight.
    void context(std::size_t which, std::uint32_t block, bool threshold_valid, std::int64_t threshold) {
        contexts[which].valid.set(1);
        contexts[which].block.set(block);
        contexts[which].t_valid.set(threshold_valid ? 1 : 0);
        contexts[which].t.set(static_cast<std::uint64_t>(threshold_valid ? threshold : 0));
    }

    /// What goes into the sum of the plane that enters the pipeline: the groups of the query's first 64 dims, the sum
    /// over the plane's last word, and the partial score before it.
    void operands(const numeric::query_operand& q, std::int32_t last_word, std::int32_t partial_before) {
        std::array<std::uint64_t, 2> sums{};
        for (unsigned group = 0; group < 8; ++group) {
            int all = 0;
            for (unsigned dim = 8 * group; dim < 8 * group + 8 && dim < q.dims(); ++dim)
                all += q.q(dim);
            sums[group / 4] |= (static_cast<std::uint64_t>(all) & 0x7ff) << 11 * (group % 4);
        }
        group_sums[0].set(sums[0]);
        group_sums[1].set(sums[1]);
        sum.set(static_cast<std::uint64_t>(std::int64_t{last_word}));
        before.set(static_cast<std::uint64_t>(std::int64_t{partial_before}));
    }

    /// An operation, as it enters the pipeline.
    template <typename Operation>
    void took(const Operation& op) {
        valid.pulse(1);
        token.set(op.key);
        plane.set(op.plane);
        slot.set(op.slot);
        partial.set(static_cast<std::uint64_t>(std::int64_t{op.partial}));
    }

    void decided(const decision& d) {
        d_valid.pulse(1);
        d_token.set(d.key);
        d_plane.set(d.plane);
        d_slot.set(d.slot);
        d_partial.set(static_cast<std::uint64_t>(d.partial));
        d_verdict.set(static_cast<std::uint64_t>(d.outcome));
        d_bui_entry.set(d.plane + 1U);
        d_upper.set(static_cast<std::uint64_t>(d.upper));
        d_t_valid.set(d.threshold_valid ? 1 : 0);
        d_t.set(static_cast<std::uint64_t>(d.threshold));
        c_upper.set(static_cast<std::uint64_t>(std::int64_t{d.interval_upper}));
        c_lower.set(static_cast<std::uint64_t>(std::int64_t{d.interval_lower}));
        c_best_valid.set(d.best_valid ? 1 : 0);
        c_best.set(static_cast<std::uint64_t>(d.best));
        if (d.guarded)
            row.interval(d.plane + 1U);
        if (log)
            log.add(event(d));
    }

    void holds(unsigned entries, bool all) {
        row.entries(static_cast<int>(entries) - static_cast<int>(held));
        held = entries;
        used.set(entries);
        full.set(all ? 1 : 0);
    }

    row_trace& row;
    int number;
    event_log log;
    wave_signal lane_class;
    wave_signal f_waiting, f_token, f_plane, f_slot, f_block, f_bits;
    struct context_signals {
        wave_signal valid, block, t_valid, t;
    };
    std::array<context_signals, 2> contexts;
    std::array<wave_signal, 2> group_sums;
    wave_signal c_upper, c_lower, c_best_valid, c_best;
    wave_signal valid, token, plane, slot, sum, partial;
    wave_signal used, full, before;
    wave_signal d_valid, d_token, d_plane, d_slot, d_partial, d_verdict, d_bui_entry, d_upper, d_t_valid, d_t;
    unsigned held = 0;

  private:
    log_event event(const decision& d) const {
        static const char* const names[] = {"DECIDE_next_plane", "DECIDE_pruned", "DECIDE_retained"};
        std::string value = "partial=" + std::to_string(d.partial);
        if (d.guarded)
            value += ",upper=" + std::to_string(d.upper) +
                     (d.threshold_valid ? ",T=" + std::to_string(d.threshold) : std::string(",T=none"));
        return {names[static_cast<unsigned>(d.outcome)], d.key, d.plane, number, d.slot, std::move(value), 0};
    }
};

}  // namespace pade
