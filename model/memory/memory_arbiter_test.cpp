// Memory arbiter among stub peers: the clients on the core clock, one memory a channel on a DRAM clock of its own.
#include "model/memory/memory_arbiter.h"

#include "testbench/unit/memory_peers.h"

using namespace pade;
using namespace pade::test;

namespace {

struct arbiter_bench {
    dram_params dram;
    bench_clock core;
    bench_clock dram_clock;
    std::unique_ptr<memory_arbiter> arbiter;
    std::vector<std::unique_ptr<requester>> kv;
    std::unique_ptr<requester> q, write_back, spill;
    std::unique_ptr<requester> host;  // by debug transport only
    std::vector<std::unique_ptr<memory_stub>> memory;
    checked_links links;

    /// Core 1 ns; `dram_ns` the period of the memories.
    explicit arbiter_bench(double dram_ns = 1) : core("core", 1), dram_clock("dram", dram_ns) {
        dram.pseudo_channels = 4;
    }
    void build(unsigned latency = 20, unsigned spread = 0, hesitation h = {}) {
        const auto hesitant = [&h](unsigned n) {
            hesitation own = h;
            own.seed = h.seed * 1000 + n;
            return own;
        };
        arbiter = std::make_unique<memory_arbiter>("arbiter", dram);
        core.drive(*arbiter);
        q = std::make_unique<requester>("q", hesitant(1));
        write_back = std::make_unique<requester>("write_back", hesitant(2));
        core.drive(*q);
        core.drive(*write_back);
        spill = std::make_unique<requester>("spill", hesitant(3));
        core.drive(*spill);
        links.bind(q->socket, arbiter->q);
        links.bind(write_back->socket, arbiter->write_back);
        links.bind(spill->socket, arbiter->spill);
        host = std::make_unique<requester>("host");
        core.drive(*host);
        host->socket.bind(arbiter->host);
        for (unsigned c = 0; c < dram.pseudo_channels; ++c) {
            kv.push_back(std::make_unique<requester>(sc_core::sc_gen_unique_name("kv"), hesitant(10 + c)));
            core.drive(*kv.back());
            links.bind(kv.back()->socket, arbiter->kv[c]);
            memory.push_back(std::make_unique<memory_stub>(sc_core::sc_gen_unique_name("memory"), latency, spread,
                                                           hesitant(50 + c)));
            dram_clock.drive(*memory.back());
            links.bind(arbiter->channel[c], memory.back()->socket);
        }
    }
    /// Atom `n` of channel `c`.
    std::uint64_t at(unsigned c, std::uint64_t n) const { return (n * dram.pseudo_channels + c) * 32; }
    void finish(cycle_t cycle) {
        core.run_to(cycle);
        arbiter->finish(cycle);
        links.expect_clean();
    }
    /// Edge at which the KV client of channel 0 sees the answer to a read that it sends at edge 10.
    cycle_t answer_seen() {
        build();
        kv[0]->read(10, at(0, 1));
        finish(2000);
        REQUIRE(kv[0]->results.size() == 1);
        CHECK(kv[0]->results[0].data_ok());
        return kv[0]->results[0].seen;
    }
};

constexpr auto kv_client = static_cast<std::size_t>(memory_client::kv);

double ns(const sc_core::sc_time& t) {
    return t.to_seconds() * 1e9;
}

/// The return path from a memory of period `dram_ns`, which answers at `answered` ns.
void path_latency_is(unsigned latency, double dram_ns) {
    arbiter_bench b(dram_ns);
    b.dram.path_latency = latency;
    const cycle_t seen = b.answer_seen();
    CHECK(b.memory[0]->requests.at(0).time == sc_core::sc_time(11, sc_core::SC_NS));  // registered: one edge later
    const double answered = ns(b.memory[0]->answered.at(0));
    // It crosses at the next core edge, not at the one that falls together with it.
    const auto crossing = static_cast<cycle_t>(answered + 1e-6) + 1;
    CHECK(seen == crossing + latency);
}

}  // namespace

