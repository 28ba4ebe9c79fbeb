"""The map: a YAML or JSON document, checked key by key before a waveform is opened (docs/wavediff.md says what each means)."""
from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from typing import Any

from .errors import InputError
from .wave import FS, MAX_FS

MODES = ("cycle", "valid", "transaction")
X_POLICIES = ("fail", "ignore", "until_known")


@dataclasses.dataclass
class ClockSide:
    """Edges of a signal, or of no signal: every `period` from `phase` on."""
    signal: str | None
    edge: str
    period: int
    phase: int
    before: bool   # the value that stood before the edge; else the one that stands once the edge's changes are done
    skew: int      # fs behind the edge
    origin: int    # fs; cycle 0 is the first edge from there on
    reset: str | None
    reset_level: int
    first: int
    last: int | None  # excluded; of transactions on this side


@dataclasses.dataclass
class Clock:
    name: str
    sides: tuple[ClockSide, ClockSide]
    warm_up: int
    first: int
    last: int | None   # excluded
    slack: int | None  # cycles by which one side may go on longer; None: any number


@dataclasses.dataclass
class Entry:
    """One line of `signals`: a pair of expressions, or a regular expression for names of side a and a template for b."""
    match: re.Pattern | None
    name: str | None
    a: str
    b: str
    compare: bool
    extend: str | None
    widths: tuple[int, int] | None
    tolerance: tuple[float, float]
    x: str | None


@dataclasses.dataclass
class Group:
    where: str
    block: str | None
    clock: str | None
    scope: re.Pattern
    target: str
    entries: list[Entry]
    mode: str
    pairing: str  # of mode valid: "order" or "cycle"
    valid: str | None
    ready: str | None
    key: list[str]
    offset: int | None  # None: to be found
    x: str
    missing_b: str | None


@dataclasses.dataclass
class Waiver:
    where: str
    side: int
    match: re.Pattern
    reason: str
    optional: bool


@dataclasses.dataclass
class Map:
    path: pathlib.Path
    labels: tuple[str, str]
    clocks: list[Clock]
    groups: list[Group]
    waivers: list[Waiver]


