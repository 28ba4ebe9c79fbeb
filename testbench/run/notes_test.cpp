#include <catch2/catch.hpp>

#include "model/errors.h"
#include "testbench/run/run.h"

using namespace pade;
using Catch::Matchers::Contains;

namespace {

trace_set small_set() {
    trace_set set;
    set.queries = 3;
    set.keys = 5;
    set.head_dim = 8;
    set.heads.resize(4);
    set.kv_heads.resize(2);
    return set;
}

using tensor = bit_flip::tensor;

}  // namespace

TEST_CASE("flips of the last stored bits are taken") {
    params p;
    p.lane.key_bits = 4;
    CHECK_NOTHROW(
        check_flips(p, small_set(), {{tensor::q, 3, 2, 7, 7}, {tensor::k, 1, 4, 7, 3}, {tensor::v, 1, 4, 7, 7}}));
}

TEST_CASE("flips beyond them are refused, each with its range") {
    params p;
    p.lane.key_bits = 4;
    const auto refused = [&](const bit_flip& flip, const char* message) {
        CHECK_THROWS_WITH(check_flips(p, small_set(), {flip}), Contains(message));
    };
    refused({tensor::q, 4, 0, 0, 0}, "--flip q: HEAD is 4; allowed: integers from 0 to 3");
    refused({tensor::k, 2, 0, 0, 0}, "--flip k: HEAD is 2; allowed: integers from 0 to 1");
    refused({tensor::v, 2, 0, 0, 0}, "--flip v: HEAD is 2; allowed: integers from 0 to 1");
    refused({tensor::q, 0, 3, 0, 0}, "ROW is 3; allowed: integers from 0 to 2");
    refused({tensor::k, 0, 5, 0, 0}, "ROW is 5; allowed: integers from 0 to 4");
    refused({tensor::v, 0, 0, 8, 0}, "DIM is 8; allowed: integers from 0 to 7");
    refused({tensor::v, 0, 0, 0, 8}, "BIT is 8; allowed: integers from 0 to 7");
    refused({tensor::k, 0, 0, 0, 4}, "BIT is 4; allowed: integers from 0 to 3");
}

TEST_CASE("K by value needs a KV buffer in which all keys of the lanes have room, to the line") {
    trace_set set = small_set();
    set.head_dim = 256;
    set.keys = 10000;
    params p;
    p.layout.k = k_layout_kind::value_major;
    // 16 columns of 32 keys and 16 banks' reserve, 8 atoms each: 4224 lines.
    p.buffer.kv_bytes = 4224 * 32;
    CHECK_NOTHROW(check_supported(p, set));
    p.buffer.kv_bytes = 4223 * 32;
    CHECK_THROWS_WITH(check_supported(p, set), Contains("512 keys of 8 atoms") && Contains("135168 on"));
    CHECK_THROWS_AS(check_supported(p, set), input_error);
    p.lane.scoreboard_entries = 31;
    CHECK_NOTHROW(check_supported(p, set));
    p.lane.scoreboard_entries = 32;
    set.keys = 255;  // of two blocks
    CHECK_NOTHROW(check_supported(p, set));
    set.keys = 10000;
    set.head_dim = 32;  // a key is one atom and waits for no other
    CHECK_NOTHROW(check_supported(p, set));
    set.head_dim = 256;
    p.layout.k = k_layout_kind::plane_first;
    CHECK_NOTHROW(check_supported(p, set));
}

TEST_CASE("K by value: KV heads of a decode step and rows that drift apart hold keys of their own") {
    trace_set set = small_set();
    set.head_dim = 64;
    set.keys = 10000;
    params p;
    p.layout.k = k_layout_kind::value_major;
    const auto least = [&](unsigned lines) {
        p.buffer.kv_bytes = lines * 32;
        CHECK_NOTHROW(check_supported(p, set));
        p.buffer.kv_bytes = (lines - 1) * 32;
        CHECK_THROWS_AS(check_supported(p, set), input_error);
    };
    least((512 + 16) * 2);
    p.dispatch.admission = dispatch_admission::per_lane;
    least((16 * 64 + 16) * 2);
    p.dispatch.admission = dispatch_admission::joint;
    set.phase = trace_phase::decode;
    least((2 * 512 + 16) * 2);
}
