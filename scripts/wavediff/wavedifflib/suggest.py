"""A first map, by similarity of names: numbers become captures, scopes are joined whose signals are called alike.

`pade.pe_lane_0_3.gsat` and `top.dut.g_row[0].g_lane[3].gsat` have the same two numbers and the words pe, lane, gsat and row, lane,
gsat; what their signals have in common decides, the words of the scopes break ties.
"""
from __future__ import annotations

import difflib
import json
import re
from typing import NamedTuple

from .wave import Var, Wave

NUMBER = re.compile(r"\d+")
NOISE = {"top", "dut", "tb", "u", "i", "g", "gen", "inst", "o", "q", "r", "s", "reg", "pade", "testbench"}
CLOCK = re.compile(r"(.*\.)?(clk|clock)(_i)?")
RESET = re.compile(r"(.*\.)?(a?rst|reset|a?resetn|a?rst_?n|reset_n)(_?i)?")


class Shape(NamedTuple):
    """Scopes that differ in their numbers alone, which stand as # in `text`."""
    text: str
    scopes: tuple[str, ...]
    signals: dict[str, Var]  # right in the first of them


def _words(name: str) -> set[str]:
    return {word for word in re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()) if word and word not in NOISE}


def _shapes(wave: Wave) -> list[Shape]:
    own: dict[str, dict[str, Var]] = {}
    taken = {wave.vars[name].signal for name in _clock_and_reset(wave) if name}
    for name, var in wave.vars.items():
        scope, _, local = name.rpartition(".")
        if var.kind in ("bits", "real") and var.signal not in taken:
            own.setdefault(scope, {})[local] = var
    groups: dict[tuple, list[str]] = {}
    for scope, signals in own.items():
        groups.setdefault((NUMBER.sub("#", scope), tuple(sorted(signals))), []).append(scope)
    return [Shape(text, tuple(scopes), own[scopes[0]]) for (text, _), scopes in groups.items()]


def _alike(a: str, b: str) -> float:
    """1: the same; the end of a name in _i, _o, _q does not count."""
    a, b = (re.sub(r"_(i|o|q|r|ff|reg)$", "", name.lower()) for name in (a, b))
    return 1.0 if a == b else difflib.SequenceMatcher(None, a, b).ratio()


def _score(a: Shape, b: Shape) -> float:
    """0: nothing in common that would mean something."""
    partners = _partners(a, b, set())
    words = _words(a.text), _words(b.text)
    near = len(words[0] & words[1]) / max(1, len(words[0] | words[1]))
    last = _alike(NUMBER.sub("", a.text.rpartition(".")[2]), NUMBER.sub("", b.text.rpartition(".")[2]))
    if not partners or (near == 0 and last < 0.6 and len(partners) < 3):
        return 0.0
    return len(partners) / len(a.signals) + near + 0.5 * last


def _partners(a: Shape, b: Shape, without: set[str]) -> dict[str, str]:
    """Signals of a with the most alike of b, each once, in the order of a."""
    found = sorted(((_alike(x, y) + 0.1 * (a.signals[x].width == b.signals[y].width), x, y) for x in a.signals for y in b.signals
                    if a.signals[x].kind == b.signals[y].kind and _alike(x, y) >= 0.75), reverse=True)
    result: dict[str, str] = {}
    taken = set(without)
    for _, x, y in found:
        if x not in result and y not in taken:
            result[x] = y
            taken.add(y)
    return {x: result[x] for x in a.signals if x in result}


def _template(a: Shape, b: Shape) -> str | None:
    """b's scope with \\1, \\2 for a's numbers, if that leads from every scope of a to one of b."""
    count = a.text.count("#")
    if b.text.count("#") > count:
        return None
    there = set(b.scopes)
    parts = b.text.split("#")
    wanted = b.text.count("#")
    # The last numbers of a, in order: outer scopes may have some of their own.
    for skip in range(count - wanted, -1, -1):
        order = range(skip, skip + wanted)
        if all("".join(part + (NUMBER.findall(scope)[i] if i is not None else "") for part, i in zip(parts, [*order, None])) in there
               for scope in a.scopes):
            return "".join(part + (f"\\{i + 1}" if i is not None else "") for part, i in zip(parts, [*order, None]))
    return None


