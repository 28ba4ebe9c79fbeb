#include "model/vpu/write_back.h"

#include <cstring>

#include "model/numeric/online_softmax.h"
#include "model/vpu/vpu_test_peers.h"
#include "tlm/protocol_checker.h"

using namespace pade;
using namespace pade_test;

namespace {

struct rows_observer : sc_core::sc_module, tlm::tlm_analysis_if<o_row_event> {
    explicit rows_observer(sc_core::sc_module_name name) : sc_module(name) {}
    void write(const o_row_event& event) override { seen.emplace_back(event.row, event.o[0]); }
    std::vector<std::pair<unsigned, float>> seen;
};

struct write_back_bench : bench {
    params p;
    block_maker maker;
    source<o_row_item> rows;
    write_back unit;
    protocol_checker checker{"checker"};
    memory_stub memory;
    sink<done_item> done{"done"};
    rows_observer observer{"observer"};

    explicit write_back_bench(const params& parameters, unsigned memory_latency = 5)
        : p(parameters),
          rows("rows", 1, o_fifo_places(p.rows.count)),
          unit("unit", p.output, p.rows, p.link),
          memory("memory", memory_latency) {
        clock_it(rows);
        clock_it(unit);
        clock_it(memory);
        clock_it(done);
        rows.out.bind(unit.o);
        unit.memory.bind(checker.in);
        checker.out.bind(memory.socket);
        unit.done.bind(done.in);
        unit.rows_out.bind(observer);
        maker.o_bytes = p.output.bytes;
    }
    static float element(unsigned row, unsigned e) { return static_cast<float>(row + 1) + static_cast<float>(e) / 7; }
    void block(cycle_t cycle, const block_ptr& b) {
        for (unsigned r = 0; r < b->rows.size(); ++r) {
            o_row_item item;
            item.block = b;
            item.row = static_cast<std::uint8_t>(r);
            item.last_of_block = r + 1 == b->rows.size();
            for (unsigned e = 0; e < b->head_dim; ++e)
                item.o[e] = element(r, e);
            rows.at(cycle, item);
        }
    }
};

void image_is_right(unsigned bytes) {
    params p;
    p.output.bytes = bytes;
    write_back_bench b(p);
    b.maker.head_dim = 24;  // FP16: 48 B of 64; FP32: 96 B
    const auto block = b.maker.make();
    b.block(1, block);
    b.run_until(2000);
    CHECK(b.memory.written.size() == 8 * block->o_row_bytes);
    for (unsigned r = 0; r < 8; ++r) {
        for (unsigned e = 0; e < block->o_row_bytes / bytes; ++e) {
            unsigned char got[4] = {};
            for (unsigned i = 0; i < bytes; ++i)
                got[i] = b.memory.written.at(block->rows[r].o_address + e * bytes + i);
            const float value = e < 24 ? write_back_bench::element(r, e) : 0.0F;
            unsigned char expected[4] = {};
            const std::uint16_t half = numeric::to_fp16(value);
            std::memcpy(expected, bytes == 2 ? static_cast<const void*>(&half) : &value, bytes);
            CHECK(std::memcmp(got, expected, 4) == 0);
        }
    }
    for (const auto& [address, times] : b.memory.times_written)
        CHECK(times == 1);
    b.unit.finish(2000);
    const auto& c = b.unit.counters();
    CHECK(c.o_rows == 8);
    CHECK(c.atoms_written == 8 * block->o_row_bytes / 32);
    CHECK(c.bytes_data == 8 * 24 * bytes);
    CHECK(c.bytes_data + c.bytes_padding == 32 * c.atoms_written);
    CHECK(c.cycles.total() == 2000);
    CHECK(b.observer.seen.size() == 8);
    CHECK(b.observer.seen[3] == std::make_pair(3U, 4.0F));
    CHECK(b.unit.waits_for().empty());
    b.checker.finish();
    CHECK(b.checker.clean());
}

void done_comes_after(unsigned link_latency) {
    params p;
    p.link.latency = link_latency;
    write_back_bench b(p, 30);
    b.block(1, b.maker.make());
    b.run_until(2000);
    REQUIRE(b.done.items.size() == 1);
    CHECK(b.done.items[0].item.what == done_item::kind::written);
    // The last answer comes at some edge, is seen at the next, and `done` link_latency edges later.
    CHECK(b.memory.answers.size() == 32);
    CHECK(b.done.items[0].cycle == b.memory.answers.back() + 1 + link_latency);
}

}  // namespace

TEST_CASE("O rows are written as FP16 with zero padding") {
    image_is_right(2);
}
TEST_CASE("O rows are written as FP32 with zero padding") {
    image_is_right(4);
}
TEST_CASE("written is said link.latency cycles after the last answer: 1") {
    done_comes_after(1);
}
TEST_CASE("written is said link.latency cycles after the last answer: 7") {
    done_comes_after(7);
}

TEST_CASE("at most output.writes_in_flight writes are unanswered") {
    params p;
    p.output.writes_in_flight = 3;
    write_back_bench b(p, 40);
    b.block(1, b.maker.make());
    b.run_until(40);
    CHECK_FALSE(b.unit.waits_for().empty());
    b.run_until(3000);
    CHECK(b.memory.most_in_flight == 3);
    CHECK(b.done.items.size() == 1);
    b.unit.finish(3000);
    CHECK(b.unit.counters().cycles.stall_downstream > 100);
}

TEST_CASE("blocks are written in order under random back-pressure") {
    const unsigned seed = 5;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    params p;
    write_back_bench b(p, 20);
    b.memory.random = &random;
    b.memory.pause = 0.5;
    b.memory.immediate = true;
    for (std::uint64_t id = 0; id < 4; ++id) {
        b.maker.id = id;
        b.block(1 + id * 10, b.maker.make());
    }
    b.run_until(5000);
    REQUIRE(b.done.items.size() == 4);
    for (std::uint64_t id = 0; id < 4; ++id)
        CHECK(b.done.items[id].item.block == id);
    CHECK(b.memory.times_written.size() == 4 * 32);
    CHECK(b.rows.credits_given == 32);
    CHECK(b.unit.counters().done_items_out == 4);
    b.checker.finish();
    CHECK(b.checker.clean());
}
