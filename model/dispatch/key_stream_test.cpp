#include <algorithm>
#include <catch2/catch.hpp>

#include "model/dispatch/key_stream.h"

using namespace pade;

namespace {

/// Rows of (KV head, visible keys); tiles of 16 keys in this order.
block_ptr make_block(std::uint64_t id, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& rows,
                     const std::vector<std::uint32_t>& kv_heads, const std::vector<std::uint32_t>& tiles) {
    auto block = std::make_shared<block_info>();
    block->id = id;
    block->tile_keys = 16;
    block->tiles = tiles;
    block->kv_heads = kv_heads;
    for (const auto& [kv, visible] : rows) {
        block_row row;
        row.valid = visible != 0;
        row.kv = kv;
        row.visible_keys = visible;
        block->rows.push_back(row);
    }
    return block;
}

/// All that the stream yields from the loaded blocks, as "block:key/kv/rows/tile".
std::vector<std::string> rest(key_stream& stream, const loaded_blocks& blocks) {
    std::vector<std::string> texts;
    while (const key_stream::entry* e = stream.peek(blocks)) {
        texts.push_back(std::to_string(e->block->info->id) + ":" + std::to_string(e->key) + "/" +
                        std::to_string(e->kv) + "/" + std::to_string(e->rows) + "/" + std::to_string(e->tile));
        CHECK(stream.peek(blocks) == e);  // looking does not advance
        stream.advance();
    }
    return texts;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("keys of a column: tile by tile in the block's order, ascending in a tile, masked ones left out") {
    loaded_blocks blocks;
    blocks.push({make_block(0, {{0, 35}, {0, 39}}, {0}, {0, 2, 1}), 10});
    key_stream stream(2, 8);
    CHECK(rest(stream, blocks) == texts{"0:2/0/3/10", "0:10/0/3/10", "0:34/0/3/11", "0:18/0/3/12", "0:26/0/3/12"});
    CHECK(stream.block() == 1);
    key_stream other(7, 8);
    CHECK(rest(other, blocks) == texts{"0:7/0/3/10", "0:15/0/3/10", "0:23/0/3/12", "0:31/0/3/12"});
    key_stream third(6, 8);
    CHECK(rest(third, blocks) == texts{"0:6/0/3/10", "0:14/0/3/10", "0:38/0/2/11", "0:22/0/3/12", "0:30/0/3/12"});
}

TEST_CASE("rows of different KV heads: their keys of one number follow each other") {
    loaded_blocks blocks;
    blocks.push({make_block(0, {{1, 10}, {4, 6}, {1, 2}, {0, 0}}, {1, 4}, {0}), 0});
    key_stream stream(1, 4);
    CHECK(rest(stream, blocks) == texts{"0:1/1/5/0", "0:1/4/2/0", "0:5/1/1/0", "0:5/4/2/0", "0:9/1/1/0"});
}

TEST_CASE("a lane count that does not divide the tile") {
    loaded_blocks blocks;
    blocks.push({make_block(0, {{0, 48}}, {0}, {0, 1, 2}), 0});
    std::vector<std::uint32_t> keys;
    for (unsigned column = 0; column < 5; ++column) {
        key_stream stream(column, 5);
        for (; const key_stream::entry* e = stream.peek(blocks); stream.advance()) {
            CHECK(e->key % 5 == column);
            keys.push_back(e->key);
        }
    }
    std::sort(keys.begin(), keys.end());
    REQUIRE(keys.size() == 48);
    for (std::uint32_t key = 0; key < 48; ++key)
        CHECK(keys[key] == key);
}

TEST_CASE("block after block, as they are loaded, blocks without a key in the column are passed over") {
    loaded_blocks blocks;
    key_stream stream(3, 4);
    CHECK(stream.peek(blocks) == nullptr);
    blocks.push({make_block(0, {{0, 4}}, {0}, {0}), 0});
    blocks.push({make_block(1, {{0, 3}}, {0}, {0}), 1});
    CHECK(rest(stream, blocks) == texts{"0:3/0/1/0"});
    CHECK(stream.block() == 2);
    blocks.pop_front();
    blocks.push({make_block(2, {{0, 8}}, {0}, {0}), 2});
    CHECK(rest(stream, blocks) == texts{"2:3/0/1/2", "2:7/0/1/2"});
    CHECK(blocks.first() == 1);
    CHECK(blocks.end() == 3);
    CHECK_FALSE(blocks.has(0));
    CHECK(blocks.has(2));
    CHECK_FALSE(blocks.has(3));
    CHECK_FALSE(blocks.empty());
}
