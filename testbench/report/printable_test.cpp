#include "testbench/report/printable.h"

#include <catch2/catch.hpp>

using pade::printable;

TEST_CASE("control characters and broken UTF-8 are shown byte by byte, other text as it is") {
    for (const char* text : {"", "plain; 'quoted' \\", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc2\xa0",
                             "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"})
        CHECK(printable(text) == text);
    CHECK(printable("two\nlines\r\t\x7f") == "two\\x0alines\\x0d\\x09\\x7f");
    CHECK(printable("\x1b[31mred") == "\\x1b[31mred");
    CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
    CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");  // CSI of ISO 8859
    CHECK(printable("co\xfc"
                    "e") == "co\\xfce");                             // Latin-1
    CHECK(printable("\xe2\x82") == "\\xe2\\x82");                    // cut
    CHECK(printable("\xc0\x8a") == "\\xc0\\x8a");                    // a line end in two bytes
    CHECK(printable("\xe0\x80\x8a") == "\\xe0\\x80\\x8a");           // in three
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
}
