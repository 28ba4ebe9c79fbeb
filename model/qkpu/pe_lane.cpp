#include "model/qkpu/pe_lane.h"

#include <algorithm>

#include "model/errors.h"

namespace pade {

pe_lane::pe_lane(sc_core::sc_module_name name, const pe_lane_params& params)
    : clocked_module(name), score_credits_(params.score_credits), params_(params) {
    hot_.fifo = registered_fifo<plane_item>(params.lane.fifo_planes);
    hot_.pipeline = registered_fifo<operation>(params.lane.pipeline_stages);
    hot_.key_bits = params.lane.key_bits;
    hot_.stages = params.lane.pipeline_stages;
    hot_.guard_enabled = params.guard_enabled;
    hot_.datapath = gsat(params.lane.bidirectional);
    hot_.keys = scoreboard(params.lane.scoreboard_entries);
    planes.on_item<pe_lane, &pe_lane::on_planes>(this);
    row.on_item<pe_lane, &pe_lane::on_row>(this);
    scores.on_credit<pe_lane, &pe_lane::on_score_credit>(this);
}

void pe_lane::end_of_elaboration() {
    hot_.gate = &clk->gate();
    use_gate(*hot_.gate);
    SC_METHOD(run);
    sensitive << hot_.gate->edge();
    dont_initialize();
}

void pe_lane::on_planes(unsigned, plane_item& item) {
    ++counters_.planes_in;
    auto& queue = item.what == plane_item::kind::plane ? hot_.fifo : hot_.admissions;
    queue.push(item, item.visible);
    hot_.gate->wake_at(item.visible);
}

void pe_lane::on_row(unsigned, row_item& item) {
    ++counters_.rows_in;
    auto& queue = item.what == row_item::kind::query ? hot_.queries : hot_.thresholds;
    queue.push(item, item.visible);
    hot_.gate->wake_at(item.visible);
}

void pe_lane::on_score_credit(unsigned, cycle_t now) {
    score_credits_.give(now);
    hot_.gate->wake();
}

void pe_lane::step(cycle_t now) {
    account_sleep(now);
    if (hot_.queries.ready(now))
        take_queries(now);
    if (hot_.thresholds.ready(now))
        take_thresholds(now);
    if (hot_.admissions.ready(now))
        take_admissions(now);

    const bool accepted = decide(now);
    const bool busy = hot_.datapath_free > now || (accepted && issue(now));

    if (busy)
        ++counters_.busy;
    else if (!accepted)
        ++counters_.stall_downstream;
    else
        ++waiting_class();
    hot_.accounted = now + 1;
    if (hot_.trace != nullptr)
        trace_step(busy, accepted);

    // A plane that cannot be taken yet waits for the pipeline, or for a query or its own edge, which wake the lane.
    if (!hot_.pipeline.empty())
        hot_.gate->wake();
}

void pe_lane::take_queries(cycle_t now) {
    while (hot_.queries.ready(now)) {
        row_item& item = hot_.queries.front();
        context& c = contexts_[item.slot];
        c = context{};
        c.query = std::move(item.query);
        if (counters_.heads.size() <= c.query->head)
            counters_.heads.resize(c.query->head + std::size_t{1});
        // The vector may have moved: both blocks' pointers are set anew.
        for (context& each : contexts_)
            if (each.query)
                each.head = &counters_.heads[each.query->head];
        hot_.queries.pop();
    }
}

void pe_lane::take_thresholds(cycle_t now) {
    while (hot_.thresholds.ready(now)) {
        const row_item& item = hot_.thresholds.front();
        contexts_[item.slot].threshold = {true, item.threshold};
        hot_.thresholds.pop();
    }
}

void pe_lane::take_admissions(cycle_t now) {
    while (hot_.admissions.ready(now)) {
        const plane_item& item = hot_.admissions.front();
        hot_.keys.admit(item.tag, item.key, item.slot);
        hot_.more_keys = item.more;
        ++counters_.admitted;
        hot_.admissions.pop();
    }
}

/// The last stage. Returns false when the score queue cannot take a retained key: then the whole pipeline holds.
bool pe_lane::decide(cycle_t now) {
    if (!hot_.pipeline.ready(now))
        return true;
    const operation& op = hot_.pipeline.front();
    context& c = contexts_[op.slot];
    const unsigned known = op.plane + 1u;
    verdict decision = verdict::next_plane;
    if (hot_.guard_enabled) {
        const auto upper = std::int64_t{op.partial} + c.query->intervals.upper[known];
        if (!c.threshold.keeps(upper))
            decision = verdict::pruned;
    }
    if (decision == verdict::next_plane && known == hot_.key_bits) {
        if (score_credits_.available(now) == 0)
            return false;
        decision = verdict::retained;
        score_credits_.take(now);
        score_item score;
        score.slot = op.slot;
        score.row = static_cast<std::uint8_t>(params_.row);
        score.key = op.key;
        score.score = op.partial;
        ++counters_.scores_out;
        scores.send(score, now + params_.lane.verdict_latency);
    }
    if (hot_.trace != nullptr)
        trace_decision(op, c, decision);
    if (hot_.guard_enabled)
        send_bound(c, std::int64_t{op.partial} + c.query->intervals.lower[known], op.slot, now);
    if (decision == verdict::pruned)
        ++c.head->pruned_at[op.plane];
    else if (decision == verdict::retained)
        ++c.head->retained;
    if (decision != verdict::next_plane)
        hot_.keys.retire(op.tag);

    verdict_item item;
    item.slot = op.slot;
    item.plane = op.plane;
    item.decision = decision;
    item.tag = op.tag;
    item.key = op.key;
    ++counters_.verdicts_out;
    hot_.decided = now;
    verdicts.send(item, now + params_.lane.verdict_latency);
    hot_.pipeline.pop();
    return true;
}

/// Only a bound above all that this lane has sent and has heard of can raise T; the others stay in the lane.
void pe_lane::send_bound(context& c, std::int64_t lower, std::uint8_t slot, cycle_t now) {
    if (c.bound_sent && lower <= c.best_bound)
        return;
    if (c.threshold.valid && lower - c.query->offset <= c.threshold.value)
        return;
    c.bound_sent = true;
    c.best_bound = lower;
    bound_item item;
    item.slot = slot;
    item.block = c.query->block;
    item.lower = lower;
    ++counters_.bounds_sent;
    bounds.send(item, now + params_.link_latency);
}

/// The first stage: takes the oldest plane of the FIFO.
bool pe_lane::issue(cycle_t now) {
    if (!hot_.fifo.ready(now))
        return false;
    const plane_item& item = hot_.fifo.front();
    const context& c = contexts_[item.slot];
    if (!c.query || c.query->block != item.block)
        return false;  // the row's query is still on its way
    scoreboard::entry& e = hot_.keys.find(item.tag, item.key, item.slot);
    if (e.next_plane != item.plane)
        throw internal_error(std::string(name()) + ": key " + std::to_string(item.key) + " got plane " +
                             std::to_string(item.plane) + " where plane " + std::to_string(e.next_plane) + " was due");
    const gsat_result result = hot_.datapath(c.query->operand, item.bits);
    e.partial += numeric::plane_weight(item.plane, hot_.key_bits) * result.sum;
    ++e.next_plane;
    hot_.datapath_free = now + result.cycles;
    operation op;
    op.partial = e.partial;
    op.key = item.key;
    op.tag = item.tag;
    op.slot = item.slot;
    op.plane = item.plane;
    hot_.pipeline.push(op, hot_.datapath_free + hot_.stages - 2);
    if (hot_.trace != nullptr)
        hot_.trace->took(item, e.partial);
    ++c.head->planes;
    c.head->busy += result.cycles;
    counters_.busy_dims += result.dims_cycles;
    counters_.selected += result.selected;
    hot_.fifo.pop();
    planes.give_credit(now);
    return true;
}

std::uint64_t& pe_lane::waiting_class() {
    if (hot_.keys.full() && hot_.more_keys)
        return counters_.stall_scoreboard;
    return hot_.keys.used() != 0 ? counters_.stall_data : counters_.idle;
}

void pe_lane::register_trace(const trace_scope& scope, row_trace& row_of_lane) {
    trace_ = std::make_unique<pe_lane_trace>(scope, row_of_lane, params_.row);
    hot_.trace = trace_.get();
}

void pe_lane::trace_decision(const operation& op, const context& c, verdict outcome) {
    pe_lane_trace::decision d;
    d.key = op.key;
    d.partial = op.partial;
    d.plane = op.plane;
    d.slot = op.slot;
    d.outcome = outcome;
    d.guarded = hot_.guard_enabled;
    if (d.guarded) {
        d.upper = std::int64_t{op.partial} + c.query->intervals.upper[op.plane + 1U];
        d.threshold_valid = c.threshold.valid;
        d.threshold = c.threshold.value;
    }
    hot_.trace->decided(d);
}

void pe_lane::trace_step(bool busy, bool accepted) {
    using cycle = pe_lane_trace::cycle;
    hot_.trace->holds(hot_.keys.used(), hot_.keys.full());
    const cycle waiting = hot_.keys.full() && hot_.more_keys ? cycle::stall_scoreboard
                          : hot_.keys.used() != 0            ? cycle::stall_data
                                                             : cycle::idle;
    const cycle present = busy ? cycle::busy : !accepted ? cycle::stall_downstream : waiting;
    hot_.trace->lane_class.pulse(static_cast<unsigned>(present), static_cast<unsigned>(waiting));
}

/// Nothing changes while the lane sleeps, so all cycles since its last step are alike.
void pe_lane::account_sleep(cycle_t now) {
    if (now > hot_.accounted) {
        waiting_class() += now - hot_.accounted;
        hot_.accounted = now;
    }
}

void pe_lane::finish(cycle_t end) {
    account_sleep(end);
    // A late T may have woken the lane at the edge of the interrupt, which is in no class.
    counters_.idle -= hot_.accounted - end;
    hot_.accounted = end;
}

std::string pe_lane::waits_for() const {
    if (hot_.keys.used() == 0)
        return {};
    std::string text = std::to_string(hot_.keys.used()) + " keys in the scoreboard, ";
    if (!hot_.pipeline.empty())
        return text + "key " + std::to_string(hot_.pipeline.front().key) +
               " waits for its decision to be accepted by the score queue";
    if (!hot_.fifo.empty())
        return text + "key " + std::to_string(hot_.fifo.front().key) + " waits for the query of block " +
               std::to_string(hot_.fifo.front().block);
    return text + "waiting for planes from the dispatcher";
}

}  // namespace pade
