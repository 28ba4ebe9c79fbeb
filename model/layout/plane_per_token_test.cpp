// Where plane_per_token puts the bit planes of K: what its header promises, counted from the addresses.
#include "model/layout/plane_per_token.h"

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

    dram_params dram() const {
        dram_params p;
        p.pseudo_channels = channels;
        p.bank_groups = bank_groups;
        p.banks_per_group = banks_per_group;
        p.page_bytes = page_bytes;
        return p;
    }
};

/// The last ones have DRAM rows of an atom or two, shorter than a key.
const std::vector<variant> all_variants{{8, 16, 4, 4, 1024}, {4, 16, 4, 4, 1024}, {5, 4, 4, 4, 1024}, {8, 1, 4, 4, 512},
                                        {7, 32, 1, 4, 1024}, {6, 8, 4, 1, 256},   {8, 16, 4, 2, 64},  {5, 2, 2, 8, 32}};

layout_params per_token() {
    layout_params p;
    p.k = k_layout_kind::plane_per_token;
    return p;
}

template <typename Check>
void for_all(Check&& check) {
    for (const variant& v : all_variants) {
        const address_map map(v.dram());
        for (const std::uint32_t dims : all_dims)
            for (const std::uint32_t keys : all_keys) {
                INFO(dims << " dims, " << keys << " keys of " << v.key_bits << " bits, " << v.channels << " channels, "
                          << v.bank_groups << " x " << v.banks_per_group << " banks, pages of " << v.page_bytes
                          << " B");
                check(v, map, *make_k_layout(per_token(), map, {keys, dims, v.key_bits}));
            }
    }
}

}  // namespace

TEST_CASE("the planes of a key follow each other in as few atoms as hold them") {
    for_all([](const variant&, const address_map&, const k_layout& layout) {
        const auto [keys, dims, key_bits] = layout.geometry();
        const unsigned bytes = layout.plane_bytes();
        REQUIRE(bytes * 8 >= dims);
        REQUIRE((bytes == 1 || bytes * 4 < dims));
        const std::uint32_t planes_per_atom = 32 / bytes;
        const std::uint32_t parts = (key_bits + planes_per_atom - 1) / planes_per_atom;
        std::set<std::pair<std::uint32_t, std::uint32_t>> used;
        std::size_t wrong = 0;
        for (std::uint32_t key = 0; key < keys; ++key) {
            const k_place first = layout.place(key, 0);
            std::set<std::uint32_t> atoms;
            for (unsigned plane = 0; plane < key_bits; ++plane) {
                const k_place at = layout.place(key, plane);
                wrong += at.atom >= layout.atoms() || at.offset + bytes > 32 || at.offset % bytes != 0;
                wrong += at.atom * 32 + at.offset != first.atom * 32 + first.offset + plane * bytes;
                wrong += !used.emplace(at.atom, at.offset).second;
                atoms.insert(at.atom);
            }
            wrong += atoms.size() != parts;
            // A key lies before the next one, in the same atom or not.
            if (key + 1 < keys) {
                const k_place next = layout.place(key + 1, 0);
                wrong += next.atom * 32 + next.offset < first.atom * 32 + first.offset + key_bits * bytes;
            }
        }
        REQUIRE(wrong == 0);
        // No more atoms than keys need: what shares an atom leaves less than a key, padded to a power of two, free.
        const std::uint32_t padded = key_bits <= 4 ? 4 : 8;
        const std::uint32_t sharing = std::max(1u, planes_per_atom / padded);
        REQUIRE(layout.atoms() == (keys + sharing - 1) / sharing * parts);
    });
}

TEST_CASE("keys an atom and atoms a key at 8 bits") {
    const address_map map{dram_params{}};
    const auto shape = [&](std::uint32_t dims, std::uint32_t key_bits) {
        const auto layout = make_k_layout(per_token(), map, {64, dims, key_bits});
        return std::make_tuple(layout->atoms(), layout->place(0, key_bits - 1).atom, layout->place(1, 0).atom,
                               layout->place(1, 0).offset);
    };
    using shape_of = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
    CHECK(shape(8, 8) == shape_of(16, 0, 0, 8));
    CHECK(shape(16, 8) == shape_of(32, 0, 0, 16));
    CHECK(shape(32, 8) == shape_of(64, 0, 1, 0));
    CHECK(shape(64, 8) == shape_of(128, 1, 2, 0));
    CHECK(shape(64, 5) == shape_of(128, 1, 2, 0));
    CHECK(shape(64, 4) == shape_of(64, 0, 1, 0));
    CHECK(shape(128, 8) == shape_of(256, 3, 4, 0));
    CHECK(shape(256, 8) == shape_of(512, 7, 8, 0));
    CHECK(shape(256, 5) == shape_of(320, 4, 5, 0));
}

