// Where the bit planes of K lie in DRAM (pade.md section 4, item 3): a policy, one class a layout. Addresses only: the
// host stores K with it, the dispatcher fetches by it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "model/params.h"
#include "tlm/dram/address_map.h"

namespace pade {

/// What a layout needs to know of a head's K, shape [keys, head_dim] of key_bits each.
struct k_geometry {
    std::uint32_t keys = 0;
    std::uint32_t head_dim = 0;
    std::uint32_t key_bits = 8;
};

/// One plane of one key: from byte `offset` of atom number `atom` of the head on. Where it is spread over several
/// atoms, it fills this one and the next ones, all from their first byte.
struct k_place {
    std::uint32_t atom = 0;
    std::uint32_t offset = 0;
};

/// One bit of one element of a key: bit `bit` (0 the least significant) of byte `offset` of atom number `atom`.
struct k_bit {
    std::uint32_t atom = 0;
    std::uint32_t offset = 0;
    std::uint32_t bit = 0;
};

class k_layout {
  public:
    virtual ~k_layout() = default;

    /// Atoms of one head; they are numbered from 0.
    virtual std::uint32_t atoms() const = 0;
    virtual k_place place(std::uint32_t key, unsigned plane) const = 0;
    /// Also of the padding dims, up to 8 * plane_bytes() * plane_atoms().
    virtual k_bit bit_of(std::uint32_t key, std::uint32_t dim, unsigned plane) const {
        const k_place at = place(key, plane);
        return {at.atom, at.offset + dim / 8, dim % 8};
    }
    /// DRAM address of an atom of the head whose K begins at DRAM row `k_row`.
    virtual std::uint64_t address(std::uint32_t k_row, std::uint32_t atom) const = 0;
    /// Number whose remainder by the banks of the KV buffer is the atom's bank.
    virtual std::uint32_t buffer_bank(std::uint32_t atom) const = 0;
    /// Bit b: byte b of the atom holds data, not padding.
    virtual std::uint32_t useful(std::uint32_t atom) const = 0;
    /// Bytes that one read of a plane of a key delivers, padding included: a power of two, at most an atom.
    virtual unsigned plane_bytes() const = 0;
    /// Atoms over which one plane of one key is spread: so many reads it takes.
    virtual unsigned plane_atoms() const { return 1; }
    /// The atoms hold values, one a byte: a plane is one bit of each (tlm/plane_select.h), and a key is fetched whole.
    virtual bool by_value() const { return false; }
    /// Planes of keys in so many bytes of K, padding included.
    virtual std::uint64_t planes_in(std::uint64_t bytes) const { return bytes / plane_bytes(); }
    /// DRAM rows (of every bank) that one head takes.
    virtual std::uint32_t rows() const = 0;

    /// Writes a head's K, quantised to key_bits, through write(address, bytes, length).
    using writer = std::function<void(std::uint64_t, const std::uint8_t*, unsigned)>;
    void store(const std::int8_t* k, std::uint32_t k_row, const writer& write) const;

    const k_geometry& geometry() const { return geometry_; }

  protected:
    /// Puts K into `image`: atoms() atoms, all bytes 0.
    virtual void arrange(const std::int8_t* k, std::uint8_t* image) const;

    k_layout(const k_geometry& geometry, unsigned atom_bytes) : geometry_(geometry), atom_bytes_(atom_bytes) {}
    k_geometry geometry_;
    unsigned atom_bytes_;
};

/// Throws input_error for a layout that is not there, or a geometry that it cannot hold.
std::unique_ptr<k_layout> make_k_layout(const layout_params& params, const address_map& map,
                                        const k_geometry& geometry);

}  // namespace pade
