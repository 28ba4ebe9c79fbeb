// The walk against the rule written out naively; on real sets it is held against the golden reference
// (testbench/golden/guard_walk_golden_test.cpp).
#include "model/numeric/guard_walk.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "model/errors.h"
#include "model/numeric/test_operands.h"

using namespace pade::numeric;

namespace {

struct head {
    unsigned dims;
    unsigned key_bits;
    std::vector<std::int8_t> q;
    std::vector<std::vector<std::int8_t>> k;

    std::int64_t score(std::size_t key, unsigned planes) const {
        std::int64_t sum = 0;
        for (unsigned e = 0; e < dims; ++e)
            sum += std::int64_t{q[e]} * known_value(k[key][e], planes, key_bits);
        return sum;
    }
    std::vector<std::int8_t> flat() const {
        std::vector<std::int8_t> all;
        for (const auto& key : k)
            all.insert(all.end(), key.begin(), key.end());
        return all;
    }
    interval_table intervals() const { return bui_rule().intervals(query_operand(q.data(), dims), key_bits); }
};

head random_head(operand_kind kind, unsigned keys, std::mt19937& random) {
    const auto draw = [&](unsigned low, unsigned high) {
        return std::uniform_int_distribution<unsigned>(low, high)(random);
    };
    head made{draw(1, 4) == 1 ? draw(65, 256) : draw(1, 64), draw(4, 8), {}, {}};
    made.q = make_operand(kind, made.dims, random);
    for (unsigned i = 0; i < keys; ++i) {
        made.k.push_back(make_operand(kind, made.dims, random));
        for (std::int8_t& element : made.k.back())
            element = quantise_key(element, made.key_bits);
    }
    return made;
}

/// pade.md sections 2 and 4 as they are read: planes of each key, from which the rest follows.
struct naive_walk {
    std::vector<std::uint8_t> planes;
    std::set<std::uint32_t> retained;
    std::optional<std::int64_t> threshold;

    naive_walk(const head& h, std::uint32_t visible, std::int64_t offset, std::uint32_t tile, walk_order order)
        : planes(h.k.size(), 0) {
        std::vector<std::uint32_t> starts;
        for (std::uint32_t start = 0; start < visible; start += tile)
            starts.push_back(start);
        while (!starts.empty()) {
            go_through(h, starts.front(), std::min(visible, starts.front() + tile), offset);
            starts.erase(starts.begin());
            if (order == walk_order::head_tail)
                std::reverse(starts.begin(), starts.end());
        }
    }

    void go_through(const head& h, std::uint32_t first, std::uint32_t last, std::int64_t offset) {
        std::int64_t positive = 0;
        std::int64_t negative = 0;
        for (const std::int8_t q : h.q)
            (q > 0 ? positive : negative) += q;
        std::set<std::uint32_t> alive;
        for (std::uint32_t key = first; key < last; ++key)
            alive.insert(key);
        for (unsigned known = 1; known <= h.key_bits; ++known) {
            const std::int64_t unknown = (std::int64_t{1} << (h.key_bits - known)) - 1;
            for (const std::uint32_t key : alive) {
                ++planes[key];
                const std::int64_t bound = h.score(key, known) + unknown * negative - offset;
                threshold = std::max(threshold.value_or(bound), bound);
            }
            for (auto key = alive.begin(); key != alive.end();)
                key = h.score(*key, known) + unknown * positive < *threshold ? alive.erase(key) : std::next(key);
        }
        retained.insert(alive.begin(), alive.end());
    }
};

std::vector<std::uint32_t> keys_of(const guard_walk& walk) {
    std::vector<std::uint32_t> keys;
    for (const guard_walk::pair& each : walk.retained())
        keys.push_back(each.key);
    std::sort(keys.begin(), keys.end());
    return keys;
}

}  // namespace

