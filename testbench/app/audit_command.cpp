#include "testbench/app/audit_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "model/errors.h"
#include "testbench/app/effective_params.h"
#include "tlm/dram/audit/command_log.h"
#include "tlm/dram/audit/dram_auditor.h"

namespace pade {

namespace {

using json = nlohmann::ordered_json;

bool has_distance(rule_type type) {
    return type == rule_type::distance || type == rule_type::window || type == rule_type::refresh_interval ||
           type == rule_type::refresh_count;
}

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

std::string rules_as_text(const std::vector<dram_rule>& rules) {
    constexpr const char* line = "{:<17} {:<29} {:<29} {:<15} {:>7}  {}\n";
    std::string text = fmt::format(line, "rule", "before", "after", "scope", "cycles", "meaning");
    for (const dram_rule& rule : rules)
        text += fmt::format(line, rule.name, or_dash(rule.before.text()), rule.after.text(), name_of(rule.scope),
                            has_distance(rule.type) ? std::to_string(rule.cycles) : "-", rule.meaning);
    return text;
}

json kinds_as_json(const command_set& set) {
    json list = json::array();
    for (const dram_command_kind kind : set.kinds())
        list.push_back(name_of(kind));
    return list;
}

json rules_as_json(const std::vector<dram_rule>& rules) {
    json list = json::array();
    for (const dram_rule& rule : rules)
        list.push_back({{"rule", rule.name},
                        {"before", kinds_as_json(rule.before)},
                        {"after", kinds_as_json(rule.after)},
                        {"scope", name_of(rule.scope)},
                        {"cycles", has_distance(rule.type) ? json(rule.cycles) : json()},
                        {"meaning", rule.meaning}});
    return list;
}

/// (name, violations) of each name of the table, in its order.
std::vector<std::pair<std::string, std::uint64_t>> by_rule(const dram_auditor& auditor) {
    std::vector<std::pair<std::string, std::uint64_t>> list;
    for (const dram_rule& rule : auditor.rules()) {
        const auto known = std::find_if(list.begin(), list.end(), [&](const auto& e) { return e.first == rule.name; });
        if (known == list.end())
            list.emplace_back(rule.name, auditor.violations(rule.name));
    }
    return list;
}

std::vector<std::pair<const char*, std::uint64_t>> by_kind(const dram_auditor& auditor) {
    std::vector<std::pair<const char*, std::uint64_t>> list;
    for (std::size_t n = 0; n < dram_command_kinds; ++n) {
        const auto kind = static_cast<dram_command_kind>(n);
        list.emplace_back(name_of(kind), auditor.commands(kind));
    }
    return list;
}

/// Reads the whole log; the cycle of its end.
cycle_t audit(dram_auditor& auditor, const std::string& path) {
    command_log_reader log(path);
    for (dram_command command; log.next(command);) {
        try {
            auditor.add(command);
        } catch (const input_error& error) {
            throw input_error(log.where().text() + ": " + error.what());
        }
    }
    const cycle_t end = log.has_end() ? log.end_cycle() : auditor.last_cycle();
    if (end < auditor.last_cycle())
        throw input_error(fmt::format("{}: END in cycle {}; allowed: from the last command, cycle {}, on",
                                      log.where().text(), end, auditor.last_cycle()));
    auditor.finish(end);
    return end;
}

std::string result_as_text(const dram_auditor& auditor, const std::string& path, cycle_t end) {
    std::string kinds;
    for (const auto& [name, count] : by_kind(auditor))
        if (count != 0)
            kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", name, count);
    std::string text = fmt::format("log         {}\ncycles      0 to {}\ncommands    {}{}\nviolations  {}\n", path, end,
                                   auditor.commands(), kinds.empty() ? "" : ": " + kinds, auditor.violations());
    for (const auto& [name, count] : by_rule(auditor))
        if (count != 0)
            text += fmt::format("  {:<17} {}\n", name, count);
    if (auditor.violations() > auditor.lines().size())
        text += fmt::format("the first {}:\n", auditor.lines().size());
    for (const std::string& line : auditor.lines())
        text += "  " + line + "\n";
    return text;
}

json result_as_json(const dram_auditor& auditor, const std::string& path, cycle_t end) {
    json kinds = json::object(), rules = json::object();
    for (const auto& [name, count] : by_kind(auditor))
        kinds[name] = count;
    for (const auto& [name, count] : by_rule(auditor))
        rules[name] = count;
    return {{"log", path},
            {"end_cycle", end},
            {"commands", auditor.commands()},
            {"commands_by_kind", kinds},
            {"violations", auditor.violations()},
            {"violations_by_rule", rules},
            {"first_violations", auditor.lines()}};
}

}  // namespace

void add_audit_options(CLI::App& app, audit_arguments& args) {
    app.add_option("log", args.log, "command log (docs/dram-audit.md)");
    app.add_option("--config", args.configs, "JSON file with parameters; may be given several times");
    app.add_option("--set", args.sets, "group.name=value; may be given several times, wins over --config");
    app.add_flag("--rules", args.rules, "print the table of rules for these parameters; needs no log");
    app.add_flag("--json", args.json, "print JSON");
}

int audit_command(const audit_arguments& args) {
    if (args.log.empty() && !args.rules)
        throw input_error("audit: nothing to audit; allowed: a command log, --rules");
    const params p = load_dram_params(args.configs, args.sets);
    dram_auditor auditor(p.dram, p.clock);
    json printed = json::object();
    std::string text;
    if (args.rules) {
        printed["rules"] = rules_as_json(auditor.rules());
        text = rules_as_text(auditor.rules());
    }
    if (!args.log.empty()) {
        const cycle_t end = audit(auditor, args.log);
        printed.update(result_as_json(auditor, args.log, end));
        text += (text.empty() ? "" : "\n") + result_as_text(auditor, args.log, end);
    }
    std::cout << (args.json ? printed.dump(2) + "\n" : text);
    return auditor.violations() == 0 ? exit_code::ok : exit_code::failed_check;
}

}  // namespace pade
