// Gathers the modules' counters under the names of docs/statistics.md.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "model/accelerator/accelerator.h"
#include "model/errors.h"

namespace pade {

namespace {

std::uint64_t sum_of(const std::vector<std::uint64_t>& all) {
    std::uint64_t sum = 0;
    for (const std::uint64_t n : all)
        sum += n;
    return sum;
}

std::uint64_t at_or_zero(const std::vector<std::uint64_t>& all, std::size_t i) {
    return i < all.size() ? all[i] : 0;
}

double ratio(double a, double b) {
    return b > 0 ? a / b : 0;
}

template <typename T>
double as_double(T n) {
    return static_cast<double>(n);
}

std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) {
    return b == 0 ? 0 : (a + b - 1) / b;
}

void add_classes(stats& out, const std::string& unit, const vpu_cycles& c) {
    out.add("classes." + unit + ".busy", "cycles", "worked on something", c.busy);
    out.add("classes." + unit + ".stall_downstream", "cycles", "had something finished that nobody took",
            c.stall_downstream);
    out.add("classes." + unit + ".wait_v", "cycles", "needed V data, or a V row's place in the KV buffer", c.wait_v);
    out.add("classes." + unit + ".wait_input", "cycles", "a block is under way, but nothing of it is here",
            c.wait_input);
    out.add("classes." + unit + ".idle", "cycles", "no block is under way", c.idle);
}

}  // namespace

/// Lane counters of one query head, or of all of them, summed over the lanes.
static lane_head_counters sum_lanes(const in_a_row<pe_lane>& lanes, std::size_t head, bool all) {
    lane_head_counters sum;
    for (const auto& lane : lanes) {
        const auto& heads = lane->counters().heads;
        for (std::size_t h = all ? 0 : head; h < (all ? heads.size() : std::min(head + 1, heads.size())); ++h) {
            sum.planes += heads[h].planes;
            sum.retained += heads[h].retained;
            sum.busy += heads[h].busy;
            for (unsigned r = 0; r < max_planes; ++r)
                sum.pruned_at[r] += heads[h].pruned_at[r];
        }
    }
    return sum;
}

static std::uint64_t pruned_in(const lane_head_counters& c) {
    std::uint64_t sum = 0;
    for (const std::uint64_t n : c.pruned_at)
        sum += n;
    return sum;
}

void accelerator::collect(stats& out) const {
    collect_qkpu(out);
    collect_memory(out);
    collect_vpu(out);
    collect_heads(out);
    for (const auto& [name, total] : links_->totals()) {
        out.add("links." + name + ".transactions", "", "items or transactions counted at the binding",
                total.transactions);
        out.add("links." + name + ".bytes", "B", "bytes counted at the binding", total.bytes);
    }
}

