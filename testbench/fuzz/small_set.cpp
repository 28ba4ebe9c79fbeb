#include "testbench/fuzz/small_set.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "testbench/trace/test_files.h"

namespace pade::fuzz {

namespace {

/// Elements one after the other: the bytes themselves, or these stirred so that no row equals another.
class elements {
  public:
    elements(const bytes& in, bool stirred) : data_(in.here()), size_(in.left()), stirred_(stirred) {}

    std::vector<std::int8_t> matrix(std::size_t rows, std::size_t columns) {
        std::vector<std::int8_t> values(rows * columns);
        for (std::int8_t& value : values)
            value = next();
        return values;
    }

  private:
    std::int8_t next() {
        std::uint32_t value = size_ == 0 ? 0 : data_[at_++ % size_];
        if (stirred_) {
            state_ = (state_ + value + 1) * 2654435769U;
            value = state_ >> 24;
        }
        return static_cast<std::int8_t>(static_cast<std::uint8_t>(value));
    }

    const std::uint8_t* data_;
    std::size_t size_;
    bool stirred_;
    std::size_t at_ = 0;
    std::uint32_t state_ = 0;
};

/// 10^-6 to 10^6 and thereabouts.
double draw_scale(bytes& in) {
    const double exponent = static_cast<double>(in.byte()) / 255 * 12 - 6;
    return std::pow(10.0, exponent);
}

}  // namespace

trace_set draw_set(bytes& in) {
    trace_set set;
    set.name = "fuzz";
    const unsigned kv_heads = 1 + in.below(2);
    const unsigned group = 1 + in.below(3);
    set.phase = in.flag() ? trace_phase::decode : trace_phase::prefill;
    set.queries = 1 + in.below(8);
    set.keys = 1 + in.below(48);
    set.head_dim = 8 * (1 + in.below(4));
    set.causal = in.flag();
    // From the first query that sees nothing, which is refused, to the first one that sees all.
    if (set.causal)
        set.causal_offset = static_cast<std::int32_t>(in.below(set.keys + 2)) - 1;
    // The scores of few dims are thousands: a logit_scale of 10^-3 makes logits of a few units.
    const double scale_q = in.flag() ? draw_scale(in) : .001;
    const double scale_v = in.flag() ? draw_scale(in) : .01;
    set.softmax_scale = in.flag() ? draw_scale(in) : 1;
    elements values(in, in.flag());
    for (unsigned h = 0; h < kv_heads * group; ++h) {
        if (h % group == 0) {
            set.kv_heads.emplace_back();
            set.kv_heads.back().kv_head = h / group;
            set.kv_heads.back().k = values.matrix(set.keys, set.head_dim);
            set.kv_heads.back().v = values.matrix(set.keys, set.head_dim);
        }
        trace_head head;
        head.head = h;
        head.kv = h / group;
        head.scale_q = scale_q;
        head.scale_k = 1;
        head.scale_v = scale_v;
        head.logit_scale = head.scale_q * head.scale_k * set.softmax_scale;
        head.q = values.matrix(set.queries, set.head_dim);
        set.heads.push_back(std::move(head));
    }
    return set;
}

void write_set(const trace_set& set, const std::filesystem::path& folder) {
    nlohmann::json manifest = {{"format", "qkv-trace"},
                               {"format_version", 1},
                               {"name", set.name},
                               {"phase", set.phase == trace_phase::decode ? "decode" : "prefill"},
                               {"queries", set.queries},
                               {"keys", set.keys},
                               {"heads", set.heads.size()},
                               {"kv_heads", set.kv_heads.size()},
                               {"head_dim", set.head_dim},
                               {"causal", set.causal},
                               {"causal_offset", set.causal_offset},
                               {"softmax_scale", set.softmax_scale}};
    const auto add = [&](const std::string& name, const std::vector<std::int8_t>& values, std::uint32_t rows) {
        test::write_bytes(folder / name, test::npy_matrix(values, rows, set.head_dim));
        return nlohmann::json{{"path", name}};
    };
    std::vector<nlohmann::json> k;
    std::vector<nlohmann::json> v;
    for (const trace_kv_head& kv : set.kv_heads) {
        k.push_back(add("k" + std::to_string(kv.kv_head) + ".npy", kv.k, set.keys));
        v.push_back(add("v" + std::to_string(kv.kv_head) + ".npy", kv.v, set.keys));
    }
    for (const trace_head& head : set.heads) {
        const nlohmann::json q = add("q" + std::to_string(head.head) + ".npy", head.q, set.queries);
        manifest["head_list"].push_back({{"layer", 0},
                                         {"head", head.head},
                                         {"kv_head", head.kv},
                                         {"scales", {{"q", head.scale_q}, {"k", head.scale_k}, {"v", head.scale_v}}},
                                         {"logit_scale", head.logit_scale},
                                         {"files", {{"q_i8", q}, {"k_i8", k[head.kv]}, {"v_i8", v[head.kv]}}}});
    }
    const std::string text = manifest.dump(1);
    test::write_bytes(folder / "manifest.json", text);
    if (test::read_bytes(folder / "manifest.json") != text)
        throw std::runtime_error("no room for a trace set in " + folder.string());
}

}  // namespace pade::fuzz
