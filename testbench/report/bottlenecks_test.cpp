#include "testbench/report/bottlenecks.h"

#include <catch2/catch.hpp>

#include "model/params_json.h"

using namespace pade;

namespace {

/// A run of 1000 cycles on 16 columns in which nothing is near a limit, but for what is said.
stats quiet_run(const std::vector<std::pair<std::string, std::uint64_t>>& but) {
    stats all;
    std::vector<std::pair<std::string, std::uint64_t>> values = {{"time.cycles", 1000},   {"bounds.lanes", 100},
                                                                 {"bounds.k_feed", 100},  {"bounds.dram", 100},
                                                                 {"classes.vpu.busy", 0}, {"bounds.v_port", 0}};
    for (const char* wait :
         {"classes.dispatcher.no_data", "classes.dispatcher.no_request", "classes.dispatcher.no_room",
          "classes.dispatcher.port_busy", "dispatch.blocked_score_queue", "classes.dispatcher.empty"})
        values.emplace_back(wait, 0);
    for (auto& [path, value] : values) {
        for (const auto& [other, changed] : but)
            if (other == path)
                value = changed;
        all.add(path, "", "", value);
    }
    return all;
}

}  // namespace

TEST_CASE("a run without a limit has no bottleneck") {
    CHECK(bottlenecks(quiet_run({}), params{}).empty());
    CHECK(bottlenecks(quiet_run({{"time.cycles", 0}}), params{}).empty());
}

TEST_CASE("the three largest are named, with the figure and a parameter that exists") {
    const params p;
    const auto found = bottlenecks(quiet_run({{"bounds.dram", 900},
                                              {"classes.dispatcher.no_data", 8000},
                                              {"classes.dispatcher.empty", 4000},
                                              {"classes.dispatcher.no_room", 1600},
                                              {"bounds.lanes", 699}}),
                                   p);
    REQUIRE(found.size() == 3);
    CHECK(found[0].name == "dram_bandwidth");
    CHECK(found[0].share == Approx(.9));
    CHECK(found[1].name == "dram_latency");
    CHECK(found[1].share == Approx(.5));
    CHECK(found[1].parameter == "dispatch.unconditional_planes");
    CHECK(found[1].value == 3);
    CHECK(found[1].next == 5);
    CHECK(found[2].name == "filling");
}

TEST_CASE("each parameter can be set to the value to try") {
    for (const char* cause :
         {"bounds.lanes", "bounds.k_feed", "bounds.dram", "classes.vpu.busy", "bounds.v_port",
          "classes.dispatcher.no_data", "classes.dispatcher.no_request", "classes.dispatcher.no_room",
          "classes.dispatcher.port_busy", "dispatch.blocked_score_queue", "classes.dispatcher.empty"}) {
        INFO(cause);
        const bool bound = std::string(cause).find("disp") == std::string::npos;
        params p;
        p.rows.blocks_in_flight = 1;
        const auto found = bottlenecks(quiet_run({{cause, bound ? 950 : 15000}}), p);
        REQUIRE(found.size() == 1);
        CHECK(found[0].next > found[0].value);
        set_param(p, std::string(found[0].parameter) + "=" + std::to_string(static_cast<unsigned>(found[0].next)));
        CHECK_NOTHROW(check_params(p));
    }
}

TEST_CASE("bottlenecks are figures too") {
    stats f = quiet_run({{"classes.dispatcher.no_data", 8000}});
    add_bottlenecks(f, params{});
    CHECK(std::get<std::string>(f.find("bottlenecks[0].name")->value) == "dram_latency");
    CHECK(f.number("bottlenecks[0].share") == Approx(.5));
    CHECK(f.number("bottlenecks[0].try") == 5);
    CHECK(f.find("bottlenecks[1].name") == nullptr);
}
