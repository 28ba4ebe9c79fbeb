// When a lane takes planes and when its decisions come: pipeline, passes, links, the score queue's credits.
#include <catch2/catch.hpp>

#include "model/qkpu/pe_lane_feeder.h"

using namespace pade;
using namespace pade::lane_test;

namespace {

using edges = std::vector<cycle_t>;

std::array<std::uint64_t, max_passes> words(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0,
                                            std::uint64_t d = 0) {
    return {a, b, c, d};
}

edges sent(const std::vector<logged<verdict_item>>& items) {
    edges list;
    for (const auto& item : items)
        list.push_back(item.sent);
    return list;
}

constexpr std::uint64_t four_ones = 0x0f;  // in group 0
constexpr std::uint64_t five_ones = 0x1f;
constexpr std::uint64_t five_in_the_last = std::uint64_t{0xf8} << 56;

}  // namespace

TEST_CASE("a plane is decided on in the last of pipeline_stages cycles, for all stages and latencies") {
    clock_domain core("core", period);
    struct variant {
        unsigned stages;
        unsigned verdict_latency;
        unsigned link_latency;
        std::unique_ptr<scripted> bench;
    };
    std::vector<variant> variants;
    for (const unsigned stages : {2u, 3u, 4u, 7u, 16u})
        for (const unsigned verdict_latency : {1u, 2u, 5u})
            for (const unsigned link_latency : {1u, 4u})
                variants.push_back({stages, verdict_latency, link_latency, nullptr});
    for (variant& v : variants) {
        pe_lane_params p;
        p.lane.key_bits = 4;
        p.lane.pipeline_stages = v.stages;
        p.lane.verdict_latency = v.verdict_latency;
        p.link_latency = v.link_latency;
        v.bench = std::make_unique<scripted>(core, "b" + std::to_string(&v - variants.data()), p);
        lane_peers& peers = *v.bench->peers;
        peers.row_at(2, query_of(make_query(std::vector<std::int8_t>(64, 1), 4)));
        peers.plane_at(2, admission_of(1));
        for (unsigned plane = 0; plane < 4; ++plane)  // each raises the key's lower bound
            peers.plane_at(100 * (plane + 1), plane_of(1, plane, words(plane == 0 ? 0 : four_ones)), 1 + plane);
    }
    run_to(1000);
    for (const variant& v : variants) {
        INFO("stages " << v.stages << ", verdict latency " << v.verdict_latency << ", link latency " << v.link_latency);
        const lane_peers& peers = *v.bench->peers;
        CHECK(peers.taken == edges{100, 200, 300, 400});
        REQUIRE(peers.verdict_log.items.size() == 4);
        REQUIRE(peers.bound_log.items.size() == 4);
        REQUIRE(peers.score_log.items.size() == 1);
        for (unsigned plane = 0; plane < 4; ++plane) {
            // The cycle in which the plane is taken is the first stage.
            const cycle_t decision = peers.taken[plane] + v.stages - 1;
            CHECK(peers.verdict_log.items[plane].sent == decision);
            CHECK(peers.verdict_log.items[plane].seen == decision + v.verdict_latency);
            CHECK(peers.bound_log.items[plane].sent == decision);
            CHECK(peers.bound_log.items[plane].seen == decision + v.link_latency);
        }
        CHECK(peers.score_log.items[0].sent == peers.verdict_log.items[3].sent);
        CHECK(peers.score_log.items[0].seen == peers.verdict_log.items[3].seen);
        CHECK(v.bench->clean());
    }
}

TEST_CASE("a lane takes one plane a cycle, back to back, as long as credits and keys last") {
    clock_domain core("core", period);
    std::vector<block_feed> blocks(1);
    blocks[0].q.assign(64, 1);
    blocks[0].keys.assign(32, std::vector<std::int8_t>(64, 3));
    pe_lane_params p;
    p.guard_enabled = false;
    feed_params feed;
    feed.lane = p.lane;
    feeder_bench b(core, "b", p, false, sleep::when_idle, feed, blocks);
    run_to(400);
    REQUIRE(b.peers->done());
    const edges& taken = b.peers->taken;
    REQUIRE(taken.size() == 32 * 8);
    CHECK(taken.back() - taken.front() == 32 * 8 - 1);
    CHECK(b.lane->counters().busy == 32 * 8);
    CHECK(b.lane->counters().busy_dims == 64 * 32 * 8);
    const edges decided = sent(b.peers->verdict_log.items);
    for (std::size_t i = 0; i < taken.size(); ++i)
        REQUIRE(decided[i] == taken[i] + 3);
}

TEST_CASE("a pass takes two cycles where a group has more than four ones, with lane.bidirectional off only") {
    clock_domain core("core", period);
    std::vector<std::unique_ptr<scripted>> benches;
    for (const bool bidirectional : {false, true}) {
        pe_lane_params p;
        p.lane.bidirectional = bidirectional;
        benches.push_back(std::make_unique<scripted>(core, bidirectional ? "two_way" : "one_way", p));
        lane_peers& peers = *benches.back()->peers;
        peers.row_at(2, query_of(make_query(std::vector<std::int8_t>(64, 1), 8)));
        const std::array<std::uint64_t, 4> bits{five_ones, four_ones, five_in_the_last, 0};
        for (std::uint32_t key = 0; key < 4; ++key) {
            peers.plane_at(2, admission_of(key));
            peers.plane_at(50, plane_of(key, 0, words(bits[key])));
        }
    }
    run_to(100);
    const auto& one_way = *benches[0];
    const auto& two_way = *benches[1];
    CHECK(one_way.peers->taken == edges{50, 52, 53, 55});
    CHECK(sent(one_way.peers->verdict_log.items) == edges{54, 55, 57, 58});
    CHECK(one_way.lane->counters().busy == 6);
    CHECK(one_way.lane->counters().heads[0].busy == 6);
    CHECK(one_way.lane->counters().selected == 5 + 4 + 5);
    CHECK(two_way.peers->taken == edges{50, 51, 52, 53});
    CHECK(sent(two_way.peers->verdict_log.items) == edges{53, 54, 55, 56});
    CHECK(two_way.lane->counters().busy == 4);
    CHECK(two_way.lane->counters().selected == 3 + 4 + 3);
}

