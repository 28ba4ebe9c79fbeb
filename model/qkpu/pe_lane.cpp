#include "model/qkpu/pe_lane.h"

#include <algorithm>

#include "model/errors.h"

namespace pade {

pe_lane::pe_lane(sc_core::sc_module_name name, const pe_lane_params& params)
    : clocked_module(name),
      fifo_(params.lane.fifo_planes),
      pipeline_(params.lane.pipeline_stages),
      scoreboard_(params.lane.scoreboard_entries),
      score_credits_(params.score_credits),
      gsat_(params.lane.bidirectional),
      params_(params) {
    planes.on_item<pe_lane, &pe_lane::on_planes>(this);
    row.on_item<pe_lane, &pe_lane::on_row>(this);
    scores.on_credit<pe_lane, &pe_lane::on_score_credit>(this);
}

void pe_lane::on_planes(unsigned, plane_item& item) {
    ++counters_.planes_in;
    auto& queue = item.what == plane_item::kind::plane ? fifo_ : admissions_;
    queue.push(item, item.visible);
    wake_at(item.visible);
}

void pe_lane::on_row(unsigned, row_item& item) {
    ++counters_.rows_in;
    auto& queue = item.what == row_item::kind::query ? queries_ : thresholds_;
    queue.push(item, item.visible);
    wake_at(item.visible);
}

void pe_lane::on_score_credit(unsigned, cycle_t now) {
    score_credits_.give(now);
    wake();
}

void pe_lane::step(cycle_t now) {
    account_sleep(now);
    if (queries_.ready(now))
        take_queries(now);
    if (thresholds_.ready(now))
        take_thresholds(now);
    if (admissions_.ready(now))
        take_admissions(now);

    const bool accepted = decide(now);
    const bool busy = datapath_free_ > now || (accepted && issue(now));

    if (busy)
        ++counters_.busy;
    else if (!accepted)
        ++counters_.stall_downstream;
    else
        ++waiting_class();
    accounted_ = now + 1;

    // A plane that cannot be taken yet waits for the pipeline, or for a query or its own edge, which wake the lane.
    if (!pipeline_.empty())
        wake();
}

void pe_lane::take_queries(cycle_t now) {
    while (queries_.ready(now)) {
        row_item& item = queries_.front();
        context& c = contexts_[item.slot];
        c = context{};
        c.query = std::move(item.query);
        if (counters_.heads.size() <= c.query->head)
            counters_.heads.resize(c.query->head + std::size_t{1});
        // The vector may have moved: both blocks' pointers are set anew.
        for (context& each : contexts_)
            if (each.query)
                each.head = &counters_.heads[each.query->head];
        queries_.pop();
    }
}

void pe_lane::take_thresholds(cycle_t now) {
    while (thresholds_.ready(now)) {
        const row_item& item = thresholds_.front();
        contexts_[item.slot].threshold = {true, item.threshold};
        thresholds_.pop();
    }
}

void pe_lane::take_admissions(cycle_t now) {
    while (admissions_.ready(now)) {
        const plane_item& item = admissions_.front();
        scoreboard_.admit(item.tag, item.key, item.slot);
        more_keys_ = item.more;
        ++counters_.admitted;
        admissions_.pop();
    }
}

/// The last stage. Returns false when the score queue cannot take a retained key: then the whole pipeline holds.
bool pe_lane::decide(cycle_t now) {
    if (!pipeline_.ready(now))
        return true;
    const operation& op = pipeline_.front();
    context& c = contexts_[op.slot];
    const unsigned known = op.plane + 1u;
    verdict decision = verdict::next_plane;
    if (params_.guard_enabled) {
        const auto upper = std::int64_t{op.partial} + c.query->intervals.upper[known];
        if (!c.threshold.keeps(upper))
            decision = verdict::pruned;
    }
    if (decision == verdict::next_plane && known == params_.lane.key_bits) {
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
    if (params_.guard_enabled)
        send_bound(c, std::int64_t{op.partial} + c.query->intervals.lower[known], op.slot, now);
    if (decision == verdict::pruned)
        ++c.head->pruned_at[op.plane];
    else if (decision == verdict::retained)
        ++c.head->retained;
    if (decision != verdict::next_plane)
        scoreboard_.retire(op.tag);

    verdict_item item;
    item.slot = op.slot;
    item.plane = op.plane;
    item.decision = decision;
    item.tag = op.tag;
    item.key = op.key;
    ++counters_.verdicts_out;
    verdicts.send(item, now + params_.lane.verdict_latency);
    pipeline_.pop();
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
    item.lower = lower;
    ++counters_.bounds_sent;
    bounds.send(item, now + params_.link_latency);
}

/// The first stage: takes the oldest plane of the FIFO.
bool pe_lane::issue(cycle_t now) {
    if (!fifo_.ready(now))
        return false;
    const plane_item& item = fifo_.front();
    const context& c = contexts_[item.slot];
    if (!c.query || c.query->block != item.block)
        return false;  // the row's query is still on its way
    scoreboard::entry& e = scoreboard_.find(item.tag, item.key, item.slot);
    if (e.next_plane != item.plane)
        throw internal_error(std::string(name()) + ": key " + std::to_string(item.key) + " got plane " +
                             std::to_string(item.plane) + " where plane " + std::to_string(e.next_plane) + " was due");
    const gsat_result result = gsat_(c.query->operand, item.bits);
    e.partial += numeric::plane_weight(item.plane, params_.lane.key_bits) * result.sum;
    ++e.next_plane;
    datapath_free_ = now + result.cycles;
    operation op;
    op.partial = e.partial;
    op.key = item.key;
    op.tag = item.tag;
    op.slot = item.slot;
    op.plane = item.plane;
    pipeline_.push(op, datapath_free_ + params_.lane.pipeline_stages - 2);
    ++c.head->planes;
    c.head->busy += result.cycles;
    counters_.busy_dims += result.dims_cycles;
    counters_.selected += result.selected;
    fifo_.pop();
    planes.give_credit(now);
    return true;
}

std::uint64_t& pe_lane::waiting_class() {
    if (scoreboard_.full() && more_keys_)
        return counters_.stall_scoreboard;
    return scoreboard_.used() != 0 ? counters_.stall_data : counters_.idle;
}

/// Nothing changes while the lane sleeps, so all cycles since its last step are alike.
void pe_lane::account_sleep(cycle_t now) {
    if (now > accounted_) {
        waiting_class() += now - accounted_;
        accounted_ = now;
    }
}

void pe_lane::finish(cycle_t end) {
    account_sleep(end);
}

std::string pe_lane::waits_for() const {
    if (scoreboard_.used() == 0)
        return {};
    std::string text = std::to_string(scoreboard_.used()) + " keys in the scoreboard, ";
    if (!pipeline_.empty())
        return text + "key " + std::to_string(pipeline_.front().key) + " waits for its decision to be accepted by the score queue";
    if (!fifo_.empty())
        return text + "key " + std::to_string(fifo_.front().key) + " waits for the query of block " +
               std::to_string(fifo_.front().block);
    return text + "waiting for planes from the dispatcher";
}

}  // namespace pade
