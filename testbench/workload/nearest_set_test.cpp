#include "testbench/workload/nearest_set.h"

#include <catch2/catch.hpp>
#include <set>

#include "model/errors.h"
#include "testbench/trace/set_builder.h"
#include "testbench/workload/sample.h"

using namespace pade;
using Catch::Matchers::Contains;

namespace {

workload decoder(std::uint32_t heads, std::uint32_t kv_heads, std::uint32_t head_dim, std::uint32_t prefill,
                 std::uint32_t decode) {
    workload w;
    w.name = "w";
    w.model.title = "M";
    w.model.blocks = {{2, heads, kv_heads, head_dim, 0, 0}};
    w.prefill_tokens = prefill;
    w.decode_tokens = decode;
    return w;
}

set_header header(const std::string& name, trace_phase phase, std::uint32_t keys, std::uint32_t head_dim,
                  bool causal = true) {
    set_header set;
    set.name = name;
    set.path = name;
    set.phase = phase;
    set.causal = causal;
    set.keys = keys;
    set.queries = phase == trace_phase::prefill ? keys : 8;
    set.causal_offset = static_cast<std::int32_t>(keys - set.queries);
    set.head_dim = head_dim;
    set.groups = {{0, 1, 2, 3, 4, 5, 6}};
    return set;
}

std::vector<std::string> names(const chosen_sets& chosen) {
    std::vector<std::string> list;
    for (const set_header& set : chosen.sets)
        list.push_back(set.name);
    return list;
}

constexpr auto prefill = trace_phase::prefill, decode = trace_phase::decode;

}  // namespace

TEST_CASE("a header says what the manifest says, without the tensors") {
    test::set_builder builder;
    builder.write_manifest();
    const set_header set = read_set_header(builder.folder().parent_path(), builder.folder());
    CHECK(set.name == builder.folder().filename());
    CHECK(set.keys == 5);
    CHECK(set.groups == std::vector<std::vector<unsigned>>{{0, 1}, {2, 3}});
    CHECK(set.pairs_of_head() == 3 + 4 + 5);  // causal offset 2
    CHECK_FALSE(set.synthetic);
    builder.manifest.erase("keys");
    builder.write_manifest();
    CHECK_THROWS_WITH(read_set_header(builder.folder(), builder.folder()), Contains("'keys' is missing"));
    test::temp_dir empty;
    CHECK_THROWS_WITH(set_headers({empty.path()}), Contains("no trace set below it") && Contains("PADE_TRACES"));
}

TEST_CASE("parts of a workload and their pairs") {
    workload w = decoder(4, 2, 64, 10, 3);
    auto parts = parts_of(w);
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].name() == "prefill");
    CHECK(parts[0].pairs_of_head == 55);            // 1 + ... + 10
    CHECK(parts[1].pairs_of_head == 11 + 12 + 13);  // a step sees itself
    CHECK(parts[1].length == 12);
    w.decode_tokens = 0;
    w.model.causal = false;
    w.model.blocks.push_back({1, 1, 1, 64, 7, 3});
    parts = parts_of(w);
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].pairs_of_head == 100);
    CHECK(parts[1].pairs_of_head == 21);
    CHECK(parts[1].name() == "prefill-1");
}

TEST_CASE("named sets first, then the nearest by mask, head_dim and length") {
    workload w = decoder(8, 8, 128, 4096, 0);
    const auto part = [&] { return parts_of(w)[0]; };
    std::vector<set_header> all = {header("f/e", prefill, 4096, 128, false), header("f/d", prefill, 4096, 64),
                                   header("f/short", prefill, 512, 128),     header("f/b", prefill, 2048, 128),
                                   header("f/a", prefill, 2048, 128),        header("f/long", prefill, 16384, 128),
                                   header("f/step", decode, 4096, 128)};
    all[3].layer = 2;
    all[4].layer = 9;
    all.push_back(header("f/made", prefill, 4096, 128));
    all.back().synthetic = true;
    chosen_sets chosen = choose_sets(part(), all);
    CHECK(names(chosen) == std::vector<std::string>{"f/b", "f/a"});  // by layer; never the generator's
    CHECK_FALSE(chosen.named);
    CHECK_THAT(chosen.differences[1], Contains("2048 keys instead of 4096: scaled by pairs"));
    w.prefill_sets = {"f/none", "f/made", "f/d"};
    chosen = choose_sets(part(), all);
    CHECK(chosen.named);
    CHECK(names(chosen) == std::vector<std::string>{"f/d", "f/made"});
    CHECK_THAT(chosen.differences[1], Contains("SYNTHETIC trace") && Contains("1 of 2"));
    CHECK_THAT(chosen.differences[2], Contains("head_dim 64 instead of 128: figures times 2"));
    w.prefill_sets = {"f/step"};
    CHECK_THROWS_WITH(choose_sets(part(), all), Contains("is a decode set"));
    w.prefill_sets = {};
    CHECK_THROWS_WITH(choose_sets(part(), {all[6]}), Contains("no captured prefill set"));
}

TEST_CASE("a sample has the model's groups, comes from all layers and repeats with its seed") {
    const workload w = decoder(32, 32, 64, 100, 5);
    const auto parts = parts_of(w);
    chosen_sets sets;
    for (const char* name : {"a", "b", "c"})
        sets.sets.push_back(header(name, decode, 100, 64));
    // A decode step of a model without groups: eight KV heads fill the eight rows.
    auto runs = sample_runs(parts[1], sets, 20, 8, 1);
    REQUIRE(runs.size() == 3);
    for (std::size_t n = 0; n < 3; ++n) {
        CHECK(runs[n].set.name == sets.sets[n].name);
        REQUIRE(runs[n].what.groups.size() == 8);
        CHECK(runs[n].heads == 8);
        for (const auto& group : runs[n].what.groups) {
            REQUIRE(group.size() == 1);
            CHECK(group[0] < 7);
        }
    }
    CHECK(groups_text(sample_runs(parts[1], sets, 20, 8, 1)[2].what) == groups_text(runs[2].what));
    CHECK(groups_text(sample_runs(parts[1], sets, 20, 8, 2)[2].what) != groups_text(runs[2].what));
    CHECK(sample_runs(parts[1], sets, 1, 8, 1)[0].set.name == "b");  // the middle layer
    CHECK(sample_runs(parts[0], sets, 5, 8, 1).size() == 5);         // a prefill: one KV head a run

    // Without replacement: 3 sets of 7 heads.
    runs = sample_runs(parts[0], sets, 40, 8, 1);
    REQUIRE(runs.size() == 21);
    std::set<std::string> distinct;
    for (const sampled_run& run : runs)
        distinct.insert(run.set.name + groups_text(run.what));
    CHECK(distinct.size() == 21);
    CHECK(sample_runs(parts[1], sets, 400, 8, 1).size() == 3);  // 7 heads and one again fill the rows once

    const workload grouped = decoder(32, 8, 64, 100, 5);
    runs = sample_runs(parts_of(grouped)[1], sets, 16, 8, 3);
    REQUIRE(runs.size() == 2);
    REQUIRE(runs[0].what.groups.size() == 2);
    for (const auto& group : runs[0].what.groups) {
        REQUIRE(group.size() == 4);
        CHECK(std::is_sorted(group.begin(), group.end()));
        CHECK(std::adjacent_find(group.begin(), group.end()) == group.end());
    }
    const workload wide = decoder(32, 2, 64, 100, 5);  // 16 on a KV head, of which a set has 7
    CHECK(sample_runs(parts_of(wide)[1], sets, 1, 8, 3)[0].heads == 7);
}
