#include "tlm/trace/vcd_writer.h"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "model/errors.h"

using namespace pade;
using wave_detail::signal;

namespace {

struct string_sink final : text_sink {
    void append(const char* data, std::size_t bytes) override { text.append(data, bytes); }
    std::string text;
};

std::vector<signal> make(std::initializer_list<std::pair<const char*, unsigned>> list) {
    std::vector<signal> made(list.size());
    std::uint32_t n = 0;
    for (const auto& [path, width] : list) {
        made[n].path = path;
        made[n].width = width;
        made[n].number = n;
        ++n;
    }
    return made;
}
std::vector<const signal*> pointers(const std::vector<signal>& signals) {
    std::vector<const signal*> p;
    for (const signal& s : signals)
        p.push_back(&s);
    return p;
}

}  // namespace

TEST_CASE("a whole file, to the byte") {
    string_sink sink;
    vcd_writer out(sink, "1.2", "clocks", 1 << 20);
    auto signals = make({{"top.a.x", 1}, {"top.b.y", 8}, {"top.a.z", 4}});
    out.begin(pointers(signals));
    out.time(0);
    signals[1].written = 5;
    out.all(pointers(signals));
    out.time(1250);
    signals[0].value = 1;
    signals[2].value = 0;
    out.change(signals[0]);
    out.change(signals[2]);
    out.time(2500);
    out.end();
    CHECK(sink.text ==
          "$version\n    1.2\n$end\n$comment\n    clocks\n$end\n$timescale\n    1 ps\n$end\n"
          "$scope module top $end\n"
          "$scope module a $end\n$var wire 1 ! x $end\n$var wire 4 # z [3:0] $end\n$upscope $end\n"
          "$scope module b $end\n$var wire 8 \" y [7:0] $end\n$upscope $end\n"
          "$upscope $end\n$enddefinitions $end\n"
          "#0\n$dumpvars\n0!\nb101 \"\nb0 #\n$end\n#1250\n1!\nb0 #\n#2500\n");
    CHECK(out.bytes() == sink.text.size());
    CHECK(out.last_time() == 2500);
    CHECK_FALSE(out.cut());
}

TEST_CASE("each of 20000 signals has a code of its own, of printable characters") {
    string_sink sink;
    vcd_writer out(sink, "v", "n", 10 << 20);
    std::vector<signal> signals(20000);
    for (std::uint32_t n = 0; n < signals.size(); ++n) {
        signals[n].path = "s" + std::to_string(n);
        signals[n].number = n;
    }
    out.begin(pointers(signals));
    std::set<std::string> codes;
    std::istringstream lines(sink.text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string var, kind, width, code;
        words >> var >> kind >> width >> code;
        if (var != "$var")
            continue;
        CHECK(codes.insert(code).second);
        for (const char c : code)
            REQUIRE((c >= '!' && c <= '~'));
    }
    CHECK(codes.size() == signals.size());
}

TEST_CASE("the file never grows beyond its cap, and ends with whole moments") {
    const auto signals = make({{"x", 64}});
    std::size_t header = 0;
    {
        string_sink sink;
        vcd_writer(sink, "v", "n", 1 << 20).begin(pointers(signals));
        header = sink.text.size();
    }
    for (const std::uint64_t cap : {header + 256, header + 300, header + 1000, header + 5000}) {
        string_sink sink;
        vcd_writer out(sink, "v", "n", cap);
        auto mine = signals;
        out.begin(pointers(mine));
        unsigned n = 0;
        for (; n < 1000 && out.open(); ++n) {
            out.time(n * 1250);
            mine[0].value = ~std::uint64_t{0} - n;
            out.change(mine[0]);
        }
        out.end();
        INFO("cap " << cap);
        CHECK(out.cut());
        CHECK(sink.text.size() <= cap);
        CHECK(sink.text.find("$comment cut here") != std::string::npos);
        CHECK(sink.text.substr(sink.text.size() - 6) == " $end\n");
        CHECK(out.last_time() <= n * 1250);
    }
    string_sink sink;
    vcd_writer out(sink, "v", "n", header + 255);
    CHECK_THROWS_WITH(out.begin(pointers(signals)), Catch::Contains("1 signals alone take"));
    CHECK(sink.text.empty());
}
