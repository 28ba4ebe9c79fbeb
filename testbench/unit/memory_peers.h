// Stub peers for unit tests of modules with base-protocol sockets: a requester and a memory, both with seeded random
// stalls, on links that a protocol checker watches. They note when everything happened.
#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tlm>
#include <vector>

#include "tlm/clocked_module.h"
#include "tlm/payload_pool.h"
#include "tlm/plane_select.h"
#include "tlm/protocol_checker.h"
#include "tlm/stream.h"

namespace pade::test {

/// What the memory holds before anybody writes.
inline unsigned char pattern(std::uint64_t address) {
    return static_cast<unsigned char>((address * 0x9E3779B97F4A7C15u) >> 37);
}

/// A clocked peer. `late`: it acts one delta cycle after the edge, when all modules that are not late have run; to be
/// set before the run. Modules that obey the rule of registered links behave alike with either.
class peer : public clocked_module {
  public:
    PADE_HAS_PROCESS(peer);
    bool late = false;

  protected:
    explicit peer(sc_core::sc_module_name name) : clocked_module(name) {
        SC_METHOD(act_late);
        sensitive << later_;
        dont_initialize();
    }
    /// What the peer does at edge `now`.
    virtual void act(cycle_t now) = 0;

  private:
    void step(cycle_t now) final {
        if (late)
            later_.notify(sc_core::SC_ZERO_TIME);
        else
            act(now);
    }
    void act_late() { act(now()); }
    sc_core::sc_event later_;
};

/// A clock domain with a gate for each module that asks for one.
struct bench_clock {
    clock_domain domain;
    std::vector<std::unique_ptr<clock_gate>> gates;

    explicit bench_clock(const char* name = "clock", double ns = 1)
        : domain(name, sc_core::sc_time(ns, sc_core::SC_NS)) {}
    void drive(clocked_module& module) {
        gates.push_back(std::make_unique<clock_gate>(sc_core::sc_gen_unique_name("gate"), domain));
        module.clk.bind(*gates.back());
    }
    /// Runs until just before edge `cycle`.
    void run_to(cycle_t cycle) {
        const auto end = domain.period() * static_cast<double>(cycle) - sc_core::sc_time(1, sc_core::SC_PS);
        if (end > sc_core::sc_time_stamp())
            sc_core::sc_start(end - sc_core::sc_time_stamp());
    }
};

/// Links with checkers. expect_clean() fails the test that broke a rule.
struct checked_links {
    std::vector<std::unique_ptr<protocol_checker>> all;

    template <typename From, typename To>
    void bind(From& from, To& to) {
        all.push_back(std::make_unique<protocol_checker>(sc_core::sc_gen_unique_name("check")));
        from.bind(all.back()->in);
        all.back()->out.bind(to);
    }
    void expect_clean() {
        for (auto& checker : all) {
            checker->finish();
            for (const auto& v : checker->violations())
                UNSCOPED_INFO(v.line());
            CHECK(checker->clean());
        }
    }
};

/// How a peer hesitates. 0: never.
struct hesitation {
    double pause = 0;         ///< probability of not sending in a cycle, though it could
    double late_accept = 0;   ///< probability of ending the other side's phase late
    unsigned late_up_to = 8;  ///< cycles
    unsigned seed = 1;
    double at_once = 0;  ///< probability that a memory answers in the call that makes the request
};

/// Sends reads and writes in the given order, each at the given edge or later.
class requester : public peer, private tlm::tlm_bw_transport_if<> {
  public:
    struct request {
        cycle_t at = 0;
        tlm::tlm_command command = tlm::TLM_READ_COMMAND;
        std::uint64_t address = 0;
        unsigned bytes = 32;
        unsigned char value = 0;  // a write sets all bytes to it
        int plane_bit = -1;       // a read asks for a plane with this bit number; -1: for the bytes
    };
    struct result {
        request asked;
        cycle_t sent = 0;  // edge of BEGIN_REQ
        cycle_t seen = 0;  // first edge at which the answer may be used
        tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
        std::vector<unsigned char> data;
        bool selected = false;  // the target made a plane
        bool data_ok() const {
            if (selected != (asked.plane_bit >= 0))
                return false;
            for (std::size_t i = 0; i < data.size() && !selected; ++i)
                if (data[i] != pattern(asked.address + i))
                    return false;
            for (std::size_t i = 0; i < 8 * data.size() && selected; ++i)
                if ((data[i / 8] >> i % 8 & 1) != (pattern(asked.address + i) >> asked.plane_bit & 1))
                    return false;
            return status == tlm::TLM_OK_RESPONSE;
        }
    };
    tlm::tlm_initiator_socket<> socket{"socket"};
    std::vector<result> results;
    std::vector<cycle_t> accepted;  // edge of each END_REQ
    std::function<void(const result&)> on_result;
    bool take_answers = true;  // false: no END_RESP until it is set

