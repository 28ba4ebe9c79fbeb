// A quantity known at a few points: exact there, a straight line over the logarithm of x between two of them (so
// monotone between any two), and one of a few rules outside.
#pragma once

#include <vector>

namespace pade {

/// Below the first point: y falls in proportion to x (what takes a fixed time each call, launch and filling, rules
/// there), or stays.
enum class below_rule { proportional, hold };
/// Above the last point: y stays, or goes on rising with the slope of the last two points; it never falls.
enum class above_rule { hold, slope };

class anchor_curve {
  public:
    anchor_curve() = default;
    /// Equally many, at least one; x positive and strictly ascending, y positive. Throws internal_error.
    anchor_curve(std::vector<double> x, std::vector<double> y);

    /// x > 0. No more than `most`, except at and between the points.
    double at(double x, below_rule below, above_rule above, double most) const;

    const std::vector<double>& x() const { return x_; }
    const std::vector<double>& y() const { return y_; }

  private:
    std::vector<double> x_;
    std::vector<double> y_;
};

}  // namespace pade
