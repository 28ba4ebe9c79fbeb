#include "testbench/trace/trace_set.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "model/errors.h"
#include "testbench/trace/set_builder.h"

using namespace pade;
using Catch::Matchers::Contains;
using test::set_builder;

TEST_CASE("a valid set is loaded as its files and manifest say") {
    set_builder builder;
    builder.manifest["note"] = "unknown keys are ignored";
    builder.head(0)["files"]["k_mean"] = {{"path", "nowhere.npy"}, {"shape", "any"}};
    builder.write_manifest();
    const trace_set set = load_trace_set(builder.folder());
    const trace_set& expected = builder.expected();
    CHECK(set.name == "small");
    CHECK(set.path == builder.folder());
    CHECK(set.sha256 == sha256_hex(test::read_bytes(builder.folder() / "manifest.json")));
    CHECK(set.phase == trace_phase::prefill);
    CHECK(set.causal);
    CHECK(set.causal_offset == 2);
    CHECK(set.queries == 3);
    CHECK(set.first_query == 0);
    CHECK(set.keys == 5);
    CHECK(set.head_dim == 4);
    CHECK(set.softmax_scale == 0.125);
    REQUIRE(set.heads.size() == 4);
    REQUIRE(set.kv_heads.size() == 2);
    for (unsigned h = 0; h < 4; ++h) {
        CHECK(set.heads[h].id == "l0h" + std::to_string(h));
        CHECK(set.heads[h].head == h);
        CHECK(set.heads[h].kv == h / 2);
        CHECK(set.heads[h].q == expected.heads[h].q);
        CHECK(set.heads[h].q_real == expected.heads[h].q_real);
        CHECK(set.heads[h].logit_scale == 0.02 * 0.03 * 0.125);
        CHECK(set.has_real(h));
    }
    for (unsigned kv = 0; kv < 2; ++kv) {
        CHECK(set.kv_heads[kv].kv_head == kv);
        CHECK(set.kv_heads[kv].k == expected.kv_heads[kv].k);
        CHECK(set.kv_heads[kv].v == expected.kv_heads[kv].v);
        CHECK(set.kv_heads[kv].k_real == expected.kv_heads[kv].k_real);
        CHECK(set.kv_heads[kv].v_real == expected.kv_heads[kv].v_real);
    }
}

TEST_CASE("a generator's set says so") {
    set_builder builder;
    builder.write_manifest();
    CHECK_FALSE(load_trace_set(builder.folder()).synthetic);
    builder.manifest["synthetic"] = true;
    builder.write_manifest();
    CHECK(load_trace_set(builder.folder()).synthetic);
    builder.manifest["synthetic"] = "yes";
    builder.write_manifest();
    CHECK_THROWS_WITH(load_trace_set(builder.folder()), Contains("synthetic") && Contains("true or false"));
}

TEST_CASE("what a manifest may leave out has its default") {
    set_builder builder;
    for (const char* key : {"name", "causal_offset"})
        builder.manifest.erase(key);
    builder.manifest["causal"] = false;
    builder.manifest["phase"] = "decode";
    builder.manifest["kv_heads"] = 2;
    builder.manifest["heads"] = 2;
    builder.manifest["head_list"].erase(3);
    builder.manifest["head_list"].erase(1);
    for (unsigned h : {0U, 1U}) {
        builder.head(h).erase("id");
        builder.head(h).erase("kv_head");  // default: head, 0 and 2
        builder.head(h)["files"].erase("v");
        for (auto& [name, file] : builder.head(h)["files"].items())
            for (const char* key : {"dtype", "shape", "bytes", "sha256"})
                file.erase(key);
    }
    builder.write_manifest();
    const trace_set set = load_trace_set(builder.folder());
    CHECK(set.name == std::filesystem::canonical(builder.folder()).filename());
    CHECK(set.phase == trace_phase::decode);
    CHECK(set.causal_offset == 0);
    CHECK(set.heads[1].id == "l0h2");
    CHECK(set.heads[1].kv == 1);
    CHECK(set.kv_heads[1].kv_head == 2);
    CHECK_FALSE(set.has_real(0));  // v is missing
    CHECK(set.visible_keys(0) == 5);
}

TEST_CASE("files may be named by different paths that lead to the same file inside the set") {
    set_builder builder;
    std::filesystem::create_symlink("k_i8.npy", builder.folder() / "l0kv0/again.npy");
    builder.file(1, "k_i8")["path"] = "l0kv0/again.npy";
    builder.file(1, "v_i8")["path"] = "l0h0/../l0kv0/./v_i8.npy";
    builder.write_manifest();
    CHECK(load_trace_set(builder.folder()).kv_heads.size() == 2);
}

TEST_CASE("a logit_scale within 1e-6 relative is accepted and not used") {
    set_builder builder;
    builder.head(0)["logit_scale"] = 0.02 * 0.03 * 0.125 * (1 + 0.9e-6);
    builder.write_manifest();
    CHECK(load_trace_set(builder.folder()).heads[0].logit_scale == 0.02 * 0.03 * 0.125);
}

TEST_CASE("causal queries see keys up to their own index plus the offset") {
    trace_set set = test::random_set(1, 4, 6, 4, 1, 1, true);
    set.causal_offset = -1;
    set.first_query = 0;
    CHECK(set.visible_keys(0) == 0);
    CHECK(set.visible_keys(1) == 1);
    set.first_query = 10;
    CHECK(set.visible_keys(0) == 6);
    set.causal_offset = 2147483647;
    CHECK(set.visible_keys(3) == 6);
    set.causal_offset = -2147483647;
    CHECK(set.visible_keys(3) == 0);
}

