#include "model/energy/energy_table.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "model/errors.h"

using namespace pade;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

json builtin() {
    return json::parse(builtin_energy_table());
}

energy_table read(const json& table, const params& p = {}) {
    return energy_table(table.dump(), "t.json", p);
}

}  // namespace

TEST_CASE("each built-in entry has a unit or none, a basis, a source, a meaning and a band around its value") {
    const energy_table table{params{}};
    CHECK(table.name() == "28nm");
    for (const energy_entry& entry : table.entries()) {
        INFO(entry.name);
        CHECK_FALSE(entry.source.empty());
        CHECK_FALSE(entry.text.empty());
        CHECK(entry.low <= entry.value);
        CHECK(entry.value <= entry.high);
        // What is not known has to say how far off it may be.
        if (entry.basis == "guess")
            CHECK(entry.low < entry.high);
    }
}

TEST_CASE("entries that name a parameter follow it, with their band") {
    params p;
    p.dram.e_activate = 500;
    const energy_entry entry = energy_table(p).at("dram_activate");
    CHECK(entry.value == 500);
    CHECK(entry.low == 400);
    CHECK(entry.high == 650);
}

TEST_CASE("a table of one's own is taken whole") {
    json table = builtin();
    table["name"] = "mine";
    table["entries"][0]["value"] = 7;
    table["entries"][0]["band"] = {1, 1};
    const energy_table mine = read(table);
    CHECK(mine.name() == "mine");
    CHECK(mine.at("add_bit").value == 7);
    CHECK(mine.at("add_bit").low == 7);
    CHECK_THROWS_AS(mine.at("no such entry"), internal_error);
}

TEST_CASE("bad tables are refused, each with the place and what is allowed") {
    struct bad {
        const char* says;
        void (*spoil)(json&);
    };
    const bad cases[] = {
        {"lacks \"name\"", [](json& t) { t.erase("name"); }},
        {"\"entries\" is 3", [](json& t) { t["entries"] = 3; }},
        {"unknown key \"extra\"", [](json& t) { t["extra"] = 1; }},
        {"entries[1] lacks \"unit\"", [](json& t) { t["entries"][1].erase("unit"); }},
        {"entries[0] has an unknown key \"vlaue\"", [](json& t) { t["entries"][0]["vlaue"] = 1; }},
        {"entries[0] has no value", [](json& t) { t["entries"][0].erase("value"); }},
        {"has a value and a parameter", [](json& t) { t["entries"][0]["parameter"] = "dram.e_activate"; }},
        {"\"value\" is -1", [](json& t) { t["entries"][0]["value"] = -1; }},
        {"\"value\" is \"1\"", [](json& t) { t["entries"][0]["value"] = "1"; }},
        {"names the parameter \"dram.e_act\"",
         [](json& t) {
             t["entries"][0].erase("value");
             t["entries"][0]["parameter"] = "dram.e_act";
         }},
        {"names the parameter \"dram.mapping\"",
         [](json& t) {
             t["entries"][0].erase("value");
             t["entries"][0]["parameter"] = "dram.mapping";
         }},
        {"\"band\" is [1.1,2]",
         [](json& t) {
             t["entries"][0]["band"] = {1.1, 2};
         }},
        {"\"band\" is [0.5,0.9]",
         [](json& t) {
             t["entries"][0]["band"] = {.5, .9};
         }},
        {"\"band\" is [1]", [](json& t) { t["entries"][0]["band"] = json::array({1}); }},
        {"the basis \"hearsay\"", [](json& t) { t["entries"][0]["basis"] = "hearsay"; }},
        {"unknown name \"ad_bit\"", [](json& t) { t["entries"][0]["name"] = "ad_bit"; }},
        {"\"add_bit\" is given twice", [](json& t) { t["entries"].push_back(t["entries"][0]); }},
        {"no entry \"add_bit\"", [](json& t) { t["entries"].erase(0); }},
        {"entries[0] is no object", [](json& t) { t["entries"][0] = "add_bit"; }},
    };
    for (const bad& each : cases) {
        INFO(each.says);
        json table = builtin();
        each.spoil(table);
        CHECK_THROWS_WITH(read(table), Contains(each.says) && Contains("t.json") && Contains("allowed"));
        CHECK_THROWS_AS(read(table), input_error);
    }
    CHECK_THROWS_WITH(energy_table("{", "t.json", params{}), Contains("t.json: is not JSON"));
    CHECK_THROWS_WITH(load_energy_table("no/such.json", params{}), Contains("no/such.json"));
}
