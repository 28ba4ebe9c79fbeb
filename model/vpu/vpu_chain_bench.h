// Score queue, softmax unit, RARS, V-PU and write-back wired together, against stub lanes, guard filters, dispatcher,
// KV buffer and DRAM; what comes out is compared with a softmax in double precision, and every balance that must hold.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "model/numeric/online_softmax.h"
#include "model/vpu/rars.h"
#include "model/vpu/score_queue.h"
#include "model/vpu/softmax_unit.h"
#include "model/vpu/v_pu.h"
#include "model/vpu/vpu_test_peers.h"
#include "model/vpu/write_back.h"
#include "tlm/protocol_checker.h"
#include "tlm/stream_checker.h"

namespace pade_test {

using namespace pade;

inline unsigned char v_byte(std::uint64_t address) {
    return static_cast<unsigned char>((address ^ address >> 7) * 0x9e3779b97f4a7c15ULL >> 40);
}

struct work_block {
    block_ptr block;
    std::vector<std::vector<score_item>> tiles;  ///< in the order of block->tiles
};

/// Lanes, guard filters and dispatcher: lets blocks in as slots fall free, sends their pairs in some order, closes
/// tiles.
class feeder : public clocked_module {
  public:
    feeder(sc_core::sc_module_name name, const params& p, std::vector<work_block> work, std::mt19937& random)
        : clocked_module(name),
          scores("scores", p.rows.count * p.lane.count),
          thresholds("thresholds", p.rows.count),
          p_(p),
          work_(std::move(work)),
          random_(random) {
        left.on_item<feeder, &feeder::on_left>(this);
        level.on_item<feeder, &feeder::on_level>(this);
        written.on_item<feeder, &feeder::on_written>(this);
    }
    sc_core::sc_vector<stream_initiator<score_item>> scores;
    sc_core::sc_vector<stream_initiator<threshold_item>> thresholds;
    stream_initiator<tile_item> tiles{"tiles"};
    stream_target<level_item> level{"level"};
    stream_target<done_item> left{"left"};
    stream_target<done_item> written{"written"};
    std::uint64_t blocks_left = 0;
    std::uint64_t blocks_written = 0;
    cycle_t finished_at = 0;
    bool raise_thresholds = false;
    bool above = false;
    std::uint64_t level_items = 0;

