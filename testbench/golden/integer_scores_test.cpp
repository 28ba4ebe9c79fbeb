#include "testbench/golden/integer_scores.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "testbench/trace/test_files.h"

using namespace pade;
using namespace pade::golden;

TEST_CASE("keys are rounded to fewer bits half to even, and clamped") {
    for (unsigned bits = 4; bits <= 8; ++bits)
        for (int k = -128; k <= 127; ++k) {
            INFO("bits " << bits << ", k " << k);
            const double most = std::pow(2, bits - 1);
            const double rounded = std::nearbyint(k / std::pow(2, 8 - bits));  // the default mode is half to even
            CHECK(rounded_key(static_cast<std::int8_t>(k), bits) == std::min(std::max(rounded, -most), most - 1));
        }
    CHECK(rounded_key(8, 4) == 0);   // .5 to even
    CHECK(rounded_key(24, 4) == 2);  // 1.5
    CHECK(rounded_key(-24, 4) == -2);
    CHECK(rounded_key(127, 4) == 7);  // 7.94 would be 8
    CHECK(rounded_key(-128, 4) == -8);
    CHECK_THROWS_AS(rounded_key(1, 9), std::invalid_argument);
}

TEST_CASE("scores are exact, extremes included") {
    for (const std::uint32_t width : {1U, 7U, 64U, 80U, 256U}) {
        const trace_set set = test::random_set(width, 3, 9, width);
        const wide_matrix queries = widen(set.heads[0].q, width);
        const wide_matrix keys = widen_keys(set.kv_heads[0].k, width, 8);
        std::vector<std::int32_t> scores;
        for (std::size_t i = 0; i < 3; ++i) {
            integer_scores(queries.row(i), keys, 9, scores);
            for (std::size_t j = 0; j < 9; ++j) {
                std::int32_t expected = 0;
                for (std::size_t e = 0; e < width; ++e)
                    expected += set.heads[0].q[i * width + e] * set.kv_heads[0].k[j * width + e];
                CHECK(scores[j] == expected);
            }
        }
    }
    const std::vector<std::int8_t> lowest(256, -128);
    const wide_matrix wide = widen(lowest, 256);
    std::vector<std::int32_t> scores;
    integer_scores(wide.row(0), wide, 1, scores);
    CHECK(scores == std::vector<std::int32_t>{256 * 128 * 128});
}

TEST_CASE("the guard's offset is rounded up and ends at 2^31 - 1") {
    CHECK(guard_offset(1, 5, 1) == 5);
    CHECK(guard_offset(1, 5, 0.3) == 17);
    CHECK(guard_offset(0, 5, 0.3) == 0);
    CHECK(guard_offset(1, 5, 1e-30) == 2147483647);
    CHECK(guard_offset(1, 2147483646.5, 1) == 2147483647);
    CHECK(guard_offset(1, 2147483646, 1) == 2147483646);
}

TEST_CASE("the scale of a score grows as key bits are taken away") {
    trace_head head;
    head.scale_q = 0.3;
    head.scale_k = 0.7;
    CHECK(logit_scale(head, 0.125, 8) == 0.3 * 0.7 * 0.125);
    CHECK(logit_scale(head, 0.125, 4) == 0.3 * 0.7 * 0.125 * 16);
}
