#include <catch2/catch.hpp>

#include "model/dispatch/tile_tracker.h"
#include "model/errors.h"

using namespace pade;

namespace {

/// Rows that see so many keys each, tiles of 4 keys in this order.
block_ptr make_block(const std::vector<std::uint32_t>& visible, const std::vector<std::uint32_t>& tiles) {
    auto block = std::make_shared<block_info>();
    block->tile_keys = 4;
    block->tiles = tiles;
    for (const std::uint32_t keys : visible) {
        block_row row;
        row.valid = keys != 0;
        row.visible_keys = keys;
        block->rows.push_back(row);
    }
    return block;
}

void end_pairs(tile_tracker& tracker, std::uint64_t tile, unsigned pairs, bool retained = false) {
    for (unsigned i = 0; i < pairs; ++i)
        tracker.end_pair(tile, retained);
}

}  // namespace

TEST_CASE("a tile has the pairs that its rows see, and closes when each has ended") {
    tile_tracker tracker(8);
    CHECK(tracker.empty());
    CHECK(tracker.add(make_block({6, 7, 0, 3}, {0, 1})) == 0);
    CHECK(tracker.front().pairs_left == 4 + 4 + 3);
    CHECK(tracker.front().number == 0);
    CHECK_FALSE(tracker.front().last_of_block);
    CHECK(tracker.open(0));
    CHECK(tracker.is_open(0));
    CHECK_FALSE(tracker.is_open(1));
    end_pairs(tracker, 0, 6);
    end_pairs(tracker, 0, 4, true);
    CHECK_FALSE(tracker.front_closed());
    CHECK(tracker.open_tiles() == 1);
    tracker.end_pair(0, true);
    CHECK(tracker.front_closed());
    CHECK(tracker.front().retained == 5);
    CHECK(tracker.open_tiles() == 0);
    CHECK_THROWS_AS(tracker.end_pair(0, false), internal_error);
    tracker.pop_front();
    CHECK(tracker.front().number == 1);
    CHECK(tracker.front().pairs_left == 2 + 3);
    CHECK(tracker.front().last_of_block);
    CHECK_FALSE(tracker.front_closed());
}

TEST_CASE("opening a tile opens those before it, as far as the limit allows") {
    tile_tracker tracker(3);
    tracker.add(make_block({20}, {0, 4, 1, 3, 2}));
    CHECK_FALSE(tracker.open(3));
    CHECK(tracker.open_tiles() == 0);
    CHECK(tracker.open(2));
    CHECK(tracker.open_tiles() == 3);
    CHECK(tracker.open(0));
    CHECK(tracker.open_tiles() == 3);
    CHECK_FALSE(tracker.open(3));
    // Tile 1 ends before tile 0: room at once, but it goes on after tile 0 only.
    end_pairs(tracker, 1, 4);
    CHECK_FALSE(tracker.front_closed());
    CHECK(tracker.open(3));
    CHECK_FALSE(tracker.open(4));
    CHECK(tracker.is_oldest_open(0));
    CHECK_FALSE(tracker.is_oldest_open(2));
    end_pairs(tracker, 0, 4);
    CHECK(tracker.is_oldest_open(2));
    CHECK(tracker.front_closed());
    CHECK(tracker.front().number == 0);
    tracker.pop_front();
    CHECK(tracker.front_closed());
    CHECK(tracker.front().number == 4);
    tracker.pop_front();
    CHECK_FALSE(tracker.front_closed());
    CHECK(tracker.is_oldest_open(2));
    CHECK(tracker.open(4));
}

TEST_CASE("sequence numbers go on from block to block") {
    tile_tracker tracker(8);
    CHECK(tracker.add(make_block({8}, {0, 1})) == 0);
    CHECK(tracker.add(make_block({4}, {0})) == 2);
    CHECK(tracker.open(1));
    end_pairs(tracker, 0, 4);
    end_pairs(tracker, 1, 4);
    tracker.pop_front();
    tracker.pop_front();
    CHECK_FALSE(tracker.front_closed());  // it has never been opened
    CHECK(tracker.add(make_block({4}, {0})) == 3);
    CHECK(tracker.open(3));
    end_pairs(tracker, 2, 4);
    end_pairs(tracker, 3, 4);
    tracker.pop_front();
    tracker.pop_front();
    CHECK(tracker.empty());
    CHECK_FALSE(tracker.front_closed());
}
