// pade-sim manual: the manual page, roff of section 1, made from the command line's own description; pade-sim
// completion: what a shell completes by, made from the same.
#pragma once

#include <string>
#include <vector>

#include "testbench/app/command_tree.h"

namespace pade {

struct completion_arguments {
    std::string shell;
};

void add_completion_options(CLI::App& app, completion_arguments& args);
/// app: the whole program.
int completion_command(const CLI::App& app, const completion_arguments& args);
int manual_command(const CLI::App& app);

std::string manual_page(const std::vector<command_doc>& tree);
std::string bash_completion(const std::vector<command_doc>& tree);
std::string zsh_completion(const std::vector<command_doc>& tree);
std::string fish_completion(const std::vector<command_doc>& tree);

}  // namespace pade
