// The whole page: one file, readable without network and without script.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pade::html {

/// One run, or two of them side by side. Throws input_error for what is no folder of a finished run.
std::string report_page(const std::vector<std::filesystem::path>& runs);

/// Its style sheet.
const char* style_sheet();

}  // namespace pade::html
