#include <catch2/catch.hpp>

#include "tlm/dram/traffic.h"

using namespace pade;
using test::access;
using test::bench;
using test::traffic;

namespace {

std::vector<unsigned char> bytes(unsigned count, unsigned char first) {
    std::vector<unsigned char> data(count);
    for (unsigned i = 0; i < count; ++i)
        data[i] = static_cast<unsigned char>(first + i);
    return data;
}

unsigned debug(bench& b, tlm::tlm_command command, std::uint64_t address, std::vector<unsigned char>& data,
               unsigned channel = 0) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(data.data());
    payload.set_data_length(static_cast<unsigned>(data.size()));
    return b.driver(channel).socket->transport_dbg(payload);
}

}  // namespace

TEST_CASE("what cannot be served is answered with the standard's error and changes nothing") {
    bench b("b", test::channels(2));
    const std::uint64_t end = b.dram.map().bytes();
    const auto all = bytes(32, 1);
    std::vector<access> list = {
        {true, 0, 0, 32, all},                                              // 0: fine
        {true, end, 0, 32, all},                                            // 1: beyond the end
        {true, ~std::uint64_t{0} - 31, 0, 32, all},                         // 2: far beyond it
        {true, 32, 0, 32, all},                                             // 3: of the other pseudo channel
        {true, 16, 0, 32, bytes(32, 99)},                                   // 4: across the atom's end
        {true, 0, 0, 64, bytes(64, 99)},                                    // 5: longer than an atom
        {true, 0, 0, 0, {}},                                                // 6: no bytes
        {true, 0, 0, 32, bytes(32, 99), {}, 16},                            // 7: streaming
        {true, 0, 0, 32, bytes(32, 99), {}, ~0u, tlm::TLM_IGNORE_COMMAND},  // 8
        {false, end - 64, 0, 32},                                           // 9: the last atom of this pseudo channel
        {false, 0, 0, 32},                                                  // 10: still what 0 wrote
        {false, 5, 0, 7},                                                   // 11: a short read inside the atom
    };
    b.driver().list = list;
    sc_core::sc_start();
    const auto& done = b.driver().list;
    REQUIRE(b.driver().all_done());
    const tlm::tlm_response_status expected[] = {tlm::TLM_OK_RESPONSE,
                                                 tlm::TLM_ADDRESS_ERROR_RESPONSE,
                                                 tlm::TLM_ADDRESS_ERROR_RESPONSE,
                                                 tlm::TLM_ADDRESS_ERROR_RESPONSE,
                                                 tlm::TLM_ADDRESS_ERROR_RESPONSE,
                                                 tlm::TLM_BURST_ERROR_RESPONSE,
                                                 tlm::TLM_BURST_ERROR_RESPONSE,
                                                 tlm::TLM_BURST_ERROR_RESPONSE,
                                                 tlm::TLM_COMMAND_ERROR_RESPONSE,
                                                 tlm::TLM_OK_RESPONSE,
                                                 tlm::TLM_OK_RESPONSE,
                                                 tlm::TLM_OK_RESPONSE};
    for (std::size_t i = 0; i < list.size(); ++i) {
        INFO("access " << i);
        CHECK(done[i].status == expected[i]);
    }
    CHECK(done[9].data == std::vector<unsigned char>(32, 0));
    CHECK(done[10].data == all);
    CHECK(done[11].data == bytes(7, 6));
    const auto& c = b.dram.counters(0);
    CHECK(c.errors == 8);
    CHECK(c.bytes_written == 32);
    CHECK(c.bytes_read == 32 + 32 + 7);
    CHECK(c.writes == 1);
    CHECK(c.reads == 3);
    CHECK(b.driver().pool.in_use() == 0);
}

