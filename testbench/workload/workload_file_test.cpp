#include "testbench/workload/workload_file.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "model/errors.h"

using namespace pade;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

json small() {
    return json::parse(R"({"format": "pade-workloads", "format_version": 1,
        "rules": {"nearest": "n", "scaling": "s", "guess": "g"},
        "models": [{"name": "m", "title": "M", "causal": true, "source": "here",
                    "blocks": [{"layers": 2, "heads": 6, "kv_heads": 3, "head_dim": 64}]},
                   {"name": "e", "title": "E", "causal": false, "source": "there",
                    "blocks": [{"layers": 1, "heads": 1, "kv_heads": 1, "head_dim": 64, "queries": 12, "keys": 3}]}],
        "workloads": [{"name": "m.t", "model": "m", "task": "T", "group": "paper",
                       "pair": {"guess": true, "source": "why"}, "sequence_length": 12, "prefill_tokens": 10,
                       "decode_tokens": 2, "sources": {"prefill_tokens": "a", "decode_tokens": "guess: b"},
                       "traces": {"prefill": ["f/one"], "decode": ["f/two", "f/three"]}}]})");
}

workload_list parse(const json& document) {
    return parse_workloads(document.dump(), "list.json");
}

}  // namespace

TEST_CASE("a list of workloads is read as it says") {
    const workload_list list = parse(small());
    REQUIRE(list.all.size() == 1);
    const workload& w = list.at("m.t");
    CHECK(w.model.title == "M");
    CHECK(w.model.causal);
    REQUIRE(w.model.blocks.size() == 1);
    CHECK(w.model.blocks[0].layers == 2);
    CHECK(w.model.blocks[0].kv_heads == 3);
    CHECK(w.pair_is_guess);
    CHECK(w.prefill_tokens == 10);
    CHECK(w.decode_tokens == 2);
    CHECK(w.decode_source == "guess: b");
    CHECK(w.decode_sets == std::vector<std::string>{"f/two", "f/three"});
    CHECK_THROWS_WITH(list.at("x"), Contains("--workload x") && Contains("allowed: m.t"));
    CHECK_THAT(workloads_table(list), Contains("m.t") && Contains("guess") && Contains("10"));
}

TEST_CASE("the built-in list has the paper's 22 pairs and its three long contexts, each figure with a source") {
    const workload_list list = load_workloads({});
    unsigned paper = 0, longer = 0;
    for (const workload& w : list.all) {
        paper += w.group == "paper";
        longer += w.group == "long";
        CHECK(!w.prefill_sets.empty());
        CHECK((w.decode_tokens == 0) == w.decode_sets.empty());
        CHECK(w.pair_is_guess);  // the paper's map could not be read
    }
    CHECK(paper == 22);
    CHECK(longer == 3);
    CHECK(list.at("llama3-8b.niah").sequence_length == 1U << 20);
    CHECK(list.at("llama2-7b.wikitext2").model.blocks[0].heads == 32);
}

TEST_CASE("each defect of a list is named with its place and what is allowed") {
    const auto refused = [](const char* path, const json& value, const std::vector<const char*>& words) {
        json document = small();
        document[json::json_pointer(path)] = value;
        INFO(path << " = " << value.dump());
        try {
            (void)parse(document);
            FAIL("accepted");
        } catch (const input_error& e) {
            CHECK_THAT(e.what(), Contains("list.json: ") && Contains("allowed: "));
            for (const char* word : words)
                CHECK_THAT(e.what(), Contains(word));
        }
    };
    refused("/format", "x", {"format", "pade-workloads"});
    refused("/format_version", 2, {"is 2", "1"});
    refused("/extra", 1, {"'extra' is unknown", "models"});
    refused("/rules/near", "", {"'near' is unknown", "nearest"});
    refused("/models/0/layers", 3, {"models[0]", "'layers' is unknown", "blocks"});
    refused("/models/0/blocks/0/dim", 3, {"models[0].blocks[0]", "'dim' is unknown", "head_dim"});
    refused("/models/0/blocks/0/kv_heads", 4, {"kv_heads: is 4", "divisors of heads, 6"});
    refused("/models/0/blocks/0/layers", 0, {"layers: is 0", "1 to 1000"});
    refused("/models/0/blocks/0/keys", 5, {"queries or keys"});
    refused("/models/0/blocks", json::array(), {"models[0].blocks", "at least one"});
    refused("/models/0/source", "", {"source", "where the figure comes from"});
    refused("/models/1/name", "m", {"models[1].name", "already"});
    refused("/models/0/name", "A b", {"models[0].name", "small letters"});
    refused("/workloads/0/model", "x", {"workloads[0].model", "e, m"});
    refused("/workloads/0/group", "x", {"\"paper\""});
    refused("/workloads/0/heads", 3, {"'heads' is unknown", "decode_tokens"});
    refused("/workloads/0/sequence_length", 13, {"is 13", "prefill_tokens + decode_tokens, 12"});
    refused("/workloads/0/prefill_tokens", -1, {"is -1"});
    refused("/workloads/0/model", "e", {"decode_tokens", "0 for a model that is not causal"});
    refused("/workloads/0/pair", true, {"pair", "an object"});
    refused("/workloads/0/sources/decode_tokens", "", {"where the figure comes from"});
    refused("/workloads/0/traces/decode/0", "/etc", {"traces.decode[0]", "below a directory"});
    refused("/workloads/0/traces/decode/0", "../x", {"below a directory"});
    refused("/workloads", json::array(), {"at least one workload"});
    json twice = small();
    twice["workloads"].push_back(twice["workloads"][0]);
    CHECK_THROWS_WITH(parse(twice), Contains("workloads[1].name") && Contains("already"));
    json missing = small();
    missing["workloads"][0].erase("sources");
    CHECK_THROWS_WITH(parse(missing), Contains("key 'sources' is missing"));
}