TEST_CASE("a key of more than 64 dims takes a pass for each 64, the decision after the last") {
    clock_domain core("core", period);
    struct variant {
        unsigned dims;
        bool bidirectional;
        std::array<std::uint64_t, max_passes> bits;
        unsigned cycles;
        unsigned dims_cycles;
        std::unique_ptr<scripted> bench;
    };
    std::vector<variant> variants;
    variants.push_back({8, true, words(five_ones), 1, 8, nullptr});
    variants.push_back({65, true, words(0), 2, 65, nullptr});
    variants.push_back({80, true, words(five_ones, five_ones), 2, 80, nullptr});
    variants.push_back({128, true, words(five_ones, four_ones), 2, 128, nullptr});
    variants.push_back({200, true, words(0), 4, 200, nullptr});
    variants.push_back({256, true, words(five_ones, five_ones, five_ones, five_ones), 4, 256, nullptr});
    variants.push_back({80, false, words(four_ones, five_ones), 3, 96, nullptr});
    variants.push_back({128, false, words(five_ones, 0), 3, 192, nullptr});
    variants.push_back({256, false, words(five_ones, five_in_the_last, five_ones, five_ones), 8, 512, nullptr});
    for (variant& v : variants) {
        pe_lane_params p;
        p.lane.bidirectional = v.bidirectional;
        p.lane.pipeline_stages = 5;
        v.bench = std::make_unique<scripted>(core, "b" + std::to_string(&v - variants.data()), p);
        lane_peers& peers = *v.bench->peers;
        peers.row_at(2, query_of(make_query(std::vector<std::int8_t>(v.dims, 1), 8)));
        for (std::uint32_t key = 0; key < 2; ++key) {
            peers.plane_at(2, admission_of(key));
            peers.plane_at(30, plane_of(key, 0, v.bits));
        }
    }
    run_to(100);
    for (const variant& v : variants) {
        INFO(v.dims << " dims" << (v.bidirectional ? ", bidirectional" : ""));
        CHECK(v.bench->peers->taken == edges{30, 30 + v.cycles});
        CHECK(sent(v.bench->peers->verdict_log.items) == edges{30 + (v.cycles - 1) + 4, 30 + (2 * v.cycles - 1) + 4});
        CHECK(v.bench->lane->counters().busy == 2 * v.cycles);
        CHECK(v.bench->lane->counters().busy_dims == 2 * v.dims_cycles);
        CHECK(v.bench->lane->counters().heads[0].planes == 2);
    }
}

TEST_CASE("a retained key waits for a credit of the score queue, and the lane with it") {
    clock_domain core("core", period);
    pe_lane_params p;
    p.lane.key_bits = 4;
    p.lane.pipeline_stages = 3;
    p.score_credits = 1;
    p.guard_enabled = false;
    scripted b(core, "b", p);
    lane_peers& peers = *b.peers;
    peers.row_at(2, query_of(make_query(std::vector<std::int8_t>(64, 1), 4)));
    for (std::uint32_t key = 0; key < 4; ++key) {
        peers.plane_at(2, admission_of(key));
        for (unsigned plane = 0; plane < 3; ++plane)
            peers.plane_at(10 + 10 * plane, plane_of(key, plane));
    }
    // Keys 0, 1, 2 end; the first plane of a fifth key comes behind them.
    for (std::uint32_t key = 0; key < 3; ++key)
        peers.plane_at(60, plane_of(key, 3));
    peers.plane_at(2, admission_of(9));
    peers.plane_at(60, plane_of(9, 0));
    peers.score_credit_at(80);
    peers.score_credit_at(90);
    run_to(79);
    // Key 0 took the only credit at 62; 1 holds the last stage, 2 is behind it, 9 is still in the FIFO.
    CHECK(peers.score_log.items.size() == 1);
    CHECK(peers.taken.size() == 4 * 3 + 3);
    CHECK(peers.taken.back() == 62);
    CHECK_THAT(b.lane->waits_for(), Catch::Contains("key 1") && Catch::Contains("score queue"));
    run_to(200);
    REQUIRE(peers.score_log.items.size() == 3);
    CHECK(peers.score_log.items[0].sent == 62);
    // A credit given at edge n counts from n + 1 on.
    CHECK(peers.score_log.items[1].sent == 81);
    CHECK(peers.score_log.items[2].sent == 91);
    // One cycle of the datapath between the two stalls: at 81 the lane takes the next plane.
    CHECK(peers.taken.back() == 81);
    const auto& verdicts = peers.verdict_log.items;
    CHECK(verdicts.back().item.key == 9);
    CHECK(verdicts.back().sent == 92);
    b.lane->finish(200);
    CHECK(b.lane->counters().stall_downstream == (80 - 63 + 1) + (90 - 82 + 1));
    CHECK(all_classes(b.lane->counters()) == 200);
    CHECK(b.clean());
}