TEST_CASE("return path of 1 core cycle, both clocks alike") {
    path_latency_is(1, 1);
}
TEST_CASE("return path of 7 core cycles, both clocks alike") {
    path_latency_is(7, 1);
}
TEST_CASE("return path of 8 core cycles, both clocks alike") {
    path_latency_is(8, 1);
}
TEST_CASE("return path of 1 core cycle from a faster clock") {
    path_latency_is(1, 0.8);
}
TEST_CASE("return path of 8 core cycles from a faster clock") {
    path_latency_is(8, 0.8);
}
TEST_CASE("return path of 8 core cycles from a slower clock") {
    path_latency_is(8, 1.7);
}

TEST_CASE("dram.delay_cycles delays the answers of one channel") {
    arbiter_bench b;
    b.dram.delay_channel = 2;
    b.dram.delay_cycles = 50;
    b.build();
    for (unsigned c = 0; c < 4; ++c)
        b.kv[c]->read(10, b.at(c, 3));
    b.finish(200);
    // Sent on at 11, answered at 31, crosses at 32.
    for (unsigned c = 0; c < 4; ++c)
        CHECK(b.kv[c]->results.at(0).seen == 32 + 8 + (c == 2 ? 50 : 0));
}

TEST_CASE("one request a channel and cycle, channels side by side") {
    arbiter_bench b;
    b.build();
    for (unsigned c = 0; c < 4; ++c)
        for (unsigned n = 0; n < 10; ++n)
            b.kv[c]->read(10, b.at(c, n));
    b.finish(200);
    for (unsigned c = 0; c < 4; ++c) {
        REQUIRE(b.memory[c]->requests.size() == 10);
        for (unsigned n = 0; n < 10; ++n)
            CHECK(b.memory[c]->requests[n].time == sc_core::sc_time(11 + n, sc_core::SC_NS));
        CHECK(b.kv[c]->results.back().seen == 41 + 8);
        CHECK(b.arbiter->counters().per_channel[c][kv_client].transactions == 10);
        CHECK(b.arbiter->counters().per_channel[c][kv_client].bytes == 320);
    }
}

TEST_CASE("Q and write-back go before KV, the older first, and KV gets every other place") {
    arbiter_bench b;
    b.build();
    for (unsigned n = 0; n < 8; ++n) {
        b.kv[1]->read(10, b.at(1, n));
        b.q->read(10, b.at(1, 100 + n));
        b.write_back->write(10, b.at(1, 200 + n), 7);
    }
    b.finish(300);
    const auto& seen = b.memory[1]->requests;
    REQUIRE(seen.size() == 24);
    const auto who = [&](std::size_t i) {
        const std::uint64_t n = seen[i].address / 32 / 4;
        return n < 100 ? 'k' : n < 200 ? 'q' : 'w';
    };
    std::string order;
    for (std::size_t i = 0; i < 24; ++i)
        order += who(i);
    CHECK(order.substr(0, 9) == "qkwkqkwkq");
    std::size_t last_kv = order.rfind('k');
    CHECK(last_kv == 15);
    CHECK(b.memory[1]->written.at(b.at(1, 203) + 31) == 7);
    CHECK(b.arbiter->counters().of_client(memory_client::write_back).bytes == 256);
    CHECK(b.arbiter->counters().of_client(memory_client::q).transactions == 8);
    CHECK(b.arbiter->counters().input_peak.at(0) == 5);  // four taken, one held back
}

TEST_CASE("spilled pairs compete as Q and write-back do: the oldest first, after them at a tie, and KV in between") {
    arbiter_bench b;
    b.build();
    for (unsigned n = 0; n < 4; ++n) {
        b.kv[1]->read(10, b.at(1, n));
        b.spill->write(10, b.at(1, 300 + n), static_cast<unsigned char>(n));
    }
    b.q->read(10, b.at(1, 100));
    b.write_back->write(11, b.at(1, 200), 7);
    b.spill->read(200, b.at(1, 302));
    b.finish(400);
    std::string order;
    for (const auto& seen : b.memory[1]->requests) {
        const std::uint64_t n = seen.address / 32 / 4;
        order += n < 100 ? 'k' : n < 200 ? 'q' : n < 300 ? 'w' : 's';
    }
    // Visible at 11: q, s, k; the write and the second s at 12.
    CHECK(order ==
          "qkskwkskss"
          "s");
    REQUIRE(b.spill->results.size() == 5);
    CHECK(b.spill->results[4].data == std::vector<unsigned char>(32, 2));
    CHECK(b.arbiter->counters().of_client(memory_client::spill).transactions == 5);
    CHECK(b.arbiter->counters().of_client(memory_client::spill).bytes == 160);
    CHECK(b.arbiter->counters().per_channel[1][static_cast<std::size_t>(memory_client::spill)].bytes == 160);
    CHECK(b.arbiter->counters().input_peak.at(2) >= 2);
    CHECK(b.kv[1]->results.size() == 4);
}

