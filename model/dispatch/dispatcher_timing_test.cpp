// Each edge at which something is seen, and at which it has its effect: at N, not at N - 1.
#include <catch2/catch.hpp>

#include "model/dispatch/test_peers.h"

using namespace pade;
using namespace pade::dispatch_test;

namespace {

/// Follows one block of one key (and a second block) through the machine; `link` is the latency of all streams in both
/// directions but planes and verdicts.
void check_chain(unsigned link, unsigned deliver, unsigned verdict_latency, bool peers_first) {
    params p = small_chip();
    p.rows.count = 1;
    p.rows.blocks_in_flight = 1;
    p.link.latency = link;
    p.dispatch.deliver_latency = deliver;
    p.lane.verdict_latency = verdict_latency;
    p.dispatch.unconditional_planes = 2;
    job_shape shape;
    shape.queries = 2;
    shape.keys = 1;
    shape.head_dim = 256;
    peer_options o;
    o.link = link;
    o.fetch_cycles = [link](std::uint32_t, std::uint32_t, unsigned) { return cycle_t{20 + link}; };
    o.dies_at = [](const block_row&, std::uint32_t) { return 2u; };
    bench b(p, make_job(shape, p), o, peers_first);
    REQUIRE(b.run() == "");  // also that each item sent at edge n is to be seen at n + its latency
    ledger& book = b.book();
    const peers& s = *b.stubs;

    // start seen -> queries fetched -> loaded one cycle later (one command a cycle).
    CHECK(book.commands[0].first == s.start_visible);
    CHECK(book.commands[1].first == s.start_visible + 1);
    CHECK(book.commands[1].second.what == query_command::kind::load);
    // loaded seen -> block begins, key admitted, its unconditional planes fetched.
    CHECK(book.tiles[0].first == s.loaded_visible[0]);
    CHECK(book.tiles[0].second.what == tile_item::kind::block_begin);
    CHECK(book.admissions[0].at == s.loaded_visible[0]);
    CHECK(book.fetched_at[0] == s.loaded_visible[0]);
    CHECK(book.fetched_at[1] == s.loaded_visible[0]);
    // atom seen -> read; answer -> delivered at the next edge; taken by the lane deliver edges after that.
    CHECK(s.reads[0][0] == s.arrivals[0].first);
    CHECK(s.answers[0][0] == s.reads[0][0] + 1);
    CHECK(book.deliveries[0].at == s.answers[0][0] + 1);
    CHECK(s.credits[0].first == book.deliveries[0].at + deliver);
    CHECK(s.verdicts_sent[0].first == s.credits[0].first + verdict_latency);
    // verdict seen -> the next plane is read when it is there, fetched when it is not.
    CHECK(s.arrivals[1].first <= s.verdicts_sent[0].first);
    CHECK(s.reads[0][1] == s.verdicts_sent[0].first);
    CHECK(book.fetched_at[2] == s.verdicts_sent[1].first);
    CHECK(s.reads[0][2] == s.arrivals[2].first);
    // last verdict seen -> the tile closes; O has left the V-PU -> the next block; all O written -> finished.
    CHECK(book.tiles[1].first == s.verdicts_sent[2].first);
    CHECK(book.tiles[1].second.what == tile_item::kind::tile_close);
    CHECK(book.commands[3].second.what == query_command::kind::load);
    CHECK(book.commands[3].first == s.left_visible[0]);
    CHECK(book.finished_at == s.written_visible[1]);
}

}  // namespace

TEST_CASE("the chain of edges, all latencies 1") {
    check_chain(1, 1, 1, false);
}
TEST_CASE("the chain of edges, all latencies 1, peers constructed first") {
    check_chain(1, 1, 1, true);
}
TEST_CASE("the chain of edges, link.latency 2") {
    check_chain(2, 1, 1, false);
}
TEST_CASE("the chain of edges, link.latency 5, peers constructed first") {
    check_chain(5, 1, 1, true);
}
TEST_CASE("the chain of edges, dispatch.deliver_latency 2") {
    check_chain(1, 2, 1, false);
}
TEST_CASE("the chain of edges, dispatch.deliver_latency 4, peers constructed first") {
    check_chain(1, 4, 1, true);
}
TEST_CASE("the chain of edges, lane.verdict_latency 3") {
    check_chain(1, 1, 3, false);
}

