// The guard filter of a row between stub peers: a Q buffer, lanes that send bounds, a score queue.
#include "model/qkpu/guard_filter.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <random>

#include "tlm/stream_checker.h"

using namespace pade;

namespace {

const sc_core::sc_time period(1250, sc_core::SC_PS);

void run_to(cycle_t edge) {
    sc_core::sc_start(period * static_cast<double>(edge) + period / 2 - sc_core::sc_time_stamp());
}

block_ptr make_block(std::uint64_t id, double logit_scale = 1.0) {
    auto block = std::make_shared<block_info>();
    block->id = id;
    block->slot = static_cast<std::uint32_t>(id % 2);
    block->head_dim = 64;
    block->alpha = 1;
    block->radius = 5;
    block->rows.resize(1);
    block->rows[0].logit_scale = logit_scale;
    return block;
}

/// All neighbours of the row's guard filter; they send what the test wrote down and log what they see, at its edge.
class neighbours : public clocked_module {
  public:
    stream_initiator<query_item> query{"query"};
    sc_core::sc_vector<stream_initiator<bound_item>> bounds;
    sc_core::sc_vector<stream_target<row_item>> lanes;
    stream_target<threshold_item> threshold{"threshold"};

    struct seen_row {
        cycle_t edge;
        row_item item;
    };
    struct seen_threshold {
        cycle_t edge;
        threshold_item item;
    };
    std::vector<std::vector<seen_row>> rows;  ///< by lane
    std::vector<seen_threshold> thresholds;

    neighbours(sc_core::sc_module_name name, unsigned lane_count)
        : clocked_module(name), bounds("bounds", lane_count), lanes("lanes", lane_count), rows(lane_count) {
        fifos_.resize(lane_count);
        threshold.on_item<neighbours, &neighbours::on_threshold>(this);
        for (unsigned i = 0; i < lane_count; ++i)
            lanes[i].on_item<neighbours, &neighbours::on_row>(this, i);
    }

    void query_at(cycle_t visible, const block_ptr& block, std::int8_t q = 1, cycle_t latency = 1) {
        queries_.emplace(visible, block);
        script_.emplace(visible - latency, [this, block, q, latency](cycle_t now) {
            query_item item;
            item.block = block;
            item.q.fill(q);
            query.send(item, now + latency);
        });
    }
    /// A bound of the query that its slot has when it comes; of block `of` where that is given.
    void bound_at(cycle_t visible, unsigned lane, unsigned slot, std::int64_t lower, cycle_t latency = 1,
                  std::uint64_t of = ~std::uint64_t{0}) {
        script_.emplace(visible - latency, [this, lane, slot, lower, latency, of](cycle_t now) {
            bound_item item;
            item.slot = static_cast<std::uint8_t>(slot);
            item.block = static_cast<std::uint32_t>(of);
            if (of == ~std::uint64_t{0})
                for (const auto& [edge, block] : queries_)
                    if (edge <= now + latency && block->slot == slot)
                        item.block = static_cast<std::uint32_t>(block->id);
            item.lower = lower;
            bounds[lane].send(item, now + latency);
        });
    }

  private:
    void start_of_simulation() override {
        for (const auto& [edge, what] : script_)
            wake_at(edge);
    }
    void on_row(unsigned lane, row_item& item) {
        fifos_[lane].push(item, item.visible);
        wake_at(item.visible);
    }
    void on_threshold(unsigned, threshold_item& item) {
        threshold_fifo_.push(item, item.visible);
        wake_at(item.visible);
    }
    void step(cycle_t now) override {
        for (std::size_t lane = 0; lane < fifos_.size(); ++lane)
            for (; fifos_[lane].ready(now); fifos_[lane].pop())
                rows[lane].push_back({now, fifos_[lane].front()});
        for (; threshold_fifo_.ready(now); threshold_fifo_.pop())
            thresholds.push_back({now, threshold_fifo_.front()});
        const auto [first, last] = script_.equal_range(now);
        for (auto it = first; it != last; ++it)
            it->second(now);
    }
    std::multimap<cycle_t, std::function<void(cycle_t)>> script_;
    std::multimap<cycle_t, block_ptr> queries_;
    std::vector<registered_fifo<row_item>> fifos_;
    registered_fifo<threshold_item> threshold_fifo_;
};

struct bench {
    clock_gate guard_gate;
    clock_gate other_gate;
    guard_filter guard;
    neighbours peers;
    stream_checker<query_item> query;
    stream_checker<threshold_item> threshold;
    std::vector<std::unique_ptr<stream_checker<row_item>>> rows;

