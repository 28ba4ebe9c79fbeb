// What the waveform shows of the score queue (docs/waveforms.md): what the re-check did, and the pairs that go on, each
// of which is finally retained.
#pragma once

#include <string>
#include <vector>

#include "model/job.h"
#include "model/numeric/guard_rule.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

struct score_queue_trace {
    /// One of the pairs that can leave in a cycle.
    struct way_out {
        wave_signal valid, head, query, key, score;
    };

    score_queue_trace(const trace_scope& scope, unsigned pairs_a_cycle)
        : log(scope.log()),
          held(scope.signal("held", 20)),
          kept(scope.signal("recheck_kept", 16)),
          pruned(scope.signal("recheck_pruned", 16)) {
        for (unsigned i = 0; i < pairs_a_cycle; ++i) {
            const trace_scope below = scope.below("out_" + std::to_string(i));
            out.push_back({below.signal("valid", 1), below.signal("head", 16), below.signal("query", 20),
                           below.signal("key", 20), below.signal("score", 24)});
        }
    }

    void pair_goes_on(unsigned place, const block_row& row, std::uint32_t key, std::int32_t score) {
        way_out& way = out[place];
        way.valid.pulse(1);
        way.head.set(row.head);
        way.query.set(row.query);
        way.key.set(key);
        way.score.set(static_cast<std::uint64_t>(std::int64_t{score}));
    }
    void rechecked(const block_info& block, unsigned row, std::uint32_t key, std::int32_t score,
                   const numeric::threshold& t, bool keeps) {
        ++(keeps ? kept_now : pruned_now);
        if (!log)
            return;
        log.add({keeps ? "RECHECK_retained" : "RECHECK_pruned", key, -1, static_cast<int>(row),
                 static_cast<int>(block.slot),
                 "score=" + std::to_string(score) + ",T=" + (t.valid ? std::to_string(t.value) : std::string("none")) +
                     ",head=" + std::to_string(block.rows[row].head) +
                     ",query=" + std::to_string(block.rows[row].query),
                 0});
    }
    void recheck_done() {
        kept.pulse(kept_now);
        pruned.pulse(pruned_now);
        kept_now = 0;
        pruned_now = 0;
    }

    event_log log;
    wave_signal held, kept, pruned;
    std::vector<way_out> out;
    unsigned kept_now = 0;
    unsigned pruned_now = 0;
};

}  // namespace pade
