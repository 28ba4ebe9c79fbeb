#include "testbench/report/html/text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace pade::html {

namespace {

constexpr const char* narrow_space = "\u202f";

/// To three significant digits, without an exponent and without trailing zeros behind the point.
std::string three_digits(double value) {
    const double size = std::abs(value);
    const int decimals = size >= 99.95 || size == 0 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
    std::string text = fmt::format("{:.{}f}", value, decimals);
    if (decimals != 0) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.')
            text.pop_back();
    }
    return text;
}

}  // namespace

std::string grouped(double value) {
    std::string digits = fmt::format("{:.0f}", value);
    const std::ptrdiff_t sign = digits[0] == '-' ? 1 : 0;
    for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > sign; i -= 3)
        digits.insert(static_cast<std::size_t>(i), narrow_space);
    return digits;
}

std::string short_number(double value) {
    static constexpr std::array prefixes = {"", "k", "M", "G", "T", "P"};
    std::size_t at = 0;
    while (std::abs(value) >= 999.5 && at + 1 < prefixes.size()) {
        value /= 1000;
        ++at;
    }
    return three_digits(value) + (at == 0 ? "" : narrow_space) + prefixes[at];
}

std::string percent(double share) {
    const bool tiny = share > 0 && share < 0.0095;
    return fmt::format("{:.{}f}{}%", 100 * share, tiny ? 2 : 1, narrow_space);
}

std::string joules(double pj) {
    static constexpr std::array units = {"pJ", "nJ", "\u00b5J", "mJ", "J"};
    std::size_t at = 0;
    while (std::abs(pj) >= 999.5 && at + 1 < units.size()) {
        pj /= 1000;
        ++at;
    }
    return three_digits(pj) + narrow_space + units[at];
}

std::string bytes(double value) {
    static constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t at = 0;
    while (std::abs(value) >= 1023.5 && at + 1 < units.size()) {
        value /= 1024;
        ++at;
    }
    return three_digits(value) + narrow_space + units[at];
}

std::string coordinate(double value) {
    if (!std::isfinite(value))
        return "0";
    std::string text = fmt::format("{:.1f}", value);
    if (text.size() > 2 && text.compare(text.size() - 2, 2, ".0") == 0)
        text.erase(text.size() - 2);
    return text == "-0" ? "0" : text;
}

std::string figure_value(std::string_view key, double value, std::string_view shown) {
    return fmt::format("<data value=\"{}\" data-key=\"{}\">{}</data>", value, escaped(key), shown);
}

}  // namespace pade::html
