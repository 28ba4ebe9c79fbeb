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
        wave_signal t_valid, t;                  ///< threshold_unit
    };

    explicit guard_filter_trace(const trace_scope& scope) : busy(scope.signal("busy", 1)) {
        const trace_scope bui = scope.below("bui_generator");
        const trace_scope unit = scope.below("threshold_unit");
        for (std::size_t s = 0; s < slots.size(); ++s) {
            const std::string prefix = "slot" + std::to_string(s) + "_";
            slots[s].block = bui.signal(prefix + "block", 32);
            slots[s].head = bui.signal(prefix + "head", 16);
            slots[s].query = bui.signal(prefix + "query", 20);
            slots[s].offset = bui.signal(prefix + "offset", 32);
            slots[s].t_valid = unit.signal(prefix + "t_valid", 1);
            slots[s].t = unit.signal(prefix + "t", 32);
        }
    }

    void query(const query_item& item, std::int64_t offset) {
        const block_row& row = item.block->rows[item.row];
        slot& s = slots[item.block->slot];
        s.block.set(item.block->id);
        s.head.set(row.head);
        s.query.set(row.query);
        s.offset.set(static_cast<std::uint64_t>(offset));
        s.t_valid.set(0);
        s.t.set(0);
    }
    void threshold(unsigned number, std::int64_t value) {
        slots[number].t_valid.set(1);
        slots[number].t.set(static_cast<std::uint64_t>(value));
    }

    wave_signal busy;
    std::array<slot, 2> slots;
};

}  // namespace pade
