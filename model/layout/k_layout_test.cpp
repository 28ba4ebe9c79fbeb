// What holds of every layout: a head that is stored can be read back plane by plane; what cannot be held is refused.
#include "model/layout/k_layout.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "model/errors.h"
#include "model/numeric/bit_planes.h"
#include "model/numeric/test_operands.h"

using namespace pade;

namespace {
constexpr std::int16_t unwritten = -1;
}

TEST_CASE("a stored head reads back bit by bit through bit_of and address") {
    const k_layout_kind kind =
        GENERATE(k_layout_kind::plane_first, k_layout_kind::plane_per_token, k_layout_kind::value_major);
    layout_params which;
    which.k = kind;
    INFO(choice_name(kind));
    const unsigned seed = 41;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const address_map map{dram_params{}};
    for (const std::uint32_t key_bits : {4u, 5u, 7u, 8u})
        for (const std::uint32_t dims : {8u, 12u, 24u, 64u, 80u, 128u, 200u, 256u})
            for (const std::uint32_t keys : {1u, 5u, 64u, 333u}) {
                INFO(dims << " dims, " << keys << " keys of " << key_bits << " bits");
                const auto layout = make_k_layout(which, map, {keys, dims, key_bits});
                const auto k = numeric::make_operand(numeric::operand_kind::mixed, keys * dims, random);
                std::vector<std::int16_t> memory((7 + layout->rows()) * (map.bytes() / map.rows()), unwritten);
                std::size_t twice = 0;
                std::size_t written = 0;
                layout->store(k.data(), 7, [&](std::uint64_t address, const std::uint8_t* bytes, unsigned length) {
                    for (unsigned i = 0; i < length; ++i) {
                        twice += memory.at(address + i) != unwritten;
                        memory[address + i] = bytes[i];
                    }
                    written += length;
                });
                REQUIRE(twice == 0);
                REQUIRE(written == std::size_t{layout->atoms()} * 32);
                std::size_t wrong = 0;
                for (std::uint32_t key = 0; key < keys; ++key)
                    for (std::uint32_t e = 0; e < dims; ++e) {
                        std::int32_t value = 0;
                        for (unsigned plane = 0; plane < key_bits; ++plane) {
                            const k_bit at = layout->bit_of(key, e, plane);
                            const std::int16_t byte = memory[layout->address(7, at.atom) + at.offset];
                            if ((byte >> at.bit & 1) != 0)
                                value += numeric::plane_weight(plane, key_bits);
                        }
                        wrong += value != numeric::quantise_key(k[std::size_t{key} * dims + e], key_bits);
                    }
                REQUIRE(wrong == 0);
                // Padding is zero.
                for (std::uint32_t atom = 0; atom < layout->atoms(); ++atom)
                    for (unsigned byte = 0; byte < 32; ++byte)
                        if ((layout->useful(atom) >> byte & 1) == 0)
                            wrong += memory[layout->address(7, atom) + byte] != 0;
                REQUIRE(wrong == 0);
            }
}

TEST_CASE("a geometry that no layout can hold is refused with its value and what is allowed") {
    const address_map map{dram_params{}};
    const auto refused = [&](const k_geometry& geometry, const std::string& text) {
        CHECK_THROWS_AS(make_k_layout({}, map, geometry), input_error);
        CHECK_THROWS_WITH(make_k_layout({}, map, geometry), Catch::Contains(text));
    };
    refused({0, 64, 8}, "keys is 0; allowed: 1 to 1048576");
    refused({1048577, 64, 8}, "keys is 1048577; allowed: 1 to 1048576");
    refused({64, 0, 8}, "head_dim is 0; allowed: 1 to 256");
    refused({64, 257, 8}, "head_dim is 257; allowed: 1 to 256");
    refused({64, 64, 0}, "key_bits is 0; allowed: 1 to 8");
    refused({64, 64, 9}, "key_bits is 9; allowed: 1 to 8");
    CHECK_NOTHROW(make_k_layout({}, map, {1048576, 256, 8}));
    CHECK_NOTHROW(make_k_layout({}, map, {1, 1, 4}));
    // An atom that is too small for a key's plane.
    dram_params narrow;
    narrow.bus_bits = 32;
    const address_map narrow_map(narrow);
    CHECK_THROWS_WITH(make_k_layout({}, narrow_map, {64, 129, 8}),
                      Catch::Contains("head_dim is 129; allowed: 1 to 128"));
}

TEST_CASE("a plane lies in whole bytes from its place on, or is one bit of the bytes there") {
    const address_map map{dram_params{}};
    for (const k_layout_kind kind :
         {k_layout_kind::plane_first, k_layout_kind::plane_per_token, k_layout_kind::value_major}) {
        INFO(choice_name(kind));
        layout_params which;
        which.k = kind;
        const auto layout = make_k_layout(which, map, {40, 80, 6});
        CHECK(layout->by_value() == (kind == k_layout_kind::value_major));
        CHECK(layout->plane_atoms() == (layout->by_value() ? 3 : 1));
        CHECK(layout->plane_bytes() * layout->plane_atoms() * 8 >= 80);
        std::size_t wrong = 0;
        for (std::uint32_t key = 0; key < 40; ++key)
            for (unsigned plane = 0; plane < 6; ++plane) {
                const k_place at = layout->place(key, plane);
                for (std::uint32_t dim = 0; dim < 80; ++dim) {
                    const k_bit bit = layout->bit_of(key, dim, plane);
                    const std::uint32_t byte = at.offset + (layout->by_value() ? dim : dim / 8);
                    wrong += bit.atom != at.atom + byte / 32 || bit.offset != byte % 32;
                    wrong += bit.bit != (layout->by_value() ? 5 - plane : dim % 8);
                }
            }
        CHECK(wrong == 0);
    }
}
