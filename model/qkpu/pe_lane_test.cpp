// A lane's results: exact scores of all widths, planes that wait, planes that are refused, what it gives back.
#include <catch2/catch.hpp>

#include "model/numeric/test_operands.h"
#include "model/qkpu/pe_lane_feeder.h"

using namespace pade;
using namespace pade::lane_test;

namespace {

std::int32_t dot(const std::vector<std::int8_t>& q, const std::vector<std::int8_t>& k) {
    std::int32_t sum = 0;
    for (std::size_t e = 0; e < q.size(); ++e)
        sum += q[e] * k[e];
    return sum;
}

/// One block of `keys` random keys.
block_feed random_block(numeric::operand_kind kind, unsigned dims, unsigned keys, unsigned key_bits,
                        std::mt19937& random) {
    block_feed block;
    block.q = numeric::make_operand(kind, dims, random);
    for (unsigned k = 0; k < keys; ++k) {
        const auto key_kind = k % 2 == 0 ? numeric::operand_kind::mixed : numeric::all_operand_kinds[k / 2 % 6];
        auto key = numeric::make_operand(key_kind, dims, random);
        for (std::int8_t& value : key)
            value = numeric::quantise_key(value, key_bits);
        block.keys.push_back(std::move(key));
    }
    return block;
}

}  // namespace

TEST_CASE("retained keys carry the exact score, for key_bits 4 to 8 and head_dim 8 to 256") {
    const unsigned seed = 20260101;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    struct variant {
        unsigned key_bits;
        bool guard;
        bool bidirectional;
        std::vector<block_feed> blocks;
        std::unique_ptr<feeder_bench> bench;
    };
    std::vector<variant> variants;
    for (unsigned key_bits = 4; key_bits <= 8; ++key_bits)
        for (const bool guard : {false, true})
            variants.push_back({key_bits, guard, (key_bits % 2 == 0) == guard, {}, nullptr});

    clock_domain core("core", period);
    for (variant& v : variants) {
        for (const unsigned dims : {8u, 16u, 24u, 40u, 63u, 64u, 80u, 128u, 200u, 256u})
            for (const auto kind : numeric::all_operand_kinds) {
                v.blocks.push_back(random_block(kind, dims, 12, v.key_bits, random));
                // A line within the range of the scores, so that some keys fall below it.
                v.blocks.back().offset = (40 << v.key_bits) * static_cast<std::int64_t>(dims) / 16;
            }
        pe_lane_params p;
        p.lane.key_bits = v.key_bits;
        p.lane.bidirectional = v.bidirectional;
        p.lane.scoreboard_entries = 7;
        p.guard_enabled = v.guard;
        feed_params feed;
        feed.lane = p.lane;
        feed.haste = 0.6;
        feed.seed = static_cast<unsigned>(random());
        const std::string name = "bits_" + std::to_string(v.key_bits) + (v.guard ? "_guard" : "_dense");
        v.bench = std::make_unique<feeder_bench>(core, name, p, v.guard, sleep::when_idle, feed, v.blocks);
    }
    run_to(200000);

    for (const variant& v : variants) {
        INFO("key_bits " << v.key_bits << (v.guard ? ", guard" : ", no guard"));
        const feeder& peers = *v.bench->peers;
        REQUIRE(peers.done());
        CHECK(v.bench->clean());
        unsigned retained = 0;
        unsigned pruned = 0;
        unsigned wrong = 0;
        std::array<std::uint64_t, max_planes> pruned_at{};
        for (std::size_t b = 0; b < v.blocks.size(); ++b) {
            const block_feed& block = v.blocks[b];
            std::int64_t best = dot(block.q, block.keys[0]);
            for (const auto& key : block.keys)
                best = std::max<std::int64_t>(best, dot(block.q, key));
            for (std::size_t k = 0; k < block.keys.size(); ++k) {
                const feeder::outcome& o = peers.outcomes[b][k];
                const std::int32_t exact = dot(block.q, block.keys[k]);
                if (o.end == verdict::retained) {
                    ++retained;
                    wrong += o.scores != std::vector<std::int32_t>{exact} || o.planes != v.key_bits;
                } else {
                    ++pruned;
                    ++pruned_at[o.planes - 1];
                    // Soundness: only what lies below the line of the block may go.
                    wrong += o.end != verdict::pruned || !o.scores.empty() || exact >= best - block.offset;
                }
            }
        }
        CHECK(wrong == 0);
        CHECK(retained + pruned == 60 * 12);
        CHECK(retained > 100);
        CHECK((pruned > 50) == v.guard);

        const lane_counters& c = v.bench->lane->counters();
        std::uint64_t planes = 0;
        std::uint64_t retained_counted = 0;
        std::uint64_t busy = 0;
        std::array<std::uint64_t, max_planes> pruned_counted{};
        REQUIRE(c.heads.size() == 3);
        for (const lane_head_counters& head : c.heads) {
            planes += head.planes;
            retained_counted += head.retained;
            busy += head.busy;
            for (unsigned plane = 0; plane < max_planes; ++plane)
                pruned_counted[plane] += head.pruned_at[plane];
        }
        CHECK(planes == peers.planes_sent);
        CHECK(retained_counted == retained);
        CHECK(pruned_counted == pruned_at);
        CHECK(busy == c.busy);
        CHECK(c.admitted == 60 * 12);
        CHECK(peers.taken.size() == peers.planes_sent);
        CHECK(peers.bound_log.items.empty() == !v.guard);
        CHECK(v.bench->lane->planes_in() == peers.planes_sent + c.admitted);
        CHECK(c.verdicts_out == peers.planes_sent);
        CHECK(c.scores_out == retained);
        CHECK(c.bounds_sent == peers.bound_log.items.size());
        CHECK(c.rows_in == 60 + peers.rises.size());
        CHECK(v.bench->lane->waits_for().empty());
    }
}

