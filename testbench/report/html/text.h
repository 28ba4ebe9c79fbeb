// Text and numbers as they may stand in an HTML page.
#pragma once

#include <string>
#include <string_view>

#include "testbench/report/markup.h"

namespace pade::html {

/// 1234567 -> "1 234 567", with no-break spaces; rounded to a whole number.
std::string grouped(double value);
/// Three significant digits and an SI prefix: 233492 -> "233 k", 1.2e6 -> "1.2 M"; 0 -> "0".
std::string short_number(double value);
/// 0.5219 -> "52.2 %".
std::string percent(double share);
/// Energy in pJ, to three digits: "446 uJ" with the letter mu.
std::string joules(double pj);
/// Bytes: "512 KiB".
std::string bytes(double value);
/// A coordinate: at most one decimal, no trailing zero.
std::string coordinate(double value);
/// <data value="233492" data-key="time.cycles">shown</data>: what people read, and the figure behind it to the last
/// bit.
std::string figure_value(std::string_view key, double value, std::string_view shown);

}  // namespace pade::html
