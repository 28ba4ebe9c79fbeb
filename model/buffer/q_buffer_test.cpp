// Q buffer alone: fetch ahead, load, capacity, hits and misses, bytes, protocol.
#include "model/buffer/q_buffer.h"

#include "testbench/unit/memory_peers.h"

using namespace pade;
using namespace pade::test;

namespace {

struct q_bench {
    rows_params rows;
    buffer_params buffer;
    link_params link;
    bench_clock clock;
    std::unique_ptr<q_buffer> q;
    item_source<query_command> commands{"commands"};
    item_sink<query_loaded> loaded{"loaded"};
    std::vector<std::unique_ptr<item_sink<query_item>>> row;
    std::unique_ptr<memory_stub> memory;
    checked_links links;

    void build(unsigned latency = 20, unsigned spread = 0, hesitation h = {}) {
        q = std::make_unique<q_buffer>("q_buffer", buffer, rows, link);
        memory = std::make_unique<memory_stub>("memory", latency, spread, h);
        clock.drive(*q);
        clock.drive(commands);
        clock.drive(*memory);
        commands.out.bind(q->commands);
        q->loaded.bind(loaded.in);
        for (unsigned r = 0; r < rows.count; ++r) {
            row.push_back(std::make_unique<item_sink<query_item>>(sc_core::sc_gen_unique_name("row")));
            q->rows_out[r].bind(row.back()->in);
        }
        links.bind(q->memory, memory->socket);
    }
    /// A block whose valid rows are the bits of `valid`. Queries of different blocks and rows never overlap.
    block_ptr block(std::uint64_t id, unsigned head_dim, unsigned valid) const {
        auto b = std::make_shared<block_info>();
        b->id = id;
        b->head_dim = head_dim;
        b->row_bytes = (head_dim + 31) / 32 * 32;
        b->rows.resize(rows.count);
        for (unsigned r = 0; r < rows.count; ++r) {
            b->rows[r].valid = (valid >> r & 1) != 0;
            b->rows[r].kv = r % 2;
            b->rows[r].q_address = (id * 16 + r) * 256;
        }
        return b;
    }
    void fetch(cycle_t at, const block_ptr& b) { command(at, b, query_command::kind::fetch); }
    void load(cycle_t at, const block_ptr& b) { command(at, b, query_command::kind::load); }
    void finish(cycle_t cycle) {
        clock.run_to(cycle);
        q->finish(cycle);
        links.expect_clean();
        const q_buffer_counters& c = q->counters();
        std::uint64_t sum = 0;
        for (const auto n : c.in)
            sum += n;
        CHECK(sum == c.cycles);
        CHECK(c.bytes_read == c.bytes_used + c.bytes_unused + c.bytes_padding);
        std::uint64_t by_head = 0;
        for (const auto n : c.bytes_read_per_head)
            by_head += n;
        CHECK(by_head == c.bytes_read);
        CHECK(c.memory.transactions == memory->requests.size());
    }
    static bool data_ok(const query_item& item) {
        const std::uint64_t address = item.block->rows[item.row].q_address;
        for (unsigned i = 0; i < item.block->head_dim; ++i)
            if (item.q[i] != static_cast<std::int8_t>(pattern(address + i)))
                return false;
        return true;
    }

  private:
    void command(cycle_t at, const block_ptr& b, query_command::kind what) {
        query_command c;
        c.what = what;
        c.block = b;
        commands.at(at, c);
    }
};

void load_latency_is(unsigned read_latency, unsigned link_latency) {
    q_bench b;
    b.buffer.read_latency = read_latency;
    b.link.latency = link_latency;
    b.build();
    const auto block = b.block(3, 64, 0xff);
    b.fetch(10, block);
    b.load(100, block);
    b.finish(200);
    REQUIRE(b.loaded.items.size() == 1);
    CHECK(b.loaded.items[0].block == 3);
    CHECK(b.loaded.items[0].visible == 100 + read_latency - 1 + link_latency);
    for (const auto& row : b.row) {
        REQUIRE(row->items.size() == 1);
        CHECK(row->items[0].visible == 100 + read_latency - 1 + link_latency);
        CHECK(b.data_ok(row->items[0]));
    }
}

}  // namespace

TEST_CASE("a loaded block is seen by all rows at once, one cycle later") {
    load_latency_is(1, 1);
}
TEST_CASE("a loaded block is seen one cycle later with read latency 2") {
    load_latency_is(2, 1);
}
TEST_CASE("a loaded block is seen later with link latency 3") {
    load_latency_is(1, 3);
}

