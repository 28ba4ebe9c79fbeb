// Admission, fetch and delivery: what the dispatcher does with the planes of keys. The ledger checks the rules at each
// item.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "model/dispatch/test_peers.h"
#include "model/errors.h"

using namespace pade;
using namespace pade::dispatch_test;

namespace {

using names = std::vector<std::string>;

auto dies_after(unsigned plane) {
    return [plane](const block_row&, std::uint32_t) { return plane; };
}

/// One row, keys of 256 dims: an atom holds one plane of one key.
params one_row() {
    params p = small_chip();
    p.rows.count = 1;
    return p;
}
job_shape keys_of_256(std::uint32_t keys) {
    job_shape shape;
    shape.keys = keys;
    shape.head_dim = 256;
    return shape;
}

}  // namespace

TEST_CASE("a plane is delivered once to all rows that ask for it") {
    const params p = small_chip();
    bench b(p, make_job({job_phase::prefill, 2, 16, 64, 1, 1, false, 0}, p), {});
    REQUIRE(b.run() == "");
    CHECK(b.book().deliveries.size() == 16 * 8);
    for (const delivery& d : b.book().deliveries)
        CHECK(d.rows == 3);
    CHECK(b.unit->counters().groups[0].planes_fetched == 16 * 8);
    CHECK(b.unit->counters().groups[0].keys == 16);
    CHECK(b.unit->pairs_ended() == 32);
    // Four keys share an atom, so three of four requests merge.
    CHECK(b.unit->counters().fetches == 4 * 8);
    CHECK(b.unit->counters().merged == 3 * 4 * 8);
}

TEST_CASE("a row that asks later costs another delivery") {
    const params p = small_chip();
    peer_options o;
    o.plane_cycles = [](unsigned row) { return cycle_t{row == 1 ? 30u : 1u}; };
    bench b(p, make_job({job_phase::prefill, 2, 1, 64, 1, 1, false, 0}, p), o);
    REQUIRE(b.run() == "");
    // Both rows take plane 0 at once and ask for plane 1 together; then row 1 falls behind.
    CHECK(b.book().deliveries.size() == 2 + 2 * 6);
    for (const delivery& d : b.book().deliveries)
        CHECK((d.rows == 3) == (d.plane < 2));
    CHECK(b.unit->counters().groups[0].planes_fetched == 8);
    // The atom stays pinned for the slow row: it is fetched once all the same.
    CHECK(b.book().fetches.size() == 8);
}

TEST_CASE("planes go on for the rows in which a key lives") {
    const params p = small_chip();
    peer_options o;
    o.dies_at = [](const block_row& row, std::uint32_t) { return row.query == 0 ? 2u : 8u; };
    bench b(p, make_job({job_phase::prefill, 2, 1, 64, 1, 1, false, 0}, p), o);
    REQUIRE(b.run() == "");
    REQUIRE(b.book().deliveries.size() == 8);
    for (const delivery& d : b.book().deliveries)
        CHECK(d.rows == (d.plane <= 2 ? 3 : 2));
}

namespace {

/// Fetched planes of one key that dies after `dies`, with `unconditional` planes fetched at its admission.
void check_fetched(unsigned unconditional, unsigned dies, unsigned fetched) {
    params p = one_row();
    p.dispatch.unconditional_planes = unconditional;
    peer_options o;
    o.dies_at = dies_after(dies);
    bench b(p, make_job(keys_of_256(1), p), o);
    REQUIRE(b.run() == "");
    REQUIRE(b.book().fetches.size() == fetched);
    CHECK(b.book().releases == fetched);
    const cycle_t admitted = b.book().admissions.front().at;
    for (unsigned plane = 0; plane < fetched; ++plane) {
        if (plane < unconditional) {
            CHECK(b.book().fetched_at[plane] == admitted);
        } else {
            // At the edge at which the row's wish for it is seen, and not one earlier.
            CHECK(b.stubs->verdicts_sent[plane - 1].second.plane == plane - 1);
            CHECK(b.book().fetched_at[plane] == b.stubs->verdicts_sent[plane - 1].first);
        }
    }
    CHECK(b.book().deliveries.size() == dies + 1);
}

}  // namespace

