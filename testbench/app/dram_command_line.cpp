#include "testbench/app/dram_command_line.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "model/errors.h"
#include "testbench/app/effective_params.h"
#include "testbench/app/progress_bar.h"
#include "testbench/dram/dram_run.h"
#include "testbench/dram/request_file.h"
#include "testbench/output/whole_file.h"
#include "testbench/report/stats_json.h"

namespace pade {

void add_dram_options(CLI::App& app, dram_arguments& args) {
    std::string patterns = "built-in requests:";
    for (const pattern_text& each : pattern_names())
        patterns += std::string("\n") + each.name + ": " + each.text;
    auto* file = app.add_option("--requests", args.requests,
                                "request file: lines of ADDRESS READ|WRITE CYCLE [after=LINE], # comments");
    auto* pattern = app.add_option("--pattern", args.pattern.name, patterns);
    file->excludes(pattern);
    app.add_option("--outstanding", args.outstanding,
                   "reads in flight on each pseudo channel; 0: as fast as they are accepted")
        ->capture_default_str();
    app.add_option("--json", args.json, "write the figures to this file; - prints them instead of the summary");
    app.add_option("--command-log", args.command_log, "write every DRAM command to this file");
    app.add_flag("--check-tlm", args.check_tlm, "a protocol checker on every link");
    app.add_option("--save-requests", args.save_requests, "write the pattern as a request file");
    app.add_option("--config", args.configs, "preset name or JSON file with parameters; may be given several times");
    app.add_option("--set", args.sets, "group.name=value; may be given several times, wins over --config");
    auto& o = args.pattern;
    const char* group = "Pattern";
    app.add_option("--count", o.count, "requests of each pseudo channel")->capture_default_str()->group(group);
    app.add_option("--channels", o.channels, "pseudo channels used, the first ones; 0: all")
        ->capture_default_str()
        ->group(group);
    app.add_option("--writes", o.writes, "fraction of requests that write")->capture_default_str()->group(group);
    app.add_option("--interval", o.interval, "DRAM cycles between requests of a pseudo channel")
        ->capture_default_str()
        ->group(group);
    app.add_option("--stride", o.stride, "strided: bytes between requests")->capture_default_str()->group(group);
    app.add_option("--chains", o.chains, "chain: chains of each pseudo channel")->capture_default_str()->group(group);
    app.add_option("--keys", o.keys, "planes: keys of the head")->capture_default_str()->group(group);
    app.add_option("--head-dim", o.head_dim, "planes: dimensions of a key")->capture_default_str()->group(group);
    app.add_option("--seed", o.seed, "of whatever is random")->capture_default_str()->group(group);
}

namespace {

/// Each file that is written can be, and is another one than those that are read or written besides.
void check_places(const dram_arguments& args) {
    namespace fs = std::filesystem;
    std::vector<std::pair<std::string, fs::path>> places;
    const auto add = [&](const char* option, const std::string& path, bool written) {
        if (path.empty() || path == "-")
            return;
        if (written)
            check_whole_file(path);
        std::error_code error;
        const fs::path place = fs::weakly_canonical(path, error);
        if (error)
            throw input_error(std::string(option) + ": " + path + " cannot be used (" + error.message() +
                              "); allowed: the path of a file");
        for (const auto& [other, taken] : places)
            if (taken == place)
                throw input_error(std::string(option) + ": " + path + " is the file of " + other +
                                  "; allowed: a file of its own");
        places.emplace_back(option, place);
    };
    add("--requests", args.requests, false);
    std::error_code error;
    for (const std::string& config : args.configs)
        if (fs::exists(config, error))
            add("--config", config, false);
    add("--json", args.json, true);
    add("--command-log", args.command_log, true);
    add("--save-requests", args.save_requests, true);
}

}  // namespace

int dram_command(const dram_arguments& args) {
    if (args.requests.empty() && args.pattern.name.empty())
        throw input_error("dram: nothing to do; allowed: --requests FILE or --pattern NAME");
    if (!args.save_requests.empty() && args.pattern.name.empty())
        throw input_error("--save-requests: there is no pattern to save; allowed: with --pattern");
    check_places(args);
    const params p = load_dram_params(args.configs, args.sets);
    const address_map map(p.dram);
    const request_list requests =
        args.requests.empty() ? make_pattern(args.pattern, p, map) : load_requests(args.requests, map);
    if (!args.save_requests.empty())
        save_requests(requests, args.save_requests, "pattern " + args.pattern.name);

    dram_run_options options;
    options.outstanding = args.outstanding;
    options.command_log = args.command_log;
    options.check_tlm = args.check_tlm;
    progress_bar bar("requests");
    options.on_progress = [&bar](std::uint64_t done, std::uint64_t all) { bar.show(done, all); };
    const stats figures = run_dram(p, requests, options);
    bar.clear();

    if (!args.json.empty() && args.json != "-")
        write_whole_file(args.json, stats_to_json(figures));
    std::cout << (args.json == "-" ? stats_to_json(figures) : dram_summary(figures, p));
    const bool audited = figures.count("audit.violations") == 0;
    const bool protocol = !args.check_tlm || figures.count("tlm_protocol.violations") == 0;
    if (!audited)
        std::cerr << "pade-sim: check failed: the auditor found commands that break a timing\n";
    if (!protocol)
        std::cerr << "pade-sim: check failed: a link broke a rule of the TLM-2.0 base protocol\n";
    return audited && protocol ? exit_code::ok : exit_code::failed_check;
}

}  // namespace pade