def _clock_and_reset(wave: Wave) -> tuple[str | None, str | None]:
    """The outermost signals that are called so."""
    found = []
    for pattern in (CLOCK, RESET):
        names = sorted((name for name, var in wave.vars.items() if var.width == 1 and pattern.fullmatch(name)), key=len)
        found.append(names[0] if names else None)
    return found[0], found[1] if found[0] else None


def _clock_line(wave: Wave, side: str) -> str:
    clock, reset = _clock_and_reset(wave)
    model = re.search(r"core clock (\d+) ps", wave.comment)
    if clock:
        active = "low" if reset and re.search(r"n(_?i)?$", reset) else "high"
        more = f", reset: {{signal: {_quoted(reset)}, active: {active}}}" if reset else ""
        return f"    {side}: {{signal: {_quoted(clock)}, edge: rising{more}}}"
    if model:
        return f"    {side}: {{period: {model[1]}ps}}"
    return f"    {side}: {{period: 1ns}}   # no signal named clk or clock: say which, or the period"


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_][\w.]*", text) else json.dumps(text).replace("\\\\", "\\") if "\\" not in text and "'" in text \
        else "'" + text.replace("'", "''") + "'"


def _group(a: Shape, target: str, partners: dict[str, str], b: Shape) -> list[str]:
    pattern = re.escape(a.text).replace(r"\#", r"(\d+)").replace("#", r"(\d+)")
    lines = [f"  - a: {_quoted(pattern)}", f"    b: {_quoted(target)}", "    signals:"]
    for x, y in partners.items():
        widths = a.signals[x].width, b.signals[y].width
        if x == y and widths[0] == widths[1]:
            lines.append(f"      - {_quoted(_name(x))}")
            continue
        more = "" if widths[0] == widths[1] else f", width: {{a: {widths[0]}, b: {widths[1]}, extend: zero}}"
        lines.append(f"      - {{name: {_quoted(x)}, a: {_quoted(_name(x))}, b: {_quoted(_name(y))}{more}}}")
    return lines


def _name(local: str) -> str:
    return f"`{local}`" if re.search(r"[,{}~`]", local) else local


def suggest(a: Wave, b: Wave) -> str:
    shapes = _shapes(a), _shapes(b)
    lines = [f"# Suggested by similarity of names for {a.path.name} (a) and {b.path.name} (b): read every line before you trust it.",
             "version: 1", "clocks:", "  core:", _clock_line(a, "a"), _clock_line(b, "b"), "groups:"]
    candidates = []
    for i, shape in enumerate(shapes[0]):
        for k, other in enumerate(shapes[1]):
            target = _template(shape, other)
            score = _score(shape, other) if target is not None else 0.0
            if score:
                candidates.append((-score, i, k, target or ""))
    covered: tuple[set[str], set[str]] = (set(), set())
    chosen: dict[int, list[str]] = {}
    used: dict[int, set[str]] = {}
    for _, i, k, target in sorted(candidates):  # the surest first; a signal of b belongs to one of a
        shape, other = shapes[0][i], shapes[1][k]
        partners = _partners(shape, other, used.get(k, set())) if i not in chosen else {}
        if partners:
            chosen[i] = _group(shape, target, partners, other)
            used.setdefault(k, set()).update(partners.values())
            covered[0].update(f"{scope}.{x}" for scope in shape.scopes for x in partners)
            covered[1].update(f"{scope}.{y}" for scope in other.scopes for y in partners.values())
    for i in sorted(chosen):
        lines += chosen[i]
    if not chosen:
        lines += ["  # Nothing is called alike: a group needs a scope of each side and names of signals.",
                  "  - {a: SCOPE, b: SCOPE, signals: [NAME]}"]
    lines += _waivers(a, b, covered)
    return "\n".join([*lines, ""])


def _waivers(a: Wave, b: Wave, covered: tuple[set[str], set[str]]) -> list[str]:
    lines = []
    for side, wave in (("a", a), ("b", b)):
        done = {wave.vars[name].signal for name in covered["ab".index(side)] if name in wave.vars}
        done |= {wave.vars[name].signal for name in _clock_and_reset(wave) if name}
        left: dict[str, None] = {}
        for name, var in wave.vars.items():
            if var.signal not in done and var.kind != "parameter":
                left.setdefault(re.escape(NUMBER.sub("#", name)).replace(r"\#", r"\d+").replace("#", r"\d+"))
        lines += [f"  - {{side: {side}, match: {_quoted(pattern)}, reason: no partner was found by name, optional: true}}" for pattern in left]
    return ["waivers:", *lines] if lines else []
