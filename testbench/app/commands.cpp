#include "testbench/app/commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>
#include <limits>
#include <sstream>
#include <utility>

#include "model/errors.h"
#include "model/params_json.h"
#include "testbench/app/effective_params.h"
#include "testbench/app/log.h"
#include "testbench/app/progress_bar.h"
#include "testbench/app/workload_command.h"
#include "testbench/report/printable.h"
#include "testbench/report/stats_json.h"
#include "testbench/report/summary.h"
#include "testbench/run/run.h"

namespace pade {

namespace {

/// The number that `text` is, and nothing but it.
std::uint32_t number(const std::string& text, const std::string& where) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        throw input_error(where + ": '" + text + "' is no number; allowed: integers from 0 on");
    return value;
}

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == at)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

bit_flip parse_flip(const std::string& text) {
    const std::vector<std::string> parts = split(text, ':');
    bit_flip flip;
    if (parts.size() != 5 || (parts[0] != "q" && parts[0] != "k" && parts[0] != "v"))
        throw input_error("--flip: '" + text + "'; allowed: q|k|v:HEAD:ROW:DIM:BIT");
    flip.of = parts[0] == "q" ? bit_flip::tensor::q : parts[0] == "k" ? bit_flip::tensor::k : bit_flip::tensor::v;
    flip.head = number(parts[1], "--flip " + text);
    flip.row = number(parts[2], "--flip " + text);
    flip.dim = number(parts[3], "--flip " + text);
    flip.bit = number(parts[4], "--flip " + text);
    return flip;
}

link_fault parse_fault(const std::string& text) {
    static constexpr std::pair<const char*, link_fault::kind> kinds[] = {
        {"silent", link_fault::kind::silent},
        {"lost_response", link_fault::kind::lost_response},
        {"lost_credit", link_fault::kind::lost_credit},
        {"never_ready", link_fault::kind::never_ready},
        {"held_entry", link_fault::kind::held_entry}};
    const std::vector<std::string> parts = split(text, ':');
    const auto* kind =
        std::find_if(std::begin(kinds), std::end(kinds), [&](const auto& k) { return k.first == parts[0]; });
    if (parts.size() < 2 || parts.size() > 4 || kind == std::end(kinds))
        throw input_error("--inject: '" + text +
                          "'; allowed: silent|lost_response|lost_credit|never_ready|held_entry:LINK[:INDEX[:NUMBER]]");
    link_fault fault;
    fault.what = kind->second;
    fault.link = parts[1];
    if (parts.size() > 2)
        fault.index = number(parts[2], "--inject " + text);
    if (parts.size() > 3)
        fault.number = number(parts[3], "--inject " + text);
    if (fault.number == 0)
        throw input_error("--inject " + text + ": NUMBER is 0; allowed: integers from 1 on");
    return fault;
}

/// Options that say nothing without another one are a mistake.
void check_trace_options(const run_arguments& args) {
    const trace_options& t = args.traces;
    if (t.wave.empty() && args.record_rtl.empty() && !t.scopes.empty())
        throw input_error("--wave-scope without --wave and --record-rtl; allowed: one of these");
    // RTL begins at reset and is compared to the end.
    if (!args.record_rtl.empty() && (t.from != 0 || t.to != ~cycle_t{0}))
        throw input_error("--record-rtl with --wave-from or --wave-to; allowed: the whole run (--queries shortens it)");
    if (t.log.empty() && (!t.links.empty() || !t.keys.empty()))
        throw input_error("--log-links or --log-key without --log-transactions; allowed: both");
    if (!t.any() && (t.from != 0 || t.to != ~cycle_t{0}))
        throw input_error("--wave-from or --wave-to without --wave and --log-transactions; allowed: one of these");
    if (!t.wave.empty() && t.wave == t.log)
        throw input_error("--wave and --log-transactions: both are " + t.wave.string() + "; allowed: two files");
}

}  // namespace

