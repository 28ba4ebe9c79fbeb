// The parameters as documents: table, JSON Schema, Markdown.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "model/params_access.h"
#include "model/params_json.h"

namespace pade {

namespace {

using nlohmann::ordered_json;

/// What stands for one parameter in the schema.
ordered_json schema_of(const param_ref& ref) {
    ordered_json schema;
    if (const auto* integer = std::get_if<unsigned*>(&ref.value)) {
        schema["type"] = "integer";
        schema["default"] = **integer;
        schema["minimum"] = static_cast<std::uint64_t>(ref.info.range.low);
        schema["maximum"] = static_cast<std::uint64_t>(ref.info.range.high);
    } else if (const auto* real = std::get_if<double*>(&ref.value)) {
        schema["type"] = "number";
        schema["default"] = **real;
        schema["minimum"] = ref.info.range.low;
        schema["maximum"] = ref.info.range.high;
    } else if (const auto* flag = std::get_if<bool*>(&ref.value)) {
        schema["type"] = "boolean";
        schema["default"] = **flag;
    } else {
        schema["type"] = "string";
        schema["default"] = value_text(ref);
    }
    if (const auto* choice = std::get_if<choice_ref>(&ref.value))
        schema["enum"] = std::vector<std::string>(choice->names, choice->names + choice->count);
    schema["description"] = ref.info.text;
    if (!ref.info.unit.empty())
        schema["x-unit"] = ref.info.unit;
    schema["x-source"] = ref.info.source;
    return schema;
}

/// A cell of a Markdown table.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text)
        escaped += c == '|' ? std::string("\\|") : std::string(1, c);
    return escaped;
}

}  // namespace

std::string params_table(const params& p) {
    params shown = p;
    params defaults;
    const std::vector<param_ref> refs = param_refs(shown);
    const std::vector<param_ref> default_refs = param_refs(defaults);

    constexpr std::size_t columns = 6;
    std::vector<std::array<std::string, columns>> rows{{"key", "value", "unit", "allowed", "source", "meaning"}};
    for (std::size_t i = 0; i < refs.size(); ++i) {
        const std::string value = value_text(refs[i]);
        const char* mark = value == value_text(default_refs[i]) ? "" : " *";
        rows.push_back({refs[i].key(), value + mark, std::string(refs[i].info.unit), range_text(refs[i]),
                        std::string(refs[i].info.source), std::string(refs[i].info.text)});
    }
    // A single long value must not push the others off the screen.
    constexpr std::size_t widest = 34;
    std::array<std::size_t, columns> width{};
    for (const auto& row : rows)
        for (std::size_t column = 0; column < columns; ++column)
            if (row[column].size() <= widest)
                width[column] = std::max(width[column], row[column].size());

    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t column = 0; column + 1 < columns; ++column)
            line += fmt::format("{:<{}}  ", row[column], width[column]);
        text += line + row[columns - 1] + "\n";
    }
    return text;
}

std::string params_schema() {
    params defaults;
    ordered_json schema;
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    schema["title"] = "Parameters of the PADE model";
    schema["description"] = "Any part of them; each key at most once, nested or flat (group.name).";
    schema["type"] = "object";
    schema["additionalProperties"] = false;
    ordered_json& properties = schema["properties"];
    const std::vector<param_ref> refs = param_refs(defaults);
    for (const param_ref& ref : refs) {
        ordered_json& group = properties[std::string(ref.group)];
        group["type"] = "object";
        group["additionalProperties"] = false;
        group["properties"][std::string(ref.info.name)] = schema_of(ref);
    }
    for (const param_ref& ref : refs)
        properties[ref.key()]["$ref"] = fmt::format("#/properties/{}/properties/{}", ref.group, ref.info.name);
    return schema.dump(2) + "\n";
}

std::string params_markdown() {
    params defaults;
    std::string text =
        "# Parameters\n\n"
        "Generated from `model/params.h`; edit there. A key is `group.name`: in a JSON file nested\n"
        "(`{\"dispatch\": {\"order\": \"in_order\"}}`) or flat (`{\"dispatch.order\": \"in_order\"}`), on the command "
        "line\n"
        "`--set dispatch.order=in_order`. Sources: *paper*: HPCA 2026, arXiv 2512.14322; *ours*: the paper is silent;\n"
        "*measured*: ours, chosen from measurements on real traces.\n";
    std::string_view group;
    for (const param_ref& ref : param_refs(defaults)) {
        if (ref.group != group)
            text += fmt::format(
                "\n## {}\n\n| key | default | unit | allowed | source | meaning |\n| --- | --- | --- | --- | --- | --- "
                "|\n",
                ref.group);
        group = ref.group;
        text += fmt::format("| `{}` | `{}` | {} | {} | {} | {} |\n", ref.key(), value_text(ref), cell(ref.info.unit),
                            cell(range_text(ref)), cell(ref.info.source), cell(ref.info.text));
    }
    return text;
}

}  // namespace pade