TEST_CASE("atoms have distinct addresses inside the head's rows, a key's atoms lie in one DRAM row") {
    for_all([](const variant& v, const address_map& map, const k_layout& layout) {
        const auto [keys, dims, key_bits] = layout.geometry();
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

        const unsigned page_atoms = v.page_bytes / 32;
        for (std::uint32_t key = 0; key < keys; ++key) {
            const std::uint32_t first = layout.place(key, 0).atom;
            const std::uint32_t last = layout.place(key, key_bits - 1).atom;
            const address_map::location begin = map.decode(layout.address(k_row, first));
            for (std::uint32_t atom = first; atom <= last; ++atom) {
                const address_map::location at = map.decode(layout.address(k_row, atom));
                wrong += at.pseudo_channel != begin.pseudo_channel || at.bank_group != begin.bank_group;
                if (last - first < page_atoms)
                    wrong += at.bank != begin.bank || at.row != begin.row || at.column != begin.column + atom - first;
            }
            // Neighbouring keys, or neighbouring groups of keys that share an atom: another channel, and once round
            // the channels another bank group.
            const std::uint32_t next = last + 1;
            if (next < layout.atoms() && v.channels > 1)
                wrong += map.decode(layout.address(k_row, next)).pseudo_channel == begin.pseudo_channel;
            const std::uint32_t round = first + (last + 1 - first) * v.channels;
            if (round < layout.atoms() && v.bank_groups > 1)
                wrong += map.decode(layout.address(k_row, round)).bank_group == begin.bank_group;
        }
        REQUIRE(wrong == 0);
    });
}

TEST_CASE("with the default memory: channels, bank groups, columns, banks, rows") {
    const address_map map{dram_params{}};
    // 8192 keys of 64 dims: 512 a channel, 128 in each of its bank groups, 16 keys a DRAM row: 8 of them, 2 a bank.
    const auto layout = make_k_layout(per_token(), map, {8192, 64, 8});
    CHECK(layout->rows() == 2);
    const auto at = [&](std::uint32_t key, unsigned plane = 0) {
        return map.decode(layout->address(10, layout->place(key, plane).atom));
    };
    CHECK(at(0, 3) == at(0));
    CHECK(at(0, 4).column == 1);
    CHECK(at(15).pseudo_channel == 15);
    CHECK(at(16).pseudo_channel == 0);
    CHECK(at(16).bank_group == 1);
    CHECK(at(16).column == 0);
    CHECK(at(63).bank_group == 3);
    CHECK(at(64).bank_group == 0);
    CHECK(at(64).column == 2);
    CHECK(at(1023, 7).column == 31);
    const auto bank_and_row = [&](std::uint32_t key) { return std::make_pair(at(key).bank, at(key).row); };
    using place = std::pair<unsigned, unsigned>;
    const std::array<place, 8> expected{place{0, 10}, {1, 10}, {0, 11}, {1, 11}, {2, 10}, {3, 10}, {2, 11}, {3, 11}};
    for (std::uint32_t page = 0; page < 8; ++page) {
        CHECK(bank_and_row(page * 1024) == expected.at(page));
        CHECK(bank_and_row(page * 1024 + 1023) == expected.at(page));
    }
}

TEST_CASE("head and tail of a head do not meet in one bank, but in the DRAM row in the middle") {
    const address_map map{dram_params{}};
    for (const std::uint32_t keys : {2048u, 3000u, 5120u, 8192u, 12345u}) {
        INFO(keys << " keys");
        const auto layout = make_k_layout(per_token(), map, {keys, 64, 8});
        std::size_t meetings = 0;
        for (std::uint32_t i = 0; i < keys / 2; ++i) {
            const auto head = map.decode(layout->address(0, layout->place(i, 0).atom));
            const auto tail = map.decode(layout->address(0, layout->place(keys - 1 - i, 0).atom));
            meetings += head.bank == tail.bank && head.row != tail.row;
        }
        CHECK(meetings == 0);
    }
}

TEST_CASE("lane columns find neighbouring keys in different banks of the KV buffer") {
    const address_map map{dram_params{}};
    for (const std::uint32_t dims : {32u, 64u, 128u, 256u}) {
        INFO(dims << " dims");
        const auto layout = make_k_layout(per_token(), map, {64, dims, 8});
        for (unsigned plane = 0; plane < 8; ++plane) {
            std::set<std::uint32_t> banks;
            for (std::uint32_t key = 5; key < 21; ++key)
                banks.insert(layout->buffer_bank(layout->place(key, plane).atom) % 16);
            CHECK(banks.size() == 16);
        }
        // A key's atoms: no two in one bank.
        std::set<std::uint32_t> banks;
        for (std::uint32_t atom = 0; atom <= layout->place(0, 7).atom; ++atom)
            banks.insert(layout->buffer_bank(atom) % 16);
        CHECK(banks.size() == layout->place(0, 7).atom + 1);
    }
}

TEST_CASE("useful has a bit for each byte of data, and none for padding") {
    for_all([](const variant&, const address_map&, const k_layout& layout) {
        const auto [keys, dims, key_bits] = layout.geometry();
        const unsigned data_bytes = (dims + 7) / 8;
        std::vector<std::uint32_t> expected(layout.atoms());
        for (unsigned plane = 0; plane < key_bits; ++plane)
            for (std::uint32_t key = 0; key < keys; ++key) {
                const k_place at = layout.place(key, plane);
                for (unsigned byte = 0; byte < data_bytes; ++byte)
                    expected[at.atom] |= 1u << (at.offset + byte);
            }
        std::size_t wrong = 0;
        for (std::uint32_t atom = 0; atom < layout.atoms(); ++atom)
            wrong += layout.useful(atom) != expected[atom];
        REQUIRE(wrong == 0);
    });
}