selection parse_selection(int head, const std::string& queries, const std::string& heads) {
    selection what;
    if (!heads.empty())
        for (const std::string& part : split(heads, '/')) {
            what.groups.emplace_back();
            for (const std::string& each : split(part, ','))
                what.groups.back().push_back(number(each, "--heads " + heads));
        }
    if (head >= 0)
        what.head = static_cast<unsigned>(head);
    if (!queries.empty()) {
        const std::vector<std::string> ends = split(queries, ':');
        if (ends.size() != 2)
            throw input_error("--queries: '" + queries + "'; allowed: A:B with A below B");
        what.queries = {number(ends[0], "--queries"), number(ends[1], "--queries")};
    }
    return what;
}

void add_run_options(CLI::App& app, run_arguments& args) {
    app.add_option("--trace", args.trace, "trace set: a folder with manifest.json");
    add_workload_options(app, args);
    app.add_option("--out", args.out, "folder for the results; made, and only there when the run has finished")
        ->required();
    app.add_option("--head", args.head, "one query head: its position in head_list (default: all)")
        ->check(CLI::Range(0, std::numeric_limits<int>::max()));
    app.add_flag("--all-heads", args.all_heads, "all query heads, the default");
    app.add_option(
        "--heads", args.heads,
        "query heads by position, in text like 0,2/1,3: parts between slashes, each with a KV head of its own");
    app.add_option("--queries", args.queries, "A:B, queries A to B-1; they keep their place in the causal mask");
    app.add_option("--config", args.configs, "preset name or JSON file with parameters; may be given several times");
    app.add_option("--set", args.sets, "group.name=value; may be given several times, wins over --config");
    app.add_flag("--force", args.force, "replace an existing --out");
    app.add_option("--energy-table", args.energy_table,
                   "JSON table of unit energies and areas (default: the one of pade-sim energy --json)");
    app.add_option(
        "--wave", args.traces.wave,
        "waveform to write: VCD, or FST when the name ends with .fst (docs/waveforms.md); a .gtkw beside it");
    app.add_option("--wave-scope", args.traces.scopes,
                   "shell pattern of signals or scopes, pade.pe_lane_0_*; may be given several times (default: all)");
    app.add_option("--wave-from", args.traces.from, "first core cycle of waveform and log (default: 0)");
    app.add_option("--wave-to", args.traces.to, "first core cycle that is no longer in them (default: the end)");
    app.add_option("--wave-max-mb", args.wave_max_mb, "size at which the waveform ends, and the log (default: 1024)")
        ->check(CLI::Range(1U, 1U << 20));
    app.add_option("--log-transactions", args.traces.log, "text file: what passes the links, a line each");
    app.add_option("--log-links", args.traces.links,
                   "shell pattern of links in it; may be given several times (default: all)");
    app.add_option("--log-key", args.traces.keys,
                   "only events of this key, and those without one but credits; may be given again");
    app.add_option("--record-rtl", args.record_rtl,
                   "new folder for what passes the ports of blocks, to drive RTL with (docs/rtl.md); --wave-scope "
                   "chooses the blocks");
    app.add_flag("--check-tlm", args.check_tlm, "a protocol checker on every link");
    app.add_flag("--no-golden", args.no_golden, "do not compare with the golden reference");
    app.add_flag("--no-timeline", args.no_timeline, "do not record timeline.json, which pade-sim report draws");
    app.add_flag("--json", args.json, "print stats.json instead of the summary");
    app.add_option("--flip", args.flips,
                   "fault injection: inverts a stored bit after the load, q|k|v:HEAD:ROW:DIM:BIT (bit 0 lowest)");
    app.add_option("--inject", args.faults,
                   "fault injection: KIND:LINK[:INDEX[:NUMBER]], what is lost on a link from the NUMBER-th on or once "
                   "(docs/worlds.md)")
        ->group("");
    app.add_flag("--reverse-construction", args.reverse_construction,
                 "build the modules in the opposite order; no result may change");
}