  private:
    void start_of_simulation() override { wake(); }
    void on_left(unsigned, done_item& item) {
        left_in_.push(item, item.visible);
        wake_at(item.visible);
    }
    void on_level(unsigned, level_item& item) {
        REQUIRE((item.above != above || item.closed_waits || item.above));
        above = item.above;
        ++level_items;
    }
    void on_written(unsigned, done_item& item) {
        REQUIRE(item.block == blocks_written);
        ++blocks_written;
        finished_at = item.visible;
    }
    void step(cycle_t now) override {
        for (; left_in_.ready(now); left_in_.pop())
            REQUIRE(left_in_.front().block == blocks_left++);
        const unsigned slots = p_.ista.enabled ? p_.rows.blocks_in_flight : 1;
        while (begun_ < work_.size() && begun_ < blocks_left + slots && begun_ <= closed_blocks_ + 1) {
            tile_item item;
            item.what = tile_item::kind::block_begin;
            item.block = work_[begun_++].block;
            tiles.send(item, now + p_.link.latency);
        }
        if (closed_blocks_ < begun_) {
            work_block& w = work_[closed_blocks_];
            // Pairs of the oldest tile and the one after it come in any order.
            std::set<unsigned> used;
            for (unsigned n = 0; n < 12; ++n) {
                const std::size_t t = std::min(tile_ + random_() % 2, w.tiles.size() - 1);
                auto& pairs = w.tiles[t];
                if (sent_[t] == pairs.size())
                    continue;
                score_item& item = pairs[sent_[t]];
                const unsigned lane = item.row * p_.lane.count + item.key % p_.lane.count;
                if (!used.insert(lane).second)
                    continue;
                if (raise_thresholds && random_() % 4 == 0) {
                    threshold_item t_item;
                    t_item.slot = item.slot;
                    t_item.valid = true;
                    t_item.block = static_cast<std::uint32_t>(w.block->id);
                    t_item.value = item.score - 120;
                    thresholds[item.row].send(t_item, now + p_.guard.broadcast_latency);
                }
                scores[lane].send(item, now + p_.lane.verdict_latency);
                ++sent_[t];
            }
            if (sent_[tile_] == w.tiles[tile_].size()) {
                tile_item item;
                item.block = w.block;
                item.tile = w.block->tiles[tile_];
                item.retained = static_cast<std::uint32_t>(w.tiles[tile_].size());
                item.last_of_block = tile_ + 1 == w.tiles.size();
                tiles.send(item, now + p_.link.latency);
                if (++tile_ == w.tiles.size()) {
                    tile_ = 0;
                    sent_.clear();
                    ++closed_blocks_;
                }
            }
        }
        if (closed_blocks_ < work_.size())
            wake();
    }
    params p_;
    std::vector<work_block> work_;
    std::mt19937& random_;
    std::uint64_t begun_ = 0;
    std::uint64_t closed_blocks_ = 0;
    std::size_t tile_ = 0;
    std::map<std::size_t, std::size_t> sent_;
    registered_fifo<done_item> left_in_;
};

struct observer : sc_core::sc_module, tlm::tlm_analysis_if<pair_event>, tlm::tlm_analysis_if<o_row_event> {
    explicit observer(sc_core::sc_module_name name) : sc_module(name) {}
    void write(const pair_event& e) override { pairs[{e.block->id, e.row}].emplace_back(e.key, e.score); }
    void write(const o_row_event& e) override {
        o[{e.block->id, e.row}] = std::vector<float>(e.o, e.o + e.block->head_dim);
    }
    std::map<std::pair<std::uint64_t, unsigned>, std::vector<std::pair<unsigned, int>>> pairs;
    std::map<std::pair<std::uint64_t, unsigned>, std::vector<float>> o;
};

struct setting {
    unsigned seed = 1;
    unsigned blocks = 4;
    unsigned head_dim = 64;
    unsigned tiles = 5;
    double density = 0.2;
    unsigned kv_heads = 1;
    double pause = 0;
    bool thresholds = false;
    bool rising_max = false;  ///< later tiles have larger scores: rescales
    unsigned shuffle = 0;     ///< seed of the order of the modules within an edge
};

struct chain_bench : bench {
    params p;
    setting s;
    std::mt19937 random;
    std::vector<work_block> work;
    std::unique_ptr<feeder> feed;
    score_queue queue;
    softmax_unit softmax;
    rars scheduler;
    v_pu vpu;
    write_back back;
    reservation_stub reservations;
    std::vector<std::unique_ptr<protocol_checker>> checkers;
    std::vector<std::unique_ptr<memory_stub>> ports;
    memory_stub dram{"dram", 15};
    std::unique_ptr<memory_stub> spill;
    stream_checker<pair_item> pair_link;
    stream_checker<round_item> round_link;
    stream_checker<o_row_item> o_link;
    observer kept{"kept"};
    observer pruned{"pruned"};
    std::uint64_t total_pairs = 0;

    chain_bench(const params& parameters, const setting& set)
        : p(parameters),
          s(set),
          random(s.seed),
          queue("queue", p),
          softmax("softmax", p.softmax, p.rows, p.link),
          scheduler("scheduler", p.vpu, p.rars, p.link),
          vpu("vpu", p.vpu, p.softmax, p.rows, p.link),
          back("back", p.output, p.rows, p.link),
          reservations("reservations", 40, p.vpu.prefetch_rows),
          pair_link("pair_link", pair_fifo_places(p.softmax.exps_per_cycle, p.link.latency)),
          round_link("round_link", round_fifo_places(p.link.latency)),
          o_link("o_link", o_fifo_places(p.rows.count)) {
        if (s.shuffle != 0)
            shuffle(s.shuffle);
        make_work();
        feed = std::make_unique<feeder>("feeder", p, work, random);
        feed->raise_thresholds = s.thresholds;
        for (clocked_module* m : std::initializer_list<clocked_module*>{feed.get(), &queue, &softmax, &scheduler, &vpu,
                                                                        &back, &reservations, &dram})
            clock_it(*m);
        clock_it(pair_link);
        clock_it(round_link);
        clock_it(o_link);
        for (unsigned i = 0; i < feed->scores.size(); ++i)
            feed->scores[i].bind(queue.scores[i]);
        for (unsigned r = 0; r < feed->thresholds.size(); ++r)
            feed->thresholds[r].bind(queue.thresholds[r]);
        feed->tiles.bind(queue.tiles);
        queue.level.bind(feed->level);
        queue.v_fetch.bind(reservations.v_fetch);
        queue.reserved.bind(scheduler.reserved);
        queue.out.bind(pair_link.in);
        pair_link.out.bind(softmax.in);
        softmax.out.bind(scheduler.in);
        scheduler.rounds.bind(round_link.in);
        round_link.out.bind(vpu.rounds);
        vpu.v_release.bind(reservations.v_release);
        vpu.o.bind(o_link.in);
        o_link.out.bind(back.o);
        vpu.done.bind(feed->left);
        back.done.bind(feed->written);
        const unsigned row_bytes = (s.head_dim + 31) / 32 * 32;
        for (unsigned i = 0; i < p.vpu.v_rows_per_round; ++i) {
            ports.push_back(std::make_unique<memory_stub>(sc_core::sc_gen_unique_name("port"), 2));
            ports[i]->byte = v_byte;
            ports[i]->ready = [this, row_bytes](std::uint64_t a) { return reservations.present(a, row_bytes); };
            ports[i]->on_read = [this, row_bytes](std::uint64_t a) { CHECK(reservations.present(a, row_bytes)); };
            ports[i]->immediate = i % 2 == 0;
            checkers.push_back(std::make_unique<protocol_checker>(sc_core::sc_gen_unique_name("checker")));
            vpu.v_port[i].bind(checkers.back()->in);
            checkers.back()->out.bind(ports[i]->socket);
            clock_it(*ports[i]);
        }
        checkers.push_back(std::make_unique<protocol_checker>(sc_core::sc_gen_unique_name("checker")));
        back.memory.bind(checkers.back()->in);
        checkers.back()->out.bind(dram.socket);
        if (!p.ista.enabled) {
            spill = std::make_unique<memory_stub>("spill", 25);
            checkers.push_back(std::make_unique<protocol_checker>(sc_core::sc_gen_unique_name("checker")));
            queue.spill.bind(checkers.back()->in);
            checkers.back()->out.bind(spill->socket);
            clock_it(*spill);
            queue.set_spill_region(0x40000000);
        }
        if (s.pause > 0) {
            for (auto& port : ports)
                pause(*port);
            pause(dram);
        }
        queue.retained_pairs.bind(kept);
        queue.pruned_pairs.bind(pruned);
        back.rows_out.bind(kept);
    }
    void pause(memory_stub& m) {
        m.random = &random;
        m.pause = s.pause;
    }

