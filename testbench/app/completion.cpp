// The completion scripts. What an option takes is said once, in command_tree; the scripts only differ in how a shell is
// told.
#include <algorithm>

#include "model/params_access.h"
#include "model/presets.h"
#include "testbench/app/manual_command.h"

namespace pade {

namespace {

std::string joined(const std::vector<std::string>& words, const char* between = " ") {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : between) + word;
    return text;
}

std::vector<std::string> preset_names() {
    std::vector<std::string> names;
    for (const preset& each : presets())
        names.emplace_back(each.name);
    return names;
}

struct parameter {
    std::string key;
    std::vector<std::string> values;  ///< empty: numbers and texts
};

std::vector<parameter> parameters() {
    params p;
    std::vector<parameter> list;
    for (const param_ref& ref : param_refs(p)) {
        list.push_back({ref.key(), {}});
        if (std::holds_alternative<bool*>(ref.value))
            list.back().values = {"true", "false"};
        else if (const auto* choice = std::get_if<choice_ref>(&ref.value))
            list.back().values.assign(choice->names, choice->names + choice->count);
    }
    return list;
}

/// Of the options that take a value, and the positionals.
const char* bash_kind(value_kind kind) {
    switch (kind) {
        case value_kind::choice:
            return "choice";
        case value_kind::folder:
            return "folder";
        case value_kind::file:
            return "file";
        case value_kind::preset_or_file:
            return "preset";
        case value_kind::parameter:
            return "parameter";
        case value_kind::none:
        case value_kind::number:
        case value_kind::text:
            break;
    }
    return "nothing";
}

/// 'in single quotes', whatever it holds.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

/// One line, up to the first of several.
std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

/// In a description of zsh's _arguments brackets and colons have a meaning.
std::string zsh_text(const std::string& text) {
    std::string out;
    for (const char c : first_line(text))
        out += c == '[' || c == ']' || c == ':' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return out;
}

std::string zsh_action(const option_doc& option) {
    switch (option.value) {
        case value_kind::choice:
            return "(" + joined(option.choices) + ")";
        case value_kind::folder:
            return "_directories";
        case value_kind::file:
            return "_files";
        case value_kind::preset_or_file:
            return "_pade_sim_presets";
        case value_kind::parameter:
            return "_pade_sim_parameters";
        case value_kind::none:
        case value_kind::number:
        case value_kind::text:
            break;
    }
    return " ";
}

std::string zsh_arguments(const command_doc& command, const char* indent) {
    std::string text;
    int place = 0;
    for (const option_doc& option : command.options) {
        const std::string value = zsh_text(option.names.back()) + ":" + zsh_action(option);
        if (option.positional) {
            text += " \\\n" + std::string(indent) + quoted(std::to_string(++place) + ":" + value);
            continue;
        }
        for (const std::string& name : option.names)
            text += " \\\n" + std::string(indent) +
                    quoted((option.repeated ? "*" : "") + name + "[" + zsh_text(option.text) + "]" +
                           (option.value == value_kind::none ? "" : ":" + value));
    }
    return text;
}

}  // namespace

std::string bash_completion(const std::vector<command_doc>& tree) {
    std::vector<std::string> commands;
    std::string options, values, choices, places;
    for (const command_doc& command : tree) {
        const std::string name = &command == &tree.front() ? "" : command.name;
        if (!name.empty())
            commands.push_back(name);
        std::vector<std::string> names;
        int place = 0;
        for (const option_doc& option : command.options) {
            if (option.positional) {
                places += "        '" + name + " " + std::to_string(++place) + "') kind=" + bash_kind(option.value) +
                          " words=" + quoted(joined(option.choices)) + " ;;\n";
                continue;
            }
            names.insert(names.end(), option.names.begin(), option.names.end());
            if (option.value == value_kind::none)
                continue;
            for (const std::string& each : option.names)
                values += "        '" + name + " " + each + "') kind=" + bash_kind(option.value) +
                          " words=" + quoted(joined(option.choices)) + " ;;\n";
        }
        options += "        " + quoted(name) + ") words=" + quoted(joined(names)) + " ;;\n";
    }
    std::string keys, of_keys;
    for (const parameter& each : parameters()) {
        keys += (keys.empty() ? "" : " ") + each.key + "=";
        if (!each.values.empty())
            of_keys += "            " + each.key + ") words=" + quoted(joined(each.values)) + " ;;\n";
    }
    return R"(# bash completion for pade-sim; made by: pade-sim completion bash

# Sets kind and words for the value of option $2 of command $1.
_pade_sim_value() {
    case "$1 $2" in
)" + values +
           R"(        *) kind= ;;
    esac
}

# The same for the $2-th word of command $1 that is no option.
_pade_sim_place() {
    case "$1 $2" in
)" + places +
           R"(        *) kind=nothing ;;
    esac
}

_pade_sim_options() {
    case "$1" in
)" + options +
           R"(    esac
}

_pade_sim_parameter() {
    words=
    if [[ $1 != *=* ]]; then
        words=')" +
           keys + R"('
    else
        case "${1%%=*}" in
)" + of_keys +
           R"(        esac
    fi
}

