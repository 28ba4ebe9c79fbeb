// layout.k = value_major: a key's first touch fetches all its atoms, and a plane comes by a read of each of them. The
// ledger compares each bit that a lane gets.
#include <algorithm>
#include <catch2/catch.hpp>

#include "model/dispatch/test_peers.h"

using namespace pade;
using namespace pade::dispatch_test;

namespace {

params by_value(unsigned rows = 1) {
    params p = small_chip();
    p.rows.count = rows;
    p.layout.k = k_layout_kind::value_major;
    return p;
}

job_shape keys_of(std::uint32_t head_dim, std::uint32_t keys, std::uint32_t queries = 1) {
    job_shape shape;
    shape.head_dim = head_dim;
    shape.keys = keys;
    shape.queries = queries;
    return shape;
}

auto dies_after(unsigned plane) {
    return [plane](const block_row&, std::uint32_t) { return plane; };
}

std::vector<std::uint64_t> fetched_addresses(bench& b) {
    std::vector<std::uint64_t> addresses;
    for (const fetch_item& item : b.book().fetches)
        addresses.push_back(item.address);
    return addresses;
}

/// Whatever unconditional_planes, dispatch.order and the planes that a key needs: its atoms are fetched when it is
/// admitted, once each, and released when its last plane has been delivered.
void check_first_touch(std::uint32_t head_dim, unsigned atoms, unsigned unconditional, dispatch_order order,
                       unsigned dies) {
    params p = by_value();
    p.dispatch.unconditional_planes = unconditional;
    p.dispatch.order = order;
    peer_options o;
    o.dies_at = dies_after(dies);
    bench b(p, make_job(keys_of(head_dim, 1), p), o);
    REQUIRE(b.run() == "");
    std::vector<std::uint64_t> expected;
    for (std::uint32_t atom = 0; atom < atoms; ++atom)
        expected.push_back(b.book().layout().address(0, atom));
    CHECK(fetched_addresses(b) == expected);
    CHECK(b.book().fetched_at == std::vector<cycle_t>(atoms, b.book().admissions.front().at));
    CHECK(b.book().releases == atoms);
    CHECK(b.unit->counters().merged == 7);
    CHECK(b.book().reads == std::uint64_t{atoms} * (dies + 1));
    CHECK(b.book().deliveries.size() == dies + 1);
}

}  // namespace

TEST_CASE("the first touch fetches all: 64 dims, the key dies at once") {
    check_first_touch(64, 2, 1, dispatch_order::out_of_order, 0);
}
TEST_CASE("the first touch fetches all: 64 dims, the key lives") {
    check_first_touch(64, 2, 8, dispatch_order::out_of_order, 7);
}
TEST_CASE("the first touch fetches all: 80 dims, in order") {
    check_first_touch(80, 3, 3, dispatch_order::in_order, 3);
}
TEST_CASE("the first touch fetches all: 256 dims, one key at a time") {
    check_first_touch(256, 8, 3, dispatch_order::in_order_single, 4);
}
TEST_CASE("the first touch fetches all: 24 dims in one atom") {
    check_first_touch(24, 1, 3, dispatch_order::out_of_order, 2);
}

TEST_CASE("keys that share an atom: one fetch, a read for each key and plane") {
    const params p = by_value();
    bench b(p, make_job(keys_of(8, 4), p), {});
    REQUIRE(b.run() == "");
    CHECK(fetched_addresses(b) == std::vector<std::uint64_t>{b.book().layout().address(0, 0)});
    CHECK(b.book().reads == 4 * 8);
    CHECK(b.unit->counters().merged == 4 * 8 - 1);
}

