// KV buffer: reads that ask for a bit plane of the values in a line (tlm/plane_select.h).
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
    for (int bit = 0; bit < 8; ++bit)
        b.k_readers[2]->read_plane(50, atom(1), bit);
    b.k_readers[2]->read(58, atom(1), 8);  // the next user of a payload that had the extension
    b.finish(100);
    const auto& results = b.k_readers[2]->results;
    REQUIRE(results.size() == 9);
    for (unsigned i = 0; i < 9; ++i) {
        // The transposer adds no cycle: accessed one edge after it was sent, at the reader `latency` later, no sooner.
        CHECK(results[i].seen == 51 + i + latency);
        CHECK(results[i].data_ok());
        CHECK(results[i].selected == (i < 8));
    }
    CHECK(b.kv.counters().k_reads == 9);
    CHECK(b.kv.counters().k_planes == 9);  // fewer than 64 bits take a whole word of the feed
    CHECK(b.kv.counters().k_port[2].bytes == 8 * 4 + 8);
    CHECK(b.kv.counters().all().bytes_used == 32);
    CHECK(b.kv.counters().port_errors == 0);
}
}  // namespace

TEST_CASE("a plane of values, read latency 1") {
    read_latency_is(1);
}
TEST_CASE("a plane of values, read latency 2") {
    read_latency_is(2);
}
TEST_CASE("a plane of values, read latency 7") {
    read_latency_is(7);
}

TEST_CASE("every byte that a plane is made of is used, padding is not") {
    kv_bench b;
    fetch_item half = k_fetch(atom(1), 3);
    half.useful[0] = 0x00ffffff;
    b.k.at(10, half);
    b.k.at(10, k_fetch(atom(2), 4));
    b.k_readers[0]->read_plane(50, atom(1), 7);
    b.k_readers[1]->read_plane(50, atom(2) + 8, 0, 1);   // 8 values
    b.k_readers[2]->read_plane(50, atom(2) + 16, 5, 2);  // 16 values
    b.finish(100);
    for (unsigned i = 0; i < 3; ++i)
        CHECK(b.k_readers[i]->results.at(0).data_ok());
    const atom_counters all = b.kv.counters().all();
    CHECK(all.bytes_used == 24 + 24);
    CHECK(all.bytes_padding == 8);
    CHECK(all.bytes_unused == 8);
}

TEST_CASE("an access with a plane of values serves one port, whatever columns_per_read") {
    kv_bench b;
    b.k.at(10, k_fetch(atom(1), 5));
    for (unsigned i = 0; i < 4; ++i)
        b.k_readers[i]->read_plane(50, atom(1) + 8 * i, 3, 1);
    b.k_readers[4]->read(50, atom(1), 8);  // of the bytes, behind them
    b.k_readers[5]->read(50, atom(1), 8);
    b.finish(100);
    std::vector<cycle_t> seen;
    for (unsigned i = 0; i < 6; ++i) {
        seen.push_back(b.k_readers[i]->results.at(0).seen);
        CHECK(b.k_readers[i]->results.at(0).data_ok());
    }
    // The last two share their access.
    CHECK(seen == std::vector<cycle_t>{52, 53, 54, 55, 56, 56});
    CHECK(b.kv.counters().k_reads == 5);
    CHECK(b.kv.counters().k_deliveries == 6);
    CHECK(b.kv.counters().k_conflicts == 5 + 4 + 3 + 2);
}

TEST_CASE("a plane of values that does not fit its line or names no bit is answered with an error") {
    kv_bench b;
    b.k.at(10, k_fetch(atom(1), 5));
    b.k_readers[0]->read_plane(50, atom(1), 0, 4);
    b.k_readers[0]->read_plane(51, atom(1), 0, 5);
    b.k_readers[0]->read_plane(52, atom(1) + 24, 0, 1);
    b.k_readers[0]->read_plane(53, atom(1) + 25, 0, 1);
    b.k_readers[0]->read_plane(54, atom(1), 8, 4);
    b.finish(100);
    const auto& r = b.k_readers[0]->results;
    REQUIRE(r.size() == 5);
    CHECK(r[0].data_ok());
    CHECK(r[1].status == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(r[2].data_ok());
    CHECK(r[3].status == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(r[4].status == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK_FALSE(r[4].selected);
    CHECK(b.kv.counters().port_errors == 3);
}
