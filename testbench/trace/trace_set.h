// A trace set: Q, K and V of some attention heads, as a folder of NPY files with a manifest.json describes them. Plain
// data, checked once at load; what the host writes into DRAM and what the golden reference judges by.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pade {

enum class trace_phase : std::uint8_t { prefill, decode };  ///< decode: each query is one step of its own

/// One query head. Shapes: q, q_real [queries, head_dim].
struct trace_head {
    std::string id;
    unsigned layer = 0;
    unsigned head = 0;   ///< head of the model's layer; the position in trace_set::heads is another thing
    unsigned kv = 0;     ///< index into trace_set::kv_heads
    double scale_q = 0;  ///< real value of one unit of q
    double scale_k = 0;
    double scale_v = 0;
    double logit_scale = 0;  ///< c = scale_q * scale_k * softmax_scale, in doubles and in that order
    std::vector<std::int8_t> q;
    std::vector<float> q_real;  ///< before quantisation; empty where the set has none
};

/// One KV head. Shapes: [keys, head_dim].
struct trace_kv_head {
    unsigned layer = 0;
    unsigned kv_head = 0;  ///< KV head of the model's layer
    std::vector<std::int8_t> k;
    std::vector<std::int8_t> v;
    std::vector<float> k_real;  ///< before centring and quantisation; empty where the set has none
    std::vector<float> v_real;
};

struct trace_set {
    std::string name;
    std::filesystem::path path;
    std::string sha256;      ///< of the bytes of manifest.json
    bool synthetic = false;  ///< made by a generator, not captured from a model
    trace_phase phase = trace_phase::prefill;
    bool causal = false;
    std::int32_t causal_offset = 0;  ///< query i of the trace sees key j when j <= i + causal_offset
    std::uint32_t queries = 0;
    std::uint32_t first_query = 0;  ///< index in the trace of query 0 of this selection; the mask counts from it
    std::uint32_t keys = 0;
    std::uint32_t head_dim = 0;
    double softmax_scale = 0;
    std::vector<trace_head> heads;
    std::vector<trace_kv_head> kv_heads;  ///< groups are equal in size: heads.size() / kv_heads.size()

    /// Query `query` of this selection sees keys 0 .. n-1; this is n.
    std::uint32_t visible_keys(std::uint32_t query) const;
    /// Whether `head` has q, k and v from before quantisation.
    bool has_real(unsigned head) const;
};

/// What the loader accepts: a key's index has 20 bits [paper, Table III]; scores of 256 dims fit INT32 with room.
namespace trace_limits {
inline constexpr std::uint32_t queries = 1U << 20;
inline constexpr std::uint32_t keys = 1U << 20;
inline constexpr std::uint32_t head_dim = 256;
inline constexpr std::uint32_t heads = 4096;
}  // namespace trace_limits

/// Loads and checks the set in `folder`. Throws input_error on the first defect: file, key, value, what is allowed.
trace_set load_trace_set(const std::filesystem::path& folder);

struct selection {
    std::optional<unsigned> head;                          ///< position in head_list; absent: all heads
    std::optional<std::pair<unsigned, unsigned>> queries;  ///< half-open [first, second); absent: all queries
    /// Positions in head_list, several to a KV head of the run: {{0, 2}, {1, 3}} has two KV heads with two query heads
    /// each. The heads of a part share a KV head of the set; parts may repeat heads and KV heads, each stands for
    /// itself. So a set with grouped queries can stand for a model without groups. Empty: no such selection.
    std::vector<std::vector<unsigned>> groups = {};
};

/// The groups as --heads takes them: 0,2/1,3.
std::string groups_text(const selection& what);

/// The part of `all` to run. Queries keep their place in the causal mask. Throws input_error when the selection is not
/// in the set, is empty, or holds a query that sees no key; so pass whole sets through it too.
trace_set select(const trace_set& all, const selection& what);

/// Every folder at or below `directories` that holds a manifest.json, sorted; directories that are not there are passed
/// over. Does not follow links to folders, so a loop of links ends.
std::vector<std::filesystem::path> find_sets(const std::vector<std::filesystem::path>& directories);

/// The directories of the environment variable PADE_TRACES (separated by colons), else `fallback`.
std::vector<std::filesystem::path> trace_directories(const std::filesystem::path& fallback);

}  // namespace pade
