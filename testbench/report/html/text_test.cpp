#include "testbench/report/html/text.h"

#include <catch2/catch.hpp>

using namespace pade;
using namespace pade::html;

TEST_CASE("no character of a text is markup any more") {
    CHECK(escaped("<script>alert(1)</script>") == "&lt;script&gt;alert(1)&lt;/script&gt;");
    CHECK(escaped("\"onload='x' &amp;") == "&quot;onload=&#39;x&#39; &amp;amp;");
    CHECK(escaped("</style>") == "&lt;/style&gt;");
    CHECK(escaped("plain \u00b5") == "plain \u00b5");
    CHECK(escaped(std::string_view("a\0b\x1b", 4)) == "a\\x00b\\x1b");
    CHECK(escaped("\xff<") == "\\xff&lt;");
    CHECK(escaped("") == "");
}

TEST_CASE("numbers for people") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1234567) == "1\u202f234\u202f567");
    CHECK(grouped(-1234) == "-1\u202f234");
    CHECK(grouped(-123) == "-123");
    CHECK(short_number(0) == "0");
    CHECK(short_number(7) == "7");
    CHECK(short_number(7.25) == "7.25");
    CHECK(short_number(999.4) == "999");
    CHECK(short_number(999.6) == "1\u202fk");
    CHECK(short_number(233492) == "233\u202fk");
    CHECK(short_number(1.25e6) == "1.25\u202fM");
    CHECK(percent(0.5225) == "52.2\u202f%");
    CHECK(percent(0.0005) == "0.05\u202f%");
    CHECK(percent(0) == "0.0\u202f%");
    CHECK(joules(445974024.1) == "446\u202f\u00b5J");
    CHECK(joules(12) == "12\u202fpJ");
    CHECK(bytes(524288) == "512\u202fKiB");
    CHECK(bytes(1024) == "1\u202fKiB");
    CHECK(bytes(1023) == "1023\u202fB");
}

TEST_CASE("coordinates are short, and never what SVG cannot read") {
    CHECK(coordinate(12) == "12");
    CHECK(coordinate(12.04) == "12");
    CHECK(coordinate(12.06) == "12.1");
    CHECK(coordinate(-0.01) == "0");
    CHECK(coordinate(10) == "10");
    CHECK(coordinate(0.0 / 0.0 * 0) == "0");
    CHECK(coordinate(1e308 * 10) == "0");
}

TEST_CASE("a figure carries its value to the last bit") {
    CHECK(figure_value("a.b", 0.1, "0.1") == "<data value=\"0.1\" data-key=\"a.b\">0.1</data>");
    CHECK(figure_value("n", 4196352, "4.2 M") == "<data value=\"4196352\" data-key=\"n\">4.2 M</data>");
    CHECK(figure_value("n", 1.0 / 3, "").find("0.3333333333333333") != std::string::npos);
    CHECK(figure_value("a\"><b", 1, "1").find("<b") == std::string::npos);
}
