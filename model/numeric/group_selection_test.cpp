#include "model/numeric/group_selection.h"

#include <catch2/catch.hpp>
#include <vector>

#include "model/numeric/query_operand.h"
#include "model/numeric/test_operands.h"

using namespace pade::numeric;

namespace {

unsigned ones_of(unsigned bits) {
    unsigned count = 0;
    for (; bits != 0; bits &= bits - 1)
        ++count;
    return count;
}

/// Group by group, as the text has it.
selection_cost plain_cost(std::uint64_t bits, bool bidirectional, unsigned dims) {
    selection_cost cost;
    for (unsigned group = 0; group < 8; ++group) {
        unsigned ones = 0;
        unsigned zeros = 0;
        for (unsigned e = group * 8; e < group * 8 + 8 && e < dims; ++e)
            ++((bits >> e & 1) != 0 ? ones : zeros);
        const unsigned active = bidirectional && zeros < ones ? zeros : ones;
        cost.selected += active;
        if (active > selectors_per_group)
            cost.cycles = 2;
    }
    return cost;
}

}  // namespace

TEST_CASE("every pattern of a group: the minority, at most 4, ties are ones") {
    for (unsigned bits = 0; bits < 256; ++bits) {
        const group_selection selection = select_group(static_cast<std::uint8_t>(bits));
        INFO("pattern " << bits);
        const unsigned ones = ones_of(bits);
        REQUIRE(selection.complemented == (ones > 4));
        REQUIRE(selection.count == (ones > 4 ? 8 - ones : ones));
        unsigned rebuilt = 0;
        for (unsigned i = 0; i < selection.count; ++i) {
            REQUIRE((i == 0 || selection.position[i] > selection.position[i - 1]));
            rebuilt |= 1u << selection.position[i];
        }
        REQUIRE(rebuilt == (selection.complemented ? ~bits & 0xff : bits));
    }
}

TEST_CASE("every pattern of a group fits selectors of 5 inputs") {
    for (unsigned bits = 0; bits < 256; ++bits) {
        const group_selection selection = select_group(static_cast<std::uint8_t>(bits));
        for (unsigned i = 0; i < selection.count; ++i) {
            INFO("pattern " << bits << ", active element " << i);
            const unsigned selector = selection.selector[i];
            const unsigned position = selection.position[i];
            REQUIRE(selector < selectors_per_group);
            REQUIRE((i == 0 || selector > selection.selector[i - 1]));
            REQUIRE(position >= selector);
            REQUIRE(position < selector + selector_inputs);
            if (selection.count == selectors_per_group) {
                REQUIRE(selector == i);
            }
        }
    }
    // Four inputs would not do: the ones at 4..7 reach selector 0 from input 4 only.
    CHECK(select_group(0xf0).selector[0] == 0);
    CHECK(select_group(0xf0).position[0] == 4);
}

TEST_CASE("select_word: every pattern of one group, both ways, every number of dims") {
    for (const bool bidirectional : {false, true})
        for (unsigned dims = 1; dims <= 64; ++dims)
            for (unsigned group = 0; group < 8; ++group) {
                bool same = true;
                for (std::uint64_t pattern = 0; pattern < 256; ++pattern)
                    for (const std::uint64_t others : {std::uint64_t{0}, ~std::uint64_t{0}}) {
                        const std::uint64_t mask = std::uint64_t{0xff} << (8 * group);
                        const std::uint64_t bits = pattern << (8 * group) | (others & ~mask);
                        const selection_cost expected = plain_cost(bits, bidirectional, dims);
                        const selection_cost cost = select_word(bits, bidirectional, dims);
                        same = same && cost.selected == expected.selected && cost.cycles == expected.cycles;
                    }
                INFO("bidirectional " << bidirectional << ", dims " << dims << ", group " << group);
                REQUIRE(same);
            }
}

TEST_CASE("with bidirectional a word takes one cycle and at most 4 elements a group") {
    const unsigned seed = 20260105;
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    unsigned two_cycles = 0;
    for (int i = 0; i < 20000; ++i) {
        // And or or of two words also gives words that are mostly zeros or mostly ones.
        std::uint64_t bits = random();
        if (i % 3 == 1)
            bits &= random();
        if (i % 3 == 2)
            bits |= random();
        const selection_cost with = select_word(bits, true);
        REQUIRE(with.cycles == 1);
        REQUIRE(with.selected <= 32);
        const selection_cost without = select_word(bits, false);
        const selection_cost expected = plain_cost(bits, false, 64);
        REQUIRE(without.selected == expected.selected);
        REQUIRE(without.cycles == expected.cycles);
        two_cycles += without.cycles == 2 ? 1 : 0;
    }
    CHECK(two_cycles > 1000);
    CHECK(select_word(0x0f, false).cycles == 1);
    CHECK(select_word(0x1f, false).cycles == 2);
    CHECK(select_word(0x1f, false).selected == 5);
    CHECK(select_word(0x1f, true).selected == 3);
}

TEST_CASE("absent dims are neither ones nor zeros") {
    // 3 dims, all ones: no zero is there to be selected. Of the 64 bits above, none counts.
    CHECK(select_word(~std::uint64_t{0}, true, 3).selected == 0);
    CHECK(select_word(~std::uint64_t{0}, false, 3).selected == 3);
    CHECK(select_word(0, true, 3).selected == 0);
    CHECK(select_word(0b011, true, 3).selected == 1);
    CHECK(select_word(~std::uint64_t{0}, false, 4).cycles == 1);
    CHECK(select_word(~std::uint64_t{0}, false, 5).cycles == 2);
}

TEST_CASE("the sum by way of the selectors is the sum over the set bits") {
    const unsigned seed = 20260106;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::mt19937_64 random_bits(seed);
    for (const operand_kind kind : all_operand_kinds)
        for (unsigned dims = 1; dims <= 64; ++dims) {
            const std::vector<std::int8_t> q = make_operand(kind, dims, random);
            const query_operand operand(q.data(), dims);
            for (int i = 0; i < 60; ++i) {
                const std::uint64_t bits = i == 0 ? 0 : i == 1 ? ~std::uint64_t{0} : random_bits();
                INFO(operand_kind_name(kind) << ", dims " << dims << ", bits " << bits);
                REQUIRE(selected_sum(bits, q.data(), dims) == operand.word_sum(bits, 0));
            }
        }
}

TEST_CASE("the sum by way of the selectors, all 256 patterns of every group") {
    std::mt19937 random(20260107);
    for (const operand_kind kind : all_operand_kinds) {
        const std::vector<std::int8_t> q = make_operand(kind, 64, random);
        const query_operand operand(q.data(), 64);
        bool same = true;
        for (unsigned group = 0; group < 8; ++group)
            for (std::uint64_t pattern = 0; pattern < 256; ++pattern) {
                const std::uint64_t bits = pattern << (8 * group);
                same = same && selected_sum(bits, q.data()) == operand.word_sum(bits, 0);
            }
        INFO(operand_kind_name(kind));
        REQUIRE(same);
    }
}
