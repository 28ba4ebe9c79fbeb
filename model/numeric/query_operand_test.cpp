#include "model/numeric/query_operand.h"

#include <catch2/catch.hpp>
#include <vector>

#include "model/errors.h"
#include "model/numeric/bit_planes.h"
#include "model/numeric/test_operands.h"

using namespace pade::numeric;

namespace {

int plain_sum(const std::vector<std::int8_t>& q, std::uint64_t bits, unsigned word) {
    int sum = 0;
    for (unsigned e = 0; e < 64; ++e) {
        const unsigned dim = 64 * word + e;
        if (dim < q.size() && (bits >> e & 1) != 0)
            sum += q[dim];
    }
    return sum;
}

}  // namespace

TEST_CASE("word_sum is the sum of q over the set bits") {
    const unsigned seed = 20260102;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::mt19937_64 random_bits(seed);
    for (const operand_kind kind : all_operand_kinds)
        for (const unsigned dims : {1u, 8u, 63u, 64u, 72u, 128u, 250u, 256u}) {
            const std::vector<std::int8_t> q = make_operand(kind, dims, random);
            const query_operand operand(q.data(), dims);
            REQUIRE(operand.dims() == dims);
            REQUIRE(operand.words() == (dims + 63) / 64);
            for (unsigned word = 0; word < operand.words(); ++word) {
                std::vector<std::uint64_t> patterns{0, ~std::uint64_t{0}, 0x5555555555555555, 0x8000000000000001};
                for (int i = 0; i < 50; ++i)
                    patterns.push_back(random_bits());
                for (const std::uint64_t bits : patterns) {
                    INFO(operand_kind_name(kind) << ", dims " << dims << ", word " << word << ", bits " << bits);
                    REQUIRE(operand.word_sum(bits, word) == plain_sum(q, bits, word));
                }
            }
        }
}

TEST_CASE("word_sum holds for all 256 patterns of every group of 8 dims") {
    std::mt19937 random(20260103);
    for (const operand_kind kind : all_operand_kinds) {
        const std::vector<std::int8_t> q = make_operand(kind, 64, random);
        const query_operand operand(q.data(), 64);
        bool same = true;
        for (unsigned group = 0; group < 8; ++group)
            for (std::uint64_t pattern = 0; pattern < 256; ++pattern)
                same = same && operand.word_sum(pattern << (8 * group), 0) == plain_sum(q, pattern << (8 * group), 0);
        INFO(operand_kind_name(kind));
        REQUIRE(same);
    }
}

TEST_CASE("the planes of a key, weighted, add up to the exact score") {
    const unsigned seed = 20260104;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (const operand_kind q_kind : all_operand_kinds)
        for (const operand_kind k_kind : all_operand_kinds)
            for (const unsigned dims : {8u, 64u, 80u, 128u, 256u}) {
                const std::vector<std::int8_t> q = make_operand(q_kind, dims, random);
                const std::vector<std::int8_t> k = make_operand(k_kind, dims, random);
                const query_operand operand(q.data(), dims);
                int exact = 0;
                for (unsigned dim = 0; dim < dims; ++dim)
                    exact += q[dim] * k[dim];
                int score = 0;
                std::vector<std::uint64_t> words(operand.words());
                for (unsigned plane = 0; plane < 8; ++plane) {
                    pack_plane(k.data(), dims, plane, 8, words.data());
                    score += plane_weight(plane, 8) * operand.plane_sum(words.data());
                }
                INFO("q " << operand_kind_name(q_kind) << ", k " << operand_kind_name(k_kind) << ", dims " << dims);
                REQUIRE(score == exact);
            }
}

TEST_CASE("positive and negative sums split q by sign") {
    const std::vector<std::int8_t> q{3, -5, 0, 127, -128};
    const query_operand operand(q.data(), 5);
    CHECK(operand.positive_sum() == 130);
    CHECK(operand.negative_sum() == -133);
    CHECK(operand.q(4) == -128);
}

TEST_CASE("a query of 0 or more than 256 dims is refused") {
    const std::vector<std::int8_t> q(257, 1);
    CHECK_THROWS_AS(query_operand(q.data(), 0), pade::internal_error);
    CHECK_THROWS_AS(query_operand(q.data(), 257), pade::internal_error);
    CHECK_NOTHROW(query_operand(q.data(), 256));
}