TEST_CASE("unconditional planes are fetched though the key dies at once") {
    check_fetched(3, 0, 3);
}
TEST_CASE("planes beyond the unconditional ones wait for a row that asks") {
    check_fetched(3, 4, 5);
}
TEST_CASE("one unconditional plane") {
    check_fetched(1, 2, 3);
}
TEST_CASE("all planes unconditional") {
    check_fetched(8, 5, 8);
}
TEST_CASE("in_order_single ignores unconditional_planes") {
    params p = one_row();
    p.dispatch.order = dispatch_order::in_order_single;
    peer_options o;
    o.dies_at = dies_after(0);
    bench b(p, make_job(keys_of_256(1), p), o);
    REQUIRE(b.run() == "");
    CHECK(b.book().fetches.size() == 1);
}

namespace {

/// Order of delivery in column 0, keys 0, 4, 8, all dead after plane 1; plane 0 of key 0 is late.
names order_with_late_key(dispatch_order order) {
    params p = one_row();
    p.dispatch.order = order;
    peer_options o;
    o.dies_at = dies_after(1);
    o.fetch_cycles = [](std::uint32_t, std::uint32_t key, unsigned plane) {
        return cycle_t{key == 0 && plane == 0 ? 200u : 20u};
    };
    bench b(p, make_job(keys_of_256(12), p), o);
    REQUIRE(b.run() == "");
    return b.order(0);
}

}  // namespace

TEST_CASE("out of order: a late plane holds up nobody") {
    CHECK(order_with_late_key(dispatch_order::out_of_order) == names{"4.0", "4.1", "8.0", "8.1", "0.0", "0.1"});
}
TEST_CASE("in order: planes are delivered in the order of request") {
    CHECK(order_with_late_key(dispatch_order::in_order) == names{"0.0", "4.0", "8.0", "0.1", "4.1", "8.1"});
}
TEST_CASE("in order, single: one key at a time") {
    CHECK(order_with_late_key(dispatch_order::in_order_single) == names{"0.0", "0.1", "4.0", "4.1", "8.0", "8.1"});
}

namespace {

/// Plane 0 of keys 16, 12, 8, 4, 0 arrive in this order in column 0, whose lane has one FIFO place and takes nothing
/// before all are there: the first goes at once, among the others the column chooses.
names order_of_choice(dispatch_pick pick, unsigned window) {
    params p = one_row();
    p.tile.keys = 32;
    p.lane.fifo_planes = 1;
    p.dispatch.pick = pick;
    p.dispatch.pick_window = window;
    peer_options o;
    o.dies_at = dies_after(0);
    o.lanes_from = 400;
    o.fetch_cycles = [](std::uint32_t, std::uint32_t key, unsigned) { return cycle_t{220 - key * 10}; };
    bench b(p, make_job(keys_of_256(20), p), o);
    REQUIRE(b.run() == "");
    return b.order(0);
}

}  // namespace

TEST_CASE("pick oldest_key") {
    CHECK(order_of_choice(dispatch_pick::oldest_key, 32) == names{"16.0", "0.0", "4.0", "8.0", "12.0"});
}
TEST_CASE("pick oldest_arrival") {
    CHECK(order_of_choice(dispatch_pick::oldest_arrival, 32) == names{"16.0", "12.0", "8.0", "4.0", "0.0"});
}
TEST_CASE("pick_window 1: no choice") {
    CHECK(order_of_choice(dispatch_pick::oldest_key, 1) == names{"16.0", "12.0", "8.0", "4.0", "0.0"});
}
TEST_CASE("pick_window 2: the older of the two that have waited longest") {
    CHECK(order_of_choice(dispatch_pick::oldest_key, 2) == names{"16.0", "8.0", "4.0", "0.0", "12.0"});
}
TEST_CASE("pick_window 3") {
    CHECK(order_of_choice(dispatch_pick::oldest_key, 3) == names{"16.0", "4.0", "0.0", "8.0", "12.0"});
}

TEST_CASE("a full scoreboard stops new keys, never planes of keys in it") {
    params p = one_row();
    p.lane.scoreboard_entries = 2;
    bench b(p, make_job(keys_of_256(16), p), {});
    REQUIRE(b.run() == "");
    CHECK(b.book().most_entries == 2);
    CHECK(b.unit->counters().blocked_entries > 0);
    CHECK(b.unit->pairs_ended() == 16);
}

TEST_CASE("joint admission: a key waits until each row that sees it has an entry") {
    params p = small_chip();
    p.lane.scoreboard_entries = 1;
    peer_options o;
    o.dies_at = [](const block_row& row, std::uint32_t) { return row.query == 0 ? 0u : 8u; };
    bench b(p, make_job({job_phase::prefill, 2, 16, 64, 1, 1, false, 0}, p), o);
    REQUIRE(b.run() == "");
    for (const admission& a : b.book().admissions)
        CHECK(a.rows == 3);
}

