// KV buffer towards its readers: bank accesses, sharing, the K feed, priorities, latency, errors, back-pressure.
#include "model/buffer/kv_test_bench.h"

using namespace pade;
using namespace pade::test;

namespace {
constexpr std::uint64_t atom(std::uint64_t n) {
    return n * 32;
}

void read_latency_is(unsigned latency) {
    kv_params p;
    p.buffer.read_latency = latency;
    kv_bench b(p);
    b.k.at(10, k_fetch(atom(1), 3));
    b.k_readers[2]->read(50, atom(1) + 8, 8);
    b.k_readers[2]->read(51, atom(1) + 16, 16);
    b.finish(100);
    REQUIRE(b.k_readers[2]->results.size() == 2);
    // Sent at 50, seen by the buffer and accessed at 51, data at the reader `latency` later, not a cycle sooner.
    CHECK(b.k_readers[2]->results[0].seen == 51 + latency);
    CHECK(b.k_readers[2]->results[1].seen == 52 + latency);  // pipelined
    CHECK(b.k_readers[2]->results[0].data_ok());
    CHECK(b.k_readers[2]->results[1].data_ok());
    CHECK(b.kv.counters().k_planes == 3);
    CHECK(b.kv.counters().k_reads == 2);
    CHECK(b.kv.counters().all().bytes_used == 24);
    CHECK(b.kv.counters().k_port[2].transactions == 2);
    CHECK(b.kv.counters().k_port[2].bytes == 24);
    CHECK(b.kv.counters().k_feed[feed_state::partly] == 2);
    CHECK(b.kv.counters().k_feed[feed_state::idle] == 98);
}

/// Edges at which each K reader saw its first answer.
std::vector<cycle_t> first_seen(const kv_bench& b, unsigned readers) {
    std::vector<cycle_t> seen;
    for (unsigned i = 0; i < readers; ++i)
        seen.push_back(b.k_readers[i]->results.empty() ? 0 : b.k_readers[i]->results[0].seen);
    return seen;
}
}  // namespace

TEST_CASE("read latency 1") {
    read_latency_is(1);
}
TEST_CASE("read latency 2") {
    read_latency_is(2);
}
TEST_CASE("read latency 7") {
    read_latency_is(7);
}

TEST_CASE("one access a bank: the oldest read first, then the lowest port") {
    kv_bench b;
    for (std::uint64_t i = 0; i < 3; ++i)
        b.k.at(10, k_fetch(atom(i), 5));
    b.k.at(10, k_fetch(atom(3), 6));
    b.k_readers[0]->read(50, atom(0), 8);
    b.k_readers[1]->read(50, atom(1), 8);
    b.k_readers[2]->read(49, atom(2), 8);
    b.k_readers[3]->read(50, atom(3), 8);  // another bank
    b.finish(100);
    CHECK(first_seen(b, 4) == std::vector<cycle_t>{52, 53, 51, 52});
    CHECK(b.kv.counters().k_conflicts == 1);
    CHECK(b.kv.counters().k_reads == 4);
    // 50: one read; 51: two, one lost its bank; 52: the last.
    CHECK(b.kv.counters().k_feed[feed_state::partly] == 2);
    CHECK(b.kv.counters().k_feed[feed_state::conflict] == 1);
}

TEST_CASE("one read serves up to columns_per_read ports that want the same atom") {
    kv_bench b;
    b.k.at(10, k_fetch(atom(1), 5));
    for (unsigned i = 0; i < 6; ++i)
        b.k_readers[i]->read(i == 5 ? 49 : 50, atom(1) + 8 * (i % 4), 8);
    // Port 5 asks a cycle earlier and is alone then; the others are five.
    b.finish(100);
    CHECK(first_seen(b, 6) == std::vector<cycle_t>{52, 52, 52, 52, 53, 51});
    CHECK(b.kv.counters().k_reads == 3);
    CHECK(b.kv.counters().k_deliveries == 6);
    CHECK(b.kv.counters().all().bytes_used == 32);
}

