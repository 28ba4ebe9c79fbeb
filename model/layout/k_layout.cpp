#include "model/layout/k_layout.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "model/errors.h"
#include "model/layout/plane_first.h"
#include "model/layout/plane_per_token.h"
#include "model/layout/value_major.h"
#include "model/numeric/bit_planes.h"

namespace pade {

void k_layout::store(const std::int8_t* k, std::uint32_t k_row, const writer& write) const {
    std::vector<std::uint8_t> image(std::size_t{atoms()} * atom_bytes_, 0);
    arrange(k, image.data());
    for (std::uint32_t atom = 0; atom < atoms(); ++atom)
        write(address(k_row, atom), image.data() + std::size_t{atom} * atom_bytes_, atom_bytes_);
}

void k_layout::arrange(const std::int8_t* k, std::uint8_t* image) const {
    const std::uint32_t dims = geometry_.head_dim;
    std::vector<std::int8_t> row(dims);
    std::array<std::uint64_t, 4> words{};
    for (std::uint32_t key = 0; key < geometry_.keys; ++key) {
        for (std::uint32_t e = 0; e < dims; ++e)
            row[e] = numeric::quantise_key(k[std::size_t{key} * dims + e], geometry_.key_bits);
        for (unsigned plane = 0; plane < geometry_.key_bits; ++plane) {
            numeric::pack_plane(row.data(), dims, plane, geometry_.key_bits, words.data());
            const k_place at = place(key, plane);
            std::uint8_t* bytes = image + std::size_t{at.atom} * atom_bytes_ + at.offset;
            for (unsigned byte = 0; byte * 8 < dims; ++byte)
                bytes[byte] = static_cast<std::uint8_t>(words[byte / 8] >> (byte % 8 * 8));
        }
    }
}

namespace {

void check(const k_geometry& geometry, const address_map& map) {
    constexpr std::uint32_t most_keys = 1u << 20;  // a token has 20 bits
    const std::uint32_t most_dims = std::min(8 * map.atom_bytes(), 256u);
    const auto refuse = [](const char* what, std::uint32_t value, std::uint32_t low, std::uint32_t high) {
        throw input_error("K: " + std::string(what) + " is " + std::to_string(value) +
                          "; allowed: " + std::to_string(low) + " to " + std::to_string(high));
    };
    if (geometry.keys == 0 || geometry.keys > most_keys)
        refuse("keys", geometry.keys, 1, most_keys);
    // One plane of a key lies in one atom, in the layouts that store planes.
    if (geometry.head_dim == 0 || geometry.head_dim > most_dims)
        refuse("head_dim", geometry.head_dim, 1, most_dims);
    if (geometry.key_bits == 0 || geometry.key_bits > numeric::max_key_bits)
        refuse("key_bits", geometry.key_bits, 1, numeric::max_key_bits);
}

}  // namespace

std::unique_ptr<k_layout> make_k_layout(const layout_params& params, const address_map& map,
                                        const k_geometry& geometry) {
    check(geometry, map);
    switch (params.k) {
        case k_layout_kind::plane_first:
            return std::make_unique<plane_first>(params, map, geometry);
        case k_layout_kind::plane_per_token:
            return std::make_unique<plane_per_token>(map, geometry);
        case k_layout_kind::value_major:
            return std::make_unique<value_major>(map, geometry);
    }
    throw internal_error("layout.k has a value that is no layout");
}

}  // namespace pade
