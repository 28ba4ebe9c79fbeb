// Every real set that is there loads: manifest, sizes, sums, groups.
#include <catch2/catch.hpp>

#include "testbench/trace/test_sets.h"

using namespace pade;

TEST_CASE("all real trace sets load and can be selected whole") {
    const auto sets = find_sets(test::real_set_directories());
    if (sets.empty())
        test::skip("no trace set below the directories of PADE_TRACES");
    for (const std::filesystem::path& folder : sets) {
        INFO(folder.string());
        const trace_set set = select(load_trace_set(folder), {});
        CHECK(set.name == folder.filename());
        CHECK(set.heads.size() % set.kv_heads.size() == 0);
        CHECK(set.heads[0].q.size() == std::size_t{set.queries} * set.head_dim);
        CHECK(set.kv_heads[0].k.size() == std::size_t{set.keys} * set.head_dim);
        CHECK(set.visible_keys(set.queries - 1) <= set.keys);
    }
    std::printf("loaded %zu trace sets\n", sets.size());
}

TEST_CASE("an encoder set has float data, no mask and no groups") {
    const trace_set set = load_trace_set(test::real_set_or_skip("use-lite/l0-prefill-s128-gpl3"));
    CHECK(set.phase == trace_phase::prefill);
    CHECK(set.queries == 128);
    CHECK_FALSE(set.causal);
    CHECK(set.has_real(0));
    CHECK(set.kv_heads.size() == set.heads.size());
}

TEST_CASE("a decode set of a decoder has a group of 7 heads and a causal offset") {
    const trace_set set = load_trace_set(test::real_set_or_skip("qwen2.5-coder-0.5b/l22-decode8-s512-argparse"));
    CHECK(set.phase == trace_phase::decode);
    CHECK(set.heads.size() == 7);
    CHECK(set.kv_heads.size() == 1);
    CHECK(set.causal_offset == 504);
    CHECK(set.visible_keys(0) == 505);
    CHECK(set.visible_keys(7) == 512);
    CHECK(set.has_real(6));
}

TEST_CASE("a set of the larger decoder has 128 dims and no float data") {
    const trace_set set = load_trace_set(test::real_set_or_skip("qwen2.5-coder-1.5b/l26-decode8-s512-kjv"));
    CHECK(set.head_dim == 128);
    CHECK_FALSE(set.has_real(0));
}