TEST_CASE("byte enables are honoured, and refused without a length") {
    bench b("b", test::channels(1));
    b.driver().list = {{true, 0, 0, 8, bytes(8, 1)},
                       {true, 0, 0, 8, bytes(8, 101), {TLM_BYTE_ENABLED, TLM_BYTE_DISABLED, TLM_BYTE_DISABLED}},
                       {false, 0, 0, 8},
                       {false, 0, 0, 4, {}, {TLM_BYTE_DISABLED, TLM_BYTE_ENABLED}}};
    sc_core::sc_start();
    CHECK(b.driver().list[2].data == std::vector<unsigned char>{101, 2, 3, 104, 5, 6, 107, 8});
    CHECK(b.driver().list[3].data == std::vector<unsigned char>{0xee, 2, 0xee, 104});

    tlm::tlm_generic_payload payload;
    unsigned char data[8] = {}, enables[1] = {TLM_BYTE_ENABLED};
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_address(0);
    payload.set_data_ptr(data);
    payload.set_data_length(8);
    payload.set_streaming_width(8);
    payload.set_byte_enable_ptr(enables);
    payload.set_byte_enable_length(0);
    sc_core::sc_time delay;
    b.driver().socket->b_transport(payload, delay);
    CHECK(payload.get_response_status() == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    CHECK(delay == sc_core::SC_ZERO_TIME);
}

TEST_CASE("blocking and debug transport reach the same bytes, DMI is refused") {
    bench b("b", test::channels(2));
    sc_core::sc_start();  // ends elaboration

    auto written = bytes(200, 7);
    CHECK(debug(b, tlm::TLM_WRITE_COMMAND, 4096 - 60, written) == 200);  // over pages and pseudo channels
    std::vector<unsigned char> read(200);
    CHECK(debug(b, tlm::TLM_READ_COMMAND, 4096 - 60, read, 1) == 200);
    CHECK(read == written);
    CHECK(debug(b, tlm::TLM_READ_COMMAND, b.dram.map().bytes() - 8, read) == 8);
    CHECK(debug(b, tlm::TLM_READ_COMMAND, b.dram.map().bytes(), read) == 0);
    CHECK(std::all_of(read.begin(), read.begin() + 8, [](unsigned char c) { return c == 0; }));

    tlm::tlm_generic_payload payload;
    unsigned char data[4] = {};
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_address(4096);
    payload.set_data_ptr(data);
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    sc_core::sc_time delay(3, sc_core::SC_NS);
    b.driver().socket->b_transport(payload, delay);
    CHECK(payload.get_response_status() == tlm::TLM_OK_RESPONSE);
    CHECK(data[0] == 7 + 60);
    CHECK(delay == sc_core::sc_time(3 + 14 + 14 + 2, sc_core::SC_NS));
    payload.set_command(tlm::TLM_WRITE_COMMAND);
    delay = sc_core::SC_ZERO_TIME;
    b.driver().socket->b_transport(payload, delay);
    CHECK(delay == sc_core::sc_time(12 + 5 + 2, sc_core::SC_NS));
    tlm::tlm_dmi dmi;
    CHECK_FALSE(b.driver().socket->get_direct_mem_ptr(payload, dmi));
    CHECK(b.dram.counters(0).bytes_read == 0);
}

TEST_CASE("END_REQ is withheld while the queue is full") {
    auto params = test::channels(1);
    params.read_queue = 4;
    bench b("b", params);
    for (unsigned n = 0; n < 12; ++n)  // one bank, so that one request leaves the queue every 48 ns
        b.driver().list.push_back({false, b.at(n, 0, 0, 0), 100});
    sc_core::sc_start();
    const auto& list = b.driver().list;
    for (unsigned n = 0; n < 4; ++n)
        CHECK(list[n].accepted_ns == Approx(100));
    for (unsigned n = 4; n < 12; ++n) {
        // The RD frees the place, which can be used from the next edge on.
        const auto read = b.cycle_of(dram_command_kind::read, n - 4);
        INFO("request " << n);
        CHECK(list[n].accepted_ns == Approx(static_cast<double>(read) + 1));
    }
}

TEST_CASE("a posted write is answered at the next edge, and what waits is named") {
    bench b("b", test::channels(2));
    b.driver().list = {{true, b.at(0, 0, 0, 0), 100.3, 32, bytes(32, 1)}};
    b.driver(1).list = {{false, b.at(3, 2, 1, 0, 1), 100}};
    sc_core::sc_start(sc_core::sc_time(110, sc_core::SC_NS));
    CHECK(b.driver().list[0].accepted_ns == Approx(100.3));
    CHECK(b.driver().list[0].done_ns == Approx(101));
    CHECK(b.dram.waits_for().find("pseudo channel 0: a write of row 0, bank 0 since cycle 101 waits for") == 0);
    CHECK(
        b.dram.waits_for().find("\npseudo channel 1: a read of row 3, bank 9 since cycle 101 waits for the data bus") !=
        std::string::npos);
    sc_core::sc_start();
    CHECK(b.dram.waits_for().empty());
}

TEST_CASE("reads go on when END_RESP comes, without a refresh that has the choice made anew") {
    dram_params p = test::channels(1);
    p.refresh = dram_refresh::none;
    p.read_queue = 2;
    bench b("b", p);
    for (unsigned n = 0; n < 60; ++n)
        b.driver().list.push_back({false, std::uint64_t{n % 30} * 32, 0, 32, bytes(32, 3)});
    b.driver().end_by = traffic::ending::later;
    b.driver().end_after_ns = 300;
    sc_core::sc_start();
    CHECK(b.driver().all_done());
    CHECK(b.driver().pool.in_use() == 0);
    CHECK(b.driver().last_ns() < 60 * 310);
    CHECK(b.dram.waits_for().empty());
}

TEST_CASE("a response comes at the edge after the END_RESP before it, also when that comes at an edge") {
    bench asleep("asleep", test::channels(1)), awake("awake", test::channels(1));
    awake.dram.run_every_cycle(true);  // it runs at the edge of the END_RESP too, and after it
    for (bench* b : {&asleep, &awake}) {
        for (unsigned n = 0; n < 10; ++n)
            b->driver().list.push_back({true, std::uint64_t{n} * 32, 100, 32, bytes(32, 3)});
        b->driver().end_by = traffic::ending::later;
        b->driver().end_after_ns = 1;
    }
    sc_core::sc_start(1, sc_core::SC_US);
    for (bench* b : {&asleep, &awake}) {
        REQUIRE(b->driver().all_done());
        for (unsigned n = 0; n < 10; ++n) {
            INFO("write " << n);
            CHECK(b->driver().list[n].done_ns ==
                  Approx(102 + 2 * n));  // BEGIN_RESP at 101 + 2 n, END_RESP an edge later
        }
    }
}

TEST_CASE("responses wait for END_RESP one by one, in each way to end them") {
    bench slow("slow", test::channels(1)), update("update", test::channels(1)), complete("complete", test::channels(1)),
        nested("nested", test::channels(1)), annotated("annotated", test::channels(1));
    const auto all = {&slow, &update, &complete, &nested, &annotated};
    for (bench* b : all)
        for (unsigned n = 0; n < 100; ++n)
            b->driver().list.push_back({n % 5 == 4, std::uint64_t{n % 50} * 32, 0, 32, bytes(32, 3)});
    slow.driver().end_by = traffic::ending::later;
    slow.driver().end_after_ns = 7.3;
    update.driver().end_by = traffic::ending::updated;
    nested.driver().end_by = traffic::ending::nested;
    annotated.driver().end_by = traffic::ending::annotated;
    sc_core::sc_start();
    for (bench* b : all) {
        CHECK(b->driver().all_done());
        CHECK(b->driver().pool.in_use() == 0);
    }
    CHECK(slow.driver().last_ns() > 100 * 8 - 8);
    CHECK(update.driver().last_ns() < 500);
    CHECK(complete.driver().last_ns() == update.driver().last_ns());
    CHECK(nested.driver().last_ns() == update.driver().last_ns());
    CHECK(annotated.driver().last_ns() > 99 * 3);  // an END_RESP 2.5 ns later: one response every third cycle
    CHECK(annotated.driver().last_ns() < slow.driver().last_ns());
}