    static lane_params lanes_of(unsigned count) {
        lane_params p;
        p.count = count;
        return p;
    }
    bench(clock_domain& core, const std::string& name, const guard_params& params, unsigned lanes = 4)
        : guard_gate((name + "_guard_gate").c_str(), core),
          other_gate((name + "_other_gate").c_str(), core),
          guard((name + "_guard").c_str(), params, lanes_of(lanes)),
          peers((name + "_peers").c_str(), lanes),
          query((name + "_query").c_str()),
          threshold((name + "_threshold").c_str()) {
        guard.clk.bind(guard_gate);
        peers.clk.bind(other_gate);
        peers.query.bind(query.in);
        query.out.bind(guard.query);
        query.clk.bind(other_gate);
        guard.threshold.bind(threshold.in);
        threshold.out.bind(peers.threshold);
        threshold.clk.bind(guard_gate);
        for (unsigned i = 0; i < lanes; ++i) {
            rows.push_back(std::make_unique<stream_checker<row_item>>((name + "_rows_" + std::to_string(i)).c_str()));
            guard.lanes_out[i].bind(rows[i]->in);
            rows[i]->out.bind(peers.lanes[i]);
            rows[i]->clk.bind(guard_gate);
            peers.bounds[i].bind(guard.bounds[i]);
        }
    }
    bool clean() const {
        bool all = query.clean() && threshold.clean();
        for (const auto& r : rows)
            all = all && r->clean();
        return all;
    }
    /// (edge, T) of each threshold that lane `lane` saw in `slot`.
    std::vector<std::pair<cycle_t, std::int64_t>> thresholds(unsigned lane, unsigned slot) const {
        std::vector<std::pair<cycle_t, std::int64_t>> list;
        for (const auto& seen : peers.rows[lane])
            if (seen.item.what == row_item::kind::threshold && seen.item.slot == slot)
                list.emplace_back(seen.edge, seen.item.threshold);
        return list;
    }
};

using history = std::vector<std::pair<cycle_t, std::int64_t>>;

}  // namespace

TEST_CASE("intervals reach all lanes bui_latency after the query, T broadcast_latency after the bound") {
    clock_domain core("core", period);
    struct variant {
        unsigned bui;
        unsigned broadcast;
        cycle_t link;
        std::unique_ptr<bench> b;
    };
    std::vector<variant> variants;
    for (const unsigned bui : {1u, 2u, 7u, 64u})
        for (const unsigned broadcast : {1u, 2u, 9u, 64u})
            for (const cycle_t link : {cycle_t{1}, cycle_t{3}})
                variants.push_back({bui, broadcast, link, nullptr});
    for (variant& v : variants) {
        guard_params p;
        p.bui_latency = v.bui;
        p.broadcast_latency = v.broadcast;
        v.b = std::make_unique<bench>(core, "b" + std::to_string(&v - variants.data()), p);
        v.b->peers.query_at(20, make_block(6), 2, v.link);
        v.b->peers.bound_at(200, 3, 0, 1234, v.link);
    }
    run_to(400);
    for (const variant& v : variants) {
        INFO("bui_latency " << v.bui << ", broadcast_latency " << v.broadcast << ", link " << v.link);
        for (const auto& seen : v.b->peers.rows) {
            REQUIRE(seen.size() == 2);
            CHECK(seen[0].edge == 20 + v.bui);
            CHECK(seen[0].item.what == row_item::kind::query);
            CHECK(seen[0].item.slot == 0);
            REQUIRE(seen[0].item.query);
            CHECK(seen[0].item.query->block == 6);
            CHECK(seen[0].item.query->offset == 5);
            CHECK(seen[0].item.query->intervals.upper[1] == 127 * 64 * 2);
            CHECK(seen[1].edge == 200 + v.broadcast);
            CHECK(seen[1].item.what == row_item::kind::threshold);
            CHECK(seen[1].item.slot == 0);
            CHECK(seen[1].item.threshold == 1229);
        }
        REQUIRE(v.b->peers.thresholds.size() == 1);
        CHECK(v.b->peers.thresholds[0].edge == 200 + v.broadcast);
        CHECK(v.b->peers.thresholds[0].item.valid);
        CHECK(v.b->peers.thresholds[0].item.slot == 0);
        CHECK(v.b->peers.thresholds[0].item.value == 1229);
        CHECK(v.b->clean());
    }
}