    explicit requester(sc_core::sc_module_name name, hesitation h = {})
        : peer(name), h_(h), random_(h.seed), random_peer_(h.seed + 12345) {
        socket.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
    }
    /// Before the run, or from a process.
    void add(request r) {
        waiting_.push_back(r);
        if (running_)
            wake();
    }
    void read(cycle_t at, std::uint64_t address, unsigned bytes = 32) {
        add({at, tlm::TLM_READ_COMMAND, address, bytes, 0});
    }
    void read_plane(cycle_t at, std::uint64_t address, int bit, unsigned bytes = 4) {
        add({at, tlm::TLM_READ_COMMAND, address, bytes, 0, bit});
    }
    void write(cycle_t at, std::uint64_t address, unsigned char value, unsigned bytes = 32) {
        add({at, tlm::TLM_WRITE_COMMAND, address, bytes, value});
    }
    std::size_t unsent() const { return waiting_.size(); }
    std::size_t in_flight() const { return flights_.size(); }
    const payload_pool& pool() const { return pool_; }
    /// Sends the END_RESP that take_answers held up, from the next edge on.
    void resume() {
        take_answers = true;
        if (late_ != nullptr)
            late_until_ = 0;
        wake();
    }

  private:
    void start_of_simulation() override {
        running_ = true;
        if (!waiting_.empty())
            wake_at(waiting_.front().at);
    }
    // A generator for each of the two callers, which come in any order within an edge.
    static bool chance(double p, std::mt19937& random) {
        return p > 0 && std::uniform_real_distribution<>()(random) < p;
    }