TEST_CASE("the feed delivers k_planes_per_cycle, and the ports take turns") {
    kv_params p;
    p.buffer.k_planes_per_cycle = 2;
    kv_bench b(p);
    for (std::uint64_t i = 0; i < 4; ++i)
        b.k.at(10, k_fetch(atom(i), static_cast<std::uint32_t>(i)));
    for (unsigned port = 0; port < 4; ++port)
        for (unsigned n = 0; n < 8; ++n)
            b.k_readers[port]->read(50, atom(port), 8);
    b.finish(100);
    CHECK(first_seen(b, 4) == std::vector<cycle_t>{52, 52, 53, 53});
    CHECK(b.kv.counters().k_planes == 32);
    CHECK(b.kv.counters().k_feed[feed_state::full] == 16);
    CHECK(b.kv.counters().k_feed_utilisation(2) == Approx(0.16));
    for (unsigned port = 0; port < 4; ++port) {
        REQUIRE(b.k_readers[port]->results.size() == 8);
        CHECK(b.k_readers[port]->results.back().seen >= 66);  // nobody was ahead of the others
    }
}

TEST_CASE("a read wider than a cycle's worth takes that many cycles of the feed") {
    kv_params p;
    p.buffer.k_planes_per_cycle = 1;
    kv_bench b(p);
    b.k.at(10, k_fetch(atom(0), 0));
    b.k.at(10, k_fetch(atom(1), 1));
    for (unsigned n = 0; n < 4; ++n) {
        b.k_readers[0]->read(50, atom(0), 32);
        b.k_readers[1]->read(50, atom(1), 16);
    }
    b.finish(100);
    CHECK(b.k_readers[0]->results.size() == 4);
    CHECK(b.k_readers[1]->results.size() == 4);
    // 4 x (4 + 2) planes from cycle 51 on; the last access is at 51 + 24 - 2 or - 4.
    const cycle_t last = std::max(b.k_readers[0]->results.back().seen, b.k_readers[1]->results.back().seen);
    CHECK(last >= 51 + 24 - 4 + 1);
    CHECK(last <= 51 + 24 + 1);
}

TEST_CASE("a bank serves data from DRAM before K before V") {
    kv_bench b;
    b.k.at(10, k_fetch(atom(0), 5));
    b.v.at(10, v_fetch(atom(1), 1, 5));
    // A third atom of the bank arrives from DRAM at the bank in cycle 60 + 21 = 81.
    b.k.at(60, k_fetch(atom(2), 5));
    b.k_readers[0]->read(80, atom(0), 8);
    b.v_readers[0]->read(80, atom(1), 32);
    b.finish(120);
    CHECK(b.arrived.items.back().visible == 82);
    CHECK(b.k_readers[0]->results.at(0).seen == 83);
    CHECK(b.v_readers[0]->results.at(0).seen == 84);
    CHECK(b.v_readers[0]->results.at(0).data_ok());
    CHECK(b.kv.counters().k_conflicts == 1);
    CHECK(b.kv.counters().v_conflicts == 2);
    CHECK(b.kv.counters().v_ports[feed_state::conflict] == 2);
    CHECK(b.kv.counters().v_ports[feed_state::full] == 1);
    CHECK(b.kv.counters().v_reads == 1);
}

TEST_CASE("reads of data on their way wait in the port, a row whose fetch waits for lines counts as asked for") {
    kv_params p;
    p.buffer.kv_bytes = 32768;
    p.buffer.banks = 64;
    kv_bench b(p);
    b.v.at(10, v_fetch(atom(8), 2, 3));
    b.v_readers[0]->read(10, atom(9), 32);
    b.k.at(12, k_fetch(atom(0), 0));
    b.k_readers[0]->read(13, atom(0), 8);
    for (std::uint64_t i = 1; i < 16; ++i)
        b.k.at(40, k_fetch(atom(100 + i), 0));
    b.v.at(50, v_fetch(atom(200), 1, 0));  // bank 0 is full of pins
    b.v_readers[1]->read(52, atom(200), 32);
    b.k.at(80, release_of(k_fetch(atom(0), 0)));
    b.finish(150);
    CHECK(b.v_readers[0]->results.at(0).seen == 33);  // BEGIN_RESP 30, bank 31, read 32
    CHECK(b.v_readers[0]->results.at(0).data_ok());
    CHECK(b.k_readers[0]->results.at(0).seen == 35);
    CHECK(b.k_readers[0]->results.at(0).data_ok());
    CHECK(b.v_readers[1]->results.at(0).seen == 103);  // reserved at 80
    CHECK(b.v_readers[1]->results.at(0).data_ok());
    CHECK(b.kv.counters().port_errors == 0);
    // Port 0: read seen at 11, served at 32. Port 1: seen at 53, served at 102.
    CHECK(b.kv.counters().v_ports[feed_state::stall_data] == 21 + 49);
    CHECK(b.kv.counters().k_feed[feed_state::stall_data] == 20);
}

