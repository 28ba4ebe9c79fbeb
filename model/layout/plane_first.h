// plane_first: plane r of a tile's keys is contiguous. An atom holds one plane of a key group (4 keys at d = 64); key
// groups go round the channels; plane r lies in bank 2r, and with two banks a plane the second half of each channel's
// groups in bank 2r + 1, so that head and tail of the tile order do not meet in one bank.
#pragma once

#include "model/layout/k_layout.h"

namespace pade {

class plane_first : public k_layout {
  public:
    plane_first(const layout_params& params, const address_map& map, const k_geometry& geometry);

    std::uint32_t atoms() const override { return groups_ * geometry_.key_bits; }
    k_place place(std::uint32_t key, unsigned plane) const override {
        return {plane * groups_ + key / keys_per_atom_, key % keys_per_atom_ * plane_bytes_};
    }
    std::uint64_t address(std::uint32_t k_row, std::uint32_t atom) const override;
    std::uint32_t buffer_bank(std::uint32_t atom) const override { return atom % groups_ + 5 * (atom / groups_); }
    std::uint32_t useful(std::uint32_t atom) const override {
        return atom % groups_ + 1 == groups_ ? useful_in_last_ : useful_;
    }
    unsigned plane_bytes() const override { return plane_bytes_; }
    std::uint32_t rows() const override { return rows_per_bank_ * folds_; }

  private:
    std::uint32_t useful_bytes(std::uint32_t keys) const;

    const address_map map_;
    unsigned banks_per_plane_;
    unsigned plane_bytes_;
    std::uint32_t keys_per_atom_;
    std::uint32_t groups_;           ///< atoms of one plane
    std::uint32_t groups_per_bank_;  ///< of one channel
    std::uint32_t rows_per_bank_;
    std::uint32_t useful_;          ///< of an atom with all its keys
    std::uint32_t useful_in_last_;  ///< of the last atom of a plane
    std::uint32_t folds_;           ///< planes that share a bank because there are not banks enough for all
};

}  // namespace pade
