#include "testbench/run/run.h"

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <memory>

#include "model/accelerator/accelerator.h"
#include "model/energy/energy_model.h"
#include "model/errors.h"
#include "model/numeric/online_softmax.h"
#include "model/params_json.h"
#include "testbench/output/output_dir.h"
#include "testbench/report/bottlenecks.h"
#include "testbench/report/stats_json.h"
#include "testbench/report/version.h"
#include "testbench/run/judge.h"
#include "testbench/run/recorder.h"
#include "testbench/run/timeline.h"
#include "testbench/run/watchdog.h"

namespace pade {

namespace {

std::uint64_t unmasked_pairs(const trace_set& trace) {
    std::uint64_t pairs = 0;
    for (std::uint32_t query = 0; query < trace.queries; ++query)
        pairs += trace.visible_keys(query);
    return pairs * trace.heads.size();
}

/// The chip, its host and the wires between them.
struct bench {
    bench(const trace_set& trace, const params& p, const run_options& options, tracing* tracing, rtl_record* record)
        : chip("pade", p,
               {options.check_tlm, options.reverse_construction, options.faults, tracing, options.own_modules, record}),
          driver("host", trace, p, options.flips) {
        driver.registers.bind(chip.bus);
        driver.memory.bind(chip.memory);
        chip.interrupt(interrupt);
        driver.interrupt(interrupt);
    }
    accelerator chip;
    host driver;
    sc_core::sc_signal<bool> interrupt{"interrupt"};
};

/// Runs to the interrupt. A run that gets stuck ends with internal_error (testbench/run/watchdog.h).
void simulate(bench& b, const kept_error& errors, const trace_files& traces, const record_files& records,
              const params& p, const run_options& options, std::uint64_t pairs, timeline* line) {
    watchdog dog(b.chip, p);
    while (!b.driver.finished()) {
        // Also across a gap longer than that.
        if (line != nullptr)
            line->simulate(dog.next_look());
        else
            sc_core::sc_start(dog.next_look(), sc_core::SC_RUN_TO_TIME);
        errors.rethrow();
        traces.check();
        records.check();
        if (b.driver.finished())
            return;
        dog.look();
        if (options.on_progress)
            options.on_progress(b.chip.pairs_ended(), pairs);
    }
}

/// O as it lies in DRAM is output.npy rounded to the output format. Returns the first row that is not, in one sentence.
std::string check_stored_output(bench& b, const std::filesystem::path& folder, const trace_set& trace,
                                const params& p) {
    std::ifstream in(folder / "output.npy", std::ios::binary | std::ios::ate);
    const std::uint64_t floats = std::uint64_t{trace.heads.size()} * trace.queries * trace.head_dim;
    in.seekg(static_cast<std::streamoff>(static_cast<std::uint64_t>(in.tellg()) - floats * sizeof(float)));
    std::vector<float> row(trace.head_dim);
    for (std::uint32_t head = 0; head < trace.heads.size(); ++head) {
        for (std::uint32_t query = 0; query < trace.queries; ++query) {
            in.read(reinterpret_cast<char*>(row.data()), static_cast<std::streamsize>(row.size() * sizeof(float)));
            const std::vector<std::uint8_t> stored = b.driver.read_output(head, query);
            for (std::uint32_t dim = 0; dim < trace.head_dim; ++dim) {
                std::uint32_t wanted = 0;
                std::uint32_t found = 0;
                if (p.output.bytes == 2)
                    wanted = numeric::to_fp16(row[dim]);
                else
                    std::memcpy(&wanted, &row[dim], sizeof wanted);
                std::memcpy(&found, stored.data() + std::size_t{dim} * p.output.bytes, p.output.bytes);
                if (wanted != found)
                    return "stored output: head " + std::to_string(head) + ", query " + std::to_string(query) +
                           ", dimension " + std::to_string(dim) + ": DRAM holds " + std::to_string(found) +
                           ", the rounded output is " + std::to_string(wanted);
            }
        }
    }
    return {};
}

stat_value or_null(const std::optional<double>& value) {
    return value ? stat_value(*value) : stat_value(std::monostate{});
}
stat_value or_null(const std::optional<bool>& value) {
    return value ? stat_value(*value) : stat_value(std::monostate{});
}

void add_job(stats& out, const params& p, const trace_set& trace, const selection& what) {
    out.add("schema_version", "", "of this file", std::uint64_t{stats::schema_version});
    out.add("job.name", "", "name of the trace set", trace.name);
    out.add("job.synthetic", "", "whether a generator made it, not a model", trace.synthetic);
    out.add("job.phase", "", "prefill or decode",
            std::string(trace.phase == trace_phase::decode ? "decode" : "prefill"));
    out.add("job.causal", "", "whether the causal mask applies", trace.causal);
    out.add("job.queries", "", "queries of this run", std::uint64_t{trace.queries});
    out.add("job.first_query", "", "index in the trace of the first of them", std::uint64_t{trace.first_query});
    out.add("job.keys", "", "length of the sequence", std::uint64_t{trace.keys});
    out.add("job.head_dim", "", "elements of a query", std::uint64_t{trace.head_dim});
    out.add("job.heads", "", "query heads of this run", std::uint64_t{trace.heads.size()});
    out.add("job.head", "", "position in the trace's head_list of the one head of this run; null: all of them",
            what.head ? stat_value(std::uint64_t{*what.head}) : stat_value(std::monostate{}));
    out.add("job.head_groups", "",
            "as --heads: positions in head_list, the KV heads of this run between slashes; null: the set's",
            what.groups.empty() ? stat_value(std::monostate{}) : stat_value(groups_text(what)));
    out.add("job.kv_heads", "", "KV heads of this run", std::uint64_t{trace.kv_heads.size()});
    out.add("job.trace", "", "path of the trace set", trace.path.string());
    out.add("job.trace_sha256", "", "of its manifest", trace.sha256);
    out.add("job.version", "", "version and commit of the program", version_text());
    out.add("job.notes", "", "switches without effect in this combination", notes_on(p, trace));
}

void add_judgement(stats& out, const params& p, const judgement& j, bool with_heads) {
    out.add("guard.enabled", "", "parameter", p.guard.enabled);
    out.add("guard.rule", "", "parameter", std::string(choice_name(p.guard.rule)));
    out.add("guard.alpha", "", "parameter", p.guard.alpha);
    out.add("guard.radius", "logit", "parameter", p.guard.radius);
    out.add("guard.certified_weight_bound", "", "softmax mass that pruning can have cost at most, worst query",
            j.certified_bound_max);
    out.add("guard.lost_mass_mean", "", "softmax mass lost, mean over queries", or_null(j.overall.lost_mass_mean));
    out.add("guard.lost_mass_max", "", "softmax mass lost, worst query", or_null(j.overall.lost_mass_max));
    const auto add_accuracy = [&out](const std::string& path, const golden::accuracy& a) {
        out.add(path + "accuracy.rel_l2_vs_own_retained", "", "worst query", or_null(a.rel_l2_vs_own_retained));
        out.add(path + "accuracy.rel_l2_vs_dense_int8", "", "against dense attention on the INT8 tensors",
                or_null(a.rel_l2_vs_dense_int8));
        out.add(path + "accuracy.rel_l2_vs_fp32", "", "against dense attention on the float32 tensors",
                or_null(a.rel_l2_vs_fp32));
        out.add(path + "accuracy.output_below_resolution", "query",
                "outputs beyond 1e-4 of their own retained set, within what the units of p must hide",
                a.output_below_resolution);
    };
    add_accuracy("", j.overall);
    for (std::size_t head = 0; with_heads && head < j.certified_bound_of_head.size(); ++head) {
        const std::string path = "per_head[" + std::to_string(head) + "].";
        const golden::accuracy a = head < j.heads.size() ? j.heads[head] : golden::accuracy{};
        out.add(path + "guard.certified_weight_bound", "", "worst query of this head", j.certified_bound_of_head[head]);
        out.add(path + "guard.lost_mass_mean", "", "of this head", or_null(a.lost_mass_mean));
        out.add(path + "guard.lost_mass_max", "", "of this head", or_null(a.lost_mass_max));
        add_accuracy(path, a);
    }
}

double peak_rss_mb() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace

run_result run(const params& p, const run_options& options) {
    check_params(p);
    const trace_set trace = select(load_trace_set(options.trace), options.what);
    check_supported(p, trace);
    check_flips(p, trace, options.flips);
    const std::uint64_t pairs = unmasked_pairs(trace);

    const energy_table energy = load_energy_table(options.energy_table, p);

    require_apart(options.out, options.trace);
    output_dir out(options.out, options.force);
    run_result result;
    std::string stored_failure;
    double wall = 0;
    double cpu = 0;
    {
        trace_files traces(options.trace_to, p.clock);
        record_files records(options.record_to, p, trace.head_dim);
        bench b(trace, p, options, traces.sinks(), records.record());
        traces.start();
        records.start();
        recorder record(out.partial(), static_cast<std::uint32_t>(trace.heads.size()), trace.queries, trace.head_dim);
        b.chip.retained_pairs().bind(record.pairs());
        b.chip.output_rows().bind(record.rows());

        const auto recorded = options.timeline ? std::make_unique<timeline>(b.chip, p) : nullptr;
        const auto begin = std::chrono::steady_clock::now();
        const std::clock_t cpu_begin = std::clock();
        simulate(b, record.errors(), traces, records, p, options, pairs, recorded.get());
        cpu = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
        wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        b.chip.finish();
        record.close();
        result.traces = traces.close();
        for (std::string& line : records.close())
            result.traces.push_back(std::move(line));
        if (recorded) {
            recorded->finish();
            write_text(out.partial() / "timeline.json", recorded->json());
        }

        stats& figures = result.figures;
        add_job(figures, p, trace, options.what);
        b.chip.collect(figures);
        const std::string imbalance = b.chip.imbalance();
        stored_failure = check_stored_output(b, out.partial(), trace, p);
        const judgement j = judge(out.partial(), trace, p, options.golden);
        add_judgement(figures, p, j, true);
        result.failures = j.failures;
        if (!imbalance.empty())
            result.failures.push_back("balance: " + imbalance);
        if (!stored_failure.empty())
            result.failures.push_back(stored_failure);
        for (const std::string& line : b.chip.links().violations())
            result.failures.push_back("TLM protocol: " + line);

        figures.add("checks.soundness", "", "every key at or above the guard's line is retained, with its exact score",
                    or_null(j.soundness));
        figures.add("checks.output", "", "the output equals the softmax over the model's own retained set",
                    or_null(j.output));
        figures.add("checks.stored_output", "", "O in DRAM is the output rounded to its format",
                    stored_failure.empty());
        figures.add("checks.balance", "", "every pair, byte and transaction is accounted for", imbalance.empty());
        figures.add(
            "checks.tlm_protocol", "", "no link broke a rule of its protocol; null without --check-tlm",
            options.check_tlm ? stat_value(b.chip.links().violation_count() == 0) : stat_value(std::monostate{}));
        add_energy(figures, p, energy);
        add_bottlenecks(figures, p);
        const double operations = static_cast<double>(b.chip.lane_operations());
        figures.add("sim.wall_s", "s", "inside sc_start", wall);
        figures.add("sim.cpu_s", "s", "processor time of it: less than wall_s where others use the machine", cpu);
        figures.add("sim.cycles_per_s", "1/s", "simulated core cycles a wall second",
                    wall > 0 ? static_cast<double>(b.chip.cycles()) / wall : 0);
        figures.add("sim.lane_ops_per_s", "1/s", "planes.processed a wall second", wall > 0 ? operations / wall : 0);
        figures.add("sim.peak_rss_mb", "MiB", "largest resident set of the process", peak_rss_mb());
    }
    write_text(out.partial() / "config.json", params_to_json(p));
    write_text(out.partial() / "stats.json", stats_to_json(result.figures));
    out.commit();
    result.exit_code = result.failures.empty() ? exit_code::ok : exit_code::failed_check;
    return result;
}

}  // namespace pade
