// The command log as text (docs/dram-audit.md): one command a line,
//
//     CYCLE CHANNEL COMMAND BANK_GROUP BANK ROW COLUMN
//
// with `-` for a field that the command has not.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tlm/dram/dram_command.h"

namespace pade {

/// Begins messages; becomes text only when there is one.
struct log_place {
    const std::string& file;
    std::uint64_t line;
    /// "FILE, line N"
    std::string text() const;
};

/// One line without its end. Throws input_error.
dram_command parse_command(std::string_view line, const log_place& where);

struct close_file {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Writes PATH.partial and renames it in finish(), so that there is never half a log at PATH; an earlier file is
/// replaced. Without finish() nothing is left. Errors are input_errors.
class command_log_writer {
  public:
    explicit command_log_writer(std::string path);
    ~command_log_writer();
    command_log_writer(const command_log_writer&) = delete;
    command_log_writer& operator=(const command_log_writer&) = delete;

    void write(const dram_command& command);
    /// `end_cycle`: up to when the log says what happened, at or after its last command.
    void finish(cycle_t end_cycle);
    std::uint64_t commands() const { return commands_; }

  private:
    void flush();
    [[noreturn]] void fail(const std::string& what) const;

    const std::string path_, partial_;
    std::unique_ptr<std::FILE, close_file> file_;
    std::vector<char> buffer_;
    std::size_t used_ = 0;
    std::uint64_t commands_ = 0;
};

/// Reads a log line by line in constant memory. Errors are input_errors with file, line and what is allowed.
class command_log_reader {
  public:
    explicit command_log_reader(std::string path);

    /// False at the end.
    bool next(dram_command& command);
    /// Where the last command came from.
    log_place where() const { return {path_, line_}; }
    /// Once next() gave false: whether the log says where it ends, and the cycle.
    bool has_end() const { return has_end_; }
    cycle_t end_cycle() const { return end_; }

  private:
    bool next_line(std::string_view& text);

    const std::string path_;
    std::unique_ptr<std::FILE, close_file> file_;
    std::vector<char> buffer_;
    std::size_t first_ = 0, last_ = 0;  // what is read and not yet used
    bool at_end_of_file_ = false;
    std::uint64_t line_ = 0;
    bool has_end_ = false;
    cycle_t end_ = 0;
};

}  // namespace pade
