#include "testbench/app/gpu_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "model/errors.h"
#include "model/params_json.h"
#include "model/regular_file.h"
#include "testbench/app/gpu_text.h"
#include "testbench/batch/figures_of.h"

namespace pade {

namespace {

constexpr const char* shape_options[] = {"--phase", "--heads",    "--kv-heads", "--queries",
                                         "--keys",  "--head-dim", "--causal"};
constexpr const char* chip_figure_options[] = {"--chip-time-us", "--chip-energy-mj", "--chip-dram-mb"};
constexpr const char* chip_options[] = {"--chip-area-mm2", "--chip-peak-tops", "--chip-idle-w"};
constexpr const char* table_options[] = {"--table", "--json", "--help"};

// Of the paper's chip: Table III.
constexpr double paper_area_mm2 = 4.53;
constexpr double ops_a_plane = 2 * 64;  // a lane adds 64 dims of one plane a cycle

template <typename E>
std::vector<std::string> spellings() {
    return {std::begin(choice_names<E>::value), std::end(choice_names<E>::value)};
}

template <typename E>
void add_choice(CLI::App& app, const char* name, std::string& text, E preset, const std::string& says) {
    text = std::string(choice_name(preset));
    app.add_option(name, text, says)->check(CLI::IsMember(spellings<E>()));
}

/// What IsMember let through.
template <typename E>
E choice(const std::string& text) {
    const auto names = spellings<E>();
    return static_cast<E>(std::find(names.begin(), names.end(), text) - names.begin());
}

template <typename List>
std::string first_given(const CLI::App& app, const List& names) {
    for (const char* name : names)
        if (app.get_option(name)->count() != 0)
            return name;
    return {};
}

void read_rules(gpu_arguments& args) {
    args.work.phase = choice<gpu_phase>(args.phase);
    args.work.dtype = choice<gpu_dtype>(args.dtype);
    args.rules.below = choice<below_rule>(args.below);
    args.rules.above = choice<above_rule>(args.above);
    args.rules.head_dim = choice<head_dim_rule>(args.head_dim);
    args.rules.causal = choice<causal_rule>(args.causal);
    args.rules.decode = choice<decode_efficiency>(args.decode);
    args.rules.power = choice<power_rule>(args.power);
    args.rules.occupancy = choice<occupancy_rule>(args.occupancy);
    args.rules.mask = choice<unfused_mask>(args.mask);
}

double peak_ops_of(const params& p) {
    return double(p.rows.count) * p.lane.count * ops_a_plane / p.lane.key_bits * p.clock.core_mhz * 1e6;
}

/// Shape and figures of a finished run; a batch is so many runs.
void read_run(gpu_arguments& args) {
    const figures_of figures(args.run);
    gpu_workload& w = args.work;
    w.phase = figures.text("job.phase") == "decode" ? gpu_phase::decode : gpu_phase::prefill;
    w.heads = figures.number("job.heads");
    w.kv_heads = figures.number("job.kv_heads");
    w.queries = figures.number("job.queries");
    w.keys = figures.number("job.keys");
    w.head_dim = figures.number("job.head_dim");
    w.causal = figures.flag("job.causal").value_or(false);
    if (w.causal)  // keys that the last query sees: a selection of queries may end before the last key
        w.keys = figures.pairs() / w.heads / w.queries + (w.queries - 1) / 2;
    w.check();
    args.chip.time_s = w.batch * figures.number("time.ns") * 1e-9;
    args.chip.energy_j = w.batch * figures.number("energy_pj.total") * 1e-12;
    args.chip.dram_bytes = w.batch * (figures.number("dram.bytes_read") + figures.number("dram.bytes_written"));
    params p;
    load_params(p, (std::filesystem::path(args.run) / "config.json").string());
    args.chip.peak_ops = peak_ops_of(p);
}

void complete_shape(const CLI::App& app, gpu_arguments& args) {
    if (app.get_option("--keys")->count() == 0)
        throw input_error("--keys: is not given; allowed: with " + first_given(app, shape_options) +
                          " also the number of keys");
    if (app.get_option("--kv-heads")->count() == 0)
        args.work.kv_heads = args.work.heads;
    if (app.get_option("--queries")->count() == 0)
        args.work.queries = args.work.phase == gpu_phase::prefill ? args.work.keys : 1;
}

/// Options that would be without effect are refused. Returns whether there is a shape.
bool has_shape(const CLI::App& app) {
    const bool run = app.get_option("--run")->count() != 0;
    const std::string shape = first_given(app, shape_options);
    const std::string figure = first_given(app, chip_figure_options);
    if (run && !(shape + figure).empty())
        throw input_error((shape.empty() ? figure : shape) +
                          ": is of the run and is given with --run; allowed: one of them");
    if (run || !shape.empty())
        return true;
    for (const CLI::Option* option : app.get_options()) {
        const std::string name = "--" + option->get_lnames().at(0);
        if (option->count() != 0 &&
            std::find(std::begin(table_options), std::end(table_options), name) == std::end(table_options))
            throw input_error(name + ": is given without a shape; allowed: with --keys or --run");
    }
    return false;
}

bool has_chip(const CLI::App& app) {
    if (app.get_option("--run")->count() != 0)
        return true;
    const std::string figure = first_given(app, chip_figure_options), other = first_given(app, chip_options);
    if (figure.empty() && !other.empty())
        throw input_error(other + ": is given without a chip's figures; allowed: with --run or --chip-time-us");
    if (figure.empty())
        return false;
    for (const char* name : chip_figure_options)
        if (app.get_option(name)->count() == 0)
            throw input_error(fmt::format("{}: is not given; allowed: all of {} or none", name,
                                          fmt::join(chip_figure_options, ", ")));
    return true;
}

}  // namespace

void add_gpu_options(CLI::App& app, gpu_arguments& args) {
    args.chip.area_mm2 = paper_area_mm2;
    args.chip.peak_ops = peak_ops_of(params{});
    app.add_option("--table", args.table, "JSON table of a GPU (default: the built-in one of an H100 SXM5)");
    app.add_flag("--json", args.json,
                 "print JSON: the table alone, to be changed and given to --table, or the results");
    add_choice(app, "--phase", args.phase, gpu_phase::prefill, "of attention (default: prefill)");
    app.add_option("--batch", args.work.batch, "sequences at a time; with --run: so many of it (default: 1)");
    app.add_option("--heads", args.work.heads, "query heads of a sequence (default: 1)");
    app.add_option("--kv-heads", args.work.kv_heads, "KV heads of a sequence (default: as many as query heads)");
    app.add_option("--queries", args.work.queries,
                   "of a prefill (default: as many as keys), or steps of a decode (default: 1)");
    app.add_option("--keys", args.work.keys, "that the last query may see");
    app.add_option("--head-dim", args.work.head_dim, "elements of a query (default: 128)");
    app.add_flag("--causal", args.work.causal, "with a causal mask");
    add_choice(app, "--dtype", args.dtype, gpu_dtype::fp16, "of the GPU's operands (default: fp16)");
    app.add_option("--run", args.run, "folder of a finished run: its shape and the chip's figures");
    const auto in_units = [&app](const char* name, double& to, double unit, const char* text) {
        app.add_option_function<double>(
            name, [&to, unit](const double& value) { to = value * unit; }, text);
    };
    in_units("--chip-time-us", args.chip.time_s, 1e-6, "us that one chip takes for all of it");
    in_units("--chip-energy-mj", args.chip.energy_j, 1e-3, "mJ of it, with the DRAM");
    in_units("--chip-dram-mb", args.chip.dram_bytes, 1e6, "MB that it reads and writes");
    in_units("--chip-area-mm2", args.chip.area_mm2, 1, "mm2 of a chip (default: the paper's 4.53)");
    in_units("--chip-peak-tops", args.chip.peak_ops, 1e12,
             "INT8 operations of a chip at its peak, TOPS (default: from the run's parameters, else 1.6384)");
    in_units("--chip-idle-w", args.chip.idle_power_w, 1, "W of a chip that waits for shared memory (default: 0)");
    add_choice(app, "--below", args.below, below_rule::proportional,
               "rates of fewer keys than measured (default: proportional)");
    add_choice(app, "--above", args.above, above_rule::hold, "rates of more keys than measured (default: hold)");
    add_choice(app, "--head-dim-rule", args.head_dim, head_dim_rule::pad,
               "head dims that were not measured (default: pad)");
    add_choice(app, "--causal-rule", args.causal, causal_rule::as_fp16,
               "rates that were measured without a mask alone (default: as_fp16)");
    add_choice(app, "--decode-efficiency", args.decode, decode_efficiency::measured,
               "share of the bandwidth in decode (default: measured)");
    add_choice(app, "--power", args.power, power_rule::dynamic, "of the GPU: above idle, or all (default: dynamic)");
    add_choice(app, "--occupancy", args.occupancy, occupancy_rule::full,
               "tiles: too few tiles leave multiprocessors idle (default: full)");
    app.add_option("--tile-queries", args.rules.tile_queries,
                   "queries of a tile, for --occupancy tiles (default: 128)");
    add_choice(app, "--unfused-mask", args.mask, unfused_mask::full,
               "what the dense bar computes of a causal square (default: full)");
    app.add_option("--score-bytes", args.rules.score_bytes, "of a score in memory, dense bar (default: 2)");
    app.add_option("--unfused-bandwidth", args.rules.unfused_bandwidth,
                   "share of the peak that the dense bar's prefill reaches (default: 1)");
    app.add_option("--unfused-compute", args.rules.unfused_compute, "the same of the peak rate (default: 1)");
}

int gpu_command(const CLI::App& app, gpu_arguments args) {
    read_rules(args);
    const bool shape = has_shape(app);
    const gpu_table table = load_gpu_table(args.table);
    if (!shape) {
        std::cout << (!args.json           ? gpu_table_text(table)
                      : args.table.empty() ? std::string(builtin_gpu_table())
                                           : read_regular_file(args.table, 1 << 20, "a JSON table of a GPU"));
        return exit_code::ok;
    }
    const chip_figures given = args.chip;
    if (!args.run.empty()) {
        read_run(args);
        if (app.get_option("--chip-peak-tops")->count() != 0)
            args.chip.peak_ops = given.peak_ops;
    } else {
        complete_shape(app, args);
    }
    const gpu_model gpu(table, args.rules);
    gpu_report report;
    report.work = args.work;
    report.dense = gpu.run(args.work, gpu_bar::dense);
    report.fa3 = gpu.run(args.work, gpu_bar::fa3);
    report.chip = args.chip;
    if (has_chip(app))
        report.ratios = compare_chip(gpu, args.work, args.chip, report.paper);
    std::cout << (args.json ? gpu_report_json(gpu, report) : gpu_report_text(gpu, report));
    return exit_code::ok;
}

}  // namespace pade