TEST_CASE("a controller that does not accept holds up its channel only, and END_REQ is withheld from its clients") {
    arbiter_bench b;
    b.dram.arbiter_queue = 2;
    b.build();
    b.memory[0]->accept = false;
    for (unsigned n = 0; n < 6; ++n) {
        b.kv[0]->read(10, b.at(0, n));
        b.kv[1]->read(10, b.at(1, n));
    }
    b.spill->write(20, b.at(0, 50), 1);
    b.core.run_to(100);
    CHECK(b.memory[0]->requests.size() == 1);
    CHECK_THAT(b.arbiter->waits_for(), Catch::Contains("spill: 1 requests wait"));
    CHECK(b.kv[0]->accepted.size() == 3);  // one gone, two queued; the fourth is held back
    CHECK(b.kv[0]->in_flight() == 4);
    CHECK(b.kv[1]->results.size() == 6);
    CHECK_THAT(b.arbiter->waits_for(), Catch::Contains("END_REQ is due"));
    CHECK_FALSE(b.arbiter->idle());
    b.memory[0]->release_requests();
    b.finish(300);
    CHECK(b.kv[0]->results.size() == 6);
    CHECK(b.arbiter->idle());
    CHECK(b.arbiter->waits_for().empty());
    // The second request is seen at 12, the first is accepted at 100: all cycles of that, slept through or not.
    CHECK(b.arbiter->counters().channel_busy[0] == 100 - 12 + 1);
    CHECK(b.arbiter->counters().channel_busy[1] == 0);
}

TEST_CASE("a client gets one answer a cycle, the oldest first, then from the lowest channel") {
    arbiter_bench b;
    b.build(20);
    for (unsigned n = 0; n < 3; ++n)
        for (unsigned c = 4; c-- > 0;)
            b.q->read(10, b.at(c, n));
    // Four at a time wait for Q: those of one channel are in order anyway, the others by age.
    b.q->take_answers = false;
    b.core.run_to(100);
    CHECK(b.q->results.size() == 1);
    b.q->resume();
    b.finish(200);
    const auto& r = b.q->results;
    REQUIRE(r.size() == 12);
    CHECK(r[0].seen == 40);
    for (std::size_t i = 0; i < 12; ++i) {
        CHECK(r[i].data_ok());
        CHECK(r[i].asked.address == b.at(3 - i % 4, i / 4));
        CHECK((i == 0 || i == 1 || r[i].seen == r[i - 1].seen + 1));
    }
}

TEST_CASE("answers that are due together go out one a cycle, from the lowest channel on") {
    arbiter_bench b;
    b.dram.delay_channel = 1;
    b.dram.delay_cycles = 2;
    b.build(20);
    b.q->read(10, b.at(1, 0));
    b.q->read(10, b.at(3, 0));
    b.q->read(10, b.at(0, 0));  // due together with the first, which is on a higher channel
    b.finish(200);
    const auto& r = b.q->results;
    REQUIRE(r.size() == 3);
    CHECK(r[0].asked.address == b.at(3, 0));
    CHECK(r[0].seen == 41);
    CHECK(r[1].asked.address == b.at(0, 0));
    CHECK(r[1].seen == 42);
    CHECK(r[2].asked.address == b.at(1, 0));
    CHECK(r[2].seen == 43);
}

TEST_CASE("a client that does not take its answers holds up the controller by END_RESP and loses nothing") {
    arbiter_bench b;
    b.dram.path_latency = 2;
    b.dram.arbiter_queue = 3;
    b.build();
    b.kv[0]->take_answers = false;
    for (unsigned n = 0; n < 20; ++n) {
        b.kv[0]->read(10, b.at(0, n));
        b.kv[1]->read(10, b.at(1, n));
    }
    b.core.run_to(150);
    CHECK(b.kv[0]->results.size() == 1);
    CHECK(b.kv[1]->results.size() == 20);
    CHECK(b.memory[0]->answered.size() == 1 + 5 + 1);  // at the client, on the path, held back
    CHECK(b.memory[0]->answers_held_up == 1);
    b.kv[0]->resume();
    b.finish(300);
    REQUIRE(b.kv[0]->results.size() == 20);
    for (const auto& r : b.kv[0]->results)
        CHECK(r.data_ok());
    CHECK(b.arbiter->counters().return_peak[0] == 5);
}

