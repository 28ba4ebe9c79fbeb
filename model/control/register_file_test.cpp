// The host's side of the accelerator: access rules, the job that the registers make, start, end, interrupt.
#include <tlm_utils/simple_initiator_socket.h>
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>

#include "model/control/register_file.h"

using namespace pade;

namespace {

const sc_core::sc_time period(1250, sc_core::SC_PS);

/// A host in a thread of its own, and the dispatcher's end of the two streams.
struct bench : sc_core::sc_module {
    PADE_HAS_PROCESS(bench);
    clock_domain core{"core", period};
    clock_gate gate{"gate", core};
    register_file unit;
    tlm_utils::simple_initiator_socket<bench> bus{"bus"};
    stream_target<job_item> start{"start"};
    stream_initiator<job_item> finished{"finished"};
    sc_core::sc_signal<bool> interrupt{"interrupt"};
    std::function<void(bench&)> host;
    std::vector<job_item> jobs;
    std::vector<cycle_t> sent;                      // edges at which they came
    std::vector<std::pair<cycle_t, bool>> changes;  // of the interrupt
    bool ended = false;

    bench(sc_core::sc_module_name name, std::function<void(bench&)> what, unsigned latency)
        : sc_module(name), unit("registers", link(latency)), host(std::move(what)) {
        SC_THREAD(run);
        SC_METHOD(see);
        sensitive << interrupt;
        dont_initialize();
        unit.clk(gate);
        unit.interrupt(interrupt);
        bus.bind(unit.bus);
        unit.start.bind(start);
        finished.bind(unit.finished);
        start.on_item<bench, &bench::on_start>(this);
    }
    static link_params link(unsigned latency) {
        link_params p;
        p.latency = latency;
        return p;
    }

    tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t address, std::uint64_t& value,
                                    unsigned bytes = 8) {
        tlm::tlm_generic_payload payload;
        unsigned char data[16] = {};
        std::memcpy(data, &value, sizeof value);
        payload.set_command(command);
        payload.set_address(address);
        payload.set_data_ptr(data);
        payload.set_data_length(bytes);
        payload.set_streaming_width(bytes);
        payload.set_dmi_allowed(true);
        sc_core::sc_time delay;
        bus->b_transport(payload, delay);
        std::memcpy(&value, data, sizeof value);
        CHECK_FALSE(payload.is_dmi_allowed());
        return payload.get_response_status();
    }
    tlm::tlm_response_status write(std::uint64_t address, std::uint64_t value) {
        return access(tlm::TLM_WRITE_COMMAND, address, value);
    }
    tlm::tlm_response_status write_real(std::uint64_t address, double value) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        return write(address, bits);
    }
    std::uint64_t read(std::uint64_t address) {
        std::uint64_t value = 0;
        CHECK(access(tlm::TLM_READ_COMMAND, address, value) == tlm::TLM_OK_RESPONSE);
        return value;
    }
    /// A small job: 2 heads of one KV head.
    void write_job() {
        for (const auto& [address, value] :
             std::map<std::uint64_t, std::uint64_t>{{reg::phase, 0},
                                                    {reg::queries, 5},
                                                    {reg::first_query, 3},
                                                    {reg::keys, 100},
                                                    {reg::head_dim, 64},
                                                    {reg::causal, 1},
                                                    {reg::causal_offset, static_cast<std::uint64_t>(-2)},
                                                    {reg::o_row_bytes, 128},
                                                    {reg::spill_address, 0x123450020},
                                                    {reg::heads, 2},
                                                    {reg::kv_heads, 1},
                                                    {reg::kv_base + reg::kv_k_row, 7},
                                                    {reg::kv_base + reg::kv_v_address, 0x4000}})
            CHECK(write(address, value) == tlm::TLM_OK_RESPONSE);
        CHECK(write_real(reg::alpha, 0.75) == tlm::TLM_OK_RESPONSE);
        CHECK(write_real(reg::radius, 4.5) == tlm::TLM_OK_RESPONSE);
        for (std::uint64_t head = 0; head < 2; ++head) {
            const std::uint64_t base = reg::head_base + head * reg::head_stride;
            CHECK(write(base + reg::head_kv, 0) == tlm::TLM_OK_RESPONSE);
            CHECK(write_real(base + reg::head_logit_scale, 0.5 + static_cast<double>(head)) == tlm::TLM_OK_RESPONSE);
            CHECK(write_real(base + reg::head_v_scale, 2.0) == tlm::TLM_OK_RESPONSE);
            CHECK(write(base + reg::head_q_address, 0x1000 + 0x100 * head) == tlm::TLM_OK_RESPONSE);
            CHECK(write(base + reg::head_o_address, 0x2000 + 0x100 * head) == tlm::TLM_OK_RESPONSE);
        }
    }
    /// The dispatcher's word that the job is done, to be seen at edge `visible`.
    void finish(cycle_t visible) {
        job_item item;
        item.work = jobs.back().work;
        finished.send(item, visible);
    }
    /// Waits until half a period before edge `edge`.
    void until(cycle_t edge) {
        wait(sc_core::sc_time::from_value(edge * period.value() - period.value() / 2) - sc_core::sc_time_stamp());
    }

  private:
    void on_start(unsigned, job_item& item) {
        jobs.push_back(item);
        sent.push_back(core.cycle());
    }
    void see() { changes.emplace_back(core.cycle(), interrupt.read()); }
    void run() {
        host(*this);
        ended = true;
    }
};

