#include "model/layout/atom_groups.h"

#include <algorithm>

namespace pade {

atom_groups::atom_groups(const address_map& map, std::uint32_t groups, std::uint32_t parts)
    : map_(map),
      groups_(groups),
      parts_(parts),
      columns_per_group_(std::min(parts, std::uint32_t{map.atoms_per_page()})),
      groups_per_page_(map.atoms_per_page() / columns_per_group_),
      pages_per_group_(divide_up(parts, columns_per_group_)) {
    const std::uint32_t halves = map.banks_per_group() == 1 ? 1 : 2;
    const std::uint32_t groups_per_bank_group = divide_up(groups, map.pseudo_channels() * map.bank_groups());
    const std::uint32_t pages = divide_up(groups_per_bank_group, groups_per_page_) * pages_per_group_;
    half_pages_ = divide_up(pages, halves);
    half_banks_ = map.banks_per_group() / halves;
}

std::uint64_t atom_groups::address(std::uint32_t k_row, std::uint32_t atom) const {
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

}  // namespace pade
