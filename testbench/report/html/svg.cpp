#include "testbench/report/html/svg.h"

#include <fmt/format.h>

#include "testbench/report/html/text.h"

namespace pade::html {

namespace {

std::string faded(double opacity) {
    return opacity >= 0.995 ? std::string() : fmt::format(" fill-opacity=\"{:.2g}\"", opacity);
}

std::string closed(std::string_view tooltip, std::string_view tag) {
    return tooltip.empty() ? "/>" : fmt::format("><title>{}</title></{}>", escaped(tooltip), tag);
}

}  // namespace

svg::svg(std::string_view id, double width, double height, std::string_view title, std::string_view desc)
    : body_(
          fmt::format("<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" aria-labelledby=\"{2}-t "
                      "{2}-d\">\n<title id=\"{2}-t\">{3}</title><desc id=\"{2}-d\">{4}</desc>\n",
                      coordinate(width), coordinate(height), escaped(id), escaped(title), escaped(desc))) {}

void svg::rect(double x, double y, double width, double height, std::string_view style, std::string_view tooltip,
               double opacity) {
    body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" class=\"{}\"{}{}\n", coordinate(x),
                         coordinate(y), coordinate(width > 0 ? width : 0), coordinate(height > 0 ? height : 0), style,
                         faded(opacity), closed(tooltip, "rect"));
}

void svg::line(double x1, double y1, double x2, double y2, std::string_view style) {
    body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>\n", coordinate(x1),
                         coordinate(y1), coordinate(x2), coordinate(y2), style);
}

void svg::path(std::string_view d, std::string_view style, std::string_view tooltip, double opacity) {
    body_ += fmt::format("<path d=\"{}\" class=\"{}\"{}{}\n", d, style, faded(opacity), closed(tooltip, "path"));
}

void svg::text(double x, double y, std::string_view what, std::string_view style) {
    body_ += fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\">{}</text>\n", coordinate(x), coordinate(y), style,
                         escaped(what));
}

void svg::text_upwards(double x, double y, std::string_view what) {
    body_ += fmt::format("<text transform=\"translate({} {}) rotate(-90)\" class=\"middle axis\">{}</text>\n",
                         coordinate(x), coordinate(y), escaped(what));
}

std::string figure(const std::string& title, const std::string& drawing, const std::string& legend,
                   const std::string& note) {
    std::string out = "<figure>\n<h3>" + escaped(title) + "</h3>\n" + drawing;
    if (!legend.empty())
        out += "<div class=\"legend\">" + legend + "</div>\n";
    if (!note.empty())
        out += "<figcaption>" + escaped(note) + "</figcaption>\n";
    return out + "</figure>\n";
}

std::string swatch(std::string_view style, std::string_view text, double opacity) {
    return fmt::format(
        "<span><svg viewBox=\"0 0 10 10\" width=\"10\" height=\"10\" aria-hidden=\"true\"><rect "
        "width=\"10\" height=\"10\" class=\"{}\"{}/></svg>{}</span>",
        style, faded(opacity), escaped(text));
}

std::string stroke_swatch(std::string_view style, std::string_view text) {
    return fmt::format(
        "<span><svg viewBox=\"0 0 22 10\" width=\"22\" height=\"10\" aria-hidden=\"true\"><line x1=\"0\" "
        "y1=\"5\" x2=\"22\" y2=\"5\" class=\"{}\"/></svg>{}</span>",
        style, escaped(text));
}

std::string ramp(std::string_view style, std::string_view low, std::string_view high) {
    std::string out = fmt::format("<span>{}<svg viewBox=\"0 0 80 10\" width=\"80\" height=\"10\" aria-hidden=\"true\">",
                                  escaped(low));
    for (int i = 0; i < 8; ++i)
        out += fmt::format("<rect x=\"{}\" width=\"10\" height=\"10\" class=\"{}\"{}/>", 10 * i, style,
                           faded((i + 1) / 8.0));
    return out + fmt::format("</svg>{}</span>", escaped(high));
}

}  // namespace pade::html
