#include "testbench/report/html/scale.h"

#include <cmath>

namespace pade::html {

double round_up(double value) {
    if (!(value > 0) || !std::isfinite(value))
        return 1;
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 2.5, 5.0})
        if (step * power >= value * (1 - 1e-12))
            return step * power;
    return 10 * power;
}

scale::scale(double most, double from, double to)
    : most_(most > 0 && std::isfinite(most) ? most : 1), from_(from), to_(to) {}

std::vector<double> scale::ticks(unsigned about) const {
    const double step = round_up(most_ / about);
    std::vector<double> all;
    for (unsigned n = 0; n * step <= most_ * (1 + 1e-9); ++n)
        all.push_back(n * step);
    return all;
}

}  // namespace pade::html
