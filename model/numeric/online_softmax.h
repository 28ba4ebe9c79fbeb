// Online softmax with fixed-point weights (pade.md section 2, "Output"): running max m, denominator l, accumulator
// o[d], rescaled when m grows. p = exp(c (s - m)) is unsigned fixed point with p_bits fraction bits; l sums the same
// rounded p. Values only: softmax_unit and v_pu add the time.
#pragma once

#include <cstdint>
#include <vector>

#include "model/params.h"

namespace pade::numeric {

/// exp of a non-positive argument as unsigned fixed point.
class exp_unit {
  public:
    /// p_bits 8..24. `table`: 2^x by a look-up table with interpolation, as hardware would; `exact`: std::exp, rounded.
    exp_unit(exp_kind kind, unsigned p_bits);

    unsigned p_bits() const { return p_bits_; }
    std::uint32_t one() const { return std::uint32_t{1} << p_bits_; }
    /// round(exp(x) * 2^p_bits) for x <= 0, to within one unit in the last place or so; exp(0) is exactly one().
    std::uint32_t operator()(double x) const;

  private:
    exp_kind kind_;
    unsigned p_bits_;
    std::vector<std::uint64_t> table_;
};

/// The state of one row of a block.
class softmax_row {
  public:
    explicit softmax_row(unsigned head_dim) : o_(head_dim, 0) {}

    /// o += p * v, l += p. v: head_dim INT8 elements.
    void accumulate(std::uint32_t p, const std::int8_t* v);
    /// o *= factor, l *= factor, factor in fixed point (at most one()), rounded to nearest. Before the new maximum's
    /// first p.
    void rescale(std::uint32_t factor, unsigned p_bits);
    /// o[dim] / l, times the scale of V: the output element. 0 when nothing was accumulated.
    float output(unsigned dim, double v_scale = 1.0) const;

    std::uint64_t denominator() const { return l_; }
    std::int64_t accumulator(unsigned dim) const { return o_[dim]; }
    unsigned head_dim() const { return static_cast<unsigned>(o_.size()); }
    void clear();

  private:
    std::uint64_t l_ = 0;
    std::vector<std::int64_t> o_;
};

/// IEEE 754 binary16, round to nearest even, overflow to infinity.
std::uint16_t to_fp16(float value);
float from_fp16(std::uint16_t bits);

}  // namespace pade::numeric
