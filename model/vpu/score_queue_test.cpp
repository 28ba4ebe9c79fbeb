#include "model/vpu/score_queue_bench.h"

using namespace pade;
using namespace pade_test;

namespace {

// The tile closes at edge 20, is seen at 21, and the re-check happens there.
void recheck_sees_threshold(cycle_t visible, bool prunes) {
    queue_bench b(small());
    const auto block = b.maker.make();
    b.begin(1, block);
    b.score(5, 0, 3, 100);
    b.score(5, 0, 4, 99);
    b.threshold(visible - 1, 0, 100);
    b.close(20, block, 0, 2);
    b.run_until(60);
    CHECK(b.kept.seen.size() == (prunes ? 1 : 2));
    CHECK(b.pruned.seen.size() == (prunes ? 1 : 0));
    CHECK(b.kept.seen[0] == std::make_tuple(0U, 3U, 100));
}

void link_latency_is(unsigned latency) {
    params p = small();
    p.link.latency = latency;
    queue_bench b(p);
    const auto block = b.maker.make();
    b.begin(1, block);
    b.score(5, 0, 3, 100);
    b.close(20, block, 0, 1);
    b.run_until(21 + latency);
    CHECK(b.out.items.empty());
    CHECK(b.fetches.items.empty());
    b.run_until(22 + latency);
    REQUIRE(b.out.items.size() == 2);
    CHECK(b.out.items[1].cycle == 21 + latency);
    REQUIRE(b.fetches.items.size() == 1);
    CHECK(b.fetches.items[0].cycle == 21 + latency);
    REQUIRE(b.reserved.items.size() == 1);
    CHECK(b.reserved.items[0].cycle == 21 + latency);
}

}  // namespace

TEST_CASE("the re-check uses a threshold that is seen at its own edge") {
    recheck_sees_threshold(21, true);
}
TEST_CASE("the re-check does not use a threshold that is seen one edge later") {
    recheck_sees_threshold(22, false);
}
TEST_CASE("heads, pairs, fetches and notes leave with link.latency: 1") {
    link_latency_is(1);
}
TEST_CASE("heads, pairs, fetches and notes leave with link.latency: 5") {
    link_latency_is(5);
}

TEST_CASE("tiles go on in the order of the block, sorted, and an empty one only at the block's end") {
    queue_bench b(small());
    b.maker.tiles = {0, 3, 1, 2};
    const auto block = b.maker.make();
    b.begin(1, block);
    b.score(5, 1, 200, 10);
    b.score(6, 0, 200, 20);
    b.score(6, 1, 193, 30);
    b.score(7, 2, 1, 40);
    b.close(10, block, 0, 1);
    b.close(12, block, 1, 3);
    b.close(12, block, 2, 0);
    b.close(13, block, 3, 0);
    b.run_until(60);
    CHECK(b.text() == "0:2.1 3:1.193,0.200,1.200 2!:");
    const tile_head& head = *b.out.items[2].item.head;
    CHECK(head.v_rows == 2);
    CHECK(head.pairs == 3);
    CHECK(head.row_mask == 3);
    CHECK(head.row_max[0] == 20);
    CHECK(head.row_max[1] == 30);
    REQUIRE(b.fetches.items.size() == 3);
    const fetch_item& fetch = b.fetches.items[1].item;
    CHECK(fetch.address == block->rows[1].v_address + 193 * 64);
    CHECK(fetch.bank == fetch.address / 32);
    CHECK(fetch.atoms == 2);
    CHECK(fetch.useful[1] == 0xffffffff);
    b.unit.finish(60);
    const auto& c = b.unit.counters();
    CHECK(c.pairs_in == 4);
    CHECK(c.pairs_out == 4);
    CHECK(c.peak_pairs == 4);
    CHECK(c.tiles == 4);
    CHECK(c.tile_parts == 3);
    CHECK(c.pair_items_out == b.out.items.size());
    CHECK(c.fetch_items_out == 3);
    CHECK(c.tile_items_in == 5);
    CHECK(c.retained == std::vector<std::uint64_t>{1, 2, 1});
    CHECK(c.cycles.total() == 60);
    CHECK(c.cycles.idle > 40);
    CHECK(b.unit.waits_for().empty());
}

