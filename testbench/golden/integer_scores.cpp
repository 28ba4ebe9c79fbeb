#include "testbench/golden/integer_scores.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace pade::golden {

std::int8_t rounded_key(std::int8_t k, unsigned key_bits) {
    if (key_bits < 1 || key_bits > 8)
        throw std::invalid_argument("golden: key_bits must be 1 to 8");
    if (key_bits == 8)
        return k;
    const int step = 1 << (8 - key_bits);
    int quotient = k >= 0 ? k / step : -((-k + step - 1) / step);  // floor
    const int rest = k - quotient * step;
    if (2 * rest > step || (2 * rest == step && quotient % 2 != 0))
        ++quotient;
    const int most = (1 << (key_bits - 1)) - 1;
    return static_cast<std::int8_t>(std::clamp(quotient, -most - 1, most));
}

double logit_scale(const trace_head& head, double softmax_scale, unsigned key_bits) {
    const double scale_k = head.scale_k * static_cast<double>(1U << (8 - key_bits));
    return head.scale_q * scale_k * softmax_scale;
}

std::int64_t guard_offset(double alpha, double radius, double c) {
    constexpr double most = 2147483647.0;
    return static_cast<std::int64_t>(std::min(most, std::ceil(alpha * radius / c)));
}

wide_matrix widen(const std::vector<std::int8_t>& matrix, std::size_t width) {
    return {width, std::vector<std::int16_t>(matrix.begin(), matrix.end())};
}

wide_matrix widen_keys(const std::vector<std::int8_t>& keys, std::size_t width, unsigned key_bits) {
    wide_matrix wide{width, {}};
    wide.data.reserve(keys.size());
    for (const std::int8_t k : keys)
        wide.data.push_back(rounded_key(k, key_bits));
    return wide;
}

void integer_scores(const std::int16_t* query, const wide_matrix& keys, std::size_t count,
                    std::vector<std::int32_t>& scores) {
    scores.resize(count);
    for (std::size_t j = 0; j < count; ++j) {
        const std::int16_t* key = keys.row(j);
        std::int32_t sum = 0;
        for (std::size_t e = 0; e < keys.width; ++e)
            sum += static_cast<std::int32_t>(query[e]) * key[e];
        scores[j] = sum;
    }
}

}  // namespace pade::golden
