#include "testbench/golden/attention.h"

#include <algorithm>
#include <cmath>

namespace pade::golden {

template <typename Score>
double softmax_weights(const std::vector<Score>& scores, double c, std::vector<double>& weights) {
    weights.resize(scores.size());
    if (scores.empty())
        return 0;
    const Score most = *std::max_element(scores.begin(), scores.end());
    double total = 0;
    for (std::size_t j = 0; j < scores.size(); ++j) {
        weights[j] = std::exp(c * static_cast<double>(scores[j] - most));
        total += weights[j];
    }
    return total;
}

void weighted_sum(const std::vector<double>& weights, const std::vector<std::uint32_t>* only, const float* v,
                  double total, double scale, std::vector<double>& out) {
    const std::size_t width = out.size();
    std::fill(out.begin(), out.end(), 0.0);
    if (!(total > 0))
        return;
    const std::size_t count = only != nullptr ? only->size() : weights.size();
    const auto key = [&](std::size_t i) { return only != nullptr ? (*only)[i] : i; };
    double* sum = out.data();
    std::size_t i = 0;
    // Two keys at a time: every partial sum is loaded and stored half as often.
    for (; i + 2 <= count; i += 2) {
        const double weight_a = weights[key(i)];
        const double weight_b = weights[key(i + 1)];
        const float* a = v + key(i) * width;
        const float* b = v + key(i + 1) * width;
        for (std::size_t e = 0; e < width; ++e)
            sum[e] += weight_a * static_cast<double>(a[e]) + weight_b * static_cast<double>(b[e]);
    }
    if (i < count)
        for (std::size_t e = 0; e < width; ++e)
            sum[e] += weights[key(i)] * static_cast<double>(v[key(i) * width + e]);
    for (double& value : out)
        value *= scale / total;
}

double real_score(const float* query, const float* key, std::size_t width) {
    // Four sums, because a compiler may not reorder the additions of one.
    double sums[4] = {};
    std::size_t e = 0;
    for (; e + 4 <= width; e += 4)
        for (std::size_t i = 0; i < 4; ++i)
            sums[i] += static_cast<double>(query[e + i]) * static_cast<double>(key[e + i]);
    for (; e < width; ++e)
        sums[0] += static_cast<double>(query[e]) * static_cast<double>(key[e]);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

template double softmax_weights(const std::vector<std::int32_t>&, double, std::vector<double>&);
template double softmax_weights(const std::vector<double>&, double, std::vector<double>&);

}  // namespace pade::golden
