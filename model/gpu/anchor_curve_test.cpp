#include "model/gpu/anchor_curve.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "model/errors.h"

using namespace pade;

namespace {

constexpr double no_limit = 1e30;

}  // namespace

TEST_CASE("a curve is exact at its points and a line over log x between them") {
    const anchor_curve curve({100, 400, 1600}, {10, 30, 34});
    for (const auto below : {below_rule::proportional, below_rule::hold})
        for (const auto above : {above_rule::hold, above_rule::slope}) {
            CHECK(curve.at(100, below, above, no_limit) == 10);
            CHECK(curve.at(400, below, above, no_limit) == 30);
            CHECK(curve.at(1600, below, above, no_limit) == 34);
            CHECK(curve.at(200, below, above, no_limit) == Approx(20));
            CHECK(curve.at(800, below, above, no_limit) == Approx(32));
        }
}

TEST_CASE("below and above the points the rule that was asked for holds") {
    const anchor_curve curve({100, 400, 1600}, {10, 30, 34});
    CHECK(curve.at(50, below_rule::proportional, above_rule::hold, no_limit) == 5);
    CHECK(curve.at(50, below_rule::hold, above_rule::hold, no_limit) == 10);
    CHECK(curve.at(6400, below_rule::hold, above_rule::hold, no_limit) == 34);
    CHECK(curve.at(6400, below_rule::hold, above_rule::slope, no_limit) == Approx(38));
    CHECK(curve.at(6400, below_rule::hold, above_rule::slope, 36) == 36);
    CHECK(curve.at(6400, below_rule::hold, above_rule::slope, 20) == 34);  // the limit is no reason to fall

    const anchor_curve falling({1, 2}, {8, 4});
    CHECK(falling.at(4, below_rule::hold, above_rule::slope, no_limit) == 4);
    const anchor_curve point({7}, {3});
    CHECK(point.at(70, below_rule::hold, above_rule::slope, no_limit) == 3);
    CHECK(point.at(3.5, below_rule::proportional, above_rule::hold, no_limit) == 1.5);
}

TEST_CASE("between any two neighbours a curve is monotone, whatever the points") {
    const auto seed = GENERATE(range(1u, 21u));
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> step(0.1, 5), value(1, 100);
    std::vector<double> x, y;
    for (double at = step(random); x.size() < 6; at *= 1 + step(random)) {
        x.push_back(at);
        y.push_back(value(random));
    }
    const anchor_curve curve(x, y);
    for (std::size_t n = 0; n + 1 < x.size(); ++n) {
        double previous = y[n];
        for (int i = 1; i <= 50; ++i) {
            const double place = i == 50 ? x[n + 1] : x[n] * std::pow(x[n + 1] / x[n], i / 50.0);
            const double here = curve.at(place, below_rule::hold, above_rule::hold, no_limit);
            INFO("x " << place);
            CHECK((y[n] <= y[n + 1] ? here >= previous : here <= previous));
            CHECK(here >= std::min(y[n], y[n + 1]));
            CHECK(here <= std::max(y[n], y[n + 1]));
            previous = here;
        }
    }
}

TEST_CASE("a curve of nothing, of unequal lists, out of order or not positive is a bug of the caller") {
    CHECK_THROWS_AS(anchor_curve({}, {}), internal_error);
    CHECK_THROWS_AS(anchor_curve({1, 2}, {1}), internal_error);
    CHECK_THROWS_AS(anchor_curve({2, 1}, {1, 2}), internal_error);
    CHECK_THROWS_AS(anchor_curve({1, 1}, {1, 2}), internal_error);
    CHECK_THROWS_AS(anchor_curve({0, 1}, {1, 2}), internal_error);
    CHECK_THROWS_AS(anchor_curve({1, 2}, {1, 0}), internal_error);
    CHECK_THROWS_AS(anchor_curve({1}, {1}).at(0, below_rule::hold, above_rule::hold, no_limit), internal_error);
}
