#include "model/gpu/gpu_table.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "model/errors.h"

using namespace pade;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

json builtin() {
    return json::parse(builtin_gpu_table());
}

gpu_table read(const json& table) {
    return gpu_table(table.dump(), "t.json");
}

}  // namespace

TEST_CASE("the built-in table says what the published figures say") {
    const gpu_table table;
    CHECK(table.name() == "NVIDIA H100 SXM5");
    CHECK(table.peak(gpu_dtype::fp16) == 989e12);
    CHECK(table.peak(gpu_dtype::fp8) == 1979e12);
    CHECK(table.peak(gpu_dtype::int8) == 1979e12);
    CHECK(table.bandwidth() == Approx(3.35e12).epsilon(1e-15));
    CHECK(table.value("tdp") == 700);
    CHECK(table.value("die_area") == 814);
    CHECK(table.value("multiprocessors") == 132);
    CHECK(table.value("decode_efficiency_low") == .55);
    CHECK(table.value("decode_efficiency_nominal") == .75);
    CHECK(table.value("decode_efficiency_best") == .85);
    CHECK(table.active_power().curve.x() == std::vector<double>{1, 128});
    CHECK(table.active_power().curve.y() == std::vector<double>{300, 600});
    CHECK(table.decode_efficiency().curve.x() == std::vector<double>{128, 2000, 4000});
    CHECK(table.decode_efficiency().curve.y() == std::vector<double>{.37, .54, .55});
    CHECK(table.attention().size() == 6);
    CHECK(table.attention(gpu_dtype::fp8, 64, true) == nullptr);
    CHECK(table.attention(gpu_dtype::int8, 64, false) == table.attention(gpu_dtype::fp8, 64, false));
    CHECK_THROWS_AS(table.value("no such entry"), internal_error);
}

TEST_CASE("each built-in entry has a source, a meaning and, if it is a guess, a band") {
    const gpu_table table;
    for (const gpu_entry& entry : table.entries()) {
        INFO(entry.name);
        CHECK_FALSE(entry.source.empty());
        CHECK_FALSE(entry.text.empty());
        CHECK(entry.low <= entry.value);
        CHECK(entry.value <= entry.high);
        CHECK((entry.low < entry.high) == (entry.basis == "guess"));
    }
    for (const gpu_attention_curve& each : table.attention())
        CHECK_THAT(each.rate.source, Contains("FlashAttention-3"));
}

TEST_CASE("a table of one's own is taken whole, without FP8 if it has none") {
    json table = builtin();
    table["name"] = "mine";
    table["entries"][2]["value"] = 2;
    table["attention"] = {{{"dtype", "fp16"},
                           {"head_dim", 96},
                           {"causal", false},
                           {"unit", "TFLOP/s"},
                           {"keys", {100}},
                           {"value", {7}},
                           {"basis", "measured"},
                           {"source", "here"}},
                          {{"dtype", "fp16"},
                           {"head_dim", 96},
                           {"causal", true},
                           {"unit", "TFLOP/s"},
                           {"keys", {100}},
                           {"value", {5}},
                           {"basis", "measured"},
                           {"source", "here"}}};
    const gpu_table mine = read(table);
    CHECK(mine.name() == "mine");
    CHECK(mine.bandwidth() == 2e12);
    CHECK(mine.attention(gpu_dtype::fp16, 96, true)->rate.curve.y() == std::vector<double>{5});
    CHECK(mine.attention(gpu_dtype::fp16, 64, true) == nullptr);
    CHECK(mine.attention(gpu_dtype::int8, 96, false) == nullptr);
}

