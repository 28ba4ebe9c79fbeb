#include "model/numeric/guard_rule.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "model/errors.h"
#include "model/numeric/test_operands.h"

using namespace pade::numeric;

namespace {

/// Partial scores after 1..B planes, entry 0 unused.
std::vector<std::int32_t> partial_scores(const query_operand& q, const std::vector<std::int8_t>& k, unsigned key_bits) {
    std::vector<std::int32_t> scores(key_bits + 1, 0);
    for (unsigned planes = 1; planes <= key_bits; ++planes)
        for (unsigned dim = 0; dim < q.dims(); ++dim)
            scores[planes] += q.q(dim) * known_value(k[dim], planes, key_bits);
    return scores;
}

std::vector<std::int8_t> make_key(operand_kind kind, unsigned dims, unsigned key_bits, std::mt19937& random) {
    std::vector<std::int8_t> key = make_operand(kind, dims, random);
    for (std::int8_t& k : key)
        k = quantise_key(k, key_bits);
    return key;
}

/// Works off one query against all keys, planes of the keys in random order, and says which keys a rule retains.
/// use_upper_bound = false is the rule that must not be: pruning on the partial score alone.
std::vector<bool> run_guard(const std::vector<std::vector<std::int32_t>>& scores, const interval_table& table,
                            std::int64_t offset, bool use_upper_bound, std::mt19937& random) {
    const unsigned key_bits = static_cast<unsigned>(scores.front().size()) - 1;
    std::vector<unsigned> planes(scores.size(), 0);
    std::vector<bool> alive(scores.size(), true);
    std::vector<std::size_t> open(scores.size());
    std::iota(open.begin(), open.end(), std::size_t{0});
    threshold line;
    while (!open.empty()) {
        const std::size_t at = std::uniform_int_distribution<std::size_t>(0, open.size() - 1)(random);
        const std::size_t key = open[at];
        const unsigned r = ++planes[key];
        line.raise(scores[key][r] + table.lower[r], offset);
        alive[key] = line.keeps(scores[key][r] + (use_upper_bound ? table.upper[r] : 0));
        if (!alive[key] || r == key_bits) {
            open[at] = open.back();
            open.pop_back();
        }
    }
    return alive;
}

}  // namespace

TEST_CASE("bounds hold after every plane, for every sign pattern and width") {
    const unsigned seed = 20260108;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto rule = make_guard_rule(pade::guard_rule_kind::bui);
    for (const operand_kind q_kind : all_operand_kinds)
        for (const operand_kind k_kind : all_operand_kinds)
            for (const unsigned dims : {1u, 17u, 64u, 128u, 256u})
                for (unsigned key_bits = 4; key_bits <= 8; ++key_bits) {
                    const std::vector<std::int8_t> q = make_operand(q_kind, dims, random);
                    const query_operand operand(q.data(), dims);
                    const interval_table table = rule->intervals(operand, key_bits);
                    const std::vector<std::int8_t> k = make_key(k_kind, dims, key_bits, random);
                    const std::vector<std::int32_t> scores = partial_scores(operand, k, key_bits);
                    const std::int32_t exact = scores[key_bits];
                    INFO("q " << operand_kind_name(q_kind) << ", k " << operand_kind_name(k_kind) << ", dims " << dims
                              << ", B " << key_bits);
                    for (unsigned planes = 0; planes <= key_bits; ++planes) {
                        INFO("planes known " << planes);
                        REQUIRE(scores[planes] + table.lower[planes] <= exact);
                        REQUIRE(exact <= scores[planes] + table.upper[planes]);
                        REQUIRE(table.lower[planes] <= 0);
                        REQUIRE(table.upper[planes] >= 0);
                    }
                    REQUIRE(table.lower[key_bits] == 0);
                    REQUIRE(table.upper[key_bits] == 0);
                }
}

