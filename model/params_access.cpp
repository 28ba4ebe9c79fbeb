#include "model/params_access.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "model/errors.h"

namespace pade {

namespace {

template <typename T>
auto make_value(T& value) {
    if constexpr (std::is_enum_v<T>) {
        const auto get = [](const void* target) { return static_cast<std::size_t>(*static_cast<const T*>(target)); };
        const auto set = [](void* target, std::size_t choice) { *static_cast<T*>(target) = static_cast<T>(choice); };
        return choice_ref{&value, choice_names<T>::value.data(), choice_names<T>::value.size(), get, set};
    } else {
        return &value;
    }
}

template <typename Names>
std::string joined(const Names& names, std::string_view last_separator) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : i + 1 == names.size() ? last_separator : ", ", names[i]);
    return text;
}

std::vector<std::string_view> names_of(const choice_ref& choice) {
    return {choice.names, choice.names + choice.count};
}

/// Edits (insert, delete, replace, swap of neighbours) from one text to the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> costs((a.size() + 1) * width);
    const auto cost = [&](std::size_t i, std::size_t j) -> std::size_t& { return costs[i * width + j]; };
    for (std::size_t i = 0; i <= a.size(); ++i)
        cost(i, 0) = i;
    for (std::size_t j = 0; j <= b.size(); ++j)
        cost(0, j) = j;
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j) {
            cost(i, j) =
                std::min({cost(i - 1, j) + 1, cost(i, j - 1) + 1, cost(i - 1, j - 1) + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost(i, j) = std::min(cost(i, j), cost(i - 2, j - 2) + 1);
        }
    return costs.back();
}

template <typename T>
bool parse_number(const std::string& text, T& value) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && stop == end;
}

}  // namespace

std::string_view choice_ref::name() const {
    const std::size_t choice = get(target);
    return choice < count ? names[choice] : "?";
}

std::vector<param_ref> param_refs(params& p) {
    std::vector<param_ref> refs;
    params::visit_groups(p, [&](std::string_view name, auto& group) {
        std::decay_t<decltype(group)>::visit(group, [&](const param_info& info, auto& value) {
            refs.push_back({name, info, make_value(value)});
        });
    });
    return refs;
}

std::string number_text(double value) {
    std::array<char, 64> buffer{};
    const bool plain = std::abs(value) < 1e15 && value == std::trunc(value);
    const auto result =
        plain ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed)
              : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return {buffer.data(), result.ptr};
}

std::string value_text(const param_ref& ref) {
    struct printer {
        std::string operator()(const unsigned* value) const { return std::to_string(*value); }
        std::string operator()(const double* value) const { return number_text(*value); }
        std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
        std::string operator()(const std::string* value) const { return *value; }
        std::string operator()(const choice_ref& value) const { return std::string(value.name()); }
    };
    return std::visit(printer{}, ref.value);
}

std::string json_text(const param_ref& ref) {
    const std::string text = value_text(ref);
    const bool quoted =
        std::holds_alternative<std::string*>(ref.value) || std::holds_alternative<choice_ref>(ref.value);
    return quoted ? nlohmann::json(text).dump() : text;
}

std::string allowed_text(const param_ref& ref) {
    const auto bounds = [&] {
        return fmt::format("from {} to {}", number_text(ref.info.range.low), number_text(ref.info.range.high));
    };
    if (std::holds_alternative<unsigned*>(ref.value))
        return "integers " + bounds();
    if (std::holds_alternative<double*>(ref.value))
        return "numbers " + bounds();
    if (std::holds_alternative<bool*>(ref.value))
        return "true or false";
    if (const auto* choice = std::get_if<choice_ref>(&ref.value))
        return joined(names_of(*choice), " or ");
    return "text";
}

std::string range_text(const param_ref& ref) {
    if (std::holds_alternative<unsigned*>(ref.value) || std::holds_alternative<double*>(ref.value))
        return fmt::format("{} .. {}", number_text(ref.info.range.low), number_text(ref.info.range.high));
    if (std::holds_alternative<bool*>(ref.value))
        return "true, false";
    if (const auto* choice = std::get_if<choice_ref>(&ref.value))
        return joined(names_of(*choice), ", ");
    return "text";
}

bool in_range(const param_ref& ref) {
    const param_range& range = ref.info.range;
    if (const auto* integer = std::get_if<unsigned*>(&ref.value))
        return **integer >= range.low && **integer <= range.high;
    if (const auto* real = std::get_if<double*>(&ref.value))
        return **real >= range.low && **real <= range.high;
    if (const auto* choice = std::get_if<choice_ref>(&ref.value))
        return choice->get(choice->target) < choice->count;
    return true;
}

void refuse_value(const std::string& where, const param_ref& ref, const std::string& shown) {
    constexpr std::size_t most = 80;
    const std::string cut = shown.size() <= most ? shown : shown.substr(0, most) + "...";
    throw input_error(fmt::format("{}: {} is {}; allowed: {}", where, ref.key(), cut, allowed_text(ref)));
}

void refuse_key(const std::string& where, const std::string& given) {
    // What is longer than any key is no misspelt one; comparing all of a megabyte takes minutes and gigabytes.
    constexpr std::size_t longest = 80;
    const std::string key = given.substr(0, longest);
    params defaults;
    std::vector<std::string> nearest;
    std::size_t least = std::string::npos;
    const auto consider = [&](const std::string& known, std::size_t distance) {
        if (distance > least)
            return;
        if (distance < least)
            nearest.clear();
        least = distance;
        if (nearest.empty() || nearest.back() != known)
            nearest.push_back(known);
    };
    // A key without its group, or with a wrong one, is near when the name behind the dot is; two edits of the group
    // are nearer than another group.
    const auto dot = key.find_last_of('.');
    const std::string name = key.substr(dot + 1);
    for (const param_ref& ref : param_refs(defaults)) {
        consider(ref.key(), std::min(edit_distance(key, ref.key()), edit_distance(name, ref.info.name) + 2));
        if (dot == std::string::npos)
            consider(std::string(ref.group), edit_distance(key, ref.group));
    }
    constexpr std::size_t most = 3;
    nearest.resize(std::min(nearest.size(), most));
    throw input_error(
        fmt::format("{}: unknown parameter \"{}\"; allowed: the keys of pade-sim params, the nearest known key is {}",
                    where, key, joined(nearest, " or ")));
}

void assign_text(const param_ref& ref, const std::string& text, const std::string& where) {
    const std::string shown = text.empty() ? "empty" : text;
    struct assigner {
        const std::string& text;
        bool operator()(unsigned* value) const { return parse_number(text, *value); }
        bool operator()(double* value) const {
            if (!parse_number(text, *value))
                return false;
            *value += 0.0;  // -0 becomes 0, which JSON keeps
            return true;
        }
        bool operator()(bool* value) const {
            *value = text == "true";
            return *value || text == "false";
        }
        bool operator()(std::string* value) const {
            *value = text;
            return !text.empty();
        }
        bool operator()(const choice_ref& value) const {
            for (std::size_t choice = 0; choice < value.count; ++choice)
                if (value.names[choice] == text) {
                    value.set(value.target, choice);
                    return true;
                }
            return false;
        }
    };
    if (!std::visit(assigner{text}, ref.value) || !in_range(ref))
        refuse_value(where, ref, shown);
}

}  // namespace pade
