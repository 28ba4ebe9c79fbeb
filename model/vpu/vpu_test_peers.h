// Stub peers for the unit tests of this folder: senders and receivers of streams, a KV buffer and a DRAM that serve
// bytes over the base protocol. They note when everything happened.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "model/job.h"
#include "model/params.h"
#include "tlm/clock.h"
#include "tlm/clocked_module.h"
#include "tlm/registered.h"
#include "tlm/stream.h"
#include "tlm/vpu_payloads.h"

namespace pade_test {

using namespace pade;

/// Wakes every gate at every edge, in random order: the modules of an edge run in that order, and some of them for
/// nothing. Neither may change anything.
class shaker : public clocked_module {
  public:
    shaker(sc_core::sc_module_name name, unsigned seed, std::vector<std::unique_ptr<clock_gate>>& gates)
        : clocked_module(name), gates_(gates), random_(seed) {}

  private:
    void start_of_simulation() override { wake(); }
    void step(cycle_t) override {
        wake();  // before the others, so that this runs before them at the next edge, too
        order_.clear();
        for (auto& gate : gates_)
            order_.push_back(gate.get());
        std::shuffle(order_.begin(), order_.end(), random_);
        for (clock_gate* gate : order_)
            gate->wake();
    }
    std::vector<std::unique_ptr<clock_gate>>& gates_;
    std::vector<clock_gate*> order_;
    std::mt19937 random_;
};

/// A clock, and a gate for each module that asks for one.
struct bench {
    clock_domain clock{"clock", sc_core::sc_time(1, sc_core::SC_NS)};
    std::vector<std::unique_ptr<clock_gate>> gates;
    std::unique_ptr<shaker> shake;

    template <typename Module>
    void clock_it(Module& module) {
        gates.push_back(std::make_unique<clock_gate>(sc_core::sc_gen_unique_name("gate"), clock));
        module.clk.bind(*gates.back());
    }
    /// Random order within each edge; before any module that wakes itself is made.
    void shuffle(unsigned seed) {
        shake = std::make_unique<shaker>("shaker", seed, gates);
        clock_it(*shake);
    }
    void run_until(cycle_t cycle) {
        const sc_core::sc_time end = clock.period() * static_cast<double>(cycle);
        sc_core::sc_start(end - sc_core::sc_time_stamp());
    }
};

/// Sends what it was given at the edges it was given for, as far as credits reach (without `places`: always).
template <typename T>
class source : public clocked_module {
  public:
    source(sc_core::sc_module_name name, unsigned latency = 1, unsigned places = 0)
        : clocked_module(name), latency_(latency), limited_(places != 0), credits_(places) {
        out.on_credit(this, &source::on_credit);
    }
    stream_initiator<T> out{"out"};
    /// An item costs a credit when this says so.
    std::function<bool(const T&)> costs = [](const T&) { return true; };
    std::uint64_t credits_given = 0;
    std::vector<cycle_t> credit_cycles;
    /// A sender that follows its receiver's pace may get a random break: probability of not sending in a cycle.
    double pause = 0;
    std::mt19937* random = nullptr;
    unsigned per_cycle = 1000;

    void at(cycle_t cycle, const T& item) { items_.push_back({cycle, item}); }
    bool empty() const { return items_.empty(); }

  private:
    void start_of_simulation() override {
        if (!items_.empty())
            wake_at(items_.front().first);
    }
    void on_credit(unsigned, cycle_t now) {
        credits_.give(now);
        ++credits_given;
        credit_cycles.push_back(now);
        wake();
    }
    void step(cycle_t now) override {
        if (random != nullptr && std::uniform_real_distribution<>()(*random) < pause) {
            wake();
            return;
        }
        for (unsigned n = 0; !items_.empty() && items_.front().first <= now && n < per_cycle; ++n) {
            const bool cost = limited_ && costs(items_.front().second);
            if (cost && credits_.available(now) == 0)
                return;
            if (cost)
                credits_.take(now);
            out.send(items_.front().second, now + latency_);
            items_.pop_front();
        }
        if (!items_.empty())
            wake_at(items_.front().first);
    }
    unsigned latency_;
    bool limited_;
    credit_counter credits_;
    std::deque<std::pair<cycle_t, T>> items_;
};

/// Takes each item at the edge at which it is visible, or later at random, and gives a credit back when `credit` says
/// so.
template <typename T>
class sink : public clocked_module {
  public:
    explicit sink(sc_core::sc_module_name name) : clocked_module(name) {
        in.template on_item<sink, &sink::on_item>(this);
    }
    stream_target<T> in{"in"};
    struct seen {
        cycle_t cycle;
        T item;
    };
    std::vector<seen> items;
    std::function<bool(const T&)> credit = [](const T&) { return true; };
    double pause = 0;
    std::mt19937* random = nullptr;

