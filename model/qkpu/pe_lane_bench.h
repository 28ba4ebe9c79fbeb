// Stub peers for a lane alone: what a dispatcher, a guard filter and a score queue do as far as the lane can see, and
// logs of what the lane sends. `lane_peers` does at each edge what a test wrote down; `feeder` (pe_lane_feeder.h) works
// off keys.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/numeric/bit_planes.h"
#include "model/numeric/guard_rule.h"
#include "model/qkpu/pe_lane.h"
#include "tlm/stream_checker.h"

namespace pade::lane_test {

inline const sc_core::sc_time period(1250, sc_core::SC_PS);

/// Runs the simulation up to and including edge `edge`.
inline void run_to(cycle_t edge) {
    sc_core::sc_start(period * static_cast<double>(edge) + period / 2 - sc_core::sc_time_stamp());
}

/// The error that ends the simulation before edge `edge`; empty when there is none.
inline std::string error_of_run(cycle_t edge) {
    try {
        run_to(edge);
    } catch (const std::exception& error) {
        // The kernel reports what a process throws; this error was asked for, so it does not fail the test.
        sc_core::sc_report_handler::initialize();
        return error.what();
    }
    return {};
}

/// An item, the edge at which the lane sent it, and the first edge at which its receiver saw it.
template <typename Item>
struct logged {
    Item item;
    cycle_t sent = 0;
    cycle_t seen = 0;
};

template <typename Item>
struct log_book {
    std::vector<logged<Item>> items;
    registered_fifo<std::size_t> unseen;

    void take(const Item& item, cycle_t sent) {
        unseen.push(items.size(), item.visible);
        items.push_back({item, sent, 0});
    }
    /// Calls handle(item) for each item that may be seen at `now`.
    template <typename Handler>
    void see(cycle_t now, Handler&& handle) {
        for (; unseen.ready(now); unseen.pop()) {
            items[unseen.front()].seen = now;
            handle(items[unseen.front()].item);
        }
    }
};

class lane_peers : public clocked_module {
  public:
    stream_initiator<plane_item> planes{"planes"};
    stream_initiator<row_item> row{"row"};
    stream_target<verdict_item> verdicts{"verdicts"};
    stream_target<bound_item> bounds{"bounds"};
    stream_target<score_item> scores{"scores"};

    explicit lane_peers(sc_core::sc_module_name name) : clocked_module(name) {
        planes.on_credit<lane_peers, &lane_peers::on_plane_credit>(this);
        verdicts.on_item<lane_peers, &lane_peers::on_verdict>(this);
        bounds.on_item<lane_peers, &lane_peers::on_bound>(this);
        scores.on_item<lane_peers, &lane_peers::on_score>(this);
    }

    /// Does `what` at edge `edge` (1 or later), before the simulation has begun.
    void at(cycle_t edge, std::function<void(cycle_t)> what) { script_.emplace(edge, std::move(what)); }
    /// The item is sent at `visible - latency`, hence seen at `visible` first.
    void plane_at(cycle_t visible, plane_item item, cycle_t latency = 1) {
        at(visible - latency, [this, item, latency](cycle_t now) mutable { planes.send(item, now + latency); });
    }
    void row_at(cycle_t visible, row_item item, cycle_t latency = 1) {
        at(visible - latency, [this, item, latency](cycle_t now) mutable { row.send(item, now + latency); });
    }
    void score_credit_at(cycle_t edge) {
        at(edge, [this](cycle_t now) { scores.give_credit(now); });
    }

    log_book<verdict_item> verdict_log;
    log_book<bound_item> bound_log;
    log_book<score_item> score_log;
    std::vector<cycle_t> taken;  ///< edges at which the lane took a plane: its credits

  protected:
    void start_of_simulation() override {
        for (const auto& [edge, what] : script_)
            wake_at(edge);
    }
    virtual void on_plane_credit(unsigned, cycle_t now) { taken.push_back(now); }
    void on_verdict(unsigned, verdict_item& item) { note(verdict_log, item); }
    void on_bound(unsigned, bound_item& item) { note(bound_log, item); }
    void on_score(unsigned, score_item& item) { note(score_log, item); }
    void step(cycle_t now) override {
        verdict_log.see(now, [](const verdict_item&) {});
        bound_log.see(now, [](const bound_item&) {});
        score_log.see(now, [](const score_item&) {});
        const auto [first, last] = script_.equal_range(now);
        for (auto it = first; it != last; ++it)
            it->second(now);
    }

  private:
    template <typename Item>
    void note(log_book<Item>& log, const Item& item) {
        log.take(item, now());
        wake_at(item.visible);
    }
    std::multimap<cycle_t, std::function<void(cycle_t)>> script_;
};

/// Wakes the gate that it is bound to at each edge, so that nothing bound to it ever sleeps.
class insomnia : public clocked_module {
  public:
    explicit insomnia(sc_core::sc_module_name name) : clocked_module(name) {}

