// The score queue with ISTA off, and its way to DRAM.
#include <algorithm>
#include <map>
#include <random>

#include "model/vpu/score_queue_bench.h"

using namespace pade;
using namespace pade_test;

TEST_CASE("ISTA off: tiles wait for the end of the block, the surplus goes to DRAM and back, the maximum is final") {
    params p = small();
    p.ista.enabled = false;
    p.ista.score_bytes = 1024;  // 128 pairs
    p.ista.spill_in_flight = 8;
    p.softmax.exps_per_cycle = 2;
    queue_bench b(p);
    b.fetches.credit = [](const fetch_item&) { return true; };
    b.maker.tiles = {0, 3, 1, 2};
    const auto block = b.maker.make();
    b.begin(1, block);
    const unsigned seed = 3;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::map<unsigned, unsigned> per_tile;
    std::vector<std::tuple<unsigned, unsigned, int>> all;
    std::map<unsigned, int> row_max;
    for (unsigned tile : block->tiles)
        for (unsigned key = tile * 64; key < tile * 64 + 64; ++key)
            for (unsigned row = 0; row < 8; ++row) {
                if (random() % 3 != 0)
                    continue;
                const int s = static_cast<int>(random() % 1000) - 500;
                b.score(5 + all.size() / 4, row, key, s);
                ++per_tile[tile];
                all.emplace_back(row, key, s);
                row_max[row] = row_max.count(row) != 0 ? std::max(row_max[row], s) : s;
            }
    for (unsigned i = 0; i < 4; ++i)
        b.close(300 + 300 * i, block, i, per_tile[block->tiles[i]]);
    b.run_until(1200);
    CHECK(b.out.items.empty());
    b.run_until(6000);
    std::sort(all.begin(), all.end());
    auto kept = b.kept.seen;
    std::sort(kept.begin(), kept.end());
    CHECK(kept == all);
    std::vector<unsigned> order;
    for (const auto& seen : b.out.items)
        if (seen.item.head) {
            order.push_back(seen.item.head->tile);
            for (const auto& [row, s] : row_max)
                CHECK(seen.item.head->row_max[row] == s);
        }
    order.erase(std::unique(order.begin(), order.end()), order.end());
    CHECK(order == std::vector<unsigned>{0, 3, 1, 2});
    b.unit.finish(6000);
    const auto& c = b.unit.counters();
    CHECK(c.spilled_pairs == all.size() - 128);
    CHECK(c.spill_bytes_written >= 8 * c.spilled_pairs);
    CHECK(c.spill_bytes_written <= 8 * c.spilled_pairs + 4 * 24);
    CHECK(c.spill_bytes_read == c.spill_bytes_written);
    CHECK(b.memory->most_in_flight == 8);
    CHECK(c.spilled_pairs_back == c.spilled_pairs);
    CHECK(c.spill_bytes_padding == c.spill_bytes_read - 8 * c.spilled_pairs);
    CHECK(c.spill_requests * 32 == c.spill_bytes_read + c.spill_bytes_written);
    CHECK(c.pairs_out == all.size());
    b.checker->finish();
    CHECK(b.checker->clean());
    CHECK(b.unit.waits_for().empty());
}

namespace {

/// 1 KiB of score memory, which 128 pairs of a first tile fill; `more` pairs of row 0 in the second tile are to be
/// spilled, one a cycle from edge 100 on.
struct full_memory {
    queue_bench b;
    block_ptr block;
    static params with(unsigned high, unsigned in_flight) {
        params p = small();
        p.ista.enabled = false;
        p.ista.score_bytes = 1024;
        p.ista.spill_in_flight = in_flight;
        p.vpu.score_queue_high = high;
        return p;
    }
    full_memory(unsigned high, unsigned in_flight, unsigned more) : b(with(high, in_flight)) {
        b.fetches.credit = [](const fetch_item&) { return true; };
        b.maker.tiles = {0, 1};
        block = b.maker.make();
        b.begin(1, block);
        for (unsigned i = 0; i < 128; ++i)
            b.score(5 + i / 4, i / 64, i % 64, static_cast<int>(i));
        for (unsigned i = 0; i < more; ++i)
            b.score(100 + i, 0, 64 + i, 1000);
    }
};

}  // namespace