    void act(cycle_t now) override {
        if (late_ != nullptr && late_until_ <= now && take_answers) {
            auto* payload = late_;
            late_ = nullptr;
            tlm::tlm_phase phase = tlm::END_RESP;
            sc_core::sc_time t;
            socket->nb_transport_fw(*payload, phase, t);
            payload->release();
        } else if (late_ != nullptr && take_answers) {
            wake_at(late_until_);
        }
        if (waiting_.empty())
            return;
        if (waiting_.front().at > now) {
            wake_at(waiting_.front().at);
            return;
        }
        if (open_ != nullptr)
            return;
        if (free_from_ > now || chance(h_.pause, random_)) {
            wake();
            return;
        }
        const request r = waiting_.front();
        waiting_.pop_front();
        auto& payload = pool_.acquire(r.command, r.address, r.bytes);
        if (r.command == tlm::TLM_WRITE_COMMAND)
            std::memset(payload.get_data_ptr(), r.value, r.bytes);
        if (r.plane_bit >= 0) {
            auto* select = new plane_select;
            select->bit = static_cast<std::uint8_t>(r.plane_bit);
            payload.set_auto_extension(select);  // freed when the payload goes back to its pool
        }
        flights_[&payload] = {r, now, 0, tlm::TLM_INCOMPLETE_RESPONSE, {}};
        open_ = &payload;
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time t;
        const auto answer = socket->nb_transport_fw(payload, phase, t);
        if (answer == tlm::TLM_UPDATED && phase == tlm::END_REQ)
            end_request(now);
        else if (answer != tlm::TLM_ACCEPTED)
            FAIL("the requester was answered in a way that it does not know");
        if (!waiting_.empty() && open_ == nullptr)
            wake();
    }
    void end_request(cycle_t now) {
        open_ = nullptr;
        free_from_ = now + 1;
        accepted.push_back(now);
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time&) override {
        if (open_ == &payload)
            end_request(now());
        wake();
        if (phase != tlm::BEGIN_RESP)
            return tlm::TLM_ACCEPTED;
        result r = flights_.at(&payload);
        flights_.erase(&payload);
        r.seen = now() + 1;
        r.status = payload.get_response_status();
        if (const plane_select* select = payload.get_extension<plane_select>())
            r.selected = select->selected;
        if (payload.is_read())
            r.data.assign(payload.get_data_ptr(), payload.get_data_ptr() + payload.get_data_length());
        results.push_back(r);
        if (on_result)
            on_result(r);
        if (take_answers && !chance(h_.late_accept, random_peer_)) {
            payload.release();
            return tlm::TLM_COMPLETED;
        }
        late_ = &payload;
        late_until_ = now() + 1 + random_peer_() % h_.late_up_to;
        return tlm::TLM_ACCEPTED;
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

    hesitation h_;
    std::mt19937 random_;
    std::mt19937 random_peer_;
    payload_pool pool_;
    std::deque<request> waiting_;
    std::map<tlm::tlm_generic_payload*, result> flights_;
    tlm::tlm_generic_payload* open_ = nullptr;
    cycle_t free_from_ = 0;
    tlm::tlm_generic_payload* late_ = nullptr;
    cycle_t late_until_ = 0;
    bool running_ = false;
};

/// A memory behind one socket: answers each request `latency` edges of its own clock after it came, or, with `spread`,
/// up to that much later and so out of order.
class memory_stub : public peer, private tlm::tlm_fw_transport_if<> {
  public:
    struct seen_request {
        std::uint64_t address;
        tlm::tlm_command command;
        sc_core::sc_time time;
    };
    tlm::tlm_target_socket<> socket{"socket"};
    std::vector<seen_request> requests;
    std::map<std::uint64_t, unsigned char> written;  // by byte
    std::vector<sc_core::sc_time> answered;          // time of each BEGIN_RESP
    unsigned answers_held_up = 0;                    // BEGIN_RESP that was not ended at once
    unsigned answered_at_once = 0;                   // hesitation::at_once
    bool accept = true;                              // false: BEGIN_REQ gets no END_REQ until release_requests()

    memory_stub(sc_core::sc_module_name name, unsigned latency = 10, unsigned spread = 0, hesitation h = {})
        : peer(name), latency_(latency), spread_(spread), h_(h), random_(h.seed), random_peer_(h.seed + 12345) {
        socket.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
    }
    void release_requests() {
        accept = true;
        late_until_ = 0;
        wake();
    }

