#include "model/vpu/v_pu.h"

#include "model/vpu/vpu_test_peers.h"
#include "tlm/protocol_checker.h"

using namespace pade;
using namespace pade_test;

namespace {

unsigned char v_byte(std::uint64_t address) {
    return static_cast<unsigned char>(address * 2654435761U >> 13);
}

struct v_pu_bench : bench {
    params p;
    block_maker maker;
    source<round_item> rounds;
    v_pu unit;
    std::vector<std::unique_ptr<protocol_checker>> checkers;
    std::vector<std::unique_ptr<memory_stub>> memory;
    sink<fetch_item> releases{"releases"};
    sink<o_row_item> o{"o"};
    sink<done_item> done{"done"};

    explicit v_pu_bench(const params& parameters, unsigned read_latency = 2)
        : p(parameters),
          rounds("rounds", p.link.latency, round_fifo_places(p.link.latency)),
          unit("unit", p.vpu, p.softmax, p.rows, p.link) {
        clock_it(rounds);
        clock_it(unit);
        clock_it(releases);
        clock_it(o);
        clock_it(done);
        rounds.out.bind(unit.rounds);
        unit.v_release.bind(releases.in);
        unit.o.bind(o.in);
        unit.done.bind(done.in);
        for (unsigned i = 0; i < p.vpu.v_rows_per_round; ++i) {
            checkers.push_back(std::make_unique<protocol_checker>(sc_core::sc_gen_unique_name("checker")));
            memory.push_back(std::make_unique<memory_stub>(sc_core::sc_gen_unique_name("memory"), read_latency));
            memory[i]->byte = v_byte;
            clock_it(*memory[i]);
            unit.v_port[i].bind(checkers[i]->in);
            checkers[i]->out.bind(memory[i]->socket);
        }
    }
    /// A round in which the rows of `work` (row, key) take keys; the distinct keys are its V rows, all for the last
    /// time.
    round_item round(const block_ptr& block, std::vector<std::pair<unsigned, unsigned>> work, bool last = false) {
        round_item item;
        item.block = block;
        item.last_of_block = last;
        for (const auto& [row, key] : work) {
            unsigned v = 0;
            while (v < item.v_rows && item.v[v].key != key)
                ++v;
            if (v == item.v_rows) {
                item.v[v] = {block->rows[row].v_address + std::uint64_t{key} * block->row_bytes, key, 0, true};
                ++item.v_rows;
            }
            item.rows[row] = {row_work::kind::mac, static_cast<std::uint8_t>(v), key, 1000 + key};
        }
        return item;
    }
    void stream(const block_ptr& block, unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            std::vector<std::pair<unsigned, unsigned>> work;
            for (unsigned r = 0; r < block->rows.size(); ++r)
                work.emplace_back(r, 2 * i + r % 2);
            rounds.at(1, round(block, work, i + 1 == count));
        }
    }
    void check_links() {
        for (auto& c : checkers) {
            c->finish();
            CHECK(c->clean());
        }
    }
};

// Rounds are seen at edge 2 and read at once; the second atom of a V row is asked for at edge 4, its data leave at edge
// 6 and can be used at edge 7: then the MACs start.
constexpr cycle_t first_mac = 7;

void pipeline_latency_is(unsigned latency) {
    params p;
    p.vpu.pipeline_latency = latency;
    v_pu_bench b(p);
    const auto block = b.maker.make();
    b.rounds.at(1, b.round(block, {{0, 3}}, true));
    // The round computes from edge 7 to edge 10.
    const cycle_t seen = first_mac + 3 + latency;
    b.run_until(seen);
    CHECK(b.o.items.empty());
    b.run_until(seen + 1);
    REQUIRE(b.o.items.size() == 1);
    CHECK(b.o.items[0].cycle == seen);
    b.run_until(seen + 10);
    REQUIRE(b.o.items.size() == 8);
    CHECK(b.o.items[7].cycle == seen + 7);  // a row a cycle
    REQUIRE(b.done.items.size() == 1);
    CHECK(b.done.items[0].item.what == done_item::kind::left_vpu);
    CHECK(b.done.items[0].cycle == seen + 7);
}

}  // namespace

