// traces/workloads.json: models and tasks as layers, heads and lengths, with where each figure comes from, and the
// trace sets that stand for them. docs/workloads.md describes the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pade {

/// Layers of one kind. A model of one kind of layer has one.
struct model_block {
    std::uint32_t layers = 0;
    std::uint32_t heads = 0;  ///< query heads of a layer
    std::uint32_t kv_heads = 0;
    std::uint32_t head_dim = 0;
    std::uint32_t queries = 0, keys = 0;  ///< 0: those of the sequence; otherwise a layer of an encoder with its own
};

struct model_shape {
    std::string name;
    std::string title;
    bool causal = true;  ///< a decoder; false: every query sees every key, and there is no decode
    std::vector<model_block> blocks;
    std::string source;  ///< of all figures of the model
};

struct workload {
    std::string name;
    std::string task;
    std::string group;  ///< paper: one of the 22 pairs; long: one of the three; other
    model_shape model;
    bool pair_is_guess = false;  ///< whether the paper runs this task on this model is not published
    std::string pair_source;
    std::uint32_t sequence_length = 0;  ///< prefill_tokens + decode_tokens
    std::uint32_t prefill_tokens = 0;
    std::uint32_t decode_tokens = 0;
    std::string prefill_source, decode_source;
    std::vector<std::string> prefill_sets, decode_sets;  ///< preferred sets, family/name
};

struct workload_list {
    std::string from;  ///< file, or how the built-in one is called
    std::string json;  ///< as it was read
    std::string nearest_rule, scaling_rule;
    std::vector<workload> all;

    /// Throws input_error that lists the names.
    const workload& at(const std::string& name) const;
};

/// Throws input_error on the first defect: file, key, value, what is allowed. Unknown keys are errors.
workload_list parse_workloads(std::string_view json, const std::string& from);

/// Of `file`; empty: of the list that the program was built with.
workload_list load_workloads(const std::filesystem::path& file);

namespace detail {
std::string_view embedded_workloads();
}

/// A line each: model, task, sizes, what is a guess.
std::string workloads_table(const workload_list& list);

}  // namespace pade
