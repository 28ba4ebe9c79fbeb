#include "testbench/output/npy_writer.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "model/errors.h"
#include "testbench/trace/npy.h"
#include "testbench/trace/test_files.h"

using namespace pade;
using Catch::Matchers::Contains;

namespace {

std::vector<retained_row> all_rows(const std::filesystem::path& file) {
    std::vector<retained_row> rows;
    const std::uint64_t n = read_retained(file, [&](const retained_row& row) { rows.push_back(row); });
    CHECK(n == rows.size());
    return rows;
}

/// From now on no file of this process may grow beyond `bytes`: what a full disk looks like from here.
void limit_file_size(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, RLIM_INFINITY};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

}  // namespace

TEST_CASE("headers are those of NumPy, and data start on a multiple of 64 bytes") {
    const std::string header = npy_header_bytes("<f4", {2, 128, 64});
    CHECK(header.substr(0, 8) == std::string("\x93NUMPY\x01\0", 8));
    CHECK(header.size() == 128);
    CHECK(header[8] == 118);
    CHECK(header[9] == 0);
    CHECK(header.substr(10, 62) == "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 128, 64)");
    CHECK(header.back() == '\n');
    for (std::uint64_t n = 1; n < 1000000000000000000ULL; n *= 10) {
        const std::string one = npy_header_bytes("<i4", {n});
        CHECK(one.size() % 64 == 0);
        CHECK(parse_npy_header(one.substr(10), "x").shape == std::vector<std::uint64_t>{n});
    }
}

TEST_CASE("rows written in any order lie where they belong") {
    test::temp_dir folder;
    const auto file = folder / "output.npy";
    output_writer writer(file, 2, 3, 4);
    for (const auto& [head, query] : {std::pair{1U, 2U}, {0U, 1U}, {0U, 0U}, {1U, 0U}, {0U, 2U}, {1U, 1U}}) {
        const float first = static_cast<float>(100 * head + 10 * query);
        writer.write(head, query, std::vector<float>{first, first + 1, first + 2, first + 3});
    }
    writer.close();
    const auto array = read_npy<float>(file, {2, 3, 4});
    for (std::size_t i = 0; i < 24; ++i)
        CHECK(array.data[i] == static_cast<float>(100 * (i / 12) + 10 * (i / 4 % 3) + i % 4));
}

TEST_CASE("queries.npy is float64") {
    test::temp_dir folder;
    queries_writer writer(folder / "queries.npy", 1, 1, 3);
    const std::vector<double> row{17, 0.1, 1e-300};
    writer.write(0, 0, row);
    writer.close();
    const std::string bytes = test::read_bytes(folder / "queries.npy");
    CHECK(bytes.substr(0, 128) == npy_header_bytes("<f8", {1, 1, 3}));
    REQUIRE(bytes.size() == 128 + 24);
    CHECK(std::memcmp(bytes.data() + 128, row.data(), 24) == 0);
}

TEST_CASE("rows out of place, twice or missing are found") {
    test::temp_dir folder;
    output_writer writer(folder / "output.npy", 2, 3, 4);
    const std::vector<float> row(4);
    CHECK_THROWS_AS(writer.write(2, 0, row), internal_error);
    CHECK_THROWS_AS(writer.write(0, 3, row), internal_error);
    CHECK_THROWS_AS(writer.write(0, 0, std::vector<float>(3)), internal_error);
    writer.write(0, 0, row);
    CHECK_THROWS_WITH(writer.write(0, 0, row), Contains("head 0, query 0 is written twice"));
    CHECK_THROWS_WITH(writer.close(), Contains("5 of 6 rows were never written"));
}

