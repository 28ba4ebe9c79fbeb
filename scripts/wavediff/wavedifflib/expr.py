"""Expressions of a map: a signal, a slice of one, a concatenation, an inversion: `{~busy, data[7:4], tag}`.

Resolved, an expression is a list of terms: bits of one column that go to one place of an output word. Terms of a word never
overlap, so its value is the XOR of what they give, and a change of one term changes the word by the XOR of old and new.
"""
from __future__ import annotations

import re
from typing import Callable, NamedTuple

from .errors import InputError
from .wave import Var


class Piece(NamedTuple):
    var: Var
    high: int
    low: int
    invert: bool


class Expr(NamedTuple):
    text: str
    pieces: tuple[Piece, ...]  # highest bits first
    width: int
    kind: str


class Term(NamedTuple):
    word: int    # of the output
    signal: int
    source: int  # column of the signal
    shift: int   # right, in the column
    bits: int
    place: int   # left, in the output word
    invert: bool
    repeat: int  # bits that copy the one source bit; 0: none


def _split(text: str, where: str) -> list[str]:
    parts, depth, current, quoted = [], 0, "", False
    for letter in text:
        quoted ^= letter == "`"
        if not quoted:
            depth += (letter in "{[") - (letter in "}]")
            if letter == "," and depth == 0:
                parts.append(current)
                current = ""
                continue
        current += letter
    if depth != 0 or quoted:
        raise InputError(f"{where}: {text!r} has no partner for a bracket or quote; allowed: {{a, ~b[3:0], `name, with comma`}}")
    return [*parts, current]


def parse(text: str, find: Callable[[str], Var | None], where: str) -> Expr:
    """`find` gives the signal of a name, or None. Errors name `where`."""
    pieces = tuple(_pieces(text.strip(), find, where, False))
    kinds = {piece.var.kind for piece in pieces}
    if kinds - {"bits", "real"}:
        raise InputError(f"{where}: {text!r} is a {sorted(kinds)[0]}; allowed: bits and real numbers (waive others)")
    if "real" in kinds and (len(pieces) > 1 or pieces[0].invert or pieces[0].high != 63 or pieces[0].low != 0):
        raise InputError(f"{where}: {text!r} takes a real number apart; allowed: real signals as they are")
    return Expr(text, pieces, sum(p.high - p.low + 1 for p in pieces), "real" if "real" in kinds else "bits")


def _pieces(text: str, find, where: str, invert: bool) -> list[Piece]:
    if text.startswith("~"):
        return _pieces(text[1:].strip(), find, where, not invert)
    if text.startswith("{") and text.endswith("}"):
        return [piece for part in _split(text[1:-1], where) for piece in _pieces(part.strip(), find, where, invert)]
    quoted = re.fullmatch(r"`([^`]+)`(\[\d+(?::\d+)?\])?", text)
    name = quoted[1] + (quoted[2] or "") if quoted else text
    if not name:
        raise InputError(f"{where}: an empty expression; allowed: a signal, a slice name[7:0], {{a, b}}, ~a")
    var = find(name)
    if var is not None:
        return [Piece(var, var.width - 1, 0, invert)]
    part = re.fullmatch(r"(.+?)\[(\d+)(?::(\d+))?\]", name)
    var = find(part[1]) if part else None
    if part is None or var is None:
        raise InputError(f"{where}: {name!r} is not in the waveform; allowed: its signals (--list shows them)")
    high, low = int(part[2]), int(part[3] if part[3] is not None else part[2])
    if not var.width > high >= low:
        raise InputError(f"{where}: {name!r} of a signal of {var.width} bits; allowed: [high:low] with {var.width - 1} >= high >= "
                         "low >= 0, counted from the lowest bit")
    return [Piece(var, high, low, invert)]


def terms(expr: Expr, width: int, signed: bool) -> list[Term]:
    """Into words of 64 bits; what `width` has more than the expression copies the highest bit (signed) or is 0."""
    result = []
    to = 0
    for piece in reversed(expr.pieces):
        at = piece.low
        while at <= piece.high and to < width:
            bits = min(piece.high + 1 - at, 64 - at % 64, 64 - to % 64, width - to)
            result.append(Term(to // 64, piece.var.signal, at // 64, at % 64, bits, to % 64, piece.invert, 0))
            at += bits
            to += bits
    if signed and to < width:
        top = expr.pieces[0]
        while to < width:
            bits = min(64 - to % 64, width - to)
            result.append(Term(to // 64, top.var.signal, top.high // 64, top.high % 64, 1, to % 64, top.invert, bits))
            to += bits
    return result
