#include "testbench/report/html/scale.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

using namespace pade::html;

TEST_CASE("round numbers are the next of 1, 2, 2.5, 5") {
    CHECK(round_up(1) == 1);
    CHECK(round_up(1.01) == 2);
    CHECK(round_up(2.2) == 2.5);
    CHECK(round_up(2.6) == 5);
    CHECK(round_up(5.1) == 10);
    CHECK(round_up(0.03) == Approx(0.05));
    CHECK(round_up(40000) == 50000);
    CHECK(round_up(0) == 1);
    CHECK(round_up(-3) == 1);
    CHECK(round_up(std::nan("")) == 1);
}

TEST_CASE("a scale maps its ends to its ends, also downwards") {
    const scale x(200, 50, 250);
    CHECK(x(0) == 50);
    CHECK(x(200) == 250);
    CHECK(x(100) == 150);
    const scale y(1, 100, 0);
    CHECK(y(0.25) == 75);
    CHECK(scale(0, 10, 20)(1) == 20);
    CHECK(scale(std::nan(""), 10, 20)(0) == 10);
}

TEST_CASE("ticks are few, even, and within the axis") {
    CHECK(scale(32, 0, 1).ticks(4) == std::vector<double>{0, 10, 20, 30});
    CHECK(scale(1, 0, 1).ticks(4) == std::vector<double>{0, 0.25, 0.5, 0.75, 1});
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 draw(seed);
    for (int round = 0; round < 1000; ++round) {
        const double most = std::exp(std::uniform_real_distribution<double>(-20, 40)(draw));
        const unsigned about = static_cast<unsigned>(draw() % 10 + 1);
        const auto ticks = scale(most, 0, 1).ticks(about);
        CAPTURE(most, about);
        REQUIRE(ticks.front() == 0);
        REQUIRE(ticks.size() <= about + 1);
        REQUIRE(ticks.back() <= most * (1 + 1e-9));
        if (ticks.size() > 1)
            REQUIRE(most - ticks.back() < ticks[1] * (1 + 1e-9));
    }
}
