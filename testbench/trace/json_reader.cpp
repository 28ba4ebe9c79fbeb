#include "testbench/trace/json_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "model/errors.h"

namespace pade {

nlohmann::json parse_json(const std::string& text, const std::string& file) {
    // nlohmann/json keeps the last of two equal keys without a word, so the keys of each open object are kept here.
    std::vector<std::set<std::string>> open;
    const auto watch_keys = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        using kind = nlohmann::json::parse_event_t;
        if (event == kind::object_start)
            open.emplace_back();
        else if (event == kind::object_end)
            open.pop_back();
        else if (event == kind::key && !open.back().insert(parsed.get<std::string>()).second)
            throw input_error(fmt::format("{}: key '{}' occurs twice in one object; it is allowed once", file,
                                          parsed.get<std::string>()));
        return true;
    };
    try {
        return nlohmann::json::parse(text, watch_keys);
    } catch (const nlohmann::json::exception& error) {
        throw input_error(fmt::format("{}: is not valid JSON: {}", file, error.what()));
    }
}

void json_cursor::fail(const std::string& what) const {
    throw input_error(fmt::format("{}: {}: {}", file_, path_.empty() ? "top level" : path_, what));
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
        fail(fmt::format("key '{}' is missing", key));
    return {*member, file_, path_.empty() ? key : path_ + "." + key};
}

json_cursor json_cursor::operator[](std::size_t index) const {
    return {(*value_)[index], file_, fmt::format("{}[{}]", path_, index)};
}

std::size_t json_cursor::size_of_list() const {
    if (!value_->is_array())
        fail(fmt::format("is {}; a list is expected", dump()));
    return value_->size();
}

const json_cursor& json_cursor::require_object() const {
    if (!value_->is_object())
        fail(fmt::format("is {}; an object is expected", dump()));
    return *this;
}

std::string json_cursor::text() const {
    if (!value_->is_string())
        fail(fmt::format("is {}; a string is expected", dump()));
    return value_->get<std::string>();
}

bool json_cursor::boolean() const {
    if (!value_->is_boolean())
        fail(fmt::format("is {}; true or false is expected", dump()));
    return value_->get<bool>();
}

std::int64_t json_cursor::integer(std::int64_t low, std::int64_t high) const {
    const bool fits =
        value_->is_number_integer() &&
        !(value_->is_number_unsigned() &&
          value_->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    if (!fits || value_->get<std::int64_t>() < low || value_->get<std::int64_t>() > high)
        fail(fmt::format("is {}; an integer from {} to {} is expected", dump(), low, high));
    return value_->get<std::int64_t>();
}

double json_cursor::positive() const {
    if (!value_->is_number() || !std::isfinite(value_->get<double>()) || value_->get<double>() <= 0)
        fail(fmt::format("is {}; a finite number greater than 0 is expected", dump()));
    return value_->get<double>();
}

}  // namespace pade
