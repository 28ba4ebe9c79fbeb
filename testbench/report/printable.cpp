#include "testbench/report/printable.h"

#include <fmt/format.h>

namespace pade {

namespace {

/// Bytes of the UTF-8 character that `text` begins with (RFC 3629: shortest form, no surrogates, up to U+10FFFF), or 0
/// when it begins with none, or with a control character.
std::size_t character(std::string_view text) {
    const auto byte = [&](std::size_t n) -> unsigned {
        return n < text.size() ? static_cast<unsigned char>(text[n]) : 0;
    };
    const unsigned first = byte(0);
    if (first < 0x80)
        return first >= 0x20 && first != 0x7f ? 1 : 0;
    const std::size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                               : first >> 4 == 0xe              ? 3
                               : first >= 0xf0 && first <= 0xf4 ? 4
                                                                : 0;
    for (std::size_t n = 1; n < length; ++n)
        if (byte(n) >> 6 != 2)
            return 0;
    const unsigned second = byte(1);
    const bool wrong = (first == 0xc2 && second < 0xa0) || (first == 0xe0 && second < 0xa0) ||
                       (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
                       (first == 0xf4 && second > 0x8f);
    return wrong ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = character(text);
        if (length == 0)
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

}  // namespace pade