TEST_CASE("a score carries slot, row and key") {
    clock_domain core("core", period);
    pe_lane_params p;
    p.lane.key_bits = 4;
    p.row = 5;
    scripted b(core, "b", p);
    lane_peers& peers = *b.peers;
    const std::vector<std::int8_t> q(8, 3);
    peers.row_at(2, query_of(make_query(q, 4, 0, 9), 1));
    peers.plane_at(2, admission_of(1000003 % 65536, false, 1, 9));
    for (unsigned plane = 0; plane < 4; ++plane)  // k = 5: planes 0101
        peers.plane_at(10 + 10 * plane, plane_of(1000003 % 65536, plane, {plane % 2 != 0 ? 0xffu : 0u}, 1, 9));
    run_to(100);
    REQUIRE(peers.score_log.items.size() == 1);
    const score_item& score = peers.score_log.items[0].item;
    CHECK(score.slot == 1);
    CHECK(score.row == 5);
    CHECK(score.key == 1000003 % 65536);
    CHECK(score.score == 8 * 3 * 5);
    REQUIRE(peers.verdict_log.items.size() == 4);
    CHECK(peers.verdict_log.items[3].item.decision == verdict::retained);
    CHECK(peers.verdict_log.items[3].item.slot == 1);
}

TEST_CASE("the planes of a block wait for its query, and those behind them too") {
    clock_domain core("core", period);
    pe_lane_params p;
    scripted b(core, "b", p);
    lane_peers& peers = *b.peers;
    const std::vector<std::int8_t> q(64, 1);
    peers.row_at(2, query_of(make_query(q, 8, 0, 0), 0));
    peers.plane_at(2, admission_of(1, false, 0, 0));
    peers.plane_at(3, admission_of(2, false, 1, 1));
    peers.plane_at(4, admission_of(3, false, 0, 2));
    peers.plane_at(10, plane_of(2, 0, {}, 1, 1));
    peers.plane_at(11, plane_of(1, 0, {}, 0, 0));
    peers.plane_at(12, plane_of(3, 0, {}, 0, 2));
    // Seen at 30, not a cycle before. The third plane's slot holds the query of another block until 50.
    peers.row_at(30, query_of(make_query(q, 8, 0, 1), 1), 3);
    peers.row_at(50, query_of(make_query(q, 8, 0, 2), 0));
    std::string waiting;
    peers.at(20, [&](cycle_t) { waiting = b.lane->waits_for(); });
    run_to(100);
    CHECK(peers.taken == std::vector<cycle_t>{30, 31, 50});
    CHECK(core.edges() < 30);  // the lane sleeps over it
    CHECK_THAT(waiting, Catch::Contains("3 keys in the scoreboard") && Catch::Contains("query of block 1"));
    CHECK(b.clean());
}

