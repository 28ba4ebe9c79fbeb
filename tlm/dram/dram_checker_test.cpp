#include <catch2/catch.hpp>
#include <cstdlib>
#include <deque>
#include <random>

#include "tlm/dram/traffic.h"
#include "tlm/protocol_checker.h"

using namespace pade;
using test::access;
using test::traffic;

namespace {

/// A memory whose every socket has a protocol checker in front, and an initiator that stalls at random: gaps between
/// requests, END_RESP in each of its ways.
struct checked {
    hbm2_controller dram;
    std::deque<protocol_checker> checkers;
    std::deque<traffic> drivers;
    std::mt19937 engine;
    unsigned random() { return static_cast<unsigned>(engine()); }

    checked(const std::string& name, const dram_params& params, unsigned seed)
        : dram((name + "_dram").c_str(), params, clock_params{}), engine(seed) {
        for (unsigned n = 0; n < dram.channel.size(); ++n) {
            auto& checker = checkers.emplace_back((name + "_checker_" + std::to_string(n)).c_str());
            auto& driver = drivers.emplace_back((name + "_traffic_" + std::to_string(n)).c_str());
            driver.socket.bind(checker.in);
            checker.out.bind(dram.channel[n]);
            driver.random_kind = [this] { return static_cast<traffic::ending>(random() % 5); };
            driver.random_end = [this] { return static_cast<double>(random() % 400) / 10; };
            driver.outstanding = 1 + random() % 50;
        }
    }
};

}  // namespace

TEST_CASE("the protocol checker finds nothing, whatever stalls, also among requests with errors") {
    const char* text = std::getenv("PADE_SEED");
    const unsigned seed = text == nullptr ? 1 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
    INFO("PADE_SEED=" << seed);
    std::deque<checked> all;
    unsigned wrong_ones = 0;
    for (const unsigned room : {1u, 4u, 32u}) {
        auto params = test::channels(2);
        params.read_queue = params.write_queue = params.write_high = room;
        params.write_low = 0;
        checked& c = all.emplace_back("room_" + std::to_string(room), params, seed + room);
        const std::uint64_t end = c.dram.map().bytes();
        for (unsigned n = 0; n < 2; ++n) {
            double when = 0;
            for (unsigned k = 0; k < 2000; ++k) {
                when += c.random() % 4 == 0 ? static_cast<double>(c.random() % 600) / 10 : 0;
                address_map::location at;
                at.row = c.random() % 4;
                at.bank = c.random() % 4;
                at.bank_group = c.random() % 4;
                at.column = c.random() % 32;
                at.pseudo_channel = n;
                access a{c.random() % 2 == 0, c.dram.map().encode(at), when};
                if (c.random() % 20 == 0) {
                    ++wrong_ones;
                    const auto kind = c.random() % 4;
                    a.address = kind == 0 ? end + 32 : kind == 1 ? a.address + 16 : a.address;
                    a.streaming_width = kind == 2 ? 8 : ~0u;
                    a.bytes = kind == 3 ? 64 : 32;
                }
                c.drivers[n].list.push_back(a);
            }
        }
    }
    sc_core::sc_start();
    unsigned errors = 0;
    for (checked& c : all)
        for (unsigned n = 0; n < 2; ++n) {
            INFO("memory " << &c - &all[0] << ", pseudo channel " << n);
            REQUIRE(c.drivers[n].all_done());
            for (const access& a : c.drivers[n].list)
                errors += a.status != tlm::TLM_OK_RESPONSE ? 1 : 0;
            CHECK(c.drivers[n].pool.in_use() == 0);

            // The blocking and the debug interface go through the same checker.
            unsigned char data[32] = {};
            tlm::tlm_generic_payload payload;
            payload.set_read();
            payload.set_address(c.dram.map().encode({0, 0, 0, n, 0, 0}));
            payload.set_data_ptr(data);
            payload.set_data_length(32);
            payload.set_streaming_width(32);
            sc_core::sc_time delay;
            c.drivers[n].socket->b_transport(payload, delay);
            CHECK(payload.get_response_status() == tlm::TLM_OK_RESPONSE);
            CHECK(c.drivers[n].socket->transport_dbg(payload) == 32);

            c.checkers[n].finish();
            CHECK(c.checkers[n].transactions() == 2001);
            CHECK(c.checkers[n].in_flight() == 0);
            for (const auto& v : c.checkers[n].violations())
                WARN(v.line());
            CHECK(c.checkers[n].violation_count() == 0);
        }
    CHECK(errors == wrong_ones);
}
