#include "testbench/workload/nearest_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "model/errors.h"
#include "model/regular_file.h"
#include "model/strict_json.h"
#include "testbench/trace/json_reader.h"

namespace pade {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{64} << 20;
constexpr std::int64_t most_index = 2147483647;

/// Lengths and head dims differ by ratios: half is as far as double.
double octaves(double a, double b) {
    return std::abs(std::log2(a / b));
}

const char* phase_name(trace_phase phase) {
    return phase == trace_phase::decode ? "decode" : "prefill";
}

std::vector<std::string> differences(const workload_part& part, const std::vector<set_header>& sets) {
    const model_block& block = *part.block;
    std::vector<std::string> list;
    const auto say = [&](auto differs, auto sentence) {
        std::map<std::string, unsigned> said;
        for (const set_header& set : sets)
            if (differs(set))
                ++said[sentence(set)];
        for (const auto& [text, times] : said)
            list.push_back(times == sets.size() ? text : fmt::format("{} ({} of {} sets)", text, times, sets.size()));
    };
    list.push_back("the traces are of another model than " + part.of->model.title);
    say([](const set_header& s) { return s.synthetic; },
        [](const set_header&) { return std::string("SYNTHETIC trace: made by a generator"); });
    say([&](const set_header& s) { return s.causal != part.of->model.causal; },
        [](const set_header& s) {
            return std::string(s.causal ? "causal trace for an encoder" : "trace without a mask for a decoder");
        });
    say([&](const set_header& s) { return s.head_dim != block.head_dim; },
        [&](const set_header& s) {
            return fmt::format("head_dim {} instead of {}: figures times {:.3g}", s.head_dim, block.head_dim,
                               double(block.head_dim) / s.head_dim);
        });
    say([&](const set_header& s) { return s.keys != part.length; },
        [&](const set_header& s) {
            return fmt::format("{} keys instead of {}: scaled by pairs", s.keys, part.length);
        });
    const std::uint32_t group = block.heads / block.kv_heads;
    say([&](const set_header& s) { return s.groups[0].size() < group; },
        [&](const set_header& s) {
            return fmt::format("{} query heads on a KV head instead of {}: less is shared", s.groups[0].size(), group);
        });
    say([&](const set_header& s) { return part.phase == trace_phase::decode && s.groups[0].size() > group; },
        [&](const set_header& s) {
            return fmt::format(
                "{} query heads on a KV head instead of {}: KV heads of a decode step have equal K and V",
                s.groups[0].size(), group);
        });
    return list;
}

}  // namespace

double set_header::pairs_of_head() const {
    if (!causal)
        return double(queries) * keys;
    double pairs = 0;
    for (std::uint32_t query = 0; query < queries; ++query)
        pairs += static_cast<double>(std::clamp<std::int64_t>(std::int64_t{query} + causal_offset + 1, 0, keys));
    return pairs;
}

set_header read_set_header(const fs::path& directory, const fs::path& folder) {
    const std::string file = (folder / "manifest.json").string();
    const nlohmann::json document = parse_strict_json(read_regular_file(file, most_bytes, "a trace set"), file);
    const json_cursor top(document, file);
    set_header set;
    set.path = folder;
    set.name = folder.lexically_relative(directory).string();
    if (set.name == ".")
        set.name = fs::absolute(folder).lexically_normal().filename().string();
    set.synthetic = top.has("synthetic") && top["synthetic"].boolean();
    const std::string phase = top["phase"].text();
    if (phase != "prefill" && phase != "decode")
        top["phase"].fail("is " + top["phase"].dump(), "\"prefill\" or \"decode\"");
    set.phase = phase == "decode" ? trace_phase::decode : trace_phase::prefill;
    set.causal = top["causal"].boolean();
    if (set.causal)
        set.causal_offset = static_cast<std::int32_t>(top["causal_offset"].integer(-most_index, most_index));
    set.queries = static_cast<std::uint32_t>(top["queries"].integer(1, trace_limits::queries));
    set.keys = static_cast<std::uint32_t>(top["keys"].integer(1, trace_limits::keys));
    set.head_dim = static_cast<std::uint32_t>(top["head_dim"].integer(1, trace_limits::head_dim));
    const json_cursor list = top["head_list"];
    std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> known;
    for (std::size_t n = 0; n < list.size_of_list(); ++n) {
        const std::int64_t layer = list[n]["layer"].integer(0, most_index);
        const std::int64_t kv = list[n][list[n].has("kv_head") ? "kv_head" : "head"].integer(0, most_index);
        const auto [place, added] = known.insert({{layer, kv}, set.groups.size()});
        if (added)
            set.groups.emplace_back();
        set.groups[place->second].push_back(static_cast<unsigned>(n));
        if (n == 0)
            set.layer = static_cast<unsigned>(layer);
    }
    if (set.groups.empty())
        list.fail("is empty", "at least one head");
    return set;
}