TEST_CASE("T is the maximum over the lanes, sent when it rises, once an edge") {
    clock_domain core("core", period);
    guard_params p;
    bench b(core, "b", p);
    b.peers.query_at(10, make_block(0));
    b.peers.bound_at(20, 0, 0, 100);
    b.peers.bound_at(20, 1, 0, 300);
    b.peers.bound_at(20, 2, 0, 200);
    b.peers.bound_at(21, 3, 0, 299);  // below: not sent
    b.peers.bound_at(22, 0, 0, 300);  // equal: not sent
    b.peers.bound_at(23, 1, 0, 301);
    b.peers.bound_at(24, 2, 0, 350);
    b.peers.bound_at(24, 0, 0, 340);
    run_to(100);
    for (unsigned lane = 0; lane < 4; ++lane)
        CHECK(b.thresholds(lane, 0) == history{{22, 295}, {25, 296}, {26, 345}});
    CHECK(b.peers.thresholds.size() == 3);
    CHECK(b.guard.counters().bounds == 8);
    CHECK(b.guard.counters().raised == 3);
    CHECK(b.guard.counters().queries == 1);
    CHECK(b.guard.counters().row_items_out == 4 * 4);
    CHECK(b.guard.counters().threshold_items_out == 3);
    b.guard.finish(101);
    CHECK(b.guard.counters().busy == 6);
    CHECK(b.guard.counters().idle == 95);
}

TEST_CASE("the slots of the two blocks in flight are independent, and a new query starts without T") {
    clock_domain core("core", period);
    guard_params p;
    bench b(core, "b", p);
    b.peers.query_at(10, make_block(0, 1.0));   // offset 5
    b.peers.query_at(10, make_block(1, 0.01));  // offset 500
    b.peers.bound_at(20, 0, 0, 1000);
    b.peers.bound_at(20, 1, 1, -1000);
    b.peers.bound_at(22, 1, 1, 2000);
    b.peers.bound_at(22, 1, 0, 999);
    b.peers.query_at(30, make_block(2, 0.1));  // slot 0 again, offset 50
    b.peers.bound_at(31, 2, 0, -700);          // below the last block's T
    b.peers.bound_at(32, 2, 1, 1999);          // slot 1 goes on
    b.peers.bound_at(33, 2, 1, 2001);
    run_to(100);
    CHECK(b.thresholds(3, 0) == history{{22, 995}, {33, -750}});
    CHECK(b.thresholds(3, 1) == history{{22, -1500}, {24, 1500}, {35, 1501}});
    // The score queue's copies: the same values for the same slots.
    std::array<history, 2> copies;
    for (const auto& seen : b.peers.thresholds) {
        copies.at(seen.item.slot).emplace_back(seen.edge, seen.item.value);
        CHECK(seen.item.block == (seen.item.slot == 1 ? 1 : seen.edge < 33 ? 0 : 2));
    }
    CHECK(copies[0] == b.thresholds(3, 0));
    CHECK(copies[1] == b.thresholds(3, 1));
}

