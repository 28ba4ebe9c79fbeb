#include "model/numeric/guard_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "model/errors.h"

namespace pade::numeric {

interval_table bui_rule::intervals(const query_operand& q, unsigned key_bits) const {
    interval_table table;
    // Before the sign plane an element may lie anywhere in its range. No lane asks for entry 0, but it holds like the
    // others.
    const auto half = static_cast<std::int32_t>(1u << (key_bits - 1));
    table.lower[0] = -half * q.positive_sum() + (half - 1) * q.negative_sum();
    table.upper[0] = (half - 1) * q.positive_sum() - half * q.negative_sum();
    for (unsigned planes = 1; planes <= key_bits; ++planes) {
        table.lower[planes] = unknown_weight(planes, key_bits) * q.negative_sum();
        table.upper[planes] = unknown_weight(planes, key_bits) * q.positive_sum();
    }
    return table;
}

std::unique_ptr<guard_rule> make_guard_rule(guard_rule_kind kind) {
    switch (kind) {
        case guard_rule_kind::bui:
            return std::make_unique<bui_rule>();
    }
    throw internal_error("make_guard_rule: no class for rule " + std::to_string(static_cast<int>(kind)));
}

std::int64_t guard_offset(double alpha, double radius, double logit_scale) {
    // Written so that NaN fails too.
    if (!(logit_scale > 0))
        throw input_error("guard offset: the logit scale (scale_q * scale_k * softmax_scale) is " +
                          std::to_string(logit_scale) + "; allowed: above 0");
    if (!(alpha >= 0) || !(radius >= 0))
        throw input_error("guard offset: alpha " + std::to_string(alpha) + " and radius " + std::to_string(radius) +
                          "; allowed: from 0 on");
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    const double offset = std::ceil(alpha * radius / logit_scale);
    return offset < static_cast<double>(most) ? static_cast<std::int64_t>(offset) : most;
}

double certified_lost_mass(std::uint64_t pruned, double alpha, double radius) {
    const double mass = static_cast<double>(pruned) * std::exp(-alpha * radius);
    return mass / (1.0 + mass);
}

}  // namespace pade::numeric
