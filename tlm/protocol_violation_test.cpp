// Each rule of the table, broken once by each end that can break it, is caught once, by name.
#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <string>

#include "tlm/protocol_cases.h"

using namespace pade;
using namespace pade::protocol_test;

namespace {

std::string text_of(const protocol_checker& checker) {
    std::string text;
    for (const auto& violation : checker.violations())
        text += "\n  " + violation.line();
    return text;
}

/// All of them in one simulation, each on a link of its own.
void check_cases(const std::vector<violation_case>& cases) {
    std::vector<std::unique_ptr<bench>> links;
    for (const violation_case& c : cases) {
        links.push_back(std::make_unique<bench>("_" + std::to_string(links.size())));
        links.back()->plan(c.plan);
    }
    sc_core::sc_start(1, sc_core::SC_US);
    for (std::size_t n = 0; n < cases.size(); ++n) {
        protocol_checker& checker = links[n]->check;
        checker.finish();
        INFO(protocol_rule_name(cases[n].rule) << ": " << cases[n].name << text_of(checker));
        CHECK(checker.violation_count() == 1);
        if (checker.clean())
            continue;
        const auto& violation = checker.violations().front();
        CHECK(violation.rule == protocol_rule_name(cases[n].rule));
        CHECK(violation.clause == protocol_rule_clause(cases[n].rule));
        CHECK(violation.line().find(cases[n].text) != std::string::npos);
    }
}

void check_table(protocol_end end, const std::vector<violation_case>& cases) {
    std::set<protocol_rule> shown;
    std::set<std::pair<protocol_rule, std::string>> names;
    for (const violation_case& c : cases) {
        INFO(protocol_rule_name(c.rule) << ": " << c.name);
        CHECK(can_break(end, c.rule));
        CHECK(names.emplace(c.rule, c.name).second);
        shown.insert(c.rule);
    }
    for (std::size_t n = 0; n < protocol_rule_count; ++n) {
        const auto each = static_cast<protocol_rule>(n);
        INFO(protocol_rule_name(each));
        CHECK(shown.count(each) == (can_break(end, each) ? 1 : 0));
    }
}

}  // namespace

TEST_CASE("a bad initiator is caught, whichever rule it breaks") {
    check_cases(bad_initiators());
}

TEST_CASE("a bad target is caught, whichever rule it breaks") {
    check_cases(bad_targets());
}

TEST_CASE("every rule of the table has a case for each end that can break it") {
    check_table(protocol_end::initiator, bad_initiators());
    check_table(protocol_end::target, bad_targets());
    std::set<std::string> names;
    for (std::size_t n = 0; n < protocol_rule_count; ++n) {
        const auto each = static_cast<protocol_rule>(n);
        INFO(protocol_rule_name(each));
        CHECK((can_break(protocol_end::initiator, each) || can_break(protocol_end::target, each)));
        CHECK(names.insert(protocol_rule_name(each)).second);
        CHECK(std::string(protocol_rule_clause(each)).rfind("IEEE 1666-2011, 1", 0) == 0);
    }
}

TEST_CASE("a transaction that never ended is told once, in a readable line") {
    bench b;
    b.run([](ends& e) {
        wait(3 * ns);
        e.fw(e.read(0x1240), tlm::BEGIN_REQ);
    });
    b.check.finish();
    REQUIRE(b.check.violation_count() == 1);
    CHECK(b.check.violations().front().line() ==
          "check at 1 us: unfinished transaction (IEEE 1666-2011, 15.2.3 n): transaction 0 (read 0x1240, 32 B): "
          "in state BEGIN_REQ at the end of the run");
}

TEST_CASE("SystemC's own end of simulation asks for what is unfinished") {
    bench b;
    b.e.plan = [&] {
        b.e.fw(b.e.read(), tlm::BEGIN_REQ);
        sc_core::sc_stop();
    };
    sc_core::sc_start(1, sc_core::SC_US);
    CHECK(b.check.violation_count() == 1);
}

TEST_CASE("a flood of violations is counted, the first hundred are kept") {
    bench b;
    b.run([](ends& e) {
        auto& p = e.read();
        for (int i = 0; i < 1000; ++i)
            e.bw(p, tlm::END_REQ);
    });
    CHECK(b.check.violation_count() == 1000);
    CHECK(b.check.violations().size() == violation_log::kept);
}
