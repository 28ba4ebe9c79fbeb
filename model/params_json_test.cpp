#include "model/params_json.h"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "model/params_access.h"
#include "testbench/unit/refusal.h"

using namespace pade;
using nlohmann::json;
using pade::test::refusal;

namespace {

std::string merge_refusal(const std::string& text) {
    return refusal([&] {
        params p;
        merge_params(p, text, "a.json");
    });
}

std::string set_refusal(const std::string& assignment) {
    return refusal([&] {
        params p;
        set_param(p, assignment);
    });
}

/// A file that is gone at the end of the test.
struct temporary_file {
    std::filesystem::path path;
    explicit temporary_file(const std::string& text) {
        std::random_device device;
        path = std::filesystem::temp_directory_path() / ("pade_params_" + std::to_string(device()) + ".json");
        std::ofstream(path) << text;
    }
    ~temporary_file() { std::filesystem::remove(path); }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
};

}  // namespace

// ---- loading ------------------------------------------------------------------------------------------------------

TEST_CASE("a partial file changes what it names, nested or flat, and nothing else") {
    params p;
    merge_params(p, R"({"dispatch": {"order": "in_order", "open_tiles": 7}, "guard.alpha": 0.6, "vpu.rars": false,
                        "dram": {"t_cl": 15}})",
                 "a.json");
    CHECK(p.dispatch.order == dispatch_order::in_order);
    CHECK(p.dispatch.open_tiles == 7);
    CHECK(p.guard.alpha == 0.6);
    CHECK_FALSE(p.vpu.rars);
    CHECK(p.dram.t_cl == 15.0);
    const auto changed = param_values(p);
    const auto defaults = param_values(params{});
    std::size_t differences = 0;
    for (std::size_t i = 0; i < changed.size(); ++i)
        differences += changed[i].second != defaults[i].second ? 1 : 0;
    CHECK(differences == 5);
}

TEST_CASE("later files override earlier ones, and --set both") {
    params p;
    merge_params(p, R"({"rows": {"count": 4}, "lane": {"count": 8}})", "a.json");
    merge_params(p, R"({"rows": {"count": 2}})", "b.json");
    set_param(p, "lane.count=32");
    CHECK(p.rows.count == 2);
    CHECK(p.lane.count == 32);
    merge_params(p, "{}", "c.json");
    merge_params(p, R"({"rows": {}})", "d.json");
    CHECK(p.rows.count == 2);
}

TEST_CASE("set_param takes every kind of value") {
    params p;
    set_param(p, "rows.count=3");
    set_param(p, "guard.alpha=1.25e-1");
    set_param(p, "guard.enabled=false");
    set_param(p, "dispatch.order=in_order_single");
    set_param(p, "dram.mapping=row:14 a=b");
    CHECK(p.rows.count == 3);
    CHECK(p.guard.alpha == 0.125);
    CHECK_FALSE(p.guard.enabled);
    CHECK(p.dispatch.order == dispatch_order::in_order_single);
    CHECK(p.dram.mapping == "row:14 a=b");
}

TEST_CASE("load_params reads files and names them in its refusals") {
    const temporary_file good(R"({"rows": {"count": 5}})");
    params p;
    load_params(p, good.path.string());
    CHECK(p.rows.count == 5);

    const temporary_file bad(R"({"rows": {"count": 99}})");
    const std::string message = refusal([&] { load_params(p, bad.path.string()); });
    CHECK(message == bad.path.string() + ": rows.count is 99; allowed: integers from 1 to 16");
    CHECK(p.rows.count == 5);

    const std::string missing = refusal([&] { load_params(p, good.path.string() + ".not"); });
    CHECK(missing == good.path.string() + ".not: there is no such file; allowed: a JSON file with parameters");
    const std::string folder = std::filesystem::temp_directory_path().string();
    CHECK(refusal([&] { load_params(p, folder); }) == folder + ": is a folder; allowed: a JSON file with parameters");
    const temporary_file huge(std::string(std::size_t{2} << 20, ' '));
    CHECK_THAT(refusal([&] { load_params(p, huge.path.string()); }), Catch::Contains("of at most 1048576 bytes"));
}

