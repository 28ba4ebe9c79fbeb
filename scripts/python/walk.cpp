// pade._numeric.walk: the guard rule on whole heads (model/numeric/guard_walk.h).
#include <pybind11/stl.h>  // std::optional

#include <algorithm>
#include <optional>
#include <string>

#include "model/numeric/guard_walk.h"
#include "scripts/python/arrays.h"

using namespace pade::numeric;

namespace pade::python {

void bind_walk(py::module_& m);

namespace {

/// What one head's walk gave; arrays that were not asked for are None.
struct head_walk {
    std::uint64_t pairs = 0;
    std::uint64_t planes_total = 0;
    py::array_t<std::uint32_t> retained_count;
    py::object planes = py::none();
    py::object retained = py::none();
    py::object output = py::none();
};

walk_config config_of(bool guard, std::int64_t key_bits, std::int64_t tile, const std::string& order,
                      const std::string& recheck) {
    if (order != "head_tail" && order != "sequential")
        refuse("order", "'" + order + "'", "'head_tail' or 'sequential'");
    if (recheck != "tile" && recheck != "end" && recheck != "line")
        refuse("recheck", "'" + recheck + "'", "'tile', 'end' or 'line'");
    return {key_bits_of(key_bits),
            in_range(tile, "tile", 1, 1 << 20),
            order == "head_tail" ? walk_order::head_tail : walk_order::sequential,
            guard,
            recheck == "end",
            recheck == "line"};
}

struct softmax_part {
    exp_unit exp;
    const std::int8_t* v;
    softmax_row row;
    double v_scale;
    float* out;
};

head_walk walk(const py::object& q, const py::object& k, const py::object& v, double logit_scale, double alpha,
               double radius, std::optional<std::int64_t> causal_offset, bool guard, std::int64_t key_bits,
               std::int64_t tile, const std::string& order, const std::string& recheck, double v_scale,
               std::int64_t p_bits, bool pairs) {
    const walk_config config = config_of(guard, key_bits, tile, order, recheck);
    const auto rows = array_of<std::int8_t>(q, "q", 2, "int8 [queries, dims]");
    const auto keys = keys_of(k, config.key_bits);
    const unsigned dims = dims_of(rows, "q");
    if (keys.shape(1) != rows.shape(1))
        refuse("k", shape_of(keys), "as many elements a key as q has, " + std::to_string(dims));
    const std::int64_t offset = checked([&] { return guard_offset(alpha, radius, logit_scale); });
    if (causal_offset && (*causal_offset < 0 || *causal_offset > 0x7fffffff))
        refuse("causal_offset", std::to_string(*causal_offset), "None, or integers from 0 to 2147483647");
    const auto key_count = static_cast<std::uint32_t>(keys.shape(0));

    head_walk result;
    result.retained_count = py::array_t<std::uint32_t>(rows.shape(0));
    std::uint32_t* counts = result.retained_count.mutable_data();
    std::uint8_t* planes = nullptr;
    bool* retained = nullptr;
    if (pairs) {
        py::array_t<std::uint8_t> plane_array({rows.shape(0), keys.shape(0)});
        py::array_t<bool> retained_array({rows.shape(0), keys.shape(0)});
        planes = plane_array.mutable_data();
        retained = retained_array.mutable_data();
        std::fill_n(retained, retained_array.size(), false);
        result.planes = plane_array;
        result.retained = retained_array;
    }
    std::optional<softmax_part> softmax;
    py::array_t<std::int8_t, py::array::c_style> values;
    if (!v.is_none()) {
        values = array_of<std::int8_t>(v, "v", 2, "int8 [keys, dims]");
        const unsigned width = dims_of(values, "v");
        if (values.shape(0) != keys.shape(0))
            refuse("v", shape_of(values), "as many keys as k has, " + std::to_string(keys.shape(0)));
        py::array_t<float> out({rows.shape(0), py::ssize_t{width}});
        softmax.emplace(softmax_part{exp_unit(pade::exp_kind::table, in_range(p_bits, "p_bits", 8, 24)), values.data(),
                                     softmax_row(width), v_scale, out.mutable_data()});
        result.output = out;
    }

    const std::int8_t* from = rows.data();
    const auto queries = static_cast<std::size_t>(rows.shape(0));
    const py::gil_scoped_release others_may_run;
    guard_walk walker(keys.data(), key_count, dims, config);
    for (std::size_t i = 0; i < queries; ++i) {
        const query_operand operand(from + i * dims, dims);
        const std::uint64_t seen = causal_offset ? i + static_cast<std::uint64_t>(*causal_offset) + 1 : key_count;
        const auto visible = static_cast<std::uint32_t>(std::min<std::uint64_t>(seen, key_count));
        walker.row(operand, bui_rule().intervals(operand, config.key_bits), visible, offset,
                   pairs ? planes + i * key_count : nullptr);
        result.pairs += visible;
        result.planes_total += walker.planes();
        counts[i] = static_cast<std::uint32_t>(walker.retained().size());
        if (pairs)
            for (const guard_walk::pair& each : walker.retained())
                retained[i * key_count + each.key] = true;
        if (softmax) {
            walker.weigh(softmax->exp, logit_scale, softmax->v, softmax->row);
            for (unsigned e = 0; e < softmax->row.head_dim(); ++e)
                *softmax->out++ = softmax->row.output(e, softmax->v_scale);
        }
    }
    return result;
}

}  // namespace

void bind_walk(py::module_& m) {
    using namespace py::literals;
    py::class_<head_walk>(m, "HeadWalk", "What `walk` found. Arrays that were not asked for are None.")
        .def_readonly("pairs", &head_walk::pairs, "(query, key) pairs that are not masked.")
        .def_readonly("planes_total", &head_walk::planes_total, "Planes that they took together.")
        .def_readonly("retained_count", &head_walk::retained_count, "uint32 [queries]: keys retained.")
        .def_readonly("planes", &head_walk::planes, "uint8 [queries, keys]: planes taken; 0 where masked.")
        .def_readonly("retained", &head_walk::retained, "bool [queries, keys].")
        .def_readonly("output", &head_walk::output,
                      "float32 [queries, dims of v]: fixed-point softmax over the retained keys.");
    m.def("walk", &walk, "q"_a, "k"_a, "v"_a = py::none(), py::kw_only(), "logit_scale"_a, "alpha"_a = 1.0,
          "radius"_a = 5.0, "causal_offset"_a = py::none(), "guard"_a = true, "key_bits"_a = 8, "tile"_a = 64,
          "order"_a = "head_tail", "recheck"_a = "tile", "v_scale"_a = 1.0, "p_bits"_a = 20, "pairs"_a = false,
          "The guard rule on one head, with no clock: each query goes through the tiles of the keys that it sees in "
          "`order`, plane by plane inside a tile. q: int8 [queries, dims]; k: [keys, dims] of key_bits bits; v, if the "
          "output is wanted: int8 [keys, any]. causal_offset: query i sees keys 0..i + causal_offset; None: all. "
          "logit_scale: scale_q scale_k softmax_scale (scale_k grows by 2^(8-key_bits)). recheck 'end': what was "
          "retained once more against the last threshold, as with the ISTA off; 'line': the same set from the exact "
          "scores alone, faster, with no planes counted. guard False: all keys. pairs: also "
          "`planes` and `retained`. Other Python threads run meanwhile.");
}

}  // namespace pade::python
