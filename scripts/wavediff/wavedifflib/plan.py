"""The map laid onto two waveforms: pairs of expressions with their words, blocks, clocks; every signal mapped or waived."""
from __future__ import annotations

import dataclasses
import re

from .errors import InputError
from .expr import Expr, Term, parse, terms
from .mapfile import Clock, Entry, Group, Map
from .wave import Var, Wave, columns_of

SIDES = ("a", "b")


@dataclasses.dataclass
class Pair:
    """Two expressions that must be equal. Its words are base .. base + words - 1, on both sides."""
    index: int
    block: int
    name: str
    a: Expr
    b: Expr
    width: int
    base: int
    words: int
    compare: bool
    real: bool
    tolerance: tuple[float, float]
    x: str


@dataclasses.dataclass
class Block:
    """One instance of a group: two scopes whose pairs are compared in one mode."""
    index: int
    name: str
    group: int
    clock: int
    scopes: tuple[str, str]
    mode: str
    pairing: str
    pairs: list[Pair]
    valid: Pair | None
    ready: Pair | None
    key: list[Pair]
    offset: int | None


@dataclasses.dataclass
class SideClock:
    """What one side samples at one clock: terms by column, where clock and reset are."""
    clock: Clock
    side: int
    terms: list[Term]  # `word` is the plan's, `source` the column of the stream
    signal: int | None  # column
    reset: int | None   # column; bit 0


@dataclasses.dataclass
class Plan:
    map: Map
    waves: tuple[Wave, Wave]
    clocks: list[Clock]
    blocks: list[Block]
    pairs: list[Pair]
    words: int
    columns: tuple[dict[int, int], dict[int, int]]
    sides: tuple[list[SideClock], list[SideClock]]
    waived: list[tuple[str, str, str]]  # side, signal, reason
    left_out: list[tuple[str, str]]     # scope of side a without a partner, reason


