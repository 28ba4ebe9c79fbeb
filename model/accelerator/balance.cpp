// Nothing lost: at the end of each run every pair, byte and transaction is accounted for.
#include <map>
#include <string>

#include "model/accelerator/accelerator.h"
#include "model/accelerator/ledger.h"
#include "model/errors.h"

namespace pade {

std::string accelerator::imbalance() const {
    ledger books;
    const auto& d = dispatcher_->counters();
    const auto& sq = score_queue_->counters();
    const auto& kv = kv_buffer_->counters();
    const auto& q = q_buffer_->counters();
    const auto& v = v_pu_->counters();
    const auto& wb = write_back_->counters();

    // Pairs: each one that enters ends exactly once.
    std::uint64_t total = 0;
    std::uint64_t masked = 0;
    for (const auto& head : d.heads) {
        total += head.pairs;
        masked += head.masked;
    }
    std::uint64_t pruned = 0;
    std::uint64_t retained = 0;
    std::uint64_t planes = 0;
    std::uint64_t class_sum = 0;
    std::uint64_t plane_items = 0;
    std::uint64_t verdicts = 0;
    std::uint64_t scores = 0;
    std::uint64_t bounds_out = 0;
    std::uint64_t row_items = 0;
    for (const auto& lane : lanes_) {
        const lane_counters& c = lane->counters();
        for (const auto& head : c.heads) {
            retained += head.retained;
            planes += head.planes;
            for (const std::uint64_t n : head.pruned_at)
                pruned += n;
        }
        class_sum += c.busy + c.stall_downstream + c.stall_scoreboard + c.stall_data + c.idle;
        plane_items += lane->planes_in();
        verdicts += c.verdicts_out;
        scores += c.scores_out;
        bounds_out += c.bounds_sent;
        row_items += c.rows_in;
    }
    std::uint64_t rechecked = 0;
    for (const std::uint64_t n : sq.recheck_pruned)
        rechecked += n;
    std::uint64_t kept = 0;
    for (const std::uint64_t n : sq.retained)
        kept += n;
    books.equal("pairs in and ended", total, masked + pruned + retained);
    books.equal("pairs ended at the dispatcher", total - masked, pairs_ended());
    books.equal("pairs retained by lanes and seen by the score queue", retained, sq.pairs_in);
    books.equal("pairs kept and dropped by the re-check", sq.pairs_in, kept + rechecked);
    books.equal("pairs kept and multiplied with V", kept, v.v_rows_needed);
    books.equal("planes processed and decided on", planes, verdicts);
    books.equal("lane-cycles", class_sum, lanes_.size() * cycles());
    books.equal("column-cycles", d.delivering + d.no_room + d.port_busy + d.no_data + d.no_request + d.empty,
                std::uint64_t{params_.lane.count} * cycles());
    books.equal("cycles of the K feed", kv.k_feed.total(), cycles());
    books.equal("cycles of the V-PU", v.cycles.total(), cycles());
    books.equal("cycles of the softmax unit", softmax_->counters().cycles.total(), cycles());
    books.equal("cycles of RARS", rars_->counters().cycles.total(), cycles());
    books.equal("cycles of the score queue", sq.cycles.total(), cycles());
    books.equal("cycles of the write-back unit", wb.cycles.total(), cycles());

    // Bytes: each one read from DRAM is used, unused or padding; each one written was an O atom or a spilled one.
    const atom_counters atoms = kv.all();
    const dram_counters dram = dram_->total();
    books.equal("bytes read from DRAM", dram.bytes_read, atoms.bytes_read + q.bytes_read + sq.spill_bytes_read);
    books.equal("bytes of K and V used, unused or padding", atoms.bytes_read,
                atoms.bytes_used + atoms.bytes_unused + atoms.bytes_padding);
    books.equal("bytes of Q used, unused or padding", q.bytes_read, q.bytes_used + q.bytes_unused + q.bytes_padding);
    books.equal("bytes written to DRAM", dram.bytes_written, wb.bytes_data + wb.bytes_padding + sq.spill_bytes_written);
    books.equal("pairs spilled and read back", sq.spilled_pairs, sq.spilled_pairs_back);
    books.equal("bytes spilled and read back", sq.spill_bytes_written, sq.spill_bytes_read);
    books.equal("bytes of spilled pairs and padding", sq.spill_bytes_read,
                8 * sq.spilled_pairs_back + sq.spill_bytes_padding);

    // Transactions: what the monitors saw is what the modules counted, on both sides.
    const auto links = links_->totals();
    const auto link = [&](const char* name, std::uint64_t sent, std::uint64_t received) {
        books.equal(std::string("link ") + name + ", sender", links.at(name).transactions, sent);
        books.equal(std::string("link ") + name + ", receiver", links.at(name).transactions, received);
    };
    std::uint64_t guard_bounds = 0;
    std::uint64_t guard_queries = 0;
    std::uint64_t guard_rows = 0;
    std::uint64_t guard_thresholds = 0;
    for (const auto& guard : guards_) {
        guard_bounds += guard->counters().bounds;
        guard_queries += guard->counters().queries;
        guard_rows += guard->counters().row_items_out;
        guard_thresholds += guard->counters().threshold_items_out;
    }
    std::uint64_t q_rows = 0;
    for (const std::uint64_t n : q.row_items)
        q_rows += n;
    link("planes", d.planes_out, plane_items);
    link("verdicts", verdicts, d.verdicts_in);
    link("bounds", bounds_out, guard_bounds);
    link("scores", scores, sq.pairs_in);
    link("row_broadcast", guard_rows, row_items);
    link("thresholds", guard_thresholds, sq.threshold_items_in);
    link("queries", q_rows, guard_queries);
    link("query_commands", d.query_commands_out, q.command_items);
    link("query_loaded", q.loaded_items, d.blocks);
    link("k_fetch", d.fetch_items_out, kv.k_fetch_items);
    link("k_arrived", kv.k_arrived_items, d.arrived_in);
    link("v_fetch", sq.fetch_items_out, kv.v_fetch_items);
    link("v_release", v.release_items_out, kv.v_release_items);
    link("tiles", d.tile_items_out, sq.tile_items_in);
    link("pairs", sq.pair_items_out, softmax_->counters().pair_items_in);
    link("weights", softmax_->counters().weight_items_out, rars_->counters().weight_items_in);
    link("v_reserved", sq.reserved_items_out, rars_->counters().reserved_items_in);
    link("rounds", rars_->counters().round_items_out, v.round_items_in);
    link("o_rows", v.o_items_out, wb.o_items_in);
    link("left_vpu", v.done_items_out, d.blocks);
    link("written", wb.done_items_out, d.blocks);
    const auto port_sum = [](const std::vector<link_count>& ports) {
        link_count sum;
        for (const link_count& p : ports) {
            sum.transactions += p.transactions;
            sum.bytes += p.bytes;
        }
        return sum;
    };
    const auto memory_link = [&](const char* name, const link_count& counted) {
        books.equal(std::string("link ") + name + ", transactions", links.at(name).transactions, counted.transactions);
        books.equal(std::string("link ") + name + ", bytes", links.at(name).bytes, counted.bytes);
    };
    memory_link("k_port", port_sum(kv.k_port));
    books.equal("K reads", d.k_reads, links.at("k_port").transactions);
    memory_link("v_port", port_sum(kv.v_port));
    books.equal("V atoms read", v.v_atoms_read, links.at("v_port").transactions);
    memory_link("kv_memory", port_sum(kv.memory));
    memory_link("q_memory", q.memory);
    memory_link("o_memory", {wb.atoms_written, wb.bytes_data + wb.bytes_padding});
    memory_link("spill_memory", {sq.spill_requests, sq.spill_bytes_written + sq.spill_bytes_read});
    link_count answered;
    for (const auto& channel : arbiter_->counters().per_channel)
        for (const client_counters& client : channel) {
            answered.transactions += client.transactions;
            answered.bytes += client.bytes;
        }
    memory_link("dram", answered);
    books.equal("bytes over the DRAM links", links.at("dram").bytes, dram.bytes_read + dram.bytes_written);
    return books.text();
}

}  // namespace pade