    void give_credit() { in.give_credit(now()); }

  private:
    void on_item(unsigned, T& item) {
        REQUIRE(item.visible > now());
        fifo_.push(item, item.visible);
        wake_at(item.visible);
    }
    void step(cycle_t now) override {
        while (fifo_.ready(now)) {
            if (random != nullptr && std::uniform_real_distribution<>()(*random) < pause) {
                wake();
                return;
            }
            items.push_back({now, fifo_.front()});
            fifo_.pop();
            if (credit(items.back().item))
                in.give_credit(now);
        }
        if (!fifo_.empty())
            wake_at(fifo_.visible_at());
    }
    registered_fifo<T> fifo_;
};

/// Memory behind one socket: END_REQ at the edge after BEGIN_REQ, or at once (`immediate`), answers `latency` edges
/// after it, or later when `ready` says that the address is not there. One outstanding BEGIN_RESP.
class memory_stub : public clocked_module, private tlm::tlm_fw_transport_if<> {
  public:
    memory_stub(sc_core::sc_module_name name, unsigned latency) : clocked_module(name), latency_(latency) {
        socket.bind(*this);
    }
    tlm::tlm_target_socket<> socket{"socket"};
    bool immediate = false;
    double pause = 0;
    std::mt19937* random = nullptr;
    std::function<unsigned char(std::uint64_t)> byte = [](std::uint64_t) { return static_cast<unsigned char>(0); };
    std::function<bool(std::uint64_t)> ready = [](std::uint64_t) { return true; };
    std::function<void(std::uint64_t)> on_read = [](std::uint64_t) {};
    std::map<std::uint64_t, unsigned char> written;
    std::map<std::uint64_t, unsigned> times_written;
    std::vector<std::pair<cycle_t, std::uint64_t>> requests;
    std::vector<cycle_t> answers;
    std::size_t most_in_flight = 0;

  private:
    struct pending {
        tlm::tlm_generic_payload* payload;
        cycle_t due;
    };
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_core::sc_time&) override {
        REQUIRE(phase == tlm::BEGIN_REQ);
        REQUIRE(request_ == nullptr);
        REQUIRE(p.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE);
        REQUIRE(p.get_address() % 32 == 0);
        REQUIRE(p.get_data_length() == 32);
        p.acquire();
        requests.emplace_back(now(), p.get_address());
        queue_.push_back({&p, now() + latency_});
        most_in_flight = std::max(most_in_flight, queue_.size());
        wake();
        wake_at(now() + latency_);
        if (immediate) {
            phase = tlm::END_REQ;
            return tlm::TLM_UPDATED;
        }
        request_ = &p;
        request_at_ = now();
        return tlm::TLM_ACCEPTED;
    }
    void step(cycle_t now) override {
        const bool hold = random != nullptr && std::uniform_real_distribution<>()(*random) < pause;
        if (!queue_.empty())
            wake();
        if (hold)
            return;
        tlm::tlm_phase phase = tlm::END_REQ;
        sc_core::sc_time none = sc_core::SC_ZERO_TIME;
        if (request_ != nullptr && request_at_ < now) {
            auto* p = request_;
            request_ = nullptr;
            socket->nb_transport_bw(*p, phase, none);
        }
        if (queue_.empty() || queue_.front().due > now || !ready(queue_.front().payload->get_address()))
            return;
        auto& p = *queue_.front().payload;
        queue_.pop_front();
        for (unsigned i = 0; i < p.get_data_length(); ++i) {
            const std::uint64_t a = p.get_address() + i;
            if (p.is_read()) {
                const auto at = written.find(a);
                p.get_data_ptr()[i] = at == written.end() ? byte(a) : at->second;
            } else {
                written[a] = p.get_data_ptr()[i];
            }
        }
        if (p.is_read())
            on_read(p.get_address());
        else
            ++times_written[p.get_address()];
        p.set_response_status(tlm::TLM_OK_RESPONSE);
        phase = tlm::BEGIN_RESP;
        answers.push_back(now);
        REQUIRE(socket->nb_transport_bw(p, phase, none) == tlm::TLM_COMPLETED);
        p.release();
    }
    void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {}
    bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
    unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