TEST_CASE("what cannot be served is answered with an error") {
    kv_bench b;
    b.k.at(10, k_fetch(atom(1), 5));
    b.k_readers[0]->read(50, atom(77), 8);  // never reserved
    b.k_readers[0]->write(51, atom(1), 5, 8);
    b.k_readers[0]->read(52, atom(1) + 28, 8);  // over the end of the line
    b.k_readers[0]->read(53, atom(1), 8);
    b.v_readers[0]->read(50, atom(77), 32);
    b.v_readers[0]->write(51, atom(1), 5);
    b.finish(100);
    const auto& k = b.k_readers[0]->results;
    REQUIRE(k.size() == 4);
    CHECK(k[0].status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(k[1].status == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(k[2].status == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(k[3].data_ok());
    const auto& v = b.v_readers[0]->results;
    REQUIRE(v.size() == 2);
    CHECK(v[0].status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(v[1].status == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.kv.counters().port_errors == 5);
    CHECK(b.kv.counters().k_reads == 1);
}

TEST_CASE("a read that waits for data which then lose their line is an error, not the bytes of what lies there now") {
    kv_params p;  // 16 lines in each of 64 banks
    p.buffer.kv_bytes = 32768;
    p.buffer.banks = 64;
    kv_bench b(p);
    for (std::uint64_t i = 1; i < 16; ++i)
        b.k.at(10, k_fetch(atom(i), 0));
    b.k.at(60, k_fetch(atom(0), 0));  // the last line of the bank; it is filled at 81
    b.k_readers[0]->read(65, atom(0), 8);
    b.k.at(70, release_of(k_fetch(atom(0))));
    b.k.at(82, k_fetch(atom(100), 0));  // takes the line away before the read can be served
    b.finish(200);
    CHECK(b.kv.counters().all().evictions == 1);
    REQUIRE(b.k_readers[0]->results.size() == 1);
    CHECK(b.k_readers[0]->results[0].status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_CASE("a port takes port_queue reads and then withholds END_REQ") {
    kv_params p;
    p.buffer.port_queue = 3;
    kv_bench b(p, 60);
    b.k.at(10, k_fetch(atom(1), 5));
    for (unsigned i = 0; i < 6; ++i)
        b.k_readers[0]->read(11, atom(1) + 4 * i, 4);
    b.clock.run_to(60);
    CHECK(b.k_readers[0]->accepted == std::vector<cycle_t>{11, 12, 13});
    CHECK(b.k_readers[0]->in_flight() == 4);  // the fourth is held back, the fifth not sent
    b.finish(150);
    const auto& r = b.k_readers[0]->results;
    REQUIRE(r.size() == 6);
    // BEGIN_RESP 70, bank 71, first read 72; its place is free from 73 on.
    CHECK(r[0].seen == 73);
    CHECK(b.k_readers[0]->accepted.at(3) == 73);
    for (const auto& one : r)
        CHECK(one.data_ok());
}

TEST_CASE("a reader that does not take its data stops its port and nobody else") {
    kv_bench b;
    b.k.at(10, k_fetch(atom(1), 5));
    b.k_readers[0]->take_answers = false;
    for (unsigned i = 0; i < 4; ++i) {
        b.k_readers[0]->read(50, atom(1), 8);
        b.k_readers[1]->read(60 + i, atom(1) + 8, 8);
    }
    b.clock.run_to(80);
    CHECK(b.k_readers[0]->results.size() == 1);
    CHECK(b.k_readers[1]->results.size() == 4);
    CHECK_THAT(b.kv.waits_for(), Catch::Contains("END_RESP is due"));
    // Reader 1 has all four. Of reader 0 one is at the reader, and read_latency of them fill the pipe.
    CHECK(b.kv.counters().k_deliveries == 4 + 1 + kv_params{}.buffer.read_latency);
    b.k_readers[0]->resume();
    b.finish(120);
    CHECK(b.k_readers[0]->results.size() == 4);
    // The second read is in the pipe from 52 on, the third waits from 53 to 80 and 1 more; the END_RESP comes at 80.
    CHECK(b.kv.counters().k_feed[feed_state::stall_reader] > 20);
}
