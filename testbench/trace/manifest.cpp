// load_trace_set: reads manifest.json, checks it against itself and against its files, and fills the plain structs.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

#include "model/errors.h"
#include "model/regular_file.h"
#include "model/strict_json.h"
#include "testbench/trace/json_reader.h"
#include "testbench/trace/npy.h"
#include "testbench/trace/sha256.h"
#include "testbench/trace/trace_set.h"

namespace pade {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{64} << 20;
constexpr std::int64_t most_index = std::numeric_limits<std::int32_t>::max();

/// What is known of a file once it is read, to hold against every entry of the manifest that names it.
struct file_facts {
    std::uint64_t bytes = 0;
    std::string sha256;
    friend bool operator==(const file_facts& a, const file_facts& b) {
        return a.bytes == b.bytes && a.sha256 == b.sha256;
    }
};

class manifest_loader {
  public:
    explicit manifest_loader(const fs::path& folder)
        : folder_(folder), manifest_file_((folder / "manifest.json").string()) {}

    trace_set load() {
        const std::string bytes =
            read_regular_file(manifest_file_, most_bytes, "a trace set, a folder with a manifest.json");
        std::error_code error;
        root_ = fs::canonical(folder_, error);
        const fs::path real = error ? fs::path{} : fs::canonical(manifest_file_, error);
        if (error || !inside_set(real))
            throw input_error(
                fmt::format("{}: is a link to {}; allowed: a file inside the set", manifest_file_, real.string()));
        const nlohmann::json document = parse_strict_json(bytes, manifest_file_);
        const json_cursor top(document, manifest_file_);
        set_.path = folder_;
        set_.sha256 = sha256_hex(bytes);
        read_top(top);
        const json_cursor list = top["head_list"];
        const std::size_t heads = list.size_of_list();
        if (heads == 0 || heads > trace_limits::heads)
            list.fail(fmt::format("has {} heads", heads), fmt::format("1 to {}", trace_limits::heads));
        for (std::size_t i = 0; i < heads; ++i)
            read_head(list[i]);
        check_counts(top);
        return std::move(set_);
    }

  private:
    void read_top(const json_cursor& top) {
        if (top["format"].text() != "qkv-trace")
            top["format"].fail("is " + top["format"].dump(), "\"qkv-trace\"");
        top["format_version"].integer(1, 1);
        set_.name = top.has("name") ? top["name"].text() : root_.filename().string();
        set_.synthetic = top.has("synthetic") && top["synthetic"].boolean();
        const std::string phase = top["phase"].text();
        if (phase != "prefill" && phase != "decode")
            top["phase"].fail("is " + top["phase"].dump(), "\"prefill\" or \"decode\"");
        set_.phase = phase == "decode" ? trace_phase::decode : trace_phase::prefill;
        set_.causal = top["causal"].boolean();
        if (set_.causal || top.has("causal_offset"))
            set_.causal_offset = static_cast<std::int32_t>(top["causal_offset"].integer(-most_index, most_index));
        set_.queries = count(top["queries"], trace_limits::queries);
        set_.keys = count(top["keys"], trace_limits::keys);
        set_.head_dim = count(top["head_dim"], trace_limits::head_dim);
        set_.softmax_scale = top["softmax_scale"].positive();
    }

    static std::uint32_t count(const json_cursor& value, std::uint32_t most) {
        return static_cast<std::uint32_t>(value.integer(1, most));
    }

