#include "model/gpu/gpu_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "model/errors.h"
#include "model/object_reader.h"
#include "model/regular_file.h"
#include "model/strict_json.h"

namespace pade {

using nlohmann::json;

namespace {

constexpr std::uint64_t largest_file = 1 << 20;
const std::set<std::string> bases = {"published", "measured", "scaled", "derived", "second-hand", "guess"};
/// The entries that a table must have, each with its unit.
const std::map<std::string, std::string> wanted = {{"peak_fp16", "TFLOP/s"},
                                                   {"peak_fp8", "TFLOP/s"},
                                                   {"bandwidth", "TB/s"},
                                                   {"tdp", "W"},
                                                   {"idle_power", "W"},
                                                   {"die_area", "mm2"},
                                                   {"multiprocessors", "1"},
                                                   {"decode_efficiency_low", "1"},
                                                   {"decode_efficiency_nominal", "1"},
                                                   {"decode_efficiency_best", "1"}};

std::string wanted_names() {
    std::string all;
    for (const auto& [name, unit] : wanted)
        all += (all.empty() ? "" : ", ") + name;
    return all;
}

double positive(const object_reader& at, const json& value, const std::string& key) {
    const double number = at.number(value, key);
    if (number == 0)
        at.refuse("\"" + key + "\" is 0", "numbers above 0");
    return number;
}

std::string basis_of(object_reader& at) {
    std::string basis = at.text("basis");
    if (bases.count(basis) == 0)
        at.refuse("has the basis \"" + basis.substr(0, 80) + "\"", fmt::format("{}", fmt::join(bases, ", ")));
    return basis;
}

std::string unit_of(object_reader& at, const std::string& allowed) {
    std::string unit = at.text("unit");
    if (unit != allowed)
        at.refuse("has the unit \"" + unit.substr(0, 80) + "\"", allowed);
    return unit;
}

std::vector<double> numbers(object_reader& at, const std::string& key) {
    std::vector<double> list;
    for (const json& each : at.list(key))
        list.push_back(positive(at, each, key));
    if (list.empty())
        at.refuse("\"" + key + "\" is empty", "one number at least");
    return list;
}

gpu_entry read_entry(const json& object, const std::string& where) {
    object_reader at(object, where);
    gpu_entry entry;
    entry.name = at.text("name");
    const auto known = wanted.find(entry.name);
    if (known == wanted.end())
        at.refuse("has the unknown name \"" + entry.name.substr(0, 80) + "\"", wanted_names());
    entry.unit = unit_of(at, known->second);
    entry.value = positive(at, at.at("value"), "value");
    const auto [low, high] = at.band("band");
    entry.low = entry.value * low;
    entry.high = entry.value * high;
    entry.basis = basis_of(at);
    entry.source = at.text("source");
    entry.text = at.text("text");
    at.finish();
    return entry;
}

/// The part of a curve that all have; `over` names its places, each value is at most `most`.
gpu_curve read_curve(object_reader& at, const std::string& over, const std::string& unit, double most,
                     const char* most_name) {
    gpu_curve curve;
    curve.unit = unit_of(at, unit);
    curve.basis = basis_of(at);
    curve.source = at.text("source");
    std::vector<double> places = numbers(at, over);
    std::vector<double> values = numbers(at, "value");
    if (places.size() != values.size())
        at.refuse(fmt::format("has {} values for {} {}", values.size(), places.size(), over), "one value for each");
    for (std::size_t n = 1; n < places.size(); ++n)
        if (!(places[n - 1] < places[n]))
            at.refuse(fmt::format("\"{}\" has {} after {}", over, places[n], places[n - 1]),
                      "numbers in ascending order");
    for (const double value : values)
        if (value > most)
            at.refuse(fmt::format("\"value\" has {}", value), fmt::format("at most {}, which is {}", most_name, most));
    at.finish();
    curve.curve = anchor_curve(std::move(places), std::move(values));
    return curve;
}

}  // namespace

gpu_table::gpu_table(const std::string& text, const std::string& where) {
    const json root = parse_strict_json(text, where);
    object_reader top(root, where + ":");
    if (const std::string format = top.text("format"); format != "pade-gpu")
        top.refuse("\"format\" is \"" + format.substr(0, 80) + "\"", "\"pade-gpu\"");
    if (const double version = top.number("format_version"); version != 1)
        top.refuse(fmt::format("\"format_version\" is {}", version), "1");
    name_ = top.text("name");

    std::set<std::string> names;
    for (const json& object : top.list("entries")) {
        entries_.push_back(read_entry(object, fmt::format("{}: entries[{}]", where, entries_.size())));
        if (!names.insert(entries_.back().name).second)
            throw input_error(
                fmt::format("{}: entry \"{}\" is given twice; allowed: once", where, entries_.back().name));
    }
    for (const auto& [name, unit] : wanted)
        if (names.count(name) == 0)
            throw input_error(
                fmt::format("{}: no entry \"{}\"; allowed: a table with each of {}", where, name, wanted_names()));

    for (const json& object : top.list("attention")) {
        object_reader at(object, fmt::format("{}: attention[{}]", where, attention_.size()));
        gpu_attention_curve each;
        const std::string dtype = at.text("dtype");
        if (dtype != "fp16" && dtype != "fp8")
            at.refuse("\"dtype\" is \"" + dtype.substr(0, 80) + "\"", "fp16, fp8");
        each.dtype = dtype == "fp8" ? gpu_dtype::fp8 : gpu_dtype::fp16;
        each.head_dim = positive(at, at.at("head_dim"), "head_dim");
        each.causal = at.flag("causal");
        if (attention(each.dtype, each.head_dim, each.causal) != nullptr)
            at.refuse("repeats dtype, head_dim and causal of another", "each once");
        each.rate = read_curve(at, "keys", "TFLOP/s", peak(each.dtype) / 1e12, "its peak");
        attention_.push_back(std::move(each));
    }
    object_reader decode(top.at("decode_efficiency"), where + ": decode_efficiency");
    decode_efficiency_ = read_curve(decode, "keys", "1", 1, "the whole bandwidth");
    object_reader power(top.at("active_power"), where + ": active_power");
    active_power_ = read_curve(power, "batch", "W", value("tdp"), "the TDP");
    top.finish();
    check_relations(where);
}

void gpu_table::check_relations(const std::string& where) const {
    const auto refuse = [&](const std::string& what, const std::string& allowed) {
        throw input_error(where + ": " + what + "; allowed: " + allowed);
    };
    if (std::none_of(attention_.begin(), attention_.end(), [](const auto& a) { return a.dtype == gpu_dtype::fp16; }))
        refuse("\"attention\" has no rates of fp16", "some at least");
    for (const gpu_attention_curve& each : attention_) {
        const std::string which =
            fmt::format("\"attention\" has {} of head_dim {}", choice_name(each.dtype), each.head_dim);
        if (attention(each.dtype, each.head_dim, false) == nullptr)
            refuse(which + " with a causal mask alone", "without one as well");
        // What another dtype loses by the mask is taken from fp16.
        if (attention(each.dtype, each.head_dim, true) == nullptr &&
            (attention(gpu_dtype::fp16, each.head_dim, true) == nullptr))
            refuse(which + " without a causal mask alone, and none of fp16 with one", "with a mask as well");
    }
    const auto& watts = active_power_.curve.y();
    const double least = *std::min_element(watts.begin(), watts.end());
    if (value("idle_power") >= least)
        refuse(fmt::format("idle_power is {}", value("idle_power")),
               fmt::format("less than the least of active_power, {}", least));
    if (value("decode_efficiency_low") > value("decode_efficiency_nominal") ||
        value("decode_efficiency_nominal") > value("decode_efficiency_best") || value("decode_efficiency_best") > 1)
        refuse(
            fmt::format("decode_efficiency_low, _nominal and _best are {}, {} and {}", value("decode_efficiency_low"),
                        value("decode_efficiency_nominal"), value("decode_efficiency_best")),
            "in ascending order, at most 1");
}

gpu_table::gpu_table() : gpu_table(std::string(builtin_gpu_table()), "built-in table") {}

gpu_table load_gpu_table(const std::filesystem::path& path) {
    if (path.empty())
        return gpu_table();
    return gpu_table(read_regular_file(path, largest_file, "a JSON table of a GPU"), path.string());
}

double gpu_table::value(std::string_view name) const {
    for (const gpu_entry& entry : entries_)
        if (entry.name == name)
            return entry.value;
    throw internal_error("the GPU table has no entry " + std::string(name));
}

const gpu_attention_curve* gpu_table::attention(gpu_dtype dtype, double head_dim, bool causal) const {
    const gpu_dtype as = dtype == gpu_dtype::int8 ? gpu_dtype::fp8 : dtype;
    for (const gpu_attention_curve& each : attention_)
        if (each.dtype == as && each.head_dim == head_dim && each.causal == causal)
            return &each;
    return nullptr;
}

double gpu_table::peak(gpu_dtype dtype) const {
    return value(dtype == gpu_dtype::fp16 ? "peak_fp16" : "peak_fp8") * 1e12;
}

}  // namespace pade
