// A stub dispatcher that works off blocks of keys as the real one may: two blocks in flight, one admission a cycle,
// planes in order within a key but in any order of the keys, FIFO credits; with a threshold unit and a score queue that
// is in no hurry.
#pragma once

#include <algorithm>
#include <random>

#include "model/qkpu/pe_lane_bench.h"

namespace pade::lane_test {

/// A query and the keys that it meets, elements of key_bits each.
struct block_feed {
    std::vector<std::int8_t> q;
    std::vector<std::vector<std::int8_t>> keys;
    std::int64_t offset = 0;
    std::vector<std::int64_t> other_bounds;  ///< lower bounds of other lanes of the row, which come in between
};

struct feed_params {
    lane_params lane;
    double haste = 1.0;  ///< probability with which a stub does what it can do in a cycle
    unsigned seed = 1;
    unsigned plane_latency = 1;
    unsigned bui_latency = 2;
    unsigned broadcast_latency = 2;
};

class feeder : public lane_peers {
  public:
    struct outcome {
        unsigned planes = 0;  ///< decided on
        verdict end = verdict::next_plane;
        std::vector<std::int32_t> scores;
    };
    /// A rise of T: edge of the threshold unit, and the edge at which the lane sees it.
    struct rise {
        std::size_t block = 0;
        cycle_t edge = 0;
        cycle_t visible = 0;
        std::int64_t value = 0;
    };
    struct outer_bound {
        std::size_t block = 0;
        cycle_t edge = 0;
        std::int64_t lower = 0;
    };

    feeder(sc_core::sc_module_name name, const feed_params& params, const std::vector<block_feed>& blocks)
        : lane_peers(name),
          params_(params),
          blocks_(blocks),
          random_(params.seed),
          credits_(params.lane.fifo_planes),
          entries_(params.lane.scoreboard_entries) {
        outcomes.resize(blocks.size());
        ended_.resize(blocks.size());
        ended_at_.resize(blocks.size(), ~cycle_t{0} / 2);
        outer_sent_.resize(blocks.size());
        for (std::size_t b = 0; b < blocks.size(); ++b)
            outcomes[b].resize(blocks[b].keys.size());
    }

    std::vector<std::vector<outcome>> outcomes;  ///< [block][key]
    std::vector<rise> rises;
    std::vector<outer_bound> outer_bounds;
    std::vector<std::size_t> block_of_verdict;  ///< block of each item of verdict_log, bound_log
    std::vector<std::size_t> block_of_bound;
    std::uint64_t planes_sent = 0;
    bool done() const { return finished_ == blocks_.size() && score_fifo_ == 0; }

  private:
    static constexpr cycle_t pause = 10;
    struct live {
        std::size_t block = 0;
        std::uint32_t key = 0;
        std::uint16_t tag = 0;
        unsigned plane = 0;
    };

    void start_of_simulation() override { wake(); }
    void on_plane_credit(unsigned tag, cycle_t now) override {
        lane_peers::on_plane_credit(tag, now);
        credits_.give(now);
    }
    bool chance() { return std::uniform_real_distribution<double>(0, 1)(random_) < params_.haste; }

    void step(cycle_t now) override {
        verdict_log.see(now, [&](const verdict_item& item) { on_decision(item); });
        std::array<bool, 2> rose{};
        bound_log.see(now, [&](const bound_item& item) {
            block_of_bound.push_back(in_slot_[item.slot]);
            rose[item.slot] = raise(item.slot, item.lower) || rose[item.slot];
        });
        for (std::size_t b = begun_ < 2 ? 0 : begun_ - 2; b < begun_; ++b)
            if (outer_sent_[b] < blocks_[b].other_bounds.size() && !ended(b) && chance()) {
                const std::int64_t lower = blocks_[b].other_bounds[outer_sent_[b]++];
                outer_bounds.push_back({b, now, lower});
                rose[b % 2] = raise(static_cast<unsigned>(b % 2), lower) || rose[b % 2];
            }
        for (unsigned slot = 0; slot < 2; ++slot)
            if (rose[slot]) {
                row_item item = threshold_of(thresholds_[slot].value, slot);
                row.send(item, now + params_.broadcast_latency);
                rises.push_back({in_slot_[slot], now, now + params_.broadcast_latency, item.threshold});
            }
        score_log.see(now, [&](const score_item& item) {
            outcomes[in_slot_[item.slot]][item.key].scores.push_back(item.score);
            ++score_fifo_;
        });
        if (score_fifo_ != 0 && chance()) {
            --score_fifo_;
            scores.give_credit(now);
        }
        begin_block(now);
        if (chance())
            admit(now);
        if (chance())
            deliver(now);
        if (!done())
            wake();
    }

