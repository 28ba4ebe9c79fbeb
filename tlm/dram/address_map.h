// Where an address lies in DRAM: the fields of dram.mapping, and back. Plain C++: layouts and tests use it without
// SystemC.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/params.h"

namespace pade {

class address_map {
  public:
    /// One byte of DRAM. `column` counts atoms (bursts) of a page, `offset` bytes of an atom.
    struct location {
        uint row = 0;
        uint bank = 0;
        uint bank_group = 0;
        uint pseudo_channel = 0;
        uint column = 0;
        uint offset = 0;
        bool operator==(const location& o) const {
            return row == o.row && bank == o.bank && bank_group == o.bank_group && pseudo_channel == o.pseudo_channel &&
                   column == o.column && offset == o.offset;
        }
        bool operator!=(const location& o) const { return !(*this == o); }
    };

    /// Parses dram.mapping. Each field must be as wide as its count needs: pseudo_channel log2(dram.pseudo_channels),
    /// bank log2(dram.banks_per_group), bank_group log2(dram.bank_groups), row log2(dram.rows), column log2(page /
    /// atom), offset log2(atom), where atom = bus_bits / 8 * burst_length. A field of 0 bits may be left out. In the
    /// default text only the order counts and the widths follow the counts [ours], so that a sweep of the channels
    /// needs no new text. Throws input_error.
    explicit address_map(const dram_params& params);

    /// Throws internal_error for an address at or beyond bytes().
    location decode(std::uint64_t address) const {
        if (address >= bytes_)
            bad_address(address);
        return {get(row, address),    get(bank, address),  get(bank_group, address), get(pseudo_channel, address),
                get(column, address), get(offset, address)};
    }
    /// Inverse of decode. Throws internal_error for a field beyond its width.
    std::uint64_t encode(const location& at) const {
        return put(row, at.row) | put(bank, at.bank) | put(bank_group, at.bank_group) |
               put(pseudo_channel, at.pseudo_channel) | put(column, at.column) | put(offset, at.offset);
    }

    /// Size of the address space.
    std::uint64_t bytes() const { return bytes_; }
    unsigned atom_bytes() const { return count(offset); }
    unsigned pseudo_channels() const { return count(pseudo_channel); }
    unsigned atoms_per_page() const { return count(column); }
    unsigned rows() const { return count(row); }
    unsigned bank_groups() const { return count(bank_group); }
    unsigned banks_per_group() const { return count(bank); }
    /// Banks of a pseudo channel, over all its groups.
    unsigned banks() const { return count(bank) * count(bank_group); }
    /// bank * bank_groups() + bank_group, below banks(): neighbouring numbers lie in different groups.
    unsigned bank_number(const location& at) const { return at.bank * count(bank_group) + at.bank_group; }

  private:
    enum field : std::size_t { row, bank, column, bank_group, pseudo_channel, offset, fields };
    struct place {
        unsigned shift = 0;
        unsigned width = 0;
        std::uint64_t mask = 0;  // before the shift
    };

    unsigned count(field f) const { return static_cast<unsigned>(places_[f].mask + 1); }
    uint get(field f, std::uint64_t address) const {
        return static_cast<uint>((address >> places_[f].shift) & places_[f].mask);
    }
    std::uint64_t put(field f, uint value) const {
        if (value > places_[f].mask)
            bad_field(f, value);
        return std::uint64_t{value} << places_[f].shift;
    }
    [[noreturn]] void bad_address(std::uint64_t address) const;
    [[noreturn]] void bad_field(field f, uint value) const;

    std::array<place, fields> places_{};
    std::uint64_t bytes_ = 0;
};

}  // namespace pade
