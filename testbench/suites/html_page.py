"""What check_report.py reads out of a page of pade-sim report, with the parser of the standard library."""
import html.parser
import re

VOID = {"meta", "br", "hr", "img", "input", "link", "base", "area", "col", "embed", "source", "track", "wbr"}
FORBIDDEN = {"script", "img", "iframe", "object", "embed", "link", "base", "form", "audio", "video", "image", "use", "foreignobject"}


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.text = text
        self.problems = []
        self.open = []
        self.ids = []
        self.refers = []  # ids that something points to
        self.figures = []  # (data-key, value, shown text)
        self.tooltips = []
        self.charts = 0
        self.visible = ""
        self.figure = None
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"not closed: {self.open}")

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        values = dict(attributes)
        if len(set(names)) != len(names):
            self.problems.append(f"<{tag}> has an attribute twice")
        if tag in FORBIDDEN:
            self.problems.append(f"<{tag}>")
        for name, value in attributes:
            if name.startswith("on") or name in ("src", "srcset", "xlink:href", "action", "background", "poster"):
                self.problems.append(f"<{tag} {name}>")
            if name == "href" and not value.startswith("#"):
                self.problems.append(f"<{tag} href={value}>")
            if name == "href":
                self.refers.append(value[1:])
            if name == "id":
                self.ids.append(value)
            if name == "aria-labelledby":
                self.refers += value.split()
            if name == "class" and not re.fullmatch(r"[a-z- ]*", value):
                self.problems.append(f"<{tag} class={value}>")
            if tag != "meta" and name == "style" and not re.fullmatch(r"width:[\d.]+%", value):
                self.problems.append(f"<{tag} style={value}>")
            if name in ("x", "y", "width", "height", "x1", "x2", "y1", "y2") and not re.fullmatch(r"-?\d+(\.\d)?", value):
                self.problems.append(f"<{tag} {name}={value}>")
            if name == "d" and not re.fullmatch(r"[MLHVZhvz\d. -]+", value):
                self.problems.append(f"<{tag} d={value[:60]}>")
        if tag == "svg" and values.get("role") == "img":
            self.charts += 1
            if not values.get("aria-labelledby"):
                self.problems.append("a chart without a name")
        if tag == "data":
            self.figure = [values.get("data-key"), values.get("value"), ""]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> inside {self.open[-3:]}")
        else:
            self.open.pop()
        if tag == "data" and self.figure:
            self.figures.append(tuple(self.figure))
            self.figure = None

    def handle_data(self, data):
        if self.open and self.open[-1] in ("title", "desc") and len(self.open) > 1 and self.open[-2] != "head":
            self.tooltips.append(data)
        elif "style" not in self.open:
            self.visible += data
            if self.figure:
                self.figure[2] += data

    def check(self):
        """What is wrong with the page as a page."""
        found = list(self.problems)
        if len(set(self.ids)) != len(self.ids):
            found.append("an id twice")
        found += [f"nothing has the id {each}" for each in self.refers if each not in self.ids]
        for pattern in (r"https?:", r"src\s*=", r"url\((?!#)", r"@import", r"javascript:"):
            if re.search(pattern, self.text, re.I):
                found.append(f"the page holds {pattern}")
        return found
