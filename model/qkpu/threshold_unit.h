// Threshold unit: T of the row's query in each of the blocks in flight (pade.md section 2, "Guard filter").
#pragma once

#include <array>
#include <cstdint>

#include "model/numeric/guard_rule.h"

namespace pade {

class threshold_unit {
  public:
    /// A new query: T is invalid until the first bound.
    void reset(unsigned slot, std::int64_t offset) {
        entries_[slot] = {};
        entries_[slot].offset = offset;
    }
    /// Takes one lower bound into the maximum. Returns true when T rose.
    bool raise(unsigned slot, std::int64_t lower) {
        return entries_[slot].threshold.raise(lower, entries_[slot].offset);
    }
    const numeric::threshold& value(unsigned slot) const { return entries_[slot].threshold; }

  private:
    struct entry {
        numeric::threshold threshold;
        std::int64_t offset = 0;
    };
    std::array<entry, 2> entries_;
};

}  // namespace pade
