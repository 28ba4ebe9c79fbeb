#include "model/strict_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "model/errors.h"

namespace pade {

using nlohmann::json;

namespace {

constexpr std::size_t deepest = 64;

/// What the library says, without the part in front, "[json.exception...] ", and without quoting a megabyte.
std::string reason(const json::exception& error) {
    constexpr std::size_t most = 200;
    std::string what = error.what();
    const auto begin = what.find("] ");
    if (begin != std::string::npos)
        what.erase(0, begin + 2);
    return what.size() <= most ? what : what.substr(0, most) + "...";
}

}  // namespace

json parse_strict_json(std::string_view text, const std::string& where) {
    std::vector<std::set<std::string>> open;  // keys of each object or list around what is being read
    const auto watch = [&](int, json::parse_event_t event, json& parsed) {
        using kind = json::parse_event_t;
        if (event == kind::object_start || event == kind::array_start) {
            if (open.size() == deepest)
                throw input_error(
                    fmt::format("{}: is nested deeper than {} levels; allowed: at most {}", where, deepest, deepest));
            open.emplace_back();
        } else if (event == kind::object_end || event == kind::array_end) {
            open.pop_back();
        } else if (event == kind::key && parsed.get_ref<const std::string&>().find('\0') != std::string::npos) {
            throw input_error(fmt::format("{}: a key holds a zero character; allowed: other characters", where));
        } else if (event == kind::key && !open.back().insert(parsed.get<std::string>()).second) {
            throw input_error(fmt::format("{}: key \"{}\" is given twice in one object; allowed: once", where,
                                          parsed.get<std::string>().substr(0, 80)));
        }
        return true;
    };
    try {
        return json::parse(text.begin(), text.end(), watch);
    } catch (const json::exception& error) {
        throw input_error(fmt::format("{}: is not JSON: {}; allowed: one JSON value in UTF-8", where, reason(error)));
    }
}

}  // namespace pade
