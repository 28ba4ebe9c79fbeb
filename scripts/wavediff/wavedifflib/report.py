"""The answer as text, JSON and JUnit XML."""
from __future__ import annotations

import dataclasses
import json
import pathlib
import struct
from typing import Any, Callable
from xml.sax.saxutils import escape, quoteattr

from .engine import Around, Options, Wish, around
from .errors import InputError
from .plan import Pair, Plan
from .result import First, Result

SHOWN = 10  # blocks with a table of values


@dataclasses.dataclass
class Finding:
    """A block that diverges, with what was read around it."""
    block: int
    first: First
    sides: list[Around | None]  # None: nothing there on this side
    time: list[int | None]      # fs

    @property
    def order(self) -> tuple[int, int]:
        """Earliest first, by time on side a; at the same time by the order of the groups in the map: data-flow order."""
        return self.time[0] if self.time[0] is not None else self.time[1] or 0, self.block


def findings(plan: Plan, result: Result, options: Options) -> list[Finding]:
    """The likely cause first. Reads the waveforms once more if there is any."""
    bad = [i for i, block in enumerate(result.blocks) if block.first]
    found = {}
    for i in bad:
        first = result.blocks[i].first
        assert first is not None
        found[i] = Finding(i, first, [None, None], [None, None])
    for side in (0, 1):
        cycle_of = lambda i: found[i].first.cycle_a if side == 0 else found[i].first.cycle_b  # noqa: B023, E731
        there = [i for i in bad if cycle_of(i) is not None]
        for i, values in zip(there, around(plan, side, [Wish(plan.blocks[i], cycle_of(i) or 0) for i in there], options)):
            found[i].sides[side] = values
            cycle = cycle_of(i)
            if cycle in values.cycles:
                found[i].time[side] = values.times[values.cycles.index(cycle)]
    return sorted(found.values(), key=lambda finding: finding.order)


