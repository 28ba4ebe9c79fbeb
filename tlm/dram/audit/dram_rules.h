// The rules that a DRAM command log must keep, as a table. Written from JESD235 (HBM2) and JESD79-4 (DDR4), not from
// the controller: nothing of tlm/dram but the command record is included here.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "model/params.h"
#include "tlm/dram/dram_command.h"

namespace pade {

inline constexpr std::size_t dram_command_kinds = 7;

class command_set {
  public:
    constexpr command_set() = default;
    constexpr command_set(std::initializer_list<dram_command_kind> kinds) {
        for (const dram_command_kind kind : kinds)
            bits_ |= 1u << static_cast<unsigned>(kind);
    }
    constexpr bool has(dram_command_kind kind) const { return (bits_ >> static_cast<unsigned>(kind) & 1u) != 0; }
    std::vector<dram_command_kind> kinds() const;
    /// "ACT, REFSB"
    std::string text() const;

  private:
    unsigned bits_ = 0;
};

/// Which earlier commands a rule looks at: those of the same bank, of the same bank group (the bank itself included),
/// of the whole pseudo channel, or of all pseudo channels that share the channel's command bus.
enum class rule_scope { bank, bank_group, pseudo_channel, channel };
const char* name_of(rule_scope scope);

enum class rule_type {
    distance,          ///< at least `cycles` from the last command of `before`
    window,            ///< at least `cycles` from the fourth last command of `before`
    open_row,          ///< the bank has the row open
    closed_bank,       ///< the bank (REF: each bank) has no row open
    open_bank,         ///< the bank has a row open
    refresh_interval,  ///< at most `cycles` from one refresh to the next
    refresh_count,     ///< one refresh each `cycles` on the average, at most 8 behind
    refresh_order,     ///< each bank once before any a second time
    no_refresh         ///< none at all
};

struct dram_rule {
    std::string name;
    std::string meaning;
    rule_type type;
    command_set before;
    command_set after;
    rule_scope scope;
    cycle_t cycles = 0;  ///< DRAM clock cycles; see rule_type
};

/// The table for these parameters. A name may stand in several rows: one for each scope and distance.
std::vector<dram_rule> dram_rules(const dram_params& params, const clock_params& clock);

}  // namespace pade
