#include "testbench/batch/run_batch.h"

#include <fstream>
#include <sstream>

#include "model/errors.h"
#include "testbench/batch/figures_of.h"
#include "testbench/batch/process_pool.h"
#include "testbench/output/whole_file.h"
#include "testbench/report/version.h"
#include "testbench/trace/sha256.h"

namespace pade {

namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error))  // a FIFO would block; its run says what is wrong
        return "";
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// What a finished folder was made from, the program's own bytes included.
std::string recipe_of(const planned_run& run) {
    static const std::string program = sha256_hex(text_of("/proc/self/exe"));
    std::string text = version_details() + "\n" + program + "\n";
    for (const std::string& word : run.arguments)
        text += word + "\n";
    for (const fs::path& input : run.inputs)
        text += sha256_hex(text_of(input)) + " " + input.string() + "\n";
    return text;
}

bool readable(const fs::path& out) {
    try {
        (void)figures_of(out);
        return true;
    } catch (const input_error&) {
        return false;
    }
}

/// Only what is the result of a run, or nothing, may be replaced.
void require_ours(const fs::path& out) {
    std::error_code error;
    if (!fs::exists(out, error) || (fs::is_directory(out, error) && fs::is_empty(out, error)))
        return;
    if (!fs::is_directory(out, error) || !fs::exists(out / "config.json", error) ||
        fs::exists(out / "manifest.json", error))
        throw input_error(out.string() +
                          ": is there and no result of a run; allowed: a new name, or the folder of an "
                          "earlier call");
}

/// The line that the program says last when it fails.
std::string message_in(const fs::path& log) {
    std::istringstream text(text_of(log));
    std::string message;
    for (std::string line; std::getline(text, line);)
        if (line.rfind("pade-sim: ", 0) == 0 && line.rfind("pade-sim: to reproduce", 0) != 0)
            message += (message.empty() ? "" : " ") + line.substr(10);
    return message;
}

}  // namespace

std::vector<finished_run> run_batch(const std::vector<planned_run>& plan, const batch_options& options) {
    const std::string program = this_program();
    std::vector<finished_run> results(plan.size());
    std::vector<process_job> jobs;
    std::vector<std::size_t> number_of;
    std::size_t done = 0;
    const auto note = [&](std::size_t n) {
        ++done;
        if (options.on_done)
            options.on_done(plan[n], results[n], done);
    };
    for (std::size_t n = 0; n < plan.size(); ++n) {
        finished_run& result = results[n];
        result.out = options.out / plan[n].name;
        const fs::path recipe = result.out.string() + ".recipe";
        if (!options.again && text_of(recipe) == recipe_of(plan[n]) && readable(result.out)) {
            result.resumed = true;
            note(n);
            continue;
        }
        std::error_code error;
        fs::create_directories(result.out.parent_path(), error);
        if (error)
            throw input_error(result.out.parent_path().string() + ": cannot be made (" + error.message() +
                              "); allowed: a folder that can be written");
        require_ours(result.out);
        process_job job;
        job.command = {program, "run", "--out", result.out.string(), "--force"};
        job.command.insert(job.command.end(), plan[n].arguments.begin(), plan[n].arguments.end());
        job.log = result.out.string() + ".log";
        jobs.push_back(std::move(job));
        number_of.push_back(n);
    }
    run_processes(jobs, options.jobs, [&](std::size_t job, const process_outcome& outcome) {
        const std::size_t n = number_of[job];
        finished_run& result = results[n];
        result.exit_code = outcome.exit_code;
        result.wall_s = outcome.wall_s;
        if (result.exit_code == exit_code::ok)
            write_whole_file(result.out.string() + ".recipe", recipe_of(plan[n]));
        else
            result.message = message_in(jobs[job].log);
        note(n);
    });
    return results;
}

}  // namespace pade
