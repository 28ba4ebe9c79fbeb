#include "model/params_json.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "model/errors.h"
#include "model/params_access.h"
#include "model/regular_file.h"
#include "model/strict_json.h"

namespace pade {

namespace {

using nlohmann::json;

std::string shown(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void assign_json(const param_ref& ref, const json& value, const std::string& where) {
    struct assigner {
        const json& value;
        bool operator()(unsigned* target) const {
            // 1.0 and 1e3 are numbers with a fraction or exponent, not integers.
            if (!value.is_number_integer() || value < 0 || value > std::numeric_limits<unsigned>::max())
                return false;
            *target = value.get<unsigned>();
            return true;
        }
        bool operator()(double* target) const {
            if (!value.is_number())
                return false;
            *target = value.get<double>() + 0.0;  // -0 becomes 0
            return true;
        }
        bool operator()(bool* target) const {
            if (!value.is_boolean())
                return false;
            *target = value.get<bool>();
            return true;
        }
        bool operator()(std::string* target) const {
            // A zero character would end every message that quotes the text.
            if (!value.is_string() || value.get_ref<const std::string&>().find('\0') != std::string::npos)
                return false;
            *target = value.get<std::string>();
            return true;
        }
        bool operator()(const choice_ref& target) const {
            for (std::size_t choice = 0; choice < target.count && value.is_string(); ++choice)
                if (value.get_ref<const std::string&>() == target.names[choice]) {
                    target.set(target.target, choice);
                    return true;
                }
            return false;
        }
    };
    if (!std::visit(assigner{value}, ref.value) || !in_range(ref))
        refuse_value(where, ref, shown(value));
}

const param_ref* find_ref(const std::vector<param_ref>& refs, const std::string& key) {
    const std::size_t dot = key.find('.');
    if (dot == std::string::npos)
        return nullptr;
    const std::string_view group = std::string_view(key).substr(0, dot);
    const std::string_view name = std::string_view(key).substr(dot + 1);
    for (const param_ref& ref : refs)
        if (ref.group == group && ref.info.name == name)
            return &ref;
    return nullptr;
}

bool is_group(const std::vector<param_ref>& refs, const std::string& name) {
    for (const param_ref& ref : refs)
        if (ref.group == name)
            return true;
    return false;
}

}  // namespace

void merge_params(params& p, std::string_view text, const std::string& where) {
    const json document = parse_strict_json(text, where);
    if (!document.is_object())
        throw input_error(fmt::format("{}: holds {}; allowed: an object of parameters", where, document.type_name()));

    params merged = p;
    const std::vector<param_ref> refs = param_refs(merged);
    std::set<std::string> seen;
    const auto assign = [&](const std::string& key, const json& value) {
        const param_ref* ref = find_ref(refs, key);
        if (ref == nullptr)
            refuse_key(where, key);
        if (!seen.insert(key).second)
            throw input_error(fmt::format("{}: {} is given twice, nested and flat; allowed: once", where, key));
        assign_json(*ref, value, where);
    };
    for (const auto& [name, value] : document.items()) {
        if (!is_group(refs, name)) {
            // A mistyped group: what is nearest shows better with the name inside.
            if (value.is_object() && !value.empty())
                refuse_key(where, name + "." + value.begin().key());
            assign(name, value);
            continue;
        }
        if (!value.is_object())
            throw input_error(fmt::format("{}: {} is {}; allowed: an object with the parameters of {}", where, name,
                                          value.type_name(), name));
        for (const auto& [inner, inner_value] : value.items())
            assign(fmt::format("{}.{}", name, inner), inner_value);
    }
    p = merged;
}

void load_params(params& p, const std::string& path) {
    constexpr std::uint64_t most = std::uint64_t{1} << 20;
    merge_params(p, read_regular_file(path, most, "a JSON file with parameters"), path);
}

void set_param(params& p, const std::string& assignment) {
    const auto equals = assignment.find('=');
    if (equals == std::string::npos)
        throw input_error(fmt::format("--set {}: has no \"=\"; allowed: group.name=value", assignment.substr(0, 80)));
    params changed = p;
    const std::vector<param_ref> refs = param_refs(changed);
    const std::string key = assignment.substr(0, equals);
    const param_ref* ref = find_ref(refs, key);
    if (ref == nullptr)
        refuse_key("--set", key);
    assign_text(*ref, assignment.substr(equals + 1), "--set");
    p = changed;
}

std::string params_to_json(const params& p) {
    params copy = p;
    std::string text = "{";
    std::string_view group;
    for (const param_ref& ref : param_refs(copy)) {
        if (ref.group != group)
            text += fmt::format("{}\n  \"{}\": {{", group.empty() ? "" : "\n  },", ref.group);
        text += fmt::format("{}\n    \"{}\": {}", ref.group == group ? "," : "", ref.info.name, json_text(ref));
        group = ref.group;
    }
    return text + "\n  }\n}\n";
}

std::vector<std::pair<std::string, std::string>> param_values(const params& p) {
    params copy = p;
    std::vector<std::pair<std::string, std::string>> values;
    for (const param_ref& ref : param_refs(copy))
        values.emplace_back(ref.key(), value_text(ref));
    return values;
}

}  // namespace pade
