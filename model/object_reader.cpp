#include "model/object_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "model/errors.h"

namespace pade {

using nlohmann::json;

namespace {

/// Without quoting a megabyte.
std::string shown(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 80);
}

}  // namespace

object_reader::object_reader(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object())
        refuse("is no object", "an object");
}

const json& object_reader::at(const std::string& key) {
    seen_.insert(key);
    const auto found = object_.find(key);
    if (found == object_.end())
        refuse("lacks \"" + key + "\"", "an object with that key");
    return *found;
}

bool object_reader::has(const std::string& key) const {
    return object_.contains(key);
}

std::string object_reader::text(const std::string& key) {
    const json& value = at(key);
    if (!value.is_string())
        refuse("\"" + key + "\" is " + shown(value), "a string");
    return value.get<std::string>();
}

bool object_reader::flag(const std::string& key) {
    const json& value = at(key);
    if (!value.is_boolean())
        refuse("\"" + key + "\" is " + shown(value), "true or false");
    return value.get<bool>();
}

const json& object_reader::list(const std::string& key) {
    const json& value = at(key);
    if (!value.is_array())
        refuse("\"" + key + "\" is " + shown(value), "a list");
    return value;
}

double object_reader::number(const std::string& key) {
    return number(at(key), key);
}

double object_reader::number(const json& value, const std::string& key) const {
    if (!value.is_number() || !(value.get<double>() >= 0) || !std::isfinite(value.get<double>()))
        refuse("\"" + key + "\" is " + shown(value), "numbers from 0 on");
    return value.get<double>();
}

std::pair<double, double> object_reader::band(const std::string& key) {
    const json& value = at(key);
    const auto refuse_band = [&] {
        refuse("\"" + key + "\" is " + shown(value), "two factors, at most 1 and at least 1");
    };
    if (!value.is_array() || value.size() != 2)
        refuse_band();
    const std::pair<double, double> factors{number(value[0], key), number(value[1], key)};
    if (factors.first > 1 || factors.second < 1)
        refuse_band();
    return factors;
}

void object_reader::finish() const {
    for (const auto& [key, value] : object_.items())
        if (seen_.count(key) == 0)
            refuse("has an unknown key \"" + key.substr(0, 80) + "\"", fmt::format("{}", fmt::join(seen_, ", ")));
}

void object_reader::refuse(const std::string& what, const std::string& allowed) const {
    throw input_error(where_ + " " + what + "; allowed: " + allowed);
}

}  // namespace pade
