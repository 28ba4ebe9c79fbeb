// A stalled stream: the same items and credits in the same order, some of them later.
#include "tlm/stream_stall.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tlm/clocked_module.h"
#include "tlm/registered.h"
#include "tlm/stream_checker.h"

using namespace pade;

namespace {

const sc_core::sc_time period(1250, sc_core::SC_PS);

struct number_item : stream_item {
    unsigned value = 0;
};

/// Sends `left` numbers, `burst` an edge, as fast as credits allow.
class producer : public clocked_module {
  public:
    stream_initiator<number_item> numbers{"numbers"};
    producer(sc_core::sc_module_name name, unsigned count, unsigned places, unsigned burst)
        : clocked_module(name), left(count), credits_(places), burst_(burst) {
        numbers.on_credit(this, &producer::on_credit);
    }
    unsigned left;
    std::vector<cycle_t> asked;  // edge of visibility that was asked for
    std::vector<cycle_t> credit_edges;
    bool late_credit = false;  // one came at another edge than it says

  private:
    void start_of_simulation() override { wake(); }
    void on_credit(unsigned, cycle_t edge) {
        late_credit = late_credit || edge != now();
        credit_edges.push_back(edge);
        credits_.give(edge);
        wake();
    }
    void step(cycle_t now) override {
        for (unsigned i = 0; i < burst_ && left != 0 && credits_.available(now) != 0; ++i, --left) {
            credits_.take(now);
            number_item item;
            item.value = static_cast<unsigned>(asked.size());
            numbers.send(item, now + 2);
            unchanged = unchanged && item.visible == now + 2;
            asked.push_back(now + 2);
        }
        if (left != 0)
            wake();
    }
    credit_counter credits_;
    unsigned burst_;

  public:
    bool unchanged = true;  // the sender's own item, which it may send to others
};

class consumer : public clocked_module {
  public:
    stream_target<number_item> numbers{"numbers"};
    explicit consumer(sc_core::sc_module_name name) : clocked_module(name) {
        numbers.on_item<consumer, &consumer::on_item>(this);
    }
    std::vector<unsigned> values;
    std::vector<cycle_t> seen;
    std::vector<cycle_t> freed;

  private:
    void on_item(unsigned, number_item& item) {
        fifo_.push(item, item.visible);
        wake_at(item.visible);
    }
    void step(cycle_t now) override {
        for (; fifo_.ready(now); fifo_.pop()) {
            values.push_back(fifo_.front().value);
            seen.push_back(now);
            freed.push_back(now);
            numbers.give_credit(now);
        }
    }
    registered_fifo<number_item> fifo_;
};

struct bench {
    bench(clock_domain& core, const std::string& label, const stall_params& p, unsigned count, unsigned places,
          unsigned burst, stallable what = stallable::items_and_credits, const std::string& link = "a.link")
        : gate(("gate_" + label).c_str(), core),
          stall_gate(("stall_gate_" + label).c_str(), core),
          from(("from_" + label).c_str(), count, places, burst),
          to(("to_" + label).c_str()),
          stall(("stall_" + label).c_str(), p, link, what),
          before(("before_" + label).c_str(), places),
          after(("after_" + label).c_str(), places) {
        from.clk(gate);
        to.clk(gate);
        stall.clk(stall_gate);
        before.clk(gate);
        after.clk(gate);
        from.numbers.bind(before.in);
        before.out.bind(stall.in);
        stall.out.bind(after.in);
        after.out.bind(to.numbers);
    }
    clock_gate gate;
    clock_gate stall_gate;
    producer from;
    consumer to;
    stream_stall<number_item> stall;
    stream_checker<number_item> before;
    stream_checker<number_item> after;

