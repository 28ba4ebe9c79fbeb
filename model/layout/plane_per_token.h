// plane_per_token: all planes of one key are contiguous, most significant first. A plane is padded to a power of two
// bytes as in plane_first, and a key takes whole atoms: at d = 64 and 8 bits two of them, planes 0 to 3 and 4 to 7.
//
// [ours] A key that fills at most half an atom shares it: its planes are padded to a power of two, and neighbouring
// keys follow each other (d = 8, 8 bits: 4 keys an atom). So no key lies in more atoms than it must. The order of the
// keys is that of atom_groups.
#pragma once

#include <array>

#include "model/layout/atom_groups.h"
#include "model/layout/k_layout.h"
#include "model/layout/layout_math.h"

namespace pade {

class plane_per_token : public k_layout {
  public:
    plane_per_token(const address_map& map, const k_geometry& geometry);

    std::uint32_t atoms() const override { return order_.atoms(); }
    k_place place(std::uint32_t key, unsigned plane) const override {
        return {key / keys_per_atom_ * order_.parts() + plane / planes_per_atom_,
                (key % keys_per_atom_ * key_planes_ + plane % planes_per_atom_) * plane_bytes_};
    }
    std::uint64_t address(std::uint32_t k_row, std::uint32_t atom) const override {
        return order_.address(k_row, atom);
    }
    std::uint32_t buffer_bank(std::uint32_t atom) const override { return order_.buffer_bank(atom); }
    std::uint32_t useful(std::uint32_t atom) const override {
        return keys_per_atom_ > 1 && atom + 1 == order_.groups() ? useful_in_last_ : useful_[atom % order_.parts()];
    }
    unsigned plane_bytes() const override { return plane_bytes_; }
    std::uint32_t rows() const override { return order_.rows(); }

  private:
    std::uint32_t useful_bytes(std::uint32_t keys, unsigned planes) const;

    unsigned plane_bytes_;
    unsigned planes_per_atom_;
    unsigned key_planes_;          ///< places for planes that a key takes in its atom
    std::uint32_t keys_per_atom_;  ///< more than 1: a key lies in one atom
    atom_groups order_;
    std::array<std::uint32_t, 8> useful_{};  ///< of an atom with all its keys, by part
    std::uint32_t useful_in_last_;           ///< of the last atom, where keys share one
};

}  // namespace pade
