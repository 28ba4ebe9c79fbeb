// pade-sim report: an HTML page of one finished run, or of two side by side.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace pade {

struct report_arguments {
    std::string out;
    std::string other;
    std::string html;
};
void add_report_options(CLI::App& app, report_arguments& args);
/// Throws input_error, and then has written nothing.
int report_command(const report_arguments& args);

}  // namespace pade