TEST_CASE("bad tables are refused, each with the place and what is allowed") {
    struct bad {
        const char* says;
        void (*spoil)(json&);
    };
    const bad cases[] = {
        {"lacks \"format\"", [](json& t) { t.erase("format"); }},
        {"\"format\" is \"pade-cpu\"", [](json& t) { t["format"] = "pade-cpu"; }},
        {"\"format_version\" is 2", [](json& t) { t["format_version"] = 2; }},
        {"lacks \"name\"", [](json& t) { t.erase("name"); }},
        {"unknown key \"extra\"", [](json& t) { t["extra"] = 1; }},
        {"\"entries\" is 3", [](json& t) { t["entries"] = 3; }},
        {"entries[0] is no object", [](json& t) { t["entries"][0] = "peak"; }},
        {"entries[0] has the unknown name \"peak\"", [](json& t) { t["entries"][0]["name"] = "peak"; }},
        {"entries[0] has an unknown key \"vlaue\"", [](json& t) { t["entries"][0]["vlaue"] = 1; }},
        {"entries[0] lacks \"value\"", [](json& t) { t["entries"][0].erase("value"); }},
        {"\"value\" is 0", [](json& t) { t["entries"][0]["value"] = 0; }},
        {"\"value\" is -1", [](json& t) { t["entries"][0]["value"] = -1; }},
        {"\"value\" is \"1\"", [](json& t) { t["entries"][0]["value"] = "1"; }},
        {"entries[2] has the unit \"GB/s\"", [](json& t) { t["entries"][2]["unit"] = "GB/s"; }},
        {"the basis \"hearsay\"", [](json& t) { t["entries"][0]["basis"] = "hearsay"; }},
        {"\"band\" is [1.1,2]",
         [](json& t) {
             t["entries"][0]["band"] = json::array({1.1, 2});
         }},
        {"\"band\" is [1]", [](json& t) { t["entries"][0]["band"] = json::array({1}); }},
        {"entry \"peak_fp16\" is given twice", [](json& t) { t["entries"].push_back(t["entries"][0]); }},
        {"no entry \"peak_fp16\"", [](json& t) { t["entries"].erase(0); }},
        {"lacks \"attention\"", [](json& t) { t.erase("attention"); }},
        {"no rates of fp16", [](json& t) { t["attention"] = json::array(); }},
        {"attention[0] \"dtype\" is \"fp32\"", [](json& t) { t["attention"][0]["dtype"] = "fp32"; }},
        {"attention[0] \"causal\" is 1", [](json& t) { t["attention"][0]["causal"] = 1; }},
        {"attention[0] \"head_dim\" is 0", [](json& t) { t["attention"][0]["head_dim"] = 0; }},
        {"attention[0] has the unit \"GFLOP/s\"", [](json& t) { t["attention"][0]["unit"] = "GFLOP/s"; }},
        {"attention[0] lacks \"source\"", [](json& t) { t["attention"][0].erase("source"); }},
        {"attention[0] has an unknown key \"note\"", [](json& t) { t["attention"][0]["note"] = ""; }},
        {"attention[0] \"keys\" has 512 after 1024",
         [](json& t) {
             t["attention"][0]["keys"][0] = 1024;
             t["attention"][0]["keys"][1] = 512;
         }},
        {"attention[0] \"keys\" has 512 after 512", [](json& t) { t["attention"][0]["keys"][1] = 512; }},
        {"attention[0] has 5 values for 6 keys", [](json& t) { t["attention"][0]["value"].erase(0); }},
        {"attention[0] \"keys\" is empty", [](json& t) { t["attention"][0]["keys"] = json::array(); }},
        {"attention[0] \"value\" is 0", [](json& t) { t["attention"][0]["value"][3] = 0; }},
        {"attention[0] \"value\" has 990", [](json& t) { t["attention"][0]["value"][3] = 990; }},
        {"attention[6] repeats", [](json& t) { t["attention"].push_back(t["attention"][2]); }},
        {"fp16 of head_dim 64 with a causal mask alone", [](json& t) { t["attention"].erase(0); }},
        {"fp16 of head_dim 64 without a causal mask alone", [](json& t) { t["attention"].erase(1); }},
        {"decode_efficiency \"value\" has 1.1", [](json& t) { t["decode_efficiency"]["value"][2] = 1.1; }},
        {"decode_efficiency \"keys\" has 2000 after 3000", [](json& t) { t["decode_efficiency"]["keys"][0] = 3000; }},
        {"decode_efficiency is no object", [](json& t) { t["decode_efficiency"] = 1; }},
        {"active_power \"value\" has 701", [](json& t) { t["active_power"]["value"][1] = 701; }},
        {"active_power lacks \"batch\"", [](json& t) { t["active_power"].erase("batch"); }},
        {"idle_power is 300", [](json& t) { t["entries"][4]["value"] = 300; }},
        {"decode_efficiency_low, _nominal and _best are 0.8, 0.75 and 0.85",
         [](json& t) { t["entries"][7]["value"] = .8; }},
        {"0.55, 0.75 and 1.1", [](json& t) { t["entries"][9]["value"] = 1.1; }},
    };
    for (const bad& each : cases) {
        INFO(each.says);
        json table = builtin();
        each.spoil(table);
        CHECK_THROWS_WITH(read(table),
                          Contains(each.says) && Contains("t.json") && Contains("allowed") && !Contains("\n"));
        CHECK_THROWS_AS(read(table), input_error);
    }
    CHECK_THROWS_WITH(gpu_table("{", "t.json"), Contains("t.json: is not JSON"));
    CHECK_THROWS_WITH(load_gpu_table("no/such.json"), Contains("no/such.json"));
}
