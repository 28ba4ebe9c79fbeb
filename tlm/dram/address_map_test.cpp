#include "tlm/dram/address_map.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "model/errors.h"

using pade::address_map;
using pade::dram_params;

namespace {

std::string error_of(const dram_params& params) {
    try {
        address_map map(params);
    } catch (const pade::input_error& error) {
        return error.what();
    }
    return "";
}

dram_params with_mapping(const std::string& text) {
    dram_params params;
    params.mapping = text;
    return params;
}

}  // namespace

TEST_CASE("the default mapping puts each field where the text says") {
    const address_map map{dram_params{}};
    CHECK(map.bytes() == std::uint64_t{1} << 32);
    CHECK(map.atom_bytes() == 32);
    CHECK(map.pseudo_channels() == 16);
    CHECK(map.atoms_per_page() == 32);
    CHECK(map.rows() == 16384);
    CHECK(map.banks() == 16);
    CHECK(map.encode({1, 0, 0, 0, 0, 0}) == std::uint64_t{1} << 18);
    CHECK(map.encode({0, 1, 0, 0, 0, 0}) == 1u << 16);
    CHECK(map.encode({0, 0, 1, 0, 0, 0}) == 1u << 9);
    CHECK(map.encode({0, 0, 0, 1, 0, 0}) == 1u << 5);
    CHECK(map.encode({0, 0, 0, 0, 1, 0}) == 1u << 11);
    CHECK(map.encode({0, 0, 0, 0, 0, 1}) == 1u);
    CHECK(map.bank_number(map.decode(map.encode({5, 3, 2, 0, 0, 0}))) == 14);
}

TEST_CASE("a small map is a bijection, tried over every address") {
    dram_params params;
    params.pseudo_channels = 2;
    params.rows = 16;
    params.bank_groups = 2;
    params.banks_per_group = 2;
    params.page_bytes = 256;
    params.mapping = "bank_group:1 row:4 column:3 pseudo_channel:1 bank:1 offset:5";
    const address_map map(params);
    REQUIRE(map.bytes() == 2u * 16 * 4 * 256);
    std::set<std::vector<unsigned>> seen;
    for (std::uint64_t a = 0; a < map.bytes(); ++a) {
        const auto at = map.decode(a);
        REQUIRE(at.row < 16);
        REQUIRE(at.bank < 2);
        REQUIRE(at.bank_group < 2);
        REQUIRE(at.pseudo_channel < 2);
        REQUIRE(at.column < 8);
        REQUIRE(at.offset < 32);
        REQUIRE(map.encode(at) == a);
        seen.insert({at.row, at.bank, at.bank_group, at.pseudo_channel, at.column, at.offset});
    }
    CHECK(seen.size() == map.bytes());
}

TEST_CASE("random orders and counts give a bijection") {
    const unsigned seed = GENERATE(1u, 2u, 3u);
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    for (int trial = 0; trial < 100; ++trial) {
        dram_params params;
        const unsigned channel_bits = below(6), bank_bits = below(5), group_bits = below(5);
        const unsigned row_bits = 4 + below(17), page_bits = 8 + below(6);
        params.pseudo_channels = 1u << channel_bits;
        params.banks_per_group = 1u << bank_bits;
        params.bank_groups = 1u << group_bits;
        params.rows = 1u << row_bits;
        params.page_bytes = 1u << page_bits;
        std::vector<std::string> words = {"row:" + std::to_string(row_bits), "bank:" + std::to_string(bank_bits),
                                          "column:" + std::to_string(page_bits - 5),
                                          "bank_group:" + std::to_string(group_bits),
                                          "pseudo_channel:" + std::to_string(channel_bits)};
        std::shuffle(words.begin(), words.end(), random);
        words.push_back("offset:5");
        params.mapping.clear();
        for (const auto& word : words)
            params.mapping += word + " ";
        INFO(params.mapping);
        const address_map map(params);
        REQUIRE(map.bytes() == std::uint64_t{1} << (channel_bits + bank_bits + group_bits + row_bits + page_bits));
        for (int i = 0; i < 50; ++i) {
            const std::uint64_t a = random() % map.bytes();
            REQUIRE(map.encode(map.decode(a)) == a);
        }
        CHECK(map.encode(map.decode(map.bytes() - 1)) == map.bytes() - 1);
    }
}

