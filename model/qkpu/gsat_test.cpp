#include "model/qkpu/gsat.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "model/numeric/test_operands.h"

using namespace pade;

namespace {

/// The same element by element, as the text of pade.md has it.
gsat_result by_hand(const std::vector<std::int8_t>& q, const std::array<std::uint64_t, max_passes>& bits,
                    bool bidirectional) {
    gsat_result r;
    for (unsigned pass = 0; pass * 64 < q.size(); ++pass) {
        const unsigned dims = std::min<unsigned>(64, static_cast<unsigned>(q.size()) - pass * 64);
        unsigned cycles = 1;
        for (unsigned group = 0; group < dims; group += 8) {
            unsigned ones = 0;
            unsigned zeros = 0;
            for (unsigned e = group; e < std::min(group + 8, dims); ++e) {
                const bool bit = (bits[pass] >> e & 1) != 0;
                ones += bit;
                zeros += !bit;
                if (bit)
                    r.sum += q[pass * 64 + e];
            }
            const unsigned active = bidirectional ? std::min(ones, zeros) : ones;
            r.selected += active;
            if (active > 4)
                cycles = 2;
        }
        r.cycles += cycles;
        r.dims_cycles += dims * cycles;
    }
    return r;
}

}  // namespace

TEST_CASE("GSAT gives the plain masked dot product, its cycles and its selected elements") {
    const unsigned seed = 17;
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::mt19937 operands(seed);
    for (const bool bidirectional : {true, false})
        for (const unsigned dims : {1u, 7u, 8u, 16u, 24u, 40u, 63u, 64u, 65u, 80u, 128u, 136u, 200u, 256u})
            for (const auto kind : numeric::all_operand_kinds) {
                const auto q = numeric::make_operand(kind, dims, operands);
                const numeric::query_operand operand(q.data(), dims);
                for (unsigned i = 0; i < 40; ++i) {
                    INFO(dims << " dims, " << numeric::operand_kind_name(kind) << ", bidirectional " << bidirectional);
                    std::array<std::uint64_t, max_passes> bits{};
                    for (auto& word : bits) {
                        word = i % 4 == 0 ? random() & random() & random() : random();
                        if (i % 4 == 1)
                            word = i % 8 == 1 ? 0 : ~std::uint64_t{0};
                    }
                    const gsat_result expected = by_hand(q, bits, bidirectional);
                    const gsat_result got = gsat(bidirectional)(operand, bits);
                    REQUIRE(got.sum == expected.sum);
                    REQUIRE(got.cycles == expected.cycles);
                    REQUIRE(got.selected == expected.selected);
                    REQUIRE(got.dims_cycles == expected.dims_cycles);
                }
            }
}

TEST_CASE("with bidirectional sparsity a pass never takes more than one cycle, whatever the bits") {
    std::mt19937_64 random(3);
    const std::vector<std::int8_t> q(64, -128);
    const numeric::query_operand operand(q.data(), 64);
    for (unsigned i = 0; i < 2000; ++i) {
        const std::uint64_t bits = i == 0 ? ~std::uint64_t{0} : random() | random();
        const gsat_result r = gsat(true)(operand, {bits});
        REQUIRE(r.cycles == 1);
        REQUIRE(r.selected <= 32);
    }
    CHECK(gsat(false)(operand, {~std::uint64_t{0}}).cycles == 2);
    CHECK(gsat(false)(operand, {~std::uint64_t{0}}).sum == -128 * 64);
}