_pade_sim() {
    local -a line=()
    local word kind= words= command= previous= current= shown= count=0 i
    # readline takes group.name=value for three words
    for (( i = 1; i <= COMP_CWORD; i++ )); do
        word=${COMP_WORDS[i]}
        if (( ${#line[@]} > 0 )) && [[ $word == =* || ${line[-1]} == *= ]] && [[ $COMP_LINE == *"${line[-1]}$word"* ]]; then
            line[-1]+=$word
        else
            line+=("$word")
        fi
    done
    current=${line[-1]}
    unset 'line[-1]'

    for word in "${line[@]}"; do
        if [[ -n $kind ]]; then  # the value of the option before it
            kind=
        elif [[ $word == -* ]]; then
            [[ $word == *=* ]] || _pade_sim_value "$command" "$word"
        elif [[ -z $command ]]; then
            command=$word
        else
            (( ++count ))
        fi
        previous=$word
    done

    shown=$current
    if [[ -z $kind && $current == --*=* ]]; then
        _pade_sim_value "$command" "${current%%=*}"
        shown=${current#*=}
    elif [[ -z $kind && $current == -* ]]; then
        _pade_sim_options "$command"
        kind=choice
    elif [[ -z $kind && -z $command ]]; then
        words=')" +
           joined(commands) + R"('
        kind=choice
    elif [[ -z $kind ]]; then
        _pade_sim_place "$command" $(( count + 1 ))
    fi

    local IFS=$'\n'
    COMPREPLY=()
    case $kind in
        choice) COMPREPLY=($(IFS=' '; compgen -W "$words" -- "$shown")) ;;
        folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$shown")) ;;
        file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$shown")) ;;
        preset)
            compopt -o filenames 2>/dev/null
            COMPREPLY=($(IFS=' '; compgen -W ')" +
           joined(preset_names()) + R"(' -- "$shown") $(compgen -f -- "$shown")) ;;
        parameter)
            _pade_sim_parameter "$shown"
            if [[ $shown == *=* ]]; then
                COMPREPLY=($(IFS=' '; compgen -P "${shown%%=*}=" -W "$words" -- "${shown#*=}"))
            else
                compopt -o nospace 2>/dev/null
                COMPREPLY=($(IFS=' '; compgen -W "$words" -- "$shown"))
            fi ;;
    esac
    # What stands before the = is already on the line, as a word of its own.
    if [[ $shown == *=* && $COMP_WORDBREAKS == *=* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${shown%"${shown##*=}"}"}")
    fi
}
complete -F _pade_sim pade-sim
)";
}

std::string zsh_completion(const std::vector<command_doc>& tree) {
    std::string keys, values, commands, cases;
    for (const parameter& each : parameters()) {
        keys += (keys.empty() ? "" : " ") + each.key + "=";
        if (!each.values.empty())
            values += "        " + each.key + " " + quoted(joined(each.values)) + "\n";
    }
    for (std::size_t n = 1; n < tree.size(); ++n) {
        commands += "        " + quoted(tree[n].name + ":" + zsh_text(tree[n].text)) + "\n";
        cases += "        " + tree[n].name + ")\n            _arguments" + zsh_arguments(tree[n], "                ") +
                 " ;;\n";
    }
    return R"(#compdef pade-sim
# zsh completion for pade-sim; made by: pade-sim completion zsh

_pade_sim_presets() {
    local -a names=()" +
           joined(preset_names()) + R"()
    _alternative 'presets:preset:($names)' 'files:file:_files'
}

_pade_sim_parameters() {
    local -A values=(
)" + values +
           R"(    )
    local -a keys=()" +
           keys + R"()
    if compset -P '*='; then
        compadd -- ${=values[${IPREFIX%=}]}
    else
        compadd -S '' -- $keys
    fi
}

_pade_sim() {
    local curcontext="$curcontext" state line
    local -a commands=(
)" + commands +
           R"(    )
    _arguments -C)" +
           zsh_arguments(tree.front(), "        ") + R"( \
        '1:command:->command' '*::argument:->argument'
    case $state in
    command) _describe command commands ;;
    argument)
        case $words[1] in
)" + cases +
           R"(        esac ;;
    esac
}

_pade_sim "$@"
)";
}

std::string fish_completion(const std::vector<command_doc>& tree) {
    std::string text = "# fish completion for pade-sim; made by: pade-sim completion fish\n\ncomplete -c pade-sim -f\n";
    std::vector<std::string> commands, keys;
    for (std::size_t n = 1; n < tree.size(); ++n)
        commands.push_back(tree[n].name);
    for (const parameter& each : parameters()) {
        if (each.values.empty())
            keys.push_back(each.key + "=");
        for (const std::string& value : each.values)
            keys.push_back(each.key + "=" + value);
    }
    const auto value_of = [&](const option_doc& option) -> std::string {
        switch (option.value) {
            case value_kind::choice:
                return " -x -a " + quoted(joined(option.choices));
            case value_kind::folder:
                return " -x -a '(__fish_complete_directories)'";
            case value_kind::file:
                return " -r -F";
            case value_kind::preset_or_file:
                return " -r -F -a " + quoted(joined(preset_names()));
            case value_kind::parameter:
                return " -x -a " + quoted(joined(keys));
            case value_kind::none:
                return "";
            case value_kind::number:
            case value_kind::text:
                break;
        }
        return " -x";
    };
    for (const command_doc& command : tree) {
        const bool top = &command == &tree.front();
        const std::string when = top ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + command.name;
        if (!top)
            text += "complete -c pade-sim -n __fish_use_subcommand -a " + command.name + " -d " +
                    quoted(first_line(command.text)) + "\n";
        for (const option_doc& option : command.options) {
            std::string names;
            for (const std::string& name : option.names)
                if (!option.positional)
                    names += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
            std::string value = value_of(option);
            if (option.positional)  // -x and -r speak of an option's value
                value =
                    option.value == value_kind::file ? " -F" : value.substr(std::min(value.find(" -a"), value.size()));
            text += "complete -c pade-sim -n " + quoted(when) + names + value + " -d " +
                    quoted(first_line(option.text)) + "\n";
        }
    }
    return text;
}

}  // namespace pade
