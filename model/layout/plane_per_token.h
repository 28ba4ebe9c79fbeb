// plane_per_token: all planes of one key are contiguous, most significant first. A plane is padded to a power of two
// bytes as in plane_first, and a key takes whole atoms: at d = 64 and 8 bits two of them, planes 0 to 3 and 4 to 7.
//
// [ours] What the paper leaves open:
// - A key that fills at most half an atom shares it: its planes are padded to a power of two, and neighbouring keys
//   follow each other (d = 8, 8 bits: 4 keys an atom). So no key lies in more atoms than it must.
// - A key's atoms lie side by side in one DRAM row. Neighbouring keys (groups of keys, where they share an atom) go
//   round the pseudo channels, then round the bank groups, since two reads of one bank group need tCCD_L; then through
//   the columns of a row.
// - The first half of a head's rows goes round the lower half of the banks of a group, the second half round the upper
//   one, so that head and tail of the tile order do not meet in one bank (as plane_first has it).
// - In the KV buffer a key's atoms lie 5 banks apart, and neighbouring keys in neighbouring banks: the lane columns,
//   which work on neighbouring keys, read different banks.
#pragma once

#include <array>

#include "model/layout/k_layout.h"
#include "model/layout/layout_math.h"

namespace pade {

class plane_per_token : public k_layout {
  public:
    plane_per_token(const address_map& map, const k_geometry& geometry);

    std::uint32_t atoms() const override { return groups_ * parts_; }
    k_place place(std::uint32_t key, unsigned plane) const override {
        return {key / keys_per_atom_ * parts_ + plane / planes_per_atom_,
                (key % keys_per_atom_ * key_planes_ + plane % planes_per_atom_) * plane_bytes_};
    }
    std::uint64_t address(std::uint32_t k_row, std::uint32_t atom) const override;
    std::uint32_t buffer_bank(std::uint32_t atom) const override { return atom / parts_ + 5 * (atom % parts_); }
    std::uint32_t useful(std::uint32_t atom) const override {
        return keys_per_atom_ > 1 && atom + 1 == groups_ ? useful_in_last_ : useful_[atom % parts_];
    }
    unsigned plane_bytes() const override { return plane_bytes_; }
    std::uint32_t rows() const override { return divide_up(half_pages_, half_banks_); }

  private:
    std::uint32_t useful_bytes(std::uint32_t keys, unsigned planes) const;

    const address_map map_;
    unsigned plane_bytes_;
    unsigned planes_per_atom_;
    unsigned key_planes_;              ///< places for planes that a key takes in its atom
    std::uint32_t keys_per_atom_;      ///< more than 1: a key lies in one atom
    std::uint32_t parts_;              ///< atoms of a key
    std::uint32_t groups_;             ///< of keys that share an atom
    std::uint32_t columns_per_group_;  ///< atoms of a group in one DRAM row
    std::uint32_t groups_per_page_;
    std::uint32_t pages_per_group_;          ///< DRAM rows: more than 1 where one is shorter than a key
    std::uint32_t half_pages_;               ///< DRAM rows of the lower banks of a bank group
    std::uint32_t half_banks_;               ///< those banks: half of them, where there are two or more
    std::array<std::uint32_t, 8> useful_{};  ///< of an atom with all its keys, by part
    std::uint32_t useful_in_last_;           ///< of the last atom, where keys share one
};

}  // namespace pade