TEST_CASE("the walk takes the planes and retains the keys of the rule as it is written") {
    const unsigned seed = 20261126;
    std::mt19937 random(seed);
    std::uint64_t dropped = 0;
    for (int run = 0; run < 60; ++run) {
        const operand_kind kind = all_operand_kinds[static_cast<std::size_t>(run) % all_operand_kinds.size()];
        const head h = random_head(kind, static_cast<unsigned>(1 + random() % 150), random);
        const auto all = static_cast<std::uint32_t>(h.k.size());
        const auto visible = static_cast<std::uint32_t>(random() % (all + 1));
        const std::int64_t offset = random() % 3 == 0 ? 0 : static_cast<std::int64_t>(random() % 60000);
        const walk_order order = run % 2 == 0 ? walk_order::head_tail : walk_order::sequential;
        const std::uint32_t tile = random() % 2 == 0 ? 64 : static_cast<std::uint32_t>(1 + random() % 40);
        INFO("seed " << seed << ", run " << run << ", " << operand_kind_name(kind) << ", " << h.dims << " dims, "
                     << h.key_bits << " bits, tile " << tile << ", offset " << offset << ", " << visible << " of "
                     << all);

        walk_config config{h.key_bits, tile, order, true, false};
        guard_walk walk(h.flat().data(), all, h.dims, config);
        std::vector<std::uint8_t> planes(all, 99);
        const query_operand q(h.q.data(), h.dims);
        walk.row(q, h.intervals(), visible, offset, planes.data());
        const naive_walk naive(h, visible, offset, tile, order);
        REQUIRE(planes == naive.planes);
        REQUIRE(keys_of(walk) == std::vector<std::uint32_t>(naive.retained.begin(), naive.retained.end()));
        std::uint64_t sum = 0;
        for (const std::uint8_t n : planes)
            sum += n;
        REQUIRE(walk.planes() == sum);
        dropped += visible - walk.retained().size();

        std::int64_t best = std::numeric_limits<std::int64_t>::min();
        for (std::uint32_t key = 0; key < visible; ++key)
            best = std::max(best, h.score(key, h.key_bits));
        for (const guard_walk::pair& each : walk.retained())
            REQUIRE(each.score == h.score(each.key, h.key_bits));
        for (std::uint32_t key = 0; key < visible; ++key)  // soundness
            REQUIRE((naive.retained.count(key) == 1 || h.score(key, h.key_bits) < best - offset));

        // At the end T is the largest exact score less the offset: what the re-check leaves is what any T must leave.
        config.recheck_at_end = true;
        guard_walk checked(h.flat().data(), all, h.dims, config);
        checked.row(q, h.intervals(), visible, offset);
        std::vector<std::uint32_t> at_line;
        for (std::uint32_t key = 0; key < visible; ++key)
            if (h.score(key, h.key_bits) >= best - offset)
                at_line.push_back(key);
        REQUIRE(keys_of(checked) == at_line);
        REQUIRE(checked.planes() == sum);
        config.line_only = true;
        guard_walk line(h.flat().data(), all, h.dims, config);
        line.row(q, h.intervals(), visible, offset, planes.data());
        REQUIRE(keys_of(line) == at_line);
        REQUIRE(line.planes() == 0);
        REQUIRE(planes == std::vector<std::uint8_t>(all, 0));
        for (const guard_walk::pair& each : line.retained())
            REQUIRE(each.score == h.score(each.key, h.key_bits));

        config = {h.key_bits, tile, order, false, false};
        guard_walk dense(h.flat().data(), all, h.dims, config);
        dense.row(q, h.intervals(), visible, offset, planes.data());
        REQUIRE(dense.retained().size() == visible);
        REQUIRE(dense.planes() == std::uint64_t{visible} * h.key_bits);
        for (const guard_walk::pair& each : dense.retained())
            REQUIRE(each.score == h.score(each.key, h.key_bits));
        for (std::uint32_t key = 0; key < all; ++key)
            REQUIRE(planes[key] == (key < visible ? h.key_bits : 0));
    }
    CHECK(dropped > 500);  // or nothing was tried
}