TEST_CASE("bounds are tight: some key reaches each of them") {
    std::mt19937 random(20260109);
    for (const operand_kind kind : all_operand_kinds)
        for (unsigned key_bits = 4; key_bits <= 8; ++key_bits) {
            const unsigned dims = 64;
            const std::vector<std::int8_t> q = make_operand(kind, dims, random);
            const query_operand operand(q.data(), dims);
            const interval_table table = bui_rule().intervals(operand, key_bits);
            for (unsigned planes = 1; planes <= key_bits; ++planes) {
                // All unknown bits set where they help and clear where they hurt, and the other way round.
                std::vector<std::int8_t> best(dims);
                std::vector<std::int8_t> worst(dims);
                const auto unknown = static_cast<std::int8_t>(unknown_weight(planes, key_bits));
                for (unsigned dim = 0; dim < dims; ++dim) {
                    best[dim] = q[dim] > 0 ? unknown : std::int8_t{0};
                    worst[dim] = q[dim] < 0 ? unknown : std::int8_t{0};
                }
                const auto high = partial_scores(operand, best, key_bits);
                const auto low = partial_scores(operand, worst, key_bits);
                INFO(operand_kind_name(kind) << ", B " << key_bits << ", planes known " << planes);
                REQUIRE(high[planes] + table.upper[planes] == high[key_bits]);
                REQUIRE(low[planes] + table.lower[planes] == low[key_bits]);
            }
        }
}

TEST_CASE("pruned keys lie below the line and keys above it are kept, in any order of arrival") {
    const unsigned seed = 20260110;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::size_t pruned = 0;
    for (const operand_kind q_kind : all_operand_kinds)
        for (const operand_kind k_kind : all_operand_kinds)
            for (const unsigned key_bits : {4u, 6u, 8u})
                for (const std::int64_t offset : {std::int64_t{0}, std::int64_t{500}, std::int64_t{20000}}) {
                    const unsigned dims = 32;
                    const std::vector<std::int8_t> q = make_operand(q_kind, dims, random);
                    const query_operand operand(q.data(), dims);
                    std::vector<std::vector<std::int32_t>> scores;
                    std::int64_t best = std::numeric_limits<std::int64_t>::min();
                    for (int key = 0; key < 100; ++key) {
                        scores.push_back(partial_scores(operand, make_key(k_kind, dims, key_bits, random), key_bits));
                        best = std::max<std::int64_t>(best, scores.back()[key_bits]);
                    }
                    const interval_table table = bui_rule().intervals(operand, key_bits);
                    const std::vector<bool> kept = run_guard(scores, table, offset, true, random);
                    INFO("q " << operand_kind_name(q_kind) << ", k " << operand_kind_name(k_kind) << ", B " << key_bits
                              << ", offset " << offset);
                    for (std::size_t key = 0; key < scores.size(); ++key) {
                        if (!kept[key]) {
                            ++pruned;
                            REQUIRE(scores[key][key_bits] < best - offset);
                        }
                        if (scores[key][key_bits] >= best - offset) {
                            REQUIRE(kept[key]);
                        }
                    }
                }
    CHECK(pruned > 1000);
}

TEST_CASE("a rule that prunes on the partial score loses keys above the line when Q is non-negative") {
    const unsigned seed = 20260111;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const unsigned dims = 64;
    int wrong = 0;
    for (int round = 0; round < 20; ++round) {
        const std::vector<std::int8_t> q = make_operand(operand_kind::non_negative, dims, random);
        const query_operand operand(q.data(), dims);
        std::vector<std::vector<std::int32_t>> scores;
        std::int32_t best = std::numeric_limits<std::int32_t>::min();
        for (int key = 0; key < 50; ++key) {
            scores.push_back(partial_scores(operand, make_key(operand_kind::mixed, dims, 8, random), 8));
            best = std::max(best, scores.back()[8]);
        }
        const interval_table table = bui_rule().intervals(operand, 8);
        const auto lost = [&](bool use_upper_bound) {
            const std::vector<bool> kept = run_guard(scores, table, 0, use_upper_bound, random);
            for (std::size_t key = 0; key < scores.size(); ++key)
                if (!kept[key] && scores[key][8] == best)
                    return true;
            return false;
        };
        wrong += lost(false) ? 1 : 0;
        REQUIRE_FALSE(lost(true));
    }
    CHECK(wrong > 5);
}

