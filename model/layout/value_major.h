// value_major: element e of a key is byte e of it, two's complement, as a design without bit planes stores K. A key
// takes whole atoms (d = 64: two, d = 80: three), and its first touch fetches all of them: a plane lies in every one,
// 32 dims in each. The KV buffer makes planes of the bytes as they are read (tlm/plane_select.h). What it is for: how
// much the other layouts save (pade.md, section 4, item 3).
//
// [ours] What the paper leaves open:
// - With fewer than 8 bits a key still takes a byte an element, sign-extended; its planes are the low bits.
// - A key of at most half an atom shares it: d up to 8 takes 8 bytes, up to 16 takes 16.
// - The order of the keys is that of atom_groups.
#pragma once

#include "model/layout/atom_groups.h"
#include "model/layout/k_layout.h"

namespace pade {

class value_major : public k_layout {
  public:
    value_major(const address_map& map, const k_geometry& geometry);

    std::uint32_t atoms() const override { return order_.atoms(); }
    /// The first atom of the key, whatever the plane.
    k_place place(std::uint32_t key, unsigned) const override {
        return {key / keys_per_atom_ * order_.parts(), key % keys_per_atom_ * key_bytes_};
    }
    k_bit bit_of(std::uint32_t key, std::uint32_t dim, unsigned plane) const override {
        const k_place at = place(key, plane);
        return {at.atom + dim / atom_bytes_, at.offset + dim % atom_bytes_, geometry_.key_bits - 1 - plane};
    }
    std::uint64_t address(std::uint32_t k_row, std::uint32_t atom) const override {
        return order_.address(k_row, atom);
    }
    std::uint32_t buffer_bank(std::uint32_t atom) const override { return order_.buffer_bank(atom); }
    std::uint32_t useful(std::uint32_t atom) const override;
    /// Of the part that lies in one atom.
    unsigned plane_bytes() const override { return divide_up(key_bytes_ / order_.parts(), 8); }
    unsigned plane_atoms() const override { return order_.parts(); }
    bool by_value() const override { return true; }
    std::uint64_t planes_in(std::uint64_t bytes) const override { return bytes * geometry_.key_bits / key_bytes_; }
    std::uint32_t rows() const override { return order_.rows(); }

  private:
    void arrange(const std::int8_t* k, std::uint8_t* image) const override;

    std::uint32_t key_bytes_;  ///< padding included
    std::uint32_t keys_per_atom_;
    atom_groups order_;
};

}  // namespace pade