void accelerator::collect_qkpu(stats& out) const {
    const auto cycles_run = cycles();
    const double all_lane_cycles = as_double(lanes_.size()) * as_double(cycles_run);
    const lane_head_counters pairs = sum_lanes(lanes_, 0, true);
    const auto& d = dispatcher_->counters();
    const auto& sq = score_queue_->counters();
    std::uint64_t total = 0;
    std::uint64_t masked = 0;
    for (const auto& head : d.heads) {
        total += head.pairs;
        masked += head.masked;
    }
    const std::uint64_t rechecked = sum_of(sq.recheck_pruned);
    out.add("pairs.total", "pairs", "(query, key) pairs, masked ones included", total);
    out.add("pairs.masked", "pairs", "pairs that the causal mask leaves out", masked);
    out.add("pairs.pruned", "pairs", "pairs that the guard dropped, re-check included", pruned_in(pairs) + rechecked);
    out.add("pairs.retained", "pairs", "pairs that went into the softmax", pairs.retained - rechecked);

    std::uint64_t keys = 0;
    std::uint64_t fetched = 0;
    for (const auto& group : d.groups) {
        keys += group.keys;
        fetched += group.planes_fetched;
    }
    std::vector<std::uint64_t> histogram(pairs.pruned_at.begin(), pairs.pruned_at.begin() + params_.lane.key_bits);
    histogram.push_back(rechecked);
    out.add("planes.processed", "planes", "(row, key, plane) processed by a lane", pairs.planes);
    out.add("planes.fetched", "planes", "distinct (row block, key, plane) processed by at least one row", fetched);
    out.add("planes.fetched_per_key_mean", "planes", "planes.fetched over the keys seen by a row, summed over blocks",
            ratio(as_double(fetched), as_double(keys)));
    const auto k = kv_buffer_->counters().of_tensor(0);
    out.add("planes.dram_per_key_mean", "planes",
            "planes of K in the atoms read from DRAM, neighbours and repeats included, over the same keys",
            ratio(as_double(dispatcher_->planes_in(k.bytes_read)), as_double(keys)));
    out.add("planes.keys", "keys", "keys admitted, summed over blocks", keys);
    out.add("planes.histogram_pruned_at", "pairs", "pairs pruned after plane 0 .. B-1, and by the re-check",
            std::move(histogram));

    lane_counters lanes;
    for (const auto& lane : lanes_) {
        const lane_counters& c = lane->counters();
        lanes.busy += c.busy;
        lanes.stall_downstream += c.stall_downstream;
        lanes.stall_scoreboard += c.stall_scoreboard;
        lanes.stall_data += c.stall_data;
        lanes.idle += c.idle;
        lanes.busy_dims += c.busy_dims;
        lanes.selected += c.selected;
        lanes.bounds_sent += c.bounds_sent;
    }
    out.add("time.cycles", "cycles", "core cycles from the host's start to the interrupt", cycles_run);
    out.add("time.ns", "ns", "the same in time", as_double(cycles_run) * clock_->period().to_seconds() * 1e9);
    out.add("lanes.utilisation", "", "busy / (lanes x cycles)", ratio(as_double(lanes.busy), all_lane_cycles));
    out.add("lanes.effective_utilisation", "", "the same, weighted by the dims in use of 64",
            ratio(as_double(lanes.busy_dims) / lane_dims, all_lane_cycles));
    out.add("lanes.busy", "lane-cycles", "a pass starts or holds the datapath", lanes.busy);
    out.add("lanes.stall_downstream", "lane-cycles", "a result is not accepted", lanes.stall_downstream);
    out.add("lanes.stall_scoreboard", "lane-cycles", "the column's next key waits and this lane has no free entry",
            lanes.stall_scoreboard);
    out.add("lanes.stall_data", "lane-cycles", "an entry waits for a plane", lanes.stall_data);
    out.add("lanes.idle", "lane-cycles", "no key in the lane", lanes.idle);
    out.add("lanes.selected", "elements", "elements that went through the selectors", lanes.selected);

    std::uint64_t guard_busy = 0;
    std::uint64_t guard_idle = 0;
    std::uint64_t raised = 0;
    std::uint64_t bounds_in = 0;
    std::uint64_t tables = 0;
    for (const auto& guard : guards_) {
        guard_busy += guard->counters().busy;
        guard_idle += guard->counters().idle;
        raised += guard->counters().raised;
        bounds_in += guard->counters().bounds;
        tables += guard->counters().queries;
    }
    out.add("classes.guard.busy", "row-cycles", "a query or a bound is at hand", guard_busy);
    out.add("classes.guard.idle", "row-cycles", "nothing to do", guard_idle);
    out.add("guard.thresholds_raised", "", "times that some row's T rose", raised);
    out.add("guard.queries", "", "queries that reached a row: interval tables made", tables);
    out.add("guard.bounds_received", "", "lower bounds that reached the threshold units", bounds_in);

    out.add("classes.dispatcher.delivering", "column-cycles",
            "a plane was chosen, or a further part of it is being read", d.delivering);
    out.add("classes.dispatcher.no_room", "column-cycles", "planes are there, some asking row's FIFO is full",
            d.no_room);
    out.add("classes.dispatcher.port_busy", "column-cycles", "the KV buffer has not answered the reads before",
            d.port_busy);
    out.add("classes.dispatcher.no_data", "column-cycles", "planes asked for are on their way from DRAM", d.no_data);
    out.add("classes.dispatcher.no_request", "column-cycles", "keys are in the lanes, none asks", d.no_request);
    out.add("classes.dispatcher.empty", "column-cycles", "no key in the column", d.empty);
    out.add("dispatch.admissions", "keys", "keys admitted", d.admissions);
    out.add("dispatch.blocked_entries", "column-cycles", "the next key found no free entry in some row",
            d.blocked_entries);
    out.add("dispatch.blocked_tiles", "column-cycles", "the next key would have opened one tile too many",
            d.blocked_tiles);
    out.add("dispatch.blocked_drift", "column-cycles", "the next key's row was too far ahead (admission per_lane)",
            d.blocked_drift);
    out.add("dispatch.blocked_score_queue", "column-cycles", "the next key waited for the score queue",
            d.blocked_score_queue);
    out.add("dispatch.fetches", "atoms", "fetches of K atoms sent to the KV buffer", d.fetches);
    out.add("dispatch.merged", "planes", "planes whose atoms were in flight or pinned already", d.merged);
    out.add("dispatch.blocks", "", "row blocks", d.blocks);
    out.add("dispatch.tiles", "", "tiles, summed over blocks", d.tiles);
}

