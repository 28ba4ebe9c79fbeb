#include "model/layout/value_major.h"

#include <algorithm>

#include "model/numeric/bit_planes.h"

namespace pade {

namespace {
std::uint32_t padded_key_bytes(std::uint32_t head_dim, std::uint32_t atom_bytes) {
    // At least a byte of each plane.
    return head_dim <= atom_bytes ? std::min(std::max(power_of_two_from(head_dim), 8u), atom_bytes)
                                  : divide_up(head_dim, atom_bytes) * atom_bytes;
}
}  // namespace

value_major::value_major(const address_map& map, const k_geometry& geometry)
    : k_layout(geometry, map.atom_bytes()),
      key_bytes_(padded_key_bytes(geometry.head_dim, map.atom_bytes())),
      keys_per_atom_(std::max(1u, atom_bytes_ / key_bytes_)),
      order_(map, divide_up(geometry.keys, keys_per_atom_), std::max(1u, key_bytes_ / atom_bytes_)) {}

std::uint32_t value_major::useful(std::uint32_t atom) const {
    const std::uint32_t first = atom / order_.parts() * keys_per_atom_;
    const std::uint32_t keys = std::min(keys_per_atom_, geometry_.keys - first);
    const std::uint32_t before = atom % order_.parts() * atom_bytes_;  // bytes of the key in the atoms before this one
    const std::uint32_t data = low_bits(std::min(geometry_.head_dim - before, atom_bytes_));
    std::uint32_t mask = 0;
    for (std::uint32_t key = 0; key < keys; ++key)
        mask |= data << key * key_bytes_;
    return mask;
}

void value_major::arrange(const std::int8_t* k, std::uint8_t* image) const {
    for (std::uint32_t key = 0; key < geometry_.keys; ++key) {
        const k_place at = place(key, 0);
        std::uint8_t* bytes = image + std::size_t{at.atom} * atom_bytes_ + at.offset;
        for (std::uint32_t e = 0; e < geometry_.head_dim; ++e)
            bytes[e] = static_cast<std::uint8_t>(
                numeric::quantise_key(k[std::size_t{key} * geometry_.head_dim + e], geometry_.key_bits));
    }
}

}  // namespace pade
