#include "testbench/workload/workload_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "model/errors.h"
#include "model/regular_file.h"
#include "model/strict_json.h"
#include "testbench/trace/json_reader.h"
#include "testbench/trace/trace_set.h"

namespace pade {

namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20;
constexpr std::int64_t most_layers = 1000;

std::uint32_t count(const json_cursor& value, std::int64_t low, std::int64_t high) {
    return static_cast<std::uint32_t>(value.integer(low, high));
}

std::string named(const json_cursor& value) {
    std::string name = value.text();
    if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") != std::string::npos)
        value.fail("is " + value.dump(), "small letters, digits, '.' and '-'");
    return name;
}

std::string said(const json_cursor& value) {
    if (value.text().empty())
        value.fail("is empty", "a text that says where the figure comes from");
    return value.text();
}

model_block read_block(const json_cursor& entry, bool causal) {
    entry.allow_only({"layers", "heads", "kv_heads", "head_dim", "queries", "keys"});
    model_block block;
    block.layers = count(entry["layers"], 1, most_layers);
    block.heads = count(entry["heads"], 1, trace_limits::heads);
    block.kv_heads = count(entry["kv_heads"], 1, trace_limits::heads);
    block.head_dim = count(entry["head_dim"], 1, trace_limits::head_dim);
    if (block.heads % block.kv_heads != 0)
        entry["kv_heads"].fail("is " + entry["kv_heads"].dump(), fmt::format("divisors of heads, {}", block.heads));
    if (entry.has("queries") != entry.has("keys") || (causal && entry.has("keys")))
        entry.fail("has queries or keys", "both, in a model that is not causal");
    if (entry.has("keys")) {
        block.queries = count(entry["queries"], 1, trace_limits::queries);
        block.keys = count(entry["keys"], 1, trace_limits::keys);
    }
    return block;
}

model_shape read_model(const json_cursor& entry) {
    entry.allow_only({"name", "title", "causal", "blocks", "source"});
    model_shape model;
    model.name = named(entry["name"]);
    model.title = entry["title"].text();
    model.causal = entry["causal"].boolean();
    model.source = said(entry["source"]);
    const json_cursor blocks = entry["blocks"];
    for (std::size_t n = 0; n < blocks.size_of_list(); ++n)
        model.blocks.push_back(read_block(blocks[n], model.causal));
    if (model.blocks.empty())
        blocks.fail("is empty", "at least one block of layers");
    return model;
}

std::vector<std::string> read_sets(const json_cursor& traces, const char* phase) {
    std::vector<std::string> names;
    if (!traces.has(phase))
        return names;
    const json_cursor list = traces[phase];
    for (std::size_t n = 0; n < list.size_of_list(); ++n) {
        const std::filesystem::path path = list[n].text();
        if (path.empty() || path.is_absolute() || *path.lexically_normal().begin() == "..")
            list[n].fail("is " + list[n].dump(), "the path of a set below a directory of trace sets");
        names.push_back(path.string());
    }
    return names;
}

workload read_workload(const json_cursor& entry, const std::map<std::string, model_shape>& models) {
    entry.allow_only({"name", "model", "task", "group", "pair", "sequence_length", "prefill_tokens", "decode_tokens",
                      "sources", "traces"});
    workload w;
    w.name = named(entry["name"]);
    w.task = entry["task"].text();
    w.group = entry["group"].text();
    if (w.group != "paper" && w.group != "long" && w.group != "other")
        entry["group"].fail("is " + entry["group"].dump(), "\"paper\", \"long\" or \"other\"");
    const auto model = models.find(entry["model"].text());
    if (model == models.end()) {
        std::vector<std::string> known;
        for (const auto& [name, unused] : models)
            known.push_back(name);
        entry["model"].fail("is " + entry["model"].dump(), fmt::format("{}", fmt::join(known, ", ")));
    }
    w.model = model->second;
    const json_cursor pair = entry["pair"];
    pair.allow_only({"guess", "source"});
    w.pair_is_guess = pair["guess"].boolean();
    w.pair_source = said(pair["source"]);
    w.sequence_length = count(entry["sequence_length"], 1, trace_limits::keys);
    w.prefill_tokens = count(entry["prefill_tokens"], 0, trace_limits::keys);
    w.decode_tokens = count(entry["decode_tokens"], 0, trace_limits::keys);
    if (w.prefill_tokens + w.decode_tokens != w.sequence_length)
        entry["sequence_length"].fail(
            "is " + entry["sequence_length"].dump(),
            fmt::format("prefill_tokens + decode_tokens, {}", w.prefill_tokens + w.decode_tokens));
    if (!w.model.causal && w.decode_tokens != 0)
        entry["decode_tokens"].fail("is " + entry["decode_tokens"].dump(), "0 for a model that is not causal");
    const json_cursor sources = entry["sources"];
    sources.allow_only({"prefill_tokens", "decode_tokens"});
    w.prefill_source = said(sources["prefill_tokens"]);
    w.decode_source = said(sources["decode_tokens"]);
    const json_cursor traces = entry["traces"];
    traces.allow_only({"prefill", "decode"});
    w.prefill_sets = read_sets(traces, "prefill");
    w.decode_sets = read_sets(traces, "decode");
    return w;
}

}  // namespace