TEST_CASE("the largest of a tile's scores, though all are below 0") {
    queue_bench b(small());
    const auto block = b.maker.make();
    b.begin(1, block);
    b.score(5, 0, 3, -70);
    b.score(6, 0, 4, -20);
    b.score(7, 0, 5, -50);
    b.score(7, 2, 4, -1000000);
    b.close(10, block, 0, 4);
    b.run_until(60);
    REQUIRE(!b.out.items.empty());
    const tile_head& head = *b.out.items[0].item.head;
    CHECK(head.row_mask == 5);
    CHECK(head.row_max[0] == -20);
    CHECK(head.row_max[2] == -1000000);
}

TEST_CASE("softmax.exps_per_cycle pairs leave a cycle, and a head that follows them costs nothing") {
    params p = small();
    p.softmax.exps_per_cycle = 2;
    queue_bench b(p);
    b.maker.tiles = {0, 1};
    const auto block = b.maker.make();
    b.begin(1, block);
    for (unsigned row = 0; row < 4; ++row)  // one V row for all
        b.score(5, row, 3, 10);
    b.score(5, 0, p.tile.keys, 10);
    b.close(10, block, 0, 4);
    b.close(10, block, 1, 1);
    b.run_until(60);
    REQUIRE(b.out.items.size() == 1 + 4 + 1 + 1);
    const cycle_t first = b.out.items[0].cycle;
    for (std::size_t i : {1, 2})
        CHECK(b.out.items[i].cycle == first);
    for (std::size_t i : {3, 4, 5})
        CHECK(b.out.items[i].cycle == first + 1);
    REQUIRE(b.out.items[5].item.head);
    CHECK(b.out.items[6].cycle == first + 2);
}

TEST_CASE("a closed tile waits for pairs that are still on their way") {
    queue_bench b(small());
    const auto block = b.maker.make();
    b.begin(1, block);
    b.score(5, 0, 3, 1);
    b.close(10, block, 0, 2);
    b.score(30, 1, 3, 2);
    b.run_until(30);
    CHECK(b.out.items.empty());
    CHECK(b.unit.waits_for().find("1 of 2 pairs") != std::string::npos);
    b.run_until(60);
    CHECK(b.text() == "0!:0.3,1.3");
    CHECK(b.out.items[0].cycle == 32);
}

TEST_CASE("the useful bytes of a V row end with head_dim") {
    queue_bench b(small());
    b.maker.head_dim = 72;
    const auto block = b.maker.make();
    b.begin(1, block);
    b.score(5, 0, 3, 1);
    b.close(6, block, 0, 1);
    b.run_until(30);
    REQUIRE(b.fetches.items.size() == 1);
    CHECK(b.fetches.items[0].item.atoms == 3);
    CHECK(b.fetches.items[0].item.useful[1] == 0xffffffff);
    CHECK(b.fetches.items[0].item.useful[2] == 0xff);
}

TEST_CASE("at most vpu.prefetch_rows V rows are reserved, and the re-check waits with the prefetch") {
    params p = small();
    p.vpu.prefetch_rows = 4;
    queue_bench b(p);
    b.maker.tiles = {0, 1};
    const auto block = b.maker.make();
    b.begin(1, block);
    for (unsigned key = 0; key < 4; ++key)
        b.score(5, 0, key, 10);
    b.score(5, 0, 64, 10);
    b.score(5, 0, 65, 9);
    b.close(6, block, 0, 4);
    b.close(7, block, 1, 2);
    b.threshold(50, 0, 10);  // while tile 1 waits
    b.run_until(60);
    CHECK(b.fetches.items.size() == 4);
    CHECK(b.text() == "0:0.0,0.1,0.2,0.3");
    b.fetches.give_credit();
    b.run_until(100);
    CHECK(b.fetches.items.size() == 5);
    CHECK(b.fetches.items[4].cycle == 62);  // credit given at 60, used at 61
    CHECK(b.text() == "0:0.0,0.1,0.2,0.3 1!:0.64");
    CHECK(b.unit.counters().recheck_pruned == std::vector<std::uint64_t>{1});
    b.unit.finish(100);
    CHECK(b.unit.counters().cycles.wait_v > 40);
}

TEST_CASE("a tile with more V rows than may be reserved goes on in parts with the maximum of the whole") {
    params p = small();
    p.vpu.prefetch_rows = 4;
    queue_bench b(p);
    const auto block = b.maker.make();
    b.begin(1, block);
    for (unsigned key = 0; key < 5; ++key)
        b.score(5, 0, key, static_cast<int>(key));
    b.close(6, block, 0, 5);
    b.run_until(30);
    CHECK(b.fetches.items.size() == 4);
    CHECK(b.text() == "0:0.0,0.1 0:0.2,0.3 0!:0.4");
    CHECK(b.out.items[0].item.head->row_max[0] == 4);
    b.fetches.give_credit();
    b.run_until(60);
    CHECK(b.fetches.items.size() == 5);
    CHECK(b.unit.waits_for().empty());
}

