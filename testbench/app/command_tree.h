// The command line as data, walked once from the parser's own description: the manual page and the completions are made
// of it, so that neither can name another option than the program takes.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace pade {

/// What a completion offers for a value.
enum class value_kind { none, number, text, choice, folder, file, preset_or_file, parameter };

struct option_doc {
    std::vector<std::string> names;  ///< with their dashes, short ones first; of a positional its one name
    bool positional = false;
    bool required = false;
    bool repeated = false;  ///< takes several values, or may be given several times
    value_kind value = value_kind::none;
    std::vector<std::string> choices;
    std::string default_value;  ///< empty: none that the parser knows
    std::string text;

    /// How a value of this option is written in a synopsis: DIR, FILE, N, a|b|c; empty for a flag.
    std::string placeholder() const;
};

struct command_doc {
    std::string name;
    std::string text;
    std::vector<option_doc> options;  ///< hidden ones are left out
};

/// The program itself first, then each command in its order.
std::vector<command_doc> command_tree(const CLI::App& app);

}  // namespace pade