workload_list parse_workloads(std::string_view json, const std::string& from) {
    const nlohmann::json document = parse_strict_json(json, from);
    const json_cursor top(document, from);
    top.allow_only({"format", "format_version", "rules", "models", "workloads"});
    if (top["format"].text() != "pade-workloads")
        top["format"].fail("is " + top["format"].dump(), "\"pade-workloads\"");
    top["format_version"].integer(1, 1);
    workload_list list;
    list.from = from;
    list.json = json;
    const json_cursor rules = top["rules"];
    rules.allow_only({"nearest", "scaling", "guess"});
    list.nearest_rule = rules["nearest"].text();
    list.scaling_rule = rules["scaling"].text();
    std::map<std::string, model_shape> models;
    const json_cursor shapes = top["models"];
    for (std::size_t n = 0; n < shapes.size_of_list(); ++n) {
        const model_shape model = read_model(shapes[n]);
        if (!models.emplace(model.name, model).second)
            shapes[n]["name"].fail("is " + shapes[n]["name"].dump() + ", which is there already", "each name once");
    }
    std::set<std::string> names;
    const json_cursor entries = top["workloads"];
    for (std::size_t n = 0; n < entries.size_of_list(); ++n) {
        list.all.push_back(read_workload(entries[n], models));
        if (!names.insert(list.all.back().name).second)
            entries[n]["name"].fail("is " + entries[n]["name"].dump() + ", which is there already", "each name once");
    }
    if (list.all.empty())
        entries.fail("is empty", "at least one workload");
    return list;
}

workload_list load_workloads(const std::filesystem::path& file) {
    if (file.empty())
        return parse_workloads(detail::embedded_workloads(), "workloads.json");
    return parse_workloads(read_regular_file(file.string(), most_bytes, "a list of workloads (docs/workloads.md)"),
                           file.string());
}

const workload& workload_list::at(const std::string& name) const {
    std::vector<std::string> names;
    for (const workload& w : all) {
        if (w.name == name)
            return w;
        names.push_back(w.name);
    }
    throw input_error(fmt::format("--workload {}: is not in {}; allowed: {}", name, from, fmt::join(names, ", ")));
}

std::string workloads_table(const workload_list& list) {
    std::size_t width = 8;
    for (const workload& w : list.all)
        width = std::max(width, w.name.size());
    std::string out =
        fmt::format("{:<{}} {:<6} {:<12} {:<20} {:>6} {:>5} {:>4} {:>4} {:>8} {:>7}  {}\n", "workload", width, "group",
                    "model", "task", "layers", "heads", "KV", "d", "prefill", "decode", "pair");
    for (const workload& w : list.all)
        for (const model_block& b : w.model.blocks) {
            const bool first = &b == &w.model.blocks.front();
            const std::uint32_t prefill = b.queries != 0 ? b.queries : w.prefill_tokens;
            out += fmt::format("{:<{}} {:<6} {:<12} {:<20} {:>6} {:>5} {:>4} {:>4} {:>8} {:>7}  {}\n",
                               first ? w.name : "", width, first ? w.group : "", first ? w.model.title : "",
                               first ? w.task : "", b.layers, b.heads, b.kv_heads, b.head_dim,
                               b.keys != 0 ? fmt::format("{}x{}", prefill, b.keys) : fmt::format("{}", prefill),
                               w.decode_tokens, first ? (w.pair_is_guess ? "guess" : "paper") : "\"");
        }
    return out + "sources of the figures: --json, " + list.from + "\n";
}

}  // namespace pade
