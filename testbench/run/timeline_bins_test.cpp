#include "testbench/run/timeline_bins.h"

#include <catch2/catch.hpp>
#include <numeric>
#include <random>

using pade::timeline_bins;

TEST_CASE("bins hold the differences of a counter") {
    timeline_bins bins(2, 1, 4, 10);
    bins.close({3, 0});
    bins.close({3, 7});
    bins.finish({5, 8}, 25);
    REQUIRE(bins.size() == 3);
    CHECK(bins.width() == 10);
    CHECK(bins.counter(0) == std::vector<std::uint64_t>{3, 0, 2});
    CHECK(bins.counter(1) == std::vector<std::uint64_t>{0, 7, 1});
}

TEST_CASE("full bins merge, neighbours with neighbours, and the width doubles") {
    timeline_bins bins(1, 1, 4, 10);
    std::uint64_t total = 0;
    for (const std::uint64_t step : {1, 2, 3}) {
        bins.look({step});
        bins.close({total += step});
    }
    CHECK(bins.size() == 3);
    CHECK(bins.width() == 10);
    bins.look({4});
    bins.close({total += 4});
    CHECK(bins.size() == 2);
    CHECK(bins.width() == 20);
    CHECK(bins.counter(0) == std::vector<std::uint64_t>{3, 7});
    bins.look({9});
    bins.finish({total += 5}, 45);
    CHECK(bins.size() == 3);
    CHECK(bins.counter(0) == std::vector<std::uint64_t>{3, 7, 5});
    CHECK(bins.gauge(0) == std::vector<std::uint64_t>{3, 7, 9});
    CHECK(bins.looks() == std::vector<std::uint64_t>{2, 2, 1});
}

TEST_CASE("a run that ends with a bin has no bin after it") {
    timeline_bins bins(1, 1, 4, 10);
    bins.look({1});
    bins.close({5});
    bins.finish({6}, 10);
    CHECK(bins.size() == 1);
    CHECK(bins.counter(0) == std::vector<std::uint64_t>{6});
    CHECK(bins.looks().size() == 1);
    CHECK(bins.gauge(0).size() == 1);
}

TEST_CASE("a run shorter than a bin has one") {
    timeline_bins bins(1, 1, 4, 10);
    bins.finish({0}, 0);
    CHECK(bins.size() == 1);
    CHECK(bins.counter(0) == std::vector<std::uint64_t>{0});
    CHECK(bins.looks() == std::vector<std::uint64_t>{0});
}

TEST_CASE("a full last row stays as it is") {
    timeline_bins bins(1, 0, 4, 10);
    for (std::uint64_t i = 1; i <= 3; ++i)
        bins.close({i});
    bins.finish({9}, 35);
    CHECK(bins.size() == 4);
    CHECK(bins.width() == 10);
    CHECK(bins.counter(0) == std::vector<std::uint64_t>{1, 1, 1, 6});
}

TEST_CASE("whatever the length, bins stay few and sum to the total, and each covers its own time") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 draw(seed);
    for (unsigned round = 0; round < 50; ++round) {
        const std::uint64_t cycles = draw() % 100000 + 1;
        timeline_bins bins(1, 0, 16, 8);
        // A counter that is the square of time: each bin's amount tells its bounds.
        std::uint64_t now = 0;
        while (now + bins.width() < cycles) {
            now += bins.width();
            bins.close({now * now});
        }
        bins.finish({cycles * cycles}, cycles);
        REQUIRE(bins.size() <= 16);
        REQUIRE(bins.looks().size() == bins.size());
        for (std::size_t i = 0; i < bins.size(); ++i) {
            const std::uint64_t from = i * bins.width();
            const std::uint64_t to = i + 1 == bins.size() ? cycles : from + bins.width();
            REQUIRE(bins.counter(0)[i] == to * to - from * from);
        }
    }
}

TEST_CASE("a counter that falls is no counter") {
    timeline_bins bins(1, 0, 4, 10);
    bins.close({5});
    CHECK_THROWS_WITH(bins.close({4}), Catch::Contains("fell from 5 to 4"));
    CHECK_THROWS_WITH(timeline_bins(1, 1, 3, 10), Catch::Contains("odd"));
}
