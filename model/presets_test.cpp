#include "model/presets.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "model/errors.h"
#include "model/params_json.h"
#include "tlm/dram/address_map.h"

using namespace pade;

TEST_CASE("each preset loads, and what it describes can be built") {
    REQUIRE(presets().size() >= 6);
    for (const preset& each : presets()) {
        INFO(each.name);
        params p;
        load_config(p, std::string(each.name));
        CHECK_NOTHROW(check_dram_params(p));
        CHECK_NOTHROW(address_map(p.dram));
        if (p.dram.bus_bits / 8 * p.dram.burst_length == 32)
            CHECK_NOTHROW(check_params(p));
    }
}

TEST_CASE("hbm2_2000 is the default, and names everything that describes the memory") {
    params p;
    load_config(p, "hbm2_2000");
    CHECK(param_values(p) == param_values(params{}));
    const auto& all = presets();
    const auto found =
        std::find_if(all.begin(), all.end(), [](const preset& each) { return each.name == "hbm2_2000"; });
    REQUIRE(found != all.end());
    const auto named = nlohmann::json::parse(found->json);
    // What is left: the chip's side of the memory, and a parameter of a page policy that the preset does not choose.
    const std::vector<std::string> left = {"arbiter_queue", "path_latency", "delay_channel", "delay_cycles", "t_page"};
    for (const auto& [key, value] : param_values(p)) {
        if (key.rfind("dram.", 0) != 0)
            continue;
        const std::string name = key.substr(5);
        INFO(key);
        CHECK(named["dram"].contains(name) == (std::find(left.begin(), left.end(), name) == left.end()));
    }
}

TEST_CASE("all other presets differ from the default") {
    for (const preset& each : presets()) {
        INFO(each.name);
        params p;
        load_config(p, std::string(each.name));
        const bool is_default = each.name == "hbm2_2000" || each.name == "plane_first" || each.name == "standard";
        CHECK((param_values(p) == param_values(params{})) == is_default);
    }
}

TEST_CASE("an unknown preset is refused, with the names of those that are there") {
    params p;
    CHECK_THROWS_WITH(load_config(p, "hbm9"), Catch::Contains("hbm9") && Catch::Contains("hbm2_2000"));
    CHECK_THROWS_WITH(load_config(p, "no/such.json"), Catch::Contains("no/such.json"));
}
