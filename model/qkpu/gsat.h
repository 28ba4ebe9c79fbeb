// GSAT: the lane's datapath, a masked dot product of one bit plane with the row's query (pade.md sections 2 and 3).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "model/numeric/group_selection.h"
#include "model/numeric/query_operand.h"
#include "tlm/payloads.h"

namespace pade {

/// What one plane costs and gives.
struct gsat_result {
    std::int32_t sum = 0;  ///< sum of q over the dims whose bit is set
    unsigned cycles =
        0;  ///< datapath cycles: one a pass of 64 dims, two where a group has too many ones for its selectors
    unsigned selected = 0;     ///< elements that went through the selectors
    unsigned dims_cycles = 0;  ///< dims in use, summed over these cycles; 64 * cycles when the lane is full

    gsat_result operator+(const gsat_result& other) const {
        return {sum + other.sum, cycles + other.cycles, selected + other.selected, dims_cycles + other.dims_cycles};
    }
};

class gsat {
  public:
    explicit gsat(bool bidirectional) : bidirectional_(bidirectional) {}
    gsat_result operator()(const numeric::query_operand& q, const std::array<std::uint64_t, max_passes>& bits) const {
        return (*this)(q, bits[0], bits.data() + 1);
    }
    /// The same with the first word of the plane apart; rest: the others, if the query has more than 64 dims.
    gsat_result operator()(const numeric::query_operand& q, std::uint64_t first, const std::uint64_t* rest) const {
        // The common shapes, known to the compiler: heads of 64 and 128 dims, both symbols.
        if (bidirectional_ && q.dims() == lane_dims)
            return pass(q, first, 0, true, lane_dims);
        if (bidirectional_ && q.dims() == 2 * lane_dims)
            return pass(q, first, 0, true, lane_dims) + pass(q, rest[0], 1, true, lane_dims);
        return general(q, first, rest);
    }

  private:
    static gsat_result pass(const numeric::query_operand& q, std::uint64_t bits, unsigned word, bool bidirectional,
                            unsigned dims) {
        const auto cost = numeric::select_word(bits, bidirectional, dims);
        return {q.word_sum(bits, word, cost.ones), cost.cycles, cost.selected, dims * cost.cycles};
    }

    /// Not inline: its loop would take the registers away from the common shapes.
    [[gnu::noinline]] gsat_result general(const numeric::query_operand& q, std::uint64_t first,
                                          const std::uint64_t* rest) const {
        gsat_result result;
        for (unsigned word = 0; word < q.words(); ++word)
            result = result + pass(q, word == 0 ? first : rest[word - 1], word, bidirectional_,
                                   std::min(lane_dims, q.dims() - word * lane_dims));
        return result;
    }

    bool bidirectional_;
};

}  // namespace pade