TEST_CASE("an O row is seen vpu.pipeline_latency cycles after the last MAC: 1") {
    pipeline_latency_is(1);
}
TEST_CASE("an O row is seen vpu.pipeline_latency cycles after the last MAC: 4") {
    pipeline_latency_is(4);
}

TEST_CASE("a stream of rounds with data present runs without bubbles") {
    params p;
    v_pu_bench b(p);
    b.stream(b.maker.make(), 30);
    b.run_until(300);
    REQUIRE(b.o.items.size() == 8);
    CHECK(b.o.items[0].cycle == first_mac + 30 * 4 - 1 + p.vpu.pipeline_latency);
    b.unit.finish(300);
    const auto& c = b.unit.counters();
    CHECK(c.rounds == 30);
    CHECK(c.cycles.busy == 30 * 4 + 7);  // and seven further O rows
    CHECK(c.cycles.wait_v == first_mac - 2);
    CHECK(c.cycles.total() == 300);
    CHECK(c.v_rows_read == 60);
    CHECK(c.v_atoms_read == 120);
    CHECK(c.v_rows_needed == 240);
    CHECK(c.macs == 240 * 64);
    CHECK(c.v_rows_distinct == 60);
    CHECK(b.releases.items.size() == 60);
    CHECK(b.releases.items[0].item.what == fetch_item::kind::release);
    CHECK(b.releases.items[0].item.atoms == 2);
    CHECK(b.unit.waits_for().empty());
    b.check_links();
}

TEST_CASE("fewer V port bytes a cycle than the MACs take: the port is the bottleneck") {
    params p;
    p.vpu.v_port_bytes = 8;
    v_pu_bench b(p);
    b.stream(b.maker.make(), 30);
    b.run_until(400);
    REQUIRE(b.o.items.size() == 8);
    // A V row of 64 B takes 8 cycles: its last atom is asked for at 6 + 8 k, its data can be used three edges later.
    CHECK(b.o.items[0].cycle == 9 + 29 * 8 + 3 + p.vpu.pipeline_latency);
    b.check_links();
}

TEST_CASE("a round lasts ceil(d / macs_per_row) cycles, and padding passes no port") {
    params p;
    v_pu_bench b(p);
    b.maker.head_dim = 80;  // 5 cycles; 96 B in 3 atoms, the last half empty
    for (auto& m : b.memory)
        m->immediate = true;
    b.stream(b.maker.make(), 30);
    b.run_until(400);
    REQUIRE(b.o.items.size() == 8);
    // Third atom asked for at 6, usable at 9.
    CHECK(b.o.items[0].cycle == 9 + 30 * 5 - 1 + p.vpu.pipeline_latency);
    CHECK(b.unit.counters().v_atoms_read == 180);
    b.check_links();
}

TEST_CASE("the last cycle of a round counts though it has work for half of the MACs only") {
    params p;
    p.vpu.v_port_bytes = 32;  // the port is no bottleneck
    v_pu_bench b(p);
    b.maker.head_dim = 72;
    for (auto& m : b.memory)
        m->immediate = true;
    b.stream(b.maker.make(), 30);
    b.run_until(400);
    REQUIRE(b.o.items.size() == 8);
    // Three atoms asked for at 2, 3 and 4, the last one usable at 7; then 30 rounds of 16 + 16 + 16 + 16 + 8 dims.
    CHECK(b.o.items[0].cycle == 7 + 30 * 5 - 1 + p.vpu.pipeline_latency);
}