    unsigned latency_;
    std::deque<pending> queue_;
    tlm::tlm_generic_payload* request_ = nullptr;
    cycle_t request_at_ = 0;
};

/// Reservations of the KV buffer: notes fetches and releases, gives credits back, and says which atoms may be read from
/// when.
class reservation_stub : public clocked_module {
  public:
    reservation_stub(sc_core::sc_module_name name, unsigned fetch_latency, unsigned limit)
        : clocked_module(name), fetch_latency_(fetch_latency), limit_(limit) {
        v_fetch.on_item<reservation_stub, &reservation_stub::on_fetch>(this);
        v_release.on_item<reservation_stub, &reservation_stub::on_release>(this);
    }
    stream_target<fetch_item> v_fetch{"v_fetch"};
    stream_target<fetch_item> v_release{"v_release"};
    struct pin {
        unsigned count = 0;  ///< two blocks in flight may need the same V row
        cycle_t here_at = 0;
    };
    std::map<std::uint64_t, pin> reserved;  ///< by row address
    std::vector<fetch_item> fetches;
    std::vector<fetch_item> releases;
    std::size_t most_reserved = 0;

    /// The data of this atom have come from DRAM; reading an atom that is not reserved is an error.
    bool present(std::uint64_t address, unsigned row_bytes) {
        auto at = reserved.upper_bound(address);
        REQUIRE(at != reserved.begin());
        --at;
        REQUIRE(address < at->first + row_bytes);
        return at->second.here_at <= now();
    }

  private:
    void on_fetch(unsigned, fetch_item& item) {
        REQUIRE(item.what == fetch_item::kind::fetch);
        REQUIRE(item.of == fetch_item::tensor::v);
        pin& row = reserved[item.address];
        if (row.count++ == 0)
            row.here_at = item.visible + fetch_latency_;
        fetches.push_back(item);
        most_reserved = std::max(most_reserved, fetches.size() - releases.size());
        REQUIRE(fetches.size() - releases.size() <= limit_);
    }
    void on_release(unsigned, fetch_item& item) {
        REQUIRE(item.what == fetch_item::kind::release);
        const auto at = reserved.find(item.address);
        REQUIRE(at != reserved.end());
        if (--at->second.count == 0)
            reserved.erase(at);
        releases.push_back(item);
        owed_.push(0, item.visible);
        wake_at(item.visible);
    }
    void step(cycle_t now_) override {
        for (; owed_.ready(now_); owed_.pop())
            v_fetch.give_credit(now_);
    }
    unsigned fetch_latency_;
    unsigned limit_;
    registered_fifo<int> owed_;
};

/// A block of `rows` rows, all valid, of head `r % heads` and KV head kv_of_row(r).
struct block_maker {
    std::uint64_t id = 0;
    unsigned rows = 8;
    unsigned blocks_in_flight = 2;
    unsigned head_dim = 64;
    unsigned tile_keys = 64;
    unsigned o_bytes = 2;
    std::vector<std::uint32_t> tiles{0};
    double logit_scale = 0.01;
    std::function<std::uint32_t(unsigned)> kv_of_row = [](unsigned) { return 0U; };

    std::shared_ptr<block_info> make() const {
        auto b = std::make_shared<block_info>();
        b->id = id;
        b->slot = static_cast<std::uint32_t>(id % blocks_in_flight);
        b->head_dim = head_dim;
        b->row_bytes = (head_dim + 31) / 32 * 32;
        b->o_row_bytes = (head_dim * o_bytes + 31) / 32 * 32;
        b->tile_keys = tile_keys;
        b->tiles = tiles;
        std::set<std::uint32_t> kvs;
        for (unsigned r = 0; r < rows; ++r) {
            block_row row;
            row.valid = true;
            row.head = r;
            row.kv = kv_of_row(r);
            row.query = static_cast<std::uint32_t>(id);
            row.logit_scale = logit_scale;
            row.v_scale = 0.5;
            row.visible_keys = 1U << 20;
            row.v_address = 0x1000000 + std::uint64_t{row.kv} * 0x1000000;
            row.o_address = 0x80000000 + (id * 64 + r) * 1024;
            kvs.insert(row.kv);
            b->rows.push_back(row);
        }
        b->kv_heads.assign(kvs.begin(), kvs.end());
        return b;
    }
};

}  // namespace pade_test
