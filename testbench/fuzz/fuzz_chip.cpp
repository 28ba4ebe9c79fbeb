// Bytes -> a machine and a tiny trace, run on the whole chip with every check: golden reference, balance, stored
// output, TLM protocol, watchdog.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "model/params_json.h"
#include "testbench/fuzz/draw_params.h"
#include "testbench/fuzz/fuzz.h"
#include "testbench/fuzz/small_set.h"
#include "testbench/run/run.h"
#include "testbench/trace/test_files.h"
#include "tlm/dram/address_map.h"

namespace {

using namespace pade;

constexpr unsigned seconds = 60;

int run_chip(const params& p, const run_options& options) {
    check_params(p);
    (void)address_map(p.dram);
    const run_result result = run(p, options);
    for (const std::string& failure : result.failures)
        std::fprintf(stderr, "check failed: %s\n", failure.c_str());
    return result.exit_code;
}

/// The same run as a command, for a finding that is looked into.
void print_command(const params& p, const run_options& options) {
    std::fprintf(stderr, "pade-sim run --trace %s --out OUT --check-tlm%s", options.trace.c_str(),
                 options.reverse_construction ? " --reverse-construction" : "");
    const auto defaults = param_values({});
    const auto values = param_values(p);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i] != defaults[i])
            std::fprintf(stderr, " --set '%s=%s'", values[i].first.c_str(), values[i].second.c_str());
    std::fprintf(stderr, "\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::bytes in(data, size);
    const params p = fuzz::draw_params(in);
    const test::temp_dir folder;
    run_options options;
    options.trace = folder / "trace";
    options.out = folder / "out";
    options.check_tlm = true;
    options.reverse_construction = in.flag();
    const trace_set set = fuzz::draw_set(in);
    fuzz::write_set(set, options.trace);
    if (const char* kept = std::getenv("PADE_FUZZ_KEEP")) {
        run_options shown = options;
        shown.trace = kept;
        fuzz::write_set(set, kept);
        print_command(p, shown);
    }
    const int code = fuzz::in_child([&] { return run_chip(p, options); }, seconds);
    fuzz::require(std::filesystem::exists(options.out) == (code == exit_code::ok), "results without a run, or none");
    return 0;
}