namespace {

void row_drifts(unsigned drift) {
    params p = small_chip();
    p.rows.count = 2;
    p.lane.scoreboard_entries = 2;
    p.tile.keys = 128;
    p.dispatch.admission = dispatch_admission::per_lane;
    peer_options o;
    o.plane_cycles = [](unsigned row) { return cycle_t{row == 1 ? 40u : 1u}; };
    p.dispatch.drift_keys = drift;
    bench b(p, make_job({job_phase::prefill, 2, 100, 64, 1, 1, false, 0}, p), o);
    REQUIRE(b.run() == "");
    std::vector<std::vector<int>> ahead(p.lane.count, std::vector<int>(3));  // keys of row 0, of row 1, most ahead
    for (const admission& a : b.book().row_admissions) {
        auto& of = ahead[a.column];
        ++of[a.rows == 1 ? 0 : 1];
        of[2] = std::max(of[2], of[0] - of[1]);
    }
    for (const auto& of : ahead) {
        CHECK(of[0] == of[1]);
        if (drift < 10)
            CHECK(of[2] == static_cast<int>(drift));
        else
            CHECK(of[2] > 10);
    }
    CHECK((b.unit->counters().blocked_drift != 0) == (drift != 100));
    CHECK(b.unit->counters().groups[0].planes_fetched == 100 * 8);
}

void rows_of_different_fate(bool by_lane) {
    params p = small_chip();
    p.rows.count = 2;
    p.lane.scoreboard_entries = 2;
    p.tile.keys = 128;
    p.dispatch.admission = by_lane ? dispatch_admission::per_lane : dispatch_admission::joint;
    peer_options o;
    o.dies_at = [](const block_row& row, std::uint32_t) { return row.query == 0 ? 0u : 7u; };
    bench b(p, make_job({job_phase::prefill, 2, 40, 256, 1, 1, false, 0}, p), o);
    REQUIRE(b.run() == "");
    // Jointly row 0 waits for row 1, and both take plane 0 in one delivery.
    std::set<std::uint32_t> together;
    for (const delivery& d : b.book().deliveries)
        if (d.plane == 0 && d.rows == 3)
            together.insert(d.key);
    CHECK((together.size() == 40) == !by_lane);
    CHECK((b.book().deliveries.size() > 40 * 8) == by_lane);
    CHECK(b.unit->pairs_ended() == 80);
}

}  // namespace

TEST_CASE("admission per lane lets a fast row run ahead by one key") {
    row_drifts(1);
}
TEST_CASE("admission per lane lets a fast row run ahead by drift_keys keys and no more") {
    row_drifts(3);
}
TEST_CASE("admission per lane lets a fast row run ahead as far as its keys go") {
    row_drifts(100);
}
TEST_CASE("admission per lane does not lock up where late rows see keys that the leader does not") {
    params p = small_chip();
    p.rows.count = 4;
    p.lane.scoreboard_entries = 1;
    p.tile.keys = 16;
    p.ista.order = ista_order::head_tail;
    p.dispatch.admission = dispatch_admission::per_lane;
    p.dispatch.drift_keys = 1;
    peer_options o;
    o.plane_cycles = [](unsigned row) { return cycle_t{row == 0 ? 1u : 9u}; };
    bench b(p, make_job({job_phase::prefill, 70, 70, 64, 1, 1, true, 0}, p), o);
    REQUIRE(b.run() == "");
    CHECK(b.unit->pairs_ended() == 70 * 71 / 2);
}

TEST_CASE("jointly a row that prunes early waits, and planes are delivered together") {
    rows_of_different_fate(false);
}
TEST_CASE("per lane a row that prunes early goes on, and reads cost more than jointly") {
    rows_of_different_fate(true);
}

TEST_CASE("a lane is told that more keys come if its own row sees the next one") {
    const params p = small_chip();
    // Query 0 sees keys 0 to 4, query 1 key 5 as well: columns 0 to 3 have keys 0 and 4; 1 and 5; 2; 3.
    bench b(p, make_job({job_phase::prefill, 2, 8, 64, 1, 1, true, 4}, p), {});
    REQUIRE(b.run() == "");
    std::set<std::pair<std::uint32_t, unsigned>> more;  // key, row
    for (const admission& a : b.book().row_admissions)
        if (a.more)
            more.emplace(a.key, a.rows == 1 ? 0 : 1);
    CHECK(b.book().row_admissions.size() == 5 + 6);
    CHECK(more == std::set<std::pair<std::uint32_t, unsigned>>{{0, 0}, {0, 1}, {1, 1}});
}