TEST_CASE("the output is that of the bytes read, with rescales in between") {
    params p;
    p.softmax.p_bits = 20;
    v_pu_bench b(p);
    const auto block = b.maker.make();
    numeric::softmax_row expected(64);
    const auto accumulate = [&](unsigned key) {
        std::array<std::int8_t, 64> v{};
        for (unsigned e = 0; e < 64; ++e)
            v[e] = static_cast<std::int8_t>(v_byte(block->rows[0].v_address + key * 64 + e));
        expected.accumulate(1000 + key, v.data());
    };
    b.rounds.at(1, b.round(block, {{0, 7}, {1, 9}}));
    round_item rescale;
    rescale.block = block;
    rescale.rows[0] = {row_work::kind::rescale, 0, 0, 1U << 18};
    b.rounds.at(1, rescale);
    b.rounds.at(1, b.round(block, {{0, 12}}, true));
    b.run_until(200);
    accumulate(7);
    expected.rescale(1U << 18, 20);
    accumulate(12);
    REQUIRE(b.o.items.size() == 8);
    for (unsigned e = 0; e < 64; ++e)
        CHECK(b.o.items[0].item.o[e] == expected.output(e, block->rows[0].v_scale));
    CHECK(b.o.items[2].item.o[0] == 0.0F);  // a row without pairs
    CHECK(b.unit.counters().rescales == 1);
    CHECK(b.unit.counters().rounds == 3);
    b.check_links();
}

TEST_CASE("V data still on their way hold the unit, which counts it") {
    params p;
    v_pu_bench b(p);
    for (auto& m : b.memory)
        m->ready = [&](std::uint64_t) { return b.clock.cycle() >= 100; };
    b.rounds.at(1, b.round(b.maker.make(), {{0, 3}}, true));
    b.run_until(90);
    CHECK(b.unit.waits_for().find("V row 3") != std::string::npos);
    b.run_until(200);
    REQUIRE(b.o.items.size() == 8);
    CHECK(b.o.items[0].cycle == 102 + 3 + p.vpu.pipeline_latency);
    b.unit.finish(200);
    CHECK(b.unit.counters().cycles.wait_v == 100);  // edges 2 to 101
    b.check_links();
}

TEST_CASE("an empty block ends, two blocks use two slots, and rows wait for the write-back unit") {
    params p;
    v_pu_bench b(p);
    b.o.credit = [](const o_row_item&) { return false; };
    for (std::uint64_t id = 0; id < 2; ++id) {
        b.maker.id = id;
        const auto block = b.maker.make();
        round_item empty;
        empty.block = block;
        empty.last_of_block = true;
        b.rounds.at(1, id == 0 ? empty : b.round(block, {{0, 1}}, true));
    }
    b.run_until(100);
    CHECK(b.o.items.size() == 8);  // the places of the FIFO
    CHECK(b.done.items.size() == 1);
    CHECK_FALSE(b.unit.waits_for().empty());
    for (unsigned i = 0; i < 8; ++i)
        b.o.give_credit();
    b.run_until(200);
    REQUIRE(b.o.items.size() == 16);
    CHECK(b.o.items[8].item.block->id == 1);
    REQUIRE(b.done.items.size() == 2);
    CHECK(b.done.items[1].item.block == 1);
    b.unit.finish(200);
    CHECK(b.unit.counters().rounds == 1);
    CHECK(b.unit.counters().cycles.stall_downstream > 70);
    CHECK(b.unit.counters().cycles.total() == 200);
}

TEST_CASE("random pauses of the memory change times, not values, and answers may come with END_REQ") {
    const unsigned seed = 11;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    params p;
    v_pu_bench b(p);
    for (auto& m : b.memory) {
        m->random = &random;
        m->pause = 0.4;
        m->immediate = true;
    }
    b.o.random = &random;
    b.o.pause = 0.5;
    const auto block = b.maker.make();
    b.stream(block, 25);
    b.run_until(2000);
    REQUIRE(b.o.items.size() == 8);
    for (unsigned r = 0; r < 8; ++r) {
        numeric::softmax_row expected(64);
        for (unsigned i = 0; i < 25; ++i) {
            std::array<std::int8_t, 64> v{};
            for (unsigned e = 0; e < 64; ++e)
                v[e] = static_cast<std::int8_t>(v_byte(block->rows[r].v_address + (2 * i + r % 2) * 64 + e));
            expected.accumulate(1000 + 2 * i + r % 2, v.data());
        }
        CHECK(b.o.items[r].item.o[63] == expected.output(63, 0.5));
    }
    CHECK(b.releases.items.size() == 50);
    b.check_links();
}
