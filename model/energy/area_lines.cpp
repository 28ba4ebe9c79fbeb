#include "model/energy/energy_model.h"
#include "model/energy/widths.h"

namespace pade {

namespace {

constexpr double um2_per_mm2 = 1e6;

/// Gates of one block, summed up from what it is made of.
class gates {
  public:
    explicit gates(const unit_costs& cost) : cost_(cost) {}
    gates& adders(double bits) { return add(bits, "gates_add"); }
    gates& multipliers(double bits2) { return add(bits2, "gates_multiply"); }
    gates& selectors(double bits) { return add(bits, "gates_select"); }
    gates& registers(double bits) { return add(bits, "gates_register"); }
    gates& register_file(double bits) { return add(bits, "gates_regfile"); }
    /// Area of so many of these blocks, with their control and the room between the cells.
    double mm2(double blocks) const {
        return blocks * count_ * cost_["control"] * cost_["gate_um2"] * cost_["placement"] / um2_per_mm2;
    }

  private:
    gates& add(double amount, const char* entry) {
        count_ += amount * cost_[entry];
        return *this;
    }
    const unit_costs& cost_;
    double count_ = 0;
};

}  // namespace

std::vector<account_line> area_lines(const params& p, const unit_costs& cost) {
    const double head_dim = cost["head_dim_max"];
    const widths w(p, head_dim);
    const double rows = p.rows.count;
    const double lanes = rows * p.lane.count;
    const double blocks = p.rows.blocks_in_flight;
    const auto sram = [&cost](double bits) { return bits * cost["sram_um2_bit"] / um2_per_mm2; };
    const auto of = [&cost] { return gates(cost); };

    std::vector<account_line> lines;
    const auto add = [&lines](const char* part, const char* name, double mm2, std::string_view text) {
        lines.push_back({part, name, mm2, text});
    };
    // Without bidirectional sparsity a group of eight elements still has its four selectors: it takes two cycles.
    add("qkpu", "lanes_gsat",
        of().selectors(w.groups * w.selectors * w.element)
            .adders(w.groups * (w.selectors - 1) * (w.element + 1) + w.tree())
            .registers((p.lane.pipeline_stages - 1) * w.stage())
            .mm2(lanes),
        "selectors, adder tree and pipeline registers of the lanes");
    add("qkpu", "lanes_scoreboard", of().register_file(p.lane.scoreboard_entries * w.entry).mm2(lanes),
        "scoreboards of the lanes");
    add("qkpu", "lanes_decision", of().adders(2 * w.score).registers(2 * w.score).mm2(lanes),
        "upper bound and comparison with T, and T");
    add("qkpu", "lanes_fifo",
        of().register_file(p.lane.fifo_planes * (widths::lane_dims + w.token + w.plane)).mm2(lanes),
        "planes waiting at the lanes");
    add("qkpu", "query_registers", of().registers(blocks * head_dim * w.element).mm2(rows),
        "queries of the blocks in flight");
    add("guard", "bui_generator",
        of().adders(2 * widths::lane_dims * (w.element + 2) + 2 * w.score)
            .registers(blocks * 2 * p.lane.key_bits * w.score)
            .mm2(rows),
        "sums of a query's elements, and its tables of intervals");
    add("guard", "lower_bounds", of().adders(w.score).mm2(lanes), "lower bounds of the lanes");
    add("guard", "threshold", of().adders(2 * w.score).registers(blocks * 2 * w.score).mm2(rows), "threshold units");
    add("control", "dispatcher",
        of().register_file(p.dispatch.pick_window * (w.token + w.plane + rows))
            .adders(p.dispatch.pick_window * (w.token + w.plane))
            .mm2(p.lane.count),
        "planes asked for and the choice among them, a lane column");
    add("control", "memory_arbiter",
        of().register_file(p.dram.arbiter_queue * (256.0 + 48)).registers(2 * (256.0 + 48)).mm2(p.dram.pseudo_channels),
        "atoms and addresses waiting, a pseudo channel");
    add("buffers", "kv_buffer", sram(8.0 * p.buffer.kv_bytes), "KV buffer");
    add("buffers", "kv_tags", sram(40 * p.buffer.kv_bytes / 32.0), "tag and pins of each line");
    add("buffers", "q_buffer", sram(8.0 * p.buffer.q_bytes), "Q buffer");
    add("vpu", "vpu_macs",
        of().multipliers(w.element * w.p_bits)
            .adders(w.accumulator)
            .registers(w.element + w.p_bits)
            .mm2(rows * p.vpu.macs_per_row),
        "multipliers and adders");
    add("vpu", "vpu_accumulators", of().register_file(blocks * head_dim * w.accumulator).mm2(rows),
        "o of the blocks in flight");
    add("vpu", "vpu_operands",
        of().register_file(1.0 * p.vpu.operand_rounds * p.vpu.v_rows_per_round * head_dim * w.element).mm2(1),
        "V rows of the rounds ahead");
    add("vpu", "rars", of().register_file(p.tile.keys * (w.token + w.p_bits)).adders(p.tile.keys * 4.0).mm2(rows),
        "weights of a tile, and the count of the rows that want each key");
    add("vpu", "score_queue", sram(p.vpu.score_queue_high * (w.token + w.score)), "retained pairs waiting");
    if (!p.ista.enabled)
        add("vpu", "score_memory", sram(8.0 * p.ista.score_bytes), "pairs of a block, ISTA off");
    add("softmax", "softmax",
        of().multipliers(2 * w.p_bits * w.p_bits)
            .adders(3 * w.p_bits)
            .register_file(256 * 2 * w.p_bits / 4)  // a table of constants: a quarter of what can be written
            .registers(4 * w.p_bits)
            .mm2(p.softmax.exps_per_cycle),
        "exponentials");
    return lines;
}

}  // namespace pade
