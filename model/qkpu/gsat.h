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
};

class gsat {
  public:
    explicit gsat(bool bidirectional) : bidirectional_(bidirectional) {}
    gsat_result operator()(const numeric::query_operand& q, const std::array<std::uint64_t, max_passes>& bits) const;

  private:
    bool bidirectional_;
};

inline gsat_result gsat::operator()(const numeric::query_operand& q,
                                    const std::array<std::uint64_t, max_passes>& bits) const {
    gsat_result result;
    for (unsigned word = 0; word < q.words(); ++word) {
        const unsigned dims = std::min(lane_dims, q.dims() - word * lane_dims);
        const auto cost = numeric::select_word(bits[word], bidirectional_, dims);
        result.sum += q.word_sum(bits[word], word);
        result.cycles += cost.cycles;
        result.selected += cost.selected;
        result.dims_cycles += dims * cost.cycles;
    }
    return result;
}

}  // namespace pade