    void check_order(unsigned count) const {
        REQUIRE(to.values.size() == count);
        for (unsigned i = 0; i < count; ++i)
            CHECK(to.values[i] == i);
        CHECK(std::is_sorted(to.seen.begin(), to.seen.end()));
        CHECK(from.credit_edges.size() == count);
        CHECK_FALSE(from.late_credit);
        CHECK(from.unchanged);
        CHECK(before.clean());
        CHECK(after.clean());
    }
};

stall_params stalls(unsigned percent, unsigned cycles, unsigned seed = 1) {
    stall_params p;
    p.percent = percent;
    p.cycles = cycles;
    p.seed = seed;
    return p;
}

}  // namespace

TEST_CASE("a stall of 0 percent changes nothing") {
    clock_domain core("core", period);
    bench b(core, "b", stalls(0, 8), 50, 4, 1);
    sc_core::sc_start(period * 500);
    b.check_order(50);
    CHECK(b.to.seen == b.from.asked);
    CHECK(b.from.credit_edges == b.to.freed);
    CHECK(b.stall.items_held() == 0);
    CHECK(b.stall.credits_held() == 0);
}

TEST_CASE("items and credits come later, by stall.cycles at most, in their order, and the checkers are silent") {
    clock_domain core("core", period);
    const unsigned cycles = 7;
    bench some(core, "some", stalls(30, cycles), 400, 8, 1);
    bench all(core, "all", stalls(100, cycles), 400, 8, 1);
    sc_core::sc_start(period * 40000);
    for (const bench* b : {&some, &all}) {
        b->check_order(400);
        std::size_t late = 0;
        std::size_t latest = 0;
        for (unsigned i = 0; i < 400; ++i) {
            REQUIRE(b->to.seen[i] >= b->from.asked[i]);
            REQUIRE(b->to.seen[i] <= b->from.asked[i] + cycles);
            REQUIRE(b->from.credit_edges[i] >= b->to.freed[i]);
            late += b->to.seen[i] != b->from.asked[i];
            latest += b->to.seen[i] == b->from.asked[i] + cycles;
            // What was sent for different edges comes at different edges.
            if (i != 0) {
                REQUIRE(b->to.seen[i] > b->to.seen[i - 1]);
            }
        }
        CHECK(b->stall.items_held() == late);
        CHECK(b->stall.credits_held() > 0);
        CHECK(latest > 0);
        CHECK(late >= (b == &all ? 400 : 80));
    }
    CHECK(some.stall.items_held() < 400);
}

TEST_CASE("items of one edge may come together, and stay in their order") {
    clock_domain core("core", period);
    bench b(core, "b", stalls(50, 3), 300, 12, 4);
    sc_core::sc_start(period * 10000);
    b.check_order(300);
    unsigned together = 0;
    for (unsigned i = 1; i < 300; ++i)
        together += b.to.seen[i] == b.to.seen[i - 1];
    CHECK(together > 0);
}

TEST_CASE("where items must be punctual only credits are held back") {
    clock_domain core("core", period);
    bench b(core, "b", stalls(80, 9), 200, 4, 1, stallable::credits);
    sc_core::sc_start(period * 20000);
    b.check_order(200);
    CHECK(b.to.seen == b.from.asked);
    CHECK(b.stall.items_held() == 0);
    CHECK(b.stall.credits_held() > 100);
}

TEST_CASE("stalls are those of the seed and the link, wherever the module stands") {
    clock_domain core("core", period);
    bench first(core, "first", stalls(40, 20, 5), 200, 4, 1);
    bench again(core, "again", stalls(40, 20, 5), 200, 4, 1);
    bench other_seed(core, "other_seed", stalls(40, 20, 6), 200, 4, 1);
    bench other_link(core, "other_link", stalls(40, 20, 5), 200, 4, 1, stallable::items_and_credits, "another.link");
    sc_core::sc_start(period * 40000);
    CHECK(first.to.seen == again.to.seen);
    CHECK(first.from.credit_edges == again.from.credit_edges);
    CHECK(first.to.seen != other_seed.to.seen);
    CHECK(first.to.seen != other_link.to.seen);
}
