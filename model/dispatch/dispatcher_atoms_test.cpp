// Several planes of a key in one atom (layout.k = plane_per_token): each plane pins it for itself, merges with a fetch
// in flight, and can be read at once where the atom is there. The ledger compares each bit that a lane gets.
#include <algorithm>
#include <catch2/catch.hpp>

#include "model/dispatch/test_peers.h"

using namespace pade;
using namespace pade::dispatch_test;

namespace {

params per_token(unsigned rows, unsigned unconditional) {
    params p = small_chip();
    p.rows.count = rows;
    p.layout.k = k_layout_kind::plane_per_token;
    p.dispatch.unconditional_planes = unconditional;
    return p;
}

job_shape keys_of(std::uint32_t head_dim, std::uint32_t keys, std::uint32_t queries = 1) {
    job_shape shape;
    shape.head_dim = head_dim;
    shape.keys = keys;
    shape.queries = queries;
    return shape;
}

std::vector<std::uint64_t> fetched_addresses(bench& b) {
    std::vector<std::uint64_t> addresses;
    for (const fetch_item& item : b.book().fetches)
        addresses.push_back(item.address);
    return addresses;
}

std::uint64_t address(bench& b, std::uint32_t atom) {
    return b.book().layout().address(0, atom);
}

}  // namespace

TEST_CASE("one fetch brings all planes of an atom") {
    const params p = per_token(1, 8);
    bench b(p, make_job(keys_of(64, 1), p), {});
    REQUIRE(b.run() == "");
    CHECK(fetched_addresses(b) == std::vector<std::uint64_t>{address(b, 0), address(b, 1)});
    CHECK(b.unit->counters().merged == 6);
    CHECK(b.book().releases == 2);
    CHECK(b.order(0) == std::vector<std::string>{"0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"});
}

TEST_CASE("an atom stays pinned until the last of its planes that are asked for is delivered") {
    const params p = per_token(1, 3);
    peer_options o;
    o.dies_at = [](const block_row&, std::uint32_t) { return 3u; };
    bench b(p, make_job(keys_of(64, 1), p), o);
    REQUIRE(b.run() == "");
    // Planes 0 to 2 are pinned together; for plane 3, asked for when nobody waits for the atom any more, it is asked
    // for again, and the KV buffer finds it.
    CHECK(fetched_addresses(b) == std::vector<std::uint64_t>{address(b, 0), address(b, 0)});
    CHECK(b.unit->counters().merged == 2);
    CHECK(b.book().releases == 2);
    const auto& verdicts = b.stubs->verdicts_sent;
    REQUIRE(verdicts.size() == 4);
    CHECK(b.book().fetched_at[1] == verdicts[2].first);
}

TEST_CASE("a plane whose atom is pinned for another plane is read at the edge at which a row asks") {
    const params p = per_token(2, 1);
    peer_options o;
    o.plane_cycles = [](unsigned row) { return cycle_t{row == 1 ? 100u : 1u}; };
    bench b(p, make_job(keys_of(64, 1, 2), p), o);
    REQUIRE(b.run() == "");
    // Both rows get planes 0 and 1 together. Row 1, which is slow, has still to get plane 2 when row 0 asks for 3, and
    // plane 4 when row 0 asks for 5, 6 and 7.
    CHECK(fetched_addresses(b) ==
          std::vector<std::uint64_t>{address(b, 0), address(b, 0), address(b, 0), address(b, 1)});
    const std::vector<cycle_t>& reads = b.stubs->reads[0];
    std::vector<unsigned> at_once;
    unsigned row_0_asks = 0;
    for (const auto& [visible, item] : b.stubs->verdicts_sent)
        if (row_0_asks < 7 && item.plane == row_0_asks && item.decision == verdict::next_plane) {
            if (std::find(reads.begin(), reads.end(), visible) != reads.end())
                at_once.push_back(item.plane + 1u);
            ++row_0_asks;
        }
    CHECK(at_once == std::vector<unsigned>{3, 5, 6, 7});
    CHECK(b.book().deliveries.size() == 2 + 2 * 6);
}

TEST_CASE("keys that share an atom ask for it while it is in flight") {
    const params p = per_token(1, 1);
    bench b(p, make_job(keys_of(8, 4), p), {});
    REQUIRE(b.run() == "");
    // Four keys in four columns want the same plane at the same edge: one fetch each time.
    CHECK(fetched_addresses(b) == std::vector<std::uint64_t>(8, address(b, 0)));
    CHECK(b.unit->counters().merged == 3 * 8);
    CHECK(b.book().deliveries.size() == 4 * 8);
}

TEST_CASE("a key that dies gives up all planes that it has pinned, in flight or there") {
    const params p = per_token(1, 8);
    peer_options o;
    o.dies_at = [](const block_row&, std::uint32_t) { return 1u; };
    // The second atom comes long after the key has died.
    o.fetch_cycles = [](std::uint32_t, std::uint32_t, unsigned plane) { return cycle_t{plane == 0 ? 20u : 300u}; };
    bench b(p, make_job(keys_of(64, 1), p), o);
    REQUIRE(b.run() == "");
    CHECK(b.book().fetches.size() == 2);
    CHECK(b.book().releases == 2);
    CHECK(b.order(0) == std::vector<std::string>{"0.0", "0.1"});
    REQUIRE(b.stubs->arrivals.size() == 2);
    CHECK(b.stubs->arrivals[1].second == address(b, 1));
    CHECK(b.stubs->arrivals[1].first > b.stubs->verdicts_sent.back().first + 100);
}

TEST_CASE("an in-order column reads a plane at once whose atom another plane has brought") {
    params p = per_token(1, 3);
    p.dispatch.order = dispatch_order::in_order;
    bench b(p, make_job(keys_of(64, 12), p), {});
    REQUIRE(b.run() == "");
    CHECK(b.book().deliveries.size() == 12 * 8);
    CHECK(b.unit->counters().merged >= 12 * 2);
}

TEST_CASE("a key of 128 dims lies in four atoms of two planes") {
    const params p = per_token(1, 8);
    bench b(p, make_job(keys_of(128, 5), p), {});
    REQUIRE(b.run() == "");
    CHECK(b.book().fetches.size() == 5 * 4);
    CHECK(b.unit->counters().merged == 5 * 4);
}
