// From the number of a 32 B atom in DRAM to the line that holds it: open addressing with linear probing, at most half
// full.
#pragma once

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
        slots_.resize(size);
        shift_ = 64 - bits;
    }

    line_id find(std::uint64_t atom) const {
        for (std::size_t i = home(atom);; i = next(i)) {
            if (slots_[i].line == no_line || slots_[i].atom == atom)
                return slots_[i].line;
        }
    }
    /// The atom must not be there yet.
    void insert(std::uint64_t atom, line_id line) {
        std::size_t i = home(atom);
        while (slots_[i].line != no_line)
            i = next(i);
        slots_[i] = {atom, line};
    }
    /// The atom must be there. Later entries of the same chain move up, so that no tombstones gather.
    void erase(std::uint64_t atom) {
        std::size_t hole = home(atom);
        while (slots_[hole].atom != atom || slots_[hole].line == no_line)
            hole = next(hole);
        for (std::size_t i = next(hole); slots_[i].line != no_line; i = next(i)) {
            const std::size_t from = home(slots_[i].atom);
            // It may move if the hole lies on its way from its home.
            if (((i - from) & (slots_.size() - 1)) >= ((i - hole) & (slots_.size() - 1))) {
                slots_[hole] = slots_[i];
                hole = i;
            }
        }
        slots_[hole].line = no_line;
    }
    void clear() {
        for (slot& s : slots_)
            s.line = no_line;
    }

  private:
    struct slot {
        std::uint64_t atom = 0;
        line_id line = no_line;
    };
    std::size_t home(std::uint64_t atom) const { return (atom * 0x9E3779B97F4A7C15u) >> shift_; }
    std::size_t next(std::size_t i) const { return (i + 1) & (slots_.size() - 1); }

    std::vector<slot> slots_;
    unsigned shift_ = 0;
};

}  // namespace pade
