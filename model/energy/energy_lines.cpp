#include <cmath>

#include "model/energy/energy_model.h"
#include "model/energy/widths.h"

namespace pade {

namespace {

/// An SRAM of that many bytes, a bit: on the line through 8 KB and 32 KB over the logarithm of the size; smaller ones
/// cost as 8 KB.
double sram_bit(const unit_costs& cost, double bytes) {
    const double steps = std::max(0.0, std::log2(bytes / 8192) / 2);
    return cost["sram_bit_8k"] * (1 - steps) + cost["sram_bit_32k"] * steps;
}

/// The account of one run while it is written.
class account {
  public:
    account(const stats& figures, const params& p, const unit_costs& cost, double area)
        : f_(figures), p_(p), cost_(cost), area_(area), w_(p, figures.number("job.head_dim")) {}

    std::vector<account_line> lines() {
        lanes();
        guard();
        control();
        buffers();
        vpu();
        softmax();
        standing();
        dram();
        return std::move(lines_);
    }

  private:
    double n(std::string_view path) const { return f_.number(path); }
    void add(const char* part, const char* name, double picojoule, std::string_view text) {
        lines_.push_back({part, name, picojoule, text});
    }
    double pairs() const { return n("pairs.total") - n("pairs.masked"); }

    void lanes() {
        const double planes = n("planes.processed");
        add("qkpu", "lanes_select", n("lanes.selected") * w_.element * (cost_["select_bit"] + cost_["add_bit"]),
            "selected elements, each through a selector and an adder of its group");
        add("qkpu", "lanes_tree", n("lanes.busy") * w_.tree() * cost_["add_bit"],
            "a pass adds the group sums up, and into the partial score");
        add("qkpu", "lanes_pipeline",
            n("lanes.busy") * (p_.lane.pipeline_stages - 1) * w_.stage() * cost_["register_bit"],
            "registers between the stages, a pass");
        add("qkpu", "lanes_scoreboard", (2 * planes + pairs()) * w_.entry * cost_["regfile_bit"],
            "an entry is written at admission, and read and written by each plane");
        add("qkpu", "lanes_fifo", 2 * planes * w_.plane_item * cost_["regfile_bit"],
            "a plane is written to the lane's FIFO and read");
        add("qkpu", "lanes_decision", 2 * planes * w_.score * cost_["add_bit"],
            "the upper bound, and its comparison with T");
        add("qkpu", "query_registers", n("guard.queries") * n("job.head_dim") * w_.element * cost_["register_bit"],
            "queries into the registers of their row");
    }

    void guard() {
        const double tables = n("guard.queries");
        add("guard", "bui_generator",
            tables * (n("job.head_dim") * 2 * w_.element * cost_["add_bit"] +
                      2 * p_.lane.key_bits * w_.score * (cost_["add_bit"] + cost_["register_bit"])),
            "sums of a query's elements, and its table of intervals");
        add("guard", "lower_bounds", n("planes.processed") * w_.score * cost_["add_bit"],
            "the lower bound of each plane");
        add("guard", "threshold", 2 * n("guard.bounds_received") * w_.score * cost_["add_bit"],
            "a bound less the offset, and its comparison with T");
        add("guard", "broadcast",
            n("guard.thresholds_raised") * w_.score *
                (cost_["row_wire_mm"] * cost_["wire_bit_mm"] + p_.lane.count * cost_["register_bit"]),
            "a new T to the lanes of the row");
    }

    void control() {
        add("control", "dispatcher_pick",
            n("classes.dispatcher.delivering") * p_.dispatch.pick_window * (w_.token + w_.plane) * cost_["add_bit"],
            "the choice among a column's planes");
        add("control", "dispatcher_track",
            (2 * n("planes.processed") + pairs()) * (w_.token + w_.plane) * cost_["regfile_bit"],
            "admissions and verdicts in the dispatcher's tables");
        add("control", "dispatcher_fetch", 2 * n("dispatch.fetches") * 48 * cost_["regfile_bit"],
            "fetches in the table of atoms");
        add("control", "memory_arbiter",
            2 * (n("dram.bytes_read") + n("dram.bytes_written")) / 32 * (256 + 48) * cost_["register_bit"],
            "each atom with its address through two registers");
    }

