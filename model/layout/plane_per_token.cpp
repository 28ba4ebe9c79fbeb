#include "model/layout/plane_per_token.h"

#include <algorithm>

namespace pade {

plane_per_token::plane_per_token(const address_map& map, const k_geometry& geometry)
    : k_layout(geometry, map.atom_bytes()),
      map_(map),
      plane_bytes_(padded_plane_bytes(geometry.head_dim)),
      planes_per_atom_(map.atom_bytes() / plane_bytes_),
      key_planes_(std::min(power_of_two_from(geometry.key_bits), planes_per_atom_)),
      keys_per_atom_(planes_per_atom_ / key_planes_),
      parts_(divide_up(geometry.key_bits, planes_per_atom_)),
      groups_(divide_up(geometry.keys, keys_per_atom_)),
      columns_per_group_(std::min(parts_, std::uint32_t{map.atoms_per_page()})),
      groups_per_page_(map.atoms_per_page() / columns_per_group_),
      pages_per_group_(divide_up(parts_, columns_per_group_)) {
    const std::uint32_t halves = map.banks_per_group() == 1 ? 1 : 2;
    const std::uint32_t groups_per_bank_group = divide_up(groups_, map.pseudo_channels() * map.bank_groups());
    const std::uint32_t pages = divide_up(groups_per_bank_group, groups_per_page_) * pages_per_group_;
    half_pages_ = divide_up(pages, halves);
    half_banks_ = map.banks_per_group() / halves;
    for (std::uint32_t part = 0; part < parts_; ++part)
        useful_.at(part) =
            useful_bytes(keys_per_atom_, std::min(geometry.key_bits - part * planes_per_atom_, planes_per_atom_));
    useful_in_last_ =
        useful_bytes(geometry.keys - (groups_ - 1) * keys_per_atom_, std::min(geometry.key_bits, planes_per_atom_));
}

std::uint64_t plane_per_token::address(std::uint32_t k_row, std::uint32_t atom) const {
    const std::uint32_t group = atom / parts_;
    const std::uint32_t part = atom % parts_;
    const std::uint32_t in_channel = group / map_.pseudo_channels();
    const std::uint32_t in_bank_group = in_channel / map_.bank_groups();
    const std::uint32_t page = in_bank_group / groups_per_page_ * pages_per_group_ + part / columns_per_group_;
    const std::uint32_t in_half = page % half_pages_;
    address_map::location at;
    at.pseudo_channel = group % map_.pseudo_channels();
    at.bank_group = in_channel % map_.bank_groups();
    at.bank = page / half_pages_ * half_banks_ + in_half % half_banks_;
    at.row = k_row + in_half / half_banks_;
    at.column = in_bank_group % groups_per_page_ * columns_per_group_ + part % columns_per_group_;
    return map_.encode(at);
}

std::uint32_t plane_per_token::useful_bytes(std::uint32_t keys, unsigned planes) const {
    const std::uint32_t data = low_bits(divide_up(geometry_.head_dim, 8));
    std::uint32_t mask = 0;
    for (std::uint32_t key = 0; key < keys; ++key)
        for (unsigned plane = 0; plane < planes; ++plane)
            mask |= data << ((key * key_planes_ + plane) * plane_bytes_);
    return mask;
}

}  // namespace pade
