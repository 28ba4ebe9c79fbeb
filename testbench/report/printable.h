// Text from files and command lines as it may stand on a terminal or in one line of a log.
#pragma once

#include <string>
#include <string_view>

namespace pade {

/// Control characters (of ASCII and of ISO 8859, the line end among them) and what is no UTF-8 as \xNN, byte by byte;
/// everything else as it is.
std::string printable(std::string_view text);

}  // namespace pade
