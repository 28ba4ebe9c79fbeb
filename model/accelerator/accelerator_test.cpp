// The chip as it is built: its lanes are modules with a process each and bound sockets, their number follows the
// parameters, and a job written to the registers comes back with the output of its one key.
#include "model/accelerator/accelerator.h"

#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "model/control/register_map.h"
#include "model/layout/k_layout.h"
#include "model/layout/memory_plan.h"
#include "model/numeric/online_softmax.h"

using namespace pade;

namespace {

/// Drives the registers and the DRAM by hand.
struct driver : sc_core::sc_module {
    explicit driver(sc_core::sc_module_name name) : sc_module(name) {}
    tlm_utils::simple_initiator_socket<driver> registers{"registers"};
    tlm_utils::simple_initiator_socket<driver> memory{"memory"};

    void set(std::uint64_t address, std::uint64_t value) {
        tlm::tlm_generic_payload payload;
        payload.set_command(tlm::TLM_WRITE_COMMAND);
        payload.set_address(address);
        payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
        payload.set_data_length(8);
        payload.set_streaming_width(8);
        sc_core::sc_time delay;
        registers->b_transport(payload, delay);
        REQUIRE(payload.get_response_status() == tlm::TLM_OK_RESPONSE);
    }
    void set(std::uint64_t address, double value) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        set(address, bits);
    }
    void access(tlm::tlm_command command, std::uint64_t address, unsigned char* data, unsigned bytes) {
        tlm::tlm_generic_payload payload;
        payload.set_command(command);
        payload.set_address(address);
        payload.set_data_ptr(data);
        payload.set_data_length(bytes);
        payload.set_streaming_width(bytes);
        REQUIRE(memory->transport_dbg(payload) == bytes);
    }
};

struct bench {
    explicit bench(const params& p) : chip("chip", p), host("host") {
        host.registers.bind(chip.bus);
        host.memory.bind(chip.memory);
        chip.interrupt(interrupt);
    }
    accelerator chip;
    driver host;
    sc_core::sc_signal<bool> interrupt{"interrupt"};
};

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
    b.host.set(reg::queries, std::uint64_t{1});
    b.host.set(reg::keys, std::uint64_t{1});
    b.host.set(reg::head_dim, std::uint64_t{64});
    b.host.set(reg::alpha, 1.0);
    b.host.set(reg::radius, 5.0);
    b.host.set(reg::o_row_bytes, std::uint64_t{work.o_row_bytes});
    b.host.set(reg::heads, std::uint64_t{1});
    b.host.set(reg::kv_heads, std::uint64_t{1});
    b.host.set(reg::head_base + reg::head_logit_scale, 0.01);
    b.host.set(reg::head_base + reg::head_v_scale, 0.5);
    b.host.set(reg::head_base + reg::head_q_address, work.heads[0].q_address);
    b.host.set(reg::head_base + reg::head_o_address, work.heads[0].o_address);
    b.host.set(reg::kv_base + reg::kv_k_row, std::uint64_t{work.kv_heads[0].k_row});
    b.host.set(reg::kv_base + reg::kv_v_address, work.kv_heads[0].v_address);
    b.host.set(reg::control, std::uint64_t{1});

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
