#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "model/params_json.h"
#include "testbench/unit/refusal.h"

using namespace pade;
using pade::test::refusal;

TEST_CASE("defaults lie within their bounds and pass all checks") {
    CHECK_NOTHROW(check_params(params{}));
}

TEST_CASE("rules across parameters: the last value that holds and the first that does not") {
    struct row {
        std::vector<std::string> good;
        std::vector<std::string> bad;
        std::string message;
    };
    const std::vector<row> rows{
        {{"tile.keys=48"}, {"tile.keys=49"}, "a.json: tile.keys is 49; allowed: multiples of 16"},
        {{"tile.keys=48"}, {"tile.keys=56"}, "a.json: tile.keys is 56; allowed: multiples of 16"},
        {{"lane.key_bits=4", "dispatch.unconditional_planes=4"},
         {"lane.key_bits=4", "dispatch.unconditional_planes=5"},
         "a.json: dispatch.unconditional_planes is 5; allowed: at most lane.key_bits, 4"},
        {{"buffer.kv_bytes=33280", "buffer.banks=16"},
         {"buffer.kv_bytes=33312", "buffer.banks=16"},
         "a.json: buffer.kv_bytes is 33312; allowed: multiples of buffer.banks * 32 B, 512"},
        {{"output.bytes=4"}, {"output.bytes=3"}, "a.json: output.bytes is 3; allowed: 2 (FP16) or 4 (FP32)"},
        {{"dram.bus_bits=32", "dram.burst_length=8"},
         {"dram.bus_bits=32"},
         "a.json: dram.bus_bits is 32 and dram.burst_length 4; allowed: bus_bits / 8 * burst_length = 32, the bytes of "
         "an "
         "atom"},
        {{"dram.bus_bits=16", "dram.burst_length=16"},
         {"dram.bus_bits=20", "dram.burst_length=16"},
         "a.json: dram.bus_bits is 20 and dram.burst_length 16; allowed: bus_bits / 8 * burst_length = 32, the bytes "
         "of an "
         "atom"},
        {{"dram.delay_channel=15"},
         {"dram.delay_channel=16"},
         "a.json: dram.delay_channel is 16; allowed: below dram.pseudo_channels, 16"},
        {{"dram.write_low=27"},
         {"dram.write_low=28"},
         "a.json: dram.write_low is 28 and dram.write_high 28; allowed: write_low below write_high"},
        {{"dram.write_high=32"},
         {"dram.write_high=33"},
         "a.json: dram.write_high is 33; allowed: at most dram.write_queue, 32"},
        {{"dram.t_cl=0.5"}, {"dram.t_cl=0"}, "a.json: dram.t_cl is 0; allowed: above 0"},
        {{"dram.t_cwl=0.5"}, {"dram.t_cwl=0"}, "a.json: dram.t_cwl is 0; allowed: above 0"},
        {{"dram.t_rcdrd=0.5"}, {"dram.t_rcdrd=0"}, "a.json: dram.t_rcdrd is 0; allowed: above 0"},
        {{"dram.t_rcdwr=0.5"}, {"dram.t_rcdwr=0"}, "a.json: dram.t_rcdwr is 0; allowed: above 0"},
        {{"dram.t_rp=0.5"}, {"dram.t_rp=0"}, "a.json: dram.t_rp is 0; allowed: above 0"},
        {{"dram.t_ras=0.5"}, {"dram.t_ras=0"}, "a.json: dram.t_ras is 0; allowed: above 0"},
        {{"dram.t_ccd_s=0.5"}, {"dram.t_ccd_s=0"}, "a.json: dram.t_ccd_s is 0; allowed: above 0"},
        {{"dram.t_ccd_l=2"}, {"dram.t_ccd_l=1.5"}, "a.json: dram.t_ccd_l is 1.5; allowed: at least dram.t_ccd_s, 2"},
        {{"dram.t_rrd_l=4"}, {"dram.t_rrd_l=3.5"}, "a.json: dram.t_rrd_l is 3.5; allowed: at least dram.t_rrd_s, 4"},
        {{"dram.t_wtr_l=6"}, {"dram.t_wtr_l=5"}, "a.json: dram.t_wtr_l is 5; allowed: at least dram.t_wtr_s, 6"},
        {{"dram.t_rfc=3899"},
         {"dram.t_rfc=3900"},
         "a.json: dram.t_rfc is 3900; allowed: below dram.t_refi, 3900, or dram.refresh none"},
        {{"dram.t_rfc=3900", "dram.refresh=none"},
         {"dram.t_rfc=3900", "dram.refresh=per_bank"},
         "a.json: dram.t_rfc is 3900; allowed: below dram.t_refi, 3900, or dram.refresh none"},
    };
    for (const row& each : rows) {
        const auto check = [](const std::vector<std::string>& assignments) {
            params p;
            for (const std::string& assignment : assignments)
                set_param(p, assignment);
            return refusal([&] { check_params(p, "a.json"); });
        };
        INFO(each.bad.back());
        CHECK(check(each.good).empty());
        CHECK(check(each.bad) == each.message);
    }
}

TEST_CASE("check_params looks at bounds too, for parameters that no loader has seen") {
    params p;
    p.rows.count = 17;
    CHECK(refusal([&] { check_params(p); }) == "parameters: rows.count is 17; allowed: integers from 1 to 16");
    p = params{};
    p.guard.alpha = std::numeric_limits<double>::quiet_NaN();
    CHECK_THAT(refusal([&] { check_params(p); }), Catch::Contains("guard.alpha is nan"));
    p = params{};
    p.dispatch.order = static_cast<dispatch_order>(9);
    CHECK_THAT(refusal([&] { check_params(p); }), Catch::Contains("dispatch.order is ?; allowed: out_of_order"));
}
