#include "model/accelerator/accelerator.h"

#include <algorithm>
#include <functional>

#include "model/errors.h"

namespace pade {

accelerator::accelerator(sc_core::sc_module_name name, const params& p, const accelerator_options& options)
    : sc_module(name), params_(p) {
    // Rounded to SystemC's time resolution, 1 ps.
    clock_ = std::make_unique<clock_domain>("core_clock", sc_core::sc_time(1e6 / p.clock.core_mhz, sc_core::SC_PS));
    links_ = std::make_unique<link_set>(
        link_options{options.check_tlm, p.stall, options.faults, options.trace, options.record, options.own_modules},
        *clock_);
    build_modules(options.reverse_construction);
    bind_clocks();
    if (options.trace != nullptr)
        register_trace(*options.trace);
    bind_links();
}

accelerator::~accelerator() = default;

void accelerator::build_modules(bool reverse) {
    const params& p = params_;
    const unsigned rows = p.rows.count;
    const unsigned lanes = p.lane.count;
    guards_.resize(rows);
    lanes_ = in_a_row<pe_lane>(std::size_t{rows} * lanes);

    std::vector<std::function<void()>> builders = {
        [&] { registers_ = std::make_unique<register_file>("register_file", p.link); },
        [&] { dispatcher_ = std::make_unique<dispatcher>("dispatcher", p); },
        [&] { q_buffer_ = std::make_unique<q_buffer>("q_buffer", p.buffer, p.rows, p.link); },
        [&] { kv_buffer_ = std::make_unique<kv_buffer>("kv_buffer", p.buffer, p.lane, p.vpu, p.dram, p.link); },
        [&] { score_queue_ = std::make_unique<score_queue>("score_queue", p); },
        [&] { softmax_ = std::make_unique<softmax_unit>("softmax_unit", p.softmax, p.rows, p.link); },
        [&] { rars_ = std::make_unique<rars>("rars", p.vpu, p.rars, p.link); },
        [&] { v_pu_ = std::make_unique<v_pu>("v_pu", p.vpu, p.softmax, p.rows, p.link); },
        [&] { write_back_ = std::make_unique<write_back>("write_back", p.output, p.rows, p.link); },
        [&] { arbiter_ = std::make_unique<memory_arbiter>("memory_arbiter", p.dram); },
        [&] { dram_ = std::make_unique<hbm2_controller>("hbm2", p.dram, p.clock); },
    };
    for (unsigned row = 0; row < rows; ++row) {
        builders.emplace_back([this, row] {
            const std::string label = "guard_filter_" + std::to_string(row);
            guards_[row] = std::make_unique<guard_filter>(label.c_str(), params_.guard, params_.lane);
        });
        for (unsigned lane = 0; lane < lanes; ++lane)
            builders.emplace_back([this, row, lane, lanes] {
                pe_lane_params lp;
                lp.lane = params_.lane;
                lp.guard_enabled = params_.guard.enabled;
                lp.row = row;
                lp.link_latency = params_.link.latency;
                lp.score_credits = score_places(params_.lane);
                const std::string label = "pe_lane_" + std::to_string(row) + "_" + std::to_string(lane);
                lanes_.make(row * lanes + lane, label.c_str(), lp);
            });
    }
    if (reverse)
        std::reverse(builders.begin(), builders.end());
    for (const auto& build : builders)
        build();
}

void accelerator::bind_clocks() {
    const auto gate = [this](const std::string& label) -> clock_gate& {
        gates_.push_back(std::make_unique<clock_gate>(("clock_" + label).c_str(), *clock_));
        return *gates_.back();
    };
    registers_->clk(gate("register_file"));
    dispatcher_->clk(gate("dispatcher"));
    q_buffer_->clk(gate("q_buffer"));
    kv_buffer_->clk(gate("kv_buffer"));
    score_queue_->clk(gate("score_queue"));
    softmax_->clk(gate("softmax_unit"));
    rars_->clk(gate("rars"));
    v_pu_->clk(gate("v_pu"));
    write_back_->clk(gate("write_back"));
    arbiter_->clk(gate("memory_arbiter"));
    for (unsigned row = 0; row < params_.rows.count; ++row) {
        guards_[row]->clk(gate("guard_" + std::to_string(row)));
        // The lanes of a row wake and sleep together.
        clock_gate& row_gate = gate("row_" + std::to_string(row));
        for (unsigned lane = 0; lane < params_.lane.count; ++lane)
            lanes_[row * params_.lane.count + lane].clk(row_gate);
    }
}

/// Names and order are those of docs/waveforms.md, whatever the order of construction.
void accelerator::register_trace(tracing& run) {
    const auto scope = [&](const std::string& path) { return trace_scope(run, path, clock_->period().value()); };
    registers_->register_trace(scope(registers_->name()));
    dispatcher_->register_trace(scope(dispatcher_->name()));
    for (unsigned row = 0; row < params_.rows.count; ++row) {
        row_traces_.push_back(std::make_unique<row_trace>(scope(std::string(name()) + ".row_" + std::to_string(row))));
        guards_[row]->register_trace(scope(guards_[row]->name()));
        for (unsigned lane = 0; lane < params_.lane.count; ++lane) {
            pe_lane& pe = lanes_[row * params_.lane.count + lane];
            pe.register_trace(scope(pe.name()), *row_traces_.back());
        }
    }
    q_buffer_->register_trace(scope(q_buffer_->name()));
    kv_buffer_->register_trace(scope(kv_buffer_->name()));
    score_queue_->register_trace(scope(score_queue_->name()));
    softmax_->register_trace(scope(softmax_->name()));
    rars_->register_trace(scope(rars_->name()));
    v_pu_->register_trace(scope(v_pu_->name()));
    write_back_->register_trace(scope(write_back_->name()));
    dram_->register_trace(scope(dram_->name()));
}

void accelerator::bind_links() {
    links_->edge("bus", bus, registers_->bus, true);
    links_->edge("memory", memory, arbiter_->host, false);
    registers_->interrupt(interrupt);
    registers_->started.bind(*this);
    bind_control();
    bind_lanes();
    bind_output_side();
    bind_memory();
    links_->bound();
}

tlm::tlm_analysis_port<pair_event>& accelerator::retained_pairs() {
    return score_queue_->retained_pairs;
}
tlm::tlm_analysis_port<pair_event>& accelerator::pruned_pairs() {
    return score_queue_->pruned_pairs;
}
tlm::tlm_analysis_port<o_row_event>& accelerator::output_rows() {
    return write_back_->rows_out;
}

cycle_t accelerator::cycles() const {
    return registers_->finished_at() - registers_->started_at();
}

void accelerator::write(const cycle_t& start) {
    for (auto& lane : lanes_)
        lane->start(start);
    for (auto& guard : guards_)
        guard->start(start);
    dispatcher_->begin_accounting(start);
    q_buffer_->start(start);
    kv_buffer_->start(start);
    score_queue_->start(start);
    score_queue_->set_spill_region(registers_->last_job()->spill_address);  // a register that feeds it, no more
    softmax_->start(start);
    rars_->start(start);
    v_pu_->start(start);
    write_back_->start(start);
    arbiter_->start(start);
}

/// The books cover the edges from the start (inclusive) to the interrupt (exclusive).
void accelerator::finish() {
    const cycle_t end = registers_->finished_at();
    for (auto& lane : lanes_)
        lane->finish(end);
    for (auto& guard : guards_)
        guard->finish(end);
    dispatcher_->finish(end);
    q_buffer_->finish(end);
    kv_buffer_->finish(end);
    score_queue_->finish(end);
    softmax_->finish(end);
    rars_->finish(end);
    v_pu_->finish(end);
    write_back_->finish(end);
    arbiter_->finish(end);
    links_->finish();
}

std::uint64_t accelerator::lane_operations() const {
    std::uint64_t sum = 0;
    for (const auto& lane : lanes_)
        sum += lane->counters().verdicts_out;
    return sum;
}

std::uint64_t accelerator::pairs_ended() const {
    return dispatcher_->pairs_ended();
}

}  // namespace pade
