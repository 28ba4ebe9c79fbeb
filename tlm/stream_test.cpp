// A stream link with its two sockets: items one way, credits the other, and the checker beside them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tlm/clocked_module.h"
#include "tlm/registered.h"
#include "tlm/stream.h"
#include "tlm/stream_checker.h"

using namespace pade;

namespace {

const sc_core::sc_time period(1250, sc_core::SC_PS);

struct number_item : stream_item {
    unsigned value = 0;
};

/// Sends `left` numbers as fast as credits allow.
class producer : public clocked_module {
  public:
    stream_initiator<number_item> numbers{"numbers"};
    producer(sc_core::sc_module_name name, unsigned count, unsigned places, cycle_t latency)
        : clocked_module(name), left(count), credits_(places), latency_(latency) {
        numbers.on_credit(this, &producer::on_credit, 7);
    }
    unsigned left;
    unsigned tag = 0;
    std::vector<cycle_t> sent;
    std::vector<cycle_t> credit_edges;

  private:
    void start_of_simulation() override { wake(); }
    void on_credit(unsigned from, cycle_t edge) {
        tag = from;
        credit_edges.push_back(edge);
        credits_.give(edge);
        wake();
    }
    void step(cycle_t now) override {
        if (left == 0 || credits_.available(now) == 0)
            return;
        credits_.take(now);
        number_item item;
        item.value = static_cast<unsigned>(sent.size());
        numbers.send(item, now + latency_);
        item.value = 999;  // the receiver has its own copy
        sent.push_back(now);
        if (--left != 0)
            wake();
    }
    credit_counter credits_;
    cycle_t latency_;
};

/// Takes one number every `interval` edges.
class consumer : public clocked_module {
  public:
    stream_target<number_item> numbers{"numbers"};
    consumer(sc_core::sc_module_name name, cycle_t interval) : clocked_module(name), interval_(interval) {
        numbers.on_item<consumer, &consumer::on_number>(this, 3);
    }
    unsigned tag = 0;
    std::vector<unsigned> values;
    std::vector<cycle_t> taken;
    std::size_t most = 0;

  private:
    void on_number(unsigned from, number_item& item) {
        tag = from;
        fifo_.push(item, item.visible);
        most = std::max(most, fifo_.size());
        wake_at(item.visible);
    }
    void step(cycle_t now) override {
        if (fifo_.ready(now) && now >= next_) {
            values.push_back(fifo_.front().value);
            taken.push_back(now);
            fifo_.pop();
            numbers.give_credit(now);
            next_ = now + interval_;
        }
        if (!fifo_.empty())
            wake();
    }
    registered_fifo<number_item> fifo_;
    cycle_t interval_;
    cycle_t next_ = 0;
};

struct bench {
    clock_domain core{"core", period};
    clock_gate producer_gate{"producer_gate", core};
    clock_gate consumer_gate{"consumer_gate", core};
    std::unique_ptr<producer> from;
    std::unique_ptr<consumer> to;
    std::unique_ptr<stream_checker<number_item>> check;

    bench(unsigned count, unsigned places, cycle_t latency, cycle_t interval, bool consumer_first) {
        const auto make_to = [&] { to = std::make_unique<consumer>("to", interval); };
        if (consumer_first)
            make_to();
        from = std::make_unique<producer>("from", count, places, latency);
        if (!consumer_first)
            make_to();
        check = std::make_unique<stream_checker<number_item>>("check", places);
        from->clk.bind(producer_gate);
        to->clk.bind(consumer_gate);
        check->clk.bind(producer_gate);
        from->numbers.bind(check->in);
        check->out.bind(to->numbers);
    }
};

using cycles = std::vector<cycle_t>;

}  // namespace

namespace {

void check_latency(cycle_t latency) {
    bench b(6, 8, latency, 1, false);
    sc_core::sc_start(1, sc_core::SC_US);
    CHECK(b.from->sent == cycles{1, 2, 3, 4, 5, 6});
    REQUIRE(b.to->taken.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(b.to->taken[i] == b.from->sent[i] + latency);
        CHECK(b.to->values[i] == i);
    }
    CHECK(b.from->credit_edges == b.to->taken);
    CHECK(b.from->tag == 7);
    CHECK(b.to->tag == 3);
    CHECK(b.check->clean());
    CHECK(b.check->items() == 6);
    CHECK(b.check->credits() == 6);
}

void check_credits(bool consumer_first) {
    bench b(6, 2, 1, 4, consumer_first);
    sc_core::sc_start(1, sc_core::SC_US);
    // Items 0 and 1 go at once; item n is taken at 2 + 4 n, and item n + 2 is sent at the edge after that.
    CHECK(b.to->taken == cycles{2, 6, 10, 14, 18, 22});
    CHECK(b.from->sent == cycles{1, 2, 3, 7, 11, 15});
    CHECK(b.to->most == 2);
    CHECK(b.check->clean());
}

}  // namespace

