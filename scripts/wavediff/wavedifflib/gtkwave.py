"""Save files for GTKWave, and a small waveform that has both sides in one window.

GTKWave opens one waveform a window. So PREFIX.vcd holds what was read of both sides around the divergence, on one axis of time, and
PREFIX.gtkw shows it; PREFIX.a.gtkw and PREFIX.b.gtkw open the whole files at that place, side by side with twinwave.
"""
from __future__ import annotations

import math
import pathlib
import struct

from .plan import Plan
from .report import Finding, headline, write_file
from .result import Result
from .wave import Var

HEX, BINARY, REAL, TEXT = "@22", "@28", "@2022", "@200"
PIXELS = 800


def _markers(centre: int, first: int) -> str:
    """Zoom (two to its power are the ticks of a pixel), the primary marker, marker A; -1: none. The divergence is in the middle."""
    zoom = -math.log2(max(2 * (centre - first), 16) / PIXELS)
    return "*" + " ".join([f"{zoom:.6f}", str(centre), str(centre)] + ["-1"] * 25) + f"\n[timestart] {max(0, first)}"


def _name(name: str, width: int) -> str:
    return f"{name}[{width - 1}:0]" if width > 1 else name


def _vcd_value(width: int, value: int, xz: int, code: str) -> str:
    digits = "".join(("z" if (value >> i) & 1 else "x") if (xz >> i) & 1 else str((value >> i) & 1) for i in range(width - 1, -1, -1))
    return f"b{digits} {code}" if width > 1 else digits + code


def _excerpt(plan: Plan, finding: Finding) -> tuple[str, list[str], int, int]:
    """VCD, lines of the save file, time of the divergence and of the beginning, in fs or, where all are whole ps, in ps."""
    block, first = plan.blocks[finding.block], finding.first
    main = 0 if finding.sides[0] is not None else 1
    centres = (first.cycle_a, first.cycle_b)
    times: dict[int, int] = {}
    values, centre = finding.sides[main], centres[main]
    assert values is not None and centre is not None
    for cycle, time in zip(values.cycles, values.times):
        times[cycle - centre] = time
    unit, tick = ("1 ps", 1000) if all(time % 1000 == 0 for time in times.values()) else ("1 fs", 1)
    header = [f"$comment {headline_ascii(finding, plan)} $end", f"$timescale {unit} $end"]
    rows: dict[int, list[str]] = {distance: [] for distance in times}
    save: list[str] = []
    codes = iter(range(1 << 30))
    by_pair: dict[int, list[str]] = {}
    for side, label in enumerate(plan.map.labels):
        header.append(f"$scope module {_word(label)} $end")
        for pair in block.pairs:
            code = _code(next(codes))
            if pair.real:
                header.append(f"$var real 64 {code} {_word(pair.name)} $end")
            else:
                header.append(f"$var wire {pair.width} {code} {_word(pair.name)}" + (f" [{pair.width - 1}:0]" if pair.width > 1 else "")
                              + " $end")
            name = f"{_word(label)}.{_word(pair.name)}"
            by_pair.setdefault(pair.index, []).append(name if pair.real else _name(name, pair.width))
            around, centre = finding.sides[side], centres[side]
            if around is None or centre is None:
                continue
            last = None
            for cycle, value in zip(around.cycles, around.values[pair.index]):
                if cycle - centre in rows and value != last:
                    rows[cycle - centre].append(f"r{_real(value[0])} {code}" if pair.real else _vcd_value(pair.width, *value, code))
                    last = value
        header.append("$upscope $end")
    code = _code(next(codes))
    header += ["$scope module wavediff $end", f"$var wire 1 {code} different $end", "$upscope $end", "$enddefinitions $end"]
    state = None
    for distance in sorted(rows):
        unequal = any(_value(finding, 0, pair.index, centres[0], distance) != _value(finding, 1, pair.index, centres[1], distance)
                      for pair in block.pairs if pair.compare)
        if unequal != state:
            rows[distance].append(f"{int(unequal)}{code}")
            state = unequal
    body = [line for distance in sorted(rows) for line in (f"#{times[distance] // tick}", *rows[distance])]
    save += [BINARY, "wavediff.different"]
    for pair in block.pairs:
        mark = " (differs)" if pair.index in first.pairs else ""
        save += [TEXT, f"-{pair.name}{mark}", REAL if pair.real else BINARY if pair.width == 1 else HEX, *by_pair[pair.index]]
    at = times.get(0, min(times.values(), default=0))
    return "\n".join([*header, *body, ""]), save, at // tick, min(times.values(), default=0) // tick


def headline_ascii(finding: Finding, plan: Plan) -> str:
    return f"first divergence of {plan.blocks[finding.block].name}".encode("ascii", "replace").decode()


def _value(finding: Finding, side: int, pair: int, centre: int | None, distance: int):
    around = finding.sides[side]
    if around is None or centre is None or centre + distance not in around.cycles:
        return None
    return around.values[pair][around.cycles.index(centre + distance)]


def _real(bits: int) -> str:
    return repr(struct.unpack("<d", struct.pack("<Q", bits))[0])


def _word(text: str) -> str:
    """A name without what ends a word or opens a range."""
    return "".join(letter if letter.isalnum() or letter in "_.$" else "_" for letter in text) or "_"


def _code(number: int) -> str:
    text = ""
    while True:
        text += chr(33 + number % 94)
        number //= 94
        if number == 0:
            return text


def _side(plan: Plan, finding: Finding, side: int) -> str:
    wave, block = plan.waves[side], plan.blocks[finding.block]
    time, around = finding.time[side], finding.sides[side]
    if time is None or around is None:  # nothing there: the time of the other side
        time = finding.time[1 - side] or 0
        start = time
    else:
        start = around.times[0]
    lines = [f'[dumpfile] "{wave.path.resolve()}"', _markers(time // wave.tick_fs, start // wave.tick_fs), "[signals_width] 320",
             TEXT, f"-{block.name}"]
    chosen: list[Var] = []
    for pair in block.pairs:
        for piece in (pair.a, pair.b)[side].pieces:
            if piece.var not in chosen:
                chosen.append(piece.var)
    clock = plan.clocks[block.clock].sides[side]
    if clock.signal:
        chosen.insert(0, wave.vars[clock.signal])
    for var in chosen:
        lines += [REAL if var.kind == "real" else BINARY if var.width == 1 else HEX,
                  var.name if var.kind == "real" else _name(var.name, var.width)]
    return "\n".join([*lines, ""])


def write_gtkwave(prefix: pathlib.Path, plan: Plan, result: Result, found: list[Finding]) -> list[str]:
    """For the likely cause. Returns the lines that say how to look at it."""
    finding = found[0]
    name = lambda end: prefix.with_name(prefix.name + end)  # noqa: E731
    vcd, save, at, first = _excerpt(plan, finding)
    write_file(name(".vcd"), vcd)
    write_file(name(".gtkw"), "\n".join([f"[*] {headline(plan, result, finding)}", f'[dumpfile] "{name(".vcd").resolve()}"',
                                         _markers(at, first), "[signals_width] 320", *save, ""]))
    for side, letter in enumerate("ab"):
        write_file(name(f".{letter}.gtkw"), _side(plan, finding, side))
    a, b = (plan.waves[side].path for side in (0, 1))
    return [f"gtkwave {name('.vcd')} {name('.gtkw')}", f"twinwave {a} {name('.a.gtkw')} + {b} {name('.b.gtkw')}"]