std::unique_ptr<bench> run(const std::function<void(bench&)>& host, unsigned latency = 1) {
    auto b = std::make_unique<bench>("bench", host, latency);
    sc_core::sc_start(10, sc_core::SC_US);
    REQUIRE(b->ended);
    return b;
}

using change_list = std::vector<std::pair<cycle_t, bool>>;

}  // namespace

TEST_CASE("registers keep what is written") {
    const auto b = run([](bench& h) {
        CHECK(h.read(reg::status) == 0);
        CHECK(h.read(reg::keys) == 0);
        CHECK(h.write(reg::keys, 0x123456789abcdef0) == tlm::TLM_OK_RESPONSE);
        CHECK(h.read(reg::keys) == 0x123456789abcdef0);
        CHECK(h.write(reg::head_base + 255 * reg::head_stride + reg::head_o_address, 9) == tlm::TLM_OK_RESPONSE);
        CHECK(h.read(reg::head_base + 255 * reg::head_stride + reg::head_o_address) == 9);
        CHECK(h.write(reg::kv_base + 255 * reg::kv_stride + reg::kv_v_address, 8) == tlm::TLM_OK_RESPONSE);
        CHECK(h.read(reg::kv_base + 255 * reg::kv_stride + reg::kv_v_address) == 8);
    });
}