TEST_CASE("a refused file or --set leaves the parameters as they were") {
    params p;
    const std::string before = params_to_json(p);
    CHECK_THROWS_AS(merge_params(p, R"({"rows": {"count": 4}, "lane": {"count": 1000}})", "a.json"), input_error);
    CHECK(params_to_json(p) == before);
    CHECK_THROWS_AS(set_param(p, "guard.alpha=101"), input_error);
    CHECK(params_to_json(p) == before);
}

TEST_CASE("a key of a megabyte is refused at once, and not quoted whole") {
    params p;
    const std::string key(1'000'000, 'x');  // compared with every known key it would take minutes
    try {
        merge_params(p, "{\"rows." + key + "\": 1}", "a.json");
        FAIL("accepted");
    } catch (const input_error& error) {
        CHECK(std::string(error.what()).size() < 300);
    }
}

// ---- refusals -----------------------------------------------------------------------------------------------------

TEST_CASE("every class of bad JSON input is refused in one sentence") {
    struct row {
        std::string text;
        std::string message;
    };
    const std::vector<row> rows{
        // unknown keys
        {R"({"dispatch": {"ordr": "in_order"}})",
         R"(a.json: unknown parameter "dispatch.ordr"; allowed: the keys of pade-sim params, the nearest known key is dispatch.order)"},
        {R"({"dispach": {"order": "in_order"}})",
         R"(a.json: unknown parameter "dispach.order"; allowed: the keys of pade-sim params, the nearest known key is dispatch.order)"},
        {R"({"dispatch.oredr": "in_order"})",
         R"(a.json: unknown parameter "dispatch.oredr"; allowed: the keys of pade-sim params, the nearest known key is dispatch.order)"},
        {R"({"alpha": 1})",
         R"(a.json: unknown parameter "alpha"; allowed: the keys of pade-sim params, the nearest known key is guard.alpha)"},
        {R"({"order": 1})",
         R"(a.json: unknown parameter "order"; allowed: the keys of pade-sim params, the nearest known key is dispatch.order or ista.order)"},
        {R"({"dispach": {}})",
         R"(a.json: unknown parameter "dispach"; allowed: the keys of pade-sim params, the nearest known key is dispatch)"},
        // twice
        {R"({"rows": {"count": 1, "count": 2}})", R"(a.json: key "count" is given twice in one object; allowed: once)"},
        {R"({"rows": {"count": 1}, "rows": {}})", R"(a.json: key "rows" is given twice in one object; allowed: once)"},
        {R"({"rows": {"count": 1}, "rows.count": 1})",
         "a.json: rows.count is given twice, nested and flat; allowed: once"},
        // types
        {R"({"rows": {"count": "4"}})", R"(a.json: rows.count is "4"; allowed: integers from 1 to 16)"},
        {R"({"rows": {"count": 4.0}})", "a.json: rows.count is 4.0; allowed: integers from 1 to 16"},
        {R"({"rows": {"count": 4.5}})", "a.json: rows.count is 4.5; allowed: integers from 1 to 16"},
        {R"({"rows": {"count": true}})", "a.json: rows.count is true; allowed: integers from 1 to 16"},
        {R"({"rows": {"count": null}})", "a.json: rows.count is null; allowed: integers from 1 to 16"},
        {R"({"rows": {"count": [4]}})", "a.json: rows.count is [4]; allowed: integers from 1 to 16"},
        {R"({"rows": {"count": {"a": 4}}})", R"(a.json: rows.count is {"a":4}; allowed: integers from 1 to 16)"},
        {R"({"guard": {"alpha": "1"}})", R"(a.json: guard.alpha is "1"; allowed: numbers from 0 to 100)"},
        {R"({"guard": {"alpha": true}})", "a.json: guard.alpha is true; allowed: numbers from 0 to 100"},
        {R"({"guard": {"enabled": 1}})", "a.json: guard.enabled is 1; allowed: true or false"},
        {R"({"guard": {"enabled": "true"}})", R"(a.json: guard.enabled is "true"; allowed: true or false)"},
        {R"({"dram": {"mapping": 5}})", "a.json: dram.mapping is 5; allowed: text"},
        {R"({"dram": {"mapping": "row\u0000:14"}})", R"(a.json: dram.mapping is "row\u0000:14"; allowed: text)"},
        {R"({"rows": 5})", "a.json: rows is number; allowed: an object with the parameters of rows"},
        {R"({"rows": null})", "a.json: rows is null; allowed: an object with the parameters of rows"},
        {"[]", "a.json: holds array; allowed: an object of parameters"},
        {"5", "a.json: holds number; allowed: an object of parameters"},
        // ranges
        {R"({"rows": {"count": 0}})", "a.json: rows.count is 0; allowed: integers from 1 to 16"},
        {R"({"rows": {"count": 17}})", "a.json: rows.count is 17; allowed: integers from 1 to 16"},
        {R"({"rows": {"count": -4}})", "a.json: rows.count is -4; allowed: integers from 1 to 16"},
        {R"({"rows": {"count": 4294967300}})", "a.json: rows.count is 4294967300; allowed: integers from 1 to 16"},
        {R"({"rows": {"count": -4294967292}})", "a.json: rows.count is -4294967292; allowed: integers from 1 to 16"},
        {R"({"guard": {"alpha": -0.5}})", "a.json: guard.alpha is -0.5; allowed: numbers from 0 to 100"},
        {R"({"guard": {"alpha": 1e300}})", "a.json: guard.alpha is 1e+300; allowed: numbers from 0 to 100"},
        // choices
        {R"({"dispatch": {"order": "out-of-order"}})",
         R"(a.json: dispatch.order is "out-of-order"; allowed: out_of_order, in_order or in_order_single)"},
        {R"({"dispatch": {"order": 1}})",
         "a.json: dispatch.order is 1; allowed: out_of_order, in_order or in_order_single"},
        {R"({"guard": {"rule": ""}})", R"(a.json: guard.rule is ""; allowed: bui)"},
    };
    for (const row& each : rows) {
        INFO(each.text);
        CHECK(merge_refusal(each.text) == each.message);
    }
}

