#include "model/vpu/tile_parts.h"

#include "model/vpu/vpu_test_peers.h"

using namespace pade;

TEST_CASE("a tile goes on sorted by key, KV head and row, with each V row once") {
    pade_test::block_maker maker;
    maker.rows = 4;
    maker.kv_of_row = [](unsigned r) { return 1 - r / 2; };  // rows 0, 1: KV head 1; rows 2, 3: KV head 0
    const auto block = maker.make();
    std::vector<score_entry> pairs{{5, 1, 0}, {3, 2, 1}, {5, 3, 3}, {5, 4, 1}, {3, 5, 0}};
    std::vector<v_row_id> v_rows;
    std::vector<tile_part> parts;
    split_tile(pairs, *block, 64, v_rows, parts);
    std::vector<int> order;
    for (const auto& p : pairs)
        order.push_back(p.score);
    CHECK(order == std::vector<int>{5, 2, 3, 1, 4});
    REQUIRE(v_rows.size() == 3);
    CHECK((v_rows[0].key == 3 && v_rows[0].kv == 1));
    CHECK((v_rows[1].key == 5 && v_rows[1].kv == 0));
    CHECK((v_rows[2].key == 5 && v_rows[2].kv == 1));
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].pairs == 5);
    CHECK(parts[0].v_rows == 3);
}

TEST_CASE("a tile with more V rows than may be prefetched goes on in parts of half of that") {
    const auto block = pade_test::block_maker{}.make();
    std::vector<score_entry> pairs;
    for (unsigned key = 0; key < 9; ++key)
        for (std::uint8_t row = 0; row < 2; ++row)
            pairs.push_back({key, 0, row});
    std::vector<v_row_id> v_rows;
    std::vector<tile_part> parts;
    split_tile(pairs, *block, 9, v_rows, parts);
    CHECK(parts.size() == 1);
    split_tile(pairs, *block, 8, v_rows, parts);
    REQUIRE(parts.size() == 3);
    CHECK((parts[0].first_pair == 0 && parts[0].pairs == 8 && parts[0].first_v_row == 0 && parts[0].v_rows == 4));
    CHECK((parts[1].first_pair == 8 && parts[1].pairs == 8 && parts[1].first_v_row == 4 && parts[1].v_rows == 4));
    CHECK((parts[2].first_pair == 16 && parts[2].pairs == 2 && parts[2].first_v_row == 8 && parts[2].v_rows == 1));
}

TEST_CASE("an empty tile is one part without pairs") {
    const auto block = pade_test::block_maker{}.make();
    std::vector<score_entry> pairs;
    std::vector<v_row_id> v_rows;
    std::vector<tile_part> parts;
    split_tile(pairs, *block, 8, v_rows, parts);
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].pairs == 0);
    CHECK(v_rows.empty());
}