void accelerator::collect_memory(stats& out) const {
    const auto cycles_run = cycles();
    const double ns = as_double(cycles_run) * clock_->period().to_seconds() * 1e9;
    const auto& kv = kv_buffer_->counters();
    const auto& q = q_buffer_->counters();
    const auto& sq = score_queue_->counters();
    const atom_counters atoms = kv.all();
    const dram_counters dram = dram_->total();
    const double peak = dram_->peak_bytes_per_ns() * params_.dram.pseudo_channels;
    const std::uint64_t dram_bytes = dram.bytes_read + dram.bytes_written;

    const std::uint64_t lane_busy = [this] {
        std::uint64_t sum = 0;
        for (const auto& lane : lanes_)
            sum += lane->counters().busy;
        return sum;
    }();
    const auto& v = v_pu_->counters();
    const std::uint64_t v_bytes = v.v_atoms_read * 32;
    out.add("bounds.lanes", "cycles", "what the lanes' work needs at least", divide_up(lane_busy, lanes_.size()));
    out.add("bounds.k_feed", "cycles", "what the K feed's deliveries need at least",
            divide_up(kv.k_planes, params_.buffer.k_planes_per_cycle));
    out.add("bounds.dram", "cycles", "what the DRAM's bytes need at least",
            static_cast<std::uint64_t>(std::floor(as_double(dram_bytes) / peak / (ns / as_double(cycles_run)))));
    out.add("bounds.vpu", "cycles", "what the V-PU's MACs need at least",
            divide_up(v.macs, std::uint64_t{params_.rows.count} * params_.vpu.macs_per_row));
    out.add("bounds.v_port", "cycles", "what the V rows read need at least",
            divide_up(v_bytes, std::uint64_t{params_.vpu.v_port_bytes} * params_.vpu.v_rows_per_round));

    out.add("buffer.kv_hits", "atoms", "fetched atoms that were in the KV buffer", atoms.hits);
    out.add("buffer.kv_misses", "atoms", "fetched atoms that were read from DRAM", atoms.misses);
    out.add("buffer.kv_merges", "atoms", "fetched atoms that were already on their way", atoms.merges);
    out.add("buffer.kv_evictions", "atoms", "atoms that made room for another", atoms.evictions);
    out.add("buffer.q_hits", "queries", "queries that were there when their block was loaded", q.q_hits);
    out.add("buffer.q_misses", "queries", "queries that a block had to wait for", q.q_misses);
    out.add("buffer.k_feed_utilisation", "", "planes delivered / what the feed could have delivered",
            kv.k_feed_utilisation(params_.buffer.k_planes_per_cycle));
    out.add("buffer.v_port_utilisation", "", "port-cycles with a V read served", kv.v_port_utilisation());
    out.add("buffer.q_bytes_filled", "B", "written to the Q buffer", q.bytes_read);
    out.add("buffer.q_bytes_loaded", "B", "sent to the rows", q.bytes_used);
    out.add("buffer.k_reads", "", "bank accesses for K", kv.k_reads);
    out.add("buffer.k_planes", "planes", "64-bit words delivered to the columns", kv.k_planes);
    out.add("buffer.v_reads", "", "bank accesses for V", kv.v_reads);
    out.add("buffer.fills", "", "bank accesses for data from DRAM", kv.fills);
    out.add("buffer.k_conflicts", "port-cycles", "a K read lost its bank or its share of the feed", kv.k_conflicts);
    out.add("buffer.v_conflicts", "port-cycles", "a V read lost its bank", kv.v_conflicts);
    static const char* const feed_names[feed_states] = {"full",         "conflict",   "partly",
                                                        "stall_reader", "stall_data", "idle"};
    static const char* const feed_texts[feed_states] = {
        "as much as can be delivered was",
        "a read whose data is there lost its bank or its share of the feed",
        "something was delivered, nothing had to wait",
        "a read waits because the reader has not taken the one before",
        "a read waits for DRAM",
        "nothing was asked for"};
    for (std::size_t i = 0; i < feed_states; ++i) {
        out.add(std::string("classes.k_feed.") + feed_names[i], "cycles", feed_texts[i], kv.k_feed.in[i]);
        out.add(std::string("classes.v_ports.") + feed_names[i], "port-cycles", feed_texts[i], kv.v_ports.in[i]);
    }
    static const char* const q_names[q_states] = {"loading", "stall_data", "fetching", "idle"};
    static const char* const q_texts[q_states] = {"a block's queries went to the rows", "a load waits for DRAM",
                                                  "queries are on their way, nobody waits", "nothing to do"};
    for (std::size_t i = 0; i < q_states; ++i)
        out.add(std::string("classes.q_buffer.") + q_names[i], "cycles", q_texts[i], q.in[i]);

    out.add("dram.bytes_read", "B", "read from DRAM", dram.bytes_read);
    out.add("dram.bytes_written", "B", "written to DRAM", dram.bytes_written);
    out.add("dram.bytes_unused", "B", "read, and evicted or ended unread", atoms.bytes_unused + q.bytes_unused);
    out.add("dram.bytes_padding", "B", "read, and no data",
            atoms.bytes_padding + q.bytes_padding + sq.spill_bytes_padding);
    out.add("dram.row_hits", "", "requests that found their row open", dram.row_hits);
    out.add("dram.row_misses", "", "requests for which a closed bank was activated", dram.row_misses);
    out.add("dram.row_conflicts", "", "requests for which another row was closed first", dram.row_conflicts);
    out.add("dram.activates", "", "ACT commands", dram.activates);
    out.add("dram.refreshes", "", "REF commands", dram.refreshes);
    out.add("dram.bandwidth_utilisation", "", "bytes / (peak x time.ns)", ratio(as_double(dram_bytes), peak * ns));
    out.add("dram.bandwidth_active", "", "bytes / (peak x the time with a request pending), channel by channel",
            ratio(as_double(dram_bytes), dram_->peak_bytes_per_ns() * dram.active_ns()));
    out.add("dram.read_latency_ns.mean", "ns", "BEGIN_REQ accepted to last beat", dram.read_latency.mean_ns());
    out.add("dram.read_latency_ns.p50", "ns", "median", dram.read_latency.percentile_ns(0.5));
    out.add("dram.read_latency_ns.p99", "ns", "99th percentile", dram.read_latency.percentile_ns(0.99));
    out.add("classes.dram.data", "channel-cycles of DRAM", "a beat is on the data bus", dram.data_cycles);
    out.add("classes.dram.refresh", "channel-cycles of DRAM", "all banks refresh, or are being prepared for it",
            dram.refresh_cycles);
    out.add("classes.dram.waiting", "channel-cycles of DRAM", "a request waits for a timing or for a bus",
            dram.waiting_cycles);
    out.add("classes.dram.idle", "channel-cycles of DRAM", "nothing is pending", dram.idle_cycles);
}

