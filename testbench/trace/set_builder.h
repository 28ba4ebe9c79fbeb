// For tests only: a small valid set on disk (two KV heads with two query heads each), its manifest as JSON to spoil.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "testbench/trace/sha256.h"
#include "testbench/trace/test_files.h"

namespace pade::test {

class set_builder {
  public:
    static constexpr std::uint32_t queries = 3;
    static constexpr std::uint32_t keys = 5;
    static constexpr std::uint32_t head_dim = 4;

    set_builder() : set_(random_set(7, queries, keys, head_dim, 4, 2, true, true)) {
        manifest = {{"format", "qkv-trace"}, {"format_version", 1}, {"name", "small"},    {"phase", "prefill"},
                    {"queries", queries},    {"keys", keys},        {"heads", 4},         {"kv_heads", 2},
                    {"head_dim", head_dim},  {"causal", true},      {"causal_offset", 2}, {"softmax_scale", 0.125}};
        for (unsigned h = 0; h < 4; ++h) {
            const trace_head& head = set_.heads[h];
            const trace_kv_head& kv = set_.kv_heads[head.kv];
            const std::string own = head.id + "/";
            const std::string shared = "l0kv" + std::to_string(head.kv) + "/";
            nlohmann::json files;
            files["q_i8"] = add(own + "q_i8.npy", head.q, queries);
            files["q"] = add(own + "q.npy", head.q_real, queries);
            files["k_i8"] = add(shared + "k_i8.npy", kv.k, keys);
            files["v_i8"] = add(shared + "v_i8.npy", kv.v, keys);
            files["k"] = add(shared + "k.npy", kv.k_real, keys);
            files["v"] = add(shared + "v.npy", kv.v_real, keys);
            manifest["head_list"].push_back(
                {{"id", head.id},
                 {"layer", 0},
                 {"head", h},
                 {"kv_head", head.kv},
                 {"scales", {{"q", head.scale_q}, {"k", head.scale_k}, {"v", head.scale_v}}},
                 {"logit_scale", head.logit_scale},
                 {"files", files}});
        }
    }

    std::filesystem::path folder() const { return folder_.path(); }
    const trace_set& expected() const { return set_; }
    nlohmann::json& head(unsigned h) { return manifest["head_list"][h]; }
    nlohmann::json& file(unsigned h, const std::string& name) { return head(h)["files"][name]; }
    void write_manifest() { write_text(manifest.dump(1)); }
    void write_text(const std::string& text) { write_bytes(folder_ / "manifest.json", text); }

    nlohmann::json manifest;

  private:
    template <typename T>
    nlohmann::json add(const std::string& path, const std::vector<T>& values, std::uint32_t rows) {
        const std::string bytes = npy_matrix(values, rows, head_dim);
        write_bytes(folder_ / path, bytes);
        return {{"path", path},
                {"dtype", sizeof(T) == 1 ? "int8" : "float32"},
                {"shape", {rows, head_dim}},
                {"bytes", bytes.size()},
                {"sha256", sha256_hex(bytes)}};
    }

    temp_dir folder_;
    trace_set set_;
};

}  // namespace pade::test
