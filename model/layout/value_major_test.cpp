// Where value_major puts the values of K: what its header promises, counted from the addresses.
#include "model/layout/value_major.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <tuple>
#include <vector>

using namespace pade;

namespace {

constexpr std::array<std::uint32_t, 11> all_dims{8, 12, 16, 24, 32, 40, 64, 80, 128, 136, 256};
constexpr std::array<std::uint32_t, 8> all_keys{1, 2, 31, 33, 100, 513, 1000, 4099};

struct variant {
    std::uint32_t key_bits = 8;
    unsigned channels = 16;
    unsigned bank_groups = 4;
    unsigned banks_per_group = 4;
    unsigned page_bytes = 1024;
};

/// The last ones have DRAM rows of an atom or two, shorter than a key.
const std::vector<variant> all_variants{{8, 16, 4, 4, 1024}, {4, 16, 4, 4, 1024}, {5, 4, 4, 4, 1024},
                                        {7, 32, 1, 4, 1024}, {6, 8, 4, 1, 256},   {8, 16, 4, 2, 64}};

layout_params by_value() {
    layout_params p;
    p.k = k_layout_kind::value_major;
    return p;
}

template <typename Check>
void for_all(Check&& check) {
    for (const variant& v : all_variants) {
        dram_params dram;
        dram.pseudo_channels = v.channels;
        dram.bank_groups = v.bank_groups;
        dram.banks_per_group = v.banks_per_group;
        dram.page_bytes = v.page_bytes;
        const address_map map(dram);
        for (const std::uint32_t dims : all_dims)
            for (const std::uint32_t keys : all_keys) {
                INFO(dims << " dims, " << keys << " keys of " << v.key_bits << " bits, " << v.channels << " channels, "
                          << v.bank_groups << " x " << v.banks_per_group << " banks, pages of " << v.page_bytes
                          << " B");
                check(v, map, *make_k_layout(by_value(), map, {keys, dims, v.key_bits}));
            }
    }
}

/// Bytes of a key in memory: a power of two up to an atom, then whole atoms.
std::uint32_t key_bytes(std::uint32_t dims) {
    for (const std::uint32_t bytes : {8u, 16u, 32u})
        if (dims <= bytes)
            return bytes;
    return (dims + 31) / 32 * 32;
}

}  // namespace

TEST_CASE("element e of a key is byte e of it, and the keys follow each other") {
    for_all([](const variant&, const address_map&, const k_layout& layout) {
        const auto [keys, dims, key_bits] = layout.geometry();
        const std::uint32_t stride = key_bytes(dims);
        std::size_t wrong = 0;
        for (std::uint32_t key = 0; key < keys; ++key)
            for (unsigned plane = 0; plane < key_bits; ++plane) {
                const k_place at = layout.place(key, plane);
                wrong += at.atom * 32 + at.offset != key * stride;
                for (std::uint32_t dim = 0; dim < stride; dim += dim + 1 == dims ? 1 : 7) {
                    const k_bit bit = layout.bit_of(key, dim, plane);
                    wrong += bit.atom * 32 + bit.offset != key * stride + dim || bit.offset >= 32;
                    wrong += bit.bit != key_bits - 1 - plane;
                }
            }
        REQUIRE(wrong == 0);
        REQUIRE(layout.atoms() == (keys * stride + 31) / 32);
        REQUIRE(layout.by_value());
        // A plane takes one read of each atom of the key.
        REQUIRE(layout.plane_bytes() * layout.plane_atoms() * 8 == stride);
        REQUIRE(layout.plane_atoms() == std::max(1u, stride / 32));
    });
}

TEST_CASE("keys an atom, atoms a key, bytes a read") {
    const address_map map{dram_params{}};
    const auto shape = [&](std::uint32_t dims) {
        const auto layout = make_k_layout(by_value(), map, {64, dims, 8});
        return std::make_tuple(layout->atoms(), layout->plane_atoms(), layout->plane_bytes());
    };
    using shape_of = std::tuple<std::uint32_t, unsigned, unsigned>;
    CHECK(shape(8) == shape_of(16, 1, 1));
    CHECK(shape(16) == shape_of(32, 1, 2));
    CHECK(shape(24) == shape_of(64, 1, 4));
    CHECK(shape(32) == shape_of(64, 1, 4));
    CHECK(shape(64) == shape_of(128, 2, 4));
    CHECK(shape(80) == shape_of(192, 3, 4));
    CHECK(shape(128) == shape_of(256, 4, 4));
    CHECK(shape(256) == shape_of(512, 8, 4));
}

