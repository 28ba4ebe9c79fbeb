#include "testbench/dram/patterns.h"

#include <catch2/catch.hpp>
#include <limits>
#include <map>
#include <set>

#include "model/errors.h"

using namespace pade;

namespace {

pattern_options named(const char* name) {
    pattern_options o;
    o.name = name;
    o.count = 500;
    o.keys = 700;
    return o;
}

request_list made(const pattern_options& o, const params& p = {}) {
    return make_pattern(o, p, address_map(p.dram));
}

bool same(const request_list& a, const request_list& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const memory_request& x, const memory_request& y) {
        return x.address == y.address && x.cycle == y.cycle && x.after == y.after && x.write == y.write;
    });
}

}  // namespace

TEST_CASE(
    "each pattern is made of whole bursts of the memory, waits only for earlier lines, and comes out the same again") {
    const params p;
    const address_map map(p.dram);
    for (const pattern_text& each : pattern_names()) {
        INFO(each.name);
        const auto list = made(named(each.name));
        REQUIRE(!list.empty());
        for (std::uint32_t n = 0; n < list.size(); ++n) {
            REQUIRE(list[n].address < map.bytes());
            REQUIRE(map.decode(list[n].address).offset == 0);
            REQUIRE((list[n].after == memory_request::no_line || list[n].after < n));
            REQUIRE(!list[n].write);
        }
        CHECK(same(list, made(named(each.name))));
        auto other = named(each.name);
        other.seed = 2;
        const std::string name = each.name;
        CHECK(same(list, made(other)) == (name != "random" && name != "chain" && name != "planes"));
    }
}

TEST_CASE("options channels and count: so many requests of each of the first pseudo channels") {
    const params p;
    const address_map map(p.dram);
    for (const char* name : {"sequential", "random", "one_bank", "idle", "chain"}) {
        INFO(name);
        auto o = named(name);
        o.channels = 3;
        std::map<unsigned, unsigned> requests;
        for (const memory_request& r : made(o))
            ++requests[map.decode(r.address).pseudo_channel];
        CHECK(requests == std::map<unsigned, unsigned>{{0, 500}, {1, 500}, {2, 500}});
    }
}

TEST_CASE("sequential goes through a pseudo channel's bursts in the order of the addresses, whatever the mapping") {
    params p;
    p.dram.mapping = "pseudo_channel:4 row:14 bank_group:2 bank:2 column:5 offset:5";
    const address_map map(p.dram);
    auto o = named("sequential");
    o.channels = 2;
    const auto list = made(o, p);
    for (std::uint32_t n = 0; n < list.size(); ++n) {
        CHECK(map.decode(list[n].address).pseudo_channel == n % 2);
        if (n >= 2)
            CHECK(list[n].address == list[n - 2].address + 32);
    }
}

TEST_CASE("options writes, interval, stride and chains") {
    auto o = named("random");
    o.count = 5000;
    o.channels = 1;
    o.writes = .25;
    o.interval = 7;
    const auto list = made(o);
    const auto writes = std::count_if(list.begin(), list.end(), [](const memory_request& r) { return r.write; });
    CHECK(writes > 1150);
    CHECK(writes < 1350);
    for (std::uint32_t n = 0; n < list.size(); ++n)
        REQUIRE(list[n].cycle == 7 * n);

    o = named("strided");
    o.stride = 3 * 32;
    const auto strided = made(o);
    for (std::uint32_t n = 0; n < strided.size(); ++n)
        REQUIRE(strided[n].address == 96 * n);

    o = named("chain");
    o.channels = 2;
    o.chains = 5;
    const params p;
    const address_map map(p.dram);
    const auto chained = made(o);
    for (std::uint32_t n = 0; n < chained.size(); ++n) {
        REQUIRE(chained[n].after == (n < 10 ? memory_request::no_line : n - 10));
        if (n >= 10)
            REQUIRE(map.decode(chained[n].address).pseudo_channel ==
                    map.decode(chained[n - 10].address).pseudo_channel);
    }
}

TEST_CASE("planes: atoms of K once each, a plane after the one before it from dispatch.unconditional_planes on") {
    for (const unsigned banks : {1u, 2u}) {
        params p;
        p.layout.banks_per_plane = banks;
        p.dispatch.unconditional_planes = 2;
        const address_map map(p.dram);
        const auto list = made(named("planes"), p);
        std::set<std::uint64_t> addresses;
        std::size_t waiting = 0;
        for (const memory_request& r : list) {
            CHECK(addresses.insert(r.address).second);
            const unsigned plane = map.bank_number(map.decode(r.address)) / 2;
            CHECK((r.after == memory_request::no_line) == (plane < 2));
            if (r.after != memory_request::no_line) {
                ++waiting;
                CHECK(map.bank_number(map.decode(list[r.after].address)) / 2 == plane - 1);
            }
        }
        // 175 atoms a plane; of the third .85 of the keys, of the last .07: four keys share an atom.
        CHECK(list.size() > 175 * 4);
        CHECK(list.size() < 175 * 8);
        CHECK(waiting == list.size() - 2 * 175);
    }
}

TEST_CASE("planes of value_major: all atoms of each key at its first touch") {
    params p;
    p.layout.k = k_layout_kind::value_major;
    const address_map map(p.dram);
    const auto list = made(named("planes"), p);
    REQUIRE(list.size() == 700 * 2);
    std::set<std::uint64_t> addresses;
    for (std::size_t n = 0; n < list.size(); ++n) {
        CHECK(addresses.insert(list[n].address).second);
        CHECK(list[n].after == memory_request::no_line);
        const auto first = map.decode(list[n / 2 * 2].address);
        const auto here = map.decode(list[n].address);
        CHECK(here.pseudo_channel == first.pseudo_channel);
        CHECK(here.row == first.row);
        CHECK(here.column == first.column + n % 2);
    }
}

TEST_CASE("options out of range are refused") {
    const auto refused = [](auto change, const char* said) {
        pattern_options o = named("random");
        change(o);
        CHECK_THROWS_AS(made(o), input_error);
        CHECK_THROWS_WITH(made(o), Catch::Contains(said) && Catch::Contains("allowed: "));
    };
    refused([](auto& o) { o.name = "seqential"; }, "sequential, random");
    refused([](auto& o) { o.channels = 17; }, "--channels is 17");
    refused([](auto& o) { o.count = 0; }, "--count is 0");
    refused([](auto& o) { o.count = 1u << 25; }, "--count");
    refused([](auto& o) { o.writes = 1.5; }, "--writes");
    refused([](auto& o) { o.writes = std::numeric_limits<double>::quiet_NaN(); }, "--writes");
    refused([](auto& o) { o.interval = 4294967295u; }, "--interval");
    refused([](auto& o) { o.chains = 0; }, "--chains");
    refused([](auto& o) { o.stride = 33; }, "--stride");
    refused([](auto& o) { o.stride = 0; }, "--stride");
    refused([](auto& o) { o = named("planes"), o.keys = 0; }, "keys");
    refused([](auto& o) { o = named("planes"), o.head_dim = 1000; }, "head_dim");
}