class _Planner:
    def __init__(self, mapped: Map, waves: tuple[Wave, Wave]) -> None:
        self.map, self.waves = mapped, waves
        self.columns: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.next_column = [0, 0]
        self.used: tuple[set[int], set[int]] = (set(), set())
        self.blocks: list[Block] = []
        self.pairs: list[Pair] = []
        self.words = 0
        self.terms: list[list[list[Term]]] = [[[] for _ in mapped.clocks] for _ in SIDES]
        self.left_out: list[tuple[str, str]] = []
        self.left_scopes: list[str] = []

    def bad(self, where: str, text: str) -> InputError:
        return InputError(f"{self.map.path}: {where}: {text}")

    def column(self, side: int, var: Var) -> int:
        self.used[side].add(var.signal)
        if var.signal not in self.columns[side]:
            self.columns[side][var.signal] = self.next_column[side]
            self.next_column[side] += columns_of(var.width)
        return self.columns[side][var.signal]

    def single(self, side: int, name: str, where: str) -> int:
        var = self.waves[side].vars.get(name)
        if var is None:
            raise self.bad(where, f"{name!r} is not in {self.waves[side].path}; allowed: its signals (--list shows them)")
        if var.kind != "bits" or var.width != 1:
            raise self.bad(where, f"{name!r} is {'a ' + var.kind if var.kind != 'bits' else f'{var.width} bits'}; allowed: one bit")
        return self.column(side, var)

    def expression(self, side: int, scope: str, text: str, where: str) -> Expr:
        known = self.waves[side].vars
        prefix = scope + "." if scope else ""
        return parse(text, lambda name: known.get(prefix + name), f"{self.map.path}: {where}: {self.waves[side].path}"
                     + (f", scope {scope}" if scope else ""))

    def pair(self, block: Block, clock: int, entry: Entry, name: str, texts: tuple[str, str], group: Group, where: str) -> Pair:
        a, b = (self.expression(side, block.scopes[side], texts[side], where) for side in (0, 1))
        if a.kind != b.kind:
            raise self.bad(where, f"{a.text!r} is {a.kind} and {b.text!r} is {b.kind}; allowed: two of a kind")
        if entry.widths is not None and entry.widths != (a.width, b.width):
            raise self.bad(where, f"width declares {entry.widths[0]} and {entry.widths[1]} bits for {name!r}, which has {a.width} and "
                                  f"{b.width}; allowed: what it has")
        if a.width != b.width and entry.widths is None:
            raise self.bad(where, f"{a.text!r} has {a.width} bits and {b.text!r} {b.width}; allowed: the same, a slice, or both "
                                  f"declared: width: {{a: {a.width}, b: {b.width}, extend: zero|sign|cut}}")
        if entry.tolerance != (0.0, 0.0) and a.kind != "real":
            raise self.bad(where, f"tolerance for {name!r}, which is bits; allowed: for real numbers")
        width = min(a.width, b.width) if entry.extend == "cut" else max(a.width, b.width)
        pair = Pair(len(self.pairs), block.index, name, a, b, width, self.words, columns_of(width), entry.compare,
                    a.kind == "real", entry.tolerance, entry.x or group.x)
        self.words += pair.words
        self.pairs.append(pair)
        block.pairs.append(pair)
        for side, expr in ((0, a), (1, b)):
            for piece in expr.pieces:
                self.column(side, piece.var)
            for term in terms(expr, width, entry.extend == "sign"):
                self.terms[side][clock].append(term._replace(word=pair.base + term.word,
                                                             source=self.columns[side][term.signal] + term.source))
        return pair

    def expand(self, template: str, match: re.Match, where: str, names: dict[str, str] | None = None) -> str:
        """\\1, \\g<name> of a match, and \\g<name> of the scope's."""
        def fill(found: re.Match) -> str:
            which = found[1] or found[2]
            if names and not which.isdigit() and which not in match.re.groupindex:
                if which in names:
                    return names[which]
            try:
                return match[int(which) if which.isdigit() else which] or ""
            except (IndexError, KeyError):
                raise self.bad(where, f"{template!r} names the group {which!r}; allowed: groups of {match.re.pattern!r}") from None

        return re.sub(r"\\(?:(\d)|g<(\w+)>)", fill, template)

    def group(self, index: int, group: Group) -> None:
        names = [clock.name for clock in self.map.clocks]
        if group.clock is None and len(names) > 1:
            raise self.bad(group.where, f"has no clock; allowed: {', '.join(names)}")
        if group.clock is not None and group.clock not in names:
            raise self.bad(group.where + ".clock", f"is {group.clock!r}; allowed: {', '.join(names)}")
        clock = names.index(group.clock) if group.clock is not None else 0
        scopes = [match for scope in self.waves[0].scopes if (match := group.scope.fullmatch(scope))]
        if not scopes:
            raise self.bad(group.where + ".a", f"{group.scope.pattern!r} is no scope of {self.waves[0].path}; allowed: a regular "
                                               "expression for whole names of scopes (--list shows them)")
        placed = False
        hits = [0] * len(group.entries)
        for match in scopes:
            target = self.expand(group.target, match, group.where + ".b")
            if target not in self.waves[1].scopes:
                if group.missing_b is not None:
                    self.left_out.append((match[0], group.missing_b))
                    self.left_scopes.append(match[0])
                    continue
                raise self.bad(group.where + ".b", f"{target!r}, for {match[0]!r}, is no scope of {self.waves[1].path}; allowed: its "
                                                   "scopes (--list shows them), or missing_b: REASON")
            placed = True
            self.block(index, group, clock, match, target, hits)
        if not placed:
            raise self.bad(group.where + ".b", f"no scope of {self.waves[0].path} has a partner in {self.waves[1].path}; allowed: at "
                                               "least one")
        for i, entry in enumerate(group.entries):
            if entry.match is not None and hits[i] == 0:
                raise self.bad(f"{group.where}.signals[{i}]", f"{entry.match.pattern!r} matches no signal in any scope of the group; "
                                                              "allowed: a regular expression for whole names below the scope")

    def block(self, index: int, group: Group, clock: int, match: re.Match, target: str, hits: list[int]) -> None:
        name = self.expand(group.block, match, group.where + ".block") if group.block else match[0] or target or "top"
        block = Block(len(self.blocks), name, index, clock, (match[0], target), group.mode, group.pairing, [], None, None, [],
                      group.offset)
        self.blocks.append(block)
        captured = {key: value or "" for key, value in match.groupdict().items()}
        prefix = match[0] + "." if match[0] else ""
        for i, entry in enumerate(group.entries):
            where = f"{group.where}.signals[{i}]"
            if entry.match is None:
                texts = self.expand(entry.a, match, where), self.expand(entry.b, match, where)
                self.pair(block, clock, entry, entry.name or texts[0], texts, group, where)
                continue
            found = [(full, hit) for full in self.waves[0].scopes[match[0]]
                     if self.waves[0].vars[full].kind in ("bits", "real") and (hit := entry.match.fullmatch(full[len(prefix):]))]
            hits[i] += len(found)
            for full, hit in found:
                local = full[len(prefix):]
                self.pair(block, clock, entry, local, (f"`{local}`", self.expand(entry.b, hit, where, captured)), group, where)
        if not block.pairs:  # a scope that only holds others
            self.blocks.pop()
            return
        by_name: dict[str, Pair] = {}
        for pair in block.pairs:
            if pair.name in by_name:
                raise self.bad(group.where, f"{pair.name!r} is there twice in {name}; allowed: once, or another name")
            by_name[pair.name] = pair

        def role(wanted: str, what: str) -> Pair:
            if wanted not in by_name:
                raise self.bad(f"{group.where}.{what}", f"is {wanted!r}; allowed: names of its signals: {', '.join(by_name)}")
            if what != "key" and (by_name[wanted].width > 64 or by_name[wanted].real):
                raise self.bad(f"{group.where}.{what}", f"{wanted!r} has {by_name[wanted].width} bits; allowed: up to 64 (not 0 is valid)")
            return by_name[wanted]

        block.valid = role(group.valid, "valid") if group.valid else None
        block.ready = role(group.ready, "ready") if group.ready else None
        block.key = [role(wanted, "key") for wanted in group.key]

    def waivers(self) -> list[tuple[str, str, str]]:
        waived, hits = [], [0] * len(self.map.waivers)
        for side, wave in enumerate(self.waves):
            free = []
            for name, var in wave.vars.items():
                if var.signal in self.used[side] or var.kind == "parameter":
                    continue
                if side == 0 and any(name.startswith(scope + ".") for scope in self.left_scopes):
                    continue
                for i, waiver in enumerate(self.map.waivers):
                    if waiver.side == side and waiver.match.fullmatch(name):
                        hits[i] += 1
                        waived.append((SIDES[side], name, waiver.reason))
                        break
                else:
                    free.append(name)
            if free:
                more = f" and {len(free) - 3} more" if len(free) > 3 else ""
                raise InputError(f"{self.map.path}: not mapped, side {SIDES[side]} ({wave.path}): {', '.join(free[:3])}{more}; allowed: "
                                 "each signal in a group or in a waiver with its reason")
        for waiver, count in zip(self.map.waivers, hits):
            if count == 0 and not waiver.optional:
                raise self.bad(waiver.where, f"{waiver.match.pattern!r} matches no signal of side {SIDES[waiver.side]} that is not "
                                             "mapped; allowed: at least one, or optional: true")
        return waived

    def make(self) -> Plan:
        for index, group in enumerate(self.map.groups):
            self.group(index, group)
        sides: tuple[list[SideClock], list[SideClock]] = ([], [])
        for k, clock in enumerate(self.map.clocks):
            for side in (0, 1):
                spec = clock.sides[side]
                where = f"clocks.{clock.name}.{SIDES[side]}"
                signal = self.single(side, spec.signal, where + ".signal") if spec.signal else None
                reset = self.single(side, spec.reset, where + ".reset.signal") if spec.reset else None
                sides[side].append(SideClock(clock, side, self.terms[side][k], signal, reset))
        seen: dict[str, str] = {}
        for block in self.blocks:
            if block.name in seen:
                raise self.bad(self.map.groups[block.group].where, f"two blocks have the name {block.name!r}; allowed: one; see block")
            seen[block.name] = block.name
        return Plan(self.map, self.waves, self.map.clocks, self.blocks, self.pairs, self.words, self.columns, sides,
                    self.waivers(), self.left_out)


def make_plan(mapped: Map, waves: tuple[Wave, Wave]) -> Plan:
    return _Planner(mapped, waves).make()
