#include "model/layout/plane_per_token.h"

#include <algorithm>

namespace pade {

plane_per_token::plane_per_token(const address_map& map, const k_geometry& geometry)
    : k_layout(geometry, map.atom_bytes()),
      plane_bytes_(padded_plane_bytes(geometry.head_dim)),
      planes_per_atom_(map.atom_bytes() / plane_bytes_),
      key_planes_(std::min(power_of_two_from(geometry.key_bits), planes_per_atom_)),
      keys_per_atom_(planes_per_atom_ / key_planes_),
      order_(map, divide_up(geometry.keys, keys_per_atom_), divide_up(geometry.key_bits, planes_per_atom_)) {
    for (std::uint32_t part = 0; part < order_.parts(); ++part)
        useful_.at(part) =
            useful_bytes(keys_per_atom_, std::min(geometry.key_bits - part * planes_per_atom_, planes_per_atom_));
    useful_in_last_ = useful_bytes(geometry.keys - (order_.groups() - 1) * keys_per_atom_,
                                   std::min(geometry.key_bits, planes_per_atom_));
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