    void read_head(const json_cursor& entry) {
        entry.require_object();
        trace_head head;
        head.layer = static_cast<unsigned>(entry["layer"].integer(0, most_index));
        head.head = static_cast<unsigned>(entry["head"].integer(0, most_index));
        head.id = entry.has("id") ? entry["id"].text() : fmt::format("l{}h{}", head.layer, head.head);
        if (!layer_heads_.insert({head.layer, head.head}).second)
            entry.fail(fmt::format("layer {}, head {} is already in the list", head.layer, head.head), "each once");
        const unsigned kv_head =
            entry.has("kv_head") ? static_cast<unsigned>(entry["kv_head"].integer(0, most_index)) : head.head;
        const json_cursor scales = entry["scales"];
        head.scale_q = scales["q"].positive();
        head.scale_k = scales["k"].positive();
        head.scale_v = scales["v"].positive();
        head.logit_scale = head.scale_q * head.scale_k * set_.softmax_scale;
        if (!std::isfinite(head.logit_scale) || head.logit_scale <= 0)
            scales.fail(fmt::format("q * k * softmax_scale is {}", head.logit_scale), "finite numbers above 0");
        const double stated = entry["logit_scale"].positive();
        if (!(std::abs(stated - head.logit_scale) <= 1e-6 * head.logit_scale))
            entry["logit_scale"].fail(
                fmt::format("is {}", stated),
                fmt::format("scales.q * scales.k * softmax_scale, {}, within 1e-6 relative", head.logit_scale));

        const json_cursor files = entry["files"].require_object();
        const auto [known, added] = kv_index_.insert({{head.layer, kv_head}, set_.kv_heads.size()});
        head.kv = static_cast<unsigned>(known->second);
        if (added) {
            set_.kv_heads.emplace_back();
            kv_sources_.push_back({head.head, head.scale_k, head.scale_v, {}});
            set_.kv_heads.back().layer = head.layer;
            set_.kv_heads.back().kv_head = kv_head;
        }
        trace_kv_head& kv = set_.kv_heads[head.kv];
        kv_source& source = kv_sources_[head.kv];
        same_scale(scales["k"], source.scale_k, head.scale_k, source);
        same_scale(scales["v"], source.scale_v, head.scale_v, source);
        read_file(files, "q_i8", set_.queries, head.q);
        read_shared(files, "k_i8", kv.k, source, added);
        read_shared(files, "v_i8", kv.v, source, added);
        if (files.has("q"))
            read_file(files, "q", set_.queries, head.q_real);
        read_shared(files, "k", kv.k_real, source, added);
        read_shared(files, "v", kv.v_real, source, added);
        set_.heads.push_back(std::move(head));
    }

    /// What the first head of a KV head said; every later head of the group must say the same.
    struct kv_source {
        unsigned head = 0;
        double scale_k = 0;
        double scale_v = 0;
        std::map<std::string, fs::path> files;
    };

    static void same_scale(const json_cursor& where, double first, double here, const kv_source& source) {
        if (first != here)
            where.fail(fmt::format("is {}", here),
                       fmt::format("{}, which head {} of the same KV head has", first, source.head));
    }

    template <typename T>
    void read_shared(const json_cursor& files, const std::string& name, std::vector<T>& into, kv_source& source,
                     bool first) {
        constexpr bool optional = std::is_same_v<T, float>;
        if (optional && !files.has(name) && (first || source.files.count(name) == 0))
            return;
        if (first) {
            source.files[name] = read_file(files, name, set_.keys, into);
            return;
        }
        const json_cursor entry = files[name];
        fs::path path = resolve(entry);
        const auto known = source.files.find(name);
        if (known == source.files.end() || known->second != path)
            entry["path"].fail("is " + entry["path"].dump(),
                               fmt::format("the file that head {} of the same KV head has, {}", source.head,
                                           known == source.files.end() ? "none" : known->second.string()));
        check_facts<T>(entry, facts_.at(path), set_.keys);
    }

    template <typename T>
    fs::path read_file(const json_cursor& files, const std::string& name, std::uint32_t rows, std::vector<T>& into) {
        const json_cursor entry = files[name];
        fs::path path = resolve(entry);
        npy_array<T> array = read_npy<T>(path, {rows, set_.head_dim});
        const file_facts facts{array.file_bytes, array.sha256};
        const file_facts& known = facts_.insert({path, facts}).first->second;
        if (!(known == facts))
            throw input_error(fmt::format("{}: changed while the set was loaded; allowed: files that stay as they are",
                                          path.string()));
        check_facts<T>(entry, facts, rows);
        into = std::move(array.data);
        if constexpr (std::is_same_v<T, float>)
            for (std::size_t i = 0; i < into.size(); ++i)
                if (!std::isfinite(into[i]))
                    throw input_error(fmt::format("{}: element [{}, {}] is {}; allowed: finite values", path.string(),
                                                  i / set_.head_dim, i % set_.head_dim, into[i]));
        return path;
    }

