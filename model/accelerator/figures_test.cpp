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

namespace {

/// Looks between any two edges. A class that was guessed wrongly for a sleeping module would fall when it wakes.
void check_activity(const params& p) {
    machine m{p};
    m.start();
    const auto period = sc_core::sc_time(1e6 / p.clock.core_mhz, sc_core::SC_PS);
    sc_core::sc_start(period / 2);
    const auto& names = accelerator::activity_names();
    const std::pair<const char*, std::uint64_t> units[] = {{"lanes.", std::uint64_t{p.rows.count} * p.lane.count},
                                                           {"classes.guard.", p.rows.count},
                                                           {"classes.dispatcher.", p.lane.count},
                                                           {"classes.k_feed.", 1},
                                                           {"classes.v_ports.", p.vpu.v_rows_per_round},
                                                           {"classes.q_buffer.", 1},
                                                           {"classes.score_queue.", 1},
                                                           {"classes.softmax.", 1},
                                                           {"classes.rars.", 1},
                                                           {"classes.vpu.", 1},
                                                           {"classes.write_back.", 1}};
    std::vector<std::uint64_t> before(names.size()), now;
    std::string wrong;
    std::uint64_t most_held = 0;
    for (cycle_t end = 1; !m.b.interrupt.read(); ++end) {
        if (m.b.chip.started_at() && end > *m.b.chip.started_at()) {
            m.b.chip.activity(end, now);
            for (std::size_t n = 0; n < names.size(); ++n)
                if (now[n] < before[n] && wrong.empty())
                    wrong = names[n] + " fell before edge " + std::to_string(end);
            for (const auto& [prefix, number] : units) {
                std::uint64_t sum = 0;
                for (std::size_t n = 0; n < names.size(); ++n)
                    sum += names[n].rfind(prefix, 0) == 0 ? now[n] : 0;
                if (sum != number * (end - *m.b.chip.started_at()) && wrong.empty())
                    wrong = std::string(prefix) + "* are not all cycles before edge " + std::to_string(end);
            }
            before = now;
        }
        for (unsigned row = 0; row < p.rows.count; ++row)
            most_held = std::max(most_held, m.b.chip.keys_held(row));
        sc_core::sc_start(period, sc_core::SC_RUN_TO_TIME);
    }
    CHECK(wrong == "");
    CHECK(most_held > 0);
    CHECK(most_held <= std::uint64_t{p.lane.count} * p.lane.scoreboard_entries);
    m.finish();
    m.b.chip.activity(*m.b.chip.started_at() + m.b.chip.cycles(), now);
    for (std::size_t n = 0; n < names.size(); ++n) {
        INFO(names[n]);
        CHECK(now[n] == m.count(names[n]));
    }
    dram_bank_counters all;
    for (unsigned channel = 0; channel < p.dram.pseudo_channels; ++channel)
        for (const dram_bank_counters& bank : m.b.chip.dram_banks(channel)) {
            all.reads += bank.reads;
            all.writes += bank.writes;
            all.activates += bank.activates;
            all.row_conflicts += bank.row_conflicts;
        }
    CHECK(all.activates == m.count("dram.activates"));
    CHECK(all.row_conflicts == m.count("dram.row_conflicts"));
    CHECK(all.reads + all.writes ==
          m.count("dram.row_hits") + m.count("dram.row_misses") + m.count("dram.row_conflicts"));
}

}  // namespace

TEST_CASE("between any two edges the cycles so far are in classes, none of which ever falls") {
    check_activity(params{});
}

TEST_CASE("the same for a machine that is short of everything, with admission by lane and ISTA off") {
    params p;
    p.dispatch.admission = dispatch_admission::per_lane;
    p.ista.enabled = false;
    p.lane.scoreboard_entries = 3;
    p.lane.fifo_planes = 2;
    p.vpu.macs_per_row = 4;
    p.dram.pseudo_channels = 2;
    p.buffer.k_planes_per_cycle = 4;
    check_activity(p);
}
