// A drawing, element by element. Colours are classes of the page's style sheet, so that it can be light and dark.
#pragma once

#include <string>
#include <string_view>

namespace pade::html {

class svg {
  public:
    /// In pixels of a page at its full width. `id` is unique in the page; title and desc are what a screen reader says.
    svg(std::string_view id, double width, double height, std::string_view title, std::string_view desc);

    /// Elements with a tooltip have it as <title>. All text is escaped here.
    void rect(double x, double y, double width, double height, std::string_view style, std::string_view tooltip = {},
              double opacity = 1);
    void line(double x1, double y1, double x2, double y2, std::string_view style);
    void path(std::string_view d, std::string_view style, std::string_view tooltip = {}, double opacity = 1);
    /// style: "start", "middle" or "end", and further classes.
    void text(double x, double y, std::string_view what, std::string_view style = "start");
    /// Turned to read from below to above, centred at x, y.
    void text_upwards(double x, double y, std::string_view what);

    std::string str() const { return body_ + "</svg>\n"; }

  private:
    std::string body_;
};

/// <figure> with its number-less caption: what it shows, the drawing, the legend, and a note on how to read it.
std::string figure(const std::string& title, const std::string& drawing, const std::string& legend,
                   const std::string& note = {});

/// One entry of a legend: a swatch in the class's colour and a word.
std::string swatch(std::string_view style, std::string_view text, double opacity = 1);
/// The same with a line, for what is drawn as one.
std::string stroke_swatch(std::string_view style, std::string_view text);
/// A band from nothing to all of a colour, with what stands at its ends.
std::string ramp(std::string_view style, std::string_view low, std::string_view high);

}  // namespace pade::html