class _Reader:
    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    def bad(self, where: str, value: Any, allowed: str) -> InputError:
        return InputError(f"{self.path}: {where}: is {json.dumps(value, default=str)[:120]}; allowed: {allowed}")

    def table(self, value: Any, where: str, required: tuple[str, ...], others: tuple[str, ...]) -> dict:
        if not isinstance(value, dict):
            raise self.bad(where, value, "a table of " + ", ".join(required + others))
        for key in value:
            if key not in required + others:
                raise InputError(f"{self.path}: {where}: unknown key {key!r}; allowed: {', '.join(required + others)}")
        for key in required:
            if key not in value:
                raise InputError(f"{self.path}: {where}: has no {key!r}; allowed: {', '.join(required)} must be there")
        return value

    def list(self, value: Any, where: str, empty: bool = False) -> list:
        if not isinstance(value, list) or not (value or empty):
            raise self.bad(where, value, "a list" + ("" if empty else " with at least one entry"))
        return value

    def text(self, value: Any, where: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.bad(where, value, "a text that is not empty")
        return value

    def choice(self, value: Any, where: str, allowed: tuple[str, ...]) -> str:
        if value not in allowed:
            raise self.bad(where, value, ", ".join(allowed))
        return value

    def integer(self, value: Any, where: str, low: int, high: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.bad(where, value, f"an integer from {low} to {high}")
        return value

    def flag(self, value: Any, where: str) -> bool:
        if not isinstance(value, bool):
            raise self.bad(where, value, "true, false")
        return value

    def time(self, value: Any, where: str, low: int = 0) -> int:
        match = re.fullmatch(r"(\d+)(?:\.(\d{1,15}))?\s*(s|ms|us|ns|ps|fs)", value) if isinstance(value, str) else None
        if match:
            unit, digits = FS[match[3]], match[2] or ""
            scaled = int(match[1] + digits) * unit
            if scaled % 10 ** len(digits) == 0 and low <= scaled // 10 ** len(digits) <= MAX_FS:
                return scaled // 10 ** len(digits)
        raise self.bad(where, value, "a time in s, ms, us, ns, ps or fs, like 1250ps" + (", above 0" if low else ""))

    def pattern(self, value: Any, where: str) -> re.Pattern:
        if not isinstance(value, str):
            raise self.bad(where, value, "a regular expression")
        try:
            return re.compile(value)
        except re.error as error:
            raise self.bad(where, value, f"a regular expression ({error})") from None

    def window(self, value: Any, where: str, first: int, last: int | None) -> tuple[int, int | None]:
        t = self.table(value, where, (), ("from", "to"))
        first = self.integer(t.get("from", first), where + ".from", 0, 1 << 38)
        return first, self.integer(t["to"], where + ".to", first + 1, 1 << 38) if "to" in t else last

    def clock_side(self, value: Any, where: str, common: tuple[int, int | None]) -> ClockSide:
        t = self.table(value, where, (), ("signal", "edge", "period", "phase", "sample", "skew", "origin", "reset", "window"))
        if ("signal" in t) == ("period" in t):
            raise InputError(f"{self.path}: {where}: has {'both' if 'signal' in t else 'neither'} signal and period; allowed: one")
        for key, other in (("edge", "signal"), ("phase", "period")):
            if key in t and other not in t:
                raise InputError(f"{self.path}: {where}: {key} without {other}; allowed: both")
        reset, level = None, 1
        if "reset" in t:
            r = self.table(t["reset"], where + ".reset", ("signal", "active"), ())
            reset = self.text(r["signal"], where + ".reset.signal")
            level = int(self.choice(r["active"], where + ".reset.active", ("high", "low")) == "high")
        return ClockSide(
            self.text(t["signal"], where + ".signal") if "signal" in t else None,
            self.choice(t.get("edge", "rising"), where + ".edge", ("rising", "falling", "both")),
            self.time(t["period"], where + ".period", 1) if "period" in t else 0,
            self.time(t.get("phase", "0ps"), where + ".phase"),
            self.choice(t.get("sample", "before" if "signal" in t else "after"), where + ".sample", ("before", "after")) == "before",
            self.time(t.get("skew", "0ps"), where + ".skew"), self.time(t.get("origin", "0ps"), where + ".origin"), reset, level,
            *self.window(t.get("window", {}), where + ".window", *common))

    def clock(self, name: str, value: Any) -> Clock:
        where = f"clocks.{name}"
        t = self.table(value, where, ("a", "b"), ("warm_up", "window", "slack"))
        common = self.window(t.get("window", {}), where + ".window", 0, None)
        return Clock(name, (self.clock_side(t["a"], where + ".a", common), self.clock_side(t["b"], where + ".b", common)),
                     self.integer(t.get("warm_up", 0), where + ".warm_up", 0, 1 << 38), *common,
                     self.integer(t["slack"], where + ".slack", 0, 1 << 38) if "slack" in t else None)

    def entry(self, value: Any, where: str) -> Entry:
        if isinstance(value, str):
            value = {"a": value}
        t = self.table(value, where, (), ("match", "name", "a", "b", "compare", "width", "tolerance", "x"))
        if ("match" in t) == ("a" in t):
            raise InputError(f"{self.path}: {where}: has {'both' if 'a' in t else 'neither'} match and a; allowed: one")
        if "match" in t and "name" in t:
            raise InputError(f"{self.path}: {where}: name with match; allowed: the names that match")
        a = self.text(t["a"], where + ".a") if "a" in t else ""
        extend, widths = None, None
        if "width" in t:
            w = self.table(t["width"], where + ".width", ("a", "b"), ("extend",))
            widths = (self.integer(w["a"], where + ".width.a", 1, 1 << 20), self.integer(w["b"], where + ".width.b", 1, 1 << 20))
            extend = self.choice(w.get("extend", "zero"), where + ".width.extend", ("zero", "sign", "cut"))
        tolerance = self.table(t.get("tolerance", {}), where + ".tolerance", (), ("absolute", "relative"))
        numbers = []
        for key in ("absolute", "relative"):
            number = tolerance.get(key, 0)
            if not isinstance(number, (int, float)) or isinstance(number, bool) or not 0 <= number < float("inf"):
                raise self.bad(f"{where}.tolerance.{key}", number, "a number from 0 on")
            numbers.append(float(number))
        return Entry(self.pattern(t["match"], where + ".match") if "match" in t else None,
                     self.text(t["name"], where + ".name") if "name" in t else None, a,
                     self.text(t.get("b", a or r"\g<0>"), where + ".b"), self.flag(t.get("compare", True), where + ".compare"),
                     extend, widths, (numbers[0], numbers[1]),
                     self.choice(t["x"], where + ".x", X_POLICIES) if "x" in t else None)

    def group(self, value: Any, index: int) -> Group:
        where = f"groups[{index}]"
        t = self.table(value, where, ("a", "b", "signals"), ("block", "clock", "mode", "pairing", "valid", "ready", "key", "tag",
                                                             "offset", "x", "missing_b"))
        mode = self.choice(t.get("mode", "cycle"), where + ".mode", MODES)
        if (mode != "cycle") != ("valid" in t):
            raise InputError(f"{self.path}: {where}: mode {mode} {'without' if mode != 'cycle' else 'with'} valid; allowed: "
                             "valid in the modes valid and transaction, and there always")
        for key, needs in (("ready", ("valid", "transaction")), ("key", ("transaction",)), ("tag", ("transaction",)),
                           ("pairing", ("valid",))):
            if key in t and mode not in needs:
                raise InputError(f"{self.path}: {where}: {key} in mode {mode}; allowed: in mode {' and '.join(needs)}")
        if "key" in t and "tag" in t:
            raise InputError(f"{self.path}: {where}: has both key and tag; allowed: one")
        which = "tag" if "tag" in t else "key"
        given = [t[which]] if isinstance(t.get(which), str) else t.get(which, [])
        names = [self.text(each, f"{where}.{which}") for each in self.list(given, f"{where}.{which}", which not in t)]
        offset = t.get("offset", 0)
        if offset != "auto":
            offset = self.integer(offset, where + ".offset", -(1 << 30), 1 << 30)
        text = lambda name: self.text(t[name], f"{where}.{name}") if name in t else None  # noqa: E731
        target = t["b"]
        if not isinstance(target, str):
            raise self.bad(where + ".b", target, "a template of a scope, or an empty text")
        return Group(where, text("block"), text("clock"), self.pattern(t["a"], where + ".a"), target,
                     [self.entry(e, f"{where}.signals[{i}]") for i, e in enumerate(self.list(t["signals"], where + ".signals"))],
                     mode, self.choice(t.get("pairing", "order"), where + ".pairing", ("order", "cycle")), text("valid"),
                     text("ready"), names, None if offset == "auto" else offset,
                     self.choice(t.get("x", "fail"), where + ".x", X_POLICIES), text("missing_b"))

    def waiver(self, value: Any, index: int) -> Waiver:
        where = f"waivers[{index}]"
        t = self.table(value, where, ("side", "match", "reason"), ("optional",))
        return Waiver(where, ("a", "b").index(self.choice(t["side"], where + ".side", ("a", "b"))),
                      self.pattern(t["match"], where + ".match"), self.text(t["reason"], where + ".reason"),
                      self.flag(t.get("optional", False), where + ".optional"))


def _document(path: pathlib.Path) -> Any:
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; allowed: a map in YAML or JSON")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no text at offset {error.start}; allowed: UTF-8") from None
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"{path}: line {error.lineno}: {error.msg}; allowed: JSON") from None
    try:
        import yaml
    except ImportError:
        raise InputError(f"{path}: needs the Python package PyYAML (Debian: python3-yaml); allowed without it: JSON (.json)") from None

    class Loader(yaml.SafeLoader):
        """A key that is there twice would silently win over the first."""

        def construct_mapping(self, node, deep=False):
            seen = set()
            for key, _ in node.value:
                name = self.construct_object(key, deep=deep)
                if isinstance(name, str) and name in seen:
                    raise InputError(f"{path}: line {key.start_mark.line + 1}: the key {name!r} is there twice; allowed: once")
                seen.add(name if isinstance(name, str) else str(name))
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        raise InputError(f"{path}: {line}{getattr(error, 'problem', error)}; allowed: YAML") from None


def read_map(path: pathlib.Path) -> Map:
    reader = _Reader(path)
    top = reader.table(_document(path), "the map", ("version", "clocks", "groups"), ("labels", "waivers"))
    reader.integer(top["version"], "version", 1, 1)
    labels = reader.table(top.get("labels", {}), "labels", (), ("a", "b"))
    clocks = top["clocks"]
    if not isinstance(clocks, dict) or not clocks or not all(isinstance(name, str) for name in clocks):
        raise reader.bad("clocks", clocks, "a table of at least one clock, by name")
    return Map(path, (reader.text(labels.get("a", "a"), "labels.a"), reader.text(labels.get("b", "b"), "labels.b")),
               [reader.clock(name, value) for name, value in clocks.items()],
               [reader.group(value, i) for i, value in enumerate(reader.list(top["groups"], "groups"))],
               [reader.waiver(value, i) for i, value in enumerate(reader.list(top.get("waivers", []), "waivers", True))])
