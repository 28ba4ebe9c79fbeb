#include "model/strict_json.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/errors.h"
#include "model/regular_file.h"
#include "testbench/trace/test_files.h"

using namespace pade;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string error_of(const std::string& text) {
    try {
        parse_strict_json(text, "a.json");
    } catch (const input_error& error) {
        return error.what();
    }
    return "";
}

std::string nested(std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

}  // namespace

TEST_CASE("JSON is refused with its place when it is none, is nested too deep or repeats a key") {
    CHECK_THAT(error_of("{\n\"a\": }"), StartsWith("a.json: is not JSON: parse error at line 2, column 6") &&
                                            Contains("; allowed: one JSON value in UTF-8"));
    CHECK_THAT(error_of("{} {}"), Contains("is not JSON"));
    CHECK_THAT(error_of(std::string("\xff\xfe{\0}\0", 6)), Contains("is not JSON"));
    CHECK_THAT(error_of("{\"a\": \"co\xfc\"}"), Contains("ill-formed UTF-8"));
    CHECK_THAT(error_of("{\"a\": 1, \"b\": {\"a\": 2, \"a\": 3}}"),
               Contains("key \"a\" is given twice in one object; allowed: once"));
    CHECK_THAT(error_of(R"({"a\u0000b": 1})"), Contains("a key holds a zero character; allowed: "));
    CHECK(error_of("{\"a\": [{\"a\": 1}, {\"a\": 2}]}").empty());
    CHECK(error_of(nested(64)).empty());
    CHECK_THAT(error_of(nested(65)), Contains("nested deeper than 64 levels; allowed: at most 64"));
    CHECK_THAT(error_of(nested(1000000)), Contains("nested deeper"));
    CHECK_THAT(error_of("{\"a\": " + std::string(1000000, '[')), Contains("nested deeper"));
}

TEST_CASE("a message never quotes a whole file") {
    CHECK(error_of("\"" + std::string(1000000, 'x')).size() < 400);
    CHECK(error_of("{\"" + std::string(100000, 'x') + "\": 1, \"" + std::string(100000, 'x') + "\": 1}").size() < 400);
}

TEST_CASE("only regular files of bounded size are read whole") {
    test::temp_dir folder;
    const auto file = folder / "a.json";
    test::write_bytes(file, "12345678");
    CHECK(read_regular_file(file, 8, "a JSON file") == "12345678");
    CHECK_THROWS_WITH(read_regular_file(file, 7, "a JSON file"),
                      Contains("a.json: has 8 bytes; allowed: a JSON file of at most 7 bytes"));
    CHECK_THROWS_WITH(read_regular_file(folder / "none", 8, "a JSON file"),
                      Contains("none: there is no such file; allowed: a JSON file"));
    CHECK_THROWS_WITH(read_regular_file(file / "below", 8, "a JSON file"), Contains("below: "));
    CHECK_THROWS_WITH(read_regular_file(folder.path(), 8, "a JSON file"), Contains("is a folder"));
    CHECK_THROWS_WITH(read_regular_file(std::string(300, 'a'), 8, "a JSON file"), Contains("cannot be opened"));
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    CHECK_THROWS_WITH(read_regular_file(folder / "fifo", 8, "a JSON file"), Contains("is not a regular file"));
    CHECK_THROWS_WITH(read_regular_file("/dev/zero", 8, "a JSON file"), Contains("is not a regular file"));
}
