#include "model/layout/plane_first.h"

#include "model/layout/layout_math.h"

namespace pade {

plane_first::plane_first(const layout_params& params, const address_map& map, const k_geometry& geometry)
    : k_layout(geometry, map.atom_bytes()),
      map_(map),
      banks_per_plane_(params.banks_per_plane),
      plane_bytes_(padded_plane_bytes(geometry.head_dim)),
      keys_per_atom_(map.atom_bytes() / plane_bytes_),
      groups_(divide_up(geometry.keys, keys_per_atom_)) {
    const std::uint32_t groups_per_channel = divide_up(groups_, map.pseudo_channels());
    groups_per_bank_ = divide_up(groups_per_channel, banks_per_plane_);
    rows_per_bank_ = divide_up(groups_per_bank_, map.atoms_per_page());
    folds_ = divide_up(2 * geometry.key_bits, map.banks());
    useful_ = useful_bytes(keys_per_atom_);
    useful_in_last_ = useful_bytes(geometry.keys - (groups_ - 1) * keys_per_atom_);
}

std::uint64_t plane_first::address(std::uint32_t k_row, std::uint32_t atom) const {
    const std::uint32_t plane = atom / groups_;
    const std::uint32_t group = atom % groups_;
    const std::uint32_t in_channel = group / map_.pseudo_channels();
    const std::uint32_t bank = 2 * plane + in_channel / groups_per_bank_;
    const std::uint32_t in_bank = in_channel % groups_per_bank_;
    address_map::location at;
    at.pseudo_channel = group % map_.pseudo_channels();
    at.bank_group = bank % map_.banks() % map_.bank_groups();
    at.bank = bank % map_.banks() / map_.bank_groups();
    at.column = in_bank % map_.atoms_per_page();
    at.row = k_row + bank / map_.banks() * rows_per_bank_ + in_bank / map_.atoms_per_page();
    return map_.encode(at);
}

std::uint32_t plane_first::useful_bytes(std::uint32_t keys) const {
    const unsigned data_bytes = divide_up(geometry_.head_dim, 8);
    std::uint32_t mask = 0;
    for (std::uint32_t key = 0; key < keys; ++key)
        for (unsigned byte = 0; byte < data_bytes; ++byte)
            mask |= 1u << (key * plane_bytes_ + byte);
    return mask;
}

}  // namespace pade
