// Exact integer arithmetic of the golden reference: keys of B bits, scores, the guard's offset. Written from the
// specification, not from the model, with which it shares no code.
#pragma once

#include <cstdint>
#include <vector>

#include "testbench/trace/trace_set.h"
#include "testbench/trace/view.h"

namespace pade::golden {

/// k rounded to `key_bits` (4..8) bits: clamp(round half to even(k / 2^(8-B)), -2^(B-1), 2^(B-1)-1).
std::int8_t rounded_key(std::int8_t k, unsigned key_bits);

/// Logits per unit of the integer score with keys of `key_bits` bits: scale_k grows by 2^(8-B).
double logit_scale(const trace_head& head, double softmax_scale, unsigned key_bits);

/// min(2^31 - 1, ceil(alpha * radius / c)): how far below the largest score a key may lie and must still be retained.
std::int64_t guard_offset(double alpha, double radius, double c);

/// Operands widened to 16 bits, which is what compilers turn into multiply-add instructions. [rows, width]
struct wide_matrix {
    std::size_t width = 0;
    std::vector<std::int16_t> data;

    const std::int16_t* row(std::size_t i) const { return data.data() + i * width; }
};

wide_matrix widen(const std::vector<std::int8_t>& matrix, std::size_t width);
wide_matrix widen_keys(const std::vector<std::int8_t>& keys, std::size_t width, unsigned key_bits);

/// scores[j] = query . key j for the first `count` keys; `scores` is resized to `count`.
void integer_scores(const std::int16_t* query, const wide_matrix& keys, std::size_t count,
                    std::vector<std::int32_t>& scores);

}  // namespace pade::golden