TEST_CASE("an item is taken exactly 1 edge after it was sent at latency 1") {
    check_latency(1);
}
TEST_CASE("an item is taken exactly 3 edges after it was sent at latency 3") {
    check_latency(3);
}
TEST_CASE("credits bound what is under way, sender constructed first") {
    check_credits(false);
}
TEST_CASE("credits bound what is under way, receiver constructed first") {
    check_credits(true);
}

namespace {

/// Sends by hand, whatever the rules say.
struct hand : sc_core::sc_module {
    PADE_HAS_PROCESS(hand);
    stream_initiator<number_item> numbers{"numbers"};
    stream_target<number_item> back{"back"};
    explicit hand(sc_core::sc_module_name name) : sc_module(name) {
        SC_THREAD(run);
        back.on_item<hand, &hand::on_item>(this);
    }
    std::function<void()> plan;
    std::function<void(number_item&)> on_arrival = [](number_item&) {};
    void send(cycle_t visible) {
        number_item item;
        numbers.send(item, visible);
    }

  private:
    void on_item(unsigned, number_item& item) { on_arrival(item); }
    void run() {
        wait(10 * period);
        plan();
    }
};

/// Runs `plan` at edge 10 on a link of two places; the one violation it must give.
std::string violation_of(const std::function<void(hand&)>& plan) {
    clock_domain core("core", period);
    clock_gate gate("gate", core);
    stream_checker<number_item> check("check", 2);
    hand h("hand");
    h.plan = [&] { plan(h); };
    check.clk.bind(gate);
    h.numbers.bind(check.in);
    check.out.bind(h.back);
    sc_core::sc_start(1, sc_core::SC_US);
    REQUIRE(check.violation_count() == 1);
    return check.violations().front().line();
}

}  // namespace

TEST_CASE("checker: an item may not be visible at the edge at which it is sent") {
    const auto line = violation_of([](hand& h) {
        h.send(11);
        h.send(10);
    });
    CHECK_THAT(line, Catch::Contains("check at 12500 ps: visible later than now"));
    CHECK_THAT(line, Catch::Contains("sent at edge 10, visible at 10"));
}

TEST_CASE("checker: no more items than places") {
    const auto line = violation_of([](hand& h) {
        h.send(11);
        h.send(11);
        h.back.give_credit(10);
        h.send(11);
        h.send(11);
    });
    CHECK_THAT(line, Catch::Contains("3 items for 2 places"));
}

TEST_CASE("checker: no more credits than items") {
    const auto line = violation_of([](hand& h) {
        h.send(11);
        h.back.give_credit(10);
        h.back.give_credit(10);
    });
    CHECK_THAT(line, Catch::Contains("a place was given back that no item had taken"));
}

TEST_CASE("checker: a credit of an edge that has not come") {
    const auto line = violation_of([](hand& h) {
        h.send(11);
        h.back.give_credit(11);
    });
    CHECK_THAT(line, Catch::Contains("freed at edge 11, which has not come"));
}

TEST_CASE("checker: a credit on the forward path") {
    CHECK_THAT(violation_of([](hand& h) {
                   number_item item;
                   item.visible = 11;
                   stream_phase phase = stream_phase::credit;
                   sc_core::sc_time none;
                   h.numbers->nb_transport_fw(item, phase, none);
               }),
               Catch::Contains("phase direction") && Catch::Contains("a credit on the forward path"));
}

TEST_CASE("checker: an item on the backward path") {
    CHECK_THAT(violation_of([](hand& h) {
                   h.send(11);
                   number_item item;
                   item.visible = 10;
                   stream_phase phase = stream_phase::item;
                   sc_core::sc_time none;
                   h.back->nb_transport_bw(item, phase, none);
               }),
               Catch::Contains("phase direction") && Catch::Contains("an item on the backward path"));
}

TEST_CASE("checker: the receiver changes the edge of an item") {
    CHECK_THAT(violation_of([](hand& h) {
                   h.on_arrival = [](number_item& item) { ++item.visible; };
                   h.send(11);
               }),
               Catch::Contains("item changed") && Catch::Contains("the receiver changed the item's edge"));
}