int run_command(const CLI::App& app, const run_arguments& args) {
    if (app.count("--workload") != 0)
        return run_workload_command(app, args);
    refuse_workload_options(app);
    if (app.count("--trace") == 0)
        throw input_error("--trace or --workload is required; allowed: what pade-sim run --help lists");
    const params p = load_effective_params(args.configs, args.sets);
    run_options options;
    options.trace = args.trace;
    options.out = args.out;
    options.force = args.force;
    options.golden = !args.no_golden;
    options.check_tlm = args.check_tlm;
    options.timeline = !args.no_timeline;
    options.energy_table = args.energy_table;
    options.reverse_construction = args.reverse_construction;
    options.trace_to = args.traces;
    options.record_to = {args.record_rtl, args.traces.scopes, !args.traces.wave.empty(), args.out};
    options.trace_to.most_bytes = std::uint64_t{args.wave_max_mb} * 1000000;
    check_trace_options(args);
    if (args.head >= 0 && args.all_heads)
        throw input_error("--head and --all-heads contradict each other; allowed: one of them");
    if (!args.heads.empty() && (args.head >= 0 || args.all_heads))
        throw input_error("--heads and --head or --all-heads contradict each other; allowed: one of them");
    options.what = parse_selection(args.head, args.queries, args.heads);
    for (const std::string& text : args.flips)
        options.flips.push_back(parse_flip(text));
    for (const std::string& text : args.faults)
        options.faults.push_back(parse_fault(text));
    progress_bar bar("pairs");
    options.on_progress = [&bar](std::uint64_t done, std::uint64_t all) { bar.show(done, all); };

    const run_result result = run(p, options);
    bar.clear();
    std::cout << (args.json ? stats_to_json(result.figures) : summary(result.figures, p));
    for (const std::string& line : result.traces)
        (args.json ? std::cerr : std::cout) << "trace: " << line << "\n";
    if (!result.failures.empty()) {
        std::cout.flush();
        for (const std::string& failure : result.failures)
            std::cerr << "pade-sim: check failed: " << failure << "\n";
        std::cerr << "pade-sim: to reproduce: " << args.command << "\n";
    }
    if (result.exit_code == exit_code::ok && reports_of_trouble() != 0) {
        std::cerr << "pade-sim: SystemC reported " << reports_of_trouble() << " warnings or errors during the run\n";
        return exit_code::internal;
    }
    return result.exit_code;
}

void add_check_options(CLI::App& app, check_arguments& args) {
    app.add_option("--config", args.configs, "preset name or JSON file with parameters");
    app.add_option("--set", args.sets, "group.name=value");
    app.add_option("--trace", args.trace, "trace set: a folder with manifest.json");
}

int check_command(const check_arguments& args) {
    if (args.configs.empty() && args.sets.empty() && args.trace.empty())
        throw input_error("check: nothing to check; allowed: --config FILE, --set key=value, --trace DIR");
    const params p = load_effective_params(args.configs, args.sets);
    std::ostringstream found;  // printed when everything is valid
    if (!args.configs.empty() || !args.sets.empty()) {
        const auto defaults = param_values(params{});
        const auto values = param_values(p);
        found << "configuration: valid";
        unsigned different = 0;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (values[i].second != defaults[i].second) {
                found << (different++ == 0 ? ", other than the defaults:\n" : "") << "  " << values[i].first << " = "
                      << values[i].second << " (default " << defaults[i].second << ")\n";
            }
        if (different == 0)
            found << ", all defaults\n";
    }
    if (!args.trace.empty()) {
        const trace_set trace = select(load_trace_set(args.trace), {});
        found << "trace: valid: " << printable(trace.name) << (trace.synthetic ? " (SYNTHETIC trace)" : "") << ", "
              << (trace.causal ? "causal " : "") << (trace.phase == trace_phase::decode ? "decode" : "prefill") << ", "
              << trace.heads.size() << " query heads on " << trace.kv_heads.size() << " KV heads, " << trace.queries
              << " queries, " << trace.keys << " keys, head_dim " << trace.head_dim << "\n";
        check_supported(p, trace);
        for (const std::string& note : notes_on(p, trace))
            found << "note: " << note << "\n";
    }
    std::cout << found.str();
    return exit_code::ok;
}

}  // namespace pade
