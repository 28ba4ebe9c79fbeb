// What the dispatcher waits for, for the watchdog: who at the other end, and since when.
#include "model/dispatch/dispatcher.h"

namespace pade {

std::string dispatcher::waits_for() const {
    if (!job_)
        return {};
    unsigned live = 0;
    for (const column& c : columns_)
        live += c.live();
    std::string text = std::to_string(live) + " keys live, " + std::to_string(tracker_.open_tiles()) + " tiles open, " +
                       std::to_string(atoms_.records_in_use()) + " atoms of K in use, " + std::to_string(left_) +
                       " of " + std::to_string(blocks_known_) + " blocks through the V-PU";
    if (above_high_)
        text += "; admission waits for the score queue to fall below its high water mark";
    for (unsigned c = 0; c < lanes_; ++c)
        if (ports_[c].count != ports_[c].answered + ports_[c].new_answers)
            text += "; column " + std::to_string(c) + " waits for the KV buffer to answer a read";
    if (!fetches_out_.empty() || !releases_out_.empty())
        text += "; fetches wait for the KV buffer's input queue";
    if (!loading_.empty())
        text += "; block " + std::to_string(loading_.front()->id) + " waits for the Q buffer";
    return text;
}

std::string dispatcher::oldest_key(cycle_t& since) const {
    const live_key* oldest = nullptr;
    unsigned at = 0;
    for (unsigned c = 0; c < lanes_; ++c)
        for (const live_key& k : columns_[c].keys())
            if (k.alive != 0 && (oldest == nullptr || k.since < oldest->since)) {
                oldest = &k;
                at = c;
            }
    if (oldest == nullptr)
        return {};
    const live_key& k = *oldest;
    const auto tag = static_cast<std::uint16_t>(oldest - columns_[at].keys().data());
    since = k.since;
    const auto row = static_cast<unsigned>(__builtin_ctz(k.alive));
    unsigned plane = 0;  // the first one that the row has not been sent
    while (plane < params_.lane.key_bits && (k.to_come[plane] >> row & 1) == 0)
        ++plane;
    const bool asked = plane < params_.lane.key_bits && (columns_[at].asking(tag, plane) >> row & 1) != 0;
    const bool present = plane < params_.lane.key_bits && (k.present >> plane & 1) != 0;
    bool reading = false;
    const port& p = ports_[at];
    for (unsigned i = 0; i < p.count; ++i) {
        const column::delivery& what = p.reads[(p.head + i) % port_depth].what;
        reading = reading || (&columns_[at].key(what.tag) == oldest && what.plane == plane);
    }
    const std::string lane = "pe_lane_" + std::to_string(row) + "_" + std::to_string(at);
    std::string what;
    if (asked && present && !columns_[at].has_fifo_place(row))
        what = lane + " to give back a place of its input FIFO, for plane " + std::to_string(plane);
    else if (asked || reading)
        what = "kv_buffer to bring plane " + std::to_string(plane);
    else
        what = lane + " to decide on plane " + std::to_string(plane - 1) + " and free its scoreboard entry";
    return "key " + std::to_string(k.key) + " of KV head " + std::to_string(k.kv) + ", row " + std::to_string(row) +
           ", block " + std::to_string(k.block) + ": dispatcher waits for " + what;
}

std::string dispatcher::oldest_block(cycle_t& since) const {
    if (unwritten_.empty())
        return {};
    since = loaded_at_.front();
    const std::uint64_t id = unwritten_.front()->id;
    return "block " + std::to_string(id) + ": dispatcher waits for " +
           (id < left_ ? "write_back to write its O" : "score_queue and v_pu to make its O");
}

}  // namespace pade