TEST_CASE("guard_offset rounds up and stops at 2^31 - 1") {
    constexpr std::int64_t most = 2147483647;
    CHECK(guard_offset(1.0, 5.0, 0.5) == 10);
    CHECK(guard_offset(1.0, 5.0, 0.51) == 10);  // 9.80
    CHECK(guard_offset(1.0, 5.0, 0.49) == 11);  // 10.2
    CHECK(guard_offset(0.6, 5.0, 0.001) == 3000);
    CHECK(guard_offset(0.0, 5.0, 0.001) == 0);
    CHECK(guard_offset(1.0, 0.0, 1e-300) == 0);
    CHECK(guard_offset(1.0, 2147483646.0, 1.0) == most - 1);
    CHECK(guard_offset(1.0, 2147483647.0, 1.0) == most);
    CHECK(guard_offset(1.0, 2147483648.0, 1.0) == most);
    CHECK(guard_offset(1.0, 5.0, 1e-12) == most);
    CHECK(guard_offset(1.0, 5.0, std::numeric_limits<double>::denorm_min()) == most);
    CHECK(guard_offset(100.0, 100.0, std::numeric_limits<double>::max()) == 1);
    std::mt19937 random(20260112);
    std::uniform_real_distribution<double> exponent(-9.0, 1.0);
    for (int i = 0; i < 1000; ++i) {
        const double c = std::pow(10.0, exponent(random));
        const auto offset = static_cast<double>(guard_offset(1.4, 5.0, c));
        REQUIRE((offset >= 1.4 * 5.0 / c || offset == most));
        REQUIRE(offset < 1.4 * 5.0 / c + 1);
    }
}

TEST_CASE("guard_offset refuses a scale that is not above 0, and negative factors") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(guard_offset(1.0, 5.0, 0.0), pade::input_error);
    CHECK_THROWS_AS(guard_offset(1.0, 5.0, -1.0), pade::input_error);
    CHECK_THROWS_AS(guard_offset(1.0, 5.0, nan), pade::input_error);
    CHECK_THROWS_AS(guard_offset(-1.0, 5.0, 1.0), pade::input_error);
    CHECK_THROWS_AS(guard_offset(1.0, nan, 1.0), pade::input_error);
}

TEST_CASE("the threshold keeps everything until valid, keeps equality, and never falls") {
    threshold line;
    CHECK(line.keeps(std::numeric_limits<std::int64_t>::min()));
    CHECK(line.raise(-100, 50));
    CHECK(line.valid);
    CHECK(line.value == -150);
    CHECK(line.keeps(-150));
    CHECK_FALSE(line.keeps(-151));
    CHECK_FALSE(line.raise(-100, 50));
    CHECK_FALSE(line.raise(-101, 50));
    CHECK(line.value == -150);
    CHECK(line.raise(-99, 50));
    CHECK(line.value == -149);
    CHECK_FALSE(line.keeps(-150));
}

TEST_CASE("the threshold neither wraps nor loses its valid bit at the ends of 32 bits") {
    threshold line;
    CHECK(line.raise(std::numeric_limits<std::int32_t>::min(), 2147483647));
    CHECK(line.value == -4294967295);
    CHECK(line.keeps(std::numeric_limits<std::int32_t>::min()));
    CHECK(line.raise(std::numeric_limits<std::int32_t>::max(), 0));
    CHECK(line.keeps(std::numeric_limits<std::int32_t>::max()));
    CHECK_FALSE(line.keeps(std::numeric_limits<std::int32_t>::max() - 1));
    threshold zero;  // a first candidate of 0 must still count
    CHECK(zero.raise(0, 0));
    CHECK_FALSE(zero.keeps(-1));
}

TEST_CASE("the certified bound on the lost mass holds for every set of pruned keys below the line") {
    CHECK(certified_lost_mass(0, 1.0, 5.0) == 0.0);
    const double e = std::exp(-5.0);
    CHECK(certified_lost_mass(1, 1.0, 5.0) == Approx(e / (1 + e)).epsilon(1e-14));
    CHECK(certified_lost_mass(1000, 1.0, 5.0) == Approx(1000 * e / (1 + 1000 * e)).epsilon(1e-14));
    std::mt19937 random(20260113);
    std::uniform_real_distribution<double> below(5.0, 7.0);
    std::uniform_real_distribution<double> above(0.0, 5.0);
    for (int i = 0; i < 200; ++i) {
        const std::uint64_t n = std::uint64_t{1} << (i % 12);
        double lost = 0;
        for (std::uint64_t key = 0; key < n; ++key)
            lost += std::exp(-below(random));
        const double kept = 1 + std::exp(-above(random));
        REQUIRE(lost / (lost + kept) <= certified_lost_mass(n, 1.0, 5.0));
    }
}