TEST_CASE("integers too long for 64 bits are out of range, not wrapped") {
    CHECK_THAT(merge_refusal(R"({"rows": {"count": 18446744073709551617}})"),
               Catch::StartsWith("a.json: rows.count is"));
    CHECK_THAT(set_refusal("rows.count=18446744073709551617"), Catch::Contains("allowed: integers from 1 to 16"));
}

TEST_CASE("what is not JSON is refused with its place") {
    for (const std::string text :
         {"", "{", R"({"rows": })", R"({"rows": {"count": 4}} x)", R"({"guard": {"alpha": NaN}})",
          R"({"guard": {"alpha": 1e400}})", R"({"guard": {"alpha": .5}})", "{'rows': {}}", R"({"rows": {"count": 4},})",
          "// no comments\n{}", "{\"rows\": \"\xff\"}"}) {
        INFO(text);
        const std::string message = merge_refusal(text);
        CHECK_THAT(message, Catch::StartsWith("a.json: is not JSON: "));
        CHECK_THAT(message, !Catch::Contains("json.exception"));
    }
    CHECK_THAT(merge_refusal("{\n  \"rows\": }"), Catch::Contains("line 2, column 11"));
}

TEST_CASE("a long value is cut in the message") {
    const std::string message = merge_refusal(R"({"rows": {"count": ")" + std::string(5000, 'x') + "\"}}");
    CHECK(message.size() < 200);
    CHECK_THAT(message, Catch::Contains("xxx...; allowed"));
}