  private:
    struct job {
        tlm::tlm_generic_payload* payload;
        cycle_t due;
    };
    // A generator for each of the two callers, which come in any order within an edge.
    static bool chance(double p, std::mt19937& random) {
        return p > 0 && std::uniform_real_distribution<>()(random) < p;
    }

    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time&) override {
        wake();
        if (phase == tlm::END_RESP) {
            responding_ = nullptr;
            free_from_ = now() + 1;
            payload.release();
            return tlm::TLM_COMPLETED;
        }
        payload.acquire();
        requests.push_back({payload.get_address(), payload.get_command(), sc_core::sc_time_stamp()});
        if (responding_ == nullptr && free_from_ <= now() && chance(h_.at_once, random_peer_))
            return answer_at_once(payload, phase);
        jobs_.push_back({&payload, now() + latency_ + (spread_ != 0 ? random_peer_() % (spread_ + 1) : 0)});
        wake_at(jobs_.back().due);
        if (accept && !chance(h_.late_accept, random_peer_)) {
            phase = tlm::END_REQ;
            return tlm::TLM_UPDATED;
        }
        late_ = &payload;
        late_until_ = now() + 1 + random_peer_() % h_.late_up_to;
        return tlm::TLM_ACCEPTED;
    }
    /// By early completion, or by BEGIN_RESP in the return value, in turn.
    tlm::tlm_sync_enum answer_at_once(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase) {
        serve(payload);
        answered.push_back(sc_core::sc_time_stamp());
        free_from_ = now() + 1;
        if (++answered_at_once % 2 == 0) {
            payload.release();
            return tlm::TLM_COMPLETED;
        }
        responding_ = &payload;  // released with END_RESP
        phase = tlm::BEGIN_RESP;
        return tlm::TLM_UPDATED;
    }
    void act(cycle_t now) override {
        if (late_ != nullptr && accept) {
            if (late_until_ > now) {
                wake_at(late_until_);
            } else {
                auto* payload = late_;
                late_ = nullptr;
                tlm::tlm_phase phase = tlm::END_REQ;
                sc_core::sc_time t;
                socket->nb_transport_bw(*payload, phase, t);
            }
        }
        if (responding_ != nullptr)
            return;
        if (free_from_ > now) {
            wake();
            return;
        }
        for (std::size_t i = 0; i < jobs_.size(); ++i) {
            if (jobs_[i].due > now || jobs_[i].payload == late_)
                continue;
            if (chance(h_.pause, random_)) {
                wake();
                return;
            }
            auto& payload = *jobs_[i].payload;
            jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(i));
            serve(payload);
            answered.push_back(sc_core::sc_time_stamp());
            responding_ = &payload;
            tlm::tlm_phase phase = tlm::BEGIN_RESP;
            sc_core::sc_time t;
            if (socket->nb_transport_bw(payload, phase, t) == tlm::TLM_COMPLETED) {
                responding_ = nullptr;
                payload.release();
            } else {
                ++answers_held_up;
            }
            break;
        }
        if (!jobs_.empty())
            wake();
    }
    void serve(tlm::tlm_generic_payload& payload) {
        for (unsigned i = 0; i < payload.get_data_length(); ++i) {
            const std::uint64_t a = payload.get_address() + i;
            if (payload.is_write()) {
                written[a] = payload.get_data_ptr()[i];
            } else {
                const auto at = written.find(a);
                payload.get_data_ptr()[i] = at == written.end() ? pattern(a) : at->second;
            }
        }
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override { FAIL("b_transport"); }
    bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
    unsigned transport_dbg(tlm::tlm_generic_payload& payload) override {
        serve(payload);
        return payload.get_data_length();
    }

    unsigned latency_;
    unsigned spread_;
    hesitation h_;
    std::mt19937 random_;
    std::mt19937 random_peer_;
    std::deque<job> jobs_;
    tlm::tlm_generic_payload* late_ = nullptr;
    cycle_t late_until_ = 0;
    tlm::tlm_generic_payload* responding_ = nullptr;
    cycle_t free_from_ = 0;
};

/// Sends items of a stream at the given edges (each is seen one edge later) and notes the credits.
template <typename T>
class item_source : public peer {
  public:
    stream_initiator<T> out{"out"};
    std::vector<cycle_t> credits;

    explicit item_source(sc_core::sc_module_name name) : peer(name) { out.on_credit(this, &item_source::credit); }
    /// Seen by the receiver at edge `visible`.
    void at(cycle_t visible, const T& item) {
        items_.push_back({visible - 1, item});
        if (running_)
            wake_at(visible - 1);
    }

  private:
    void start_of_simulation() override {
        running_ = true;
        for (const auto& [cycle, item] : items_)
            wake_at(cycle);
    }
    void credit(unsigned, cycle_t now) { credits.push_back(now); }
    void act(cycle_t now) override {
        while (!items_.empty() && items_.front().first <= now) {
            out.send(items_.front().second, now + 1);
            items_.pop_front();
        }
    }
    std::deque<std::pair<cycle_t, T>> items_;
    bool running_ = false;
};

/// Notes what comes and from when on it may be seen.
template <typename T>
class item_sink : public sc_core::sc_module {
  public:
    stream_target<T> in{"in"};
    std::vector<T> items;

    explicit item_sink(sc_core::sc_module_name name) : sc_module(name) {
        in.template on_item<item_sink, &item_sink::take>(this);
    }

  private:
    void take(unsigned, T& item) { items.push_back(item); }
};

}  // namespace pade::test
