// One run: a trace goes through the chip, and what comes out is written, judged and summed up.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/params.h"
#include "model/stats.h"
#include "testbench/host/host.h"
#include "testbench/run/record_files.h"
#include "testbench/run/trace_files.h"
#include "testbench/trace/trace_set.h"
#include "tlm/link_fault.h"
#include "tlm/link_module.h"

namespace pade {

struct run_options {
    std::filesystem::path trace;
    selection what;
    std::filesystem::path out;
    bool force = false;
    bool golden = true;
    bool check_tlm = false;
    bool timeline = true;  ///< timeline.json
    bool reverse_construction = false;
    std::vector<bit_flip> flips;
    std::vector<link_fault> faults;
    make_link_module own_modules;        ///< modules of the user's own on memory links (tlm/link_module.h)
    std::filesystem::path energy_table;  ///< empty: the built-in one
    trace_options trace_to;              ///< waveform and transaction log
    record_options record_to;            ///< ports of blocks, for RTL
    /// Called now and then with pairs ended and pairs in all.
    std::function<void(std::uint64_t, std::uint64_t)> on_progress;
};

struct run_result {
    stats figures;
    std::vector<std::string> failures;  ///< checks that failed, one sentence each
    std::vector<std::string> traces;    ///< a line about each trace file
    int exit_code = 0;
};

/// Runs, and leaves the result in options.out. Throws input_error before anything is written, and internal_error when
/// the model is stuck or breaks a promise of its own (then nothing is left in options.out).
run_result run(const params& p, const run_options& options);

/// Refuses what this version cannot compute, in one sentence.
void check_supported(const params& p, const trace_set& trace);

/// Refuses flips of bits that are not stored: heads (KV heads for k and v), rows, dimensions and bits of this run.
void check_flips(const params& p, const trace_set& trace, const std::vector<bit_flip>& flips);

/// Switches that have no effect in this combination, a sentence each.
std::vector<std::string> notes_on(const params& p, const trace_set& trace);

}  // namespace pade
