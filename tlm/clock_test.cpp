// Clock domains and gates: who runs at which edge, and that nobody runs who was not woken.
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "tlm/clock.h"
#include "tlm/clocked_module.h"

using namespace pade;
using sc_core::sc_time;

namespace {

const sc_time core_period(1250, sc_core::SC_PS);
const sc_time dram_period(1000, sc_core::SC_PS);

/// Notes the edges at which it ran; asks for more through `plan`.
class recorder : public clocked_module {
  public:
    explicit recorder(sc_core::sc_module_name name) : clocked_module(name) {}
    std::vector<cycle_t> ran;
    std::vector<double> ran_ns;
    unsigned again = 0;        // wakes for the next edge so many times
    cycle_t later = 0;         // wake_at(later) once
    recorder* peer = nullptr;  // woken at each step

    using clocked_module::now;
    using clocked_module::wake;
    using clocked_module::wake_at;

  private:
    void step(cycle_t now) override {
        ran.push_back(now);
        ran_ns.push_back(sc_core::sc_time_stamp().to_seconds() * 1e9);
        if (again != 0) {
            --again;
            wake();
        }
        if (later != 0) {
            wake_at(later);
            later = 0;
        }
        if (peer != nullptr)
            peer->wake();
    }
};

/// Starts things at a given time from outside of any clock.
class starter : public sc_core::sc_module {
  public:
    PADE_HAS_PROCESS(starter);
    explicit starter(sc_core::sc_module_name name) : sc_module(name) { SC_THREAD(run); }
    std::vector<std::pair<sc_time, std::function<void()>>> plan;

  private:
    void run() {
        for (auto& [at, action] : plan) {
            wait(at - sc_core::sc_time_stamp());
            action();
        }
    }
};

using cycles = std::vector<cycle_t>;

}  // namespace

TEST_CASE("a module that nobody wakes never runs and costs no edge") {
    clock_domain core("core", core_period);
    clock_gate gate("gate", core);
    recorder module("module");
    module.clk.bind(gate);
    sc_core::sc_start(1, sc_core::SC_US);
    CHECK(module.ran.empty());
    CHECK(core.edges() == 0);
    CHECK(core.cycle() == 800);
}

TEST_CASE("wake runs the module once, at the next edge") {
    clock_domain core("core", core_period);
    clock_gate gate("gate", core);
    recorder module("module");
    module.clk.bind(gate);
    starter start("start");
    start.plan = {{sc_time(3, sc_core::SC_NS), [&] {  // between edge 2 (2.5 ns) and edge 3 (3.75 ns)
                       CHECK(module.now() == 2);
                       module.wake();
                       module.wake();
                   }}};
    sc_core::sc_start(1, sc_core::SC_US);
    CHECK(module.ran == cycles{3});
    CHECK(module.ran_ns.front() == Approx(3.75));
    CHECK(core.edges() == 1);
}

TEST_CASE("a wake at the very time of an edge is for the edge after it") {
    clock_domain core("core", core_period);
    clock_gate gate("gate", core);
    recorder module("module");
    module.clk.bind(gate);
    starter start("start");
    start.plan = {{sc_time(2500, sc_core::SC_PS), [&] { module.wake(); }}};
    sc_core::sc_start(1, sc_core::SC_US);
    CHECK(module.ran == cycles{3});
}

TEST_CASE("a module that keeps waking itself runs at each edge and then sleeps") {
    clock_domain core("core", core_period);
    clock_gate gate("gate", core);
    recorder module("module");
    module.clk.bind(gate);
    module.again = 4;
    starter start("start");
    start.plan = {{sc_core::SC_ZERO_TIME, [&] { module.wake(); }}};
    sc_core::sc_start(1, sc_core::SC_US);
    CHECK(module.ran == cycles{1, 2, 3, 4, 5});
    CHECK(core.edges() == 5);
}

TEST_CASE("wake_at runs at that edge, at the earliest the next one, and sleeps until then") {
    clock_domain core("core", core_period);
    clock_gate gate("gate", core);
    recorder module("module");
    module.clk.bind(gate);
    module.later = 40;
    starter start("start");
    start.plan = {{sc_time(5, sc_core::SC_NS), [&] { module.wake_at(2); }}};  // edge 2 has passed: now is 4
    sc_core::sc_start(1, sc_core::SC_US);
    CHECK(module.ran == cycles{5, 40});
    CHECK(core.edges() == 2);
}

TEST_CASE("wake_at for the edge after the next one does not wake at the next one") {
    clock_domain core("core", core_period);
    clock_gate gate("gate", core);
    recorder module("module");
    module.clk.bind(gate);
    starter start("start");
    start.plan = {{sc_time(5, sc_core::SC_NS), [&] { module.wake_at(6); }},     // now is 4
                  {sc_time(20, sc_core::SC_NS), [&] { module.wake_at(17); }}};  // now is 16
    sc_core::sc_start(1, sc_core::SC_US);
    CHECK(module.ran == cycles{6, 17});
}

TEST_CASE("an earlier wake does not lose a later one, and one edge is one step") {
    clock_domain core("core", core_period);
    clock_gate gate("gate", core);
    recorder module("module");
    module.clk.bind(gate);
    starter start("start");
    start.plan = {{sc_core::SC_ZERO_TIME,
                   [&] {
                       module.wake_at(30);
                       module.wake_at(10);
                       module.wake_at(30);
                       module.wake_at(10);
                   }},
                  {sc_time(11250, sc_core::SC_PS), [&] { module.wake(); }}};  // at edge 9, for edge 10 as well
    sc_core::sc_start(1, sc_core::SC_US);
    CHECK(module.ran == cycles{10, 30});
}

