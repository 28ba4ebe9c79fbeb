#include "model/energy/full_load.h"

namespace pade {

namespace {

/// Minority symbols of eight random bits: 4 - E|k - 4|, k binomial(8, 1/2).
constexpr double selected_of_group = 4 - 280.0 / 256;

}  // namespace

stats full_load(const params& p, std::uint64_t cycles) {
    constexpr double head_dim = 64;
    const auto c = static_cast<double>(cycles);
    const double rows = p.rows.count;
    const double lanes = rows * p.lane.count;
    const double macs = c * rows * p.vpu.macs_per_row;
    const double pairs_retained = macs / head_dim;
    const double planes = c * lanes;
    const double pairs = planes / p.lane.key_bits;
    const double ns = c * 1e3 / p.clock.core_mhz;
    const double peak = p.dram.pseudo_channels * p.dram.bus_bits / 8.0 * p.dram.data_rate_mbps / 1e3;  // bytes a ns
    const double queries = rows * c / 512;  // a block of 8 queries against a few thousand keys

    stats all;
    const auto add = [&all](const char* path, double value) { all.add(path, "", "at full load", value); };
    add("job.head_dim", head_dim);
    add("job.queries", queries);
    add("job.heads", 1);
    add("time.cycles", c);
    add("time.ns", ns);
    add("pairs.total", pairs);
    add("pairs.masked", 0);
    add("pairs.retained", pairs_retained);
    add("planes.processed", planes);
    add("lanes.busy", planes);
    add("lanes.selected", planes * 8 * selected_of_group);
    add("guard.queries", queries);
    add("guard.bounds_received", c * rows);  // one a row and cycle is what the filter takes
    add("guard.thresholds_raised", c * rows / 16);
    add("classes.dispatcher.delivering", c * p.lane.count);
    add("dispatch.fetches", c * p.buffer.k_planes_per_cycle / 4);
    add("buffer.k_reads", c * p.buffer.k_planes_per_cycle / p.buffer.columns_per_read);
    add("buffer.k_planes", c * p.buffer.k_planes_per_cycle);
    add("buffer.v_reads", c * p.vpu.v_rows_per_round * p.vpu.v_port_bytes / 32.0);
    add("buffer.fills", ns * peak / 32);
    add("buffer.q_bytes_filled", queries * head_dim);
    add("buffer.q_bytes_loaded", queries * head_dim);
    add("vpu.macs", macs);
    add("vpu.rounds", c / (head_dim / p.vpu.macs_per_row));
    add("vpu.rescale_macs", macs / 64);
    add("score_queue.pairs_in", pairs_retained);
    add("softmax.exps", pairs_retained);
    add("dram.bytes_read", ns * peak);
    add("dram.bytes_written", 0);
    add("dram.activates", ns * peak / 1024);
    add("dram.refreshes", ns / p.dram.t_refi * p.dram.pseudo_channels);
    return all;
}

}  // namespace pade