namespace {

/// A target that answers as no stream may, and notes what else reaches it.
struct bad_end : sc_core::sc_module, stream_fw_if<number_item> {
    tlm::tlm_target_socket<32, stream_traits<number_item>> socket{"socket"};
    unsigned blocking = 0, debug = 0, dmi = 0;
    explicit bad_end(sc_core::sc_module_name name) : sc_module(name) {
        socket.bind(static_cast<stream_fw_if<number_item>&>(*this));
    }
    tlm::tlm_sync_enum nb_transport_fw(number_item&, stream_phase&, sc_core::sc_time&) override {
        return tlm::TLM_COMPLETED;
    }
    void b_transport(number_item&, sc_core::sc_time&) override { ++blocking; }
    bool get_direct_mem_ptr(number_item&, tlm::tlm_dmi&) override { return ++dmi == 0; }
    unsigned transport_dbg(number_item&) override { return ++debug; }
};

}  // namespace

TEST_CASE("checker: an item that is not answered with TLM_ACCEPTED, while all other calls pass") {
    clock_domain core("core", period);
    clock_gate gate("gate", core);
    stream_checker<number_item> check("check");
    struct sender : sc_core::sc_module {
        stream_initiator<number_item> numbers{"numbers"};
        explicit sender(sc_core::sc_module_name name) : sc_module(name) {}
    };
    sender from("from");
    bad_end to("to");
    check.clk.bind(gate);
    from.numbers.bind(check.in);
    check.out.bind(to.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    number_item item;
    from.numbers.send(item, 5);
    REQUIRE(check.violation_count() == 1);
    CHECK_THAT(check.violations().front().line(),
               Catch::Contains("return value") && Catch::Contains("not answered with TLM_ACCEPTED"));
    sc_core::sc_time none;
    tlm::tlm_dmi dmi;
    from.numbers->b_transport(item, none);
    CHECK(from.numbers->transport_dbg(item) == 1);
    CHECK_FALSE(from.numbers->get_direct_mem_ptr(item, dmi));
    to.socket->invalidate_direct_mem_ptr(0, 1);
    CHECK((to.blocking == 1 && to.debug == 1 && to.dmi == 1));
    CHECK(check.violation_count() == 1);
}

TEST_CASE("an item for a target without a handler, and b_transport, are errors") {
    struct quiet : sc_core::sc_module {
        stream_initiator<number_item> numbers{"numbers"};
        stream_target<number_item> back{"back"};
        explicit quiet(sc_core::sc_module_name name) : sc_module(name) {}
    };
    quiet q("quiet");
    q.numbers.bind(q.back);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    // The report counts as an error of the simulation; this test expects it.
    sc_core::sc_report_handler::set_actions("pade/stream", sc_core::SC_ERROR, sc_core::SC_THROW);
    number_item item;
    sc_core::sc_time none;
    CHECK_THROWS_AS(q.numbers.send(item, 1), sc_core::sc_report);
    CHECK_THROWS_AS(q.numbers->b_transport(item, none), sc_core::sc_report);
    tlm::tlm_dmi dmi;
    CHECK_FALSE(q.numbers->get_direct_mem_ptr(item, dmi));
    CHECK(q.numbers->transport_dbg(item) == 0);
    CHECK(sc_core::sc_report_handler::get_count("pade/stream") == 2);
    sc_core::sc_report_handler::initialize();  // forget the counts
}

namespace {

/// Four links side by side, told apart by tags; handlers named at compile time and at run time.
struct hub : sc_core::sc_module {
    sc_core::sc_vector<stream_initiator<number_item>> out{"out", 4};
    sc_core::sc_vector<stream_target<number_item>> in{"in", 4};
    std::vector<std::pair<unsigned, unsigned>> items;   // tag, value
    std::vector<std::pair<unsigned, cycle_t>> credits;  // tag, edge
    explicit hub(sc_core::sc_module_name name) : sc_module(name) {
        for (unsigned i = 0; i < 4; ++i) {
            if (i % 2 == 0)
                out[i].on_credit<hub, &hub::on_credit>(this, 10 + i);
            else
                out[i].on_credit(this, &hub::on_credit, 10 + i);
            in[i].on_item<hub, &hub::on_item>(this, 20 + i);
            out[i].bind(in[i]);
        }
    }
    void on_item(unsigned tag, number_item& item) { items.emplace_back(tag, item.value); }
    void on_credit(unsigned tag, cycle_t edge) { credits.emplace_back(tag, edge); }
};

}  // namespace

TEST_CASE("items and credits of each link carry the link's own tag") {
    hub h("hub");
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    number_item item;
    for (unsigned i = 0; i < 4; ++i) {
        item.value = 100 + i;
        h.out[i].send(item, 1);
        h.in[3 - i].give_credit(5 + i);
    }
    CHECK(h.items == std::vector<std::pair<unsigned, unsigned>>{{20, 100}, {21, 101}, {22, 102}, {23, 103}});
    CHECK(h.credits == std::vector<std::pair<unsigned, cycle_t>>{{13, 5}, {12, 6}, {11, 7}, {10, 8}});
}
