// A lane's pruning: which threshold counts, which bounds it sends.
#include <catch2/catch.hpp>
#include <set>

#include "model/numeric/test_operands.h"
#include "model/qkpu/pe_lane_feeder.h"

using namespace pade;
using namespace pade::lane_test;

namespace {

/// A key whose first plane is all zeros against a query of 64 ones: S = 0, bounds 0 and 127 * 64 (8 bits).
constexpr std::int64_t upper_bound = 127 * 64;

struct one_decision {
    std::unique_ptr<scripted> bench;
    verdict expected;
};

/// The plane is taken at 50; the threshold is seen at `visible`.
one_decision decide_once(clock_domain& core, const std::string& name, unsigned stages, std::int64_t threshold,
                         cycle_t visible, verdict expected, unsigned slot = 0, bool guard = true) {
    pe_lane_params p;
    p.lane.pipeline_stages = stages;
    p.guard_enabled = guard;
    one_decision d{std::make_unique<scripted>(core, name, p), expected};
    lane_peers& peers = *d.bench->peers;
    peers.row_at(2, query_of(make_query(std::vector<std::int8_t>(64, 1), 8)));
    peers.row_at(2, query_of(make_query(std::vector<std::int8_t>(64, 1), 8, 0, 1), 1));
    peers.plane_at(2, admission_of(1));
    peers.plane_at(50, plane_of(1, 0));
    peers.row_at(visible, threshold_of(threshold, slot), 2);
    return d;
}

void check_all(const std::vector<one_decision>& all) {
    for (const one_decision& d : all) {
        INFO(d.bench->lane->name());
        REQUIRE(d.bench->peers->verdict_log.items.size() == 1);
        CHECK(d.bench->peers->verdict_log.items[0].item.decision == d.expected);
        const lane_head_counters& head = d.bench->lane->counters().heads[0];
        CHECK(head.pruned_at[0] == (d.expected == verdict::pruned ? 1 : 0));
        CHECK(head.retained == 0);
        CHECK(d.bench->lane->waits_for().empty() == (d.expected == verdict::pruned));
    }
}

}  // namespace

TEST_CASE("the threshold seen at the edge of the decision counts, one seen an edge later does not") {
    clock_domain core("core", period);
    std::vector<one_decision> all;
    for (const unsigned stages : {2u, 4u, 9u}) {
        const cycle_t decision = 50 + stages - 1;
        const std::string name = "stages_" + std::to_string(stages);
        all.push_back(decide_once(core, name + "_early", stages, upper_bound + 1, decision - 1, verdict::pruned));
        all.push_back(decide_once(core, name + "_just", stages, upper_bound + 1, decision, verdict::pruned));
        all.push_back(decide_once(core, name + "_late", stages, upper_bound + 1, decision + 1, verdict::next_plane));
    }
    run_to(100);
    check_all(all);
}

TEST_CASE("a key whose upper bound equals the threshold of its slot stays, below it is pruned") {
    clock_domain core("core", period);
    std::vector<one_decision> all;
    all.push_back(decide_once(core, "below", 4, upper_bound - 1, 20, verdict::next_plane));
    all.push_back(decide_once(core, "equal", 4, upper_bound, 20, verdict::next_plane));
    all.push_back(decide_once(core, "above", 4, upper_bound + 1, 20, verdict::pruned));
    all.push_back(decide_once(core, "beyond_32_bit", 4, std::int64_t{1} << 40, 20, verdict::pruned));
    all.push_back(decide_once(core, "negative", 4, -(std::int64_t{1} << 40), 20, verdict::next_plane));
    all.push_back(decide_once(core, "other_slot", 4, upper_bound + 1, 20, verdict::next_plane, 1));
    run_to(100);
    check_all(all);
}

TEST_CASE("with the guard off a lane prunes nothing and sends no bounds") {
    clock_domain core("core", period);
    std::vector<one_decision> all;
    all.push_back(decide_once(core, "off", 4, upper_bound + 1, 20, verdict::next_plane, 0, false));
    run_to(100);
    check_all(all);
    CHECK(all[0].bench->peers->bound_log.items.empty());
    CHECK(all[0].bench->lane->counters().bounds_sent == 0);
}

