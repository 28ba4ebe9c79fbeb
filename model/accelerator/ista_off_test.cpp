// ISTA off on the whole chip: a block's pairs wait for its last decision, most of them in DRAM, and nothing but time
// differs from ISTA on.
#include <cmath>
#include <map>
#include <random>
#include <tuple>

#include "model/accelerator/chip_bench.h"
#include "model/layout/k_layout.h"
#include "model/layout/memory_plan.h"

using namespace pade;
using namespace pade::test;

namespace {

/// Tensors of one head; scores spread far enough for maxima that rise again and again.
struct tensors {
    std::uint32_t queries = 20;
    std::uint32_t keys = 200;
    std::uint32_t head_dim = 80;
    std::vector<std::int8_t> q, k, v;

    explicit tensors(unsigned seed) {
        std::mt19937 random(seed);
        const auto fill = [&](std::vector<std::int8_t>& rows, std::uint32_t count, int low, int high) {
            std::uniform_int_distribution<int> value(low, high);
            for (std::uint32_t i = 0; i < count * head_dim; ++i)
                rows.push_back(static_cast<std::int8_t>(value(random)));
        };
        fill(q, queries, -20, 100);
        fill(k, keys, -128, 127);
        fill(v, keys, -127, 127);
    }
};

/// A chip that runs the tensors, and what came out.
struct machine : tlm::tlm_analysis_if<pair_event>, tlm::tlm_analysis_if<o_row_event> {
    bench b;
    job work;
    std::unique_ptr<k_layout> layout;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::int32_t> retained;  // (query, key) -> score
    std::map<std::uint32_t, std::vector<double>> rows;
    stats figures;

    machine(const params& p, const tensors& t, const std::string& label, double alpha) : b(p, label, {true, false}) {
        const address_map map(p.dram);
        layout = make_k_layout(p.layout, map, {t.keys, t.head_dim, 8});
        work.queries = t.queries;
        work.keys = t.keys;
        work.head_dim = t.head_dim;
        work.alpha = alpha;
        work.radius = 5;
        work.heads.resize(1);
        work.heads[0].logit_scale = 2e-4;
        work.heads[0].v_scale = 0.01;
        work.kv_heads.resize(1);
        plan_memory(work, *layout, map, p.output.bytes, spill_bytes(p, t.keys));
        layout->store(t.k.data(), work.kv_heads[0].k_row,
                      [this](std::uint64_t address, const std::uint8_t* data, unsigned bytes) {
                          b.host.access(tlm::TLM_WRITE_COMMAND, address, const_cast<std::uint8_t*>(data), bytes);
                      });
        const auto write = [this](std::uint64_t address, const std::vector<std::int8_t>& all, std::uint32_t count) {
            std::vector<unsigned char> row(work.row_bytes());
            for (std::uint32_t i = 0; i < count; ++i) {
                std::memcpy(row.data(), all.data() + std::size_t{i} * work.head_dim, work.head_dim);
                b.host.write(address + std::uint64_t{i} * row.size(), row.data(), static_cast<unsigned>(row.size()));
            }
        };
        write(work.kv_heads[0].v_address, t.v, t.keys);
        write(work.heads[0].q_address, t.q, t.queries);
        b.chip.retained_pairs().bind(*this);
        b.chip.output_rows().bind(*this);
    }
    void write(const pair_event& e) override {
        CHECK(retained.emplace(std::make_pair(e.block->rows[e.row].query, e.key), e.score).second);
    }
    void write(const o_row_event& e) override {
        auto& row = rows[e.block->rows[e.row].query];
        row.assign(e.o, e.o + work.head_dim);
    }
    void finish() {
        REQUIRE(b.interrupt.read());
        b.chip.finish();
        CHECK(b.chip.imbalance() == "");
        for (const std::string& line : b.chip.links().violations())
            UNSCOPED_INFO(line);
        CHECK(b.chip.links().violation_count() == 0);
        CHECK(rows.size() == work.queries);
        b.chip.collect(figures);
    }
    std::uint64_t count(const char* key) const { return figures.count(key); }
};

params ista_off() {
    params p;
    p.ista.enabled = false;
    p.ista.score_bytes = 1024;
    return p;
}

void run() {
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
}

}  // namespace