TEST_CASE("reads are pipelined, one a cycle, and only valid rows are fetched and sent") {
    q_bench b;
    b.build();
    const auto block = b.block(1, 80, 0b10010110);
    b.fetch(10, block);
    b.load(11, block);
    b.finish(100);
    // 4 rows of 96 B: 12 atoms from edge 10 on; the last answer comes at 21 + 20, is seen and sent on at 42.
    REQUIRE(b.memory->requests.size() == 12);
    for (unsigned i = 0; i < 12; ++i)
        CHECK(b.memory->requests[i].time == sc_core::sc_time(10 + i, sc_core::SC_NS));
    for (unsigned r = 0; r < 8; ++r) {
        REQUIRE(b.row[r]->items.size() == ((0b10010110u >> r) & 1));
        if (!b.row[r]->items.empty()) {
            CHECK(b.row[r]->items[0].visible == 43);
            CHECK(b.row[r]->items[0].row == r);
            CHECK(b.data_ok(b.row[r]->items[0]));
        }
    }
    const q_buffer_counters& c = b.q->counters();
    CHECK(c.q_misses == 4);
    CHECK(c.q_hits == 0);
    CHECK(c.bytes_used == 4 * 80);
    CHECK(c.bytes_padding == 4 * 16);
    CHECK(c[q_state::loading] == 1);
    CHECK(c[q_state::stall_data] == 31);  // 11 to 41
    CHECK(c[q_state::fetching] == 1);     // 10
    CHECK(b.commands.credits == std::vector<cycle_t>{10, 11});
}

TEST_CASE("a block that is complete when its load comes is a hit for each of its queries, else a miss") {
    q_bench b;
    b.build();
    const auto one = b.block(1, 64, 0xff);  // 16 atoms: the last answer at 45, complete at 46
    const auto two = b.block(2, 64, 0x0f);  // 8 more: complete at 54
    b.fetch(10, one);
    b.fetch(10, two);
    b.load(46, one);
    b.load(53, two);
    b.finish(100);
    CHECK(b.q->counters().q_hits == 8);
    CHECK(b.q->counters().q_misses == 4);
    REQUIRE(b.loaded.items.size() == 2);
    CHECK(b.loaded.items[0].visible == 47);
    CHECK(b.loaded.items[1].visible == 55);
}

TEST_CASE("fetches that do not fit wait for a load, which they do not hold up") {
    q_bench b;
    b.buffer.q_bytes = 4096;
    b.build();
    std::vector<block_ptr> blocks;
    for (unsigned i = 0; i < 4; ++i) {
        blocks.push_back(b.block(i, 256, 0xff));  // 2048 B each
        b.fetch(10, blocks.back());
    }
    b.load(200, blocks[0]);
    b.load(300, blocks[1]);
    b.clock.run_to(190);
    CHECK(b.memory->requests.size() == 128);
    CHECK_THAT(b.q->waits_for(), Catch::Contains("fetch of block 2 waits for room (4096 of 4096 B held)"));
    b.clock.run_to(290);
    CHECK(b.memory->requests.size() == 192);
    CHECK(b.loaded.items.size() == 1);
    b.load(500, blocks[2]);
    b.finish(600);
    CHECK(b.memory->requests.size() == 256);
    CHECK(b.loaded.items.size() == 3);
    CHECK(b.q->counters().q_hits == 24);
    CHECK(b.q->counters().bytes_held_peak == 4096);
    CHECK(b.q->counters().fetch_blocked == 290);  // 10 to 199 for the third, 200 to 299 for the fourth
    CHECK(b.q->counters().bytes_unused == 2048);  // the fourth is never loaded
    CHECK_FALSE(b.q->idle());
}

namespace {

void random_stalls(unsigned seed, double at_once) {
    INFO("seed " << seed);
    q_bench b;
    b.buffer.q_bytes = 4096;
    b.build(15, 40, {0.3, 0.4, 6, seed, at_once});
    std::mt19937 random(seed);
    std::uint64_t queries = 0;
    cycle_t at = 10;
    std::deque<block_ptr> ahead;
    for (unsigned i = 0; i < 200; ++i) {
        const unsigned valid = 1 + static_cast<unsigned>(random() % 255);
        queries += static_cast<std::uint64_t>(__builtin_popcount(valid));
        ahead.push_back(b.block(i, 1 + static_cast<unsigned>(random() % 256), valid));
        b.fetch(at, ahead.back());
        if (ahead.size() == 4 || i == 199) {
            do {
                b.load(at += random() % 100, ahead.front());
                ahead.pop_front();
            } while (i == 199 && !ahead.empty());
        }
        at += random() % 50;
    }
    b.finish(at + 20000);
    CHECK(b.q->idle());
    CHECK(b.q->waits_for().empty());
    REQUIRE(b.loaded.items.size() == 200);
    for (unsigned i = 0; i < 200; ++i)
        CHECK(b.loaded.items[i].block == i);
    std::uint64_t seen = 0;
    for (const auto& row : b.row) {
        for (const auto& item : row->items)
            CHECK(b.data_ok(item));
        seen += row->items.size();
    }
    CHECK(seen == queries);
    CHECK(b.q->counters().q_hits + b.q->counters().q_misses == queries);
    CHECK(b.q->counters().q_hits > 0);
    CHECK(b.q->counters().q_misses > 0);
    CHECK(b.q->counters().bytes_unused == 0);
    CHECK((b.memory->answered_at_once > 100) == (at_once > 0));
}

}  // namespace

TEST_CASE("random stalls of the memory: every query comes whole and in order") {
    random_stalls(5, 0);
}
TEST_CASE("so does it from a memory that answers half of its requests at once") {
    random_stalls(6, 0.5);
}