TEST_CASE("a new query in a slot starts without a threshold and without the bounds of the one before") {
    clock_domain core("core", period);
    scripted b(core, "b", pe_lane_params{});
    lane_peers& peers = *b.peers;
    const std::vector<std::int8_t> q(64, 1);
    peers.row_at(2, query_of(make_query(q, 8, 0, 0)));
    peers.plane_at(2, admission_of(1));
    peers.plane_at(10, plane_of(1, 0));
    peers.row_at(30, threshold_of(upper_bound + 1));
    peers.plane_at(40, plane_of(1, 1));
    peers.row_at(60, query_of(make_query(q, 8, 0, 2)));
    peers.plane_at(60, admission_of(5, false, 0, 2));
    peers.plane_at(70, plane_of(5, 0, {}, 0, 2));
    run_to(100);
    const auto& verdicts = peers.verdict_log.items;
    REQUIRE(verdicts.size() == 3);
    CHECK(verdicts[0].item.decision == verdict::next_plane);
    CHECK(verdicts[1].item.decision == verdict::pruned);
    CHECK(verdicts[2].item.decision == verdict::next_plane);
    // The same lower bound, 0, is new to the second query.
    REQUIRE(peers.bound_log.items.size() == 2);
    CHECK(peers.bound_log.items[0].item.lower == 0);
    CHECK(peers.bound_log.items[1].item.lower == 0);
}

TEST_CASE("a bound that repeats one already sent stays in the lane, a higher one goes out") {
    clock_domain core("core", period);
    scripted b(core, "b", pe_lane_params{});
    lane_peers& peers = *b.peers;
    std::vector<std::int8_t> q(64, 1);
    q[0] = -1;
    peers.row_at(2, query_of(make_query(q, 8)));
    for (std::uint32_t key = 0; key < 4; ++key)
        peers.plane_at(2, admission_of(key));
    // Without a threshold: keys 0 and 1 have the same bound, -127; key 2's is lower, key 3's higher, by 128 each.
    peers.plane_at(10, plane_of(0, 0));
    peers.plane_at(11, plane_of(1, 0));
    peers.plane_at(12, plane_of(2, 0, {2}));
    peers.plane_at(13, plane_of(3, 0, {1}));
    // With more planes known key 3 goes on to 128 - 63, 128 - 31, 128 - 15; T is as high as the second of these.
    peers.plane_at(50, plane_of(3, 1));
    peers.row_at(60, threshold_of(128 - 31));
    peers.plane_at(80, plane_of(3, 2));
    peers.plane_at(90, plane_of(3, 3));
    run_to(100);
    std::vector<std::pair<cycle_t, std::int64_t>> sent;
    for (const auto& bound : peers.bound_log.items)
        sent.emplace_back(bound.sent, bound.item.lower);
    CHECK(sent == std::vector<std::pair<cycle_t, std::int64_t>>{{13, -127}, {16, 1}, {53, 65}, {93, 113}});
}