TEST_CASE("with nothing pruned ISTA off retains and computes what ISTA on does, though most pairs go through DRAM") {
    const unsigned seed = 11;
    INFO("seed " << seed);
    const tensors t(seed);
    machine on({}, t, "_on", 1000);
    machine off(ista_off(), t, "_off", 1000);
    run();
    on.b.host.program(on.work);
    off.b.host.program(off.work);
    sc_core::sc_start(200, sc_core::SC_US);
    on.finish();
    off.finish();
    const std::uint64_t pairs = std::uint64_t{t.queries} * t.keys;
    CHECK(on.retained.size() == pairs);
    CHECK(on.retained == off.retained);
    // Of 1600 pairs of a block 128 stay on chip; the last block has four queries.
    CHECK(off.count("score_queue.spilled_pairs") == 2 * (1600 - 128) + 800 - 128);
    CHECK(off.count("score_queue.spill_bytes_written") >= 8 * off.count("score_queue.spilled_pairs"));
    CHECK(off.count("score_queue.spill_bytes_read") == off.count("score_queue.spill_bytes_written"));
    CHECK(off.count("links.spill_memory.bytes") == 2 * off.count("score_queue.spill_bytes_read"));
    CHECK(off.count("dram.bytes_written") ==
          on.count("dram.bytes_written") + off.count("score_queue.spill_bytes_written"));
    CHECK(on.count("score_queue.spilled_pairs") == 0);
    CHECK(on.count("links.spill_memory.transactions") == 0);
    // The maximum is final before the V-PU starts.
    CHECK(on.count("vpu.rescales") > 0);
    CHECK(off.count("vpu.rescales") == 0);
    CHECK(off.count("softmax.max_updates") == 0);
    CHECK(off.count("time.cycles") > on.count("time.cycles"));
    double largest = 0;
    double apart = 0;
    for (const auto& [query, row] : on.rows)
        for (std::size_t d = 0; d < row.size(); ++d) {
            largest = std::max(largest, std::abs(row[d]));
            apart = std::max(apart, std::abs(row[d] - off.rows.at(query)[d]));
        }
    CHECK(largest > 0.05);
    CHECK(apart < 1e-4 * largest);
}

TEST_CASE("ISTA off with pruning: the re-check at the block's end sees the last threshold of the row") {
    const unsigned seed = 12;
    INFO("seed " << seed);
    const tensors t(seed);
    machine off(ista_off(), t, "", 0.6);
    run();
    off.b.host.program(off.work);
    sc_core::sc_start(200, sc_core::SC_US);
    off.finish();
    std::map<std::uint32_t, std::int32_t> largest;
    for (const auto& [pair, score] : off.retained)
        largest[pair.first] = std::max(score, largest.count(pair.first) != 0 ? largest[pair.first] : score);
    // Every score of a row was exact in the end, so its last threshold was the line below its largest score.
    const double line = 0.6 * 5 / off.work.heads[0].logit_scale;
    std::uint64_t expected = 0;
    for (std::uint32_t query = 0; query < t.queries; ++query)
        for (std::uint32_t key = 0; key < t.keys; ++key) {
            std::int32_t score = 0;
            for (std::uint32_t d = 0; d < t.head_dim; ++d)
                score += t.q[query * t.head_dim + d] * t.k[key * t.head_dim + d];
            const bool above = score >= largest.at(query) - line;
            expected += above ? 1 : 0;
            CHECK((off.retained.count({query, key}) == 1) == above);
        }
    CHECK(expected < t.queries * t.keys / 2);
    CHECK(off.count("pairs.retained") == expected);
    CHECK(off.count("vpu.rescales") == 0);
}

TEST_CASE("ISTA off with a slow way to DRAM: admission waits for the surplus to leave, and nothing is lost") {
    const unsigned seed = 13;
    INFO("seed " << seed);
    const tensors t(seed);
    params p = ista_off();
    p.ista.spill_in_flight = 1;
    p.lane.scoreboard_entries = 1;  // else all keys are admitted before the first is decided
    p.vpu.score_queue_high = 8;
    p.dram.path_latency = 40;
    machine off(p, t, "", 1000);
    run();
    off.b.host.program(off.work);
    sc_core::sc_start(1000, sc_core::SC_US);
    off.finish();
    CHECK(off.retained.size() == std::size_t{t.queries} * t.keys);
    CHECK(off.count("dispatch.blocked_score_queue") > 0);
    CHECK(off.count("vpu.rescales") == 0);
}
