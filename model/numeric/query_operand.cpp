#include "model/numeric/query_operand.h"

#include <algorithm>
#include <string>

#include "model/errors.h"

namespace pade::numeric {

query_operand::query_operand(const std::int8_t* q, unsigned dims)
    : dims_(dims), words_((dims + word_dims - 1) / word_dims) {
    if (dims == 0 || dims > biased_.size())
        throw internal_error("query_operand: " + std::to_string(dims) + " dims, allowed are 1 to 256");
    biased_.fill(0);
    for (unsigned e = 0; e < dims; ++e) {
        biased_[e] = static_cast<std::uint8_t>(q[e] + bias);
        positive_ += std::max<std::int32_t>(q[e], 0);
        negative_ += std::min<std::int32_t>(q[e], 0);
    }
}

}  // namespace pade::numeric
