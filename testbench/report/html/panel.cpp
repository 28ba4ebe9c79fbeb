#include "testbench/report/html/panel.h"

#include "testbench/report/html/svg.h"
#include "testbench/report/html/text.h"

namespace pade::html {

namespace {
constexpr double full_width = 1040;
constexpr double half_width = 512;
}  // namespace

std::vector<panel> panels_of(const std::vector<run_record>& runs) {
    if (runs.size() == 1)
        return {{runs[0], full_width, "", ""}};
    return {{runs[0], half_width, "A", "-a"}, {runs[1], half_width, "B", "-b"}};
}

std::string section(const std::string& id, const std::string& heading, const std::string& lead,
                    const std::string& content) {
    std::string out = "<section id=\"" + id + "\">\n<h2>" + escaped(heading) + "</h2>\n";
    if (!lead.empty())
        out += "<p class=\"lead\">" + escaped(lead) + "</p>\n";
    return out + content + "</section>\n";
}

std::string side_by_side(const std::vector<std::string>& figures) {
    std::string out = figures.size() == 1 ? "<div>\n" : "<div class=\"pair\">\n";
    for (const std::string& each : figures)
        out += each;
    return out + "</div>\n";
}

std::string no_data(const std::string& why) {
    return "<p class=\"none\">" + escaped(why) + "</p>\n";
}

const char* colour_of(char symbol) {
    switch (symbol) {
        case '#':
            return "work";
        case '+':
            return "part";
        case 'x':
            return "turn";
        case '>':
            return "room";
        case '<':
            return "input";
        case '=':
            return "wait";
        default:
            return "idle";
    }
}

std::string class_legend() {
    return swatch("work", "works") + swatch("part", "works in part") + swatch("turn", "loses its turn, refresh") +
           swatch("room", "waits for room") + swatch("wait", "waits for data") + swatch("input", "waits for input") +
           swatch("idle", "idle");
}

}  // namespace pade::html
