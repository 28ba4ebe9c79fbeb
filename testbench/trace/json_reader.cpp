#include "testbench/trace/json_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/errors.h"

namespace pade {

void json_cursor::fail(const std::string& what, const std::string& allowed) const {
    throw input_error(
        fmt::format("{}: {}: {}; allowed: {}", file_, path_.empty() ? "top level" : path_, what, allowed));
}

std::string json_cursor::dump() const {
    std::string text = value_->dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    constexpr std::size_t most = 60;
    if (text.size() > most)
        text.replace(most, std::string::npos, "...");
    return text;
}

json_cursor json_cursor::operator[](const std::string& key) const {
    require_object();
    const auto member = value_->find(key);
    if (member == value_->end())
        fail(fmt::format("key '{}' is missing", key), "objects that have it");
    return {*member, file_, path_.empty() ? key : path_ + "." + key};
}

json_cursor json_cursor::operator[](std::size_t index) const {
    return {(*value_)[index], file_, fmt::format("{}[{}]", path_, index)};
}

std::size_t json_cursor::size_of_list() const {
    if (!value_->is_array())
        fail("is " + dump(), "a list");
    return value_->size();
}

const json_cursor& json_cursor::require_object() const {
    if (!value_->is_object())
        fail("is " + dump(), "an object");
    return *this;
}

void json_cursor::allow_only(const std::vector<std::string>& keys) const {
    require_object();
    for (const auto& [key, unused] : value_->items())
        if (std::find(keys.begin(), keys.end(), key) == keys.end())
            fail(fmt::format("key '{}' is unknown", key), fmt::format("{}", fmt::join(keys, ", ")));
}

std::string json_cursor::text() const {
    if (!value_->is_string())
        fail("is " + dump(), "a string");
    return value_->get<std::string>();
}

bool json_cursor::boolean() const {
    if (!value_->is_boolean())
        fail("is " + dump(), "true or false");
    return value_->get<bool>();
}

std::int64_t json_cursor::integer(std::int64_t low, std::int64_t high) const {
    const bool fits =
        value_->is_number_integer() &&
        !(value_->is_number_unsigned() &&
          value_->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    if (!fits || value_->get<std::int64_t>() < low || value_->get<std::int64_t>() > high)
        fail("is " + dump(), low == high ? fmt::format("{}", low) : fmt::format("integers from {} to {}", low, high));
    return value_->get<std::int64_t>();
}

double json_cursor::positive() const {
    if (!value_->is_number() || !std::isfinite(value_->get<double>()) || value_->get<double>() <= 0)
        fail("is " + dump(), "finite numbers above 0");
    return value_->get<double>();
}

}  // namespace pade