    void make_work() {
        block_maker maker;
        maker.rows = p.rows.count;
        maker.blocks_in_flight = p.rows.blocks_in_flight;
        maker.head_dim = s.head_dim;
        maker.o_bytes = p.output.bytes;
        maker.kv_of_row = [this](unsigned r) { return r * s.kv_heads / p.rows.count; };
        maker.tiles.clear();
        for (std::uint32_t t = 0; t < s.tiles; ++t)  // head, tail, head ...
            maker.tiles.push_back(t % 2 == 0 ? t / 2 : s.tiles - 1 - t / 2);
        for (std::uint64_t id = 0; id < s.blocks; ++id) {
            maker.id = id;
            work_block w;
            w.block = maker.make();
            for (std::size_t t = 0; t < s.tiles; ++t) {
                w.tiles.emplace_back();
                if (t == 1 && s.tiles > 2)
                    continue;  // an empty tile
                for (std::uint32_t k = 0; k < p.tile.keys; ++k)
                    for (unsigned r = 0; r < p.rows.count; ++r) {
                        const double u = std::uniform_real_distribution<>()(random);
                        if (u > s.density && !(t == 0 && k == r))  // each row keeps a key
                            continue;
                        score_item item;
                        item.slot = static_cast<std::uint8_t>(w.block->slot);
                        item.row = static_cast<std::uint8_t>(r);
                        item.key = w.block->tiles[t] * p.tile.keys + k;
                        item.score = static_cast<std::int32_t>(random() % 600) - 300 +
                                     (s.rising_max ? static_cast<std::int32_t>(200 * t) : 0);
                        w.tiles.back().push_back(item);
                        ++total_pairs;
                    }
                std::shuffle(w.tiles.back().begin(), w.tiles.back().end(), random);
            }
            work.push_back(std::move(w));
        }
    }

    cycle_t run() {
        for (cycle_t end = 10000; feed->blocks_written < s.blocks && end <= 2000000; end += 10000)
            run_until(end);
        INFO(queue.waits_for() << " | " << softmax.waits_for() << " | " << scheduler.waits_for() << " | "
                               << vpu.waits_for() << " | " << back.waits_for());
        REQUIRE(feed->blocks_written == s.blocks);
        return feed->finished_at;
    }