    template <typename T>
    void check_facts(const json_cursor& entry, const file_facts& facts, std::uint32_t rows) const {
        const std::string type = std::is_same_v<T, float> ? "float32" : "int8";
        if (entry.has("dtype") && entry["dtype"].text() != type)
            entry["dtype"].fail("is " + entry["dtype"].dump(), "\"" + type + "\"");
        if (entry.has("shape")) {
            const json_cursor shape = entry["shape"];
            if (shape.size_of_list() != 2 || shape[0].integer(0, most_index) != rows ||
                shape[1].integer(0, most_index) != set_.head_dim)
                shape.fail("is " + shape.dump(), fmt::format("the set's sizes, [{}, {}]", rows, set_.head_dim));
        }
        if (entry.has("bytes") && static_cast<std::uint64_t>(entry["bytes"].integer(
                                      0, std::numeric_limits<std::int64_t>::max())) != facts.bytes)
            entry["bytes"].fail("is " + entry["bytes"].dump(), fmt::format("what the file has, {}", facts.bytes));
        if (entry.has("sha256") && entry["sha256"].text() != facts.sha256)
            entry["sha256"].fail("is " + entry["sha256"].dump(), "the file's SHA-256, " + facts.sha256);
    }

    /// The file that an entry names, all links resolved; it must lie inside the set.
    fs::path resolve(const json_cursor& entry) const {
        const json_cursor where = entry["path"];
        const std::string text = where.text();
        if (text.empty() || text.find('\0') != std::string::npos || fs::path(text).is_absolute())
            where.fail("is " + where.dump(), "a path relative to the set");
        std::error_code error;
        fs::path file = fs::canonical(root_ / text, error);
        if (error)
            where.fail(fmt::format("is {}: {}", where.dump(), error.message()), "a file inside the set");
        if (!inside_set(file))
            where.fail(fmt::format("is {}, which leads to {}", where.dump(), file.string()), "a file inside the set");
        return file;
    }

    bool inside_set(const fs::path& file) const {
        const fs::path inside = file.lexically_relative(root_);
        return !inside.empty() && *inside.begin() != "..";
    }

    void check_counts(const json_cursor& top) const {
        const auto must_be = [&](const char* key, std::size_t found, const char* what) {
            if (top[key].integer(1, most_index) != static_cast<std::int64_t>(found))
                top[key].fail("is " + top[key].dump(), fmt::format("what head_list has, {} {}", found, what));
        };
        must_be("heads", set_.heads.size(), "entries");
        must_be("kv_heads", set_.kv_heads.size(), "distinct (layer, kv_head)");
        std::vector<std::size_t> group(set_.kv_heads.size());
        for (const trace_head& head : set_.heads)
            ++group[head.kv];
        for (std::size_t i = 1; i < group.size(); ++i)
            if (group[i] != group[0])
                top["head_list"].fail(
                    fmt::format("layer {}, KV head {} has {} query heads, but layer {}, KV head {} has {}",
                                set_.kv_heads[i].layer, set_.kv_heads[i].kv_head, group[i], set_.kv_heads[0].layer,
                                set_.kv_heads[0].kv_head, group[0]),
                    "groups of equal size");
    }

    fs::path folder_;
    std::string manifest_file_;
    fs::path root_;  ///< folder_ with all links resolved
    trace_set set_;
    std::set<std::pair<unsigned, unsigned>> layer_heads_;
    std::map<std::pair<unsigned, unsigned>, std::size_t> kv_index_;
    std::vector<kv_source> kv_sources_;
    std::map<fs::path, file_facts> facts_;
};

}  // namespace

trace_set load_trace_set(const fs::path& folder) {
    return manifest_loader(folder).load();
}

}  // namespace pade
