// What the waveform shows of a pseudo channel (docs/waveforms.md): its two command buses and its queues. Times are
// those of the command clock.
#pragma once

#include <cstdint>

#include "tlm/dram/dram_command.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

struct pseudo_channel_trace {
    explicit pseudo_channel_trace(const trace_scope& scope)
        : row_command(scope.signal("row_command", 3)),
          row_group(scope.signal("row_bank_group", 4)),
          row_bank(scope.signal("row_bank", 4)),
          row_row(scope.signal("row_row", 20)),
          column_command(scope.signal("column_command", 2)),
          column_group(scope.signal("column_bank_group", 4)),
          column_bank(scope.signal("column_bank", 4)),
          column_row(scope.signal("column_row", 20)),
          column_column(scope.signal("column_column", 10)),
          reads(scope.signal("read_queue", 8)),
          writes(scope.signal("write_queue", 8)) {}

    void command(const dram_command& c) {
        if (c.kind == dram_command_kind::read || c.kind == dram_command_kind::write) {
            column_command.pulse(c.kind == dram_command_kind::read ? 1 : 2);
            column_group.set(c.bank_group);
            column_bank.set(c.bank);
            column_row.set(c.row);
            column_column.set(c.column);
            return;
        }
        row_command.pulse(static_cast<unsigned>(c.kind) + 1);  // as in dram_command_kind, from ACT = 1 on
        row_group.set(c.bank_group);
        row_bank.set(c.bank);
        row_row.set(c.row);
    }
    void queues(std::size_t waiting_reads, std::size_t waiting_writes) {
        reads.set(waiting_reads);
        writes.set(waiting_writes);
    }

    wave_signal row_command, row_group, row_bank, row_row;
    wave_signal column_command, column_group, column_bank, column_row, column_column;
    wave_signal reads, writes;
};

}  // namespace pade
