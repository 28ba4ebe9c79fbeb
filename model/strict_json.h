// JSON as the program reads it: UTF-8, one value, each key once in its object, nested 64 deep at most. The library
// alone keeps the last of two equal keys without a word, and its copies and dumps of what is nested without end
// overflow the stack.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace pade {

/// Throws input_error that begins with `where` and says line and column.
nlohmann::json parse_strict_json(std::string_view text, const std::string& where);

}  // namespace pade