TEST_CASE("a selection keeps rows, groups and the place of its queries in the mask") {
    const trace_set all = test::random_set(2, 6, 6, 4, 4, 2, true, true);
    const trace_set some = select(all, {3U, std::make_pair(2U, 5U)});
    REQUIRE(some.heads.size() == 1);
    REQUIRE(some.kv_heads.size() == 1);
    CHECK(some.heads[0].id == "l0h3");
    CHECK(some.heads[0].kv == 0);
    CHECK(some.kv_heads[0].k == all.kv_heads[1].k);
    CHECK(some.queries == 3);
    CHECK(some.first_query == 2);
    const std::vector<std::int8_t>& q = all.heads[3].q;
    CHECK(some.heads[0].q == std::vector<std::int8_t>(q.begin() + 8, q.begin() + 20));
    CHECK(some.heads[0].q_real.size() == 12);
    for (unsigned i = 0; i < 3; ++i)
        CHECK(some.visible_keys(i) == all.visible_keys(i + 2));
    const trace_set again = select(some, {std::nullopt, std::make_pair(1U, 2U)});
    CHECK(again.first_query == 3);
    CHECK(again.heads[0].q == std::vector<std::int8_t>(q.begin() + 12, q.begin() + 16));
    CHECK(select(all, {}).heads.size() == 4);
}

TEST_CASE("a selection of groups gives each part a KV head of its own") {
    const trace_set all = test::random_set(2, 6, 6, 4, 4, 2, true, true);
    const selection what{std::nullopt, std::nullopt, {{0}, {3}, {2}, {0}}};
    const trace_set some = select(all, what);
    REQUIRE(some.heads.size() == 4);
    REQUIRE(some.kv_heads.size() == 4);
    for (unsigned i = 0; i < 4; ++i) {
        const trace_head& from = all.heads[what.groups[i][0]];
        CHECK(some.heads[i].kv == i);
        CHECK(some.heads[i].q == from.q);
        CHECK(some.kv_heads[i].k == all.kv_heads[from.kv].k);
        CHECK(some.kv_heads[i].v_real == all.kv_heads[from.kv].v_real);
    }
    CHECK(groups_text(what) == "0/3/2/0");
    const selection pairs{std::nullopt, std::make_pair(1U, 3U), {{1, 0}, {2, 3}}};
    CHECK(groups_text(pairs) == "1,0/2,3");
    CHECK(select(all, pairs).kv_heads.size() == 2);
    CHECK(select(all, pairs).heads[1].q.size() == 8);

    const auto groups = [&](std::vector<std::vector<unsigned>> g) {
        return select(all, {std::nullopt, std::nullopt, g});
    };
    CHECK_THROWS_WITH(groups({{0}, {4}}), Contains("head 4 is selected; allowed: 0 to 3"));
    CHECK_THROWS_WITH(groups({{0, 1}, {2}}), Contains("has 1 heads, the first has 2"));
    CHECK_THROWS_WITH(groups({{1, 2}}), Contains("heads 1 and 2") && Contains("share one"));
    CHECK_THROWS_WITH(groups({{1, 1}}), Contains("head 1 is selected twice"));
    CHECK_THROWS_WITH(groups({{}}), Contains("has 0 heads"));
}

TEST_CASE("selections outside the set are named") {
    trace_set set = test::random_set(3, 6, 6, 4, 2, 1, true);
    const auto queries = [&](unsigned a, unsigned b) { return select(set, {std::nullopt, std::make_pair(a, b)}); };
    CHECK_THROWS_WITH(select(set, {2U, std::nullopt}), Contains("head 2 is selected; allowed: 0 to 1"));
    CHECK_THROWS_WITH(queries(0, 7), Contains("queries 0:7") && Contains("B <= 6"));
    CHECK_THROWS_WITH(queries(3, 3), Contains("queries 3:3"));
    CHECK_THROWS_WITH(queries(4, 3), Contains("queries 4:3"));
    CHECK_THROWS_WITH(queries(6, 7), Contains("queries 6:7"));
    CHECK(queries(5, 6).queries == 1);
    set.causal_offset = -2;
    CHECK_THROWS_WITH(select(set, {}), Contains("query 0 is selected but sees no key"));
    CHECK_THROWS_WITH(queries(1, 6), Contains("query 1 is selected but sees no key"));
    CHECK(queries(2, 6).visible_keys(0) == 1);
    CHECK_THROWS_AS(queries(1, 2), input_error);
}

TEST_CASE("all sets below a list of directories are found, sorted, and absent directories passed over") {
    test::temp_dir folder;
    for (const char* name : {"b/two", "a/deep/er/one", "a/none"})
        std::filesystem::create_directories(folder / name);
    test::write_bytes(folder / "b/two/manifest.json", "{}");
    test::write_bytes(folder / "a/deep/er/one/manifest.json", "{}");
    std::filesystem::create_directory_symlink(folder.path(), folder / "a/none/loop");
    const std::vector<std::filesystem::path> expected{folder / "a/deep/er/one", folder / "b/two"};
    CHECK(find_sets({folder.path()}) == expected);
    CHECK(find_sets({folder / "b", folder / "absent", folder / "a", folder / "b/two"}) == expected);
    CHECK(find_sets({folder / "a/none"}).empty());
}

TEST_CASE("PADE_TRACES lists directories, separated by colons") {
    ::unsetenv("PADE_TRACES");
    CHECK(trace_directories("x/y") == std::vector<std::filesystem::path>{"x/y"});
    ::setenv("PADE_TRACES", "", 1);
    CHECK(trace_directories("x/y") == std::vector<std::filesystem::path>{"x/y"});
    ::setenv("PADE_TRACES", "/a::b/c:", 1);
    CHECK(trace_directories("x/y") == std::vector<std::filesystem::path>{"/a", "b/c"});
}
