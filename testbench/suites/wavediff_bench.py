"""What the tests of wavediff share: small waveforms made by hand, maps, and calls within this process."""
import contextlib
import io
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "wavediff"))

from wavedifflib.cli import main  # noqa: E402
from wavedifflib.errors import InputError  # noqa: E402

SCRIPT = ROOT / "scripts" / "wavediff.py"


def code_of(number):
    text = ""
    while True:
        text += chr(33 + number % 94)
        number //= 94
        if number == 0:
            return text


class Dump:
    """A waveform under construction: signals by full name, changes (time, name, digits) in any order."""

    def __init__(self, timescale="1 ps"):
        self.timescale = timescale
        self.signals = {}
        self.changes = []
        self.end = None

    def add(self, name, width=1, kind="wire"):
        self.signals[name] = (width, kind)
        return self

    def set(self, time, name, value):
        """An integer, digits of 0, 1, x, z, or a float for a real."""
        self.changes.append((time, name, value))
        return self

    def clock(self, name, period, cycles, phase=0):
        """Rising edges at phase + n * period, low before."""
        self.add(name).set(0, name, "0")
        for n in range(cycles):
            self.set(phase + n * period, name, "1")
            self.set(phase + n * period + period // 2, name, "0")
        return self

    def text(self, order=None):
        names = list(self.signals) if order is None else order
        codes = {name: code_of(i) for i, name in enumerate(names)}
        lines = [f"$timescale {self.timescale} $end"]
        for name in names:
            *scopes, local = name.split(".")
            width, kind = self.signals[name]
            lines += [f"$scope module {scope} $end" for scope in scopes]
            lines.append(f"$var {kind} {width} {codes[name]} {local} $end")
            lines += ["$upscope $end"] * len(scopes)
        lines.append("$enddefinitions $end")
        now = None
        for time, name, value in sorted(self.changes, key=lambda change: change[0]):
            if time != now:
                lines.append(f"#{time}")
                now = time
            width, kind = self.signals[name]
            if kind == "real":
                lines.append(f"r{value!r} {codes[name]}")
            elif width == 1 and not (isinstance(value, str) and len(value) > 1):
                lines.append(f"{value}{codes[name]}")
            else:
                lines.append(f"b{value if isinstance(value, str) else format(value, 'b')} {codes[name]}")
        if self.end is not None and self.end != now:
            lines.append(f"#{self.end}")
        return "\n".join(lines) + "\n"


class Outcome:
    def __init__(self, code, text, error, answer):
        self.code, self.text, self.error, self.answer = code, text, error, answer

    @property
    def blocks(self):
        return {block["name"]: block for block in self.answer["blocks"]}


def write(folder, name, content):
    path = pathlib.Path(folder) / name
    if isinstance(content, Dump):
        content = content.text()
    if not isinstance(content, (str, bytes)):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def run(folder, a, b, mapped, *options):
    """Compares within this process; JSON as `answer`."""
    folder = pathlib.Path(folder)
    if a is not None:
        write(folder, "a.vcd", a)
    if b is not None:
        write(folder, "b.vcd", b)
    if mapped is not None:
        write(folder, "map.json", mapped)
    out = folder / "answer.json"
    out.unlink(missing_ok=True)
    text, error, code = io.StringIO(), "", None
    with contextlib.redirect_stdout(text):
        try:
            code = main([str(folder / "a.vcd"), str(folder / "b.vcd"), "--map", str(folder / "map.json"), "--json", str(out),
                         "--one-process", "--no-progress", *options])
        except InputError as caught:
            error, code = " ".join(str(caught).split()), 2
    return Outcome(code, text.getvalue(), error, json.loads(out.read_text()) if out.is_file() else None)