TEST_CASE("retained rows of interleaved heads come out sorted by head, query and key") {
    const unsigned seed = 5;
    INFO("seed " << seed);
    test::temp_dir folder;
    const auto file = folder / "retained.npy";
    std::mt19937 random(seed);
    constexpr unsigned heads = 3;
    constexpr unsigned queries = 200;
    std::vector<std::vector<retained_row>> expected(heads);
    std::vector<unsigned> next(heads);
    {
        retained_writer writer(file, heads);
        for (;;) {
            const unsigned head = static_cast<unsigned>(random() % heads);
            if (next[head] == queries) {
                if (next == std::vector<unsigned>(heads, queries))
                    break;
                continue;
            }
            const unsigned query = next[head]++;
            std::vector<retained_key> kept;
            for (unsigned key = 0; key < 100; ++key)
                if (random() % 3 == 0) {
                    kept.push_back({key, static_cast<std::int32_t>(random())});
                    expected[head].push_back({static_cast<std::int32_t>(head), static_cast<std::int32_t>(query),
                                              static_cast<std::int32_t>(key), kept.back().score});
                }
            writer.write(head, query, kept);
        }
        writer.close();
        CHECK(writer.rows() == expected[0].size() + expected[1].size() + expected[2].size());
    }
    const std::vector<retained_row> rows = all_rows(file);
    std::size_t at = 0;
    bool equal = true;
    for (const auto& of_head : expected)
        for (const retained_row& row : of_head) {
            REQUIRE(at < rows.size());
            equal = equal && std::memcmp(&row, &rows[at++], sizeof row) == 0;
        }
    CHECK(at == rows.size());
    CHECK(equal);
    CHECK(rows.size() > 10000);  // more than one piece of 64 KiB a head
    // Nothing but the array is left.
    const std::filesystem::directory_iterator files(folder.path());
    CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("no retained row at all is an array of no rows") {
    test::temp_dir folder;
    retained_writer writer(folder / "retained.npy", 2);
    writer.write(1, 0, {});
    writer.close();
    CHECK(all_rows(folder / "retained.npy").empty());
    CHECK(test::read_bytes(folder / "retained.npy") == npy_header_bytes("<i4", {0, 4}));
}

TEST_CASE("queries and keys out of order are found") {
    test::temp_dir folder;
    retained_writer writer(folder / "retained.npy", 2);
    writer.write(0, 3, std::vector<retained_key>{{1, 5}, {2, 5}});
    CHECK_THROWS_WITH(writer.write(0, 3, {}), Contains("head 0, query 3 is out of order"));
    CHECK_THROWS_AS(writer.write(0, 2, {}), internal_error);
    CHECK_THROWS_AS(writer.write(2, 0, {}), internal_error);
    writer.write(1, 2, {});
    CHECK_THROWS_WITH(writer.write(0, 4, std::vector<retained_key>{{2, 5}, {1, 5}}), Contains("keys must ascend"));
    CHECK_THROWS_AS(writer.write(0, 5, std::vector<retained_key>{{2, 5}, {2, 5}}), internal_error);
}

TEST_CASE("a retained.npy that is not one is refused") {
    test::temp_dir folder;
    const auto file = folder / "retained.npy";
    const std::string rows(32, 'x');
    const auto with = [&](const std::string& bytes) {
        test::write_bytes(file, bytes);
        all_rows(file);
    };
    CHECK_NOTHROW(with(npy_header_bytes("<i4", {2, 4}) + rows));
    CHECK_THROWS_WITH(with(npy_header_bytes("<i4", {3, 4}) + rows), Contains("ends before row 2; allowed: 3 rows"));
    CHECK_THROWS_WITH(with(npy_header_bytes("<i4", {1, 4}) + rows), Contains("bytes after its 1 rows"));
    CHECK_THROWS_WITH(with(npy_header_bytes("<i4", {4, 2}) + rows), Contains("[n, 4]"));
    CHECK_THROWS_WITH(with(npy_header_bytes("<f4", {2, 4}) + rows), Contains("'<f4'"));
    CHECK_THROWS_WITH(with("x"), Contains("not an NPY"));
    CHECK_THROWS_AS(read_retained(folder / "absent", [](const retained_row&) {}), input_error);
}

TEST_CASE("files that cannot be created are named") {
    test::temp_dir folder;
    CHECK_THROWS_WITH(output_writer(folder / "absent/output.npy", 1, 1, 1),
                      Contains((folder / "absent/output.npy").string()) && Contains("No such file"));
    CHECK_THROWS_AS(output_writer(folder.path(), 1, 1, 1), input_error);
    CHECK_THROWS_AS(retained_writer(folder / "absent/retained.npy", 1), input_error);
}

TEST_CASE("a disk without room for output.npy is an input error at once") {
    test::temp_dir folder;
    limit_file_size(100000);
    CHECK_THROWS_WITH(output_writer(folder / "output.npy", 2, 1000, 64),
                      Contains("output.npy: cannot be given its size"));
}

TEST_CASE("a disk that fills up while rows are retained is an input error with the file") {
    test::temp_dir folder;
    limit_file_size(100000);
    const auto fill = [&](unsigned queries) {
        retained_writer writer(folder / "retained.npy", 2);
        std::vector<retained_key> kept;
        for (unsigned key = 0; key < 100; ++key)
            kept.push_back({key, 1});
        for (unsigned query = 0; query < queries; ++query)
            for (unsigned head = 0; head < 2; ++head)
                writer.write(head, query, kept);
        writer.close();
    };
    CHECK_NOTHROW(fill(30));  // 2 x 48 kB
    CHECK_THROWS_WITH(
        fill(40),
        Contains("retained.npy: cannot be written (File too large); allowed: "));  // parts fit, the whole not
    CHECK_THROWS_WITH(fill(100), Contains("retained.npy.head0: cannot be written"));
}
