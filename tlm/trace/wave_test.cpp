#include "tlm/trace/wave.h"

#include <catch2/catch.hpp>
#include <map>

#include "model/errors.h"

using namespace pade;
using wave_detail::tick;

namespace {

/// Keeps what a writer is told.
struct memory_writer final : wave_writer {
    void begin(const std::vector<const wave_detail::signal*>& signals) override {
        for (const auto* s : signals)
            declared.push_back(s->path);
    }
    void time(tick at) override { now = at; }
    void change(const wave_detail::signal& s) override { changes.emplace_back(now, s.path, s.value); }
    void all(const std::vector<const wave_detail::signal*>& signals) override {
        for (const auto* s : signals)
            initial[s->path] = s->written;
        initial_at = now;
    }
    void end() override { ended_at = now; }
    bool open() const override { return is_open; }

    std::vector<std::string> declared;
    std::vector<std::tuple<tick, std::string, std::uint64_t>> changes;
    std::map<std::string, std::uint64_t> initial;
    tick now = 0, initial_at = ~tick{0}, ended_at = ~tick{0};
    bool is_open = true;
};

constexpr tick ns = 1000;
void run_to(tick at) {
    sc_core::sc_start(sc_core::sc_time::from_value(at) - sc_core::sc_time_stamp(), sc_core::SC_RUN_TO_TIME);
}
using changes = std::vector<std::tuple<tick, std::string, std::uint64_t>>;

}  // namespace

TEST_CASE("a pulse falls back at the next edge of its own clock, unless it is set again until then") {
    wave w;
    memory_writer out;
    wave_signal core = w.declare("a.core", 4, 3 * ns);
    wave_signal dram = w.declare("a.dram", 4, 2 * ns);
    w.start(out, 0, 100 * ns);
    run_to(6 * ns);
    core.pulse(5, 1);
    dram.pulse(7);
    run_to(9 * ns);
    core.pulse(6, 2);  // at the very edge at which it would fall back to 1
    run_to(10 * ns);
    core.set(3);  // before the fallback to 2: stays
    run_to(20 * ns);
    w.finish();
    CHECK(out.changes == changes{{6 * ns, "a.core", 5},
                                 {6 * ns, "a.dram", 7},
                                 {8 * ns, "a.dram", 0},
                                 {9 * ns, "a.core", 6},
                                 {10 * ns, "a.core", 3}});
    CHECK(out.ended_at == 20 * ns);
}

TEST_CASE("what a signal is set to last at a time counts, in the order of declaration, and no change is no change") {
    wave w;
    memory_writer out;
    wave_signal first = w.declare("first", 8, ns);
    wave_signal second = w.declare("second", 8, ns);
    w.start(out, 0, 100 * ns);
    run_to(ns);
    second.set(1);
    first.set(9);
    first.set(2);
    run_to(2 * ns);
    first.set(7);
    first.set(2);
    run_to(3 * ns);
    w.finish();
    CHECK(out.changes == changes{{ns, "first", 2}, {ns, "second", 1}});
}

TEST_CASE("values are cut to the width, negative ones in two's complement") {
    wave w;
    memory_writer out;
    wave_signal narrow = w.declare("narrow", 5, ns);
    wave_signal wide = w.declare("wide", 64, ns);
    w.start(out, 0, 100 * ns);
    run_to(ns);
    narrow.set(static_cast<std::uint64_t>(std::int64_t{-3}));
    wide.set(static_cast<std::uint64_t>(std::int64_t{-3}));
    run_to(2 * ns);
    w.finish();
    CHECK(out.changes == changes{{ns, "narrow", 29}, {ns, "wide", ~std::uint64_t{0} - 2}});
}

TEST_CASE("a window begins with the values of its first time and ends before its last") {
    wave w;
    memory_writer out;
    wave_signal s = w.declare("s", 8, ns);
    w.start(out, 5 * ns, 8 * ns);
    for (tick t = 1; t <= 10; ++t) {
        run_to(t * ns);
        s.set(t);
    }
    run_to(12 * ns);
    w.finish();
    CHECK(out.initial_at == 5 * ns);
    CHECK(out.initial == std::map<std::string, std::uint64_t>{{"s", 4}});
    CHECK(out.changes == changes{{5 * ns, "s", 5}, {6 * ns, "s", 6}, {7 * ns, "s", 7}});
    CHECK(out.ended_at == 8 * ns);
}

TEST_CASE("a run that ends before its window shows nothing") {
    wave w;
    memory_writer out;
    wave_signal s = w.declare("s", 8, ns);
    w.start(out, 50 * ns, 80 * ns);
    run_to(ns);
    s.set(1);
    run_to(2 * ns);
    w.finish();
    CHECK(out.changes.empty());
    CHECK(out.ended_at == ~tick{0});
}

TEST_CASE("patterns choose signals by name or scope, what is not chosen is null") {
    wave w({"a.*.x", "b"});
    memory_writer out;
    CHECK(w.declare("a.one.x", 1, ns));
    CHECK(w.declare("a.one.two.x", 1, ns));
    CHECK_FALSE(w.declare("a.one.y", 1, ns));
    CHECK(w.declare("b.y", 1, ns));
    CHECK_FALSE(w.declare("bb.y", 1, ns));
    CHECK(w.selects_below("a.one"));
    CHECK_FALSE(w.selects_below("a.on"));
    CHECK_FALSE(w.selects_below("bb"));
    w.start(out, 0, 1);
    CHECK(out.declared == std::vector<std::string>{"a.one.x", "a.one.two.x", "b.y"});
    wave_signal null;
    null.set(1);  // no harm
    null.pulse(1);
}

TEST_CASE("a pattern without a signal, a name twice and an impossible width are errors") {
    memory_writer out;
    wave unmatched({"a", "c*"});
    unmatched.declare("a.x", 1, ns);
    CHECK_THROWS_WITH(unmatched.start(out, 0, 1), Catch::Contains("'c*' matches no signal"));
    wave twice;
    twice.declare("a.x", 1, ns);
    twice.declare("a.x", 1, ns);
    CHECK_THROWS_AS(twice.start(out, 0, 1), internal_error);
    CHECK_THROWS_AS(twice.declare("a.z", 0, ns), internal_error);
    CHECK_THROWS_AS(twice.declare("a.z", 65, ns), internal_error);
}

TEST_CASE("nothing follows once the writer takes no more") {
    wave w;
    memory_writer out;
    wave_signal s = w.declare("s", 8, ns);
    w.start(out, 0, 100 * ns);
    run_to(ns);
    s.set(1);
    run_to(2 * ns);
    out.is_open = false;
    s.set(2);
    run_to(3 * ns);
    s.set(3);
    run_to(4 * ns);
    s.set(4);
    run_to(5 * ns);
    w.finish();
    CHECK(out.changes.size() <= 2);
}
