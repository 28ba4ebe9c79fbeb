// The chip as it is built: its lanes are modules with a process each and bound sockets, their number follows the
// parameters, and a job written to the registers comes back with the output of its one key.
#include "model/accelerator/chip_bench.h"
#include "model/layout/k_layout.h"
#include "model/layout/memory_plan.h"
#include "model/numeric/online_softmax.h"

using namespace pade;
using namespace pade::test;

namespace {

void find_lanes(const std::vector<sc_core::sc_object*>& objects, std::vector<pe_lane*>& lanes) {
    for (sc_core::sc_object* object : objects) {
        if (auto* lane = dynamic_cast<pe_lane*>(object))
            lanes.push_back(lane);
        find_lanes(object->get_child_objects(), lanes);
    }
}

unsigned processes_of(const sc_core::sc_object& module) {
    unsigned count = 0;
    for (sc_core::sc_object* child : module.get_child_objects())
        count += sc_core::sc_process_handle(child).valid() ? 1 : 0;
    return count;
}

void check_lanes(const params& p) {
    bench b(p);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    std::vector<pe_lane*> lanes;
    find_lanes(sc_core::sc_get_top_level_objects(), lanes);
    REQUIRE(lanes.size() == p.rows.count * p.lane.count);
    for (pe_lane* lane : lanes) {
        INFO(lane->name());
        CHECK(processes_of(*lane) == 1);
        CHECK(lane->clk.size() == 1);
        CHECK(lane->verdicts.size() == 1);
        CHECK(lane->bounds.size() == 1);
        CHECK(lane->scores.size() == 1);
        CHECK(lane->planes.get_base_port().get_interface() != nullptr);
        CHECK(lane->row.get_base_port().get_interface() != nullptr);
    }
}

}  // namespace

TEST_CASE("the default chip has 128 lanes, each a module with its own process and bound sockets") {
    check_lanes(params{});
}

TEST_CASE("lane and row counts change the number of lanes") {
    params p;
    p.rows.count = 3;
    p.lane.count = 5;
    check_lanes(p);
}

TEST_CASE("a job of one query and one key: the output is the key's V row, in DRAM as FP16") {
    const params p;
    bench b(p);
    const address_map map(p.dram);
    const auto layout = make_k_layout(p.layout, map, {1, 64, 8});
    job work;
    work.queries = work.keys = 1;
    work.head_dim = 64;
    work.heads.resize(1);
    work.kv_heads.resize(1);
    plan_memory(work, *layout, map, p.output.bytes);

    std::vector<std::int8_t> k(64, 3);
    unsigned char row[64];
    layout->store(k.data(), work.kv_heads[0].k_row,
                  [&](std::uint64_t address, const std::uint8_t* data, unsigned bytes) {
                      b.host.access(tlm::TLM_WRITE_COMMAND, address, const_cast<std::uint8_t*>(data), bytes);
                  });
    for (unsigned i = 0; i < 64; ++i)
        row[i] = static_cast<unsigned char>(i);
    for (unsigned half = 0; half < 64; half += 32) {
        b.host.access(tlm::TLM_WRITE_COMMAND, work.kv_heads[0].v_address + half, row + half, 32);
        b.host.access(tlm::TLM_WRITE_COMMAND, work.heads[0].q_address + half, row + half, 32);
    }
    sc_core::sc_start(sc_core::SC_ZERO_TIME);  // registers answer once the chip is elaborated
    work.heads[0].logit_scale = 0.01;
    work.heads[0].v_scale = 0.5;
    b.host.program(work);

    sc_core::sc_start(100, sc_core::SC_US);
    REQUIRE(b.interrupt.read());
    b.chip.finish();
    CHECK(b.chip.imbalance() == "");
    unsigned char stored[32];
    for (unsigned atom = 0; atom < 4; ++atom) {
        b.host.access(tlm::TLM_READ_COMMAND, work.heads[0].o_address + atom * 32, stored, 32);
        for (unsigned i = 0; i < 16; ++i) {
            std::uint16_t half = 0;
            std::memcpy(&half, stored + 2 * i, 2);
            CHECK(numeric::from_fp16(half) == Approx(0.5 * (atom * 16 + i)));
        }
    }
    stats figures;
    b.chip.collect(figures);
    CHECK(figures.count("pairs.total") == 1);
    CHECK(figures.count("pairs.retained") == 1);
    CHECK(figures.count("planes.processed") == 8);
}
