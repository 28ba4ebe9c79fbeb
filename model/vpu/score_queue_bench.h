// A score queue among stub peers, for its tests.
#pragma once

#include "model/vpu/score_queue.h"

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "model/vpu/vpu_test_peers.h"
#include "tlm/protocol_checker.h"

namespace pade_test {

using namespace pade;

struct pair_observer : sc_core::sc_module, tlm::tlm_analysis_if<pair_event> {
    explicit pair_observer(sc_core::sc_module_name name) : sc_module(name) {}
    void write(const pair_event& event) override { seen.emplace_back(event.row, event.key, event.score); }
    std::vector<std::tuple<unsigned, unsigned, int>> seen;
};

inline params small() {
    params p;
    p.lane.count = 4;
    return p;
}

struct queue_bench : bench {
    params p;
    block_maker maker;
    score_queue unit;
    std::vector<std::unique_ptr<source<score_item>>> lanes;
    std::vector<std::unique_ptr<source<threshold_item>>> guards;
    source<tile_item> tiles{"tiles"};
    sink<level_item> level{"level"};
    sink<v_reserved_item> reserved{"reserved"};
    sink<pair_item> out{"out"};
    sink<fetch_item> fetches{"fetches"};
    std::unique_ptr<protocol_checker> checker;
    std::unique_ptr<memory_stub> memory;
    pair_observer kept{"kept"};
    pair_observer pruned{"pruned"};

    explicit queue_bench(const params& parameters) : p(parameters), unit("unit", p) {
        for (unsigned i = 0; i < p.rows.count * p.lane.count; ++i) {
            lanes.push_back(std::make_unique<source<score_item>>(sc_core::sc_gen_unique_name("lane"), 1, 4));
            clock_it(*lanes[i]);
            lanes[i]->out.bind(unit.scores[i]);
        }
        for (unsigned r = 0; r < p.rows.count; ++r) {
            guards.push_back(std::make_unique<source<threshold_item>>(sc_core::sc_gen_unique_name("guard")));
            clock_it(*guards[r]);
            guards[r]->out.bind(unit.thresholds[r]);
        }
        clock_it(tiles);
        clock_it(unit);
        clock_it(level);
        clock_it(reserved);
        clock_it(out);
        clock_it(fetches);
        tiles.out.bind(unit.tiles);
        unit.level.bind(level.in);
        unit.reserved.bind(reserved.in);
        unit.out.bind(out.in);
        unit.v_fetch.bind(fetches.in);
        fetches.credit = [](const fetch_item&) { return false; };
        unit.retained_pairs.bind(kept);
        unit.pruned_pairs.bind(pruned);
        if (!p.ista.enabled) {
            checker = std::make_unique<protocol_checker>("checker");
            memory = std::make_unique<memory_stub>("memory", 20);
            clock_it(*memory);
            unit.spill.bind(checker->in);
            checker->out.bind(memory->socket);
            unit.set_spill_region(0x40000000);
        }
    }
    void begin(cycle_t cycle, const block_ptr& block) {
        tile_item item;
        item.what = tile_item::kind::block_begin;
        item.block = block;
        tiles.at(cycle, item);
    }
    void close(cycle_t cycle, const block_ptr& block, unsigned index, unsigned retained) {
        tile_item item;
        item.block = block;
        item.tile = block->tiles[index];
        item.retained = retained;
        item.last_of_block = index + 1 == block->tiles.size();
        tiles.at(cycle, item);
    }
    void score(cycle_t cycle, unsigned row, unsigned key, int score_, unsigned slot = 0) {
        score_item item;
        item.slot = static_cast<std::uint8_t>(slot);
        item.row = static_cast<std::uint8_t>(row);
        item.key = key;
        item.score = score_;
        lanes[row * p.lane.count + key % p.lane.count]->at(cycle, item);
    }
    void threshold(cycle_t cycle, unsigned row, std::int64_t value, std::uint32_t block = 0) {
        threshold_item item;
        item.valid = true;
        item.block = block;
        item.value = value;
        guards[row]->at(cycle, item);
    }
    /// "tile:row.key,row.key" of all heads, in order; "!" at a block's end.
    std::string text() const {
        std::string s;
        for (const auto& seen : out.items) {
            if (seen.item.head)
                s += (s.empty() ? "" : " ") + std::to_string(seen.item.head->tile) +
                     (seen.item.head->last_of_block ? "!" : "") + ":";
            else
                s += (s.back() == ':' ? "" : ",") + std::to_string(seen.item.row) + "." + std::to_string(seen.item.key);
        }
        return s;
    }
};

}  // namespace pade_test
