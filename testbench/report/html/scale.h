// A linear axis: values to coordinates, and round numbers along it.
#pragma once

#include <vector>

namespace pade::html {

class scale {
  public:
    /// Values 0 to `most` on coordinates `from` to `to`; a `most` of 0 or less is taken as 1.
    scale(double most, double from, double to);
    double operator()(double value) const { return from_ + (to_ - from_) * value / most_; }
    double most() const { return most_; }
    /// 0 and the multiples of 1, 2, 2.5 or 5 times a power of ten, `about` so many, none beyond `most`.
    std::vector<double> ticks(unsigned about) const;

  private:
    double most_, from_, to_;
};

/// The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is not below `value`.
double round_up(double value);

}  // namespace pade::html
