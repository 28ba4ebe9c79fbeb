#include "model/numeric/query_operand.h"

#include <algorithm>
#include <string>

#include "model/errors.h"
#include "model/numeric/bit_planes.h"
#include "model/numeric/group_selection.h"

namespace pade::numeric {

query_operand::query_operand(const std::int8_t* q, unsigned dims)
    : dims_(dims), words_((dims + word_dims - 1) / word_dims) {
    if (dims == 0 || dims > 256)
        throw internal_error("query_operand: " + std::to_string(dims) + " dims, allowed are 1 to 256");
    q_.assign(q, q + dims);
    for (const std::int8_t value : q_) {
        positive_ += std::max<std::int32_t>(value, 0);
        negative_ += std::min<std::int32_t>(value, 0);
    }

    // Dims beyond the last are zeros, so that whatever bits a plane carries there add nothing.
    sums_.resize(static_cast<std::size_t>(words_) * 8 * 256);
    for (unsigned group = 0; group < words_ * 8; ++group) {
        std::int16_t* table = sums_.data() + static_cast<std::size_t>(group) * 256;
        table[0] = 0;
        // Subsets that hold element e as their highest are those without it, plus q_e.
        for (unsigned e = 0; e < group_dims; ++e) {
            const unsigned dim = group * group_dims + e;
            const int value = dim < dims ? q_[dim] : 0;
            for (unsigned subset = 0; subset < (1u << e); ++subset)
                table[(1u << e) + subset] = static_cast<std::int16_t>(table[subset] + value);
        }
    }
}

}  // namespace pade::numeric
