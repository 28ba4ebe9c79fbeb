// Dense attention in double precision: softmax weights and weighted sums of V.
#pragma once

#include <cstdint>
#include <vector>

namespace pade::golden {

/// weights[j] = exp(c * (scores[j] - max scores)), not normalised; returns their sum. Empty scores give 0.
template <typename Score>
double softmax_weights(const std::vector<Score>& scores, double c, std::vector<double>& weights);

/// out[e] = scale / total * sum_j weights[j] * v[j][e], over all of `weights`, or over `only` when it is given.
/// v: [keys, out.size()], INT8 values widened where that is what they are. A total of 0 gives zeros.
void weighted_sum(const std::vector<double>& weights, const std::vector<std::uint32_t>* only, const float* v,
                  double total, double scale, std::vector<double>& out);

/// query . key in double, operands float32.
double real_score(const float* query, const float* key, std::size_t width);

extern template double softmax_weights(const std::vector<std::int32_t>&, double, std::vector<double>&);
extern template double softmax_weights(const std::vector<double>&, double, std::vector<double>&);

}  // namespace pade::golden
