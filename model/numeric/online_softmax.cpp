#include "model/numeric/online_softmax.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "model/errors.h"

namespace pade::numeric {

namespace {

// The table unit, in fixed point throughout. -x log2(e) is cut to 40 fraction bits: n . i . t, with i the upper 8 of
// them and t the lower 32. Then exp(x) = 2^-n * 2^-(i/256) * 2^-t: a shift, a table of 256 entries with 31 fraction
// bits, and 1 - a + a^2/2 with a = t ln 2 < 2^-8.5. Error before the last rounding, absolute, for p in [0, 1]: series
// a^3/6 < 3.4e-9; cut of the argument 2^-40, of the series 2^-31, table 2^-32; together below 4.2e-9 = 0.07 units of
// 2^-24. So the result is within 0.57 units in the last place at 24 bits, 0.51 at 20 and below. The series errs upward
// by more than the cuts err downward where one entry meets the next, so the result never rises as x falls.
constexpr unsigned argument_bits = 40;
constexpr unsigned index_bits = 8;
constexpr unsigned rest_bits = argument_bits - index_bits;
constexpr unsigned value_bits = 31;
constexpr double log2_e_scaled = 1.4426950408889634074 * 1099511627776.0;  // log2(e) * 2^40
constexpr std::uint64_t ln_2 = 2977044472;                                 // ln 2 * 2^32

std::uint32_t round_to_bits(double value, unsigned bits) {
    return static_cast<std::uint32_t>(std::nearbyint(std::ldexp(value, static_cast<int>(bits))));
}

}  // namespace

exp_unit::exp_unit(exp_kind kind, unsigned p_bits) : kind_(kind), p_bits_(p_bits) {
    if (p_bits < 8 || p_bits > 24)
        throw input_error("softmax.p_bits is " + std::to_string(p_bits) + "; allowed: 8 to 24");
    if (kind_ != exp_kind::table)
        return;
    table_.resize(std::size_t{1} << index_bits);
    for (std::size_t i = 0; i < table_.size(); ++i)
        table_[i] =
            round_to_bits(std::exp2(-std::ldexp(static_cast<double>(i), -static_cast<int>(index_bits))), value_bits);
}

std::uint32_t exp_unit::operator()(double x) const {
    if (x >= 0)
        return one();
    // Below this exp(x) is under half a unit at any p_bits; NaN ends here too.
    if (!(x > -32.0))
        return 0;
    if (kind_ == exp_kind::exact)
        return round_to_bits(std::exp(x), p_bits_);

    // One product and a cut, so that no compiler can contract it into something else.
    const auto argument = static_cast<std::uint64_t>(-x * log2_e_scaled);
    const auto whole = static_cast<unsigned>(argument >> argument_bits);
    const std::uint64_t index = argument >> rest_bits & (table_.size() - 1);
    const std::uint64_t rest = argument & ((std::uint64_t{1} << rest_bits) - 1);
    const std::uint64_t a = rest * ln_2 >> 32;
    const std::uint64_t series = (std::uint64_t{1} << argument_bits) - a + (a * a >> (argument_bits + 1));
    const std::uint64_t product = table_[index] * (series >> (argument_bits - value_bits));
    const unsigned shift = 2 * value_bits - p_bits_ + whole;
    if (shift > 63)
        return 0;
    return static_cast<std::uint32_t>((product + (std::uint64_t{1} << (shift - 1))) >> shift);
}

void softmax_row::accumulate(std::uint32_t p, const std::int8_t* v) {
    // |p v| <= 2^24 * 128 = 2^31, reached only by the negative product: 32 bits hold it, and multiply faster than 64.
    const auto weight = static_cast<std::int32_t>(p);
    std::int64_t* o = o_.data();
    const std::size_t dims = o_.size();
    for (std::size_t d = 0; d < dims; ++d)
        o[d] += std::int64_t{weight * v[d]};  // NOLINT(bugprone-implicit-widening-of-multiplication-result): see above
    l_ += p;
}

void softmax_row::rescale(std::uint32_t factor, unsigned p_bits) {
    const std::uint64_t whole = std::uint64_t{1} << p_bits;
    if (factor == whole)
        return;
    // x f needs up to 63 + 24 bits. With x = high 2^p_bits + low, (x f + half) >> p_bits = high f + ((low f + half) >>
    // p_bits) exactly, and neither product leaves 64 bits while f <= 2^p_bits.
    const std::uint64_t mask = whole - 1;
    const std::uint64_t half = whole >> 1;
    const auto scaled_low = [=](std::uint64_t low) { return (low * factor + half) >> p_bits; };
    for (std::int64_t& x : o_)
        x = (x >> p_bits) * std::int64_t{factor} +
            static_cast<std::int64_t>(scaled_low(static_cast<std::uint64_t>(x) & mask));
    l_ = (l_ >> p_bits) * factor + scaled_low(l_ & mask);
}

float softmax_row::output(unsigned dim, double v_scale) const {
    if (l_ == 0)
        return 0.0f;
    return static_cast<float>(static_cast<double>(o_[dim]) / static_cast<double>(l_) * v_scale);
}

void softmax_row::clear() {
    l_ = 0;
    std::fill(o_.begin(), o_.end(), 0);
}

std::uint16_t to_fp16(float value) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    const std::uint32_t sign = bits >> 16 & 0x8000u;
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)  // NaN: quiet, upper payload bits kept
        return static_cast<std::uint16_t>(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
    if (magnitude >= 0x477ff000u)  // 65520 and above, infinity included, round to infinity
        return static_cast<std::uint16_t>(sign | 0x7c00u);
    if (magnitude < 0x33000000u)  // below 2^-25, half the smallest subnormal
        return static_cast<std::uint16_t>(sign);

    // Cut the significand to what binary16 keeps, then round to nearest even; a carry runs into the exponent as it
    // should.
    const std::uint32_t exponent = magnitude >> 23;
    std::uint32_t kept = 0;
    std::uint32_t cut = 0;
    unsigned cut_bits = 13;
    if (exponent >= 113) {  // 2^-14 and above: normal
        kept = (magnitude >> 13) - (112u << 10);
        cut = magnitude & 0x1fffu;
    } else {
        const std::uint32_t significand = (magnitude & 0x7fffffu) | 0x800000u;
        cut_bits = 126 - exponent;
        kept = significand >> cut_bits;
        cut = significand & ((1u << cut_bits) - 1);
    }
    const std::uint32_t half = 1u << (cut_bits - 1);
    if (cut > half || (cut == half && (kept & 1u) != 0))
        ++kept;
    return static_cast<std::uint16_t>(sign | kept);
}

float from_fp16(std::uint16_t bits) {
    const int exponent = bits >> 10 & 0x1f;
    const int fraction = bits & 0x3ff;
    float magnitude = 0;
    if (exponent == 0x1f)
        magnitude = fraction == 0 ? HUGE_VALF : std::nanf("");
    else if (exponent == 0)
        magnitude = std::ldexp(static_cast<float>(fraction), -24);
    else
        magnitude = std::ldexp(static_cast<float>(fraction | 0x400), exponent - 25);
    return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace pade::numeric