TEST_CASE("an answer held back is taken in when there is room, though no client that waits has moved") {
    arbiter_bench b;
    b.dram.path_latency = 2;
    b.dram.arbiter_queue = 3;
    b.build();
    b.kv[0]->take_answers = false;
    for (unsigned n = 0; n < 5; ++n)  // one at the client, four on the path
        b.kv[0]->read(10, b.at(0, n));
    b.q->read(20, b.at(0, 100));  // the last place
    b.q->read(20, b.at(0, 101));  // held back until the one before has gone
    b.core.run_to(150);
    CHECK(b.memory[0]->answers_held_up == 1);
    CHECK(b.kv[0]->results.size() == 1);
    CHECK(b.q->results.size() == 2);
    b.kv[0]->resume();
    b.finish(300);
    CHECK(b.kv[0]->results.size() == 5);
}

namespace {
/// An answer comes at the very edge at which the full path loses one: no room yet, whoever runs first within the edge.
void place_counts_an_edge_later(bool memory_late) {
    arbiter_bench b;
    b.dram.path_latency = 2;
    b.dram.arbiter_queue = 1;
    b.build();
    b.memory[0]->late = memory_late;
    b.kv[0]->take_answers = false;
    for (unsigned n = 0; n < 4; ++n)  // one at the client, three on the path
        b.kv[0]->read(10, b.at(0, n));
    b.kv[0]->read(130, b.at(0, 4));  // answered at 151
    b.core.run_to(150);
    CHECK(b.memory[0]->answers_held_up == 0);
    b.kv[0]->resume();  // END_RESP at 150: the next one leaves the path at 151
    b.finish(300);
    REQUIRE(b.kv[0]->results.size() == 5);
    CHECK(b.kv[0]->results[1].seen == 152);
    CHECK(b.memory[0]->answered.back() == sc_core::sc_time(151, sc_core::SC_NS));
    CHECK(b.memory[0]->answers_held_up == 1);
}
}  // namespace

TEST_CASE("a place on the return path counts from the next edge on, the memory runs first") {
    place_counts_an_edge_later(false);
}
TEST_CASE("a place on the return path counts from the next edge on, the memory runs last") {
    place_counts_an_edge_later(true);
}

