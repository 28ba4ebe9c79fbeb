#include "model/qkpu/pe_lane.h"

#include <algorithm>

#include "model/errors.h"

namespace pade {

pe_lane::pe_lane(sc_core::sc_module_name name, const pe_lane_params& params)
    : clocked_module(name), score_credits_(params.score_credits), params_(params) {
    hot_.fifo = registered_fifo<waiting_plane>(params.lane.fifo_planes);
    hot_.pipeline = registered_fifo<operation>(params.lane.pipeline_stages);
    hot_.key_bits = static_cast<std::uint8_t>(params.lane.key_bits);
    hot_.stages = static_cast<std::uint8_t>(params.lane.pipeline_stages);
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
    ++hot_.planes_in;
    if (item.what == plane_item::kind::plane) {
        waiting_plane plane;
        plane.bits = item.bits[0];
        plane.block = item.block;
        plane.key = item.key;
        plane.tag = item.tag;
        plane.plane = item.plane;
        plane.slot = item.slot;
        plane.words = item.words;
        hot_.fifo.push(plane, item.visible);
        if (item.words > 1)
            wide_.push({item.bits[1], item.bits[2], item.bits[3]}, item.visible);
    } else {
        admission key;
        key.tag = item.tag;
        key.slot = item.slot;
        key.more = item.more;
        key.key = item.key;
        admissions_.push(key, item.visible);
        hot_.inputs_at = std::min(hot_.inputs_at, item.visible);
    }
    hot_.gate->wake_at(item.visible);
}

void pe_lane::on_row(unsigned, row_item& item) {
    ++counters_.rows_in;
    auto& queue = item.what == row_item::kind::query ? queries_ : thresholds_;
    queue.push(item, item.visible);
    hot_.inputs_at = std::min(hot_.inputs_at, item.visible);
    hot_.gate->wake_at(item.visible);
}

void pe_lane::on_score_credit(unsigned, cycle_t now) {
    score_credits_.give(now);
    hot_.gate->wake();
}

void pe_lane::step(cycle_t now) {
    account_sleep(now);
    if (hot_.inputs_at <= now)
        take_inputs(now);

    const bool accepted = decide(now);
    const bool busy = hot_.datapath_free > now || (accepted && issue(now));

    if (busy)
        ++counters_.busy;
    else if (!accepted)
        ++counters_.stall_downstream;
    else
        ++waiting_class();
    hot_.accounted = now + 1;
    if (hot_.traced)
        trace_step(busy, accepted, now);

    // A plane that cannot be taken yet waits for the pipeline, or for a query or its own edge, which wake the lane.
    if (!hot_.pipeline.empty())
        hot_.gate->wake_at(now + 1);
}

void pe_lane::take_inputs(cycle_t now) {
    take_queries(now);
    take_thresholds(now);
    take_admissions(now);
    hot_.inputs_at = std::min({queries_.next(), thresholds_.next(), admissions_.next()});
}

void pe_lane::take_queries(cycle_t now) {
    while (queries_.ready(now)) {
        row_item& item = queries_.front();
        auto& held = queries_held_[item.slot];
        held = std::move(item.query);
        hot_.contexts[item.slot] = context{};
        hot_.contexts[item.slot].query = held.get();
        if (counters_.heads.size() <= held->head)
            counters_.heads.resize(held->head + std::size_t{1});
        // The vector may have moved: both blocks' pointers are set anew.
        for (context& each : hot_.contexts)
            if (each.query != nullptr)
                each.head = &counters_.heads[each.query->head];
        queries_.pop();
    }
}

void pe_lane::take_thresholds(cycle_t now) {
    while (thresholds_.ready(now)) {
        const row_item& item = thresholds_.front();
        context& c = hot_.contexts[item.slot];
        c.threshold = item.threshold;
        if (c.query != nullptr)
            c.send_above = std::max(c.send_above, item.threshold + c.query->offset);
        thresholds_.pop();
    }
}

void pe_lane::take_admissions(cycle_t now) {
    while (admissions_.ready(now)) {
        const admission& item = admissions_.front();
        hot_.keys.admit(item.tag, item.key, item.slot);
        hot_.more_keys = item.more;
        ++counters_.admitted;
        admissions_.pop();
    }
}

/// The last stage. Returns false when the score queue cannot take a retained key: then the whole pipeline holds.
bool pe_lane::decide(cycle_t now) {
    if (!hot_.pipeline.ready(now))
        return true;
    const operation& op = hot_.pipeline.front();
    context& c = hot_.contexts[op.slot];
    const unsigned known = op.plane + 1u;
    const auto& intervals = c.query->intervals;
    verdict decision = verdict::next_plane;
    if (hot_.guard_enabled && std::int64_t{op.partial} + intervals.upper[known] < c.threshold) {
        decision = verdict::pruned;
        ++c.head->pruned_at[op.plane];
        hot_.keys.retire(op.tag);
    } else if (known == hot_.key_bits) {
        if (score_credits_.available(now) == 0)
            return false;
        decision = verdict::retained;
        send_score(op, now);
        ++c.head->retained;
        hot_.keys.retire(op.tag);
    }
    if (hot_.traced)
        trace_decision(op, c, decision);
    if (hot_.guard_enabled) {
        // Only a bound above all that this lane has sent and has heard of can raise T; the others stay in the lane.
        const std::int64_t lower = std::int64_t{op.partial} + intervals.lower[known];
        if (lower > c.send_above)
            send_bound(c, lower, op.slot, now);
    }

    verdict_item item;
    item.slot = op.slot;
    item.plane = op.plane;
    item.decision = decision;
    item.tag = op.tag;
    item.key = op.key;
    ++counters_.verdicts_out;
    hot_.decided = now;
    hot_.pipeline.pop();
    verdicts.send(item, now + params_.lane.verdict_latency);
    return true;
}

void pe_lane::send_score(const operation& op, cycle_t now) {
    score_credits_.take(now);
    score_item score;
    score.slot = op.slot;
    score.row = static_cast<std::uint8_t>(params_.row);
    score.key = op.key;
    score.score = op.partial;
    ++counters_.scores_out;
    scores.send(score, now + params_.lane.verdict_latency);
}

void pe_lane::send_bound(context& c, std::int64_t lower, std::uint8_t slot, cycle_t now) {
    c.send_above = lower;
    bound_item item;
    item.slot = slot;
    item.block = c.query->block;
    item.lower = lower;
    ++counters_.bounds_sent;
    bounds.send(item, now + params_.link_latency);
}

inline gsat_result pe_lane::masked_sum(const numeric::query_operand& q, const waiting_plane& item) {
    static constexpr further_words none{};
    const bool wide = item.words > 1;
    const gsat_result result = hot_.datapath(q, item.bits, wide ? wide_.front().data() : none.data());
    if (wide)
        wide_.pop();
    return result;
}

/// The first stage: takes the oldest plane of the FIFO.
bool pe_lane::issue(cycle_t now) {
    if (!hot_.fifo.ready(now))
        return false;
    const waiting_plane& item = hot_.fifo.front();
    const context& c = hot_.contexts[item.slot];
    if (c.query == nullptr || c.query->block != item.block)
        return false;  // the row's query is still on its way
    scoreboard::entry& e = hot_.keys.find(item.tag, item.key, item.slot);
    if (e.next_plane != item.plane)
        wrong_plane(item, e.next_plane);
    if (hot_.traced)
        trace_issue(item, *c.query, e.partial, now);
    const gsat_result result = masked_sum(c.query->operand, item);
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
    if (hot_.traced)
        trace_->took(op);
    ++c.head->planes;
    c.head->busy += result.cycles;
    counters_.busy_dims += result.dims_cycles;
    counters_.selected += result.selected;
    hot_.fifo.pop();
    planes.give_credit(now);
    return true;
}

void pe_lane::wrong_plane(const waiting_plane& item, unsigned due) const {
    throw internal_error(std::string(name()) + ": key " + std::to_string(item.key) + " got plane " +
                         std::to_string(item.plane) + " where plane " + std::to_string(due) + " was due");
}

std::uint64_t& pe_lane::waiting_class() {
    const lane_cycle now = waiting();
    return now == lane_cycle::stall_scoreboard ? counters_.stall_scoreboard
           : now == lane_cycle::stall_data     ? counters_.stall_data
                                               : counters_.idle;
}

void pe_lane::register_trace(const trace_scope& scope, row_trace& row_of_lane) {
    trace_ = std::make_unique<pe_lane_trace>(scope, row_of_lane, params_.row);
    hot_.traced = true;
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
        d.threshold_valid = c.threshold != context::lowest;
        d.threshold = d.threshold_valid ? c.threshold : 0;
    }
    d.interval_upper = c.query->intervals.upper[op.plane + 1U];
    d.interval_lower = c.query->intervals.lower[op.plane + 1U];
    d.best_valid = c.send_above != context::lowest;
    d.best = d.best_valid ? c.send_above : 0;
    trace_->decided(d);
}

