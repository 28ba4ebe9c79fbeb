#include "model/gpu/anchor_curve.h"

#include <algorithm>
#include <cmath>

#include "model/errors.h"

namespace pade {

anchor_curve::anchor_curve(std::vector<double> x, std::vector<double> y) : x_(std::move(x)), y_(std::move(y)) {
    if (x_.empty() || x_.size() != y_.size() || !(x_.front() > 0) || !(*std::min_element(y_.begin(), y_.end()) > 0))
        throw internal_error("an anchor curve needs as many positive values as positive places, and one at least");
    if (std::adjacent_find(x_.begin(), x_.end(), [](double a, double b) { return !(a < b); }) != x_.end())
        throw internal_error("the places of an anchor curve must ascend");
}

double anchor_curve::at(double x, below_rule below, above_rule above, double most) const {
    if (!(x > 0))
        throw internal_error("an anchor curve is asked at a place that is not positive");
    const auto next = std::lower_bound(x_.begin(), x_.end(), x);
    if (next == x_.end()) {
        if (above == above_rule::hold || x_.size() == 1)
            return y_.back();
        const std::size_t n = x_.size() - 1;
        const double slope = (y_[n] - y_[n - 1]) / std::log(x_[n] / x_[n - 1]);
        return std::max(y_[n], std::min(most, y_[n] + slope * std::log(x / x_[n])));
    }
    const auto n = static_cast<std::size_t>(next - x_.begin());
    if (*next == x)
        return y_[n];
    if (n == 0)
        return below == below_rule::hold ? y_.front() : y_.front() * x / x_.front();
    const double share = std::log(x / x_[n - 1]) / std::log(x_[n] / x_[n - 1]);
    return y_[n - 1] + share * (y_[n] - y_[n - 1]);
}

}  // namespace pade