std::vector<set_header> set_headers(const std::vector<fs::path>& directories) {
    std::vector<set_header> all;
    std::string places;
    for (const fs::path& directory : directories) {
        places += (places.empty() ? "" : ", ") + directory.string();
        for (const fs::path& folder : find_sets({directory}))
            all.push_back(read_set_header(directory, folder));
    }
    if (all.empty())
        throw input_error(
            places +
            ": no trace set below it; allowed: --traces DIR, or directories in PADE_TRACES, with sets in them");
    return all;
}

std::string workload_part::name() const {
    const std::string text = phase_name(phase);
    return of->model.blocks.size() == 1 ? text : fmt::format("{}-{}", text, number);
}

std::vector<workload_part> parts_of(const workload& w) {
    std::vector<workload_part> parts;
    const double prefill = w.prefill_tokens, decode = w.decode_tokens;
    for (std::size_t n = 0; n < w.model.blocks.size(); ++n) {
        const model_block& block = w.model.blocks[n];
        workload_part part{&w, &block, trace_phase::prefill, 0, 0, n};
        if (w.prefill_tokens != 0) {
            part.length = block.keys != 0 ? block.keys : w.prefill_tokens;
            part.pairs_of_head = block.keys != 0  ? double(block.queries) * block.keys
                                 : w.model.causal ? prefill * (prefill + 1) / 2
                                                  : prefill * prefill;
            parts.push_back(part);
        }
        if (w.decode_tokens != 0) {
            part.phase = trace_phase::decode;
            part.length = w.prefill_tokens + (w.decode_tokens + 1) / 2;
            part.pairs_of_head = decode * prefill + decode * (decode + 1) / 2;
            parts.push_back(part);
        }
    }
    return parts;
}

chosen_sets choose_sets(const workload_part& part, const std::vector<set_header>& all) {
    chosen_sets chosen;
    const auto& names = part.phase == trace_phase::decode ? part.of->decode_sets : part.of->prefill_sets;
    for (const std::string& name : names)
        for (const set_header& set : all)
            if (set.name == name) {
                if (set.phase != part.phase)
                    throw input_error(
                        fmt::format("{}: is a {} set, and {} names it for {}; allowed: sets of that phase",
                                    set.path.string(), phase_name(set.phase), part.of->name, phase_name(part.phase)));
                chosen.sets.push_back(set);
                break;
            }
    chosen.named = !chosen.sets.empty();
    if (!chosen.named) {
        const auto distance = [&](const set_header& set) {
            return std::tuple(set.causal == part.of->model.causal ? 0 : 1, octaves(set.head_dim, part.block->head_dim),
                              octaves(set.keys, part.length));
        };
        for (const set_header& set : all) {
            // A generator's set stands for something only where somebody said so.
            if (set.phase != part.phase || set.synthetic)
                continue;
            if (!chosen.sets.empty() && distance(set) < distance(chosen.sets[0]))
                chosen.sets.clear();
            if (chosen.sets.empty() || distance(set) == distance(chosen.sets[0]))
                chosen.sets.push_back(set);
        }
    }
    if (chosen.sets.empty())
        throw input_error(
            fmt::format("{}: no captured {} set is there; allowed: directories (--traces, PADE_TRACES) with one",
                        part.of->name, phase_name(part.phase)));
    std::sort(chosen.sets.begin(), chosen.sets.end(), [](const set_header& a, const set_header& b) {
        return std::tie(a.layer, a.name) < std::tie(b.layer, b.name);
    });
    chosen.differences = differences(part, chosen.sets);
    return chosen;
}

}  // namespace pade