void accelerator::collect_vpu(stats& out) const {
    const auto& v = v_pu_->counters();
    const auto& s = softmax_->counters();
    const auto& sq = score_queue_->counters();
    const double could = as_double(cycles()) * params_.rows.count * params_.vpu.macs_per_row;
    out.add("vpu.macs", "MAC", "head_dim a retained pair", v.macs);
    out.add("vpu.v_rows_needed", "V rows", "retained pairs", v.v_rows_needed);
    out.add("vpu.v_rows_distinct", "V rows", "keys of a block kept by at least one row", v.v_rows_distinct);
    out.add("vpu.v_rows_read", "V rows", "KV-buffer reads by the V-PU", v.v_rows_read);
    out.add("vpu.utilisation", "", "MACs / (rows x MACs a row x cycles)", ratio(as_double(v.macs), could));
    out.add("vpu.rounds", "", "rounds that computed or rescaled", v.rounds);
    out.add("vpu.rescales", "", "rows rescaled", v.rescales);
    out.add("vpu.rescale_macs", "", "multiplications of rescales", v.rescale_macs);
    out.add("softmax.max_updates", "", "times that a row's running maximum grew", s.max_updates);
    out.add("softmax.exps", "", "exponentials", s.exps);
    out.add("score_queue.pairs_in", "pairs", "retained by the lanes", sq.pairs_in);
    out.add("score_queue.peak_pairs", "pairs", "most pairs held at a time", sq.peak_pairs);
    out.add("score_queue.spilled_pairs", "pairs", "ISTA off: pairs that went to DRAM and back", sq.spilled_pairs);
    out.add("score_queue.spill_bytes_written", "B", "ISTA off: whole atoms of pairs written to DRAM",
            sq.spill_bytes_written);
    out.add("score_queue.spill_bytes_read", "B", "ISTA off: whole atoms of pairs read back", sq.spill_bytes_read);
    add_classes(out, "score_queue", sq.cycles);
    add_classes(out, "softmax", s.cycles);
    add_classes(out, "rars", rars_->counters().cycles);
    add_classes(out, "vpu", v.cycles);
    add_classes(out, "write_back", write_back_->counters().cycles);
}

