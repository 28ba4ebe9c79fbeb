// Records as text: fields, their padding, order of edges, counts; which blocks a pattern chooses.
#include "tlm/record/record_port.h"

#include <catch2/catch.hpp>

#include "model/errors.h"
#include "tlm/record/rtl_record.h"

using namespace pade;

namespace {

struct kept_text final : text_sink {
    explicit kept_text(std::string& to) : text(to) {}
    void append(const char* data, std::size_t bytes) override { text.append(data, bytes); }
    std::string& text;
};

record_port make(std::string& text, std::vector<record_field> fields) {
    return {"pade.block_0", "port", true, std::move(fields), std::make_unique<kept_text>(text)};
}

}  // namespace

TEST_CASE("record_port: fields are padded to whole digits, element 0 lowest, signed ones cut to their bits") {
    std::string text;
    record_port port = make(text, {{"slot", 1}, {"value", 33, true}, {"table", 5, true, 3}, {"bits", 64, false, 2}});
    port.begin(94);
    port.put(1);
    port.put_signed(-2);
    for (const int element : {1, -1, 2})
        port.put_signed(element);
    port.put(0x0123456789abcdef);
    port.put(~std::uint64_t{0});
    port.end();
    port.finish();
    // The wires hold it one edge before it can be used. 2, -1, 1 in 5 bits: 00010'11111'00001.
    CHECK(text ==
          "// pade.block_0.port, input of the block. A line: cycle(48)_slot(1)_value(33 signed)_table(3 x 5 signed)"
          "_bits(2 x 64)\n"
          "00000000005d_1_1fffffffe_0be1_ffffffffffffffff0123456789abcdef  // 93: slot 1 value -2\n");
    CHECK(port.records() == 1);
}

TEST_CASE("record_port: a port has one item an edge, and edges ascend") {
    std::string text;
    record_port port = make(text, {{"value", 4}});
    const auto at = [&port](cycle_t visible) {
        port.begin(visible);
        port.put(0);
        port.end();
    };
    at(5);
    CHECK_THROWS_AS(at(5), input_error);
    CHECK_THROWS_AS(at(4), input_error);
    at(6);
    CHECK(port.records() == 2);
}

TEST_CASE("record_port: credits of one edge are one record, written when the edge is over") {
    std::string text;
    record_port port = make(text, {{"count", 4}});
    port.count(8);
    port.count(8);
    CHECK(port.records() == 0);
    port.count(9);
    CHECK(port.records() == 1);
    port.finish();
    CHECK(port.records() == 2);
    CHECK(text.find("000000000007_2  // 7: count 2\n000000000008_1  // 8: count 1\n") != std::string::npos);
}

TEST_CASE("record_port: too few or too many elements are a fault of the writer") {
    std::string text;
    record_port port = make(text, {{"a", 4}, {"b", 4}});
    port.begin(2);
    port.put(1);
    CHECK_THROWS_AS(port.end(), internal_error);
    port.begin(3);
    for (int i = 0; i < 3; ++i)
        port.put(1);
    CHECK_THROWS_AS(port.end(), internal_error);
}

TEST_CASE("rtl_record: patterns choose lanes, guard filters and RARS by path or scope, and nothing else") {
    const auto no_file = [](const std::string&, const std::string&) { return std::unique_ptr<text_sink>(); };
    rtl_record all({1, 8}, {}, no_file);
    CHECK(all.block("pade.dispatcher") == nullptr);
    CHECK(all.block("pade.pe_lanes") == nullptr);
    CHECK(all.block("pade.pe_lane_0_3")->kind() == "pe_lane");
    CHECK(all.block("pade.pe_lane_0_3") == all.block("pade.pe_lane_0_3"));
    CHECK(all.blocks().size() == 1);

    rtl_record some({1, 8}, {"pade.pe_lane_0_*", "pade.rars", "pade.v_pu", "pade.hbm2"}, no_file);
    CHECK(some.block("pade.pe_lane_0_12")->name() == "pe_lane_0_12");
    CHECK(some.block("pade.pe_lane_1_0") == nullptr);
    CHECK(some.block("pade.guard_filter_0") == nullptr);
    CHECK(some.unused_scopes() == std::vector<std::string>{"pade.rars", "pade.v_pu", "pade.hbm2"});
    CHECK(some.block("pade.rars")->kind() == "rars");
    CHECK(some.unused_scopes() == std::vector<std::string>{"pade.v_pu", "pade.hbm2"});

    rtl_record scope({1, 8}, {"pade"}, no_file);
    CHECK(scope.block("pade.guard_filter_7")->kind() == "guard_filter");
    CHECK(scope.unused_scopes().empty());
}
