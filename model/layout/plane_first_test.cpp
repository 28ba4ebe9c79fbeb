// Where plane_first puts the bit planes of K (pade.md section 4, item 3).
#include "model/layout/plane_first.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <vector>

#include "model/errors.h"

using namespace pade;

namespace {

constexpr std::array<std::uint32_t, 12> all_dims{8, 12, 16, 24, 32, 40, 64, 72, 80, 128, 136, 256};
constexpr std::array<std::uint32_t, 9> all_keys{1, 2, 31, 32, 33, 100, 513, 1000, 8192};

struct variant {
    std::uint32_t key_bits = 8;
    unsigned banks_per_plane = 2;
    unsigned channels = 16;
    unsigned bank_groups = 4;
    unsigned banks_per_group = 4;

    dram_params dram() const {
        dram_params p;
        p.pseudo_channels = channels;
        p.bank_groups = bank_groups;
        p.banks_per_group = banks_per_group;
        return p;
    }
    layout_params layout() const {
        layout_params p;
        p.banks_per_plane = banks_per_plane;
        return p;
    }
};

const std::vector<variant> all_variants{{8, 2, 16, 4, 4}, {4, 2, 16, 4, 4}, {8, 1, 16, 4, 4}, {5, 2, 4, 4, 4},
                                        {8, 2, 1, 4, 4},  {8, 2, 16, 4, 1}, {7, 2, 32, 1, 4}, {8, 2, 8, 4, 8}};

/// Keys an atom, as the table of pade.md has it.
std::uint32_t keys_per_atom(std::uint32_t dims) {
    return dims <= 8 ? 32 : dims <= 16 ? 16 : dims <= 32 ? 8 : dims <= 64 ? 4 : dims <= 128 ? 2 : 1;
}

template <typename Check>
void for_all(Check&& check) {
    for (const variant& v : all_variants) {
        const address_map map(v.dram());
        for (const std::uint32_t dims : all_dims)
            for (const std::uint32_t keys : all_keys) {
                INFO(dims << " dims, " << keys << " keys of " << v.key_bits << " bits, " << v.banks_per_plane
                          << " banks a plane, " << v.channels << " channels, " << v.bank_groups << " x "
                          << v.banks_per_group << " banks");
                const auto layout = make_k_layout(v.layout(), map, {keys, dims, v.key_bits});
                check(v, map, *layout);
            }
    }
}

}  // namespace

TEST_CASE("each plane of each key has bytes of its own, and a plane's keys follow each other in atoms") {
    for_all([](const variant& v, const address_map&, const k_layout& layout) {
        const auto [keys, dims, key_bits] = layout.geometry();
        const std::uint32_t per_atom = keys_per_atom(dims);
        REQUIRE(layout.plane_bytes() == 32 / per_atom);
        REQUIRE(layout.plane_bytes() * 8 >= dims);
        const std::uint32_t groups = (keys + per_atom - 1) / per_atom;
        REQUIRE(layout.atoms() == groups * v.key_bits);
        std::vector<bool> used(std::size_t{layout.atoms()} * layout.plane_bytes() * per_atom);
        std::size_t wrong = 0;
        for (unsigned plane = 0; plane < key_bits; ++plane)
            for (std::uint32_t key = 0; key < keys; ++key) {
                const k_place at = layout.place(key, plane);
                wrong += at.atom >= layout.atoms() || at.offset + layout.plane_bytes() > 32 ||
                         at.offset % layout.plane_bytes() != 0;
                if (wrong != 0)
                    break;
                const std::size_t index = (std::size_t{at.atom} * 32 + at.offset) / layout.plane_bytes();
                wrong += used[index];
                used[index] = true;
                // Neighbouring keys share an atom, or their atoms are neighbours.
                wrong += at.atom != layout.place(0, plane).atom + key / per_atom;
                wrong += layout.buffer_bank(at.atom) % 16 != (key / per_atom + 5 * plane) % 16;
            }
        REQUIRE(wrong == 0);
    });
}