TEST_CASE("modules that share a gate wake together, others sleep on") {
    clock_domain core("core", core_period);
    clock_gate row("row", core);
    clock_gate other("other", core);
    recorder a("a");
    recorder b("b");
    recorder c("c");
    recorder d("d");
    a.clk.bind(row);
    b.clk.bind(row);
    c.clk.bind(row);
    d.clk.bind(other);
    starter start("start");
    start.plan = {{sc_core::SC_ZERO_TIME, [&] { b.wake(); }}};
    sc_core::sc_start(1, sc_core::SC_US);
    CHECK(a.ran == cycles{1});
    CHECK(b.ran == cycles{1});
    CHECK(c.ran == cycles{1});
    CHECK(d.ran.empty());
}

namespace {

/// A module in each domain.
struct crossing {
    clock_domain core{"core", core_period};
    clock_domain dram{"dram", dram_period};
    clock_gate core_gate{"core_gate", core};
    clock_gate dram_gate{"dram_gate", dram};
    recorder on_core{"on_core"};
    recorder on_dram{"on_dram"};
    starter start{"start"};

    crossing() {
        on_core.clk.bind(core_gate);
        on_dram.clk.bind(dram_gate);
    }
};

}  // namespace

TEST_CASE("a crossing from DRAM to core takes effect at the next core edge, also where edges coincide") {
    crossing x;
    x.on_dram.again = 9;  // DRAM edges 1 .. 10, the fifth and the tenth coincide with core edges 4 and 8
    x.on_dram.peer = &x.on_core;
    x.start.plan = {{sc_core::SC_ZERO_TIME, [&] { x.on_dram.wake(); }}};
    sc_core::sc_start(100, sc_core::SC_NS);
    CHECK(x.on_dram.ran == cycles{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    // 1 ns: edge 1 (1.25). 2: 2 (2.5). 3: 3 (3.75). 4: 4 (5). 5, itself edge 4: 5. 6: 5. 7: 6. 8: 7. 9: 8. 10: 9.
    CHECK(x.on_core.ran == cycles{1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("a crossing from core to DRAM takes effect at the next DRAM edge, also where edges coincide") {
    crossing x;
    x.on_core.again = 7;  // core edges 1 .. 8
    x.on_core.peer = &x.on_dram;
    x.start.plan = {{sc_core::SC_ZERO_TIME, [&] { x.on_core.wake(); }}};
    sc_core::sc_start(100, sc_core::SC_NS);
    // 1.25 ns: edge 2. 2.5: 3. 3.75: 4. 5, itself edge 5: 6. 6.25: 7. 7.5: 8. 8.75: 9. 10: 11.
    CHECK(x.on_dram.ran == cycles{2, 3, 4, 6, 7, 8, 9, 11});
}

namespace {

/// Two modules that answer each other in two domains, and a third that shares a gate: all runs, for a construction
/// order.
std::vector<cycles> ping_pong(bool forward) {
    std::unique_ptr<clock_domain> core;
    std::unique_ptr<clock_domain> dram;
    std::unique_ptr<recorder> a;
    std::unique_ptr<recorder> b;
    std::unique_ptr<recorder> c;
    const auto make_a = [&] { a = std::make_unique<recorder>("a"); };
    const auto make_b = [&] { b = std::make_unique<recorder>("b"); };
    const auto make_c = [&] { c = std::make_unique<recorder>("c"); };
    if (forward) {
        core = std::make_unique<clock_domain>("core", core_period);
        dram = std::make_unique<clock_domain>("dram", dram_period);
        make_a(), make_b(), make_c();
    } else {
        make_c(), make_b(), make_a();
        dram = std::make_unique<clock_domain>("dram", dram_period);
        core = std::make_unique<clock_domain>("core", core_period);
    }
    clock_gate core_gate("core_gate", *core);
    clock_gate dram_gate("dram_gate", *dram);
    a->clk.bind(core_gate);
    c->clk.bind(core_gate);
    b->clk.bind(dram_gate);
    a->peer = b.get();
    b->peer = a.get();
    starter start("start");
    start.plan = {{sc_core::SC_ZERO_TIME, [&] { a->wake(); }}};
    sc_core::sc_start(200500, sc_core::SC_PS);
    return {a->ran, b->ran, c->ran};
}

// a at 1 (1.25 ns), b at its edge 2 (2), a at 2 (2.5), b at 3, a at 3 (3.75), b at 4, a at 4 (5), b at 6, a at 5, ...
void check_ping_pong(const std::vector<cycles>& ran) {
    cycles expected_a;
    cycles expected_b;
    std::uint64_t ps = 0;
    while (true) {
        const auto core_edge = ps / 1250 + 1;
        ps = core_edge * 1250;
        if (ps > 200500)
            break;
        expected_a.push_back(core_edge);
        const auto dram_edge = ps / 1000 + 1;
        ps = dram_edge * 1000;
        if (ps > 200500)
            break;
        expected_b.push_back(dram_edge);
    }
    REQUIRE(expected_a.size() > 50);
    CHECK(ran[0] == expected_a);
    CHECK(ran[1] == expected_b);
    CHECK(ran[2] == expected_a);
}

}  // namespace

TEST_CASE("two domains in order of construction a, b, c") {
    check_ping_pong(ping_pong(true));
}
TEST_CASE("two domains in order of construction c, b, a") {
    check_ping_pong(ping_pong(false));
}
