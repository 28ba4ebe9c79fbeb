#include "tlm/trace/transaction_log.h"

#include <catch2/catch.hpp>

#include "model/errors.h"
#include "tlm/sc_module.h"

using namespace pade;

namespace {

struct string_sink final : text_sink {
    void append(const char* data, std::size_t bytes) override { text.append(data, bytes); }
    std::string text;
};
constexpr std::uint64_t period = 1250;
void run_to_cycle(cycle_t cycle) {
    sc_core::sc_start(sc_core::sc_time::from_value(cycle * period) - sc_core::sc_time_stamp(), sc_core::SC_RUN_TO_TIME);
}
const std::string header = "# cycle link phase key plane row slot value id\n";

}  // namespace

TEST_CASE("events of one time come by link, number and phase, whatever the order in which they were told") {
    string_sink sink;
    transaction_log log(sink, {}, period);
    const auto first = log.new_link("one");
    const auto second = log.new_link("two");
    run_to_cycle(3);
    log.add(second, {"ITEM", 7, 2, 1, 0, "v", 5});
    log.add(first, {"BEGIN_RESP", -1, -1, -1, -1, "", 9});
    log.add(first, {"BEGIN_REQ", -1, -1, -1, -1, "", 9});
    log.add(first, {"END_RESP", -1, -1, -1, -1, "", 8});
    log.add(first, {"CREDIT", -1, -1, 4, -1, "", 0});
    run_to_cycle(4);
    log.add(first, {"ITEM", 0, 0, 0, 0, "", 10});
    log.finish();
    CHECK(sink.text == header +
                           "3 one CREDIT - - 4 - - -\n"
                           "3 one END_RESP - - - - - 8\n"
                           "3 one BEGIN_REQ - - - - - 9\n"
                           "3 one BEGIN_RESP - - - - - 9\n"
                           "3 two ITEM 7 2 1 0 v 5\n"
                           "4 one ITEM 0 0 0 0 - 10\n");
    CHECK(log.lines() == 6);
}

TEST_CASE("window and keys") {
    string_sink sink;
    log_options options;
    options.keys = {5, 6};
    options.from = 2;
    options.to = 4;
    transaction_log log(sink, options, period);
    const auto link = log.new_link("l");
    for (cycle_t cycle = 1; cycle <= 4; ++cycle) {
        run_to_cycle(cycle);
        log.add(link, {"ITEM", 5, -1, -1, -1, "", 1});
        log.add(link, {"ITEM", 7, -1, -1, -1, "", 2});
        log.add(link, {"ITEM", -1, -1, -1, -1, "", 3});
        log.add(link, {"CREDIT", -1, -1, -1, -1, "", 0});
    }
    log.finish();
    CHECK(sink.text == header +
                           "2 l ITEM 5 - - - - 1\n2 l ITEM - - - - - 3\n"
                           "3 l ITEM 5 - - - - 1\n3 l ITEM - - - - - 3\n");
}

TEST_CASE("links are wanted by pattern, and a pattern without one is an error") {
    string_sink sink;
    log_options options;
    options.links = {"a.*", "b"};
    transaction_log log(sink, options, period);
    CHECK(log.wants("a.x.y"));
    CHECK_FALSE(log.wants("c"));
    CHECK_THROWS_WITH(log.check_links(), Catch::Contains("'b' matches no link"));
    CHECK(log.wants("b"));
    CHECK_NOTHROW(log.check_links());
}

TEST_CASE("the log ends at its cap with a line that says so") {
    string_sink sink;
    log_options options;
    options.most_bytes = 1000;
    transaction_log log(sink, options, period);
    const auto link = log.new_link("l");
    for (cycle_t cycle = 1; cycle <= 100; ++cycle) {
        run_to_cycle(cycle);
        log.add(link, {"ITEM", 5, -1, -1, -1, "", 1});
    }
    log.finish();
    CHECK(log.cut());
    CHECK(sink.text.size() <= 1000);
    const std::string last = sink.text.substr(sink.text.rfind('\n', sink.text.size() - 2) + 1);
    CHECK(last.compare(0, 10, "# cut here") == 0);
    CHECK(static_cast<std::size_t>(std::count(sink.text.begin(), sink.text.end(), '\n')) == log.lines() + 2);
}
