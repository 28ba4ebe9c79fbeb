// What the waveform shows of the V-PU (docs/waveforms.md): the round that computes.
#pragma once

#include <string>
#include <vector>

#include "tlm/trace/trace_scope.h"
#include "tlm/vpu_payloads.h"

namespace pade {

struct v_pu_trace {
    v_pu_trace(const trace_scope& scope, unsigned v_rows_a_round) {
        const trace_scope round = scope.below("round");
        valid = round.signal("valid", 1);
        block = round.signal("block", 32);
        v_rows = round.signal("v_rows", 5);
        rows = round.signal("rows", 16);
        rescaled = round.signal("rescaled", 16);
        for (unsigned v = 0; v < v_rows_a_round; ++v)
            keys.push_back(round.signal("key_" + std::to_string(v), 20));
    }

    /// Computes from this edge on; valid at its first cycle.
    void starts(const round_item& work) {
        std::uint64_t macs = 0;
        std::uint64_t rescales = 0;
        for (unsigned r = 0; r < work.block->rows.size(); ++r) {
            macs |= work.rows[r].what == row_work::kind::mac ? std::uint64_t{1} << r : 0;
            rescales |= work.rows[r].what == row_work::kind::rescale ? std::uint64_t{1} << r : 0;
        }
        valid.pulse(1);
        block.set(work.block->id);
        v_rows.set(work.v_rows);
        rows.set(macs);
        rescaled.set(rescales);
        for (unsigned v = 0; v < work.v_rows; ++v)
            keys[v].set(work.v[v].key);
    }

    wave_signal valid, block, v_rows, rows, rescaled;
    std::vector<wave_signal> keys;
};

}  // namespace pade