TEST_CASE("atoms have distinct addresses inside the head's rows, in the channel and bank of their plane") {
    for_all([](const variant& v, const address_map& map, const k_layout& layout) {
        const auto [keys, dims, key_bits] = layout.geometry();
        const std::uint32_t groups = layout.atoms() / key_bits;
        const std::uint32_t groups_per_channel = (groups + v.channels - 1) / v.channels;
        const std::uint32_t half = v.banks_per_plane == 2 ? (groups_per_channel + 1) / 2 : groups_per_channel;
        const std::uint32_t k_row = 3;
        std::vector<std::uint64_t> addresses;
        std::size_t wrong = 0;
        for (std::uint32_t atom = 0; atom < layout.atoms(); ++atom) {
            const std::uint64_t address = layout.address(k_row, atom);
            addresses.push_back(address);
            const address_map::location at = map.decode(address);
            const std::uint32_t plane = atom / groups;
            const std::uint32_t group = atom % groups;
            const bool second_half = group / v.channels >= half;
            wrong += at.offset != 0;
            wrong += at.pseudo_channel != group % v.channels;
            const std::uint32_t bank = 2 * plane + (second_half ? 1 : 0);
            wrong += map.bank_number(at) != bank % map.banks();
            wrong += at.bank * v.bank_groups + at.bank_group != bank % map.banks();
            wrong += at.row < k_row || at.row >= k_row + layout.rows();
        }
        REQUIRE(wrong == 0);
        std::sort(addresses.begin(), addresses.end());
        REQUIRE(std::adjacent_find(addresses.begin(), addresses.end()) == addresses.end());
    });
}

TEST_CASE("with the default memory plane r lies in banks 2r and 2r + 1, and fills one page after the other") {
    const address_map map{dram_params{}};
    // 8192 keys of 64 dims: 2048 groups, 128 a channel, 64 in each bank: two pages of 32 atoms.
    const auto layout = make_k_layout({}, map, {8192, 64, 8});
    CHECK(layout->rows() == 2);
    for (unsigned plane = 0; plane < 8; ++plane) {
        const auto at = [&](std::uint32_t key) {
            return map.decode(layout->address(10, layout->place(key, plane).atom));
        };
        const auto bank = [&](std::uint32_t key) { return map.bank_number(at(key)); };
        CHECK(bank(0) == 2 * plane);
        CHECK(bank(4095) == 2 * plane);
        CHECK(bank(4096) == 2 * plane + 1);
        CHECK(bank(8191) == 2 * plane + 1);
        // 4 keys an atom, 64 keys once round the channels, 2048 keys a page of all channels.
        CHECK(at(3) == at(0));
        CHECK(at(4).pseudo_channel == 1);
        CHECK(at(63).pseudo_channel == 15);
        CHECK(at(64).pseudo_channel == 0);
        CHECK(at(64).column == 1);
        CHECK(at(2047).column == 31);
        CHECK(at(2047).row == 10);
        CHECK(at(2048).row == 11);
        CHECK(at(4096).row == 10);
        CHECK(at(8191).row == 11);
    }
    // Neighbouring planes lie in different bank groups.
    for (unsigned plane = 0; plane + 1 < 8; ++plane)
        CHECK(map.decode(layout->address(0, layout->place(0, plane).atom)).bank_group !=
              map.decode(layout->address(0, layout->place(0, plane + 1).atom)).bank_group);
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
        std::uint64_t bits = 0;
        for (std::uint32_t atom = 0; atom < layout.atoms(); ++atom) {
            const std::uint32_t useful = layout.useful(atom);
            wrong += useful != expected[atom];
            bits += static_cast<unsigned>(__builtin_popcount(useful));
        }
        REQUIRE(wrong == 0);
        REQUIRE(bits == std::uint64_t{keys} * key_bits * data_bytes);
    });
}
