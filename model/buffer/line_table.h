// From the number of a 32 B atom in DRAM to the line that holds it: open addressing with linear probing, at most half
// full. The slots hold the line only, 4 B: the atom stands with the line, which the caller looks at next in any case,
// and a table of atoms too would crowd the second-level cache.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model/buffer/replacement.h"

namespace pade {

class line_table {
  public:
    explicit line_table(std::size_t lines) {
        std::size_t size = 4;
        unsigned bits = 2;
        while (size < lines * 2) {
            size *= 2;
            ++bits;
        }
        slots_.resize(size, no_line);
        shift_ = 64 - bits;
    }

    /// atom_of(line): the atom that a line in the table holds.
    template <typename AtomOf>
    line_id find(std::uint64_t atom, AtomOf&& atom_of) const {
        for (std::size_t i = home(atom);; i = next(i)) {
            if (slots_[i] == no_line || atom_of(slots_[i]) == atom)
                return slots_[i];
        }
    }
    /// Its slot will be looked at soon.
    void prefetch(std::uint64_t atom) const { __builtin_prefetch(&slots_[home(atom)]); }
    /// The atom must not be there yet.
    void insert(std::uint64_t atom, line_id line) {
        std::size_t i = home(atom);
        while (slots_[i] != no_line)
            i = next(i);
        slots_[i] = line;
    }
    /// The atom must be there, in `line`. Later entries of the same chain move up, so that no tombstones gather.
    template <typename AtomOf>
    void erase(std::uint64_t atom, line_id line, AtomOf&& atom_of) {
        std::size_t hole = home(atom);
        while (slots_[hole] != line)
            hole = next(hole);
        for (std::size_t i = next(hole); slots_[i] != no_line; i = next(i)) {
            const std::size_t from = home(atom_of(slots_[i]));
            // It may move if the hole lies on its way from its home.
            if (((i - from) & (slots_.size() - 1)) >= ((i - hole) & (slots_.size() - 1))) {
                slots_[hole] = slots_[i];
                hole = i;
            }
        }
        slots_[hole] = no_line;
    }
    void clear() { std::fill(slots_.begin(), slots_.end(), no_line); }

  private:
    std::size_t home(std::uint64_t atom) const { return (atom * 0x9E3779B97F4A7C15u) >> shift_; }
    std::size_t next(std::size_t i) const { return (i + 1) & (slots_.size() - 1); }

    std::vector<line_id> slots_;
    unsigned shift_ = 0;
};

}  // namespace pade
