#include "model/numeric/bit_planes.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "model/numeric/test_operands.h"

using namespace pade::numeric;

namespace {

/// std::nearbyint rounds half to even; INT8 divided by a power of two is exact in a double.
int reference_quantised(int k, unsigned key_bits) {
    const double rounded = std::nearbyint(k / static_cast<double>(1 << (8 - key_bits)));
    const double limit = 1 << (key_bits - 1);
    return static_cast<int>(std::clamp(rounded, -limit, limit - 1));
}

}  // namespace

TEST_CASE("quantise_key rounds half to even and clamps, every value and width") {
    for (unsigned key_bits = 4; key_bits <= 8; ++key_bits)
        for (int k = -128; k <= 127; ++k) {
            INFO("B " << key_bits << ", k " << k);
            REQUIRE(quantise_key(static_cast<std::int8_t>(k), key_bits) == reference_quantised(k, key_bits));
        }
    CHECK(quantise_key(8, 4) == 0);   // 0.5, to even
    CHECK(quantise_key(24, 4) == 2);  // 1.5
    CHECK(quantise_key(-8, 4) == 0);  // -0.5
    CHECK(quantise_key(-24, 4) == -2);
    CHECK(quantise_key(127, 7) == 63);  // 63.5 would round to 64
    CHECK(quantise_key(-128, 4) == -8);
}

TEST_CASE("the weighted bits of a key add up to it, every value and width") {
    for (unsigned key_bits = 4; key_bits <= 8; ++key_bits) {
        const int half = 1 << (key_bits - 1);
        for (int k = -half; k < half; ++k) {
            int sum = 0;
            for (unsigned plane = 0; plane < key_bits; ++plane) {
                INFO("B " << key_bits << ", k " << k << ", planes known " << plane);
                REQUIRE(known_value(static_cast<std::int8_t>(k), plane, key_bits) == sum);
                sum += plane_bit(static_cast<std::int8_t>(k), plane, key_bits) ? plane_weight(plane, key_bits) : 0;
            }
            INFO("B " << key_bits << ", k " << k);
            REQUIRE(sum == k);
            REQUIRE(known_value(static_cast<std::int8_t>(k), key_bits, key_bits) == k);
        }
    }
}

TEST_CASE("plane weights are those of two's complement") {
    CHECK(plane_weight(0, 8) == -128);
    CHECK(plane_weight(1, 8) == 64);
    CHECK(plane_weight(7, 8) == 1);
    CHECK(plane_weight(0, 4) == -8);
    CHECK(plane_weight(3, 4) == 1);
}

TEST_CASE("what is unknown after r planes adds 0 to unknown_weight, and both ends occur") {
    for (unsigned key_bits = 4; key_bits <= 8; ++key_bits) {
        const int half = 1 << (key_bits - 1);
        for (unsigned planes = 1; planes <= key_bits; ++planes) {
            int least = 1000;
            int most = -1000;
            for (int k = -half; k < half; ++k) {
                const int rest = k - known_value(static_cast<std::int8_t>(k), planes, key_bits);
                least = std::min(least, rest);
                most = std::max(most, rest);
            }
            INFO("B " << key_bits << ", planes known " << planes);
            REQUIRE(least == 0);
            REQUIRE(most == unknown_weight(planes, key_bits));
        }
        CHECK(unknown_weight(key_bits, key_bits) == 0);
    }
}

TEST_CASE("pack_plane puts dim 64 w + e into bit e of word w and leaves the rest 0") {
    const unsigned seed = 20260101;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (const operand_kind kind : all_operand_kinds)
        for (const unsigned dims : {1u, 7u, 32u, 63u, 64u, 65u, 80u, 127u, 128u, 200u, 256u})
            for (unsigned key_bits = 4; key_bits <= 8; ++key_bits) {
                std::vector<std::int8_t> key = make_operand(kind, dims, random);
                for (std::int8_t& k : key)
                    k = quantise_key(k, key_bits);
                const unsigned word_count = (dims + 63) / 64;
                for (unsigned plane = 0; plane < key_bits; ++plane) {
                    // One word more than asked for, to see that it is not touched.
                    std::vector<std::uint64_t> words(word_count + 1, 0xdeadbeefdeadbeef);
                    pack_plane(key.data(), dims, plane, key_bits, words.data());
                    INFO(operand_kind_name(kind) << ", dims " << dims << ", B " << key_bits << ", plane " << plane);
                    bool same = true;
                    for (unsigned dim = 0; dim < word_count * 64; ++dim) {
                        const bool bit = (words[dim / 64] >> (dim % 64) & 1) != 0;
                        same = same && bit == (dim < dims && plane_bit(key[dim], plane, key_bits));
                    }
                    REQUIRE(same);
                    REQUIRE(words[word_count] == 0xdeadbeefdeadbeef);
                }
            }
}
