// The guard rule as a policy: how the interval around a partial score is made. Nothing outside a rule knows how; lanes
// and guard filter only add the table's entries to a partial score (pade.md section 2, "BUI" and "Guard filter").
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "model/numeric/bit_planes.h"
#include "model/numeric/query_operand.h"
#include "model/params.h"

namespace pade::numeric {

/// Entry r: what to add to the partial score S^r (r planes known, 1..B) to bound the exact score from below and above.
/// lower[B] = upper[B] = 0: then the score is exact.
struct interval_table {
    std::array<std::int32_t, max_key_bits + 1> lower{};
    std::array<std::int32_t, max_key_bits + 1> upper{};
};

class guard_rule {
  public:
    virtual ~guard_rule() = default;
    virtual interval_table intervals(const query_operand& q, unsigned key_bits) const = 0;
};

/// Bit-wise uncertainty interval [paper, Eq. 2-3]: Imin_r = u_r sum min(q,0), Imax_r = u_r sum max(q,0).
class bui_rule : public guard_rule {
  public:
    interval_table intervals(const query_operand& q, unsigned key_bits) const override;
};

std::unique_ptr<guard_rule> make_guard_rule(guard_rule_kind kind);

/// offset = min(2^31 - 1, ceil(alpha * radius / c)) in units of the integer score; rounding up never prunes more than
/// the real-valued rule. c = scale_q * scale_k * softmax_scale > 0.
std::int64_t guard_offset(double alpha, double radius, double logit_scale);

/// T of one row: max over all bounds seen of (lower bound - offset), in 64 bits with a valid bit. Never falls.
struct threshold {
    bool valid = false;
    std::int64_t value = 0;

    /// Returns true when the threshold rose.
    bool raise(std::int64_t lower_bound, std::int64_t offset) {
        const std::int64_t candidate = lower_bound - offset;
        if (valid && candidate <= value)
            return false;
        valid = true;
        value = candidate;
        return true;
    }
    /// A key stays alive while its upper bound reaches T (>=: the best key can never be dropped).
    bool keeps(std::int64_t upper_bound) const { return !valid || upper_bound >= value; }
};

/// Softmax mass that n pruned keys can have had at most: n e / (1 + n e), e = exp(-alpha radius).
double certified_lost_mass(std::uint64_t pruned, double alpha, double radius);

}  // namespace pade::numeric