namespace {

/// A FIFO place that is given back at edge n serves a read at n + 1.
void check_credit(bool peers_first) {
    params p = small_chip();
    p.rows.count = 1;
    p.lane.fifo_planes = 1;
    job_shape shape;
    shape.keys = 8;
    shape.head_dim = 256;
    peer_options o;
    o.lanes_from = 200;
    o.dies_at = [](const block_row&, std::uint32_t) { return 0u; };
    bench b(p, make_job(shape, p), o, peers_first);
    REQUIRE(b.run() == "");
    REQUIRE(b.stubs->reads[0].size() == 2);
    CHECK(b.stubs->credits[0].first == 200);
    CHECK(b.stubs->reads[0][1] == 201);
}

/// Above the high water mark from the edge on at which the word of it is seen: `visible`.
void check_level(cycle_t visible, std::size_t admitted_before) {
    params p = small_chip();
    p.rows.count = 1;
    p.lane.scoreboard_entries = 32;
    job_shape shape;
    shape.keys = 64;  // 4 tiles of 4 keys a column: one admission an edge and column from edge `first` on
    peer_options o;
    o.levels = {{visible - 1, true, false}, {399, false, false}};
    bench b(p, make_job(shape, p), o);
    REQUIRE(b.run() == "");
    const cycle_t first = b.stubs->loaded_visible[0];
    REQUIRE(first == 7);
    std::size_t before = 0;
    std::size_t at_end = 0;
    for (const admission& a : b.book().admissions) {
        before += a.column == 0 && a.at < 400 ? 1 : 0;
        at_end += a.column == 0 && a.at == 400 ? 1 : 0;
    }
    CHECK(before == admitted_before);
    CHECK(at_end == 1);
    CHECK(b.unit->counters().blocked_score_queue > 0);
}

}  // namespace

TEST_CASE("a FIFO place counts from the next edge on") {
    check_credit(false);
}
TEST_CASE("a FIFO place counts from the next edge on, peers constructed first") {
    check_credit(true);
}

TEST_CASE("fetches that wait for places at the KV buffer go at the edge after a place comes back") {
    params p = small_chip();
    p.rows.count = 1;
    p.link.latency = 8;
    p.dispatch.unconditional_planes = 8;
    p.dispatch.fetches_per_cycle = 64;
    job_shape shape;
    shape.keys = 12;  // three keys a column, admitted at three edges, 8 atoms each: 96 fetches for 64 places
    shape.head_dim = 256;
    peer_options o;
    o.link = 8;
    o.fetch_cycles = [](std::uint32_t, std::uint32_t, unsigned) { return cycle_t{300}; };
    bench b(p, make_job(shape, p), o);
    REQUIRE(b.run() == "");
    const std::vector<cycle_t>& at = b.book().fetched_at;
    REQUIRE(at.size() == 96);
    CHECK(at[31] == at[0]);
    CHECK(at[32] == at[0] + 1);
    CHECK(at[62] == at[0] + 1);  // the last place is kept for releases
    // Seen, and their places given back, at 8 and 9. Nothing else happens there: the places alone wake the dispatcher.
    CHECK(at[63] == at[0] + 9);
    CHECK(at[94] == at[0] + 9);
    CHECK(at[95] == at[0] + 10);
}

namespace {

/// An END_REQ that comes at edge n ends the request from n + 1 on, whoever runs first at n.
void check_late_end_req(bool peers_first) {
    params p = small_chip();
    p.rows.count = 1;
    peer_options o;
    o.dies_at = [](const block_row&, std::uint32_t) { return 0u; };
    o.port_places = 1;
    o.port_cycles = 3;
    o.first = peers_first;
    bench b(p, make_job({}, p), o);
    REQUIRE(b.run() == "");
    const std::vector<cycle_t>& reads = b.stubs->reads[0];
    REQUIRE(reads.size() == 4);
    // The second read finds no place; the first is answered at 3, so the second gets its END_REQ at 4, and its answer.
    CHECK(reads[1] == reads[0] + 1);
    CHECK(reads[2] == reads[0] + 5);
    CHECK(reads[3] == reads[0] + 6);
}

}  // namespace

TEST_CASE("a late END_REQ counts from the next edge on") {
    check_late_end_req(false);
}
TEST_CASE("a late END_REQ counts from the next edge on, peers run first") {
    check_late_end_req(true);
}

// The first tile (4 keys of column 0) is open and goes on; the second one opens at edge 11.
TEST_CASE("high water mark seen at edge 11: only the first tile") {
    check_level(11, 4);
}
TEST_CASE("high water mark seen at edge 12: one key of the second tile, then the oldest only") {
    // The second tile is open; it becomes the oldest one when the first has closed.
    check_level(12, 8);
}