TEST_CASE("ISTA off: at most ista.spill_in_flight requests are unanswered") {
    full_memory m(1024, 3, 64);
    m.b.close(200, m.block, 0, 128);
    m.b.close(201, m.block, 1, 64);
    m.b.run_until(2000);
    CHECK(m.b.memory->most_in_flight == 3);
    m.b.unit.finish(2000);
    CHECK(m.b.unit.counters().spilled_pairs == 64);
    CHECK(m.b.unit.counters().pairs_out == 192);
}

TEST_CASE("ISTA off: what is spilled leaves by itself, so above the mark no key is to be admitted at all") {
    full_memory m(4, 1, 16);
    m.b.run_until(90);
    CHECK(m.b.level.items.empty());  // a full score memory is no reason: the surplus has a way out
    m.b.run_until(1000);
    // The write of the first atom is still unanswered when the second and the third wait: 8 pairs, above 4.
    REQUIRE(m.b.level.items.size() == 2);
    CHECK(m.b.level.items[0].item.above);
    CHECK(m.b.level.items[0].item.closed_waits);
    CHECK(m.b.level.items[0].cycle == 113);  // the twelfth pair: sent 111, here 112, said for 113
    CHECK_FALSE(m.b.level.items[1].item.above);
}

TEST_CASE("ISTA off: the queue says what a block waits for") {
    full_memory m(1024, 64, 6);
    m.b.memory->ready = [](std::uint64_t) { return false; };
    m.b.close(200, m.block, 0, 128);
    m.b.close(201, m.block, 1, 6);
    m.b.run_until(150);
    CHECK_THAT(m.b.unit.waits_for(), Catch::Contains("0 of 2 tiles are closed, 0 have gone on; of 134 pairs 128 are "
                                                     "here, 2 wait to be spilled, 4 are in DRAM or on their way"));
    m.b.run_until(600);
    CHECK(m.b.unit.counters().pairs_out == 128);  // the first tile had nothing in DRAM
    CHECK_THAT(m.b.unit.waits_for(),
               Catch::Contains("2 of 2 tiles are closed, 1 have gone on; of 6 pairs 0 are here") &&
                   Catch::Contains("0 wait to be spilled, 6"));
    CHECK(m.b.memory->requests.size() == 2);  // two atoms written; none is read while a write is unanswered
    m.b.memory->ready = [](std::uint64_t) { return true; };
    m.b.run_until(2000);
    CHECK(m.b.unit.waits_for().empty());
    m.b.unit.finish(2000);
    CHECK(m.b.unit.counters().pairs_out == 134);
    CHECK(m.b.unit.counters().spill_bytes_padding == 16);
}

TEST_CASE("ISTA off: each block uses the spill region from its start") {
    full_memory m(1024, 64, 32);
    m.b.close(200, m.block, 0, 128);
    m.b.close(201, m.block, 1, 32);
    m.b.maker.id = 1;
    m.b.maker.blocks_in_flight = 1;
    const auto next = m.b.maker.make();
    m.b.begin(1000, next);
    for (unsigned i = 0; i < 132; ++i)
        m.b.score(1005 + i / 4, i / 64, i % 64, 7);
    m.b.close(1200, next, 0, 132);
    m.b.close(1201, next, 1, 0);
    m.b.run_until(3000);
    m.b.unit.finish(3000);
    CHECK(m.b.unit.counters().pairs_out == 292);
    CHECK(m.b.unit.counters().spilled_pairs == 36);
    CHECK(m.b.memory->times_written.at(0x40000000) == 2);
    for (const auto& [at, address] : m.b.memory->requests)
        CHECK((address >= 0x40000000 && address < 0x40000000 + 8 * 32));
}
