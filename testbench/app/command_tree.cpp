#include "testbench/app/command_tree.h"

#include <CLI/CLI.hpp>

#include "testbench/dram/patterns.h"

namespace pade {

namespace {

bool has_word(const std::string& text, const std::string& word) {
    return text.find(word) != std::string::npos;
}

/// "TEXT:{a,b,c}", what CLI::IsMember makes of a type's name.
std::vector<std::string> members(const std::string& type) {
    const auto open = type.find('{');
    const auto close = type.find('}', open);
    std::vector<std::string> list;
    if (open == std::string::npos || close == std::string::npos)
        return list;
    list.emplace_back();
    for (const char c : type.substr(open + 1, close - open - 1)) {
        if (c == ',')
            list.emplace_back();
        else
            list.back() += c;
    }
    return list;
}

/// From name, type and text: options say in their text what they take, and a folder is called one.
void find_value(option_doc& doc, const std::string& type) {
    const std::string& name = doc.names.back();
    doc.choices = members(type);
    if (name == "--pattern")
        for (const pattern_text& each : pattern_names())
            doc.choices.emplace_back(each.name);
    if (!doc.choices.empty())
        doc.value = value_kind::choice;
    else if (type.rfind("INT", 0) == 0 || type.rfind("UINT", 0) == 0 || type.rfind("FLOAT", 0) == 0)
        doc.value = value_kind::number;
    else if (name == "--set")
        doc.value = value_kind::parameter;
    else if (name == "--config")
        doc.value = value_kind::preset_or_file;
    else if (has_word(doc.text, "folder") || has_word(name, "folder"))
        doc.value = value_kind::folder;
    else if (name == "--queries" || name == "--heads" || name == "--workload" || has_word(doc.text, "fault injection"))
        doc.value = value_kind::text;
    else
        doc.value = value_kind::file;
}

option_doc describe(const CLI::Option& option) {
    option_doc doc;
    for (const std::string& name : option.get_snames())
        doc.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames())
        doc.names.push_back("--" + name);
    doc.positional = option.get_positional();
    if (doc.positional)
        doc.names = {option.get_name(true)};
    doc.required = option.get_required();
    doc.text = option.get_description();
    if (option.get_items_expected_max() != 0) {
        doc.repeated = option.get_items_expected_max() > 1;
        doc.default_value = option.get_default_str();
        find_value(doc, option.get_type_name());
    }
    return doc;
}

command_doc describe(const CLI::App& app) {
    command_doc doc{app.get_name(), app.get_description(), {}};
    for (const CLI::Option* option : app.get_options())
        if (!option->get_group().empty())  // hidden
            doc.options.push_back(describe(*option));
    return doc;
}

}  // namespace

std::string option_doc::placeholder() const {
    switch (value) {
        case value_kind::none:
            return {};
        case value_kind::number:
            return "N";
        case value_kind::text:
            return "TEXT";
        case value_kind::folder:
            return "DIR";
        case value_kind::file:
            return "FILE";
        case value_kind::preset_or_file:
            return "PRESET|FILE";
        case value_kind::parameter:
            return "GROUP.NAME=VALUE";
        case value_kind::choice:
            break;
    }
    std::string all;
    for (const std::string& choice : choices)
        all += (all.empty() ? "" : "|") + choice;
    return all;
}

std::vector<command_doc> command_tree(const CLI::App& app) {
    std::vector<command_doc> tree = {describe(app)};
    for (const CLI::App* command : app.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); }))
        tree.push_back(describe(*command));
    return tree;
}

}  // namespace pade
