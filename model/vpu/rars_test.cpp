#include "model/vpu/rars.h"

#include "model/vpu/vpu_test_peers.h"

using namespace pade;
using namespace pade_test;

namespace {

struct rars_bench : bench {
    params p;
    source<weight_item> weights;
    source<v_reserved_item> notes{"notes"};
    rars unit;
    sink<round_item> rounds{"rounds"};

    explicit rars_bench(const params& parameters)
        : p(parameters), weights("weights", 1, rars_tiles), unit("unit", p.vpu, p.rars, p.link) {
        clock_it(weights);
        clock_it(notes);
        clock_it(unit);
        clock_it(rounds);
        weights.out.bind(unit.in);
        notes.out.bind(unit.reserved);
        unit.rounds.bind(rounds.in);
        weights.costs = [](const weight_item& item) { return item.what == weight_item::kind::head; };
    }
    void reserve(cycle_t cycle, unsigned v_rows) {
        v_reserved_item item;
        item.v_rows = v_rows;
        notes.at(cycle, item);
    }
    /// A tile of (row, key) pairs.
    void tile(cycle_t cycle, const block_ptr& block, std::vector<std::pair<unsigned, unsigned>> pairs,
              bool last = false, std::vector<unsigned> rescales = {}) {
        auto head = std::make_shared<tile_head>();
        head->block = block;
        head->last_of_block = last;
        head->pairs = static_cast<std::uint32_t>(pairs.size());
        std::set<unsigned> keys;
        for (const auto& [row, key] : pairs)
            keys.insert(key);
        head->v_rows = static_cast<std::uint32_t>(keys.size());
        weight_item item;
        item.what = weight_item::kind::head;
        item.head = head;
        weights.at(cycle, item);
        item.what = weight_item::kind::rescale;
        for (unsigned row : rescales) {
            item.row = static_cast<std::uint8_t>(row);
            item.value = 9;
            weights.at(cycle, item);
        }
        item.what = weight_item::kind::weight;
        for (const auto& [row, key] : pairs) {
            item.row = static_cast<std::uint8_t>(row);
            item.key = key;
            item.value = 1000 + key;
            weights.at(cycle, item);
        }
    }
};

void link_latency_is(unsigned latency) {
    params p;
    p.link.latency = latency;
    rars_bench b(p);
    b.reserve(1, 1);
    b.tile(2, block_maker{}.make(), {{0, 5}});
    b.run_until(3 + latency);
    CHECK(b.rounds.items.empty());
    b.run_until(4 + latency);
    REQUIRE(b.rounds.items.size() == 1);
    CHECK(b.rounds.items[0].cycle == 3 + latency);
}

}  // namespace

TEST_CASE("a round is at the V-PU link.latency cycles after its tile is complete: 1") {
    link_latency_is(1);
}
TEST_CASE("a round is at the V-PU link.latency cycles after its tile is complete: 3") {
    link_latency_is(3);
}

TEST_CASE("rounds carry addresses, last uses and the end of the block") {
    params p;
    rars_bench b(p);
    const auto block = block_maker{}.make();
    b.reserve(1, 10);
    b.tile(2, block, {{0, 3}, {1, 3}, {0, 4}}, false, {2});
    b.tile(2, block, {{1, 70}}, true);
    b.run_until(50);
    REQUIRE(b.rounds.items.size() == 3);
    const round_item& first = b.rounds.items[0].item;
    CHECK(first.block == block);
    CHECK(first.v_rows == 1);  // row 0 takes key 3 with row 1; key 4 has no row left
    CHECK(first.v[0].address == block->rows[0].v_address + 3 * 64);
    CHECK(first.v[0].last_use);
    CHECK(first.rows[2].what == row_work::kind::rescale);
    CHECK(first.rows[1].value == 1003);
    CHECK_FALSE(first.last_of_block);
    CHECK(b.rounds.items[1].cycle == b.rounds.items[0].cycle + 1);  // a round a cycle
    CHECK_FALSE(b.rounds.items[1].item.last_of_block);
    CHECK(b.rounds.items[2].item.last_of_block);
    CHECK(b.weights.credits_given == 2);
    CHECK(b.unit.counters().rounds == 3);
    b.unit.finish(50);
    CHECK(b.unit.counters().cycles.total() == 50);
    CHECK(b.unit.waits_for().empty());
}

TEST_CASE("an empty last tile is one round without work") {
    params p;
    rars_bench b(p);
    b.tile(1, block_maker{}.make(), {}, true);
    b.run_until(20);
    REQUIRE(b.rounds.items.size() == 1);
    CHECK(b.rounds.items[0].item.last_of_block);
    CHECK(b.rounds.items[0].item.v_rows == 0);
    CHECK(b.weights.credits_given == 1);
    b.unit.finish(20);
    CHECK(b.unit.counters().cycles.wait_input == 0);
}

TEST_CASE("a round waits for the reservation of its V rows and goes at the edge at which the note is seen") {
    params p;
    rars_bench b(p);
    const auto block = block_maker{}.make();
    b.reserve(1, 1);
    b.reserve(30, 1);
    b.tile(2, block, {{0, 3}, {0, 9}}, true);
    b.run_until(31);
    CHECK(b.rounds.items.size() == 1);
    CHECK_FALSE(b.unit.waits_for().empty());
    b.run_until(100);
    REQUIRE(b.rounds.items.size() == 2);
    CHECK(b.rounds.items[1].cycle == 32);  // note sent 30, seen 31, round at the V-PU 32
    b.unit.finish(100);
    CHECK(b.unit.counters().cycles.wait_v == 27);  // edges 4 to 30
}

TEST_CASE("the next tile is collected while the rounds of one are held up, a third one is not let in") {
    params p;
    rars_bench b(p);
    b.rounds.credit = [](const round_item&) { return false; };
    const auto block = block_maker{}.make();
    b.reserve(1, 100);
    const unsigned places = round_fifo_places(p.link.latency);
    std::vector<std::pair<unsigned, unsigned>> pairs;
    for (unsigned key = 0; key < places + 1; ++key)
        pairs.emplace_back(0, key);
    b.tile(1, block, pairs);
    b.tile(1, block, {{0, 64}});
    b.tile(1, block, {{0, 128}}, true);
    b.run_until(50);
    CHECK(b.rounds.items.size() == places);
    CHECK(b.weights.credits_given == 0);
    CHECK(b.unit.counters().weight_items_in == places + 1 + 1 + 2);
    for (unsigned i = 0; i < 3; ++i)
        b.rounds.give_credit();
    b.run_until(100);
    CHECK(b.rounds.items.size() == places + 3);
    CHECK(b.weights.credits_given == 3);
    b.unit.finish(100);
    CHECK(b.unit.counters().cycles.stall_downstream > 40);
    CHECK(b.unit.counters().cycles.total() == 100);
}
