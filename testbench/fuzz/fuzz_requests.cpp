// Bytes -> parameters of a memory (the bytes before the first newline) and a request file, which is played on the
// controller under the auditor when it is small.
#include <algorithm>
#include <string>

#include "model/params_json.h"
#include "testbench/dram/dram_run.h"
#include "testbench/dram/request_file.h"
#include "testbench/fuzz/draw_params.h"
#include "testbench/fuzz/fuzz.h"
#include "testbench/trace/test_files.h"
#include "tlm/payload_pool.h"

namespace {

using namespace pade;

constexpr std::size_t most_requests = 300;
constexpr std::uint64_t last_cycle = 1'000'000;
constexpr unsigned seconds = 60;

bool same(const request_list& a, const request_list& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const memory_request& x, const memory_request& y) {
        return x.address == y.address && x.cycle == y.cycle && x.after == y.after && x.write == y.write;
    });
}

bool small(const request_list& requests) {
    return !requests.empty() && requests.size() <= most_requests &&
           std::all_of(requests.begin(), requests.end(), [](const memory_request& r) { return r.cycle <= last_cycle; });
}

int play(const params& p, const request_list& requests, unsigned outstanding) {
    dram_run_options options;
    options.outstanding = outstanding;
    const stats figures = run_dram(p, requests, options);
    const double share = figures.number("bandwidth_fraction");
    const bool sound = figures.count("audit.violations") == 0 && share > 0 && share < 1.000001;
    return sound ? exit_code::ok : exit_code::failed_check;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::uint8_t* const newline = std::find(data, data + size, std::uint8_t{'\n'});
    fuzz::bytes in(data, static_cast<std::size_t>(newline - data));
    const unsigned outstanding = in.byte();
    const params p = fuzz::draw_params(in);
    const std::string text(newline == data + size ? newline : newline + 1, data + size);
    if (!fuzz::accepts([&] { check_dram_params(p); }))
        return 0;
    fuzz::accepts([&] {
        const address_map map(p.dram);
        const request_list requests = parse_requests(text, "requests", map);
        if (requests.empty())
            return;
        static const test::temp_dir folder;
        const std::string file = folder / "requests";
        save_requests(requests, file, "fuzz");
        fuzz::require(same(requests, load_requests(file, map)), "a request file reads back as another one");
        if (!small(requests))
            return;
        const int code = fuzz::in_child([&] { return play(p, requests, outstanding); }, seconds);
        fuzz::require(code == exit_code::ok || map.atom_bytes() > payload_pool::max_bytes,
                      "the controller refuses what was checked");
    });
    return 0;
}
