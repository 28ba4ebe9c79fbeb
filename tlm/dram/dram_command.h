// One command on a pseudo channel's row or column bus, as the command log reports it.
#pragma once

#include <cstdint>
#include <functional>

#include "tlm/cycle.h"

namespace pade {

enum class dram_command_kind : std::uint8_t {
    activate,       ///< dram.act_slots of the row bus; `cycle` is the first, from which all timings count
    precharge,      ///< one bank, one slot
    precharge_all,  ///< every open bank, one slot, ahead of an all-bank refresh
    refresh,        ///< all banks
    refresh_bank,   ///< one bank
    read,
    write
};

constexpr const char* name_of(dram_command_kind kind) {
    constexpr const char* names[] = {"ACT", "PRE", "PREA", "REF", "REFSB", "RD", "WR"};
    return names[static_cast<unsigned>(kind)];
}

/// `bank` counts within its group. Fields that a command does not have (the row of a PRE, ...) are 0.
struct dram_command {
    cycle_t cycle = 0;
    unsigned channel = 0;  ///< pseudo channel
    dram_command_kind kind = dram_command_kind::activate;
    unsigned bank_group = 0;
    unsigned bank = 0;
    unsigned row = 0;
    unsigned column = 0;  ///< in atoms
};

/// Called for each command. A channel that slept reports the refreshes of that time when it wakes or is asked for its
/// counters: cycles ascend within a pair of pseudo channels, not over all.
using dram_command_log = std::function<void(const dram_command&)>;

}  // namespace pade
