// One run's place in a figure: alone over the full width, or one of two side by side.
#pragma once

#include <string>
#include <vector>

#include "testbench/report/html/run_record.h"

namespace pade::html {

struct panel {
    const run_record& run;
    double width;      ///< of a drawing, pixels
    std::string name;  ///< "", "A" or "B"
    std::string id;    ///< "", "-a" or "-b": makes ids of the page unique
    /// "Title", or "A: Title".
    std::string titled(const std::string& title) const { return name.empty() ? title : name + ": " + title; }
};

std::vector<panel> panels_of(const std::vector<run_record>& runs);

/// <section> with its heading, a sentence, and the figures of the panels in a row.
std::string section(const std::string& id, const std::string& heading, const std::string& lead,
                    const std::string& content);
std::string side_by_side(const std::vector<std::string>& figures);

/// What stands where a chart has no data.
std::string no_data(const std::string& why);

/// The style-sheet class of a class of cycles ('#', '+', 'x', '>', '<', '=', '.').
const char* colour_of(char symbol);
/// Legend of those classes, in one line.
std::string class_legend();

}  // namespace pade::html
