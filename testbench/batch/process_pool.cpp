#include "testbench/batch/process_pool.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>

#include "model/errors.h"

extern char** environ;

namespace pade {

namespace {

constexpr const char* parent_variable = "PADE_BATCH_PARENT";

pid_t start(const process_job& job) {
    const int log = ::open(job.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (log < 0)
        throw input_error(job.log.string() + ": cannot be written: " + std::strerror(errno) +
                          "; allowed: a folder that can be written");
    ::close(log);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, job.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    std::vector<char*> arguments;
    for (const std::string& word : job.command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t pid = 0;
    const int error = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw internal_error("cannot start " + job.command[0] + ": " + std::strerror(error));
    return pid;
}

}  // namespace

void run_processes(const std::vector<process_job>& jobs, unsigned parallel,
                   const std::function<void(std::size_t, const process_outcome&)>& done) {
    using clock = std::chrono::steady_clock;
    struct running {
        std::size_t job;
        clock::time_point begin;
    };
    // Whatever ends this, no process is left behind.
    struct live_processes : std::map<pid_t, running> {
        ~live_processes() {
            for (const auto& [pid, unused] : *this)
                ::kill(pid, SIGTERM);
            for (const auto& [pid, unused] : *this)
                ::waitpid(pid, nullptr, 0);
        }
    } live;
    ::setenv(parent_variable, std::to_string(::getpid()).c_str(), 1);
    std::size_t next = 0;
    while (next != jobs.size() || !live.empty()) {
        while (next != jobs.size() && live.size() < std::max(parallel, 1u)) {
            const pid_t pid = start(jobs[next]);
            live[pid] = {next, clock::now()};
            ++next;
        }
        int status = 0;
        const pid_t pid = ::wait(&status);
        if (pid < 0) {
            if (errno == EINTR)
                continue;
            throw internal_error(std::string("waiting for a run failed: ") + std::strerror(errno));
        }
        const auto found = live.find(pid);
        if (found == live.end())
            continue;
        process_outcome outcome;
        outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        outcome.wall_s = std::chrono::duration<double>(clock::now() - found->second.begin).count();
        const std::size_t job = found->second.job;
        live.erase(found);
        done(job, outcome);
    }
}

void end_with_parent() {
    const char* parent = std::getenv(parent_variable);
    if (parent == nullptr)
        return;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (std::to_string(::getppid()) != parent)
        std::_Exit(128 + SIGTERM);  // it was gone before
}

std::string this_program() {
    return std::filesystem::read_symlink("/proc/self/exe").string();
}

}  // namespace pade
