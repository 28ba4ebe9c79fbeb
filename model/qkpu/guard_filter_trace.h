// What the waveform shows of a row's guard filter (docs/waveforms.md).
#pragma once

#include <array>
#include <string>

#include "model/numeric/guard_rule.h"
#include "tlm/payloads.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

struct guard_filter_trace {
    struct slot {
        wave_signal block, head, query, offset;  ///< bui_generator
        wave_signal own;                         ///< lanes whose bound counts
        wave_signal any, largest;                ///< maximum_tree
        wave_signal rises, t_valid, t;           ///< threshold_unit
        // of the bounds of this edge
        std::uint32_t lanes = 0;
        std::int64_t maximum = 0;
    };

    explicit guard_filter_trace(const trace_scope& scope) : busy(scope.signal("busy", 1)) {
        const trace_scope bui = scope.below("bui_generator");
        const trace_scope tree = scope.below("maximum_tree");
        const trace_scope unit = scope.below("threshold_unit");
        table_valid = bui.signal("table_valid", 1);
        for (std::size_t r = 1; r <= numeric::max_key_bits; ++r) {
            upper[r - 1] = bui.signal("upper_" + std::to_string(r), 24);
            lower[r - 1] = bui.signal("lower_" + std::to_string(r), 24);
        }
        for (std::size_t s = 0; s < slots.size(); ++s) {
            const std::string prefix = "slot" + std::to_string(s) + "_";
            slots[s].block = bui.signal(prefix + "block", 32);
            slots[s].head = bui.signal(prefix + "head", 16);
            slots[s].query = bui.signal(prefix + "query", 20);
            slots[s].offset = bui.signal(prefix + "offset", 32);
            slots[s].own = scope.signal(prefix + "own", 32);
            slots[s].any = tree.signal(prefix + "any", 1);
            slots[s].largest = tree.signal(prefix + "largest", 24);
            slots[s].rises = unit.signal(prefix + "rises", 1);
            slots[s].t_valid = unit.signal(prefix + "t_valid", 1);
            slots[s].t = unit.signal(prefix + "t", 32);
        }
    }

    void query(const query_item& item, const row_query& made) {
        const block_row& row = item.block->rows[item.row];
        slot& s = slots[item.block->slot];
        s.block.set(item.block->id);
        s.head.set(row.head);
        s.query.set(row.query);
        s.offset.set(static_cast<std::uint64_t>(made.offset));
        table_valid.pulse(1);
        for (std::size_t r = 1; r <= numeric::max_key_bits; ++r) {
            upper[r - 1].set(static_cast<std::uint64_t>(std::int64_t{made.intervals.upper[r]}));
            lower[r - 1].set(static_cast<std::uint64_t>(std::int64_t{made.intervals.lower[r]}));
        }
        s.t_valid.set(0);
        s.t.set(0);
    }
    /// A bound of the block that the slot has now.
    void bound(const bound_item& item) {
        slot& s = slots[item.slot];
        if (s.lanes == 0 || item.lower > s.maximum)
            s.maximum = item.lower;
        s.lanes |= 1U << item.lane;
    }
    /// All bounds of this edge are taken.
    void bounds() {
        for (slot& s : slots) {
            if (s.lanes == 0)
                continue;
            s.own.pulse(s.lanes);
            s.any.pulse(1);
            s.largest.set(static_cast<std::uint64_t>(s.maximum));
            s.lanes = 0;
        }
    }
    void threshold(unsigned number, std::int64_t value) {
        slots[number].rises.pulse(1);
        slots[number].t_valid.set(1);
        slots[number].t.set(static_cast<std::uint64_t>(value));
    }

    wave_signal busy, table_valid;
    std::array<wave_signal, numeric::max_key_bits> upper, lower;
    std::array<slot, 2> slots;
};

}  // namespace pade
