// pade._numeric: model/numeric for Python. Arrays have exactly the element type and the shape that a function asks for;
// whatever else is a ValueError that names the argument, what it is and what is allowed.
#include <algorithm>
#include <string>
#include <vector>

#include "model/numeric/bit_planes.h"
#include "model/numeric/group_selection.h"
#include "model/numeric/guard_rule.h"
#include "model/numeric/online_softmax.h"
#include "model/numeric/query_operand.h"
#include "scripts/python/arrays.h"

using namespace pade::numeric;
using namespace pade::python;

namespace {

/// f over every element, in the shape of the argument.
template <typename Out, typename In, typename F>
py::array_t<Out> map_array(const py::array_t<In, py::array::c_style>& in, F f) {
    py::array_t<Out> out(shape_vector(in));
    std::transform(in.data(), in.data() + in.size(), out.mutable_data(), f);
    return out;
}

py::array_t<std::int8_t> quantise_keys(const py::object& k, std::int64_t key_bits) {
    const unsigned bits = key_bits_of(key_bits);
    return map_array<std::int8_t>(array_of<std::int8_t>(k, "k", -1, "int8, any shape"),
                                  [=](std::int8_t x) { return quantise_key(x, bits); });
}

py::array_t<std::int32_t> known_values(const py::object& k, std::int64_t planes, std::int64_t key_bits) {
    const unsigned bits = key_bits_of(key_bits);
    const unsigned known = in_range(planes, "planes", 0, bits);
    return map_array<std::int32_t>(array_of<std::int8_t>(k, "k", -1, "int8, any shape"),
                                   [=](std::int8_t x) { return known_value(x, known, bits); });
}

py::array_t<std::int32_t> plane_weights(std::int64_t key_bits) {
    const unsigned bits = key_bits_of(key_bits);
    py::array_t<std::int32_t> out(static_cast<py::ssize_t>(bits));
    for (unsigned plane = 0; plane < bits; ++plane)
        out.mutable_at(plane) = plane_weight(plane, bits);
    return out;
}

py::array_t<std::uint64_t> pack_planes(const py::object& k, std::int64_t key_bits) {
    const unsigned bits = key_bits_of(key_bits);
    const auto keys = keys_of(k, bits);
    const unsigned dims = dims_of(keys, "k");
    const unsigned words = (dims + word_dims - 1) / word_dims;
    py::array_t<std::uint64_t> out({keys.shape(0), py::ssize_t{bits}, py::ssize_t{words}});
    for (py::ssize_t key = 0; key < keys.shape(0); ++key)
        for (unsigned plane = 0; plane < bits; ++plane)
            pack_plane(keys.data(key, 0), dims, plane, bits, out.mutable_data(key, plane, 0));
    return out;
}

py::array_t<bool> bit_planes(const py::object& k, std::int64_t key_bits) {
    const unsigned bits = key_bits_of(key_bits);
    const auto keys = keys_of(k, bits);
    py::array_t<bool> out({py::ssize_t{bits}, keys.shape(0), keys.shape(1)});
    bool* to = out.mutable_data();
    for (unsigned plane = 0; plane < bits; ++plane)
        to = std::transform(keys.data(), keys.data() + keys.size(), to,
                            [=](std::int8_t x) { return plane_bit(x, plane, bits); });
    return out;
}

/// S^r of each pair for r = 1..B, by the sums that the lanes form: masked sums of q, a plane at a time.
py::array_t<std::int32_t> partial_scores(const py::object& q, const py::object& k, std::int64_t key_bits) {
    const unsigned bits = key_bits_of(key_bits);
    const auto rows = array_of<std::int8_t>(q, "q", 2, "int8 [queries, dims]");
    const auto packed = pack_planes(k, bits);
    const auto keys = py::reinterpret_borrow<py::array>(k);
    const unsigned dims = dims_of(rows, "q");
    if (keys.shape(1) != rows.shape(1))
        refuse("k", shape_of(keys), "as many elements a key as q has, " + std::to_string(dims));
    py::array_t<std::int32_t> out({rows.shape(0), keys.shape(0), py::ssize_t{bits}});
    for (py::ssize_t row = 0; row < rows.shape(0); ++row) {
        const query_operand operand(rows.data(row, 0), dims);
        for (py::ssize_t key = 0; key < keys.shape(0); ++key) {
            std::int32_t score = 0;
            for (unsigned plane = 0; plane < bits; ++plane) {
                score += plane_weight(plane, bits) * operand.plane_sum(packed.data(key, plane, 0));
                out.mutable_at(row, key, plane) = score;
            }
        }
    }
    return out;
}

py::tuple intervals(const py::object& q, std::int64_t key_bits) {
    const unsigned bits = key_bits_of(key_bits);
    const auto rows = array_of<std::int8_t>(q, "q", 2, "int8 [queries, dims]");
    const unsigned dims = dims_of(rows, "q");
    py::array_t<std::int32_t> lower({rows.shape(0), py::ssize_t{bits} + 1});
    py::array_t<std::int32_t> upper({rows.shape(0), py::ssize_t{bits} + 1});
    for (py::ssize_t row = 0; row < rows.shape(0); ++row) {
        const interval_table table = bui_rule().intervals(query_operand(rows.data(row, 0), dims), bits);
        std::copy_n(table.lower.begin(), bits + 1, lower.mutable_data(row, 0));
        std::copy_n(table.upper.begin(), bits + 1, upper.mutable_data(row, 0));
    }
    return py::make_tuple(lower, upper);
}

py::object value_of(const threshold& t) {
    return t.valid ? py::object(py::int_(t.value)) : py::object(py::none());
}

py::tuple select_words(const py::object& words, bool bidirectional, std::int64_t dims) {
    const auto bits = array_of<std::uint64_t>(words, "words", -1, "uint64, any shape");
    const unsigned present = in_range(dims, "dims", 1, word_dims);
    const auto cost = [=](std::uint64_t w) { return select_word(w, bidirectional, present); };
    return py::make_tuple(map_array<std::uint32_t>(bits, [=](std::uint64_t w) { return cost(w).selected; }),
                          map_array<std::uint32_t>(bits, [=](std::uint64_t w) { return cost(w).cycles; }));
}

py::tuple select_one_group(std::int64_t bits) {
    const group_selection s = select_group(static_cast<std::uint8_t>(in_range(bits, "bits", 0, 255)));
    py::list positions, selectors;
    for (unsigned i = 0; i < s.count; ++i) {
        positions.append(s.position[i]);
        selectors.append(s.selector[i]);
    }
    return py::make_tuple(s.complemented, positions, selectors);
}

std::int32_t sum_by_selectors(std::uint64_t word, const py::object& q) {
    const auto row = array_of<std::int8_t>(q, "q", 1, "int8 [1 to 64]");
    if (row.size() < 1 || row.size() > py::ssize_t{word_dims})
        refuse("q", shape_of(row), "int8 [1 to 64]");
    std::int8_t padded[word_dims] = {};
    std::copy_n(row.data(), row.size(), padded);
    return selected_sum(word, padded, static_cast<unsigned>(row.size()));
}

exp_unit make_exp(const std::string& kind, std::int64_t p_bits) {
    if (kind != "table" && kind != "exact")
        refuse("kind", "'" + kind + "'", "'table' or 'exact'");
    return exp_unit(kind == "table" ? pade::exp_kind::table : pade::exp_kind::exact, in_range(p_bits, "p_bits", 8, 24));
}

py::array_t<std::uint32_t> exp_of(const exp_unit& unit, const py::object& x) {
    const auto in = array_of<double>(x, "x", -1, "float64 <= 0, any shape");
    for (py::ssize_t i = 0; i < in.size(); ++i)
        if (!(in.data()[i] <= 0))
            refuse("an element of x", std::to_string(in.data()[i]), "numbers up to 0");
    return map_array<std::uint32_t>(in, unit);
}

void accumulate(softmax_row& row, std::int64_t p, const py::object& v) {
    const auto values = array_of<std::int8_t>(v, "v", 1, "int8 [head_dim]");
    if (values.size() != py::ssize_t{row.head_dim()})
        refuse("v", shape_of(values), "int8 [" + std::to_string(row.head_dim()) + "]");
    row.accumulate(in_range(p, "p", 0, 1 << 24), values.data());
}

void rescale(softmax_row& row, std::int64_t factor, std::int64_t p_bits) {
    const unsigned bits = in_range(p_bits, "p_bits", 8, 24);
    row.rescale(in_range(factor, "factor", 0, std::int64_t{1} << bits), bits);
}

py::array_t<float> output_of(const softmax_row& row, double v_scale) {
    py::array_t<float> out(py::ssize_t{row.head_dim()});
    for (unsigned d = 0; d < row.head_dim(); ++d)
        out.mutable_at(d) = row.output(d, v_scale);
    return out;
}

py::array_t<std::int64_t> accumulators_of(const softmax_row& row) {
    py::array_t<std::int64_t> out(py::ssize_t{row.head_dim()});
    for (unsigned d = 0; d < row.head_dim(); ++d)
        out.mutable_at(d) = row.accumulator(d);
    return out;
}

}  // namespace