TEST_CASE("in the default text the widths follow the counts") {
    dram_params params;
    params.pseudo_channels = 1;
    params.rows = 64;
    params.page_bytes = 2048;
    const address_map map(params);
    CHECK(map.bytes() == 64u * 16 * 2048);
    CHECK(map.encode({0, 0, 1, 0, 0, 0}) == 32);  // no channel bits below it
    CHECK(map.encode({1, 0, 0, 0, 0, 0}) == 16u * 2048);
}

TEST_CASE("a mapping that is wrong names the key and what is allowed") {
    const auto [text, word] = GENERATE(table<std::string, std::string>({
        {"row:14 bank:2 column:5 bank_group:2 pseudo_channel:4 offset:5 rank:1", "unknown field \"rank\""},
        {"row:14 bank:2 column:5 bank_group:2 pseudo_channel:4", "field \"offset\" is missing"},
        {"row:14 bank:2 column:5 bank_group:2 row:14 pseudo_channel:4 offset:5", "field \"row\" is given twice"},
        {"row:15 bank:2 column:5 bank_group:2 pseudo_channel:4 offset:5", "\"row\" has 15 bits and needs 14"},
        {"row:14 bank:2 column:5 bank_group:2 pseudo_channel:3 offset:5", "\"pseudo_channel\" has 3 bits and needs 4"},
        {"row:14 bank:2 column:99 bank_group:2 pseudo_channel:4 offset:5", "\"column\" has 99 bits"},
        {"row bank:2 column:5 bank_group:2 pseudo_channel:4 offset:5", "\"row\" has no width"},
        {"row:x bank:2 column:5 bank_group:2 pseudo_channel:4 offset:5", "\"row\" has no width"},
        {"row:-1 bank:2 column:5 bank_group:2 pseudo_channel:4 offset:5", "\"row\" has no width"},
        {"row:14 bank:2 column:5 bank_group:2 offset:5 pseudo_channel:4", "\"offset\" is not the least significant"},
        {"", "is missing"},
    }));
    const std::string error = error_of(with_mapping(text));
    INFO(error);
    CHECK(error.find("dram.mapping") == 0);
    CHECK(error.find(word) != std::string::npos);
    CHECK(error.find("allowed: each of these fields once") != std::string::npos);
    CHECK(error.find("row:14 bank:2 column:5 bank_group:2 pseudo_channel:4 offset:5") != std::string::npos);
}

TEST_CASE("an own mapping must fit changed counts") {
    dram_params params;
    params.mapping = "row:14 bank:2 bank_group:2 column:5 pseudo_channel:4 offset:5";
    CHECK(error_of(params).empty());
    params.pseudo_channels = 8;
    CHECK(error_of(params).find("\"pseudo_channel\" has 4 bits and needs 3") != std::string::npos);
}

TEST_CASE("counts must be powers of two") {
    dram_params params;
    params.pseudo_channels = 12;
    CHECK(error_of(params) == "dram.pseudo_channels is 12; allowed: powers of two");
    params = {};
    params.rows = 1000;
    CHECK(error_of(params) == "dram.rows is 1000; allowed: powers of two");
    params = {};
    params.bus_bits = 128;
    params.burst_length = 16;
    params.page_bytes = 256;
    CHECK(error_of(params).empty());  // one atom a page
    params.bus_bits = 12;
    CHECK(error_of(params).find("dram.bus_bits is 12") == 0);
}

TEST_CASE("addresses and fields beyond the end are refused") {
    const address_map map{dram_params{}};
    CHECK_NOTHROW(map.decode(map.bytes() - 1));
    CHECK_THROWS_AS(map.decode(map.bytes()), pade::internal_error);
    CHECK_NOTHROW(map.encode({16383, 3, 3, 15, 31, 31}));
    CHECK_THROWS_AS(map.encode({16384, 0, 0, 0, 0, 0}), pade::internal_error);
    CHECK_THROWS_AS(map.encode({0, 4, 0, 0, 0, 0}), pade::internal_error);
    CHECK_THROWS_AS(map.encode({0, 0, 0, 0, 0, 32}), pade::internal_error);
}

TEST_CASE("a page that holds no burst is refused") {
    pade::dram_params params;
    params.page_bytes = 16;
    CHECK_THROWS_WITH(pade::address_map(params), Catch::Contains("dram.page_bytes is 16") &&
                                                     Catch::Contains("at least one burst") &&
                                                     Catch::Contains("= 32 B"));
}
