#include "model/qkpu/gsat.h"

#include <algorithm>

#include "model/numeric/group_selection.h"

namespace pade {

gsat_result gsat::operator()(const numeric::query_operand& q, const std::array<std::uint64_t, max_passes>& bits) const {
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