namespace {

/// Two atoms of which the second comes `late` edges after the first: plane 0 is read when both are there.
void check_last_atom(cycle_t late) {
    const params p = by_value();
    peer_options o;
    o.dies_at = dies_after(0);
    o.fetch_cycles = [late, calls = 0](std::uint32_t, std::uint32_t, unsigned) mutable {
        return cycle_t{20} + (calls++ == 1 ? late : 0);
    };
    bench b(p, make_job(keys_of(64, 1), p), o);
    REQUIRE(b.run() == "");
    REQUIRE(b.stubs->arrivals.size() == 2);
    CHECK(b.stubs->arrivals[1].first == b.stubs->arrivals[0].first + late);
    REQUIRE(b.stubs->reads[0].size() == 2);
    CHECK(b.stubs->reads[0][0] == b.stubs->arrivals[1].first);
    CHECK(b.stubs->reads[0][1] == b.stubs->reads[0][0] + 1);
    // The plane is delivered at the edge after that at which its last part is answered, and not before.
    REQUIRE(b.stubs->answers[0].size() == 2);
    CHECK(b.book().deliveries.at(0).at == b.stubs->answers[0][1] + 1);
}

}  // namespace

TEST_CASE("a plane is read when the last of its atoms is there: both at once") {
    check_last_atom(0);
}
TEST_CASE("a plane is read when the last of its atoms is there: one edge later") {
    check_last_atom(1);
}
TEST_CASE("a plane is read when the last of its atoms is there: long after") {
    check_last_atom(300);
}

namespace {

/// Edges from one plane of a column to the next, where many are there: as many as it has atoms.
void check_rate(std::uint32_t head_dim, cycle_t cycles) {
    const params p = by_value();
    bench b(p, make_job(keys_of(head_dim, 16), p), {});
    REQUIRE(b.run() == "");
    std::vector<cycle_t> at;
    for (const delivery& d : b.book().deliveries)
        if (d.column == 0)
            at.push_back(d.at);
    REQUIRE(at.size() == 4 * 8);
    cycle_t least = ~cycle_t{0};
    for (std::size_t i = 1; i < at.size(); ++i)
        least = std::min(least, at[i] - at[i - 1]);
    CHECK(least == cycles);
    // Each read of a part is a cycle of `delivering`.
    CHECK(b.unit->counters().delivering == 16 * 8 * cycles);
}

}  // namespace

TEST_CASE("a plane of 32 dims takes its column one cycle") {
    check_rate(32, 1);
}
TEST_CASE("a plane of 64 dims takes its column two cycles") {
    check_rate(64, 2);
}
TEST_CASE("a plane of 256 dims takes its column eight cycles") {
    check_rate(256, 8);
}

namespace {

void check_port(peer_options::port answers, unsigned places, double stalls) {
    const params p = by_value(2);
    peer_options o;
    o.port_answers = answers;
    o.port_places = places;
    o.port_stalls = stalls;
    o.port_cycles = stalls > 0 ? 2 : 1;
    bench b(p, make_job(keys_of(256, 12, 2), p), o);
    CHECK(b.run() == "");
    CHECK(b.book().reads % 8 == 0);
}

}  // namespace

TEST_CASE("parts of a plane, answered at once") {
    check_port(peer_options::port::completed, 4, 0);
}
TEST_CASE("parts of a plane, BEGIN_RESP in the return value") {
    check_port(peer_options::port::begin_resp, 4, 0);
}
TEST_CASE("parts of a plane, a request held back while an older part is answered") {
    check_port(peer_options::port::queue, 1, 0);
}
TEST_CASE("parts of a plane, late END_REQ, late answers") {
    check_port(peer_options::port::queue, 2, 0.5);
}

TEST_CASE("a KV buffer of few lines does not lock up: each key's fetches follow each other") {
    params p = by_value();
    p.tile.keys = 128;
    peer_options o;
    o.atoms = 9;  // one key of 8 atoms and a bit
    bench b(p, make_job(keys_of(256, 60), p), o);
    REQUIRE(b.run() == "");
    CHECK(b.unit->pairs_ended() == 60);
    const auto addresses = fetched_addresses(b);
    for (std::size_t i = 0; i < addresses.size(); ++i)
        CHECK(addresses[i] == addresses[i / 8 * 8] + i % 8 * (b.book().layout().address(0, 1) - addresses[0]));
}

TEST_CASE("a KV buffer that ignores plane_select is found out") {
    const params p = by_value();
    peer_options o;
    o.knows_plane_select = false;
    bench b(p, make_job(keys_of(64, 1), p), o);
    CHECK_THROWS_WITH(b.run(), Catch::Contains("does not know plane_select"));
    sc_core::sc_report_handler::initialize();  // the one error was expected: forget its count
}
