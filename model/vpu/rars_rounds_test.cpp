#include "model/vpu/rars_rounds.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>

using namespace pade;

namespace {

/// "k1:1,2 k0:0 R3" of a round: V rows in the order of reading with their rows, "!" for the last use; R: rescaled rows.
std::string text(const round_item& round) {
    std::string s;
    for (unsigned v = 0; v < round.v_rows; ++v) {
        s += (s.empty() ? "k" : " k") + std::to_string(round.v[v].key) + ":";
        bool first = true;
        for (unsigned r = 0; r < max_rows; ++r) {
            if (round.rows[r].what != row_work::kind::mac || round.rows[r].v != v)
                continue;
            s += (first ? "" : ",") + std::to_string(r);
            first = false;
        }
        s += round.v[v].last_use ? "!" : "";
    }
    for (unsigned r = 0; r < max_rows; ++r)
        if (round.rows[r].what == row_work::kind::rescale)
            s += (s.empty() ? "R" : " R") + std::to_string(r);
    return s;
}

std::vector<std::string> all_rounds(rars_rounds& tile) {
    std::vector<std::string> rounds;
    while (!tile.done()) {
        round_item round;
        REQUIRE(tile.plan(round, 1000));
        tile.take();
        rounds.push_back(text(round));
        REQUIRE(rounds.size() < 10000);
    }
    return rounds;
}

// Key 0 is wanted by rows 0 and 1, key 1 by rows 1, 2 and 3, key 2 by rows 0 and 2.
void fill(rars_rounds& tile) {
    tile.clear();
    for (unsigned row : {0U, 1U})
        tile.add_weight(row, 0, 0, 10 + row);
    for (unsigned row : {1U, 2U, 3U})
        tile.add_weight(row, 1, 0, 20 + row);
    for (unsigned row : {0U, 2U})
        tile.add_weight(row, 2, 0, 30 + row);
}

using rounds = std::vector<std::string>;

}  // namespace

TEST_CASE("RARS on, split on: the most wanted V row first, idle rows take their part of a shared one") {
    rars_rounds tile(true, true, 2);
    fill(tile);
    CHECK(all_rounds(tile) == rounds{"k1:1,2,3! k0:0", "k2:0,2! k0:1!"});
}

TEST_CASE("RARS on, split off: a V row goes to all its rows at once") {
    rars_rounds tile(true, false, 2);
    fill(tile);
    CHECK(all_rounds(tile) == rounds{"k1:1,2,3!", "k0:0,1!", "k2:0,2!"});
}

TEST_CASE("RARS off: each row its own keys in ascending order, equal ones share a read") {
    rars_rounds tile(false, true, 2);
    fill(tile);
    CHECK(all_rounds(tile) == rounds{"k0:0,1! k1:2,3", "k1:1! k2:0,2!"});
}

TEST_CASE("RARS off with one V row a round: the lowest key goes first") {
    rars_rounds tile(false, true, 1);
    fill(tile);
    CHECK(all_rounds(tile) == rounds{"k0:0,1!", "k1:1,2,3!", "k2:0,2!"});
}

TEST_CASE("RARS on with one V row a round") {
    rars_rounds tile(true, true, 1);
    fill(tile);
    CHECK(all_rounds(tile) == rounds{"k1:1,2,3!", "k0:0,1!", "k2:0,2!"});
}

TEST_CASE("a rescale takes its row one round, before the row's first key") {
    rars_rounds tile(true, true, 2);
    fill(tile);
    tile.add_rescale(1, 77);
    CHECK(all_rounds(tile) == rounds{"k1:2,3 k0:0 R1", "k2:0,2! k0:1!", "k1:1!"});
    fill(tile);
    tile.add_rescale(1, 77);
    round_item round;
    REQUIRE(tile.plan(round, 1000));
    CHECK(round.rows[1].value == 77);
    CHECK(round.rows[2].value == 22);
    CHECK(round.rows[0].value == 10);
}

