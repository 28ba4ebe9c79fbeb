#include "model/qkpu/bui_generator.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "model/numeric/test_operands.h"

using namespace pade;

TEST_CASE("the BUI generator makes a row's operand, interval table and offset of its own query") {
    const unsigned seed = 23;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (unsigned key_bits = 4; key_bits <= 8; ++key_bits) {
        const bui_generator generate(guard_rule_kind::bui, key_bits);
        for (const unsigned dims : {8u, 64u, 80u, 256u})
            for (const auto kind : numeric::all_operand_kinds) {
                INFO("key_bits " << key_bits << ", " << dims << " dims, " << numeric::operand_kind_name(kind));
                const auto q = numeric::make_operand(kind, dims, random);
                auto block = std::make_shared<block_info>();
                block->id = (std::uint64_t{1} << 32) + 7;
                block->head_dim = dims;
                block->alpha = 0.75;
                block->radius = 4;
                block->rows.resize(3);
                block->rows[2].head = 11;
                block->rows[2].logit_scale = 0.001953125;  // 2^-9
                block->rows[1].logit_scale = 1;
                query_item item;
                item.block = block;
                item.row = 2;
                item.q.fill(99);  // what lies beyond the head must not count
                std::copy(q.begin(), q.end(), item.q.begin());
                const auto row = generate(item);

                CHECK(row->block == 7);
                CHECK(row->head == 11);
                CHECK(row->offset == 3 * 512);
                REQUIRE(row->operand.dims() == dims);
                std::int32_t positive = 0;
                std::int32_t negative = 0;
                for (unsigned e = 0; e < dims; ++e) {
                    REQUIRE(row->operand.q(e) == q[e]);
                    (q[e] > 0 ? positive : negative) += q[e];
                }
                for (unsigned planes = 1; planes <= key_bits; ++planes) {
                    const std::int32_t unknown = (1 << (key_bits - planes)) - 1;
                    CHECK(row->intervals.upper[planes] == unknown * positive);
                    CHECK(row->intervals.lower[planes] == unknown * negative);
                }
                CHECK(row->intervals.upper[key_bits] == 0);
                CHECK(row->intervals.lower[key_bits] == 0);
            }
    }
}