TEST_CASE("the level is said when it changes, above the mark and back at it") {
    params p = small();
    p.vpu.score_queue_high = 2;
    queue_bench b(p);
    const auto block = b.maker.make();
    b.begin(1, block);
    for (unsigned i = 0; i < 3; ++i)
        b.score(5 + i, 0, i, 1);
    b.close(20, block, 0, 3);
    b.run_until(60);
    REQUIRE(b.level.items.size() == 2);
    CHECK(b.level.items[0].item.above);
    CHECK(b.level.items[0].cycle == 9);  // the third pair: sent 7, here 8, said for 9
    CHECK_FALSE(b.level.items[0].item.closed_waits);
    CHECK_FALSE(b.level.items[1].item.above);
    CHECK(b.level.items[1].cycle == 22);
}

TEST_CASE("above the mark the queue says that a closed tile waits in it") {
    params p = small();
    p.vpu.score_queue_high = 2;
    queue_bench b(p);
    b.out.credit = [](const pair_item&) { return false; };
    b.maker.tiles = {0, 1};
    const auto block = b.maker.make();
    b.begin(1, block);
    for (unsigned i = 0; i < 64; ++i)
        b.score(5 + i, 0, i, 1);
    b.close(100, block, 0, 64);
    b.run_until(140);
    REQUIRE(b.level.items.size() == 2);
    CHECK(b.level.items[1].item.above);
    CHECK(b.level.items[1].item.closed_waits);
    CHECK(b.level.items[1].cycle == 102);
    b.unit.finish(140);
    CHECK(b.unit.counters().cycles.stall_downstream == 7);  // 64 V rows keep it busy from edge 101 to 132
}

TEST_CASE("two blocks are kept apart by their slot, and T restarts with a block") {
    queue_bench b(small());
    std::vector<block_ptr> blocks;
    for (std::uint64_t id = 0; id < 3; ++id) {
        b.maker.id = id;
        blocks.push_back(b.maker.make());
    }
    b.begin(1, blocks[0]);
    b.begin(2, blocks[1]);
    b.threshold(4, 0, 50);  // slot 0
    b.score(5, 0, 3, 10, 1);
    b.score(6, 0, 3, 60, 0);
    b.close(10, blocks[0], 0, 1);
    b.close(11, blocks[1], 0, 1);
    b.begin(30, blocks[2]);
    b.threshold(33, 0, 50);  // of block 0, late: nothing to block 2
    b.score(35, 0, 3, 10, 0);
    b.close(40, blocks[2], 0, 1);
    b.run_until(60);
    REQUIRE(b.out.items.size() == 6);
    CHECK(b.out.items[1].item.score == 60);
    CHECK(b.out.items[3].item.score == 10);
    CHECK(b.out.items[5].item.score == 10);
    CHECK(b.pruned.seen.empty());
}

TEST_CASE("the re-check can be switched off") {
    params p = small();
    p.guard.recheck = false;
    queue_bench b(p);
    const auto block = b.maker.make();
    b.begin(1, block);
    b.threshold(2, 0, 1000);
    b.score(5, 0, 3, 10);
    b.close(10, block, 0, 1);
    b.run_until(60);
    CHECK(b.kept.seen.size() == 1);
}

TEST_CASE("more pairs than the dispatcher may let come are an internal error") {
    params p = small();
    p.vpu.score_queue_high = 1;
    p.lane.scoreboard_entries = 1;
    p.tile.keys = 16;
    queue_bench b(p);
    b.maker.tile_keys = 16;
    b.maker.tiles = {0, 1, 2, 3, 4, 5, 6, 7};
    const auto block = b.maker.make();
    b.begin(1, block);
    for (unsigned key = 0; key < 128; ++key)
        for (unsigned row = 0; row < 8; ++row)
            b.score(5, row, key, 1);
    CHECK(b.unit.capacity() < 128 * 8);
    // SystemC wraps what a process throws.
    CHECK_THROWS_WITH(b.run_until(200), Catch::Matchers::Contains("that the dispatcher may let come"));
    sc_core::sc_report_handler::initialize();  // the one error was expected: forget its count
}
