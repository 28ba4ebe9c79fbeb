// Whatever the shapes, parameters, deaths and latencies: the ledger finds nothing wrong.
#include <catch2/catch.hpp>

#include "model/dispatch/test_peers.h"

using namespace pade;
using namespace pade::dispatch_test;

namespace {

void random_run(std::uint32_t seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto draw = [&](unsigned low, unsigned high) {
        return std::uniform_int_distribution<unsigned>(low, high)(random);
    };
    const auto one_of = [&](const std::vector<unsigned>& values) {
        return values[draw(0, static_cast<unsigned>(values.size()) - 1)];
    };
    params p;
    p.lane.count = one_of({4, 5, 8, 16});
    p.rows.count = one_of({1, 2, 3, 8});
    p.rows.packing = draw(0, 3) == 0 ? rows_packing::heads : rows_packing::queries;
    p.rows.blocks_in_flight = draw(1, 2);
    p.lane.key_bits = draw(4, 8);
    p.lane.scoreboard_entries = one_of({1, 2, 8, 32});
    p.lane.fifo_planes = draw(1, 4);
    p.lane.verdict_latency = draw(1, 3);
    p.tile.keys = one_of({16, 32});
    p.dispatch.order = static_cast<dispatch_order>(std::max(0, static_cast<int>(draw(0, 4)) - 2));
    p.dispatch.pick = static_cast<dispatch_pick>(draw(0, 1));
    p.dispatch.open_tiles = one_of({1, 2, 4, 32});
    p.dispatch.unconditional_planes = draw(1, p.lane.key_bits);
    p.dispatch.pick_window = one_of({1, 2, 32});
    p.dispatch.fetches_per_cycle = one_of({1, 4, 16});
    p.dispatch.deliver_latency = draw(1, 3);
    p.ista.enabled = draw(0, 4) != 0;
    p.ista.order = static_cast<ista_order>(draw(0, 1));
    if (draw(0, 2) == 0) {
        p.dispatch.admission = dispatch_admission::per_lane;
        p.dispatch.drift_keys = draw(1, 20);
    }
    p.layout.k = static_cast<k_layout_kind>(draw(0, 2));
    p.layout.banks_per_plane = draw(1, 2);
    p.decode.keep_kv = draw(0, 3) == 0;
    p.buffer.q_prefetch_blocks = draw(1, 4);
    p.link.latency = draw(1, 3);

    job_shape shape;
    shape.phase = draw(0, 1) == 0 ? job_phase::prefill : job_phase::decode;
    shape.head_dim = one_of({8, 16, 24, 32, 64, 80, 128, 256});
    shape.kv_heads = draw(1, 3);
    shape.group = one_of({1, 2, 4});
    shape.keys = draw(1, 90);
    shape.queries = shape.phase == job_phase::decode ? draw(1, 3) : draw(1, 9);
    shape.causal = draw(0, 1) == 0;
    shape.causal_offset = static_cast<std::int32_t>(draw(0, shape.keys - 1));

    peer_options o;
    const unsigned chance_of_life = one_of({0, 2, 10});
    const std::uint32_t salt = static_cast<std::uint32_t>(random());
    const unsigned key_bits = p.lane.key_bits;
    o.dies_at = [=](const block_row& row, std::uint32_t key) {
        std::uint32_t h = (row.head * 131 + row.query * 31 + key) * 2654435761u + salt;
        h ^= h >> 15;
        return h % 10 < chance_of_life ? key_bits : (h >> 8) % key_bits;
    };
    auto latencies = std::make_shared<std::mt19937>(static_cast<std::uint32_t>(random()));
    // With few keys at a time, a run of many late planes takes too long for a test.
    const bool few = p.dispatch.order != dispatch_order::out_of_order || p.lane.scoreboard_entries < 8;
    const unsigned slowest = few ? one_of({4, 40}) : one_of({4, 40, 200});
    o.link = draw(1, 2);
    o.fetch_cycles = [=](std::uint32_t, std::uint32_t, unsigned) {
        return cycle_t{std::uniform_int_distribution<unsigned>(3, slowest)(*latencies)};
    };
    const unsigned slow_row = draw(0, p.rows.count);
    const unsigned slow_cycles = one_of({1, 5});
    o.plane_cycles = [=](unsigned row) { return cycle_t{row == slow_row ? slow_cycles : 1}; };
    o.lane_stalls = draw(0, 1) * 0.3;
    o.port_answers = static_cast<peer_options::port>(std::max(0, static_cast<int>(draw(0, 5)) - 2));
    o.port_places = draw(1, 4);
    o.port_cycles = draw(1, 3);
    o.port_stalls = draw(0, 1) * 0.3;
    o.load_cycles = draw(1, 20);
    o.leave_cycles = draw(1, 50);
    o.write_cycles = draw(1, 50);
    o.random_levels = draw(0, 2) == 0;
    o.seed = static_cast<std::uint32_t>(random());

    bench b(p, make_job(shape, p), o, draw(0, 1) == 0);
    CHECK(b.run(1000000) == "");
    CHECK(b.book().most_entries <= p.lane.scoreboard_entries);
    CHECK(b.book().most_open <= p.dispatch.open_tiles);
}

}  // namespace

// One simulation a process, so one case a seed.
#define PADE_SEED(seed)                                             \
    TEST_CASE("random shapes, deaths and latencies, seed " #seed) { \
        random_run(seed);                                           \
    }

PADE_SEED(1)
PADE_SEED(2)
PADE_SEED(3)
PADE_SEED(4)
PADE_SEED(5)
PADE_SEED(6)
PADE_SEED(7)
PADE_SEED(8)
PADE_SEED(9)
PADE_SEED(10)
PADE_SEED(11)
PADE_SEED(12)
PADE_SEED(13)
PADE_SEED(14)
PADE_SEED(15)
PADE_SEED(16)
PADE_SEED(17)
PADE_SEED(18)
PADE_SEED(19)
PADE_SEED(20)
PADE_SEED(21)
PADE_SEED(22)
PADE_SEED(23)
PADE_SEED(24)
PADE_SEED(25)
PADE_SEED(26)
PADE_SEED(27)
PADE_SEED(28)
PADE_SEED(29)
PADE_SEED(30)
