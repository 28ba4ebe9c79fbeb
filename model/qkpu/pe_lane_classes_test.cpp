// The books of a lane's cycles: each in one class, also while the lane sleeps.
#include <catch2/catch.hpp>

#include "model/numeric/test_operands.h"
#include "model/qkpu/pe_lane_feeder.h"

using namespace pade;
using namespace pade::lane_test;

namespace {

std::array<std::uint64_t, 5> classes(const lane_counters& c) {
    return {c.busy, c.stall_downstream, c.stall_scoreboard, c.stall_data, c.idle};
}
using books = std::array<std::uint64_t, 5>;

}  // namespace

TEST_CASE("each class is reached, and the five sum to the cycles") {
    clock_domain core("core", period);
    pe_lane_params p;
    p.lane.key_bits = 4;
    p.lane.pipeline_stages = 2;
    p.lane.scoreboard_entries = 2;
    p.score_credits = 1;
    p.guard_enabled = false;
    scripted b(core, "b", p);
    lane_peers& peers = *b.peers;
    peers.row_at(2, query_of(make_query(std::vector<std::int8_t>(64, 1), 4)));
    books seen{};
    // Closes the books at `end` and checks what has come since the last time.
    const auto since = [&](cycle_t end, const books& expected) {
        INFO("up to cycle " << end);
        run_to(end - 1);
        b.lane->finish(end);
        const books now = classes(b.lane->counters());
        for (std::size_t i = 0; i < 5; ++i)
            CHECK(now[i] - seen[i] == expected[i]);
        CHECK(all_classes(b.lane->counters()) == end);
        seen = now;
    };
    peers.plane_at(10, admission_of(1, true));
    peers.plane_at(15, admission_of(2, true));
    for (unsigned plane = 0; plane < 4; ++plane) {
        peers.plane_at(1020 + 10 * plane, plane_of(1, plane));
        peers.plane_at(1021 + 10 * plane, plane_of(2, plane));
    }
    peers.score_credit_at(1100);
    peers.plane_at(1200, admission_of(3, false));
    peers.plane_at(1205, admission_of(4, false));
    since(10, {0, 0, 0, 0, 10});
    since(15, {0, 0, 0, 5, 0});
    since(1020, {0, 0, 1005, 0, 0});
    // 1020 .. 1049: four pairs of planes, eight cycles of waiting after each of the first three.
    since(1050, {6, 0, 24, 0, 0});
    // Key 1 ends at 1051; an entry is free then, so key 2 waits for nothing but the score queue from 1052 to 1100.
    since(1052, {2, 0, 0, 0, 0});
    since(1101, {0, 49, 0, 0, 0});
    // At 1101 key 2 leaves, and nothing is left.
    since(1200, {0, 0, 0, 0, 99});
    // A full scoreboard without a further key in the column waits for data.
    since(1300, {0, 0, 0, 100, 0});
    CHECK(core.edges() < 170);
}

TEST_CASE("a pass that holds the datapath counts as busy, also while the score queue takes nothing") {
    clock_domain core("core", period);
    pe_lane_params p;
    p.lane.key_bits = 4;
    p.score_credits = 1;
    p.guard_enabled = false;
    scripted b(core, "b", p);
    lane_peers& peers = *b.peers;
    peers.row_at(2, query_of(make_query(std::vector<std::int8_t>(256, 1), 4)));
    for (std::uint32_t key = 0; key < 3; ++key) {
        peers.plane_at(2, admission_of(key));
        for (unsigned plane = 0; plane < 3; ++plane)
            peers.plane_at(20 + 20 * plane, plane_of(key, plane));
        peers.plane_at(100, plane_of(key, 3));
    }
    // Key 0 is taken at 100 and leaves at 106. Key 1, taken at 104, is refused from 110 on; key 2 holds the datapath
    // from 108 to 111.
    run_to(199);
    CHECK(peers.taken.back() == 108);
    b.lane->finish(200);
    CHECK(classes(b.lane->counters()) == books{9 * 4 + 12, 200 - 112, 0, 200 - 2 - 48 - 88, 2});
}

TEST_CASE("cycles before the start are in no class") {
    clock_domain core("core", period);
    scripted b(core, "b", pe_lane_params{});
    b.peers->at(100, [&](cycle_t now) { b.lane->start(now); });
    b.peers->plane_at(130, admission_of(1));
    run_to(400);
    b.lane->finish(301);
    CHECK(classes(b.lane->counters()) == books{0, 0, 0, 171, 30});
}

TEST_CASE("a lane that never sleeps and one that does keep the same books and do the same, whoever is built first") {
    const unsigned seed = 99;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::vector<block_feed> blocks;
    for (unsigned i = 0; i < 30; ++i) {
        block_feed block;
        const unsigned dims = std::array<unsigned, 3>{32, 64, 160}[i % 3];
        block.q = numeric::make_operand(numeric::all_operand_kinds[i % 6], dims, random);
        for (unsigned k = 0; k < 20; ++k)
            block.keys.push_back(numeric::make_operand(numeric::operand_kind::mixed, dims, random));
        block.offset = 60000;
        blocks.push_back(std::move(block));
    }
    pe_lane_params p;
    p.lane.bidirectional = false;
    p.lane.scoreboard_entries = 6;
    p.score_credits = 1;
    feed_params feed;
    feed.lane = p.lane;
    feed.haste = 0.15;
    feed.bui_latency = 40;
    feed.seed = seed;
    clock_domain core("core", period);
    feeder_bench asleep(core, "asleep", p, false, sleep::when_idle, feed, blocks);
    feeder_bench awake(core, "awake", p, false, sleep::never, feed, blocks);
    feeder_bench reversed(core, "reversed", p, true, sleep::when_idle, feed, blocks);
    const cycle_t end = 200000;
    run_to(end - 1);
    for (const feeder_bench* b : {&asleep, &awake, &reversed}) {
        REQUIRE(b->peers->done());
        CHECK(b->clean());
        b->lane->finish(end);
        CHECK(all_classes(b->lane->counters()) == end);
    }
    const books expected = classes(asleep.lane->counters());
    for (const std::uint64_t cycles : expected)
        CHECK(cycles > 50);
    for (const feeder_bench* b : {&awake, &reversed}) {
        CHECK(classes(b->lane->counters()) == expected);
        CHECK(b->peers->taken == asleep.peers->taken);
        const auto& verdicts = b->peers->verdict_log.items;
        REQUIRE(verdicts.size() == asleep.peers->verdict_log.items.size());
        bool same = true;
        for (std::size_t i = 0; i < verdicts.size(); ++i)
            same &= verdicts[i].sent == asleep.peers->verdict_log.items[i].sent &&
                    verdicts[i].item.decision == asleep.peers->verdict_log.items[i].item.decision;
        CHECK(same);
        CHECK(b->peers->bound_log.items.size() == asleep.peers->bound_log.items.size());
    }
}

TEST_CASE("the edge at which the time ends is in no class, though a late T wakes the lane there") {
    clock_domain core("core", period);
    pe_lane_params p;
    scripted b(core, "b", p);
    b.peers->row_at(2, query_of(make_query(std::vector<std::int8_t>(64, 1), 8)));
    b.peers->row_at(50, threshold_of(5));
    run_to(50);
    b.lane->finish(50);
    CHECK(b.lane->counters().idle == 50);
    CHECK(all_classes(b.lane->counters()) == 50);
}
