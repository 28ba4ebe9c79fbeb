#include "model/object_reader.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "model/errors.h"

using namespace pade;
using Catch::Matchers::Equals;
using nlohmann::json;

TEST_CASE("each key is read once, by its type, and what nobody asked for is refused at the end") {
    const json object = {{"name", "n"}, {"on", true}, {"list", {1, 2}}, {"half", .5}, {"band", {.5, 2}}, {"more", 1}};
    object_reader at(object, "t.json: entries[3]");
    CHECK(at.text("name") == "n");
    CHECK(at.flag("on"));
    CHECK(at.list("list").size() == 2);
    CHECK(at.number("half") == .5);
    CHECK(at.band("band") == std::pair{.5, 2.});
    CHECK(at.has("more"));
    CHECK_THROWS_WITH(at.finish(),
                      Equals("t.json: entries[3] has an unknown key \"more\"; allowed: band, half, list, name, on"));
    CHECK(at.number("more") == 1);
    CHECK_NOTHROW(at.finish());
}

TEST_CASE("what is of another type, or not there, is refused with its value, cut short") {
    const json object = {{"name", 1},       {"on", 1},         {"list", "x"},       {"negative", -1},
                         {"band", {2}},     {"above", {2, 3}}, {"below", {.5, .9}}, {"text", std::string(200, 'a')},
                         {"broken", "\xff"}};
    object_reader at(object, "t");
    CHECK_THROWS_WITH(at.text("none"), Equals("t lacks \"none\"; allowed: an object with that key"));
    CHECK_THROWS_WITH(at.text("name"), Equals("t \"name\" is 1; allowed: a string"));
    CHECK_THROWS_WITH(at.flag("on"), Equals("t \"on\" is 1; allowed: true or false"));
    CHECK_THROWS_WITH(at.list("list"), Equals("t \"list\" is \"x\"; allowed: a list"));
    CHECK_THROWS_WITH(at.number("negative"), Equals("t \"negative\" is -1; allowed: numbers from 0 on"));
    for (const char* key : {"band", "above", "below"})
        CHECK_THROWS_AS(at.band(key), input_error);
    CHECK_THROWS_WITH(at.number("text"),
                      Equals("t \"text\" is \"" + std::string(79, 'a') + "; allowed: numbers from 0 on"));
    CHECK_THROWS_AS(at.number("broken"), input_error);
    CHECK_THROWS_WITH(object_reader(json(3), "t"), Equals("t is no object; allowed: an object"));
}