namespace pade::python {
void bind_walk(py::module_& m);  // walk.cpp
}

PYBIND11_MODULE(_numeric, m) {
    using namespace py::literals;
    m.doc() = "model/numeric of PADE-TLM";

    m.def(
        "quantise_key", &quantise_keys, "k"_a, "key_bits"_a,
        "int8 keys to key_bits bits, rounded half to even and clamped; any shape. K's scale grows by 2^(8-key_bits).");
    m.def("known_value", &known_values, "k"_a, "planes"_a, "key_bits"_a = 8,
          "int32: what k is with all bits after the first `planes` planes taken as 0; any shape.");
    m.def("plane_weights", &plane_weights, "key_bits"_a = 8, "int32 [key_bits]: the sign plane's weight is negative.");
    m.def(
        "unknown_weight",
        [](std::int64_t planes, std::int64_t key_bits) {
            const unsigned bits = key_bits_of(key_bits);
            return unknown_weight(in_range(planes, "planes", 0, bits), bits);
        },
        "planes"_a, "key_bits"_a = 8, "What the planes after the first `planes` can add to an element at most.");
    m.def("bit_planes", &bit_planes, "k"_a, "key_bits"_a = 8,
          "bool [key_bits, keys, dims] of int8 k [keys, dims]; plane 0 is the sign.");
    m.def("pack_planes", &pack_planes, "k"_a, "key_bits"_a = 8,
          "uint64 [keys, key_bits, ceil(dims / 64)]: bit e of word w belongs to dim 64 w + e; bits beyond dims are 0.");
    m.def("partial_scores", &partial_scores, "q"_a, "k"_a, "key_bits"_a = 8,
          "int32 [queries, keys, key_bits]: element r - 1 is the score with r planes known; the last one is exact.");

    m.def("intervals", &intervals, "q"_a, "key_bits"_a = 8,
          "(lower, upper), int32 [queries, key_bits + 1] each: added to the score with r planes known, entry r bounds "
          "the exact "
          "one.");
    m.def(
        "guard_offset",
        [](double alpha, double radius, double logit_scale) {
            return checked([&] { return guard_offset(alpha, radius, logit_scale); });
        },
        "alpha"_a, "radius"_a, "logit_scale"_a,
        "ceil(alpha radius / logit_scale), at most 2^31 - 1: the guard in units of the integer score.");
    m.def(
        "certified_lost_mass",
        [](std::int64_t pruned, double alpha, double radius) {
            if (pruned < 0)
                refuse("pruned", std::to_string(pruned), "integers from 0 on");
            if (!(alpha >= 0) || !(radius >= 0))
                refuse("alpha or radius", std::to_string(alpha) + ", " + std::to_string(radius), "numbers from 0 on");
            return certified_lost_mass(static_cast<std::uint64_t>(pruned), alpha, radius);
        },
        "pruned"_a, "alpha"_a, "radius"_a, "Softmax mass that so many pruned keys can have had at most.");
    py::class_<threshold>(m, "Threshold", "T of one row: the largest of (lower bound - offset); it never falls.")
        .def(py::init<>())
        .def("raise_to", &threshold::raise, "lower_bound"_a, "offset"_a, "True when the threshold rose.")
        .def("keeps", &threshold::keeps, "upper_bound"_a, "Whether a key with this upper bound stays alive.")
        .def_property_readonly("value", &value_of, "None until the first bound has come.");

    m.def("select_word", &select_words, "words"_a, "bidirectional"_a = true, "dims"_a = 64,
          "(selected, cycles), uint32 in the shape of the uint64 words: elements that the selectors pass on, and 1 or "
          "2 cycles.");
    m.def("select_group", &select_one_group, "bits"_a,
          "(complemented, positions, selectors) of one group of 8 bits: what each selector passes on.");
    m.def("selected_sum", &sum_by_selectors, "word"_a, "q"_a,
          "The sum of q over the bits of a word, by way of the selectors; q: int8 [1 to 64].");

    py::class_<exp_unit>(m, "ExpUnit", "exp of numbers up to 0, as unsigned fixed point with p_bits fraction bits.")
        .def(py::init(&make_exp), "kind"_a = "table", "p_bits"_a = pade::softmax_params{}.p_bits)
        .def("__call__", &exp_of, "x"_a, "uint32 in the shape of the float64 x.")
        .def_property_readonly("p_bits", &exp_unit::p_bits)
        .def_property_readonly("one", &exp_unit::one, "2^p_bits: exp(0).");
    py::class_<softmax_row>(m, "SoftmaxRow", "Denominator and accumulators of one query.")
        .def(py::init([](std::int64_t head_dim) { return softmax_row(in_range(head_dim, "head_dim", 1, max_dims)); }),
             "head_dim"_a)
        .def("accumulate", &accumulate, "p"_a, "v"_a, "o += p v, l += p; v: int8 [head_dim].")
        .def("rescale", &rescale, "factor"_a, "p_bits"_a,
             "All by factor / 2^p_bits: before the first p of a new maximum.")
        .def("output", &output_of, "v_scale"_a = 1.0, "float32 [head_dim]: o / l v_scale; zeros when l is 0.")
        .def("clear", &softmax_row::clear)
        .def_property_readonly("denominator", &softmax_row::denominator)
        .def_property_readonly("accumulators", &accumulators_of, "int64 [head_dim]");

    m.def(
        "to_fp16",
        [](const py::object& x) {
            return map_array<std::uint16_t>(array_of<float>(x, "x", -1, "float32, any shape"), to_fp16);
        },
        "x"_a, "float32 to the bits of IEEE 754 binary16, nearest even, as O is stored; uint16 in the same shape.");
    m.def(
        "from_fp16",
        [](const py::object& bits) {
            return map_array<float>(array_of<std::uint16_t>(bits, "bits", -1, "uint16, any shape"), from_fp16);
        },
        "bits"_a, "and back; float32.");
    bind_walk(m);
}