TEST_CASE("tiles come head, tail, head, tail, or ascending") {
    const std::vector<std::int8_t> q{1};
    const std::vector<std::int8_t> k(9, 1);
    const query_operand operand(q.data(), 1);
    const auto order_of = [&](walk_order order, std::uint32_t visible) {
        guard_walk walk(k.data(), 9, 1, {8, 2, order, true, false});
        walk.row(operand, bui_rule().intervals(operand, 8), visible, 0);
        std::vector<std::uint32_t> keys;
        for (const guard_walk::pair& each : walk.retained())
            keys.push_back(each.key);
        return keys;
    };
    CHECK(order_of(walk_order::head_tail, 9) == std::vector<std::uint32_t>{0, 1, 8, 2, 3, 6, 7, 4, 5});
    CHECK(order_of(walk_order::head_tail, 7) == std::vector<std::uint32_t>{0, 1, 6, 2, 3, 4, 5});
    CHECK(order_of(walk_order::sequential, 7) == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("one row leaves nothing behind for the next") {
    std::mt19937 random(5);
    head h = random_head(operand_kind::mixed, 100, random);
    const auto flat = h.flat();
    guard_walk used(flat.data(), 100, h.dims, {h.key_bits, 16});
    for (int row = 0; row < 5; ++row) {
        h.q = make_operand(operand_kind::mixed, h.dims, random);
        guard_walk fresh(flat.data(), 100, h.dims, {h.key_bits, 16});
        const query_operand q(h.q.data(), h.dims);
        used.row(q, h.intervals(), 90, 500);
        fresh.row(q, h.intervals(), 90, 500);
        CHECK(keys_of(used) == keys_of(fresh));
        CHECK(used.planes() == fresh.planes());
    }
}

TEST_CASE("the softmax output is that of the retained keys") {
    std::mt19937 random(11);
    const exp_unit exp(pade::exp_kind::table, 20);
    for (const walk_order order : {walk_order::head_tail, walk_order::sequential})
        for (const bool at_end : {false, true})
            for (int run = 0; run < 10; ++run) {
                const head h = random_head(operand_kind::mixed, 130, random);
                const std::vector<std::int8_t> v = make_operand(operand_kind::mixed, 130 * 24, random);
                // A spread of some logits whatever the dims and the bits.
                double most = 1;
                for (std::size_t key = 0; key < h.k.size(); ++key)
                    most = std::max(most, std::abs(static_cast<double>(h.score(key, h.key_bits))));
                const double c = 8 / most;
                guard_walk walk(h.flat().data(), 130, h.dims, {h.key_bits, 64, order, true, at_end});
                walk.row(query_operand(h.q.data(), h.dims), h.intervals(), 129, guard_offset(1.0, 5.0, c));
                softmax_row out(24);
                out.accumulate(77, v.data());  // of an earlier query
                walk.weigh(exp, c, v.data(), out);

                double best = -1e300;
                for (const guard_walk::pair& each : walk.retained())
                    best = std::max(best, c * each.score);
                double total = 0;
                std::vector<double> o(24, 0);
                for (const guard_walk::pair& each : walk.retained()) {
                    const double p = std::exp(c * each.score - best);
                    total += p;
                    for (unsigned e = 0; e < 24; ++e)
                        o[e] += p * v[each.key * 24 + e];
                }
                double off = 0;
                double norm = 0;
                for (unsigned e = 0; e < 24; ++e) {
                    off += std::pow(out.output(e, 0.5) - 0.5 * o[e] / total, 2);
                    norm += std::pow(0.5 * o[e] / total, 2);
                }
                CHECK(std::sqrt(off / norm) < 1e-4);
            }
}

TEST_CASE("a query without keys retains none, and its output is 0") {
    const std::vector<std::int8_t> q{3, -4};
    const query_operand operand(q.data(), 2);
    guard_walk walk(nullptr, 0, 2, {});
    walk.row(operand, bui_rule().intervals(operand, 8), 0, 10);
    CHECK(walk.retained().empty());
    CHECK(walk.planes() == 0);
    softmax_row out(2);
    walk.weigh(exp_unit(pade::exp_kind::table, 20), 1.0, nullptr, out);
    CHECK(out.denominator() == 0);
}

TEST_CASE("what the walk cannot serve is refused") {
    const std::vector<std::int8_t> k(8, 0);
    CHECK_THROWS_WITH(guard_walk(k.data(), 4, 0, {}), Catch::Contains("head_dim is 0"));
    CHECK_THROWS_WITH(guard_walk(k.data(), 0, 257, {}), Catch::Contains("head_dim is 257"));
    CHECK_THROWS_WITH(guard_walk(k.data(), 4, 2, {3}), Catch::Contains("key_bits is 3"));
    CHECK_THROWS_WITH(guard_walk(k.data(), 4, 2, {9}), Catch::Contains("key_bits is 9"));
    CHECK_THROWS_WITH(guard_walk(k.data(), 4, 2, {8, 0}), Catch::Contains("a tile has 0 keys"));
    guard_walk walk(k.data(), 4, 2, {});
    const query_operand two(k.data(), 2);
    const query_operand one(k.data(), 1);
    CHECK_THROWS_AS(walk.row(one, {}, 4, 0), pade::internal_error);
    CHECK_THROWS_AS(walk.row(two, {}, 5, 0), pade::internal_error);
}