    /// Largest relative L2 error of a row against the softmax over its retained pairs in double precision.
    double check_values() {
        double worst = 0;
        for (const work_block& w : work)
            for (unsigned r = 0; r < p.rows.count; ++r) {
                const auto& pairs = kept.pairs[{w.block->id, r}];
                const block_row& row = w.block->rows[r];
                REQUIRE_FALSE(pairs.empty());
                int max = pairs[0].second;
                for (const auto& pair : pairs)
                    max = std::max(max, pair.second);
                double l = 0;
                std::vector<double> o(s.head_dim);
                for (const auto& [key, score] : pairs) {
                    const double e = std::exp(row.logit_scale * (score - max));
                    l += e;
                    for (unsigned d = 0; d < s.head_dim; ++d)
                        o[d] += e * static_cast<std::int8_t>(
                                        v_byte(row.v_address + std::uint64_t{key} * w.block->row_bytes + d));
                }
                double error = 0;
                double norm = 0;
                const auto& got = kept.o.at({w.block->id, r});
                for (unsigned d = 0; d < s.head_dim; ++d) {
                    const double expected = o[d] / l * row.v_scale;
                    error += (got[d] - expected) * (got[d] - expected);
                    norm += expected * expected;
                    std::uint16_t half = 0;
                    unsigned char bytes[2] = {dram.written.at(row.o_address + d * 2),
                                              dram.written.at(row.o_address + d * 2 + 1)};
                    std::memcpy(&half, bytes, 2);
                    CHECK(half == numeric::to_fp16(got[d]));
                }
                worst = std::max(worst, std::sqrt(error / norm));
            }
        return worst;
    }

    void check_balances(cycle_t end) {
        queue.finish(end);
        softmax.finish(end);
        scheduler.finish(end);
        vpu.finish(end);
        back.finish(end);
        const auto& q = queue.counters();
        const auto& v = vpu.counters();
        std::uint64_t pruned_pairs = 0;
        for (std::uint64_t n : q.recheck_pruned)
            pruned_pairs += n;
        CHECK(q.pairs_in == total_pairs);
        CHECK(q.pairs_out + pruned_pairs == total_pairs);
        CHECK(v.v_rows_needed == q.pairs_out);
        CHECK(v.macs == q.pairs_out * s.head_dim);
        CHECK(softmax.counters().exps == q.pairs_out + softmax.counters().max_updates);
        CHECK(v.rescales == softmax.counters().max_updates);
        std::set<std::tuple<std::uint64_t, unsigned, unsigned>> distinct;
        for (const auto& [where, pairs] : kept.pairs)
            for (const auto& pair : pairs)
                distinct.emplace(where.first, work[0].block->rows[where.second].kv, pair.first);
        CHECK(v.v_rows_distinct == distinct.size());
        CHECK(v.v_rows_read >= v.v_rows_distinct);
        CHECK(v.v_rows_read <= v.v_rows_needed);
        // Each V row that was reserved is released exactly once (the stub refuses a second release, or one too many).
        CHECK(reservations.fetches.size() == distinct.size());
        CHECK(reservations.releases.size() == distinct.size());
        CHECK(reservations.reserved.empty());
        CHECK(q.fetch_items_out == reservations.fetches.size());
        CHECK(v.release_items_out == reservations.releases.size());
        // Links: what one side sent the other one received.
        CHECK(q.pair_items_out == softmax.counters().pair_items_in);
        CHECK(q.pair_items_out == pair_link.items());
        CHECK(q.reserved_items_out == scheduler.counters().reserved_items_in);
        CHECK(softmax.counters().weight_items_out == scheduler.counters().weight_items_in);
        CHECK(scheduler.counters().round_items_out == v.round_items_in);
        CHECK(v.round_items_in == round_link.items());
        CHECK(v.o_items_out == back.counters().o_items_in);
        CHECK(back.counters().o_rows == std::uint64_t{s.blocks} * p.rows.count);
        CHECK(q.level_items_out == feed->level_items);
        std::size_t reads = 0;
        for (auto& port : ports)
            reads += port->requests.size();
        CHECK(v.v_atoms_read == reads);
        CHECK(v.v_atoms_read == v.v_rows_read * ((s.head_dim + 31) / 32));
        CHECK(back.counters().atoms_written == dram.requests.size());
        for (const vpu_cycles& c :
             {q.cycles, softmax.counters().cycles, scheduler.counters().cycles, v.cycles, back.counters().cycles})
            CHECK(c.total() == end);
        for (const std::string& line :
             {queue.waits_for(), softmax.waits_for(), scheduler.waits_for(), vpu.waits_for(), back.waits_for()})
            CHECK(line.empty());
        for (auto& checker : checkers) {
            checker->finish();
            CHECK(checker->clean());
        }
        CHECK(pair_link.clean());
        CHECK(round_link.clean());
        CHECK(o_link.clean());
        CHECK(q.peak_pairs <= queue.capacity());
    }
};

inline params small() {
    params p;
    p.lane.count = 4;
    p.lane.scoreboard_entries = 32;
    p.softmax.exp = exp_kind::exact;
    return p;
}

inline void whole_chain(const params& p, const setting& s) {
    INFO("seed " << s.seed);
    chain_bench b(p, s);
    const cycle_t end = b.run();
    CHECK(b.check_values() < 1e-4);
    b.check_balances(end + 100);
}

}  // namespace pade_test
