#include "tlm/dram/audit/command_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "model/errors.h"
#include "tlm/dram/audit/dram_rules.h"

namespace pade {

namespace {

constexpr std::string_view first_line = "# DRAM command log, format 1";
constexpr std::string_view header =
    "# DRAM command log, format 1\n# CYCLE CHANNEL COMMAND BANK_GROUP BANK ROW COLUMN\n";
constexpr std::size_t buffer_bytes = 1 << 18;
constexpr std::size_t longest_line = 256;

enum field : std::size_t {
    cycle_field,
    channel_field,
    command_field,
    group_field,
    bank_field,
    row_field,
    column_field
};
constexpr std::size_t fields = 7;
constexpr std::array<const char*, fields> field_names = {"CYCLE", "CHANNEL", "COMMAND", "BANK_GROUP",
                                                         "BANK",  "ROW",     "COLUMN"};

/// Fields from the bank group on that a command has.
std::size_t fields_after_command(dram_command_kind kind) {
    switch (kind) {
        case dram_command_kind::activate:
            return 3;
        case dram_command_kind::precharge:
        case dram_command_kind::refresh_bank:
            return 2;
        case dram_command_kind::precharge_all:
        case dram_command_kind::refresh:
            return 0;
        case dram_command_kind::read:
        case dram_command_kind::write:
            return 4;
    }
    throw internal_error("dram command: no such kind");
}

[[noreturn]] void refuse(const std::string& where, const std::string& what, const std::string& allowed) {
    throw input_error(fmt::format("{}: {}; allowed: {}", where, what, allowed));
}

[[noreturn]] void refuse(const log_place& where, const std::string& what, const std::string& allowed) {
    refuse(where.text(), what, allowed);
}

using words = std::array<std::string_view, fields>;

words split(std::string_view line, const log_place& where) {
    words parts;
    std::size_t count = 0;
    for (std::size_t at = 0; at < line.size();) {
        if (line[at] == ' ' || line[at] == '\t') {
            ++at;
            continue;
        }
        const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
        if (count < fields)
            parts[count] = line.substr(at, end - at);
        ++count;
        at = end;
    }
    if (count != fields)
        refuse(where, fmt::format("{} fields", count), "7, CYCLE CHANNEL COMMAND BANK_GROUP BANK ROW COLUMN");
    return parts;
}

template <typename T>
T number(std::string_view text, field name, T most, const log_place& where) {
    T value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most)
        refuse(where, fmt::format("{} is '{}'", field_names[name], text), fmt::format("integers from 0 to {}", most));
    return value;
}

cycle_t cycle_number(const words& parts, const log_place& where) {
    return number<cycle_t>(parts[cycle_field], cycle_field, (cycle_t{1} << 62) - 1, where);
}

void must_be_empty(const words& parts, field name, const log_place& where) {
    if (parts[name] != "-")
        refuse(where, fmt::format("{} is '{}'", field_names[name], parts[name]),
               fmt::format("-, for {} has none", parts[command_field]));
}

dram_command_kind kind_of(std::string_view text, const log_place& where) {
    for (std::size_t n = 0; n < dram_command_kinds; ++n)
        if (text == name_of(static_cast<dram_command_kind>(n)))
            return static_cast<dram_command_kind>(n);
    refuse(where, fmt::format("COMMAND is '{}'", text), "ACT, PRE, PREA, REF, REFSB, RD, WR");
}

dram_command command_of(const words& parts, const log_place& where) {
    dram_command c;
    c.cycle = cycle_number(parts, where);
    c.channel = number<unsigned>(parts[channel_field], channel_field, ~0u, where);
    c.kind = kind_of(parts[command_field], where);
    const std::size_t own = fields_after_command(c.kind);
    unsigned* const values[] = {&c.bank_group, &c.bank, &c.row, &c.column};
    for (std::size_t n = 0; n < 4; ++n) {
        const auto name = static_cast<field>(group_field + n);
        if (n < own)
            *values[n] = number<unsigned>(parts[name], name, ~0u, where);
        else
            must_be_empty(parts, name, where);
    }
    return c;
}

cycle_t end_of(const words& parts, const log_place& where) {
    must_be_empty(parts, channel_field, where);
    for (std::size_t n = group_field; n < fields; ++n)
        must_be_empty(parts, static_cast<field>(n), where);
    return cycle_number(parts, where);
}

}  // namespace

std::string log_place::text() const {
    return fmt::format("{}, line {}", file, line);
}

dram_command parse_command(std::string_view line, const log_place& where) {
    return command_of(split(line, where), where);
}

// ---- writer -------------------------------------------------------------------------------------------------------