void accelerator::collect_heads(stats& out) const {
    const auto& d = dispatcher_->counters();
    const auto& sq = score_queue_->counters();
    for (std::size_t head = 0; head < d.heads.size(); ++head) {
        const std::string path = "per_head[" + std::to_string(head) + "].";
        const lane_head_counters lanes = sum_lanes(lanes_, head, false);
        const std::uint64_t rechecked = at_or_zero(sq.recheck_pruned, head);
        out.add(path + "pairs.total", "pairs", "of this query head", d.heads[head].pairs);
        out.add(path + "pairs.masked", "pairs", "of this query head", d.heads[head].masked);
        out.add(path + "pairs.pruned", "pairs", "of this query head", pruned_in(lanes) + rechecked);
        out.add(path + "pairs.retained", "pairs", "of this query head", lanes.retained - rechecked);
        out.add(path + "planes.processed", "planes", "of this query head", lanes.planes);
    }
    const auto& v = v_pu_->counters();
    const auto& kv = kv_buffer_->counters();
    for (std::size_t g = 0; g < d.groups.size(); ++g) {
        const std::string path = "per_group[" + std::to_string(g) + "].";
        std::vector<std::uint64_t> heads;
        std::uint64_t busy = 0;
        std::uint64_t planes = 0;
        std::uint64_t macs = 0;
        std::uint64_t needed = 0;
        for (std::size_t head = 0; head < d.heads.size(); ++head) {
            if (registers_->last_job()->heads[head].kv != g)
                continue;
            heads.push_back(head);
            const lane_head_counters lanes = sum_lanes(lanes_, head, false);
            busy += lanes.busy;
            planes += lanes.planes;
            macs += at_or_zero(v.macs_by_head, head);
            needed += at_or_zero(v.v_rows_needed_by_head, head);
        }
        out.add(path + "heads", "", "query heads of this KV head", std::move(heads));
        const auto& group = d.groups[g];
        out.add(path + "time.cycles", "cycles", "first admission to last O", group.last_output - group.first_admission);
        out.add(path + "lanes.busy", "lane-cycles", "of its query heads", busy);
        out.add(path + "planes.processed", "planes", "of its query heads", planes);
        out.add(path + "planes.fetched", "planes", "of this KV head", group.planes_fetched);
        out.add(path + "planes.keys", "keys", "admitted", group.keys);
        atom_counters atoms;
        if (g < kv.per_head.size()) {
            atoms = kv.per_head[g][0];
            atoms += kv.per_head[g][1];
        }
        out.add(path + "buffer.kv_hits", "atoms", "of this KV head", atoms.hits);
        out.add(path + "buffer.kv_misses", "atoms", "of this KV head", atoms.misses);
        out.add(path + "dram.bytes_read", "B", "K and V of this KV head", atoms.bytes_read);
        out.add(path + "dram.bytes_unused", "B", "K and V of this KV head", atoms.bytes_unused);
        out.add(path + "dram.bytes_padding", "B", "K and V of this KV head", atoms.bytes_padding);
        out.add(path + "vpu.macs", "MAC", "of its query heads", macs);
        out.add(path + "vpu.v_rows_needed", "V rows", "of its query heads", needed);
        out.add(path + "vpu.v_rows_distinct", "V rows", "of this KV head", at_or_zero(v.v_rows_distinct_by_kv, g));
        out.add(path + "vpu.v_rows_read", "V rows", "of this KV head", at_or_zero(v.v_rows_read_by_kv, g));
    }
}

}  // namespace pade
