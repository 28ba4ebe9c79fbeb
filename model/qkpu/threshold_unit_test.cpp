#include "model/qkpu/threshold_unit.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <random>

using namespace pade;

TEST_CASE("T is invalid until the first bound and tells whether it rose") {
    threshold_unit unit;
    unit.reset(0, 100);
    CHECK_FALSE(unit.value(0).valid);
    CHECK(unit.raise(0, -5000));
    CHECK(unit.value(0).valid);
    CHECK(unit.value(0).value == -5100);
    CHECK_FALSE(unit.raise(0, -5000));
    CHECK_FALSE(unit.raise(0, -5001));
    CHECK(unit.raise(0, -4999));
    CHECK(unit.value(0).value == -5099);
}

TEST_CASE("the slots are independent, and a new query forgets the last one's T") {
    threshold_unit unit;
    unit.reset(0, 10);
    unit.reset(1, 20);
    unit.raise(0, 1000);
    CHECK_FALSE(unit.value(1).valid);
    unit.raise(1, -1000);
    CHECK(unit.value(0).value == 990);
    CHECK(unit.value(1).value == -1020);
    unit.reset(0, 0);
    CHECK_FALSE(unit.value(0).valid);
    CHECK(unit.value(1).value == -1020);
    CHECK(unit.raise(0, -2000));
    CHECK(unit.value(0).value == -2000);
}

TEST_CASE("T is the maximum of all bounds less the offset, in 64 bits") {
    const unsigned seed = 8;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::uniform_int_distribution<std::int64_t> draw(std::numeric_limits<std::int32_t>::min(),
                                                     std::numeric_limits<std::int32_t>::max());
    for (const std::int64_t offset : {std::int64_t{0}, std::int64_t{12345}, std::int64_t{0x7fffffff}}) {
        threshold_unit unit;
        unit.reset(1, offset);
        std::int64_t best = std::numeric_limits<std::int64_t>::min();
        for (unsigned i = 0; i < 1000; ++i) {
            const std::int64_t lower = draw(random);
            REQUIRE(unit.raise(1, lower) == (lower > best));
            best = std::max(best, lower);
            REQUIRE(unit.value(1).value == best - offset);
        }
    }
}
