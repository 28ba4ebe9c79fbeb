#include "testbench/app/manual_command.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "model/errors.h"
#include "model/presets.h"
#include "testbench/report/version.h"

namespace pade {

namespace {

/// Text of a roff page: a hyphen stays what the user must type, a line does not become a request.
std::string roff(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
            out += std::string("\\&") + c;
        else if (c == '\n')
            out += "\n.br\n";
        else
            out += c;
    }
    return out;
}

std::string bold(const std::string& text) {
    return "\\fB" + roff(text) + "\\fR";
}
std::string italic(const std::string& text) {
    return text.empty() ? "" : "\\fI" + roff(text) + "\\fR";
}

/// "--trace DIR", "-h, --help", "A".
std::string head_of(const option_doc& option) {
    if (option.positional)
        return italic(option.names[0]);
    std::string text;
    for (const std::string& name : option.names)
        text += (text.empty() ? "" : ", ") + bold(name);
    const std::string value = option.placeholder();
    return value.empty() ? text : text + " " + italic(value);
}

std::string entry(const option_doc& option) {
    std::string text = ".TP\n" + head_of(option) + "\n" + roff(option.text);
    if (!option.default_value.empty())
        text += " (default: " + roff(option.default_value) + ")";
    return text + "\n";
}

std::string section(const command_doc& command) {
    std::string line = "pade-sim " + command.name;
    std::string text = ".SS " + roff(line) + "\n" + bold(line);
    for (const bool positional : {false, true})
        for (const option_doc& option : command.options)
            if (option.required && option.positional == positional)
                text += " " + head_of(option);
    text += " [" + italic("OPTIONS") + "]\n.PP\n" + roff(command.text) + "\n";
    for (const option_doc& option : command.options)
        text += entry(option);
    return text;
}

/// A preset's parameters, as --set would give them.
std::string settings(const std::string_view& json) {
    std::string text;
    const auto flat = nlohmann::ordered_json::parse(json).flatten();
    for (const auto& [path, value] : flat.items()) {
        std::string key = path.substr(1);
        for (char& c : key)
            if (c == '/')
                c = '.';
        text += (text.empty() ? "" : ", ") + key + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
    }
    return text.empty() ? "the defaults" : text;
}

constexpr const char* description = R"(.SH DESCRIPTION
PADE is an accelerator for sparse attention without a predictor: it reads the keys of attention one bit plane at a time,
and stops reading a key as soon as an interval around its partial score shows that it cannot matter.
.B pade\-sim
models it cycle by cycle, on the Q, K and V of real language models, moves their bytes through an HBM2 controller, and
holds each result against a golden reference.
.PP
A trace set is a folder with a
.I manifest.json
and NPY files. Results go into a folder that is made, and is only there when the run has finished. Nothing is
written but what the command line names, and the network is not used.
)";

constexpr const char* endings = R"(.SH EXIT STATUS
.TP
.B 0
finished, and every check held
.TP
.B 2
bad input: one sentence on standard error says what, where and what is allowed; nothing is left behind
.TP
.B 3
a check failed; the results are there to be looked at
.TP
.B 4
the model got stuck, or an internal error
.SH FILES
Of one run, in the folder given by
.BR \-\-out :
.TP
.I stats.json
all figures
.TP
.I config.json
all parameters; given to
.B \-\-config
it reproduces the run
.TP
.I output.npy
float32 [heads, queries, head_dim], the attention output
.TP
.I retained.npy
int32 [pairs, 4]: head, query, key and integer score of each retained pair
.TP
.I queries.npy
float64 [heads, queries, 3]: keys retained, softmax mass lost, and at most lost
.SH EXAMPLES
One head of a trace set, then the same with a more aggressive guard, and what that changed:
.PP
.nf
.RS
pade\-sim run \-\-trace l7\-prefill\-s512\-kjv \-\-head 0 \-\-out base
pade\-sim run \-\-trace l7\-prefill\-s512\-kjv \-\-head 0 \-\-set guard.alpha=0.6 \-\-out aggressive
pade\-sim diff base aggressive
.RE
.fi
.PP
The memory alone, and its commands held against the rules of the memory:
.PP
.nf
.RS
pade\-sim dram \-\-pattern random \-\-count 2000 \-\-command\-log commands.txt
pade\-sim audit commands.txt
.RE
.fi
.SH SEE ALSO
The documents installed beside the program, in
.IR share/doc/pade\-tlm :
tutorial.md, statistics.md (each figure), parameters.md, trace\-format.md, packaging.md.
)";

}  // namespace

std::string manual_page(const std::vector<command_doc>& tree) {
    std::string text =
        ".\\\" Made by: pade-sim manual\n.TH PADE\\-SIM 1 \"\" \"pade\\-tlm " +
        roff(version_text().substr(0, version_text().find(' '))) +
        "\" \"User Commands\"\n.SH NAME\npade\\-sim \\- SystemC/TLM\\-2.0 model of the PADE sparse\\-attention "
        "accelerator\n.SH SYNOPSIS\n.B pade\\-sim\n[" +
        italic("OPTIONS") + "] " + italic("COMMAND") + " [" + italic("COMMAND OPTIONS") + "]\n" + description +
        ".SH OPTIONS\n";
    for (const option_doc& option : tree.front().options)
        text += entry(option);
    text += ".SH COMMANDS\n";
    for (std::size_t n = 1; n < tree.size(); ++n)
        text += section(tree[n]);
    text +=
        ".SH PARAMETERS\n.B pade\\-sim params\nlists every parameter with its default, unit, range and source.\n"
        ".SH PRESETS\nSets of parameters that belong together, built into the program, for\n.BR \\-\\-config :\n";
    for (const preset& each : presets())
        text += ".TP\n" + bold(std::string(each.name)) + "\n" + roff(settings(each.json)) + "\n";
    return text + endings;
}

int manual_command(const CLI::App& app) {
    std::cout << manual_page(command_tree(app));
    return exit_code::ok;
}

void add_completion_options(CLI::App& app, completion_arguments& args) {
    app.add_option("shell", args.shell, "the shell that is to read it")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

int completion_command(const CLI::App& app, const completion_arguments& args) {
    const std::vector<command_doc> tree = command_tree(app);
    std::cout << (args.shell == "bash"  ? bash_completion(tree)
                  : args.shell == "zsh" ? zsh_completion(tree)
                                        : fish_completion(tree));
    return exit_code::ok;
}

}  // namespace pade