    void buffers() {
        const double q_filled = n("buffer.q_bytes_filled");
        const double q_loaded = n("buffer.q_bytes_loaded");
        const double way = cost_["buffer_wire_mm"] * cost_["wire_bit_mm"];
        add("buffers", "kv_sram",
            (n("buffer.k_reads") + n("buffer.v_reads") + n("buffer.fills")) * 256 *
                sram_bit(cost_, static_cast<double>(p_.buffer.kv_bytes) / p_.buffer.banks),
            "accesses of 32 B to a bank of the KV buffer");
        add("buffers", "q_sram", (q_filled + q_loaded) * 8 * sram_bit(cost_, p_.buffer.q_bytes / 2.0),
            "bytes written to and read from a half of the Q buffer");
        add("buffers", "k_wires", n("buffer.k_planes") * 64 * way, "planes to their lane column");
        add("buffers", "v_wires", n("buffer.v_reads") * 256 * way, "V rows to the V-PU");
        add("buffers", "fill_wires", n("buffer.fills") * 256 * way, "atoms from the memory port");
        add("buffers", "q_wires", (q_filled + q_loaded) * 8 * way, "queries in and out");
    }

    void vpu() {
        const double macs = n("vpu.macs");
        const double retained = n("pairs.retained");
        add("vpu", "vpu_macs",
            macs * (w_.element * w_.p_bits * cost_["multiply_bit2"] + w_.accumulator * cost_["add_bit"]),
            "products of V and p, and their sums");
        add("vpu", "vpu_accumulators", 2 * macs * w_.accumulator * cost_["regfile_bit"], "o is read and written");
        add("vpu", "vpu_operands", n("buffer.v_reads") * 256 * 2 * cost_["regfile_bit"],
            "V rows into the operand registers and out");
        add("vpu", "vpu_rescale", n("vpu.rescale_macs") * w_.accumulator * w_.p_bits * cost_["multiply_bit2"],
            "o times the factor of a new maximum");
        add("vpu", "rars",
            2 * retained * (w_.token + w_.p_bits) * cost_["regfile_bit"] +
                n("vpu.rounds") * p_.rows.count * p_.tile.keys * cost_["add_bit"],
            "weights wait for their round; a round counts who wants which key");
        add("vpu", "score_queue", 2 * n("score_queue.pairs_in") * (w_.token + w_.score) * sram_bit(cost_, 8192),
            "retained pairs wait for their tile");
    }

    void softmax() {
        const double outputs = n("job.queries") * n("job.heads") * n("job.head_dim");
        add("softmax", "exp",
            n("softmax.exps") * (2 * w_.p_bits * w_.p_bits * cost_["multiply_bit2"] + 3 * w_.p_bits * cost_["add_bit"] +
                                 2 * w_.p_bits * cost_["regfile_bit"]),
            "a table entry, two products, three sums");
        add("softmax", "recheck", n("score_queue.pairs_in") * w_.score * cost_["add_bit"],
            "a retained score against T once more");
        add("softmax", "normalise", outputs * w_.accumulator * w_.p_bits * cost_["multiply_bit2"],
            "each element of O divided by l");
    }

    void standing() {
        add("clock", "clock", area_ * n("time.cycles") * cost_["clock_mm2"], "the clock tree");
        add("leakage", "leakage", area_ * n("time.ns") * cost_["leakage_mm2"], "area times time");
    }

    void dram() {
        const double read = 8 * n("dram.bytes_read");
        const double written = 8 * n("dram.bytes_written");
        const double banks =
            p_.dram.refresh == dram_refresh::all_bank ? 1.0 * p_.dram.bank_groups * p_.dram.banks_per_group : 1.0;
        add("dram", "dram_activate", n("dram.activates") * cost_["dram_activate"], "ACT commands, with their PRE");
        add("dram", "dram_read", read * cost_["dram_core_bit"], "bits read, on the die");
        add("dram", "dram_write", written * cost_["dram_core_bit"], "bits written, on the die");
        add("dram", "dram_io", (read + written) * cost_["dram_io_bit"], "bits over TSVs and interposer");
        add("dram", "dram_refresh", n("dram.refreshes") * banks * cost_["dram_refresh_bank"],
            "banks that REF commands refreshed");
        add("dram", "dram_background", p_.dram.pseudo_channels * n("time.ns") * cost_["dram_background"],
            "standby of the pseudo channels");
    }

    const stats& f_;
    const params& p_;
    const unit_costs& cost_;
    double area_;
    widths w_;
    std::vector<account_line> lines_;
};

}  // namespace

std::vector<account_line> energy_lines(const stats& figures, const params& p, const unit_costs& cost, double area) {
    return account(figures, p, cost, area).lines();
}

}  // namespace pade