  private:
    void start_of_simulation() override { wake(); }
    void step(cycle_t) override { wake(); }
};

enum class sleep { when_idle, never };

/// A lane, its peers and a checker on each link.
template <typename Peers>
struct lane_bench {
    clock_gate lane_gate;
    clock_gate peers_gate;
    std::unique_ptr<pe_lane> lane;
    std::unique_ptr<Peers> peers;
    std::unique_ptr<insomnia> keep_awake;
    stream_checker<plane_item> planes;
    stream_checker<row_item> row;
    stream_checker<verdict_item> verdicts;
    stream_checker<bound_item> bounds;
    stream_checker<score_item> scores;

    template <typename... Rest>
    lane_bench(clock_domain& core, const std::string& name, const pe_lane_params& params, bool peers_first, sleep when,
               const Rest&... rest)
        : lane_gate((name + "_lane_gate").c_str(), core),
          peers_gate((name + "_peers_gate").c_str(), core),
          planes((name + "_planes").c_str()),
          row((name + "_row").c_str()),
          verdicts((name + "_verdicts").c_str()),
          bounds((name + "_bounds").c_str()),
          scores((name + "_scores").c_str(), params.score_credits) {
        const auto make_peers = [&] { peers = std::make_unique<Peers>((name + "_peers").c_str(), rest...); };
        if (peers_first)
            make_peers();
        lane = std::make_unique<pe_lane>((name + "_lane").c_str(), params);
        if (!peers_first)
            make_peers();
        lane->clk.bind(lane_gate);
        peers->clk.bind(peers_gate);
        if (when == sleep::never) {
            keep_awake = std::make_unique<insomnia>((name + "_insomnia").c_str());
            keep_awake->clk.bind(lane_gate);
        }
        connect(peers->planes, planes, lane->planes, peers_gate);
        connect(peers->row, row, lane->row, peers_gate);
        connect(lane->verdicts, verdicts, peers->verdicts, lane_gate);
        connect(lane->bounds, bounds, peers->bounds, lane_gate);
        connect(lane->scores, scores, peers->scores, lane_gate);
    }
    template <typename From, typename Checker, typename To>
    static void connect(From& from, Checker& checker, To& to, clock_gate& gate) {
        from.bind(checker.in);
        checker.out.bind(to);
        checker.clk.bind(gate);
    }
    bool clean() const { return planes.clean() && row.clean() && verdicts.clean() && bounds.clean() && scores.clean(); }
};

/// A lane and peers that follow a script.
struct scripted : lane_bench<lane_peers> {
    scripted(clock_domain& core, const std::string& name, const pe_lane_params& params)
        : lane_bench(core, name, params, false, sleep::when_idle) {}
};

// ---- items ---------------------------------------------------------------------------------------------------------

inline std::shared_ptr<const row_query> make_query(const std::vector<std::int8_t>& q, unsigned key_bits,
                                                   std::int64_t offset = 0, std::uint32_t block = 0,
                                                   std::uint32_t head = 0) {
    numeric::query_operand operand(q.data(), static_cast<unsigned>(q.size()));
    const auto intervals = numeric::make_guard_rule(guard_rule_kind::bui)->intervals(operand, key_bits);
    return std::make_shared<const row_query>(row_query{std::move(operand), intervals, offset, block, head});
}

inline row_item query_of(std::shared_ptr<const row_query> query, unsigned slot = 0) {
    row_item item;
    item.what = row_item::kind::query;
    item.slot = static_cast<std::uint8_t>(slot);
    item.query = std::move(query);
    return item;
}

inline row_item threshold_of(std::int64_t value, unsigned slot = 0) {
    row_item item;
    item.what = row_item::kind::threshold;
    item.slot = static_cast<std::uint8_t>(slot);
    item.threshold = value;
    return item;
}

/// tag: the key's, unless named.
inline plane_item admission_of(std::uint32_t key, bool more = false, unsigned slot = 0, std::uint32_t block = 0) {
    plane_item item;
    item.what = plane_item::kind::admit;
    item.key = key;
    item.tag = static_cast<std::uint16_t>(key);
    item.more = more;
    item.slot = static_cast<std::uint8_t>(slot);
    item.block = block;
    return item;
}

inline plane_item plane_of(std::uint32_t key, unsigned plane, std::array<std::uint64_t, max_passes> bits = {},
                           unsigned slot = 0, std::uint32_t block = 0) {
    plane_item item;
    item.what = plane_item::kind::plane;
    item.key = key;
    item.tag = static_cast<std::uint16_t>(key);
    item.plane = static_cast<std::uint8_t>(plane);
    item.slot = static_cast<std::uint8_t>(slot);
    item.block = block;
    item.words = max_passes;
    item.bits = bits;
    return item;
}

inline std::uint64_t all_classes(const lane_counters& c) {
    return c.busy + c.stall_downstream + c.stall_scoreboard + c.stall_data + c.idle;
}

}  // namespace pade::lane_test
