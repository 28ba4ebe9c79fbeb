// Runs commands as processes of their own, some at a time: a SystemC simulation cannot be repeated within a process.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace pade {

struct process_job {
    std::vector<std::string> command;  ///< program and arguments; the program is a path
    std::filesystem::path log;         ///< takes stdout and stderr
};

struct process_outcome {
    int exit_code = 0;  ///< 128 + number when a signal ended it
    double wall_s = 0;
};

/// Runs all, at most `parallel` at a time, in the order of the list. done(n, outcome) is called as each ends, in this
/// thread. Throws internal_error when a process cannot be started, input_error when its log cannot be written. When it
/// throws, or this process ends, the others end too, if they are of this program (end_with_parent).
void run_processes(const std::vector<process_job>& jobs, unsigned parallel,
                   const std::function<void(std::size_t, const process_outcome&)>& done);

/// For the program's main: a process that run_processes started does not outlive its parent.
void end_with_parent();

/// The program that is running.
std::string this_program();

}  // namespace pade
