// The parameters of model/params.h as a list of (key, what is declared, where the value lies): what loading, checking
// and printing walk over, so that none of them is a template. Internal to the library params_json.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/params.h"

namespace pade {

/// A parameter of an enum type, by the number of the choice.
struct choice_ref {
    void* target;
    const std::string_view* names;
    std::size_t count;
    std::size_t (*get)(const void* target);
    void (*set)(void* target, std::size_t choice);

    std::string_view name() const;
};

struct param_ref {
    std::string_view group;
    param_info info;
    std::variant<unsigned*, double*, bool*, std::string*, choice_ref> value;

    std::string key() const { return std::string(group) + "." + std::string(info.name); }
};

/// All parameters in the order of the declarations; the references live as long as `p`.
std::vector<param_ref> param_refs(params& p);

/// Shortest text that reads back as the same double; no exponent while the value is an integer below 10^15.
std::string number_text(double value);
/// The present value as on the command line.
std::string value_text(const param_ref& ref);
/// The present value as JSON.
std::string json_text(const param_ref& ref);
/// What may be given: "integers from 1 to 16", "a, b or c".
std::string allowed_text(const param_ref& ref);
/// Bounds or choices alone: "1 .. 16", "a, b, c".
std::string range_text(const param_ref& ref);
/// Whether the present value lies within the declared bounds; NaN does not.
bool in_range(const param_ref& ref);

/// The refusal of a value, in the one form that all of them have.
[[noreturn]] void refuse_value(const std::string& where, const param_ref& ref, const std::string& shown);
/// The refusal of a key, with the nearest known one.
[[noreturn]] void refuse_key(const std::string& where, const std::string& key);

/// Parses `text`, as given on the command line, into the parameter. Throws input_error.
void assign_text(const param_ref& ref, const std::string& text, const std::string& where);

}  // namespace pade
