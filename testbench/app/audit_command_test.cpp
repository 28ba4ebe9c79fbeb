// pade-sim audit: exit codes, the summary and its JSON form.
#include "testbench/app/audit_command.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "model/errors.h"
#include "tlm/dram/audit/command_log.h"

using namespace pade;
namespace fs = std::filesystem;

namespace {

struct folder {
    folder() {
        std::string name = (fs::temp_directory_path() / "audit_XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("no temporary folder");
        path = name;
    }
    ~folder() { fs::remove_all(path); }
    /// Opens a row and reads from it `distance` cycles later.
    std::string log(cycle_t distance, cycle_t end) const {
        command_log_writer writer((path / "log").string());
        writer.write({100, 0, dram_command_kind::activate, 1, 2, 5, 0});
        writer.write({100 + distance, 0, dram_command_kind::read, 1, 2, 5, 0});
        writer.finish(end);
        return (path / "log").string();
    }
    fs::path path;
};

struct outcome {
    int exit_code;
    std::string printed;
};

outcome run(const audit_arguments& args) {
    std::ostringstream text;
    auto* const before = std::cout.rdbuf(text.rdbuf());
    outcome result{};
    try {
        result.exit_code = audit_command(args);
    } catch (...) {
        std::cout.rdbuf(before);
        throw;
    }
    std::cout.rdbuf(before);
    result.printed = text.str();
    return result;
}

audit_arguments of(const std::string& log) {
    audit_arguments args;
    args.log = log;
    args.sets = {"dram.t_rcdrd=14"};
    return args;
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

}  // namespace

TEST_CASE("a clean log gives 0, a violation 3 and its line") {
    const folder dir;
    const std::string log = dir.log(14, 200);
    const outcome clean = run(of(log));
    CHECK(clean.exit_code == exit_code::ok);
    CHECK(clean.printed ==
          "log         " + log + "\ncycles      0 to 200\ncommands    2: ACT 1, RD 1\nviolations  0\n");
    dir.log(13, 200);
    const outcome broken = run(of(log));
    CHECK(broken.exit_code == exit_code::failed_check);
    CHECK(broken.printed == "log         " + log +
                                "\ncycles      0 to 200\ncommands    2: ACT 1, RD 1\nviolations  1\n"
                                "  tRCDRD            1\n"
                                "  tRCDRD: ACT of bank group 1, bank 2 in cycle 100, then RD of bank group 1, bank 2 "
                                "in cycle 113 of pseudo "
                                "channel 0: 13 cycles, at least 14\n");
    auto other = of(log);
    other.sets = {"dram.t_rcdrd=13"};
    CHECK(run(other).exit_code == exit_code::ok);
}

TEST_CASE("JSON has the same figures") {
    const folder dir;
    auto args = of(dir.log(13, 200));
    args.json = true;
    args.rules = true;
    const outcome result = run(args);
    CHECK(result.exit_code == exit_code::failed_check);
    const auto json = nlohmann::json::parse(result.printed);
    CHECK(json["commands"] == 2);
    CHECK(json["commands_by_kind"]["ACT"] == 1);
    CHECK(json["commands_by_kind"]["WR"] == 0);
    CHECK(json["violations"] == 1);
    CHECK(json["violations_by_rule"]["tRCDRD"] == 1);
    CHECK(json["violations_by_rule"]["tRP"] == 0);
    CHECK(json["first_violations"].size() == 1);
    CHECK(json["end_cycle"] == 200);
    for (const auto& rule : json["rules"])
        if (rule["rule"] == "tRCDRD") {
            CHECK(rule["cycles"] == 14);
            CHECK(rule["before"] == nlohmann::json::array({"ACT"}));
            CHECK(rule["after"] == nlohmann::json::array({"RD"}));
            CHECK(rule["scope"] == "bank");
        }
}

TEST_CASE("the end of the log counts: refreshes are missing") {
    const folder dir;
    auto args = of(dir.log(14, 36000));
    args.sets = {"clock.dram_mhz=1000", "dram.t_refi=4000", "dram.pseudo_channels=2"};
    CHECK(run(args).exit_code == exit_code::failed_check);  // 9 are due at 36000
    dir.log(14, 35999);
    CHECK(run(args).exit_code == exit_code::ok);
}

TEST_CASE("the table of rules needs no log") {
    audit_arguments args;
    args.rules = true;
    args.sets = {"dram.t_rcdrd=77"};
    const outcome result = run(args);
    CHECK(result.exit_code == exit_code::ok);
    CHECK(
        result.printed.find("\ntRCDRD            ACT                           RD                            bank      "
                            "           77  ACT to RD\n") != std::string::npos);
}

TEST_CASE("what is no good log is an input error with file and line") {
    const folder dir;
    CHECK(error_of([] { run({}); }) == "audit: nothing to audit; allowed: a command log, --rules");
    const std::string log = (dir.path / "log").string();
    std::ofstream(log) << "# DRAM command log, format 1\n5 0 REF - - - -\n4 1 REF - - - -\n";
    CHECK(error_of([&] { run(of(log)); }).find(log + ", line 3: REF in cycle 4 of pseudo channel 1: ") == 0);
    std::ofstream(log) << "# DRAM command log, format 1\n5 0 REF - - - -\n4 - END - - - -\n";
    CHECK(error_of([&] { run(of(log)); }) ==
          log + ", line 3: END in cycle 4; allowed: from the last command, cycle 5, on");
    std::ofstream(log) << "# DRAM command log, format 1\n5 99 REF - - - -\n";
    CHECK(error_of([&] { run(of(log)); }).find(log + ", line 2: REF in cycle 5 of pseudo channel 99: ") == 0);
    auto unknown = of(dir.log(14, 200));
    unknown.sets = {"dram.t_xyz=1"};
    CHECK(error_of([&] { run(unknown); }).find("dram.t_xyz") != std::string::npos);
}