TEST_CASE("what is no register is an address error") {
    const auto b = run([](bench& h) {
        std::uint64_t value = 0;
        for (const std::uint64_t address :
             {std::uint64_t{0x10}, std::uint64_t{0x38}, reg::job_end, reg::head_base - 8,
              reg::head_base + reg::head_fields_end, reg::head_base + reg::head_stride - 8,
              reg::head_base + reg::max_heads * reg::head_stride, reg::kv_base - 8, reg::space, std::uint64_t{1} << 40,
              ~std::uint64_t{7}, reg::keys + 4, reg::keys + 1}) {
            INFO("address " << address);
            CHECK(h.access(tlm::TLM_READ_COMMAND, address, value) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
            CHECK(h.write(address, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        }
    });
}

TEST_CASE("accesses of another length are burst errors, byte enables are refused") {
    const auto b = run([](bench& h) {
        std::uint64_t value = 5;
        for (const unsigned bytes : {1u, 4u, 7u, 9u, 16u}) {
            INFO(bytes << " bytes");
            CHECK(h.access(tlm::TLM_WRITE_COMMAND, reg::keys, value, bytes) == tlm::TLM_BURST_ERROR_RESPONSE);
        }
        tlm::tlm_generic_payload payload;
        unsigned char data[8] = {};
        unsigned char enable[1] = {0xff};
        payload.set_write();
        payload.set_address(reg::keys);
        payload.set_data_ptr(data);
        payload.set_data_length(8);
        payload.set_streaming_width(4);
        sc_core::sc_time delay;
        h.bus->b_transport(payload, delay);
        CHECK(payload.get_response_status() == tlm::TLM_BURST_ERROR_RESPONSE);
        payload.set_streaming_width(8);
        payload.set_byte_enable_ptr(enable);
        payload.set_byte_enable_length(1);
        payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        h.bus->b_transport(payload, delay);
        CHECK(payload.get_response_status() == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
        CHECK(h.read(reg::keys) == 0);
    });
}

TEST_CASE("status is read only, control takes 1, and 2 when a job is done") {
    const auto b = run([](bench& h) {
        CHECK(h.write(reg::status, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        h.write_job();
        for (const std::uint64_t value : {0, 2, 3})
            CHECK(h.write(reg::control, value) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(h.read(reg::control) == 0);
        CHECK(h.read(reg::status) == 0);
    });
    CHECK(b->jobs.empty());
}

TEST_CASE("the job is what the registers say") {
    const auto b = run([](bench& h) {
        h.write_job();
        CHECK(h.write(reg::control, 1) == tlm::TLM_OK_RESPONSE);
    });
    REQUIRE(b->jobs.size() == 1);
    const job& work = *b->jobs[0].work;
    CHECK(work.phase == job_phase::prefill);
    CHECK(work.queries == 5);
    CHECK(work.first_query == 3);
    CHECK(work.keys == 100);
    CHECK(work.head_dim == 64);
    CHECK(work.causal);
    CHECK(work.causal_offset == -2);
    CHECK(work.visible_keys(0) == 2);
    CHECK(work.alpha == 0.75);
    CHECK(work.radius == 4.5);
    CHECK(work.o_row_bytes == 128);
    CHECK(work.spill_address == 0x123450020);
    REQUIRE(work.heads.size() == 2);
    CHECK(work.heads[1].kv == 0);
    CHECK(work.heads[1].logit_scale == 1.5);
    CHECK(work.heads[1].v_scale == 2.0);
    CHECK(work.heads[1].q_address == 0x1100);
    CHECK(work.heads[1].o_address == 0x2100);
    REQUIRE(work.kv_heads.size() == 1);
    CHECK(work.kv_heads[0].k_row == 7);
    CHECK(work.kv_heads[0].v_address == 0x4000);
}

TEST_CASE("registers that make no job: the start is refused, and nothing happens") {
    const std::uint64_t wide = std::uint64_t{1} << 32;
    const auto bits = [](double value) {
        std::uint64_t v = 0;
        std::memcpy(&v, &value, sizeof v);
        return v;
    };
    const double infinity = std::numeric_limits<double>::infinity();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::uint64_t head = reg::head_base + reg::head_stride;
    struct wrong {
        std::uint64_t address;
        std::uint64_t value;
    };
    const std::vector<wrong> cases = {{reg::phase, 2},
                                      {reg::queries, 0},
                                      {reg::queries, wide},
                                      {reg::queries, wide + 5},
                                      {reg::keys, 0},
                                      {reg::keys, wide + 1},
                                      {reg::first_query, wide},
                                      {reg::head_dim, 0},
                                      {reg::head_dim, 12},
                                      {reg::head_dim, 264},
                                      {reg::causal, 2},
                                      {reg::causal_offset, std::uint64_t{1} << 31},
                                      {reg::causal_offset, static_cast<std::uint64_t>(-4)},  // query 3 sees no key
                                      {reg::heads, 0},
                                      {reg::heads, 257},
                                      {reg::kv_heads, 0},
                                      {reg::kv_heads, 257},
                                      {reg::o_row_bytes, 0},
                                      {reg::o_row_bytes, 100},
                                      {reg::spill_address, 0x1010},
                                      {reg::alpha, bits(-1)},
                                      {reg::alpha, bits(nan)},
                                      {reg::radius, bits(infinity)},
                                      {head + reg::head_kv, 1},
                                      {head + reg::head_kv, wide},
                                      {head + reg::head_logit_scale, bits(0)},
                                      {head + reg::head_logit_scale, bits(-1)},
                                      {head + reg::head_logit_scale, bits(nan)},
                                      {head + reg::head_logit_scale, bits(infinity)},
                                      {head + reg::head_v_scale, bits(nan)},
                                      {head + reg::head_q_address, 0x1010},
                                      {head + reg::head_o_address, 0x2001},
                                      {reg::kv_base + reg::kv_v_address, 0x4008},
                                      {reg::kv_base + reg::kv_k_row, wide}};
    const auto b = run([&](bench& h) {
        for (const wrong& w : cases) {
            INFO("register " << w.address << " is " << w.value);
            h.write_job();
            CHECK(h.write(w.address, w.value) == tlm::TLM_OK_RESPONSE);
            CHECK(h.write(reg::control, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
            CHECK(h.read(reg::status) == 0);
        }
        // What lies beyond the heads in use does not count.
        h.write_job();
        h.write(head + reg::head_stride + reg::head_kv, 99);
        h.write(reg::causal, 0);
        h.write(reg::causal_offset, static_cast<std::uint64_t>(-4));  // no mask
        CHECK(h.write(reg::control, 1) == tlm::TLM_OK_RESPONSE);
    });
    CHECK(b->jobs.size() == 1);
    CHECK(b->unit.jobs() == 1);
}

TEST_CASE("as many heads as there are registers make a job") {
    const double scale = 1.5;
    std::uint64_t bits = 0;
    std::memcpy(&bits, &scale, sizeof bits);
    const auto b = run([&](bench& h) {
        h.write_job();
        h.write(reg::heads, reg::max_heads);
        h.write(reg::kv_heads, reg::max_heads);
        for (std::uint64_t i = 0; i < reg::max_heads; ++i) {
            h.write(reg::head_base + i * reg::head_stride + reg::head_kv, i);
            h.write(reg::head_base + i * reg::head_stride + reg::head_logit_scale, bits);
        }
        CHECK(h.write(reg::control, 1) == tlm::TLM_OK_RESPONSE);
    });
    REQUIRE(b->jobs.size() == 1);
    CHECK(b->jobs[0].work->heads.size() == reg::max_heads);
    CHECK(b->jobs[0].work->heads.back().kv == reg::max_heads - 1);
    CHECK(b->jobs[0].work->kv_heads.size() == reg::max_heads);
}

namespace {

void check_times(unsigned latency) {
    const cycle_t visible = 50;
    const auto b = run(
        [&](bench& h) {
            h.write_job();
            h.until(10);
            CHECK(h.write(reg::control, 1) == tlm::TLM_OK_RESPONSE);
            CHECK(h.read(reg::status) == 1);  // busy from the write on
            h.until(20);
            h.finish(visible);
            h.until(visible);  // just before the edge
            CHECK(h.read(reg::status) == 1);
            CHECK_FALSE(h.interrupt.read());
            h.until(visible + 1);
            CHECK(h.read(reg::status) == 2);
            CHECK(h.interrupt.read());
            CHECK(h.write(reg::control, 2) == tlm::TLM_OK_RESPONSE);
            CHECK(h.read(reg::status) == 0);
            h.until(visible + 3);
            CHECK_FALSE(h.interrupt.read());
            CHECK(h.write(reg::control, 2) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        },
        latency);
    CHECK(b->sent == std::vector<cycle_t>{10});
    CHECK(b->jobs[0].visible == 10 + latency);
    CHECK(b->unit.started_at() == 10);
    CHECK(b->unit.finished_at() == visible);
    CHECK(b->changes == change_list{{visible, true}, {visible + 1, false}});
    CHECK(b->unit.last_job() == b->jobs[0].work);
}

}  // namespace

TEST_CASE("start, end and interrupt at their edges, link.latency 1") {
    check_times(1);
}
TEST_CASE("start, end and interrupt at their edges, link.latency 3") {
    check_times(3);
}

TEST_CASE("while a job runs nothing may be written, afterwards the same job can be started again") {
    const auto b = run([](bench& h) {
        h.write_job();
        h.until(10);
        CHECK(h.write(reg::control, 1) == tlm::TLM_OK_RESPONSE);
        // Before the edge that starts it as well as after.
        for (int i = 0; i < 2; ++i) {
            CHECK(h.write(reg::control, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
            CHECK(h.write(reg::control, 2) == tlm::TLM_COMMAND_ERROR_RESPONSE);
            CHECK(h.write(reg::keys, 50) == tlm::TLM_COMMAND_ERROR_RESPONSE);
            CHECK(h.write(reg::head_base, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
            CHECK(h.read(reg::keys) == 100);
            h.until(20);
        }
        h.finish(30);
        h.until(40);
        // Done, not acknowledged: registers can be written, a refused start changes nothing, a good one clears the
        // interrupt.
        CHECK(h.write(reg::keys, 0) == tlm::TLM_OK_RESPONSE);
        CHECK(h.write(reg::control, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(h.read(reg::status) == 2);
        CHECK(h.unit.last_job() == h.jobs[0].work);
        CHECK(h.write(reg::keys, 80) == tlm::TLM_OK_RESPONSE);
        CHECK(h.write(reg::control, 1) == tlm::TLM_OK_RESPONSE);
        CHECK(h.read(reg::status) == 1);
        h.until(50);
        h.finish(60);
        h.until(70);
        CHECK(h.read(reg::status) == 2);
    });
    CHECK(b->sent == std::vector<cycle_t>{10, 40});
    REQUIRE(b->jobs.size() == 2);
    CHECK(b->jobs[0].work->keys == 100);  // a job does not change any more once it has started
    CHECK(b->jobs[1].work->keys == 80);
    CHECK(b->unit.jobs() == 2);
    CHECK(b->unit.started_at() == 40);
    CHECK(b->unit.finished_at() == 60);
    CHECK(b->changes == change_list{{30, true}, {40, false}, {60, true}});
}
