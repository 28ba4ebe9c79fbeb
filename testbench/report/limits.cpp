// What limits a run: the bound that comes nearest to the cycles, or, when none is near, what units waited for.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "testbench/report/summary.h"

namespace pade {

namespace {

struct candidate {
    double share;  ///< of the run's cycles
    std::string text;
};

}  // namespace

std::string limit_sentence(const stats& figures, const params& p) {
    const double cycles = figures.number("time.cycles");
    if (cycles <= 0)
        return "Nothing was run.";
    const auto share = [&](const char* path, double of) { return of > 0 ? figures.number(path) / of : 0; };
    const double columns = cycles * p.lane.count;
    std::vector<candidate> bounds = {
        {share("bounds.lanes", cycles), "the lanes' work; more lanes or rows would help (lane.count, rows.count)"},
        {share("bounds.k_feed", cycles),
         "the K feed, which delivers a plane when any row of a block wants it; a wider feed "
         "(buffer.k_planes_per_cycle) or "
         "a lower guard.alpha would help"},
        {share("bounds.dram", cycles), "the DRAM's bandwidth; more channels (dram.pseudo_channels) would help"},
        {share("classes.vpu.busy", cycles),
         "the V-PU's rounds, row imbalance included; more MACs a row (vpu.macs_per_row) or a lower guard.alpha would "
         "help"},
        {share("bounds.v_port", cycles), "the V rows read; more of them a round (vpu.v_rows_per_round) would help"},
    };
    const auto best = std::max_element(bounds.begin(), bounds.end(),
                                       [](const candidate& a, const candidate& b) { return a.share < b.share; });
    if (best->share >= 0.7)
        return fmt::format("Limited by {}: it alone needs {:.0f} % of the cycles.", best->text, 100 * best->share);

    std::vector<candidate> waits = {
        {share("classes.dispatcher.no_data", columns),
         "DRAM latency: planes asked for are on their way; more scoreboard entries (lane.scoreboard_entries) or planes "
         "fetched unconditionally (dispatch.unconditional_planes) would hide more of it"},
        {share("classes.dispatcher.no_request", columns),
         "the lanes' decision loop: keys wait for their own verdicts; more scoreboard entries "
         "(lane.scoreboard_entries) "
         "would overlap more of them"},
        {share("classes.dispatcher.no_room", columns),
         "full lane FIFOs: rows of a column drift apart; deeper ones (lane.fifo_planes) would help"},
        {share("dispatch.blocked_score_queue", columns),
         "the V-PU behind a full score queue; more MACs a row (vpu.macs_per_row) would help"},
        {share("classes.dispatcher.empty", columns),
         "filling and draining: columns without a key wait for the block before to leave the V-PU, or for the last "
         "tiles; "
         "longer sequences or more row blocks in flight (rows.blocks_in_flight) would help"},
    };
    const auto wait = std::max_element(waits.begin(), waits.end(),
                                       [](const candidate& a, const candidate& b) { return a.share < b.share; });
    return fmt::format(
        "No bound is near (the nearest needs {:.0f} % of the cycles). Most column-cycles go to {} ({:.0f} %).",
        100 * best->share, wait->text, 100 * wait->share);
}

}  // namespace pade
