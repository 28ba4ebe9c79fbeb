// The chain from the score queue to the write-back: values against a softmax in double precision, and every balance.
#include "model/vpu/vpu_chain_bench.h"

using namespace pade;
using namespace pade_test;

TEST_CASE("chain: output equals the softmax over the retained pairs") {
    whole_chain(small(), {});
}

TEST_CASE("chain: with the table for exp") {
    params p = small();
    p.softmax.exp = exp_kind::table;
    whole_chain(p, {});
}

TEST_CASE("chain: re-check, rising maxima and rescales") {
    setting s;
    s.thresholds = true;
    s.rising_max = true;
    s.seed = 2;
    INFO("seed " << s.seed);
    chain_bench b(small(), s);
    const cycle_t end = b.run();
    CHECK(b.check_values() < 1e-4);
    b.check_balances(end + 100);
    CHECK(b.vpu.counters().rescales > 8);
    CHECK(b.queue.counters().pairs_out < b.total_pairs);
    for (const auto& [where, pairs] : b.pruned.pairs)
        for (const auto& pair : pairs) {
            int max = pair.second;
            for (const auto& k : b.kept.pairs[where])
                max = std::max(max, k.second);
            CHECK(pair.second < max - 119);  // sound: below the best score minus the offset
        }
}

TEST_CASE("chain: RARS off") {
    params p = small();
    p.vpu.rars = false;
    whole_chain(p, {});
}

TEST_CASE("chain: split off") {
    params p = small();
    p.rars.split = false;
    whole_chain(p, {});
}

TEST_CASE("chain: random back-pressure of all memories") {
    setting s;
    s.seed = 3;
    s.pause = 0.6;
    s.thresholds = true;
    whole_chain(small(), s);
}

TEST_CASE("chain: own KV head for each row, all keys kept, few V rows prefetched") {
    params p = small();
    p.vpu.prefetch_rows = 5;
    setting s;
    s.seed = 4;
    s.kv_heads = 8;
    s.density = 1;
    s.blocks = 2;
    s.tiles = 2;
    whole_chain(p, s);
}

TEST_CASE("chain: all keys kept, two V rows prefetched, one V row a round, heads of 80") {
    params p = small();
    p.vpu.prefetch_rows = 2;
    p.vpu.v_rows_per_round = 1;
    setting s;
    s.seed = 5;
    s.head_dim = 80;
    s.density = 1;
    s.blocks = 2;
    s.tiles = 2;
    whole_chain(p, s);
}

TEST_CASE("chain: latencies of 7 on all links, one block in flight") {
    params p = small();
    p.link.latency = 7;
    p.lane.verdict_latency = 9;
    p.rows.blocks_in_flight = 1;
    setting s;
    s.seed = 6;
    s.head_dim = 8;
    whole_chain(p, s);
}

TEST_CASE("chain: ISTA off, with pairs spilled to DRAM: nothing is rescaled") {
    params p = small();
    p.ista.enabled = false;
    p.ista.score_bytes = 1024;
    setting s;
    s.seed = 7;
    s.rising_max = true;
    s.pause = 0.3;
    INFO("seed " << s.seed);
    chain_bench b(p, s);
    const cycle_t end = b.run();
    CHECK(b.check_values() < 1e-4);
    b.check_balances(end + 100);
    CHECK(b.vpu.counters().rescales == 0);
    CHECK(b.queue.counters().spilled_pairs > 100);
    CHECK(b.queue.counters().spill_bytes_read == b.queue.counters().spill_bytes_written);
}

TEST_CASE("chain: a dense stream keeps the V-PU busy") {
    setting s;
    s.seed = 8;
    s.density = 1;
    s.blocks = 2;
    s.tiles = 12;
    params p = small();
    p.vpu.score_queue_high = 100000;  // the feeder knows no mark
    chain_bench b(p, s);
    const cycle_t end = b.run();
    b.check_balances(end);
    const auto& v = b.vpu.counters();
    const auto total = v.cycles.total() - v.cycles.idle;
    INFO("busy " << v.cycles.busy << " of " << total);
    CHECK(v.cycles.busy * 100 > total * 90);
    CHECK(v.v_rows_read <= v.v_rows_distinct + v.rescales);  // rows share every read but when one is out of step
}

TEST_CASE("chain: a flipped bit of V shows in the rows that used it") {
    setting s;
    s.seed = 9;
    s.blocks = 1;
    chain_bench b(small(), s);
    const auto& row = b.work[0].block->rows[0];
    const auto& first = b.work[0].tiles[0].front();
    const std::uint64_t flipped = row.v_address + std::uint64_t{first.key} * b.work[0].block->row_bytes + 5;
    for (auto& port : b.ports)
        port->byte = [flipped](std::uint64_t a) {
            return static_cast<unsigned char>(v_byte(a) ^ (a == flipped ? 0x80 : 0));
        };
    b.run();
    CHECK(b.check_values() > 1e-4);
}

TEST_CASE("chain: the order in which modules run within an edge changes nothing") {
    struct holder : sc_core::sc_module {
        holder(sc_core::sc_module_name name, const params& p, const setting& s) : sc_module(name), chain(p, s) {}
        chain_bench chain;
    };
    setting s;
    s.seed = 10;
    s.thresholds = true;
    s.rising_max = true;
    params p = small();
    p.vpu.prefetch_rows = 12;
    p.vpu.score_queue_high = 200;
    p.output.writes_in_flight = 3;
    holder plain("plain", p, s);
    s.shuffle = 77;
    holder shuffled("shuffled", p, s);
    INFO("seeds " << s.seed << ", " << s.shuffle);
    const cycle_t end = plain.chain.run();
    REQUIRE(shuffled.chain.feed->blocks_written == s.blocks);
    CHECK(shuffled.chain.feed->finished_at == end);
    // The shaker ran the modules to the end of the simulated time, so the books close there.
    const cycle_t simulated = plain.chain.clock.cycle();
    plain.chain.check_balances(simulated);
    shuffled.chain.check_balances(simulated);
    const auto same = [](const vpu_cycles& a, const vpu_cycles& b) {
        return a.busy == b.busy && a.stall_downstream == b.stall_downstream && a.wait_v == b.wait_v &&
               a.wait_input == b.wait_input && a.idle == b.idle;
    };
    CHECK(same(plain.chain.queue.counters().cycles, shuffled.chain.queue.counters().cycles));
    CHECK(same(plain.chain.softmax.counters().cycles, shuffled.chain.softmax.counters().cycles));
    CHECK(same(plain.chain.scheduler.counters().cycles, shuffled.chain.scheduler.counters().cycles));
    CHECK(same(plain.chain.vpu.counters().cycles, shuffled.chain.vpu.counters().cycles));
    CHECK(same(plain.chain.back.counters().cycles, shuffled.chain.back.counters().cycles));
    CHECK(plain.chain.dram.requests == shuffled.chain.dram.requests);
    CHECK(plain.chain.dram.written == shuffled.chain.dram.written);
    for (std::size_t i = 0; i < plain.chain.ports.size(); ++i)
        CHECK(plain.chain.ports[i]->requests == shuffled.chain.ports[i]->requests);
}
