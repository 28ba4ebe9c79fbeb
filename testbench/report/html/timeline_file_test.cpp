#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "model/errors.h"
#include "testbench/report/html/run_record.h"
#include "testbench/report/html/time_axis.h"

namespace fs = std::filesystem;
using namespace pade;
using namespace pade::html;

namespace {

struct folder {
    folder() {
        std::string name = (fs::temp_directory_path() / "pade-timeline-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~folder() { fs::remove_all(path); }
    void put(const std::string& text) const { std::ofstream(path / "timeline.json") << text; }
    fs::path path;
};

params small() {
    params p;
    p.rows.count = 1;
    p.dram.pseudo_channels = 1;
    p.dram.bank_groups = 1;
    p.dram.banks_per_group = 2;
    return p;
}

std::string text(const std::string& from = "", const std::string& to = "") {
    std::string all = R"({"schema_version": 1, "cycles": 70, "cycles_per_bin": 32, "bins": 3,
        "counters": {"lanes.busy": [1, 2, 3]},
        "scoreboards": {"looks": [4, 4, 0], "entries_held": [[5, 6, 0]]},
        "dram_banks": {"reads": [[1, 2]], "writes": [[0, 0]], "activates": [[1, 1]], "row_conflicts": [[0, 1]]}})";
    if (!from.empty()) {
        const auto at = all.find(from);
        REQUIRE(at != std::string::npos);
        all.replace(at, from.size(), to);
    }
    return all;
}

}  // namespace

TEST_CASE("a timeline is read as it was written") {
    const folder f;
    f.put(text());
    const auto line = read_timeline(f.path, small());
    REQUIRE(line.has_value());
    CHECK(line->counter("lanes.busy") == std::vector<double>{1, 2, 3});
    CHECK(line->width(0) == 32);
    CHECK(line->width(2) == 6);
    CHECK(line->entries_held[0][1] == 6);
    CHECK(line->dram_banks.at("row_conflicts")[0][1] == 1);
    CHECK_THROWS_WITH(line->counter("lanes.idle"), Catch::Contains("lanes.idle"));
}

TEST_CASE("a run without timeline has none") {
    CHECK_FALSE(read_timeline(folder().path, small()).has_value());
}

TEST_CASE("a spoilt timeline is refused, and the message says where") {
    const folder f;
    const auto refused = [&f](const std::string& content, const std::string& says) {
        f.put(content);
        CAPTURE(content);
        CHECK_THROWS_AS(read_timeline(f.path, small()), input_error);
        CHECK_THROWS_WITH(read_timeline(f.path, small()),
                          Catch::Contains("timeline.json") && Catch::Contains(says) && Catch::Contains("allowed"));
    };
    refused(text().substr(0, 200), "not JSON");
    refused("[]", "no timeline");
    refused("{}", "schema_version");
    refused(text("\"bins\": 3", "\"bins\": 4"), "do not cover");
    refused(text("\"bins\": 3", "\"bins\": 0"), "do not cover");
    refused(text("\"bins\": 3", "\"bins\": 99999999999"), "bins");
    refused(text("\"cycles\": 70", "\"cycles\": -70"), "cycles is -70");
    refused(text("\"cycles\": 70", "\"cycles\": \"<b>\""), "cycles");
    refused(text("[1, 2, 3]", "[1, 2]"), "a list of 2");
    refused(text("[1, 2, 3]", "[1, -2, 3]"), "-2");
    refused(text("[1, 2, 3]", "[1, null, 3]"), "null");
    refused(text("[1, 2, 3]", "7"), "lanes.busy");
    refused(text("[[5, 6, 0]]", "[[5, 6, 0], [1, 1, 1]]"), "entries_held");
    refused(text("\"reads\": [[1, 2]]", "\"reads\": [[1, 2, 3]]"), "dram_banks.reads");
    refused(text("\"reads\"", "\"reeds\""), "reads is missing");
    refused(text("\"looks\"", "\"loops\""), "looks is missing");
}

TEST_CASE("bins are drawn at least two pixels wide, and all of them are drawn") {
    recorded_timeline line;
    for (const std::size_t bins : {1, 2, 100, 457, 512}) {
        line.bins = bins;
        for (const double pixels : {300.0, 900.0}) {
            const auto drawn = drawn_bins(line, pixels);
            CHECK(drawn.front().first == 0);
            CHECK(drawn.back().second == bins);
            for (std::size_t i = 1; i < drawn.size(); ++i)
                CHECK(drawn[i].first == drawn[i - 1].second);
            CHECK(static_cast<double>(drawn.size()) <= pixels / 1.9 + 1);
        }
    }
}
