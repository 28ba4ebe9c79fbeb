// Input registers of the dispatcher for the lanes' verdicts: at most one a lane and edge, so a register for each lane
// and each edge that can be ahead. Compact, since all lanes use them every cycle.
#pragma once

#include <cstdint>
#include <vector>

#include "model/dispatch/column.h"
#include "model/errors.h"
#include "tlm/payloads.h"

namespace pade {

/// Number of a lane as the tag of its sockets: column and row without a division.
constexpr unsigned lane_tag(unsigned column, unsigned row) {
    return column << 4 | row;
}
constexpr unsigned tag_column(unsigned tag) {
    return tag >> 4;
}
constexpr unsigned tag_row(unsigned tag) {
    return tag & 15;
}

class verdict_registers {
  public:
    class entry {
      public:
        entry() = default;
        explicit entry(const verdict_item& item)
            : tag_(item.tag),
              what_(static_cast<std::uint16_t>(item.plane | static_cast<unsigned>(item.decision) << plane_bits)) {}
        std::uint16_t tag() const { return tag_; }
        unsigned plane() const { return what_ & (max_planes - 1); }
        verdict decision() const { return static_cast<verdict>(what_ >> plane_bits); }

      private:
        // Plane and decision share a number: as two bytes the compiler would copy them at once, which the lane has just
        // written one by one, and the processor would wait until they are in the cache.
        static constexpr unsigned plane_bits = 3;
        std::uint16_t tag_ = 0;
        std::uint16_t what_ = 0;
    };

    /// latency: edges that a verdict is on its way at most.
    verdict_registers(unsigned columns, unsigned latency) : columns_(columns) {
        while (edges_ < latency + 1)
            edges_ *= 2;
        entries_.resize(std::size_t{edges_} * max_lanes * max_rows);
        rows_.resize(std::size_t{edges_} * max_lanes);
    }

    /// Throws internal_error when the lane has a verdict for that edge already, or it is too far ahead.
    void put(unsigned tag, const verdict_item& item) {
        const std::size_t place = (item.visible & (edges_ - 1)) * max_lanes + tag_column(tag);
        const auto bit = static_cast<row_mask>(1u << tag_row(tag));
        if ((rows_[place] & bit) != 0)
            throw internal_error(
                "dispatcher: two verdicts of a lane for one edge, or one further ahead than "
                "lane.verdict_latency");
        rows_[place] = static_cast<row_mask>(rows_[place] | bit);
        entries_[place * max_rows + tag_row(tag)] = entry(item);
    }

    /// Calls f(column, row, entry) for each verdict of edge `now`, in the order of columns, then rows.
    template <typename F>
    void take(cycle_t now, F&& f) {
        const std::size_t first = (now & (edges_ - 1)) * max_lanes;
        for (unsigned c = 0; c < columns_; ++c) {
            const row_mask rows = rows_[first + c];
            rows_[first + c] = 0;
            for (unsigned left = rows; left != 0; left &= left - 1) {
                const auto row = static_cast<unsigned>(__builtin_ctz(left));
                f(c, row, entries_[(first + c) * max_rows + row]);
            }
        }
    }

  private:
    unsigned columns_;
    unsigned edges_ = 2;
    std::vector<entry> entries_;  // [edge][column][row]
    std::vector<row_mask> rows_;  // [edge][column]: rows with an entry
};

}  // namespace pade
