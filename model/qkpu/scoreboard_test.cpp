#include "model/qkpu/scoreboard.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "model/errors.h"

using namespace pade;

TEST_CASE("an entry keeps its key's progress from admission to retirement") {
    scoreboard board(2);
    CHECK(board.capacity() == 2);
    CHECK(board.used() == 0);
    CHECK_FALSE(board.full());
    board.admit(3, 1000, 1);
    board.admit(300, 2000, 0);
    CHECK(board.used() == 2);
    CHECK(board.full());
    board.find(3, 1000, 1).partial = -77;
    board.find(3, 1000, 1).next_plane = 5;
    CHECK(board.find(300, 2000, 0).partial == 0);
    CHECK(board.find(300, 2000, 0).next_plane == 0);
    CHECK(board.find(3, 1000, 1).partial == -77);
    CHECK(board.find(3, 1000, 1).next_plane == 5);
    board.retire(3);
    CHECK_FALSE(board.full());
    // The next key under this tag begins anew.
    board.admit(3, 1016, 0);
    CHECK(board.find(3, 1016, 0).partial == 0);
    CHECK(board.find(3, 1016, 0).next_plane == 0);
}

TEST_CASE("what the dispatcher must not do is an internal error that names the key") {
    scoreboard board(2);
    board.admit(0, 10, 0);
    board.admit(1, 11, 0);
    CHECK_THROWS_AS(board.admit(2, 12, 0), internal_error);
    CHECK_THROWS_WITH(board.admit(2, 12, 0), Catch::Matches("scoreboard: .*full.* 12"));
    board.retire(1);
    CHECK_THROWS_WITH(board.admit(0, 13, 0), Catch::Matches("scoreboard: .*tag of a live one.* 13"));
    CHECK(board.used() == 1);
    CHECK_THROWS_WITH(board.retire(1), Catch::Matches("scoreboard: .*without an entry.* 1"));
    CHECK_THROWS_WITH(board.retire(9999), Catch::Matches("scoreboard: .*without an entry.* 9999"));
    CHECK_THROWS_WITH(board.find(1, 11, 0), Catch::Matches("scoreboard: .*without an entry.* 11"));
    CHECK_THROWS_WITH(board.find(9999, 11, 0), Catch::Matches("scoreboard: .*without an entry.* 11"));
    CHECK_THROWS_WITH(board.find(0, 99, 0), Catch::Matches("scoreboard: .*another key.* 99"));
    CHECK_THROWS_WITH(board.find(0, 10, 1), Catch::Matches("scoreboard: .*another key.* 10"));
    CHECK(board.find(0, 10, 0).key == 10);
}

TEST_CASE("a scoreboard of any size fills, empties and finds each key by its tag") {
    const unsigned seed = 5;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (const unsigned entries : {1u, 2u, 31u, 32u, 64u}) {
        scoreboard board(entries);
        std::map<std::uint16_t, std::uint32_t> live;  // tag -> key
        for (std::uint32_t key = 0; key < 2000; ++key) {
            REQUIRE(board.full() == (live.size() == entries));
            if (board.full() || (!live.empty() && random() % 3 == 0)) {
                const auto gone = std::next(live.begin(), static_cast<std::ptrdiff_t>(random() % live.size()));
                board.retire(gone->first);
                live.erase(gone);
            }
            std::uint16_t tag = static_cast<std::uint16_t>(random() % 500);
            while (live.count(tag) != 0)
                ++tag;
            board.admit(tag, key, static_cast<std::uint8_t>(key % 2));
            board.find(tag, key, static_cast<std::uint8_t>(key % 2)).partial = static_cast<std::int32_t>(key);
            live[tag] = key;
            REQUIRE(board.used() == live.size());
            for (const auto& [t, k] : live)
                REQUIRE(board.find(t, k, static_cast<std::uint8_t>(k % 2)).partial == static_cast<std::int32_t>(k));
        }
    }
}
