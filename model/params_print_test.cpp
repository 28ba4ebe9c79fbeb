#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "model/params_access.h"
#include "model/params_json.h"

using namespace pade;
using nlohmann::json;

namespace {

/// Every parameter away from its default, within its bounds.
params scrambled(std::mt19937_64& random) {
    params p;
    for (const param_ref& ref : param_refs(p)) {
        const double low = ref.info.range.low;
        const double high = ref.info.range.high;
        if (const auto* integer = std::get_if<unsigned*>(&ref.value)) {
            **integer = std::uniform_int_distribution<unsigned>(static_cast<unsigned>(low),
                                                                static_cast<unsigned>(high))(random);
        } else if (const auto* real = std::get_if<double*>(&ref.value)) {
            **real = std::uniform_real_distribution<double>(low, high)(random);
        } else if (const auto* flag = std::get_if<bool*>(&ref.value)) {
            **flag = !**flag;
        } else if (const auto* text = std::get_if<std::string*>(&ref.value)) {
            **text = "quotes \" backslash \\ newline \n tab \t umlaut \xc3\xa4";
        } else {
            const auto& choice = std::get<choice_ref>(ref.value);
            choice.set(choice.target, choice.count - 1);
        }
    }
    return p;
}

}  // namespace

TEST_CASE("what is printed reads back as the same, to the last bit") {
    const unsigned seed = 20260201;
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    CHECK(params_to_json(params{}) == params_to_json(params{}));
    for (int round = 0; round < 50; ++round) {
        params written = scrambled(random);
        const std::string text = params_to_json(written);
        params read;
        merge_params(read, text, "a.json");
        REQUIRE(params_to_json(read) == text);
        // Doubles bit by bit, since a printer that loses bits would agree with itself.
        const auto a = param_refs(written);
        const auto b = param_refs(read);
        for (std::size_t i = 0; i < a.size(); ++i) {
            INFO(a[i].key());
            if (const auto* real = std::get_if<double*>(&a[i].value)) {
                REQUIRE(**real == **std::get_if<double*>(&b[i].value));
            } else {
                REQUIRE(value_text(a[i]) == value_text(b[i]));
            }
        }
    }
}

TEST_CASE("numbers are printed short and read back as the same double") {
    CHECK(number_text(14) == "14");
    CHECK(number_text(0.6) == "0.6");
    CHECK(number_text(0.1 + 0.2) == "0.30000000000000004");
    CHECK(number_text(100000) == "100000");
    CHECK(number_text(1e300) == "1e+300");
    params p;
    set_param(p, "guard.alpha=-0");
    CHECK_FALSE(std::signbit(p.guard.alpha));
    merge_params(p, R"({"guard.alpha": -0.0})", "a.json");
    CHECK_FALSE(std::signbit(p.guard.alpha));
}

TEST_CASE("the printed JSON is nested and complete, in the order of the declarations") {
    const auto document = nlohmann::ordered_json::parse(params_to_json(params{}));
    std::vector<std::string> keys;
    for (const auto& [group, inner] : document.items())
        for (const auto& [name, value] : inner.items())
            keys.push_back(group + "." + name);
    std::vector<std::string> expected;
    for (const auto& [key, value] : param_values(params{}))
        expected.push_back(key);
    CHECK(keys == expected);
    CHECK(keys.front() == "clock.core_mhz");
    CHECK(keys.back() == "watchdog.cycles");
    CHECK(document["dram"]["mapping"].is_string());
    CHECK(document["guard"]["enabled"] == true);
}

// ---- documents ----------------------------------------------------------------------------------------------------

TEST_CASE("the schema is JSON and has every key, nested and flat, with its declaration") {
    const json schema = json::parse(params_schema());
    CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
    CHECK(schema["additionalProperties"] == false);
    params defaults;
    std::size_t keys = 0;
    std::map<std::string, std::size_t> groups;
    for (const param_ref& ref : param_refs(defaults)) {
        INFO(ref.key());
        const std::string group(ref.group);
        const json& entry = schema.at("properties").at(group).at("properties").at(std::string(ref.info.name));
        REQUIRE(entry.at("description") == std::string(ref.info.text));
        REQUIRE(entry.at("default") == json::parse(json_text(ref)));
        if (std::holds_alternative<unsigned*>(ref.value)) {
            REQUIRE(entry.at("type") == "integer");
        }
        if (entry.at("type") == "integer" || entry.at("type") == "number") {
            REQUIRE(entry.at("minimum").get<double>() == ref.info.range.low);
            REQUIRE(entry.at("maximum").get<double>() == ref.info.range.high);
        }
        if (const auto* choice = std::get_if<choice_ref>(&ref.value)) {
            REQUIRE(entry.at("enum").size() == choice->count);
        }
        const std::string pointer = schema.at("properties").at(ref.key()).at("$ref");
        REQUIRE(schema.at(json::json_pointer(pointer.substr(1))) == entry);
        ++keys;
        ++groups[group];
    }
    CHECK(schema["properties"].size() == keys + groups.size());
    for (const auto& [group, count] : groups) {
        CHECK(schema["properties"][group]["properties"].size() == count);
        CHECK(schema["properties"][group]["additionalProperties"] == false);
    }
}

TEST_CASE("table and Markdown have one line a parameter, with unit, bounds, source and text") {
    const std::string table = params_table();
    const std::string markdown = params_markdown();
    params defaults;
    std::size_t lines = 1;
    for (const param_ref& ref : param_refs(defaults)) {
        INFO(ref.key());
        const auto at = table.find("\n" + ref.key() + " ");
        REQUIRE(at != std::string::npos);
        const std::string line = table.substr(at + 1, table.find('\n', at + 1) - at - 1);
        for (const std::string& part : {value_text(ref), std::string(ref.info.unit), range_text(ref),
                                        std::string(ref.info.source), std::string(ref.info.text)})
            REQUIRE_THAT(line, Catch::Contains(part));
        REQUIRE_THAT(markdown, Catch::Contains("| `" + ref.key() + "` | `" + value_text(ref) + "` |"));
        ++lines;
    }
    CHECK(std::count(table.begin(), table.end(), '\n') == static_cast<std::ptrdiff_t>(lines));
    CHECK(table.find(" *") == std::string::npos);
}

TEST_CASE("the table marks what is not the default") {
    params p;
    set_param(p, "rows.count=4");
    const std::string table = params_table(p);
    CHECK_THAT(table, Catch::Contains("4 *"));
    CHECK(std::count(table.begin(), table.end(), '*') == 1);
}