TEST_CASE("every class of bad --set is refused in one sentence") {
    struct row {
        std::string text;
        std::string message;
    };
    const std::vector<row> rows{
        {"rows.count", R"(--set rows.count: has no "="; allowed: group.name=value)"},
        {"", R"(--set : has no "="; allowed: group.name=value)"},
        {"rows.cuont=4",
         R"(--set: unknown parameter "rows.cuont"; allowed: the keys of pade-sim params, the nearest known key is rows.count)"},
        {"radius=4",
         R"(--set: unknown parameter "radius"; allowed: the keys of pade-sim params, the nearest known key is guard.radius)"},
        {"rows.count=", "--set: rows.count is empty; allowed: integers from 1 to 16"},
        {"rows.count=four", "--set: rows.count is four; allowed: integers from 1 to 16"},
        {"rows.count=4.0", "--set: rows.count is 4.0; allowed: integers from 1 to 16"},
        {"rows.count=4x", "--set: rows.count is 4x; allowed: integers from 1 to 16"},
        {"rows.count= 4", "--set: rows.count is  4; allowed: integers from 1 to 16"},
        {"rows.count=-1", "--set: rows.count is -1; allowed: integers from 1 to 16"},
        {"rows.count=17", "--set: rows.count is 17; allowed: integers from 1 to 16"},
        {"rows.count=4294967300", "--set: rows.count is 4294967300; allowed: integers from 1 to 16"},
        {"guard.alpha=nan", "--set: guard.alpha is nan; allowed: numbers from 0 to 100"},
        {"guard.alpha=inf", "--set: guard.alpha is inf; allowed: numbers from 0 to 100"},
        {"guard.alpha=1e400", "--set: guard.alpha is 1e400; allowed: numbers from 0 to 100"},
        {"guard.alpha=100.5", "--set: guard.alpha is 100.5; allowed: numbers from 0 to 100"},
        {"guard.enabled=yes", "--set: guard.enabled is yes; allowed: true or false"},
        {"ista.order=tail", "--set: ista.order is tail; allowed: head_tail, sequential or custom"},
        {"dram.mapping=", "--set: dram.mapping is empty; allowed: text"},
    };
    for (const row& each : rows) {
        INFO(each.text);
        CHECK(set_refusal(each.text) == each.message);
    }
}

// ---- bounds, round trip -------------------------------------------------------------------------------------------

TEST_CASE("every parameter takes its bounds and every choice, and nothing beyond") {
    params scratch;
    for (const param_ref& ref : param_refs(scratch)) {
        const std::string key = ref.key();
        INFO(key);
        params p;
        const auto accepts = [&](const std::string& value, const std::string& json_value) {
            params from_json;
            set_param(p, key + "=" + value);
            merge_params(from_json, "{\"" + key + "\": " + json_value + "}", "a.json");
            return params_to_json(p) == params_to_json(from_json);
        };
        if (std::holds_alternative<unsigned*>(ref.value) || std::holds_alternative<double*>(ref.value)) {
            REQUIRE(std::isfinite(ref.info.range.low));
            REQUIRE(std::isfinite(ref.info.range.high));
            for (const double bound : {ref.info.range.low, ref.info.range.high})
                REQUIRE(accepts(number_text(bound), number_text(bound)));
            const bool whole = std::holds_alternative<unsigned*>(ref.value);
            const double below = whole ? ref.info.range.low - 1 : std::nextafter(ref.info.range.low, -1e9);
            const double above = whole ? ref.info.range.high + 1 : std::nextafter(ref.info.range.high, 1e9);
            for (const double value : {below, above}) {
                const std::string text = number_text(value);
                REQUIRE_THAT(set_refusal(key + "=" + text), Catch::StartsWith("--set: " + key + " is " + text));
                REQUIRE_THAT(merge_refusal("{\"" + key + "\": " + text + "}"), Catch::StartsWith("a.json: " + key));
            }
        } else if (std::holds_alternative<bool*>(ref.value)) {
            REQUIRE(accepts("true", "true"));
            REQUIRE(accepts("false", "false"));
        } else if (const auto* choice = std::get_if<choice_ref>(&ref.value)) {
            for (std::size_t i = 0; i < choice->count; ++i) {
                const std::string name(choice->names[i]);
                REQUIRE(accepts(name, "\"" + name + "\""));
            }
        }
    }
}
