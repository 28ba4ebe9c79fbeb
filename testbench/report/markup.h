// Text from files as it may stand in HTML and XML.
#pragma once

#include <string>
#include <string_view>

namespace pade {

/// Between tags or in a quoted attribute: printable(), then & < > " ' as entities.
std::string escaped(std::string_view text);

}  // namespace pade
