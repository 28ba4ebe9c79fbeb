#include "testbench/report/bottlenecks.h"

#include <algorithm>

namespace pade {

namespace {

constexpr double near_bound = 0.7;  ///< of the cycles: what a part alone needs is then the run's limit
constexpr double trifle = 0.02;
constexpr std::size_t most = 3;

/// A bound moves when its part gets wider, so `next` is twice the present value, within the parameter's range.
std::vector<bottleneck> bounds(const stats& f, const params& p) {
    const double cycles = f.number("time.cycles");
    const auto of = [&](const char* path) { return f.number(path) / cycles; };
    return {
        {"lanes", "bounds.lanes / time.cycles", of("bounds.lanes"), "the lanes' own work", "rows.count",
         1.0 * p.rows.count, std::min(16.0, 2.0 * p.rows.count)},
        {"k_feed", "bounds.k_feed / time.cycles", of("bounds.k_feed"),
         "the K feed, which delivers a plane when any row of a block wants it", "buffer.k_planes_per_cycle",
         1.0 * p.buffer.k_planes_per_cycle, std::min(128.0, 2.0 * p.buffer.k_planes_per_cycle)},
        {"dram_bandwidth", "bounds.dram / time.cycles", of("bounds.dram"), "the DRAM's bandwidth",
         "dram.data_rate_mbps", 1.0 * p.dram.data_rate_mbps, std::min(16000.0, 2.0 * p.dram.data_rate_mbps)},
        {"vpu", "classes.vpu.busy / time.cycles", of("classes.vpu.busy"), "the V-PU's rounds, row imbalance included",
         "vpu.macs_per_row", 1.0 * p.vpu.macs_per_row, std::min(128.0, 2.0 * p.vpu.macs_per_row)},
        {"v_port", "bounds.v_port / time.cycles", of("bounds.v_port"), "the V rows read", "vpu.v_rows_per_round",
         1.0 * p.vpu.v_rows_per_round, std::min(16.0, 2.0 * p.vpu.v_rows_per_round)},
    };
}

std::vector<bottleneck> waits(const stats& f, const params& p) {
    const double columns = f.number("time.cycles") * p.lane.count;
    const auto of = [&](const char* path) { return f.number(path) / columns; };
    const double entries = p.lane.scoreboard_entries;
    return {
        {"dram_latency", "classes.dispatcher.no_data / column-cycles", of("classes.dispatcher.no_data"),
         "planes asked for are on their way from DRAM; planes fetched before they are asked for hide it",
         "dispatch.unconditional_planes", 1.0 * p.dispatch.unconditional_planes,
         std::min(1.0 * p.lane.key_bits, p.dispatch.unconditional_planes + 2.0)},
        {"decisions", "classes.dispatcher.no_request / column-cycles", of("classes.dispatcher.no_request"),
         "keys wait for their own verdicts; more of them in the lanes overlap", "lane.scoreboard_entries", entries,
         std::min(64.0, 2 * entries)},
        {"lane_fifos", "classes.dispatcher.no_room / column-cycles", of("classes.dispatcher.no_room"),
         "rows of a column drift apart until a FIFO is full", "lane.fifo_planes", 1.0 * p.lane.fifo_planes,
         std::min(64.0, 2.0 * p.lane.fifo_planes)},
        {"bank_conflicts", "classes.dispatcher.port_busy / column-cycles", of("classes.dispatcher.port_busy"),
         "reads of K wait for their bank of the KV buffer", "buffer.banks", 1.0 * p.buffer.banks,
         std::min(64.0, 2.0 * p.buffer.banks)},
        {"score_queue", "dispatch.blocked_score_queue / column-cycles", of("dispatch.blocked_score_queue"),
         "the V-PU is behind, and the score queue full", "vpu.macs_per_row", 1.0 * p.vpu.macs_per_row,
         std::min(128.0, 2.0 * p.vpu.macs_per_row)},
        {"filling", "classes.dispatcher.empty / column-cycles", of("classes.dispatcher.empty"),
         "columns without a key: blocks begin and end, the last tiles drain", "rows.blocks_in_flight",
         1.0 * p.rows.blocks_in_flight, 2},
    };
}

}  // namespace

std::vector<bottleneck> bottlenecks(const stats& figures, const params& p) {
    if (figures.number("time.cycles") <= 0)
        return {};
    std::vector<bottleneck> all = bounds(figures, p);
    for (bottleneck& wait : waits(figures, p))
        all.push_back(wait);
    // Bounds that leave room are no bottleneck: the cycles went elsewhere.
    all.erase(std::remove_if(all.begin(), all.end(),
                             [](const bottleneck& b) {
                                 const bool bound = b.evidence.find("column-cycles") == std::string_view::npos;
                                 return b.share < (bound ? near_bound : trifle);
                             }),
              all.end());
    std::stable_sort(all.begin(), all.end(),
                     [](const bottleneck& a, const bottleneck& b) { return a.share > b.share; });
    if (all.size() > most)
        all.resize(most);
    return all;
}

void add_bottlenecks(stats& figures, const params& p) {
    const std::vector<bottleneck> all = bottlenecks(figures, p);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::string path = "bottlenecks[" + std::to_string(i) + "].";
        figures.add(path + "name", "", "what holds the run back", std::string(all[i].name));
        figures.add(path + "share", "", "of the cycles, or of the column-cycles", all[i].share);
        figures.add(path + "evidence", "", "where the share comes from", std::string(all[i].evidence));
        figures.add(path + "text", "", "what it means", std::string(all[i].text));
        figures.add(path + "parameter", "", "what would move it", std::string(all[i].parameter));
        figures.add(path + "value", "", "its present value", all[i].value);
        figures.add(path + "try", "", "a value to try", all[i].next);
    }
}

}  // namespace pade
