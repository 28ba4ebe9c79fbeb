#include "testbench/report/class_bars.h"

#include <catch2/catch.hpp>
#include <random>

using namespace pade;

TEST_CASE("a bar is filled exactly, by largest remainder") {
    CHECK(bar({{'#', 1}, {'.', 1}}, 10) == "#####.....");
    CHECK(bar({{'#', 2}, {'=', 1}, {'.', 0}}, 10) == "#######===");
    CHECK(bar({{'#', 1e-9}, {'.', 1}}, 4) == "....");
    CHECK(bar({{'#', 0}, {'.', 0}}, 4) == "    ");
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (unsigned n = 0; n < 1000; ++n) {
        std::vector<std::pair<char, double>> parts;
        double sum = 0;
        for (const char symbol : {'a', 'b', 'c', 'd', 'e'}) {
            parts.emplace_back(symbol, std::uniform_real_distribution<double>(0, 1)(random));
            sum += parts.back().second;
        }
        const std::string text = bar(parts, 40);
        REQUIRE(text.size() == 40);
        for (const auto& [symbol, amount] : parts)
            CHECK(std::abs(static_cast<double>(std::count(text.begin(), text.end(), symbol)) - 40 * amount / sum) < 1);
    }
}
