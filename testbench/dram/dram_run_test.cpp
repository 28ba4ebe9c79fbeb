#include "testbench/dram/dram_run.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "model/errors.h"
#include "testbench/dram/patterns.h"
#include "tlm/dram/audit/command_log.h"

using namespace pade;

namespace {

request_list pattern(const char* name, const params& p, std::uint32_t count, std::uint32_t channels,
                     double writes = 0) {
    pattern_options o;
    o.name = name;
    o.count = count;
    o.channels = channels;
    o.writes = writes;
    return make_pattern(o, p, address_map(p.dram));
}

}  // namespace

TEST_CASE("the figures of a run follow from its commands") {
    const params p;
    const auto list = pattern("random", p, 3000, 2, .3);
    dram_run_options options;
    const auto path = std::filesystem::temp_directory_path() / ("pade_dram_log_" + std::to_string(::getpid()));
    options.command_log = path.string();
    const stats f = run_dram(p, list, options);

    CHECK(f.count("requests") == 6000);
    CHECK(f.count("bytes") == 6000 * 32);
    CHECK(f.count("commands.rd") + f.count("commands.wr") == 6000);
    CHECK(f.count("pseudo_channels_used") == 2);
    CHECK(f.number("bandwidth_fraction") == Approx(6000.0 * 32 / f.number("span_ns") / 32));
    CHECK(f.number("row_hit_fraction") == Approx(1 - f.number("commands.act") / 6000));
    CHECK(f.number("read_latency_ns.p50") <= f.number("read_latency_ns.p99"));
    CHECK(f.number("read_latency_ns.p99") <= f.number("read_latency_ns.max"));
    CHECK(f.number("read_latency_ns.mean") >= 17);
    const double bits = 6000.0 * 32 * 8;
    CHECK(f.number("energy_pj.activate") == Approx(909 * f.number("commands.act")));
    CHECK(f.number("energy_pj.core") == Approx(1.4 * bits));
    CHECK(f.number("energy_pj.io") == Approx(2.5 * bits));
    CHECK(f.number("energy_pj.refresh") == Approx(16 * 8000 * f.number("commands.ref")));
    CHECK(f.number("energy_pj_per_bit") == Approx((f.number("energy_pj.activate") + f.number("energy_pj.core") +
                                                   f.number("energy_pj.io") + f.number("energy_pj.refresh")) /
                                                  bits));
    CHECK(f.count("audit.violations") == 0);

    // The log holds the same commands, and those of the idle pseudo channels.
    command_log_reader reader(path.string());
    std::uint64_t reads = 0, writes = 0, activates = 0, all = 0, refreshes = 0;
    for (dram_command c; reader.next(c); ++all) {
        reads += c.kind == dram_command_kind::read ? 1 : 0;
        writes += c.kind == dram_command_kind::write ? 1 : 0;
        activates += c.kind == dram_command_kind::activate ? 1 : 0;
        refreshes += c.kind == dram_command_kind::refresh && c.channel < 2 ? 1 : 0;
    }
    std::filesystem::remove(path);
    CHECK(reads == f.count("commands.rd"));
    CHECK(writes == f.count("commands.wr"));
    CHECK(activates == f.count("commands.act"));
    CHECK(refreshes == f.count("commands.ref"));
    CHECK(all == f.count("audit.commands"));
    CHECK(!dram_summary(f, p).empty());
}

TEST_CASE("the span ends with the last burst, also when that is a posted write") {
    params p;
    p.dram.refresh = dram_refresh::none;
    const stats f = run_dram(p, {{0, 10, memory_request::no_line, true}}, {});
    // Seen a cycle after its issue, ACT, RCDWR 12, CWL 5, burst 2.
    CHECK(f.number("span_ns") == Approx(1 + 12 + 5 + 2));
    CHECK(std::holds_alternative<std::monostate>(f.find("read_latency_ns.mean")->value));
    CHECK(f.number("energy_pj_per_bit") == Approx(909 / 256.0 + 3.9));
}

TEST_CASE("one idle read of a closed bank takes 31 ns") {
    const params p;
    const stats f = run_dram(p, {{0, 0}}, {});
    CHECK(f.number("read_latency_ns.mean") == Approx(31));
    CHECK(f.number("span_ns") == Approx(31));
    CHECK(f.number("row_hit_fraction") == 0);
}

TEST_CASE("a gap between requests that is longer than the watchdog is no standstill") {
    params p;
    p.dram.refresh = dram_refresh::none;
    p.watchdog.cycles = 1000;  // 1.25 us
    const stats f = run_dram(p, {{0, 0}, {32, 10'000'000}}, {});
    CHECK(f.number("span_ns") == Approx(10'000'031));
    CHECK(f.number("read_latency_ns.max") <= 31 + p.dram.t_rfc);
}

TEST_CASE("bursts that a payload cannot hold are refused") {
    params p;
    p.dram.bus_bits = 128;
    p.dram.burst_length = 8;
    p.dram.mapping = "row:14 bank:2 column:3 bank_group:2 pseudo_channel:4 offset:7";
    CHECK_THROWS_WITH(run_dram(p, {{0, 0}}, {}), Catch::Contains("128 B") && Catch::Contains("64 B"));
}

TEST_CASE("a run with check_tlm reports what the checkers found, one without says nothing of them") {
    const params p;
    dram_run_options options;
    options.check_tlm = true;
    const stats f = run_dram(p, pattern("random", p, 500, 2, .3), options);
    CHECK(f.count("tlm_protocol.violations") == 0);
    CHECK_THAT(dram_summary(f, p), Catch::Contains("protocol    0 violations"));
}
