#include "testbench/dram/request_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "model/errors.h"

using namespace pade;

namespace {

const address_map& map() {
    static const address_map m{dram_params{}};
    return m;
}

request_list parse(const std::string& text) {
    return parse_requests(text, "file", map());
}

bool same(const memory_request& a, const memory_request& b) {
    return a.address == b.address && a.cycle == b.cycle && a.after == b.after && a.write == b.write;
}

}  // namespace

TEST_CASE("lines, comments and empty lines") {
    const auto list = parse(
        "# a comment\n"
        "\n"
        "0 READ 0\n"
        "  0x1e0   WRITE 12   # a write\r\n"
        "FFFFFFE0\tREAD\t7 after=1\n"
        "20 READ 0 after=0");
    REQUIRE(list.size() == 4);
    CHECK(same(list[0], {0, 0, memory_request::no_line, false}));
    CHECK(same(list[1], {0x1e0, 12, memory_request::no_line, true}));
    CHECK(same(list[2], {0xffffffe0, 7, 1, false}));
    CHECK(same(list[3], {0x20, 0, 0, false}));
}

TEST_CASE("a line may wait for a later one, but not in a circle") {
    CHECK(parse("0 READ 0 after=1\n20 READ 0").size() == 2);
    CHECK_THROWS_WITH(parse("0 READ 0 after=0"), Catch::Contains("circle") && Catch::Contains("line 1"));
    CHECK_THROWS_WITH(parse("0 READ 0\n0 READ 0 after=3\n0 READ 0 after=1\n0 READ 0 after=2"),
                      Catch::Contains("circle"));
    // A tail that leads into a chain walked before is no circle.
    CHECK(parse("0 READ 0\n0 READ 0 after=0\n0 READ 0 after=1\n0 READ 0 after=1").size() == 4);
}

TEST_CASE("each bad line is refused with its number, what is wrong and what is allowed") {
    struct bad {
        const char* line;
        const char* said;
    };
    const std::vector<bad> all = {
        {"0", "1 words"},
        {"0 READ", "2 words"},
        {"0 READ 0 after=0 more", "5 words"},
        {"0 READ 0 after=0 more and more", "5 words"},
        {"zz READ 0", "address 'zz'"},
        {"0x READ 0", "address '0x'"},
        {"-20 READ 0", "address '-20'"},
        {"100000000 READ 0", "address '100000000'"},
        {"fffffffffffffffffffff READ 0", "0 to ffffffe0"},
        {"10 READ 0", "inside a burst"},
        {"1 READ 0", "inside a burst"},
        {"0 read 0", "READ or WRITE"},
        {"0 REED 0", "'REED'"},
        {"0 READ -1", "CYCLE '-1'"},
        {"0 READ 1.5", "CYCLE '1.5'"},
        {"0 READ 99999999999999999999", "CYCLE"},
        {"0 READ 10000000001", "0 to 10000000000"},
        {"0 READ 0 before=1", "after=LINE"},
        {"0 READ 0 after=", "after ''"},
        {"0 READ 0 after=-1", "after '-1'"},
        {"0 READ 0 after=7", "lines 0 to 1"},
        {"0 READ 0 after=4294967295", "after '4294967295'"},
    };
    for (const bad& each : all) {
        INFO(each.line);
        CHECK_THROWS_AS(parse(std::string("0 READ 0\n") + each.line + "\n"), input_error);
        CHECK_THROWS_WITH(parse(std::string("0 READ 0\n") + each.line + "\n"), Catch::StartsWith("file, line 2: ") &&
                                                                                   Catch::Contains(each.said) &&
                                                                                   Catch::Contains("allowed: "));
    }
}

TEST_CASE("a zero byte is refused, and does not cut off what is said about it") {
    const std::string text("0 READ 0\n0 RE\0AD 0\n", 19);
    CHECK_THROWS_WITH(parse(text), Catch::Contains("line 2: holds a zero byte; allowed: "));
}

TEST_CASE("what is saved can be loaded again") {
    std::mt19937_64 random(5);
    request_list list;
    for (std::uint32_t n = 0; n < 1000; ++n)
        list.push_back(
            {random() % (map().bytes() / 32) * 32, random() % 1000,
             n != 0 && random() % 3 == 0 ? static_cast<std::uint32_t>(random() % n) : memory_request::no_line,
             random() % 2 == 0});
    const auto path = std::filesystem::temp_directory_path() / ("pade_requests_" + std::to_string(::getpid()));
    save_requests(list, path.string(), "a test");
    const auto again = load_requests(path.string(), map());
    std::filesystem::remove(path);
    REQUIRE(again.size() == list.size());
    for (std::size_t n = 0; n < list.size(); ++n)
        CHECK(same(list[n], again[n]));
}

TEST_CASE("files that are not there, are none, or are empty") {
    CHECK_THROWS_WITH(load_requests("/no/such/file", map()), Catch::Contains("/no/such/file"));
    CHECK_THROWS_WITH(load_requests("/tmp", map()), Catch::Contains("/tmp"));
    CHECK_THROWS_WITH(load_requests("/dev/null", map()), Catch::Contains("/dev/null"));
    const auto path = std::filesystem::temp_directory_path() / ("pade_empty_" + std::to_string(::getpid()));
    save_requests({}, path.string(), "nothing");
    CHECK_THROWS_WITH(load_requests(path.string(), map()), Catch::Contains("no request"));
    std::filesystem::remove(path);
    CHECK_THROWS_WITH(save_requests({}, "/no/such/folder/file", ""), Catch::Contains("/no/such/folder/file"));
}
