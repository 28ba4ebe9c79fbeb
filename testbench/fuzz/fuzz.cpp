#include "testbench/fuzz/fuzz.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <systemc>

#include "testbench/report/printable.h"

// The counters of -fsanitize-coverage=inline-8bit-counters, between symbols that the linker makes; none without it.
extern "C" {
__attribute__((weak, visibility("hidden"))) extern char __start___sancov_cntrs[];
__attribute__((weak, visibility("hidden"))) extern char __stop___sancov_cntrs[];
}

// libsystemc asks for it; targets build their modules themselves.
int sc_main(int, char**) {
    return 0;
}

namespace pade::fuzz {

namespace {

/// Puts memory shared with later children in place of the pages that hold counters only; the two ends of the section,
/// less than a page each, stay as they are.
void share_counters() {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto start = reinterpret_cast<std::uintptr_t>(__start___sancov_cntrs);
    const std::uintptr_t begin = (start + page - 1) / page * page;
    const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(__stop___sancov_cntrs) / page * page;
    if (start == 0 || begin >= end)
        return;
    const std::size_t size = end - begin;
    void* const pages = reinterpret_cast<void*>(begin);
    const std::string counted(static_cast<const char*>(pages), size);
    if (::mmap(pages, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != pages) {
        std::perror("fuzz: coverage counters cannot be shared");
        std::abort();
    }
    std::memcpy(pages, counted.data(), size);
}

[[noreturn]] void child(const std::function<int()>& simulate, unsigned seconds) {
    ::signal(SIGALRM, SIG_DFL);
    ::alarm(seconds);
    int code = exit_code::internal;
    try {
        using namespace sc_core;
        sc_report_handler::set_actions("/OSCI/SystemC", SC_DO_NOTHING);
        sc_report_handler::set_actions(SC_WARNING, SC_THROW);
        sc_report_handler::set_actions(SC_ERROR, SC_THROW);
        code = simulate();
    } catch (const input_error& error) {
        require_proper(error);
        std::fprintf(stderr, "refused: %s\n", printable(error.what()).c_str());
        code = exit_code::bad_input;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "internal error: %s\n", error.what());
    }
    std::fflush(nullptr);
    ::_exit(code);
}

unsigned simulated = 0;
unsigned refused = 0;

void print_counts() {
    std::fprintf(stderr, "fuzz: %u inputs simulated, %u refused\n", simulated, refused);
}

}  // namespace

void finding(const std::string& what) {
    std::fprintf(stderr, "fuzz: finding: %s\n", what.c_str());
    std::abort();
}

void require_proper(const input_error& error) {
    const std::string raw = error.what();
    const std::string text = printable(raw);
    require(!text.empty(), "a refusal without a message");
    require(text.find('\n') == std::string::npos, "a refusal of several lines: " + text);
    require(text.find("allowed: ") != std::string::npos, "a refusal that does not say what is allowed: " + text);
    require(text.size() < 4000, "a refusal that quotes too much: " + text.substr(0, 200) + "...");
}

int in_child(const std::function<int()>& simulate, unsigned seconds) {
    static const bool first = [] {
        ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
        share_counters();
        std::atexit(print_counts);
        return true;
    }();
    (void)first;
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid < 0) {
        std::perror("fuzz: fork");
        ::_exit(1);
    }
    if (pid == 0)
        child(simulate, seconds);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        finding("no end within " + std::to_string(seconds) + " s");
    require(WIFEXITED(status), "the child ended with signal " + std::to_string(WTERMSIG(status)));
    const int code = WEXITSTATUS(status);
    require(code == exit_code::ok || code == exit_code::bad_input, "exit code " + std::to_string(code));
    ++simulated;
    refused += code == exit_code::bad_input ? 1 : 0;
    return code;
}

}  // namespace pade::fuzz