TEST_CASE("each verdict follows the rule, and the bounds that are not sent would not have raised T") {
    const unsigned seed = 4711;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::vector<block_feed> blocks;
    for (unsigned i = 0; i < 60; ++i) {
        block_feed block;
        const unsigned dims = std::array<unsigned, 4>{16, 64, 96, 128}[i % 4];
        const auto kind = numeric::all_operand_kinds[i % 6];
        block.q = numeric::make_operand(kind, dims, random);
        for (unsigned k = 0; k < 40; ++k)
            block.keys.push_back(numeric::make_operand(numeric::operand_kind::mixed, dims, random));
        block.offset = (1 << 12) * static_cast<std::int64_t>(1 + i % 3);
        // Other lanes' bounds come in any order; they stay in the range of what these keys give.
        for (unsigned n = 0; n < 6; ++n) {
            const auto key = numeric::make_operand(numeric::operand_kind::mixed, dims, random);
            std::int64_t score = 0;
            for (unsigned e = 0; e < dims; ++e)
                score += block.q[e] * key[e];
            block.other_bounds.push_back(score - static_cast<std::int64_t>(random() % 30000));
        }
        blocks.push_back(std::move(block));
    }
    pe_lane_params p;
    p.link_latency = 2;
    feed_params feed;
    feed.lane = p.lane;
    feed.haste = 0.7;
    feed.seed = seed;
    feed.broadcast_latency = 3;
    clock_domain core("core", period);
    feeder_bench b(core, "b", p, false, sleep::when_idle, feed, blocks);
    run_to(100000);
    const feeder& peers = *b.peers;
    REQUIRE(peers.done());
    CHECK(b.clean());

    std::vector<std::shared_ptr<const row_query>> queries;
    for (const block_feed& block : blocks)
        queries.push_back(make_query(block.q, 8, block.offset));
    // Replays each decision from the planes alone.
    struct event {
        cycle_t edge;
        std::int64_t lower;
        bool sent;  // by the lane, or another lane's: what the threshold unit really got
    };
    std::vector<std::vector<event>> events(blocks.size());
    const auto threshold_at = [&](std::size_t block, cycle_t edge) {
        numeric::threshold t;
        for (const feeder::rise& r : peers.rises)
            if (r.block == block && r.visible <= edge)
                t = {true, r.value};
        return t;
    };
    unsigned wrong = 0;
    unsigned pruned = 0;
    for (std::size_t i = 0; i < peers.verdict_log.items.size(); ++i) {
        const auto& [item, sent, seen] = peers.verdict_log.items[i];
        const std::size_t block = peers.block_of_verdict[i];
        std::int64_t partial = 0;
        for (std::size_t e = 0; e < blocks[block].q.size(); ++e)
            partial += blocks[block].q[e] * numeric::known_value(blocks[block].keys[item.key][e], item.plane + 1u, 8);
        const auto& table = queries[block]->intervals;
        const bool keep = threshold_at(block, sent).keeps(partial + table.upper[item.plane + 1u]);
        const verdict expected = !keep ? verdict::pruned : item.plane == 7 ? verdict::retained : verdict::next_plane;
        wrong += item.decision != expected;
        pruned += !keep;
        events[block].push_back({sent + p.link_latency, partial + table.lower[item.plane + 1u], false});
    }
    CHECK(wrong == 0);
    CHECK(pruned > 300);

    std::vector<std::int64_t> best_sent(blocks.size(), std::numeric_limits<std::int64_t>::min());
    for (std::size_t i = 0; i < peers.bound_log.items.size(); ++i) {
        const auto& bound = peers.bound_log.items[i];
        const std::size_t block = peers.block_of_bound[i];
        events[block].push_back({bound.seen, bound.item.lower, true});
        const auto known = threshold_at(block, bound.sent);
        CHECK(bound.item.lower > best_sent[block]);
        CHECK((!known.valid || bound.item.lower - blocks[block].offset > known.value));
        best_sent[block] = bound.item.lower;
    }
    for (const feeder::outer_bound& outer : peers.outer_bounds)
        events[outer.block].push_back({outer.edge, outer.lower, true});
    for (std::size_t block = 0; block < blocks.size(); ++block) {
        std::set<cycle_t> when;
        for (const event& e : events[block])
            when.insert(e.edge);
        for (const cycle_t edge : when) {
            numeric::threshold of_all;
            numeric::threshold of_sent;
            for (const event& e : events[block])
                if (e.edge <= edge) {
                    of_all.raise(e.lower, blocks[block].offset);
                    if (e.sent)
                        of_sent.raise(e.lower, blocks[block].offset);
                }
            REQUIRE(of_all.valid == of_sent.valid);
            REQUIRE(of_all.value == of_sent.value);
        }
    }
    // Most bounds stay at home, but not all.
    CHECK(peers.bound_log.items.size() * 4 < peers.verdict_log.items.size());
    CHECK(peers.bound_log.items.size() >= blocks.size());
}