TEST_CASE("releases pass fetches that wait: a KV buffer of few lines does not lock up") {
    params p = one_row();
    p.tile.keys = 128;
    peer_options o;
    o.atoms = 16;
    bench b(p, make_job(keys_of_256(100), p), o);
    REQUIRE(b.run() == "");
    CHECK(b.unit->pairs_ended() == 100);
}

TEST_CASE("a head of 128 dims takes its column two cycles a plane") {
    params p = one_row();
    job_shape shape;
    shape.head_dim = 128;
    bench b(p, make_job(shape, p), {});
    REQUIRE(b.run() == "");
    std::set<cycle_t> gaps;
    for (const auto& edges : b.stubs->reads)
        for (std::size_t i = 1; i < edges.size(); ++i)
            gaps.insert(edges[i] - edges[i - 1]);
    CHECK(*gaps.begin() == 2);
}
TEST_CASE("a head of 64 dims takes its column one cycle a plane") {
    params p = one_row();
    bench b(p, make_job({}, p), {});
    REQUIRE(b.run() == "");
    std::set<cycle_t> gaps;
    for (const auto& edges : b.stubs->reads)
        for (std::size_t i = 1; i < edges.size(); ++i)
            gaps.insert(edges[i] - edges[i - 1]);
    CHECK(*gaps.begin() == 1);
}

namespace {

/// The base protocol of the K ports, with a target that answers in this way (the protocol checker listens).
void check_port(peer_options::port answers, unsigned places, double stalls) {
    const params p = small_chip();
    peer_options o;
    o.port_answers = answers;
    o.port_places = places;
    o.port_stalls = stalls;
    o.port_cycles = stalls > 0 ? 2 : 1;
    bench b(p, make_job({job_phase::prefill, 2, 32, 64, 1, 1, false, 0}, p), o);
    CHECK(b.run() == "");
}

}  // namespace

TEST_CASE("K port: answered at once with TLM_COMPLETED") {
    check_port(peer_options::port::completed, 4, 0);
}
TEST_CASE("K port: BEGIN_RESP in the return value") {
    check_port(peer_options::port::begin_resp, 4, 0);
}
TEST_CASE("K port: BEGIN_RESP instead of END_REQ") {
    check_port(peer_options::port::no_end_req, 4, 0);
}
TEST_CASE("K port: a request held back while an older one is answered") {
    check_port(peer_options::port::queue, 1, 0);
}
TEST_CASE("K port: late END_REQ, late answers") {
    check_port(peer_options::port::queue, 2, 0.5);
}

TEST_CASE("each cycle of a column is in one class") {
    params p = one_row();
    p.lane.verdict_latency = 3;
    peer_options o;
    o.dies_at = dies_after(0);
    bench b(p, make_job(keys_of_256(1), p), o);
    REQUIRE(b.run() == "");
    const dispatch_counters& n = b.unit->counters();
    const cycle_t admitted = b.book().admissions.front().at;
    const cycle_t read = b.stubs->reads[0].front();
    const cycle_t ended = b.stubs->verdicts_sent.front().first;
    CHECK(n.no_data == read - admitted);
    CHECK(n.delivering == 4);  // passes of 64 dims
    CHECK(n.no_request == ended - read - 4);
    CHECK(n.no_room == 0);
    CHECK(n.port_busy == 0);
    CHECK(n.empty == 4 * b.core.cycle() - (ended - admitted));
}

TEST_CASE("cycle classes: a full FIFO and a slow port show") {
    params p = one_row();
    p.lane.fifo_planes = 1;
    peer_options o;
    o.lanes_from = 500;
    o.port_cycles = 20;
    bench b(p, make_job(keys_of_256(16), p), o);
    REQUIRE(b.run() == "");
    CHECK(b.unit->counters().no_room > 1000);
}
TEST_CASE("cycle classes: a slow port shows") {
    params p = one_row();
    p.lane.fifo_planes = 64;
    peer_options o;
    o.port_cycles = 50;
    bench b(p, make_job(keys_of_256(32), p), o);
    REQUIRE(b.run() == "");
    CHECK(b.unit->counters().port_busy > 100);
}