TEST_CASE("what no channel can serve is refused") {
    arbiter_bench b;
    b.build();
    const std::uint64_t beyond = address_map(b.dram).bytes();
    b.kv[0]->read(10, b.at(1, 0));  // another channel's
    b.kv[0]->read(11, b.at(0, 0));
    b.q->read(10, beyond);
    b.q->read(11, b.at(2, 0) + 16, 32);  // over the end of the atom
    b.write_back->write(10, beyond + 64, 1);
    b.spill->read(10, beyond);
    b.finish(100);
    CHECK(b.kv[0]->results.at(0).status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.kv[0]->results.at(1).data_ok());
    CHECK(b.q->results.at(0).status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.q->results.at(1).status == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(b.write_back->results.at(0).status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.arbiter->counters().of_client(memory_client::q).errors == 2);
    CHECK(b.arbiter->counters().of_client(memory_client::kv).errors == 1);
    CHECK(b.arbiter->counters().of_client(memory_client::write_back).errors == 1);
    CHECK(b.arbiter->counters().of_client(memory_client::spill).errors == 1);
    CHECK(b.spill->results.at(0).status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.memory[0]->requests.size() == 1);
    CHECK(b.memory[1]->requests.empty());
}

TEST_CASE("the host reaches every channel by debug transport, at once") {
    arbiter_bench b;
    b.build();
    b.core.run_to(10);
    payload_pool pool;
    const auto access = [&](tlm::tlm_command command, std::uint64_t address, unsigned char value) {
        auto& payload = pool.acquire(command, address, 32);
        std::memset(payload.get_data_ptr(), value, 32);
        const unsigned bytes = b.host->socket->transport_dbg(payload);
        const unsigned char last = payload.get_data_ptr()[31];
        payload.release();
        return std::make_pair(bytes, last);
    };
    for (unsigned c = 0; c < 4; ++c) {
        CHECK(access(tlm::TLM_READ_COMMAND, b.at(c, 9), 0) == std::make_pair(32u, pattern(b.at(c, 9) + 31)));
        CHECK(access(tlm::TLM_WRITE_COMMAND, b.at(c, 9), static_cast<unsigned char>(c + 1)).first == 32);
        CHECK(b.memory[c]->written.at(b.at(c, 9)) == c + 1);
    }
    CHECK(access(tlm::TLM_READ_COMMAND, address_map(b.dram).bytes(), 0).first == 0);
    CHECK(b.arbiter->idle());
}

namespace {
void random_traffic(unsigned seed, double dram_ns, double at_once = 0) {
    INFO("seed " << seed);
    arbiter_bench b(dram_ns);
    std::mt19937 random(seed);
    b.dram.path_latency = 1 + static_cast<unsigned>(random() % 10);
    b.dram.arbiter_queue = 1 + static_cast<unsigned>(random() % 4);
    b.dram.delay_channel = 3;
    b.dram.delay_cycles = static_cast<unsigned>(random() % 20);
    b.build(10, 40, {0.2, 0.4, 6, seed, at_once});
    const unsigned n = 1500;
    for (unsigned i = 0; i < n; ++i) {
        for (unsigned c = 0; c < 4; ++c)
            b.kv[c]->read(0, b.at(c, random() % 1000));
        const auto c = static_cast<unsigned>(random() % 4);
        b.q->read(0, b.at(c, 1000 + random() % 1000), 1 + static_cast<unsigned>(random() % 32));
        b.write_back->write(0, b.at(c, 2000 + i), static_cast<unsigned char>(i), 32);
        const auto other = static_cast<unsigned>(random() % 4);
        if (i % 2 == 0)
            b.spill->write(0, b.at(other, 5000 + i), static_cast<unsigned char>(i), 32);
        else
            b.spill->read(0, b.at(other, 4000 + random() % 1000));
    }
    b.finish(60000);
    CHECK(b.arbiter->idle());
    CHECK(b.arbiter->waits_for().empty());
    std::vector<requester*> all = {b.q.get(), b.write_back.get(), b.spill.get()};
    for (auto& r : b.kv)
        all.push_back(r.get());
    for (requester* r : all) {
        CHECK(r->results.size() == n);
        CHECK(r->pool().in_use() == 0);
        for (const auto& one : r->results)
            if (one.asked.command == tlm::TLM_READ_COMMAND)
                REQUIRE(one.data_ok());
    }
    std::uint64_t written = 0;
    std::uint64_t requests = 0;
    unsigned answered_at_once = 0;
    for (unsigned c = 0; c < 4; ++c) {
        written += b.memory[c]->written.size();
        requests += b.memory[c]->requests.size();
        answered_at_once += b.memory[c]->answered_at_once;
        std::uint64_t counted = 0;
        for (const auto& client : b.arbiter->counters().per_channel[c])
            counted += client.transactions;
        CHECK(counted == b.memory[c]->requests.size());
        for (const auto& request : b.memory[c]->requests)
            REQUIRE(request.address / 32 % 4 == c);
    }
    CHECK(written == std::uint64_t{n} * 32 * 3 / 2);
    CHECK(requests == std::uint64_t{n} * 7);
    CHECK((answered_at_once > n) == (at_once > 0));
}
}  // namespace

TEST_CASE("random traffic and stalls, equal clocks") {
    random_traffic(1, 1);
}
TEST_CASE("random traffic and stalls, faster DRAM clock") {
    random_traffic(2, 0.3);
}
TEST_CASE("random traffic and stalls, slower DRAM clock") {
    random_traffic(3, 2.3);
}
TEST_CASE("random traffic and stalls, clocks of the paper") {
    random_traffic(4, 0.8);
}
TEST_CASE("random traffic and stalls, controllers that answer half of their requests at once") {
    random_traffic(5, 0.8, 0.5);
}
