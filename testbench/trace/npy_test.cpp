#include "testbench/trace/npy.h"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "model/errors.h"
#include "testbench/trace/sha256.h"
#include "testbench/trace/test_files.h"

using namespace pade;
using Catch::Matchers::Contains;

namespace {

const std::string good = "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }";
const std::string six = "\x01\x80\x7f\x02\x03\xff";

/// The message of the input_error that reading `bytes` as int8 (or float32) raises; empty when it raises none.
std::string error_of(const std::string& bytes, bool as_float = false, const std::vector<std::uint64_t>& shape = {}) {
    test::temp_dir folder;
    const auto file = folder / "x.npy";
    test::write_bytes(file, bytes);
    try {
        if (as_float)
            read_npy<float>(file, shape);
        else
            read_npy<std::int8_t>(file, shape);
    } catch (const input_error& error) {
        CHECK_THAT(error.what(), Contains(file.string()));
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("int8 files of NPY 1.0 and 2.0 are read byte for byte") {
    for (const char major : {'\1', '\2'}) {
        test::temp_dir folder;
        const std::string bytes = test::npy_bytes(good, six, major);
        test::write_bytes(folder / "x.npy", bytes);
        const auto array = read_npy<std::int8_t>(folder / "x.npy", {2, 3});
        CHECK(array.shape == std::vector<std::uint64_t>{2, 3});
        CHECK(array.data == std::vector<std::int8_t>{1, -128, 127, 2, 3, -1});
        CHECK(array.file_bytes == bytes.size());
        CHECK(array.sha256 == sha256_hex(bytes));
    }
}

TEST_CASE("float32 files are read, whatever the order and quotes of the header's keys") {
    test::temp_dir folder;
    const std::vector<float> values{1.5F, -2.0F};
    const std::string data(reinterpret_cast<const char*>(values.data()), 8);
    for (const char* dictionary : {"{\"shape\": (2,), 'fortran_order': False, 'descr': '<f4'}",
                                   "{ 'fortran_order':False , 'descr':\"<f4\",'shape':( 2 , ) ,}"}) {
        test::write_bytes(folder / "x.npy", test::npy_bytes(dictionary, data));
        CHECK(read_npy<float>(folder / "x.npy").data == values);
    }
    test::write_bytes(folder / "x.npy",
                      test::npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", data.substr(0, 4)));
    CHECK(read_npy<float>(folder / "x.npy").data == std::vector<float>{1.5F});
}

TEST_CASE("SHA-256 of the empty string and of abc are those of FIPS 180-4") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("each defect of an NPY file is named") {
    struct defect {
        const char* what;
        std::string bytes;
        const char* message;
    };
    const std::string valid = test::npy_bytes(good, six);
    const auto header = [](const std::string& dictionary) { return test::npy_bytes(dictionary, six); };
    const auto shape = [&](const std::string& tuple) {
        return header("{'descr': '|i1', 'fortran_order': False, 'shape': " + tuple + ", }");
    };
    std::string no_newline = valid;
    no_newline[127] = ' ';
    std::string text_after = valid;
    text_after[120] = 'x';
    std::string zeros = valid;
    std::fill(zeros.begin() + 20, zeros.begin() + 127, '\0');
    std::string long_header = valid;
    long_header[8] = '\xff';
    long_header[9] = '\xff';
    std::string huge_header = test::npy_bytes(good, six, 2);
    huge_header.replace(8, 4, "\xff\xff\xff\xff");
    const std::vector<defect> defects{
        {"empty file", "", "ends at byte 0"},
        {"only the magic string", valid.substr(0, 6), "ends at byte 6"},
        {"no NPY file", "PK" + valid.substr(2), "allowed: files that start with"},
        {"cut in the length", valid.substr(0, 9), "ends at byte 9"},
        {"cut in the header", valid.substr(0, 60), "ends at byte 60"},
        {"version 3.0", test::npy_bytes(good, six, 3), "version 3.0; allowed: 1.0 and 2.0"},
        {"version 0.1", test::npy_bytes(good, six, 0, 1), "version 0.1"},
        {"version 1.1", test::npy_bytes(good, six, 1, 1), "version 1.1"},
        {"header longer than the file", long_header, "allowed: 65535 bytes from byte 10 on"},
        {"header of 4 GiB", huge_header, "said to have 4294967295 bytes"},
        {"data cut", valid.substr(0, valid.size() - 1), "allowed: shape [2, 3] of int8, 6 bytes from byte 128 on"},
        {"no data", valid.substr(0, 128), "6 bytes from byte 128 on"},
        {"one byte too many", valid + '\0', "byte 134: 1 bytes follow the data"},
        {"empty header", header(""), "allowed: '{'"},
        {"no dictionary", header("[1, 2]"), "allowed: '{'"},
        {"open dictionary", header("{'descr': '|i1'"), "allowed: ','"},
        {"open string", header("{'descr"), "does not end"},
        {"key without quotes", header("{descr: '|i1'}"), "allowed: a quoted string"},
        {"no colon", header("{'descr' '|i1'}"), "allowed: ':'"},
        {"no descr", header("{'fortran_order': False, 'shape': (2, 3), }"), "key 'descr' is missing"},
        {"no order", header("{'descr': '|i1', 'shape': (2, 3), }"), "key 'fortran_order' is missing"},
        {"no shape", header("{'descr': '|i1', 'fortran_order': False, }"), "key 'shape' is missing"},
        {"descr twice", header("{'descr': '|i1', 'descr': '|i1', 'fortran_order': False, 'shape': (2, 3)}"),
         "occurs twice"},
        {"unknown key", header("{'descr': '|i1', 'order': 'C', 'fortran_order': False, 'shape': (2, 3)}"),
         "unknown key 'order'"},
        {"structured type", header("{'descr': [('a', '|i1')], 'fortran_order': False, 'shape': (2, 3)}"),
         "allowed: a quoted string"},
        {"other type", header("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3)}"),
         "descr is '<i2'; allowed: '|i1'"},
        {"unsigned", header("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}"), "descr is '|u1'"},
        {"Fortran order", header("{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3)}"), "fortran_order is True"},
        {"order is a number", header("{'descr': '|i1', 'fortran_order': 0, 'shape': (2, 3)}"),
         "allowed: True or False"},
        {"shape is a number", shape("6"), "allowed: '('"},
        {"shape is a list", shape("[2, 3]"), "allowed: '('"},
        {"negative size", shape("(-2, 3)"), "allowed: a size in decimal digits"},
        {"fractional size", shape("(2.0, 3)"), "allowed: ','"},
        {"parentheses without comma", shape("(6)"), "allowed: ','"},
        {"size beyond 64 bits", shape("(2, 36893488147419103235)"), "allowed: sizes of 64 bits"},
        {"product beyond 64 bits", shape("(4294967296, 4294967297)"), "allowed: bytes that fit 63 bits"},
        {"product that wraps to 6", shape("(2, 9223372036854775811)"), "allowed: bytes that fit 63 bits"},
        {"much more data than file", shape("(1000000, 1000000)"), "1000000000000 bytes from"},
        {"zero rows", shape("(0, 3)"), "6 bytes follow the data"},
        {"no newline at the end", no_newline, "allowed: spaces and one newline"},
        {"zero bytes", zeros, "character 10: is a zero byte; allowed: text"},
        {"text after the dictionary", text_after, "allowed: spaces and one newline"},
    };
    for (const defect& d : defects) {
        INFO(d.what);
        CHECK_THAT(error_of(d.bytes), Contains(d.message));
    }
    CHECK(error_of(valid).empty());
}

TEST_CASE("type and byte order of float files are checked") {
    const auto typed = [](const std::string& descr) {
        return test::npy_bytes("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,), }", "abcd");
    };
    CHECK(error_of(typed("<f4"), true).empty());
    CHECK_THAT(error_of(typed(">f4"), true), Contains("descr is '>f4'; allowed: '<f4' (float32, little endian)"));
    CHECK_THAT(error_of(typed("<f8"), true), Contains("descr is '<f8'"));
    CHECK_THAT(error_of(typed("|i1"), true), Contains("descr is '|i1'"));
    CHECK_THAT(error_of(typed("<f4"), false), Contains("descr is '<f4'; allowed: '|i1'"));
}

TEST_CASE("a file of another shape than asked for is refused before its data are read") {
    CHECK_THAT(error_of(test::npy_bytes(good, six), false, {3, 2}), Contains("shape is [2, 3]; allowed: [3, 2]"));
    CHECK_THAT(error_of(test::npy_bytes(good, ""), false, {6}), Contains("allowed: [6]"));
}

TEST_CASE("only regular files are read") {
    test::temp_dir folder;
    CHECK_THROWS_WITH(read_npy<std::int8_t>(folder / "absent.npy"), Contains("no such file"));
    CHECK_THROWS_WITH(read_npy<std::int8_t>(folder.path()), Contains("not a regular file"));
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    CHECK_THROWS_WITH(read_npy<std::int8_t>(folder / "fifo"), Contains("not a regular file"));
    CHECK_THROWS_AS(read_npy<std::int8_t>("/dev/zero"), input_error);
}