TEST_CASE("a place of the input FIFO is given back when its plane is taken, and only then") {
    clock_domain core("core", period);
    pe_lane_params p;
    p.lane.fifo_planes = 6;
    scripted b(core, "b", p);
    lane_peers& peers = *b.peers;
    for (std::uint32_t key = 0; key < 6; ++key) {
        peers.plane_at(2, admission_of(key));
        peers.plane_at(5, plane_of(key, 0));
    }
    peers.row_at(40, query_of(make_query(std::vector<std::int8_t>(64, 1), 8)));
    run_to(39);
    CHECK(peers.taken.empty());
    run_to(100);
    CHECK(peers.taken == std::vector<cycle_t>{40, 41, 42, 43, 44, 45});
    CHECK(b.lane->counters().admitted == 6);
}

TEST_CASE("a plane is not taken before the edge at which it may be seen, awake or asleep") {
    clock_domain core("core", period);
    const std::vector<std::int8_t> q(64, 1);
    std::vector<std::unique_ptr<lane_bench<lane_peers>>> benches;
    for (const unsigned latency : {1u, 2u, 9u})
        for (const sleep when : {sleep::when_idle, sleep::never}) {
            benches.push_back(std::make_unique<lane_bench<lane_peers>>(core, "b" + std::to_string(benches.size()),
                                                                       pe_lane_params{}, false, when));
            lane_peers& peers = *benches.back()->peers;
            peers.row_at(20, query_of(make_query(q, 8)), latency);
            peers.plane_at(20, admission_of(1), latency);
            peers.plane_at(20, plane_of(1, 0), latency);
        }
    run_to(100);
    for (const auto& b : benches)
        CHECK(b->peers->taken == std::vector<cycle_t>{20});
}

TEST_CASE("out of order planes are refused: plane 1 first") {
    clock_domain core("core", period);
    scripted b(core, "b", pe_lane_params{});
    b.peers->row_at(2, query_of(make_query(std::vector<std::int8_t>(64, 1), 8)));
    b.peers->plane_at(2, admission_of(77));
    b.peers->plane_at(5, plane_of(77, 1));
    run_to(4);
    CHECK_THAT(error_of_run(20),
               Catch::Contains("b_lane") && Catch::Contains("key 77 got plane 1 where plane 0 was due"));
}

TEST_CASE("out of order planes are refused: plane 0 twice") {
    clock_domain core("core", period);
    scripted b(core, "b", pe_lane_params{});
    b.peers->row_at(2, query_of(make_query(std::vector<std::int8_t>(64, 1), 8)));
    b.peers->plane_at(2, admission_of(77));
    b.peers->plane_at(5, plane_of(77, 0));
    b.peers->plane_at(6, plane_of(77, 0));
    run_to(5);
    CHECK_THAT(error_of_run(20), Catch::Contains("key 77 got plane 0 where plane 1 was due"));
}

TEST_CASE("a plane of a key that was never admitted is refused") {
    clock_domain core("core", period);
    scripted b(core, "b", pe_lane_params{});
    b.peers->row_at(2, query_of(make_query(std::vector<std::int8_t>(64, 1), 8)));
    b.peers->plane_at(5, plane_of(77, 0));
    run_to(4);
    CHECK_THAT(error_of_run(20), Catch::Contains("without an entry") && Catch::Contains("77"));
}

TEST_CASE("an admission to a full scoreboard is refused") {
    clock_domain core("core", period);
    pe_lane_params p;
    p.lane.scoreboard_entries = 2;
    scripted b(core, "b", p);
    for (std::uint32_t key = 0; key < 3; ++key)
        b.peers->plane_at(5 + key, admission_of(key));
    run_to(6);
    CHECK_THAT(error_of_run(20), Catch::Contains("full scoreboard"));
}