def hexadecimal(width: int, value: int, xz: int) -> str:
    digits = -(-width // 4)
    text = ""
    for i in range(digits):
        bits = min(4, width - 4 * i)
        v, x = (value >> 4 * i) & 15, (xz >> 4 * i) & 15
        full = (1 << bits) - 1
        letter = f"{v:x}" if not x else "z" if x == full and v == full else "x" if x == full and not v else "X"
        text = letter + text
    return "0x" + text


def decimal(width: int, value: int, xz: int) -> str:
    if xz:
        return "unknown"
    if width > 1 and value >> (width - 1):
        return f"{value}, signed {value - (1 << width)}"
    return str(value)


def number_text(pair: Pair, value: int, xz: int) -> str:
    if pair.real:
        return "unset" if xz else repr(struct.unpack("<d", struct.pack("<Q", value))[0])
    return f"{hexadecimal(pair.width, value, xz)} ({decimal(pair.width, value, xz)})"


def short(pair: Pair, value: int, xz: int) -> str:
    return number_text(pair, value, xz).split(" ")[0]


def time_text(fs: int | None) -> str:
    if fs is None:
        return "-"
    return f"{fs // 1000} ps" if fs % 1000 == 0 else f"{fs} fs"


def _at(around_: Around | None, pair: int, cycle: int | None) -> tuple[int, int] | None:
    if around_ is None or cycle not in around_.cycles:
        return None
    return around_.values[pair][around_.cycles.index(cycle)]


def headline(plan: Plan, result: Result, finding: Finding) -> str:
    """Where, when, what: one line."""
    first, block = finding.first, plan.blocks[finding.block]
    a, b = plan.map.labels
    places = [f"{label} cycle {cycle} ({time_text(time)})" for label, cycle, time in
              zip((a, b), (first.cycle_a, first.cycle_b), finding.time) if cycle is not None]
    where = ", ".join(places) + (f", transaction {first.number}" if first.number is not None else "")
    if first.key:
        where += ", " + ", ".join(f"{pair.name} {value}" for pair, value in zip(block.key, first.key))
    if first.kind == "missing":
        return f"{block.name}: {where}: a transaction that {b} does not have ({result.blocks[finding.block].missing} in all)"
    if first.kind == "extra":
        return f"{block.name}: {where}: a transaction that {a} does not have ({result.blocks[finding.block].extra} in all)"
    if first.kind == "unknown_valid":
        return f"{block.name}: {where}: {plan.pairs[first.pairs[0]].name} is x"
    what = []
    for i in first.pairs[:3]:
        values = [_at(finding.sides[side], i, cycle) for side, cycle in ((0, first.cycle_a), (1, first.cycle_b))]
        texts = [number_text(plan.pairs[i], *value) if value else "?" for value in values]
        what.append(f"{plan.pairs[i].name}: {a} {texts[0]}, {b} {texts[1]}")
    more = f" and {len(first.pairs) - 3} more" if len(first.pairs) > 3 else ""
    return f"{block.name}: {where}: " + "; ".join(what) + more


def _values_table(plan: Plan, finding: Finding, write: Callable[[str], Any]) -> None:
    """Signals down, cycles across; * where they differ, with cycles put side by side by their distance from the divergence."""
    block, first = plan.blocks[finding.block], finding.first
    centres = (first.cycle_a, first.cycle_b)
    distances = sorted({cycle - centre for values, centre in zip(finding.sides, centres) if values and centre is not None
                        for cycle in values.cycles})
    for begin in range(0, len(distances), 9):
        part = distances[begin:begin + 9]
        rows = [["cycle from there on", ""] + [f"{d:+d}" if d else "0" for d in part]]
        for pair in block.pairs:
            cells: list[list[str]] = []
            for side in (0, 1):
                values, centre = finding.sides[side], centres[side]
                row = []
                for d in part:
                    value = _at(values, pair.index, centre + d) if centre is not None else None
                    row.append(short(pair, *value) if value else "")
                cells.append(row)
            same = cells[0] == cells[1]
            labels = plan.map.labels
            if same:
                rows.append([pair.name, "both", *cells[0]])
            else:
                rows.append([pair.name, labels[0], *cells[0]])
                rows.append(["", labels[1], *(cell + ("*" if cell and other and cell != other else "") for cell, other in zip(cells[1], cells[0]))])
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for row in rows:
            write("    " + "  ".join(f"{cell:<{w}}" if i < 2 else f"{cell:>{w}}" for i, (cell, w) in enumerate(zip(row, widths))).rstrip())
        write("")


def length_text(plan: Plan, result: Result, clock: int) -> str:
    (a, b), slack = result.cycles[clock], plan.clocks[clock].slack
    more = f", slack is {slack}" if slack is not None else ""
    return f"clock {plan.clocks[clock].name}: {plan.map.labels[0]} has {a} cycles, {plan.map.labels[1]} {b}{more}"


def totals(plan: Plan, result: Result) -> dict[str, int]:
    return {"blocks": len(plan.blocks), "different": sum(block.differs for block in result.blocks), "pairs": len(plan.pairs),
            "cycles": max((block.compared for block in result.blocks if block.unit == "cycles"), default=0),
            "transactions": sum(block.compared for block in result.blocks if block.unit == "transactions"),
            "waived": len(plan.waived)}


def write_text(plan: Plan, result: Result, found: list[Finding], write: Callable[[str], Any], brief: bool) -> None:
    total = totals(plan, result)
    if found:
        write(f"DIFFERENT: {headline(plan, result, found[0])}")
    else:
        write(f"DIFFERENT: {length_text(plan, result, result.too_long[0])}" if result.too_long else "EQUAL")
    write(f"compared: {total['blocks']} blocks, {total['pairs']} pairs of signals, {total['cycles']} cycles, {total['transactions']} "
          f"transactions; {total['waived']} signals waived" + (f", {len(plan.left_out)} scopes left out" if plan.left_out else ""))
    for k, (a, b) in enumerate(result.cycles):
        if a != b:
            write(f"{length_text(plan, result, k)}; cycles are compared as far as both go")
    for group in sorted({plan.blocks[x.block].group for x in result.alignments}):
        x = next(x for x in result.alignments if plan.blocks[x.block].group == group)
        second = f", next best {x.second}" if x.second is not None else ""
        write(f"offset: {plan.map.groups[group].where} ({plan.blocks[x.block].name}, ...): {x.offset} cycles, confidence "
              f"{x.confidence:.2f} ({x.matched} of {x.of} changes{second})")
    if not found or brief:
        return
    write("")
    write(f"{len(found)} of {total['blocks']} blocks differ; the earliest, in data-flow order where it is a tie, is the likely cause:")
    for i, finding in enumerate(found):
        outcome = result.blocks[finding.block]
        write(f"{i + 1:3}. {headline(plan, result, finding)}")
        counted = ", ".join(f"{plan.pairs[pair].name} {count}" for pair, count in sorted(outcome.counts.items()))
        extra = "".join(f", {count} {what}" for count, what in ((outcome.missing, "missing"), (outcome.extra, "extra")) if count)
        write(f"     of {outcome.compared} {outcome.unit}, differing: {counted or 'none'}{extra}")
        if i < SHOWN:
            write("")
            _values_table(plan, finding, write)
    if len(found) > SHOWN:
        write(f"(values of the first {SHOWN} only)")


def as_json(plan: Plan, result: Result, found: list[Finding]) -> dict[str, Any]:
    by_block = {finding.block: (rank, finding) for rank, finding in enumerate(found)}
    blocks = []
    for block, outcome in zip(plan.blocks, result.blocks):
        entry: dict[str, Any] = {
            "name": block.name, "scope_a": block.scopes[0], "scope_b": block.scopes[1], "clock": plan.clocks[block.clock].name,
            "mode": block.mode, "offset": outcome.offset, "equal": not outcome.differs, "compared": outcome.compared,
            "unit": outcome.unit, "missing": outcome.missing, "extra": outcome.extra,
            "signals": [{"name": pair.name, "a": pair.a.text, "b": pair.b.text, "width": pair.width, "different": outcome.counts.get(pair.index, 0)}
                        for pair in block.pairs]}
        if block.index in by_block:
            rank, finding = by_block[block.index]
            first = finding.first
            signals = []
            for i in first.pairs:
                pair = plan.pairs[i]
                values = [_at(finding.sides[side], i, cycle) for side, cycle in ((0, first.cycle_a), (1, first.cycle_b))]
                form = lambda v: None if v is None else {"hex": short(pair, *v), "decimal": None if v[1] or pair.real else v[0]}  # noqa: B023, E731
                signals.append({"name": pair.name, "a": form(values[0]), "b": form(values[1])})
            entry["first"] = {"rank": rank, "kind": first.kind, "cycle_a": first.cycle_a, "cycle_b": first.cycle_b,
                              "time_fs_a": finding.time[0], "time_fs_b": finding.time[1], "transaction": first.number,
                              "key": first.key, "signals": signals, "text": headline(plan, result, finding)}
        blocks.append(entry)
    return {"version": 1, "equal": not found and not result.too_long, "a": str(plan.waves[0].path), "b": str(plan.waves[1].path), "map": str(plan.map.path),
            "totals": totals(plan, result), "likely_cause": plan.blocks[found[0].block].name if found else None,
            "clocks": {clock.name: {"cycles_a": a, "cycles_b": b, "within_slack": k not in result.too_long}
                       for k, (clock, (a, b)) in enumerate(zip(plan.clocks, result.cycles))},
            "alignments": [{"block": plan.blocks[x.block].name, "offset": x.offset, "confidence": round(x.confidence, 4),
                            "matched": x.matched, "of": x.of, "second": x.second} for x in result.alignments],
            "blocks": blocks, "waived": [{"side": side, "signal": name, "reason": reason} for side, name, reason in plan.waived]}


def as_junit(plan: Plan, result: Result, found: list[Finding]) -> str:
    """One case a block; attributes as Jenkins and GitLab read them."""
    by_block = {finding.block: finding for finding in found}
    bounded = [k for k, clock in enumerate(plan.clocks) if clock.slack is not None]
    numbers = f'tests="{len(plan.blocks) + len(bounded)}" failures="{len(found) + len(result.too_long)}" errors="0"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {numbers}>", f'  <testsuite name="wavediff" {numbers} skipped="0">']
    for k in bounded:
        name = f'    <testcase classname="wavediff.length" name={quoteattr("clock " + plan.clocks[k].name)}'
        failure = f"<failure message={quoteattr(length_text(plan, result, k))}/>" if k in result.too_long else ""
        lines.append(f"{name}>{failure}</testcase>")
    for block, outcome in zip(plan.blocks, result.blocks):
        name = f'    <testcase classname={quoteattr("wavediff." + block.mode)} name={quoteattr(block.name)}'
        if block.index in by_block:
            text: list[str] = []
            _values_table(plan, by_block[block.index], text.append)
            lines += [name + ">", f"      <failure message={quoteattr(headline(plan, result, by_block[block.index]))}>"
                      + escape("\n" + "\n".join(text)) + "</failure>", "    </testcase>"]
        else:
            lines.append(f"{name}><system-out>{outcome.compared} {outcome.unit} are equal</system-out></testcase>")
    return "\n".join([*lines, "  </testsuite>", "</testsuites>", ""])


def write_file(path: pathlib.Path, text: str) -> None:
    """All of it or nothing."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written: {error.strerror}; allowed: a file in a folder that is there") from None


def write_json(path: pathlib.Path, plan: Plan, result: Result, found: list[Finding]) -> None:
    write_file(path, json.dumps(as_json(plan, result, found), indent=1) + "\n")
