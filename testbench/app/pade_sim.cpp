// pade-sim: the command line. Exit codes: 0 finished and all checks held, 2 bad input, 3 a check failed, 4 watchdog or
// internal error.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <systemc>

#include "model/errors.h"
#include "model/params_json.h"
#include "testbench/app/audit_command.h"
#include "testbench/app/batch_commands.h"
#include "testbench/app/commands.h"
#include "testbench/app/dram_command_line.h"
#include "testbench/app/energy_command.h"
#include "testbench/app/gpu_command.h"
#include "testbench/app/log.h"
#include "testbench/app/manual_command.h"
#include "testbench/app/report_command.h"
#include "testbench/app/workload_command.h"
#include "testbench/batch/process_pool.h"
#include "testbench/report/printable.h"
#include "testbench/report/version.h"

namespace {

std::string command_line(int argc, char** argv) {
    std::string line;
    for (int i = 0; i < argc; ++i) {
        std::string word = argv[i];
        if (word.find_first_of(" \t'\"$\\*?[]{}()<>|&;") != std::string::npos) {
            std::string quoted = "'";
            for (const char c : word)
                quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
            word = quoted + "'";
        }
        line += (i == 0 ? "" : " ") + word;
    }
    return line;
}

/// What the command line parser found, in one line.
int refuse_usage(const CLI::App& app, const CLI::ParseError& error) {
    std::string command = "pade-sim";
    for (const CLI::App* sub : app.get_subcommands())
        command += " " + sub->get_name();
    std::cerr << "pade-sim: " << pade::printable(error.what()) << "; allowed: what " << command << " --help lists\n";
    return pade::exit_code::bad_input;
}

/// What was printed is part of the result: a full disk behind it is not passed over.
int with_output(int code) {
    std::cout.flush();
    if (std::cout)
        return code;
    std::cerr << "pade-sim: standard output: cannot be written; allowed: a terminal, pipe or file with room\n";
    return code == pade::exit_code::ok ? pade::exit_code::bad_input : code;
}

}  // namespace

/// In place of libsystemc's own main, whose copyright banner would come before every message.
int main(int argc, char** argv) {
    pade::end_with_parent();
    ::signal(SIGXFSZ, SIG_IGN);  // a file that grows too large is an error of its write, not the end of the program
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char** argv) {
    using namespace pade;
    CLI::App app{"pade-sim: SystemC/TLM-2.0 model of the PADE sparse-attention accelerator"};
    app.require_subcommand(0, 1);
    bool version = false;
    app.add_flag("--version", version, "version, commit, compiler, SystemC");
    std::string log_level = "warn";
    app.add_option("--log", log_level, "trace, debug, info, warn, error or off")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));

    run_arguments run_args;
    CLI::App* run = app.add_subcommand("run", "one trace set through the chip");
    add_run_options(*run, run_args);
    bool params_as_json = false;
    bool params_as_markdown = false;
    CLI::App* print = app.add_subcommand("params", "all parameters: default, unit, range, source");
    print->add_flag("--json", params_as_json, "as JSON Schema");
    print->add_flag("--markdown", params_as_markdown, "as docs/parameters.md");
    check_arguments check_args;
    CLI::App* check = app.add_subcommand("check", "validates a configuration or a trace set, changes nothing");
    add_check_options(*check, check_args);
    ablate_arguments ablate_args;
    CLI::App* ablate = app.add_subcommand("ablate", "one technique more at each run: what each is worth");
    add_ablate_options(*ablate, ablate_args);
    suite_arguments suite_args;
    CLI::App* suite = app.add_subcommand("suite", "every trace set below a folder: table, CSV, JUnit");
    add_suite_options(*suite, suite_args);
    diff_arguments diff_args;
    CLI::App* diff = app.add_subcommand("diff", "two finished runs: parameters and figures that differ");
    add_diff_options(*diff, diff_args);
    dram_arguments dram_args;
    CLI::App* dram = app.add_subcommand("dram", "drives the DRAM controller alone");
    add_dram_options(*dram, dram_args);
    audit_arguments audit_args;
    CLI::App* audit = app.add_subcommand("audit", "holds a DRAM command log against every rule of the memory");
    add_audit_options(*audit, audit_args);
    energy_arguments energy_args;
    CLI::App* energy = app.add_subcommand("energy", "area, power at full load, and the table behind them");
    add_energy_options(*energy, energy_args);
    gpu_arguments gpu_args;
    CLI::App* gpu = app.add_subcommand("gpu", "the GPU of the paper's headline ratios, and a chip beside it");
    add_gpu_options(*gpu, gpu_args);
    report_arguments report_args;
    CLI::App* report = app.add_subcommand("report", "an HTML page of one finished run, or of two side by side");
    add_report_options(*report, report_args);
    workloads_arguments workloads_args;
    CLI::App* workloads = app.add_subcommand("workloads", "the models and tasks that run --workload knows");
    add_workloads_options(*workloads, workloads_args);
    CLI::App* manual = app.add_subcommand("manual", "this program's manual page, for man -l -");
    completion_arguments completion_args;
    CLI::App* completion = app.add_subcommand("completion", "what a shell completes the command line by");
    add_completion_options(*completion, completion_args);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return e.get_exit_code() == 0 ? with_output(app.exit(e, std::cout, std::cerr)) : refuse_usage(app, e);
    }

    try {
        install_log(log_level);
        if (version) {
            std::cout << version_details() << "\n";
            return with_output(exit_code::ok);
        }
        if (*run) {
            run_args.command = command_line(argc, argv);
            return with_output(run_command(*run, run_args));
        }
        if (*print) {
            std::cout << (params_as_json ? params_schema() : params_as_markdown ? params_markdown() : params_table());
            return with_output(exit_code::ok);
        }
        if (*check)
            return with_output(check_command(check_args));
        if (*ablate)
            return with_output(ablate_command(ablate_args));
        if (*suite)
            return with_output(suite_command(suite_args));
        if (*diff)
            return with_output(diff_command(diff_args));
        if (*dram)
            return with_output(dram_command(dram_args));
        if (*audit)
            return with_output(audit_command(audit_args));
        if (*energy)
            return with_output(energy_command(energy_args));
        if (*gpu)
            return with_output(gpu_command(*gpu, gpu_args));
        if (*report)
            return with_output(report_command(report_args));
        if (*workloads)
            return with_output(workloads_command(workloads_args));
        if (*manual)
            return with_output(manual_command(app));
        if (*completion)
            return with_output(completion_command(app, completion_args));
        throw input_error("no command is given; allowed: what pade-sim --help lists");
    } catch (const input_error& e) {
        std::cerr << "pade-sim: " << printable(e.what()) << "\n";
        return exit_code::bad_input;
    } catch (const std::filesystem::filesystem_error& e) {
        std::cerr << "pade-sim: " << printable(e.path1().string()) << ": " << e.code().message()
                  << "; allowed: paths that can be reached\n";
        return exit_code::bad_input;
    } catch (const sc_core::sc_report& e) {
        std::cerr << "pade-sim: internal error: " << e.get_msg() << "\n";
    } catch (const std::exception& e) {
        std::cerr << "pade-sim: internal error: " << e.what() << "\n";
    }
    return exit_code::internal;
}