TEST_CASE("a bound that comes with the query of its block counts for the new query") {
    clock_domain core("core", period);
    bench b(core, "b", guard_params{});
    b.peers.query_at(10, make_block(0));
    b.peers.bound_at(20, 0, 0, 1000);
    b.peers.bound_at(30, 1, 0, -100);
    b.peers.query_at(30, make_block(2));
    run_to(100);
    CHECK(b.thresholds(0, 0) == history{{22, 995}, {32, -105}});
}

TEST_CASE("a bound of the block before that comes after the new query of its slot raises nothing") {
    clock_domain core("core", period);
    bench b(core, "b", guard_params{});
    b.peers.query_at(10, make_block(0));
    b.peers.bound_at(20, 0, 0, 1000);
    b.peers.query_at(30, make_block(2));
    b.peers.bound_at(30, 1, 0, 5000, 1, 0);
    b.peers.bound_at(31, 1, 0, 7000, 1, 0);
    b.peers.bound_at(40, 1, 0, -100);
    run_to(100);
    CHECK(b.thresholds(0, 0) == history{{22, 995}, {42, -105}});
    CHECK(b.guard.counters().bounds == 4);
}

TEST_CASE("each bound counts from its own edge, whatever came before it over another lane's link") {
    clock_domain core("core", period);
    bench b(core, "b", guard_params{});
    b.peers.query_at(10, make_block(0));
    b.peers.bound_at(40, 0, 0, 1000, 20);  // sent at 20
    b.peers.bound_at(25, 1, 0, 300, 4);    // sent at 21
    run_to(100);
    CHECK(b.thresholds(0, 0) == history{{27, 295}, {42, 995}});
}

TEST_CASE("T of the block before never reaches the lanes after the new query of its slot") {
    clock_domain core("core", period);
    guard_params p;
    p.bui_latency = 1;
    p.broadcast_latency = 40;
    bench b(core, "b", p);
    b.peers.query_at(10, make_block(0));
    b.peers.query_at(11, make_block(1));
    b.peers.bound_at(50, 0, 0, 1000);  // seen by the lanes at 90
    b.peers.query_at(60, make_block(2));
    b.peers.query_at(70, make_block(3));  // the other slot has nothing to wait for, but follows on the same wires
    run_to(300);
    for (const auto& seen : b.peers.rows) {
        REQUIRE(seen.size() == 5);
        CHECK(seen[0].edge == 11);
        CHECK(seen[1].edge == 12);
        CHECK(seen[2].item.what == row_item::kind::threshold);
        CHECK(seen[2].edge == 90);
        CHECK(seen[3].item.query->block == 2);
        CHECK(seen[3].edge == 91);
        CHECK(seen[4].item.query->block == 3);
    }
}

TEST_CASE("T follows random bounds of all lanes, cycle by cycle, asleep in between") {
    const unsigned seed = 31;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    clock_domain core("core", period);
    guard_params p;
    p.broadcast_latency = 3;
    bench b(core, "b", p, 16);
    b.peers.query_at(10, make_block(0, 0.5));  // offset 10
    std::map<cycle_t, std::int64_t> best;
    for (unsigned i = 0; i < 3000; ++i) {
        const cycle_t edge = 20 + random() % 20000;
        const auto lower = static_cast<std::int64_t>(random() % (edge * 4)) - 40000;
        const auto [it, fresh] = best.emplace(edge, lower);
        if (!fresh)
            it->second = std::max(it->second, lower);
        b.peers.bound_at(edge, static_cast<unsigned>(random() % 16), 0, lower);
    }
    run_to(21000);
    history expected;
    for (const auto& [edge, lower] : best)
        if (expected.empty() || lower - 10 > expected.back().second)
            expected.emplace_back(edge + 3, lower - 10);
    CHECK(expected.size() > 20);
    for (unsigned lane = 0; lane < 16; ++lane)
        CHECK(b.thresholds(lane, 0) == expected);
    b.guard.finish(20500);
    CHECK(b.guard.counters().busy == best.size() + 1);
    CHECK(b.guard.counters().busy + b.guard.counters().idle == 20500);
    CHECK(b.clean());
}