TEST_CASE("a rescaled row holds back a shared key when it may not be split") {
    rars_rounds tile(true, false, 2);
    tile.add_weight(0, 4, 0, 1);
    tile.add_weight(1, 4, 0, 1);
    tile.add_rescale(0, 5);
    CHECK(all_rounds(tile) == rounds{"R0", "k4:0,1!"});
}

TEST_CASE("rows of different KV heads never share a V row") {
    rars_rounds tile(true, true, 2);
    tile.add_weight(0, 7, 1, 1);
    tile.add_weight(1, 7, 1, 1);
    tile.add_weight(2, 7, 0, 1);
    round_item round;
    REQUIRE(tile.plan(round, 1000));
    CHECK(tile.v_rows() == 2);
    CHECK(text(round) == "k7:0,1! k7:2!");
    CHECK(round.v[0].kv == 1);
    CHECK(round.v[1].kv == 0);
}

TEST_CASE("a round waits until its V rows are reserved, and is the same one then") {
    rars_rounds tile(true, true, 2);
    fill(tile);
    round_item round;
    CHECK_FALSE(tile.plan(round, 1));  // wants V rows 1 and 0
    CHECK(tile.plan(round, 2));
    CHECK(text(round) == "k1:1,2,3! k0:0");
    tile.take();
    CHECK_FALSE(tile.plan(round, 2));
    CHECK(tile.plan(round, 3));
}

TEST_CASE("every pair is served once, whatever the tile and the switches") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U);
    const bool on = GENERATE(false, true);
    const bool split = GENERATE(false, true);
    const unsigned limit = GENERATE(1U, 2U, 3U, 16U);
    INFO("seed " << seed << " rars " << on << " split " << split << " V rows a round " << limit);
    std::mt19937 random(seed);
    rars_rounds tile(on, split, limit);
    std::map<std::pair<unsigned, unsigned>, unsigned> wanted;  // (row, key) -> p
    std::map<unsigned, std::vector<unsigned>> keys_of_row;
    for (unsigned key = 0; key < 40; ++key)
        for (unsigned row = 0; row < 8; ++row)
            if (random() % 3 == 0) {
                tile.add_weight(row, key, row / 4, key * 8 + row);
                wanted[{row, key}] = key * 8 + row;
            }
    std::set<unsigned> rescaled{1, 5};
    for (unsigned row : rescaled)
        tile.add_rescale(row, 1000 + row);
    std::set<std::pair<unsigned, unsigned>> released;  // (kv, key)
    unsigned number = 0;
    for (; !tile.done(); ++number) {
        round_item round;
        REQUIRE(tile.plan(round, 1000));
        tile.take();
        CHECK(round.v_rows <= limit);
        std::set<unsigned> used;
        unsigned work = 0;
        for (unsigned r = 0; r < max_rows; ++r) {
            const row_work& w = round.rows[r];
            work += w.what != row_work::kind::none ? 1 : 0;
            if (w.what == row_work::kind::rescale) {
                CHECK(number == 0);
                CHECK(rescaled.erase(r) == 1);
                CHECK(w.value == 1000 + r);
            }
            if (w.what != row_work::kind::mac)
                continue;
            used.insert(w.v);
            const auto at = wanted.find({r, w.key});
            REQUIRE(at != wanted.end());
            CHECK(at->second == w.value);
            CHECK(round.v[w.v].key == w.key);
            CHECK(round.v[w.v].kv == r / 4);
            CHECK(released.count({r / 4, w.key}) == 0);
            wanted.erase(at);
            keys_of_row[r].push_back(w.key);
        }
        CHECK(work > 0);
        CHECK(used.size() == round.v_rows);
        for (unsigned v = 0; v < round.v_rows; ++v)
            if (round.v[v].last_use)
                CHECK(released.emplace(round.v[v].kv, round.v[v].key).second);
    }
    CHECK(wanted.empty());
    CHECK(rescaled.empty());
    CHECK(released.size() == tile.v_rows());
    if (!on)
        for (const auto& [row, keys] : keys_of_row)
            CHECK(std::is_sorted(keys.begin(), keys.end()));
}
