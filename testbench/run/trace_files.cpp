#include "testbench/run/trace_files.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <sstream>

#include "model/errors.h"
#include "testbench/output/posix_file.h"
#include "testbench/output/whole_file.h"
#include "testbench/report/version.h"
#include "testbench/run/gtkw.h"
#include "tlm/kept_error.h"
#include "tlm/trace/vcd_writer.h"

extern char** environ;

namespace pade {

namespace {

constexpr const char* converter = "vcd2fst";

/// The converter's path, or empty.
std::filesystem::path find_converter() {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        std::filesystem::path candidate = std::filesystem::path(folder) / converter;
        if (::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return {};
}

void convert(const std::filesystem::path& program, const std::filesystem::path& vcd, const std::filesystem::path& fst) {
    std::string words[] = {program.string(), vcd.string(), fst.string()};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    pid_t child = 0;
    int status = 0;
    const int failed = ::posix_spawn(&child, words[0].c_str(), nullptr, nullptr, arguments, environ);
    if (failed != 0 || ::waitpid(child, &status, 0) != child || status != 0)
        throw input_error("--wave: " + words[0] + " failed; allowed: a name that ends with .vcd, or a " + converter +
                          " that works and room for its file");
}

/// A file that grows under another name. Errors arise inside the chip's processes: they are kept.
class growing_file final : public text_sink {
  public:
    growing_file(const std::filesystem::path& path, const char* ending)
        : partial_(path.string() + ending), file_(std::in_place, partial_) {}
    ~growing_file() override {
        std::error_code error;
        std::filesystem::remove(partial_, error);
    }
    growing_file(const growing_file&) = delete;
    growing_file& operator=(const growing_file&) = delete;

    void append(const char* data, std::size_t bytes) override {
        errors_.guard([&] { file_->append(data, bytes); });
    }
    const kept_error& errors() const { return errors_; }
    const std::filesystem::path& partial() const { return partial_; }
    void close() {
        errors_.rethrow();
        file_->close();
    }
    void rename_to(const std::filesystem::path& path) {
        std::error_code error;
        std::filesystem::rename(partial_, path, error);
        if (error)
            throw input_error(path.string() + ": cannot be written (" + error.message() +
                              "); allowed: a path in a writable folder");
    }

  private:
    std::filesystem::path partial_;
    std::optional<posix_file> file_;
    kept_error errors_;
};

}  // namespace

struct trace_files::files {
    files(const trace_options& o, const clock_params& clock)
        : options(o),
          period(sc_core::sc_time(1e6 / clock.core_mhz, sc_core::SC_PS).value()),
          dram_period(sc_core::sc_time(1e6 / clock.dram_mhz, sc_core::SC_PS).value()) {}

    trace_options options;
    wave_detail::tick period;  // of the core clock
    wave_detail::tick dram_period;
    bool fst = false;
    std::filesystem::path program;  // vcd2fst
    std::optional<growing_file> wave_file, log_file;
    std::optional<wave> waveform;
    std::optional<vcd_writer> writer;
    std::optional<transaction_log> log;
    tracing run;
};

trace_files::trace_files(const trace_options& o, const clock_params& clock)
    : files_(std::make_unique<files>(o, clock)) {
    files& f = *files_;
    if (o.from >= o.to)
        throw input_error("--wave-from " + std::to_string(o.from) + " with --wave-to " + std::to_string(o.to) +
                          ": an empty window; allowed: --wave-to above --wave-from");
    if (!o.wave.empty()) {
        check_whole_file(o.wave);
        f.fst = o.wave.extension() == ".fst";
        f.program = f.fst ? find_converter() : std::filesystem::path{};
        if (f.fst && f.program.empty())
            throw input_error("--wave " + o.wave.string() + ": " + converter +
                              " is not in PATH; allowed: a name that ends with .vcd, or Debian's package gtkwave");
        f.wave_file.emplace(o.wave, ".partial");
        f.waveform.emplace(o.scopes);
        f.writer.emplace(*f.wave_file, version_text(),
                         fmt::format("core clock {} ps, DRAM command clock {} ps", f.period, f.dram_period),
                         o.most_bytes);
        f.run.waveform = &*f.waveform;
    }
    if (!o.log.empty()) {
        check_whole_file(o.log);
        f.log_file.emplace(o.log, ".partial");
        f.log.emplace(*f.log_file, log_options{o.links, o.keys, o.from, o.to, o.most_bytes}, f.period);
        f.run.log = &*f.log;
    }
}

trace_files::~trace_files() = default;

tracing* trace_files::sinks() {
    return files_->options.any() ? &files_->run : nullptr;
}

void trace_files::start() {
    files& f = *files_;
    constexpr auto never = ~wave_detail::tick{0};
    const auto time_of = [&f](cycle_t cycle) { return cycle > never / f.period ? never : cycle * f.period; };
    if (f.waveform)
        f.waveform->start(*f.writer, time_of(f.options.from), time_of(f.options.to));
    if (f.log)
        f.log->check_links();
    check();
}

void trace_files::check() const {
    if (files_->wave_file)
        files_->wave_file->errors().rethrow();
    if (files_->log_file)
        files_->log_file->errors().rethrow();
}

std::vector<std::string> trace_files::close() {
    files& f = *files_;
    std::vector<std::string> lines;
    if (f.waveform) {
        f.waveform->finish();
        f.wave_file->close();
        std::filesystem::path save_file = f.options.wave;
        save_file.replace_extension(".gtkw");
        write_whole_file(save_file, gtkwave_save_file(f.waveform->paths_and_widths()));
        if (f.fst) {
            growing_file fst(f.options.wave, ".partial.fst");
            fst.close();
            convert(f.program, f.wave_file->partial(), fst.partial());
            fst.rename_to(f.options.wave);
        } else {
            f.wave_file->rename_to(f.options.wave);
        }
        lines.push_back(fmt::format("{}: {} signals, {:.1f} MB of changes, to cycle {}{}", f.options.wave.string(),
                                    f.waveform->signals(), static_cast<double>(f.writer->bytes()) / 1e6,
                                    f.writer->last_time() / f.period,
                                    f.writer->cut() ? ", cut there at the size of --wave-max-mb" : ""));
        lines.push_back(fmt::format("{}: one row, one lane, one channel, for gtkwave", save_file.string()));
    }
    if (f.log) {
        f.log->finish();
        f.log_file->close();
        f.log_file->rename_to(f.options.log);
        lines.push_back(fmt::format("{}: {} events{}", f.options.log.string(), f.log->lines(),
                                    f.log->cut() ? ", cut at the size of --wave-max-mb" : ""));
    }
    return lines;
}

}  // namespace pade
