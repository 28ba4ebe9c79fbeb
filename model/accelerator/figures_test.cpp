// What a run is reported as: figures of heads and groups, books, and the progress that the watchdog sees.
#include <random>

#include "model/accelerator/chip_bench.h"
#include "model/layout/k_layout.h"
#include "model/layout/memory_plan.h"

using namespace pade;
using namespace pade::test;

namespace {

constexpr std::uint32_t queries = 12;
constexpr std::uint32_t keys = 96;
constexpr std::uint32_t dims = 64;

std::vector<unsigned char> random_bytes(std::uint32_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<unsigned char> bytes(count);
    for (unsigned char& byte : bytes)
        byte = static_cast<unsigned char>(std::uniform_int_distribution<int>(0, 255)(random));
    return bytes;
}

/// Four query heads of two KV heads, causal. Scores of heads 0 and 1 weigh next to nothing, so that nothing is pruned.
struct machine {
    bench b;
    job work;
    stats figures;

    explicit machine(const params& p) : b(p) {
        const address_map map(p.dram);
        const auto layout = make_k_layout(p.layout, map, {keys, dims, p.lane.key_bits});
        work.queries = queries;
        work.keys = keys;
        work.head_dim = dims;
        work.heads.resize(4);
        work.kv_heads.resize(2);
        for (unsigned head = 0; head < 4; ++head) {
            work.heads[head].kv = head / 2;
            work.heads[head].logit_scale = head < 2 ? 1e-9 : 1e-3;
        }
        plan_memory(work, *layout, map, p.output.bytes);
        for (unsigned g = 0; g < 2; ++g) {
            const auto k = random_bytes(keys * dims, 10 + g);
            layout->store(reinterpret_cast<const std::int8_t*>(k.data()), work.kv_heads[g].k_row,
                          [this](std::uint64_t address, const std::uint8_t* data, unsigned bytes) {
                              b.host.access(tlm::TLM_WRITE_COMMAND, address, const_cast<std::uint8_t*>(data), bytes);
                          });
            b.host.write(work.kv_heads[g].v_address, random_bytes(keys * dims, 20 + g).data(), keys * dims);
        }
        for (unsigned head = 0; head < 4; ++head)
            b.host.write(work.heads[head].q_address, random_bytes(queries * dims, 30 + head).data(), queries * dims);
    }
    void start() {
        sc_core::sc_start(sc_core::SC_ZERO_TIME);
        b.host.set(reg::causal, std::uint64_t{1});
        b.host.set(reg::causal_offset, std::uint64_t{keys - queries});
        b.host.program(work);
    }
    void finish() {
        sc_core::sc_start(200, sc_core::SC_US);
        REQUIRE(b.interrupt.read());
        b.chip.finish();
        CHECK(b.chip.imbalance() == "");
        b.chip.collect(figures);
    }
    std::uint64_t count(const std::string& path) const { return figures.count(path); }
    std::uint64_t head(unsigned number, const std::string& path) const {
        return count("per_head[" + std::to_string(number) + "]." + path);
    }
    std::uint64_t group(unsigned number, const std::string& path) const {
        return count("per_group[" + std::to_string(number) + "]." + path);
    }
};

}  // namespace

TEST_CASE("each head's pairs and planes are its own, a group's are those of its heads, and the whole is their sum") {
    machine m{params{}};
    m.start();
    m.finish();
    constexpr std::uint64_t hidden = queries * (queries - 1) / 2;  // query i of 12 sees all but the last 11 - i keys
    constexpr std::uint64_t seen = queries * keys - hidden;
    std::uint64_t retained = 0;
    for (unsigned head = 0; head < 4; ++head) {
        INFO("head " << head);
        CHECK(m.head(head, "pairs.total") == queries * keys);
        CHECK(m.head(head, "pairs.masked") == hidden);
        CHECK(m.head(head, "pairs.pruned") + m.head(head, "pairs.retained") == seen);
        retained += m.head(head, "pairs.retained");
        if (head < 2) {
            CHECK(m.head(head, "pairs.retained") == seen);
            CHECK(m.head(head, "planes.processed") == 8 * seen);
        } else {
            CHECK(m.head(head, "pairs.retained") < seen / 2);
        }
    }
    CHECK(m.count("pairs.retained") == retained);
    CHECK(m.count("vpu.v_rows_needed") == retained);
    for (unsigned g = 0; g < 2; ++g) {
        INFO("group " << g);
        CHECK(m.group(g, "planes.processed") ==
              m.head(2 * g, "planes.processed") + m.head(2 * g + 1, "planes.processed"));
        CHECK(m.group(g, "vpu.v_rows_needed") == m.head(2 * g, "pairs.retained") + m.head(2 * g + 1, "pairs.retained"));
        CHECK(m.group(g, "vpu.macs") == dims * m.group(g, "vpu.v_rows_needed"));
    }
    for (const char* sum : {"planes.processed", "planes.fetched", "planes.keys", "lanes.busy", "vpu.macs",
                            "vpu.v_rows_distinct", "vpu.v_rows_read", "buffer.kv_hits", "buffer.kv_misses"}) {
        INFO(sum);
        CHECK(m.group(0, sum) + m.group(1, sum) == m.count(sum));
    }
    CHECK(m.count("links.verdicts.bytes") == 4 * m.count("planes.processed"));
    CHECK(m.count("links.dram.bytes") == m.count("dram.bytes_read") + m.count("dram.bytes_written"));
}

TEST_CASE("lanes that retain key after key never wait for a place at the score queue") {
    params p;
    p.guard.enabled = false;
    machine m{p};
    m.start();
    m.finish();
    CHECK(m.count("lanes.stall_downstream") == 0);
}

TEST_CASE("the first data from DRAM are progress before any lane has worked") {
    machine m{params{}};
    m.start();
    std::string before_work;
    while (m.b.chip.lane_operations() == 0) {
        before_work = m.b.chip.last_progress().what;
        sc_core::sc_start(10, sc_core::SC_NS);
    }
    CHECK(before_work == "a data beat");
}