command_log_writer::command_log_writer(std::string path)
    : path_(std::move(path)), partial_(path_ + ".partial"), buffer_(buffer_bytes) {
    std::error_code error;
    if (std::filesystem::exists(path_, error) && !std::filesystem::is_regular_file(path_, error))
        fail("it is there and is no file");
    file_.reset(std::fopen(partial_.c_str(), "wb"));
    if (!file_)
        fail(std::strerror(errno));
    std::copy(header.begin(), header.end(), buffer_.begin());
    used_ = header.size();
}

command_log_writer::~command_log_writer() {
    if (!file_)
        return;
    file_.reset();
    std::remove(partial_.c_str());
}

void command_log_writer::fail(const std::string& what) const {
    throw input_error(
        fmt::format("{}: cannot be written: {}; allowed: a file in a folder that exists, can be written and "
                    "has room",
                    path_, what));
}

void command_log_writer::flush() {
    if (std::fwrite(buffer_.data(), 1, used_, file_.get()) != used_)
        fail(std::strerror(errno));
    used_ = 0;
}

void command_log_writer::write(const dram_command& c) {
    if (used_ + longest_line > buffer_.size())
        flush();
    char* at = buffer_.data() + used_;
    char* const end = buffer_.data() + buffer_.size();
    at = std::to_chars(at, end, c.cycle).ptr;
    *at++ = ' ';
    at = std::to_chars(at, end, c.channel).ptr;
    *at++ = ' ';
    for (const char* name = name_of(c.kind); *name != 0; ++name)
        *at++ = *name;
    const std::size_t own = fields_after_command(c.kind);
    const unsigned values[] = {c.bank_group, c.bank, c.row, c.column};
    for (std::size_t n = 0; n < 4; ++n) {
        *at++ = ' ';
        if (n < own)
            at = std::to_chars(at, end, values[n]).ptr;
        else
            *at++ = '-';
    }
    *at++ = '\n';
    used_ = static_cast<std::size_t>(at - buffer_.data());
    ++commands_;
}

void command_log_writer::finish(cycle_t end_cycle) {
    flush();
    const std::string last = fmt::format("{} - END - - - -\n", end_cycle);
    std::copy(last.begin(), last.end(), buffer_.begin());
    used_ = last.size();
    flush();
    if (std::fflush(file_.get()) != 0)
        fail(std::strerror(errno));
    file_.reset();
    if (std::rename(partial_.c_str(), path_.c_str()) != 0) {
        const std::string why = std::strerror(errno);
        std::remove(partial_.c_str());
        fail(why);
    }
}

// ---- reader -------------------------------------------------------------------------------------------------------

command_log_reader::command_log_reader(std::string path) : path_(std::move(path)), buffer_(buffer_bytes) {
    std::error_code error;
    const auto status = std::filesystem::status(path_, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
        refuse(path_, "is no regular file", "a DRAM command log");  // a FIFO would block
    file_.reset(std::fopen(path_.c_str(), "rb"));
    if (!file_)
        refuse(path_, std::strerror(errno), "a DRAM command log");
    std::string_view text;
    if (!next_line(text) || text != first_line)
        refuse(log_place{path_, 1}, "no DRAM command log of format 1", fmt::format("'{}'", first_line));
}

bool command_log_reader::next_line(std::string_view& text) {
    for (;;) {
        const char* const begin = buffer_.data() + first_;
        const auto* const end = static_cast<const char*>(std::memchr(begin, '\n', last_ - first_));
        if (end != nullptr || (at_end_of_file_ && first_ != last_)) {
            const std::size_t length = end != nullptr ? static_cast<std::size_t>(end - begin) : last_ - first_;
            text = {begin, length};
            first_ += length + (end != nullptr ? 1 : 0);
            ++line_;
            if (!text.empty() && text.back() == '\r')
                text.remove_suffix(1);
            return true;
        }
        if (at_end_of_file_)
            return false;
        if (first_ == 0 && last_ == buffer_.size())
            refuse(log_place{path_, line_ + 1}, "a line without an end",
                   fmt::format("lines below {} bytes", buffer_.size()));
        std::memmove(buffer_.data(), begin, last_ - first_);
        last_ -= first_;
        first_ = 0;
        const std::size_t got = std::fread(buffer_.data() + last_, 1, buffer_.size() - last_, file_.get());
        if (got == 0 && std::ferror(file_.get()) != 0)
            refuse(path_, "cannot be read", "a DRAM command log");
        at_end_of_file_ = got == 0;
        last_ += got;
    }
}

bool command_log_reader::next(dram_command& command) {
    for (std::string_view text; next_line(text);) {
        const std::size_t begin = text.find_first_not_of(" \t");
        if (begin == std::string_view::npos || text[begin] == '#')
            continue;
        if (has_end_)
            refuse(where(), "something after END", "END as the last line");
        const words parts = split(text, where());
        if (parts[command_field] != "END") {
            command = command_of(parts, where());
            return true;
        }
        end_ = end_of(parts, where());
        has_end_ = true;
    }
    return false;
}

}  // namespace pade
