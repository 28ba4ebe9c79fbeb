// Row blocks and tiles on their way through the machine, decode steps, masks. The ledger checks the rules at each item.
#include <algorithm>
#include <catch2/catch.hpp>

#include "model/dispatch/test_peers.h"

using namespace pade;
using namespace pade::dispatch_test;

namespace {

std::vector<std::uint32_t> closed_tiles(const ledger& book, std::uint64_t block) {
    std::vector<std::uint32_t> numbers;
    for (const auto& [at, item] : book.tiles)
        if (item.what == tile_item::kind::tile_close && item.block->id == block)
            numbers.push_back(item.tile);
    return numbers;
}

cycle_t first_admission(const ledger& book, std::uint64_t block) {
    for (const admission& a : book.admissions)
        if (a.block == block)
            return a.at;
    return 0;
}
cycle_t last_admission(const ledger& book, std::uint64_t block) {
    cycle_t last = 0;
    for (const admission& a : book.admissions)
        if (a.block == block)
            last = a.at;
    return last;
}
cycle_t command_edge(const ledger& book, query_command::kind what, std::uint64_t block) {
    for (const auto& [at, command] : book.commands)
        if (command.what == what && command.block->id == block)
            return at;
    return 0;
}

job_shape prefill(std::uint32_t queries, std::uint32_t keys) {
    job_shape shape;
    shape.queries = queries;
    shape.keys = keys;
    return shape;
}

using numbers = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("tiles close in head-tail order, with the pairs that were retained in them") {
    const params p = small_chip();
    peer_options o;
    // Key 0 mod 5 is retained; the others die, the early tiles late, so that tiles end in another order than they
    // began.
    o.dies_at = [](const block_row&, std::uint32_t key) { return key % 5 == 0 ? 8u : key < 32 ? 6u : 0u; };
    bench b(p, make_job(prefill(2, 75), p), o);
    REQUIRE(b.run() == "");
    CHECK(closed_tiles(b.book(), 0) == numbers{0, 4, 1, 3, 2});
    std::vector<std::uint32_t> retained;
    for (const auto& [at, item] : b.book().tiles)
        retained.push_back(item.retained);
    CHECK(retained == numbers{0, 8, 4, 6, 6, 6});  // block_begin, then keys 0..15, 64..74, 16..31, 48..63, 32..47
}

TEST_CASE("tiles that waited for an older one go on after it, one a cycle") {
    const params p = small_chip();
    peer_options o;
    o.dies_at = [](const block_row&, std::uint32_t key) { return key < 16 ? 6u : 0u; };
    bench b(p, make_job(prefill(2, 48), p), o);
    REQUIRE(b.run() == "");
    const auto& items = b.book().tiles;
    REQUIRE(items.size() == 4);
    CHECK(items[1].first == b.stubs->verdicts_sent.back().first);
    CHECK(items[2].first == items[1].first + 1);
    CHECK(items[3].first == items[1].first + 2);
}

TEST_CASE("no barrier between tiles: the next one opens while the one before is open") {
    params p = small_chip();
    bench b(p, make_job(prefill(2, 128), p), {});
    REQUIRE(b.run() == "");
    CHECK(b.book().most_open > 2);
    CHECK(b.unit->counters().blocked_tiles == 0);
}

namespace {

void check_open_tiles(unsigned limit) {
    params p = small_chip();
    p.dispatch.open_tiles = limit;
    bench b(p, make_job(prefill(4, 128), p), {});
    REQUIRE(b.run() == "");
    CHECK(b.book().most_open == limit);
    CHECK(b.unit->counters().blocked_tiles > 0);
}

}  // namespace

TEST_CASE("open_tiles 1") {
    check_open_tiles(1);
}
TEST_CASE("open_tiles 2") {
    check_open_tiles(2);
}
TEST_CASE("open_tiles 3") {
    check_open_tiles(3);
}

TEST_CASE("above the high water mark no key is admitted while the queue holds a closed tile") {
    params p = small_chip();
    peer_options o;
    o.levels = {{7, true, true}, {200, true, false}, {300, false, false}};
    bench b(p, make_job(prefill(2, 64), p), o);
    REQUIRE(b.run() == "");
    unsigned early = 0;
    unsigned oldest = 0;
    for (const admission& a : b.book().admissions) {
        early += a.at < 8 ? 1 : 0;
        oldest += a.at > 200 && a.at <= 300 ? 1 : 0;
        CHECK((a.at < 8 || a.at > 200));
    }
    CHECK(early == 4);    // loaded at edge 7: one key a column
    CHECK(oldest == 12);  // the other keys of the first tile, but no further tile is opened
}

TEST_CASE("two blocks in flight: keys of the next one follow, the one after waits for O to leave the V-PU") {
    const params p = small_chip();
    peer_options o;
    o.leave_cycles = 400;
    bench b(p, make_job(prefill(8, 16), p), o);
    REQUIRE(b.run() == "");
    ledger& book = b.book();
    CHECK(b.unit->counters().blocks == 4);
    CHECK(first_admission(book, 1) < b.stubs->left_visible[0]);
    for (std::uint64_t block = 2; block < 4; ++block) {
        CHECK(command_edge(book, query_command::kind::load, block) == b.stubs->left_visible[block - 2]);
        CHECK(first_admission(book, block) == b.stubs->loaded_visible[block]);
    }
}

TEST_CASE("the next block's keys follow when the last key of a block is admitted") {
    params p = small_chip();
    p.lane.scoreboard_entries = 2;
    peer_options o;
    o.load_cycles = 1;
    bench b(p, make_job(prefill(4, 64), p), o);
    REQUIRE(b.run() == "");
    CHECK(first_admission(b.book(), 1) >= b.stubs->loaded_visible[1]);
    for (unsigned column = 0; column < 4; ++column) {
        cycle_t last = 0;
        cycle_t next = 0;
        for (const admission& a : b.book().admissions)
            if (a.column == column && a.block == 0)
                last = a.at;
            else if (a.column == column && next == 0)
                next = a.at;
        CHECK(next > last);
    }
    CHECK(first_admission(b.book(), 1) < b.stubs->left_visible[0]);
}

TEST_CASE("one block in flight") {
    params p = small_chip();
    p.rows.blocks_in_flight = 1;
    bench b(p, make_job(prefill(6, 32), p), {});
    REQUIRE(b.run() == "");
    for (std::uint64_t block = 1; block < 3; ++block) {
        CHECK(command_edge(b.book(), query_command::kind::load, block) == b.stubs->left_visible[block - 1]);
        CHECK(first_admission(b.book(), block) > last_admission(b.book(), block - 1));
    }
}

TEST_CASE("ISTA off: one block is alive at a time, and keys ascend") {
    params p = small_chip();
    p.ista.enabled = false;
    bench b(p, make_job(prefill(4, 64), p), {});
    REQUIRE(b.run() == "");
    CHECK(closed_tiles(b.book(), 0) == numbers{0, 1, 2, 3});
    CHECK(first_admission(b.book(), 1) > b.stubs->left_visible[0]);
}

namespace {

/// Blocks whose queries have been fetched, but not loaded, at most.
std::size_t most_prefetched(const params& p) {
    job_shape shape = prefill(20, 16);
    shape.head_dim = 256;
    peer_options o;
    o.leave_cycles = 300;
    bench b(p, make_job(shape, p), o);
    REQUIRE(b.run() == "");
    std::size_t held = 0;
    std::size_t most = 0;
    for (const auto& [at, command] : b.book().commands) {
        held += command.what == query_command::kind::fetch ? 1 : 0;
        most = std::max(most, held);
        held -= command.what == query_command::kind::load ? 1 : 0;
    }
    return most;
}

}  // namespace

TEST_CASE("queries are prefetched as far as q_prefetch_blocks") {
    params p = small_chip();
    p.buffer.q_prefetch_blocks = 3;
    CHECK(most_prefetched(p) == 3);
}
TEST_CASE("queries are prefetched as far as half the Q buffer holds") {
    params p = small_chip();
    p.rows.count = 4;
    p.buffer.q_bytes = 4096;  // half of it: two blocks of 4 x 256 B
    CHECK(most_prefetched(p) == 2);
}

TEST_CASE("causal: masked pairs take no entry, tile lists end at the newest visible tile") {
    const params p = small_chip();
    job_shape shape = prefill(4, 40);
    shape.causal = true;
    shape.causal_offset = 15;  // query i sees keys 0 .. i + 15
    bench b(p, make_job(shape, p), {});
    REQUIRE(b.run() == "");
    const dispatch_head_counters& head = b.unit->counters().heads[0];
    CHECK(head.pairs == 4 * 40);
    CHECK(head.masked == 4 * 40 - (16 + 17 + 18 + 19));
    CHECK(b.unit->pairs_ended() == 16 + 17 + 18 + 19);
    CHECK(closed_tiles(b.book(), 0) == numbers{0, 1});
    CHECK(closed_tiles(b.book(), 1) == numbers{0, 1});
    for (const admission& a : b.book().admissions)
        if (a.block == 0)
            CHECK(a.rows == (a.key < 16 ? 3 : 2));
        else
            CHECK(a.rows == (a.key < 18 ? 3 : 2));
}

namespace {

job_shape decode(std::uint32_t steps, std::uint32_t keys, std::uint32_t kv_heads, std::uint32_t group) {
    job_shape shape;
    shape.phase = job_phase::decode;
    shape.queries = steps;
    shape.keys = keys;
    shape.kv_heads = kv_heads;
    shape.group = group;
    shape.causal = true;
    shape.causal_offset = static_cast<std::int32_t>(keys - steps);
    return shape;
}

void check_steps(bool keep_kv) {
    params p = small_chip();
    p.decode.keep_kv = keep_kv;
    peer_options o;
    o.write_cycles = 100;
    bench b(p, make_job(decode(3, 20, 1, 4), p), o);  // 2 blocks a step
    REQUIRE(b.run() == "");
    CHECK(b.unit->counters().blocks == 6);
    CHECK(b.unit->counters().flushes == (keep_kv ? 0 : 2));
    for (std::uint64_t step = 1; step < 3; ++step) {
        const cycle_t begun = command_edge(b.book(), query_command::kind::fetch, 2 * step);
        CHECK(begun == b.stubs->written_visible[2 * step - 1]);
        const auto& edges = b.book().fetched_at;
        // Nothing is fetched between the end of a step and its successor's begin.
        CHECK(std::none_of(edges.begin(), edges.end(), [&](cycle_t at) {
            return at > last_admission(b.book(), 2 * step - 1) + 300 && at < begun;
        }));
        CHECK(std::any_of(edges.begin(), edges.end(), [&](cycle_t at) { return at > begun; }));
    }
}

}  // namespace

TEST_CASE("decode: nothing is requested before the O of the step before is written, each step begins with a flush") {
    check_steps(false);
}
TEST_CASE("decode: keep_kv, no flush") {
    check_steps(true);
}

TEST_CASE("decode, MHA: each row of a block has its own K stream") {
    params p = small_chip();
    p.rows.count = 4;
    bench b(p, make_job(decode(1, 12, 4, 1), p), {});
    REQUIRE(b.run() == "");
    CHECK(b.unit->counters().blocks == 1);
    REQUIRE(b.book().admissions.size() == 4 * 12);
    CHECK(b.book().deliveries.size() == 4 * 12 * 8);
    CHECK(b.book().fetches.size() == 4 * 3 * 8);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> order;
    for (const admission& a : b.book().admissions) {
        CHECK(a.rows == 1u << a.kv);
        if (a.column == 0)
            order.emplace_back(a.key, a.kv);
    }
    // One key a column and cycle; the keys of one number follow each other.
    const decltype(order) wanted = {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {4, 0}, {4, 1},
                                    {4, 2}, {4, 3}, {8, 0}, {8, 1}, {8, 2}, {8, 3}};
    CHECK(order == wanted);
    for (const auto& group : b.unit->counters().groups) {
        CHECK(group.keys == 12);
        CHECK(group.planes_fetched == 12 * 8);
    }
}

TEST_CASE("decode, GQA: two KV heads share a block") {
    params p = small_chip();
    p.rows.count = 4;
    bench b(p, make_job(decode(1, 12, 2, 2), p), {});
    REQUIRE(b.run() == "");
    REQUIRE(b.book().admissions.size() == 2 * 12);
    for (const admission& a : b.book().admissions)
        CHECK(a.rows == (a.kv == 0 ? 3 : 12));
}

TEST_CASE("first admission and last O are those of the KV head") {
    const params p = small_chip();
    peer_options o;
    o.leave_cycles = 100;
    job_shape shape = prefill(2, 16);
    shape.kv_heads = 2;
    bench b(p, make_job(shape, p), o);
    REQUIRE(b.run() == "");
    const auto& groups = b.unit->counters().groups;
    for (std::uint64_t kv = 0; kv < 2; ++kv) {
        CHECK(groups[kv].first_admission == first_admission(b.book(), kv));
        CHECK(groups[kv].last_output == b.stubs->written_visible[kv]);
    }
    CHECK(groups[0].last_output < groups[1].last_output);
}

namespace {

void check_second_job(const job_shape& shape) {
    const params p = small_chip();
    peer_options o;
    o.jobs = 3;
    bench b(p, make_job(shape, p), o);
    REQUIRE(b.run() == "");  // the ledger asks for a flush before the first fetch of a further job
    CHECK(b.book().flushes >= 2);
}

}  // namespace

TEST_CASE("a further job: block numbers go on, the KV buffer is flushed") {
    check_second_job(prefill(5, 20));
}
TEST_CASE("a further decode job") {
    check_second_job(decode(2, 20, 2, 1));
}
