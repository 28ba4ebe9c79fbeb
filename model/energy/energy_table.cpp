#include "model/energy/energy_table.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "model/errors.h"
#include "model/object_reader.h"
#include "model/params_json.h"
#include "model/regular_file.h"
#include "model/strict_json.h"

namespace pade {

using nlohmann::json;

namespace {

const std::set<std::string> bases = {"published", "scaled", "derived", "second-hand", "guess"};

double parameter(const object_reader& at, const std::string& key, const params& p) {
    for (const auto& [name, text] : param_values(p))
        if (name == key) {
            double value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (error == std::errc{} && end == text.data() + text.size())
                return value;
        }
    at.refuse("names the parameter \"" + key.substr(0, 80) + "\"", "a parameter of pade-sim params that is a number");
}

energy_entry read_entry(const json& object, const std::string& where, const params& p) {
    object_reader at(object, where);
    energy_entry entry;
    entry.name = at.text("name");
    entry.unit = at.text("unit");
    entry.basis = at.text("basis");
    if (bases.count(entry.basis) == 0)
        at.refuse("has the basis \"" + entry.basis.substr(0, 80) + "\"", fmt::format("{}", fmt::join(bases, ", ")));
    entry.source = at.text("source");
    entry.text = at.text("text");
    if (at.has("value") == at.has("parameter"))
        at.refuse(at.has("value") ? "has a value and a parameter" : "has no value", "either of value and parameter");
    entry.value = at.has("value") ? at.number("value") : parameter(at, at.text("parameter"), p);
    const auto [low, high] = at.band("band");
    entry.low = entry.value * low;
    entry.high = entry.value * high;
    at.finish();
    return entry;
}

/// The names of the built-in table: those that the model asks for.
const std::set<std::string>& wanted_names() {
    static const std::set<std::string> names = [] {
        std::set<std::string> all;
        const json root = json::parse(builtin_energy_table());
        for (const json& entry : root.at("entries"))
            all.insert(entry.at("name").get<std::string>());
        return all;
    }();
    return names;
}

}  // namespace

energy_table::energy_table(const std::string& text, const std::string& where, const params& p) {
    const json root = parse_strict_json(text, where);
    object_reader top(root, where + ":");
    name_ = top.text("name");
    const json& entries = top.list("entries");
    std::set<std::string> names;
    for (const json& object : entries) {
        const std::string place = fmt::format("{}: entries[{}]", where, entries_.size());
        entries_.push_back(read_entry(object, place, p));
        const std::string& name = entries_.back().name;
        if (wanted_names().count(name) == 0)
            throw input_error(fmt::format("{}: unknown name \"{}\"; allowed: {}", place, name.substr(0, 80),
                                          fmt::join(wanted_names(), ", ")));
        if (!names.insert(name).second)
            throw input_error(fmt::format("{}: \"{}\" is given twice; allowed: once", place, name));
    }
    for (const std::string& name : wanted_names())
        if (names.count(name) == 0)
            throw input_error(fmt::format("{}: no entry \"{}\"; allowed: a table with each of {}", where, name,
                                          fmt::join(wanted_names(), ", ")));
    top.finish();
}

energy_table::energy_table(const params& p) : energy_table(std::string(builtin_energy_table()), "built-in table", p) {}

energy_table load_energy_table(const std::filesystem::path& path, const params& p) {
    if (path.empty())
        return energy_table(p);
    return energy_table(read_regular_file(path, 1 << 20, "a JSON table of energies"), path.string(), p);
}

const energy_entry& energy_table::at(std::string_view name) const {
    for (const energy_entry& entry : entries_)
        if (entry.name == name)
            return entry;
    throw internal_error("the energy table has no entry " + std::string(name));
}

}  // namespace pade