TEST_CASE("what is stored: INT8 as it is, of fewer bits, sign-extended, planes in the low bits") {
    const address_map map{dram_params{}};
    const std::vector<std::int8_t> k{-128, 127, -1, 0, 16, -16, 9, -40};
    const auto stored = [&](std::uint32_t key_bits) {
        std::vector<int> values;
        make_k_layout(by_value(), map, {1, 8, key_bits})
            ->store(k.data(), 0, [&](std::uint64_t, const std::uint8_t* bytes, unsigned length) {
                REQUIRE(length == 32);
                for (unsigned i = 0; i < length; ++i)
                    values.push_back(i < 8 ? static_cast<std::int8_t>(bytes[i]) : bytes[i]);
            });
        REQUIRE(std::count(values.begin() + 8, values.end(), 0) == 24);
        values.resize(8);
        return values;
    };
    CHECK(stored(8) == std::vector<int>{-128, 127, -1, 0, 16, -16, 9, -40});
    CHECK(stored(4) == std::vector<int>{-8, 7, 0, 0, 1, -1, 1, -2});
    CHECK(stored(6) == std::vector<int>{-32, 31, 0, 0, 4, -4, 2, -10});
}

TEST_CASE("atoms have distinct addresses inside the head's rows, a key's atoms lie in one DRAM row") {
    for_all([](const variant& v, const address_map& map, const k_layout& layout) {
        const std::uint32_t keys = layout.geometry().keys;
        const std::uint32_t k_row = 3;
        std::vector<std::uint64_t> addresses;
        std::size_t wrong = 0;
        std::uint32_t last_row = 0;
        for (std::uint32_t atom = 0; atom < layout.atoms(); ++atom) {
            addresses.push_back(layout.address(k_row, atom));
            const address_map::location at = map.decode(addresses.back());
            wrong += at.offset != 0;
            wrong += at.row < k_row || at.row >= k_row + layout.rows();
            last_row = std::max<std::uint32_t>(last_row, at.row);
        }
        REQUIRE(wrong == 0);
        REQUIRE(last_row == k_row + layout.rows() - 1);  // none is taken in vain
        std::sort(addresses.begin(), addresses.end());
        REQUIRE(std::adjacent_find(addresses.begin(), addresses.end()) == addresses.end());

        const unsigned parts = layout.plane_atoms();
        for (std::uint32_t key = 0; key < keys; ++key) {
            const std::uint32_t first = layout.place(key, 0).atom;
            const address_map::location begin = map.decode(layout.address(k_row, first));
            for (std::uint32_t part = 0; part < parts; ++part) {
                const address_map::location at = map.decode(layout.address(k_row, first + part));
                wrong += at.pseudo_channel != begin.pseudo_channel || at.bank_group != begin.bank_group;
                if (parts <= v.page_bytes / 32)
                    wrong += at.bank != begin.bank || at.row != begin.row || at.column != begin.column + part;
            }
            // The next key, or the next ones that share an atom: another channel; once round them, another bank group.
            if (first + parts < layout.atoms() && v.channels > 1)
                wrong += map.decode(layout.address(k_row, first + parts)).pseudo_channel == begin.pseudo_channel;
            const std::uint32_t round = first + parts * v.channels;
            if (round < layout.atoms() && v.bank_groups > 1)
                wrong += map.decode(layout.address(k_row, round)).bank_group == begin.bank_group;
        }
        REQUIRE(wrong == 0);
    });
}

TEST_CASE("lane columns find neighbouring keys in different banks of the KV buffer, at each part of a plane") {
    const address_map map{dram_params{}};
    for (const std::uint32_t dims : {32u, 64u, 80u, 128u, 256u}) {
        INFO(dims << " dims");
        const auto layout = make_k_layout(by_value(), map, {64, dims, 8});
        for (unsigned part = 0; part < layout->plane_atoms(); ++part) {
            std::set<std::uint32_t> banks;
            for (std::uint32_t key = 5; key < 21; ++key)
                banks.insert(layout->buffer_bank(layout->place(key, 0).atom + part) % 16);
            CHECK(banks.size() == 16);
        }
        std::set<std::uint32_t> banks;
        for (unsigned part = 0; part < layout->plane_atoms(); ++part)
            banks.insert(layout->buffer_bank(part) % 16);
        CHECK(banks.size() == layout->plane_atoms());
    }
}

TEST_CASE("useful has a bit for each value, and none for padding") {
    for_all([](const variant&, const address_map&, const k_layout& layout) {
        const auto [keys, dims, key_bits] = layout.geometry();
        std::vector<std::uint32_t> expected(layout.atoms());
        for (std::uint32_t key = 0; key < keys; ++key)
            for (std::uint32_t dim = 0; dim < dims; ++dim) {
                const k_bit at = layout.bit_of(key, dim, 0);
                expected[at.atom] |= 1u << at.offset;
            }
        std::size_t wrong = 0;
        for (std::uint32_t atom = 0; atom < layout.atoms(); ++atom)
            wrong += layout.useful(atom) != expected[atom];
        REQUIRE(wrong == 0);
    });
}

TEST_CASE("bytes of a key hold as many planes as it has") {
    const address_map map{dram_params{}};
    const auto planes = [&](std::uint32_t dims, std::uint32_t key_bits, std::uint64_t bytes) {
        return make_k_layout(by_value(), map, {64, dims, key_bits})->planes_in(bytes);
    };
    CHECK(planes(64, 8, 128) == 16);
    CHECK(planes(64, 4, 128) == 8);
    CHECK(planes(80, 8, 96) == 8);
    CHECK(planes(8, 6, 32) == 24);
}
