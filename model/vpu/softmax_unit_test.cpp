#include "model/vpu/softmax_unit.h"

#include <cmath>

#include "model/vpu/tile_parts.h"
#include "model/vpu/vpu_test_peers.h"

using namespace pade;
using namespace pade_test;

namespace {

struct softmax_bench : bench {
    params p;
    source<pair_item> pairs;
    softmax_unit unit;
    sink<weight_item> weights{"weights"};

    explicit softmax_bench(const params& parameters)
        : p(parameters),
          pairs("pairs", p.link.latency, pair_fifo_places(p.softmax.exps_per_cycle, p.link.latency)),
          unit("unit", p.softmax, p.rows, p.link) {
        clock_it(pairs);
        clock_it(unit);
        clock_it(weights);
        pairs.out.bind(unit.in);
        unit.out.bind(weights.in);
        weights.credit = [](const weight_item& item) { return item.what == weight_item::kind::head; };
    }
    /// Sends a tile at `cycle`: scores of (row, key), the maximum taken over them.
    void tile(cycle_t cycle, const block_ptr& block, std::vector<score_entry> scores, bool last = false) {
        auto head = std::make_shared<tile_head>();
        head->block = block;
        head->last_of_block = last;
        head->pairs = static_cast<std::uint32_t>(scores.size());
        for (const auto& s : scores) {
            if ((head->row_mask >> s.row & 1) == 0 || s.score > head->row_max[s.row])
                head->row_max[s.row] = s.score;
            head->row_mask |= 1U << s.row;
        }
        pair_item item;
        item.head = head;
        pairs.at(cycle, item);
        item.head.reset();
        for (const auto& s : scores) {
            item.key = s.key;
            item.score = s.score;
            item.row = s.row;
            pairs.at(cycle, item);
        }
    }
};

void latency_is(unsigned latency) {
    params p;
    p.softmax.latency = latency;
    softmax_bench b(p);
    b.tile(3, block_maker{}.make(), {{0, 100, 0}});
    // Sent at edge 3, at the unit at edge 4.
    b.run_until(4 + latency);  // up to, not including, that edge
    CHECK(b.weights.items.empty());
    b.run_until(4 + latency + 1);
    REQUIRE(b.weights.items.size() == 2);
    CHECK(b.weights.items[0].item.what == weight_item::kind::head);
    CHECK(b.weights.items[1].item.what == weight_item::kind::weight);
    CHECK(b.weights.items[1].cycle == 4 + latency);
    CHECK(b.weights.items[1].item.value == 1U << p.softmax.p_bits);
}

}  // namespace

TEST_CASE("a weight is at RARS softmax.latency cycles after its pair came: 1") {
    latency_is(1);
}
TEST_CASE("a weight is at RARS softmax.latency cycles after its pair came: 16") {
    latency_is(16);
}

TEST_CASE("weights and rescale factors are exponentials of logits below the running maximum") {
    params p;
    p.softmax.exp = exp_kind::exact;
    softmax_bench b(p);
    block_maker maker;
    maker.logit_scale = 0.02;
    const auto block = maker.make();
    b.tile(1, block, {{0, 100, 0}, {1, 50, 0}, {1, -30, 1}});
    b.tile(2, block, {{64, 90, 0}, {65, 20, 1}});                        // row 1 grows by 50
    b.tile(3, block, {{128, 150, 0}, {129, 20, 1}, {129, 7, 2}}, true);  // row 0 grows by 50; row 2 begins
    b.run_until(200);
    const auto fixed = [&](double logit) {
        return static_cast<std::uint32_t>(std::lround(std::exp(logit) * (1 << 20)));
    };
    std::vector<std::tuple<weight_item::kind, unsigned, unsigned>> seen;
    for (const auto& s : b.weights.items)
        if (s.item.what != weight_item::kind::head)
            seen.emplace_back(s.item.what, s.item.row, s.item.value);
    using k = weight_item::kind;
    CHECK(seen == decltype(seen){{k::weight, 0, fixed(0)},
                                 {k::weight, 0, fixed(-1)},
                                 {k::weight, 1, fixed(0)},
                                 {k::rescale, 1, fixed(-1)},
                                 {k::weight, 0, fixed(-.2)},
                                 {k::weight, 1, fixed(0)},
                                 {k::rescale, 0, fixed(-1)},
                                 {k::weight, 0, fixed(0)},
                                 {k::weight, 1, fixed(0)},
                                 {k::weight, 2, fixed(0)}});
    b.unit.finish(200);
    const auto& c = b.unit.counters();
    CHECK(c.exps == 10);
    CHECK(c.max_updates == 2);
    CHECK(c.exps_by_head == std::vector<std::uint64_t>{5, 4, 1});  // head 0: 4 weights and a factor
    CHECK(c.weight_items_out == 13);
    CHECK(c.pair_items_in == 11);
    CHECK(c.cycles.total() == 200);
    CHECK(b.unit.waits_for().empty());
}

TEST_CASE("softmax.exps_per_cycle exponentials begin a cycle") {
    params p;
    p.softmax.exps_per_cycle = 3;
    softmax_bench b(p);
    std::vector<score_entry> scores;
    for (unsigned i = 0; i < 30; ++i)
        scores.push_back({i, static_cast<std::int32_t>(i), 0});
    b.tile(1, block_maker{}.make(), scores, true);
    b.run_until(100);
    std::map<cycle_t, unsigned> per_cycle;
    for (const auto& s : b.weights.items)
        per_cycle[s.cycle] += s.item.what == weight_item::kind::weight ? 1 : 0;
    CHECK(per_cycle.size() == 10);  // 30 pairs without a gap
    for (const auto& [cycle, n] : per_cycle)
        CHECK(n == 3);
    CHECK(per_cycle.rbegin()->first - per_cycle.begin()->first == 9);
    b.unit.finish(100);
    CHECK(b.unit.counters().cycles.busy == 10);
    CHECK(b.unit.counters().cycles.idle == 90);
}

TEST_CASE("the unit stops before a third tile while RARS holds two, and goes on with a credit") {
    params p;
    softmax_bench b(p);
    b.weights.credit = [](const weight_item&) { return false; };
    const auto block = block_maker{}.make();
    for (unsigned t = 0; t < 3; ++t)
        b.tile(1, block, {{t * 64, 5, 0}}, t == 2);
    b.run_until(100);
    CHECK(b.weights.items.size() == 4);
    CHECK_FALSE(b.unit.waits_for().empty());
    b.weights.give_credit();  // at edge 100, usable from 101 on
    b.run_until(101 + p.softmax.latency);
    CHECK(b.weights.items.size() == 4);
    b.run_until(102 + p.softmax.latency);
    CHECK(b.weights.items.size() == 6);
    b.unit.finish(200);
    const auto& c = b.unit.counters().cycles;
    CHECK(c.busy == 2);  // edge 2: two tiles; edge 101: the third
    CHECK(c.stall_downstream == 98);
    CHECK(c.total() == 200);
}

TEST_CASE("a block begins with a new maximum, also in the slot of the block before it") {
    params p;
    p.rows.blocks_in_flight = 1;
    softmax_bench b(p);
    block_maker maker;
    maker.blocks_in_flight = 1;
    b.tile(1, maker.make(), {{0, 1000, 0}}, true);
    maker.id = 1;
    b.tile(2, maker.make(), {{0, -1000, 0}}, true);
    b.run_until(100);
    REQUIRE(b.weights.items.size() == 4);
    CHECK(b.weights.items[3].item.value == 1U << p.softmax.p_bits);
    CHECK(b.unit.counters().max_updates == 0);
}