/// Planes of the input FIFO that can be seen.
std::size_t pe_lane::planes_waiting(cycle_t now) const {
    std::size_t n = 0;
    while (n < hot_.fifo.size() && hot_.fifo.visible_at(n) <= now)
        ++n;
    return n;
}

/// Before the plane is taken.
void pe_lane::trace_issue(const waiting_plane& item, const row_query& query, std::int32_t partial, cycle_t now) {
    trace_->head(item, planes_waiting(now));
    const unsigned last = query.operand.words() - 1;
    trace_->operands(query.operand, query.operand.word_sum(last == 0 ? item.bits : wide_.front()[last - 1], last),
                     partial);
    traced_issue_ = now;
}

void pe_lane::trace_step(bool busy, bool accepted, cycle_t now) {
    if (traced_issue_ != now) {
        if (hot_.fifo.ready(now))
            trace_->head(hot_.fifo.front(), planes_waiting(now));
        else
            trace_->no_head();
    }
    for (std::size_t slot = 0; slot < hot_.contexts.size(); ++slot) {
        const context& c = hot_.contexts[slot];
        if (c.query != nullptr)
            trace_->context(slot, c.query->block, c.threshold != context::lowest, c.threshold);
    }
    trace_->holds(hot_.keys.used(), hot_.keys.full());
    const lane_cycle present = busy ? lane_cycle::busy : accepted ? waiting() : lane_cycle::stall_downstream;
    trace_->lane_class.pulse(static_cast<unsigned>(present), static_cast<unsigned>(waiting()));
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
