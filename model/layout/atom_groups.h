// Where groups of atoms that belong together lie in DRAM and in the KV buffer: the order of the layouts that keep a key
// in one piece. A group is one key, or the keys that share an atom; its atoms follow each other.
//
// [ours] What the paper leaves open:
// - A group's atoms lie side by side in one DRAM row. Neighbouring groups go round the pseudo channels, then round the
// bank
//   groups, since two reads of one bank group need tCCD_L; then through the columns of a row.
// - The first half of a head's rows goes round the lower half of the banks of a group, the second half round the upper
//   one, so that head and tail of the tile order do not meet in one bank (as plane_first has it).
// - In the KV buffer a group's atoms lie 5 banks apart, and neighbouring groups in neighbouring banks: the lane
// columns,
//   which work on neighbouring keys, read different banks.
#pragma once

#include "model/layout/layout_math.h"
#include "tlm/dram/address_map.h"

namespace pade {

class atom_groups {
  public:
    /// `groups` groups of `parts` atoms each.
    atom_groups(const address_map& map, std::uint32_t groups, std::uint32_t parts);

    std::uint32_t groups() const { return groups_; }
    std::uint32_t parts() const { return parts_; }
    std::uint32_t atoms() const { return groups_ * parts_; }
    /// DRAM address of an atom when the head's K begins at DRAM row `k_row`.
    std::uint64_t address(std::uint32_t k_row, std::uint32_t atom) const;
    std::uint32_t buffer_bank(std::uint32_t atom) const { return atom / parts_ + 5 * (atom % parts_); }
    /// DRAM rows (of every bank) that the groups take.
    std::uint32_t rows() const { return divide_up(half_pages_, half_banks_); }

  private:
    const address_map map_;
    std::uint32_t groups_;
    std::uint32_t parts_;
    std::uint32_t columns_per_group_;  ///< atoms of a group in one DRAM row
    std::uint32_t groups_per_page_;
    std::uint32_t pages_per_group_;  ///< DRAM rows: more than 1 where one is shorter than a group
    std::uint32_t half_pages_;       ///< DRAM rows of the lower banks of a bank group
    std::uint32_t half_banks_;       ///< those banks: half of them, where there are two or more
};

}  // namespace pade
