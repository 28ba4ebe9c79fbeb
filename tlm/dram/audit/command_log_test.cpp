// The log's text form: what is written is read back, and what is no log is refused with file, line and what would do.
#include "tlm/dram/audit/command_log.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "model/errors.h"

using namespace pade;
using kind = dram_command_kind;
namespace fs = std::filesystem;

namespace {

struct folder {
    folder() {
        std::string name = (fs::temp_directory_path() / "command_log_XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("no temporary folder");
        path = name;
    }
    ~folder() { fs::remove_all(path); }
    std::string file(const std::string& name) const { return (path / name).string(); }
    std::string write(const std::string& text) const {
        std::ofstream(file("log")) << text;
        return file("log");
    }
    fs::path path;
};

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

bool same(const dram_command& a, const dram_command& b) {
    return a.cycle == b.cycle && a.channel == b.channel && a.kind == b.kind && a.bank == b.bank &&
           a.bank_group == b.bank_group && a.row == b.row && a.column == b.column;
}

std::vector<dram_command> read_all(command_log_reader& reader) {
    std::vector<dram_command> list;
    for (dram_command c; reader.next(c);)
        list.push_back(c);
    return list;
}

template <typename F>
std::string error_of(F&& f) {
    try {
        f();
    } catch (const input_error& error) {
        return error.what();
    }
    return "";
}

const std::string head = "# DRAM command log, format 1\n";

}  // namespace

TEST_CASE("each command has its fields and dashes for the rest") {
    const folder dir;
    command_log_writer writer(dir.file("log"));
    writer.write({7, 3, kind::activate, 1, 2, 99, 0});
    writer.write({8, 3, kind::precharge, 1, 2, 0, 0});
    writer.write({9, 3, kind::precharge_all, 0, 0, 0, 0});
    writer.write({10, 3, kind::refresh, 0, 0, 0, 0});
    writer.write({11, 3, kind::refresh_bank, 1, 2, 0, 0});
    writer.write({12, 3, kind::read, 1, 2, 99, 31});
    writer.write({13, 3, kind::write, 1, 2, 99, 0});
    CHECK(writer.commands() == 7);
    writer.finish(20);
    CHECK(text_of(dir.file("log")) ==
          "# DRAM command log, format 1\n"
          "# CYCLE CHANNEL COMMAND BANK_GROUP BANK ROW COLUMN\n"
          "7 3 ACT 1 2 99 -\n"
          "8 3 PRE 1 2 - -\n"
          "9 3 PREA - - - -\n"
          "10 3 REF - - - -\n"
          "11 3 REFSB 1 2 - -\n"
          "12 3 RD 1 2 99 31\n"
          "13 3 WR 1 2 99 0\n"
          "20 - END - - - -\n");
}

TEST_CASE("what is written is read back, over many buffers") {
    const folder dir;
    std::mt19937 random(7);
    std::vector<dram_command> list;
    for (unsigned n = 0; n < 60000; ++n) {
        dram_command c;
        c.cycle = (cycle_t{random()} << (random() % 30)) % (cycle_t{1} << 61);
        c.channel = static_cast<unsigned>(random() % 32);
        c.kind = static_cast<kind>(random() % 7);
        if (c.kind != kind::precharge_all && c.kind != kind::refresh) {
            c.bank_group = static_cast<unsigned>(random() % 16);
            c.bank = static_cast<unsigned>(random());
            if (c.kind != kind::precharge && c.kind != kind::refresh_bank)
                c.row = static_cast<unsigned>(random());
            if (c.kind == kind::read || c.kind == kind::write)
                c.column = static_cast<unsigned>(random());
        }
        list.push_back(c);
    }
    list.push_back({(cycle_t{1} << 62) - 1, ~0u, kind::write, ~0u, ~0u, ~0u, ~0u});
    command_log_writer writer(dir.file("log"));
    for (const dram_command& c : list)
        writer.write(c);
    writer.finish((cycle_t{1} << 62) - 1);
    REQUIRE(fs::file_size(dir.file("log")) > 3 * (1u << 18));

    command_log_reader reader(dir.file("log"));
    const auto back = read_all(reader);
    REQUIRE(back.size() == list.size());
    CHECK(std::equal(list.begin(), list.end(), back.begin(), same));
    CHECK(reader.has_end());
    CHECK(reader.end_cycle() == (cycle_t{1} << 62) - 1);
    CHECK(reader.where().line == list.size() + 3);
}

TEST_CASE("a log appears when it is finished, and not before") {
    const folder dir;
    {
        std::ofstream(dir.file("log")) << "an earlier one";
        command_log_writer writer(dir.file("log"));
        writer.write({7, 3, kind::activate, 1, 2, 99, 0});
        CHECK(text_of(dir.file("log")) == "an earlier one");
        CHECK(fs::exists(dir.file("log.partial")));
    }
    CHECK(text_of(dir.file("log")) == "an earlier one");
    CHECK_FALSE(fs::exists(dir.file("log.partial")));
    command_log_writer writer(dir.file("log"));
    writer.finish(0);
    CHECK_FALSE(fs::exists(dir.file("log.partial")));
    command_log_reader reader(dir.file("log"));
    CHECK(read_all(reader).empty());
}

TEST_CASE("what cannot be written or read is an input error with the path") {
    const folder dir;
    CHECK(error_of([&] { command_log_writer(dir.file("no/log")); }) ==
          dir.file("no/log") +
              ": cannot be written: No such file or directory; allowed: a file in a folder that exists, "
              "can be written and has room");
    fs::create_directory(dir.file("taken"));
    CHECK(error_of([&] {
              command_log_writer writer(dir.file("taken"));
              writer.finish(0);
          }).find("/taken: cannot be written: it is there and is no file; allowed: ") != std::string::npos);
    CHECK_FALSE(fs::exists(dir.file("taken.partial")));
    if (fs::exists("/dev/full")) {
        fs::create_symlink("/dev/full", dir.file("full.partial"));
        CHECK(error_of([&] {
                  command_log_writer writer(dir.file("full"));
                  for (unsigned n = 0; n < 100000; ++n)
                      writer.write({n, 0, kind::refresh, 0, 0, 0, 0});
                  writer.finish(100000);
              }).find("/full: cannot be written: No space left on device") != std::string::npos);
    }
    CHECK(error_of([&] { command_log_reader(dir.file("none")); }) ==
          dir.file("none") + ": No such file or directory; allowed: a DRAM command log");
    CHECK(error_of([&] { command_log_reader(dir.file("taken")); }) ==
          dir.file("taken") + ": is no regular file; allowed: a DRAM command log");
    REQUIRE(::mkfifo(dir.file("fifo").c_str(), 0600) == 0);
    CHECK(error_of([&] { command_log_reader(dir.file("fifo")); }) ==
          dir.file("fifo") + ": is no regular file; allowed: a DRAM command log");
}

TEST_CASE("comments, empty lines, tabs, CRLF and a last line without its end are read") {
    const folder dir;
    command_log_reader reader(
        dir.write("# DRAM command log, format 1\r\n\n  # more\r\n 5\t0  REF - - - -\r\n9 1 RD 0 1 2 3"));
    const auto list = read_all(reader);
    REQUIRE(list.size() == 2);
    CHECK(same(list[0], {5, 0, kind::refresh, 0, 0, 0, 0}));
    CHECK(same(list[1], {9, 1, kind::read, 0, 1, 2, 3}));
    CHECK_FALSE(reader.has_end());
}

TEST_CASE("bad lines are refused with file, line and what is allowed") {
    const folder dir;
    struct bad_line {
        std::string line, message;
    };
    const std::string numbers = "; allowed: integers from 0 to 4294967295";
    const bad_line lines[] = {
        {"5 0 REF - - -", "6 fields; allowed: 7, CYCLE CHANNEL COMMAND BANK_GROUP BANK ROW COLUMN"},
        {"5 0 REF - - - - -", "8 fields; allowed: 7, CYCLE CHANNEL COMMAND BANK_GROUP BANK ROW COLUMN"},
        {"x 0 REF - - - -", "CYCLE is 'x'; allowed: integers from 0 to 4611686018427387903"},
        {"4611686018427387904 0 REF - - - -",
         "CYCLE is '4611686018427387904'; allowed: integers from 0 to 4611686018427387903"},
        {"-5 0 REF - - - -", "CYCLE is '-5'; allowed: integers from 0 to 4611686018427387903"},
        {"5 - REF - - - -", "CHANNEL is '-'" + numbers},
        {"5 1.5 REF - - - -", "CHANNEL is '1.5'" + numbers},
        {"5 0 REFAB - - - -", "COMMAND is 'REFAB'; allowed: ACT, PRE, PREA, REF, REFSB, RD, WR"},
        {"5 0 rd 0 0 0 0", "COMMAND is 'rd'; allowed: ACT, PRE, PREA, REF, REFSB, RD, WR"},
        {"5 0 PRE - 0 - -", "BANK_GROUP is '-'" + numbers},
        {"5 0 REFSB 0 - - -", "BANK is '-'" + numbers},
        {"5 0 ACT 0 0 4294967296 -", "ROW is '4294967296'" + numbers},
        {"5 0 RD 0 0 0 -", "COLUMN is '-'" + numbers},
        {"5 0 REF 0 - - -", "BANK_GROUP is '0'; allowed: -, for REF has none"},
        {"5 0 PREA - 0 - -", "BANK is '0'; allowed: -, for PREA has none"},
        {"5 0 PRE 0 0 0 -", "ROW is '0'; allowed: -, for PRE has none"},
        {"5 0 ACT 0 0 0 0", "COLUMN is '0'; allowed: -, for ACT has none"},
        {"5 0 END - - - -", "CHANNEL is '0'; allowed: -, for END has none"},
        {"x - END - - - -", "CYCLE is 'x'; allowed: integers from 0 to 4611686018427387903"},
        {"5 - END - - - -\n6 0 REF - - - -", "something after END; allowed: END as the last line"},
        {std::string(300000, 'x'), "a line without an end; allowed: lines below 262144 bytes"},
    };
    for (const bad_line& bad : lines) {
        INFO(bad.line.substr(0, 80));
        const std::string path = dir.write(head + "4 0 REF - - - -\n" + bad.line + "\n");
        const auto lines_of_it = std::count(bad.line.begin(), bad.line.end(), '\n');
        CHECK(error_of([&] {
                  command_log_reader reader(path);
                  read_all(reader);
              }) == path + ", line " + std::to_string(3 + lines_of_it) + ": " + bad.message);
    }
}

TEST_CASE("a file of another kind or another format version is refused") {
    const folder dir;
    for (const std::string text : {"", "{}", "5 0 REF - - - -\n", "# DRAM command log, format 2\n"}) {
        INFO(text);
        const std::string path = dir.write(text);
        CHECK(error_of([&] { command_log_reader reader(path); }) ==
              path + ", line 1: no DRAM command log of format 1; allowed: '# DRAM command log, format 1'");
    }
}
