#include "testbench/app/report_command.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <vector>

#include "model/errors.h"
#include "testbench/output/whole_file.h"
#include "testbench/report/html/page.h"
#include "testbench/report/printable.h"

namespace pade {

namespace fs = std::filesystem;

namespace {

/// The files that the page is made of must not be replaced by it.
void require_no_result(const fs::path& page, const std::vector<fs::path>& runs) {
    std::error_code error;
    for (const fs::path& run : runs)
        for (const char* name :
             {"stats.json", "timeline.json", "config.json", "retained.npy", "output.npy", "queries.npy"})
            if (fs::equivalent(page, run / name, error) && !error)
                throw input_error("--html " + page.string() + ": is a result of the run; allowed: another name");
}

}  // namespace

void add_report_options(CLI::App& app, report_arguments& args) {
    app.add_option("out", args.out, "folder of a finished run")->required();
    app.add_option("out_b", args.other, "folder of another one, to be shown beside it on the same scales");
    app.add_option("--html", args.html,
                   "where to write the page (default: report.html in the run's folder, compare.html for two runs); an "
                   "earlier file is replaced");
}

int report_command(const report_arguments& args) {
    std::vector<fs::path> runs = {args.out};
    if (!args.other.empty())
        runs.push_back(args.other);
    const fs::path page =
        !args.html.empty() ? fs::path(args.html) : runs[0] / (runs.size() == 1 ? "report.html" : "compare.html");
    const std::string text = html::report_page(runs);
    require_no_result(page, runs);
    write_whole_file(page, text);
    std::cout << printable(page.string()) << "\n";
    return exit_code::ok;
}

}  // namespace pade