    bool raise(unsigned slot, std::int64_t lower) {
        return thresholds_[slot].raise(lower, blocks_[in_slot_[slot]].offset);
    }
    bool ended(std::size_t b) const { return ended_[b] == blocks_[b].keys.size(); }

    void begin_block(cycle_t now) {
        while (finished_ < begun_ && ended(finished_))
            ++finished_;
        // A slot is used again when nothing of its last block is under way to or from the lane.
        if (begun_ == blocks_.size() || begun_ >= finished_ + 2 || (begun_ >= 2 && now < ended_at_[begun_ - 2] + pause))
            return;
        const auto slot = static_cast<unsigned>(begun_ % 2);
        in_slot_[slot] = begun_;
        thresholds_[slot] = {};
        const block_feed& block = blocks_[begun_];
        row_item item = query_of(make_query(block.q, params_.lane.key_bits, block.offset,
                                            static_cast<std::uint32_t>(begun_), static_cast<std::uint32_t>(begun_ % 3)),
                                 slot);
        row.send(item, now + params_.bui_latency);
        ++begun_;
    }

    void admit(cycle_t now) {
        while (admitting_ < begun_ && next_key_ == blocks_[admitting_].keys.size()) {
            ++admitting_;
            next_key_ = 0;
        }
        if (admitting_ == begun_ || live_.size() == entries_)
            return;
        live k;
        k.block = admitting_;
        k.key = static_cast<std::uint32_t>(next_key_++);
        while (std::any_of(live_.begin(), live_.end(), [&](const live& other) { return other.tag == k.tag; }))
            ++k.tag;
        live_.push_back(k);
        wanted_.push_back(k.tag);
        plane_item item = admission_of(k.key, next_key_ != blocks_[admitting_].keys.size(),
                                       static_cast<unsigned>(k.block % 2), static_cast<std::uint32_t>(k.block));
        item.tag = k.tag;
        planes.send(item, now + params_.plane_latency);
    }

    void deliver(cycle_t now) {
        if (wanted_.empty() || credits_.available(now) == 0)
            return;
        credits_.take(now);
        // With haste the oldest, otherwise any.
        const std::size_t index =
            params_.haste >= 1 ? 0 : std::uniform_int_distribution<std::size_t>(0, wanted_.size() - 1)(random_);
        const live& k = find(wanted_[index]);
        wanted_.erase(wanted_.begin() + static_cast<std::ptrdiff_t>(index));
        const auto& key = blocks_[k.block].keys[k.key];
        const auto dims = static_cast<unsigned>(key.size());
        std::array<std::uint64_t, max_passes> bits{};
        numeric::pack_plane(key.data(), dims, k.plane, params_.lane.key_bits, bits.data());
        plane_item item =
            plane_of(k.key, k.plane, bits, static_cast<unsigned>(k.block % 2), static_cast<std::uint32_t>(k.block));
        item.tag = k.tag;
        item.words = static_cast<std::uint8_t>((dims + 63) / 64);
        planes.send(item, now + params_.plane_latency);
        ++planes_sent;
    }

    void on_decision(const verdict_item& item) {
        live& k = find(item.tag);
        block_of_verdict.push_back(k.block);
        outcome& o = outcomes[k.block][k.key];
        if (k.key != item.key || k.plane != item.plane || k.block % 2 != item.slot)
            throw std::logic_error("a verdict names another key, plane or slot than was sent");
        ++o.planes;
        o.end = item.decision;
        if (item.decision == verdict::next_plane) {
            ++k.plane;
            wanted_.push_back(k.tag);
            return;
        }
        if (++ended_[k.block] == blocks_[k.block].keys.size())
            ended_at_[k.block] = now();
        live_.erase(live_.begin() + (&k - live_.data()));
    }

    live& find(std::uint16_t tag) {
        const auto it = std::find_if(live_.begin(), live_.end(), [&](const live& k) { return k.tag == tag; });
        if (it == live_.end())
            throw std::logic_error("a verdict came for a key that is not live");
        return *it;
    }

    feed_params params_;
    const std::vector<block_feed>& blocks_;
    std::mt19937 random_;
    credit_counter credits_;
    std::size_t entries_;
    std::vector<live> live_;
    std::vector<std::uint16_t> wanted_;  // tags
    std::vector<std::size_t> ended_;     // keys of each block
    std::vector<cycle_t> ended_at_;
    std::vector<std::size_t> outer_sent_;
    std::array<numeric::threshold, 2> thresholds_;
    std::array<std::size_t, 2> in_slot_{};
    std::size_t begun_ = 0;
    std::size_t finished_ = 0;
    std::size_t admitting_ = 0;
    std::size_t next_key_ = 0;
    unsigned score_fifo_ = 0;
};

using feeder_bench = lane_bench<feeder>;

}  // namespace pade::lane_test
