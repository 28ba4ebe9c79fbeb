"""Reads a Value Change Dump (IEEE 1364-2005, clause 18) as a stream: blocks of bytes, each taken apart by NumPy at once.

Nothing but the current block is held, whatever the size of the file.
"""
from __future__ import annotations

import pathlib
import re
from typing import Iterator

import numpy as np

from .errors import InputError
from .wave import ALL, FS, Changes, Var, Wave, check_time, columns_of

BLOCK = 1 << 20
HEADER_MAX = 1 << 30
PAD = 8  # bytes before and behind a block, so that eight can be read at once from any place
KINDS = {"real": "real", "realtime": "real", "string": "string", "event": "event", "parameter": "parameter"}

_VECTOR = np.zeros(256, bool)
_VECTOR[list(b"bBrRsS")] = True
_SCALAR = np.zeros(256, bool)
_SCALAR[list(b"01xXzZuUwWlLhH-")] = True
_BINARY = np.zeros(256, bool)
_BINARY[list(b"01xXzZ")] = True
# Nine states on four, as in wellen.py.
_FOUR = np.arange(256, dtype=np.uint8)
_FOUR[list(b"uUwW-lLhH")] = list(b"xxxxx0011")
_SPACE = np.zeros(256, bool)
_SPACE[list(b" \t\n\r\f\v")] = True
_IGNORED = {b"$dumpvars", b"$dumpall", b"$dumpon", b"$dumpoff", b"$end"}


def _header_text(file, path: pathlib.Path) -> bytes:
    text = b""
    while True:
        chunk = file.read(1 << 16)
        text += chunk
        end = text.find(b"$enddefinitions", max(0, len(text) - len(chunk) - 16))
        close = text.find(b"$end", end + 15) if end >= 0 else -1
        if close >= 0:
            file.seek(close + 4)
            return text[:close + 4]
        if not chunk or len(text) > HEADER_MAX:
            raise InputError(f"{path}: ends at offset {len(text)} without $enddefinitions; allowed: a whole VCD header")


def open_vcd(path: pathlib.Path) -> "VcdWave":
    with open(path, "rb") as file:
        raw = _header_text(file, path)
        start = file.tell()
    text = raw.decode("utf-8", "replace")
    scopes: list[str] = []
    codes: dict[str, int] = {}
    shapes: dict[str, tuple[int, str]] = {}
    found: dict[str, Var] = {}
    tick, comment = 0, ""
    for match in re.finditer(r"\$(\w+)(?=\s)(.*?)(?<=\s)\$end(?=\s|$)", text, re.S):
        kind, rest = match[1], match[2].split()
        if kind == "scope" and len(rest) == 2:
            scopes.append(rest[1])
        elif kind == "upscope" and scopes:
            scopes.pop()
        elif kind == "timescale":
            parts = re.fullmatch(r"(1|10|100)(s|ms|us|ns|ps|fs)", "".join(rest))
            if not parts:
                raise InputError(f"{path}: $timescale is {' '.join(rest)!r}; allowed: 1, 10 or 100 of s, ms, us, ns, ps, fs")
            tick = int(parts[1]) * FS[parts[2]]
        elif kind == "comment":
            comment += match[2].strip() + "\n"
        elif kind == "var":
            if len(rest) < 4 or not rest[1].isdigit() or not 1 <= int(rest[1]) <= 1 << 20:
                if rest[:1] == ["event"] or rest[:1] == ["string"]:
                    rest[1] = "1"
                else:
                    raise InputError(f"{path}: {match[0]!r} at offset {match.start()}; allowed: $var TYPE WIDTH CODE NAME $end")
            code, name = rest[2], ".".join([*scopes, rest[3]])
            if len(code) > 8:
                raise InputError(f"{path}: {name} has the code {code!r}; allowed: up to 8 characters, or --reader wellen")
            # "data [3]" beside "data [2]": bits of one vector that are traced apart.
            if len(rest) > 4 and re.fullmatch(r"\[\d+\]", rest[4]) and int(rest[1]) == 1:
                name += rest[4]
            # "data[7:0]", as GHDL writes it, is the vector that others call "data".
            bits = re.fullmatch(r"(.*[^.])\[(-?\d+):(-?\d+)\]", name)
            if bits and abs(int(bits[2]) - int(bits[3])) + 1 == int(rest[1]):
                name = bits[1]
            shape = (64 if rest[0] in ("real", "realtime") else int(rest[1]), KINDS.get(rest[0], "bits"))
            if shapes.setdefault(code, shape) != shape:
                raise InputError(f"{path}: {name} shares its code {code!r} with a signal of another width or kind; "
                                 "allowed: one width a code")
            found[name] = Var(name, *shape, codes.setdefault(code, len(codes)))
        elif kind in ("scope", "upscope"):
            raise InputError(f"{path}: {match[0]!r} at offset {match.start()}; allowed: $scope TYPE NAME $end ... $upscope $end")
    if not tick:
        raise InputError(f"{path}: has no $timescale; allowed: a VCD with one")
    return VcdWave(path, "VCD", tick, found, comment, path.stat().st_size, start, codes)


class VcdWave(Wave):
    def __init__(self, path, form, tick, found, comment, size, start, codes) -> None:
        super().__init__(path, form, tick, found, comment, size)
        self._start = start
        self._codes = codes
        self._by_signal = {var.signal: var for var in found.values()}

    def stream(self, columns: dict[int, int]) -> Iterator[tuple[Changes, int, int]]:
        parser = _Parser(self, columns)
        with open(self.path, "rb") as file:
            file.seek(self._start)
            rest = b""
            while True:
                data = file.read(BLOCK)
                if not data:
                    break
                data = rest + data
                # To the end of a line that does not end within "b101 code".
                cut = max(data.rfind(b"\n#"), 0) + 1 if b"\n#" in data else 0
                if cut <= 1:
                    if len(data) > 256 * BLOCK:
                        raise InputError(f"{self.path}: no time for {len(data)} bytes at offset {file.tell() - len(data)}; "
                                         "allowed: a VCD with times at the beginning of lines")
                    rest = data
                    continue
                rest = data[cut:]
                yield parser.parse(data[:cut], file.tell() - len(data)), parser.now, file.tell() - len(rest)
            if rest.strip():
                yield parser.parse(rest, file.tell() - len(rest)), parser.now, file.tell()


class _NineStates(Exception):
    """A vector has a digit of VHDL."""


class _Parser:
    def __init__(self, wave: VcdWave, columns: dict[int, int]) -> None:
        self.path, self.tick = wave.path, wave.tick_fs
        self.now = 0
        self._seen_time = False
        self._nine = False  # values of VHDL have been seen, as GHDL writes them: u, w, l, h and -
        count = len(wave._codes)
        base = np.full(count, -1, np.int64)
        width = np.zeros(count, np.int64)
        kind = np.zeros(count, np.int8)
        for signal, var in wave._by_signal.items():
            base[signal] = columns.get(signal, -1)
            width[signal] = var.width
            kind[signal] = {"bits": 0, "real": 1}.get(var.kind, 2)
        self._base, self._width, self._kind = base, width, kind
        keys = np.array([int.from_bytes(code.encode().ljust(8, b"\0")[:8], "little") for code in wave._codes], np.uint64)
        order = np.argsort(keys)
        self._keys, self._order = keys[order], order
        # Codes of up to two characters: a table instead of a search.
        self._short = np.full(1 << 16, -1, np.int64)
        short = keys < 1 << 16
        self._short[keys[short].astype(np.int64)] = np.flatnonzero(short)

    def _bad(self, offset: int, text: bytes, allowed: str) -> InputError:
        return InputError(f"{self.path}: {text[:40].decode('ascii', 'replace')!r} at offset {offset}; allowed: {allowed}")

    def parse(self, block: bytes, offset: int) -> Changes:
        before = self.now
        try:
            return self._parse(block, offset)
        except _NineStates:
            self.now, self._nine = before, True
            return self._parse(block, offset)

    @staticmethod
    def _four_states(raw, start, end, scalars, vectors) -> np.ndarray:
        """`raw` with each value in four states; codes stay."""
        raw = raw.copy()
        raw[start[scalars]] = _FOUR[raw[start[scalars]]]
        bits = vectors[raw[start[vectors]] | 32 == ord("b")]
        step = np.zeros(len(raw) + 1, np.int8)
        step[start[bits] + 1] = 1
        step[end[bits]] -= 1
        inside = np.cumsum(step[:-1], dtype=np.int8) > 0
        raw[inside] = _FOUR[raw[inside]]
        return raw

    def _parse(self, block: bytes, offset: int) -> Changes:
        if b"$comment" in block:
            block = re.sub(rb"(?<!\S)\$comment\s.*?\$end(?!\S)", lambda m: b" " * len(m[0]), block, flags=re.S)
        raw = np.frombuffer(b"\n" * PAD + block + b"\n" * PAD, np.uint8)
        space = _SPACE[raw]
        edge = np.flatnonzero(space[1:] != space[:-1]) + 1
        start, end = edge[0::2], edge[1::2]
        if len(start) == 0:
            return _none()
        where = lambda i: int(start[i]) - PAD + offset  # noqa: E731
        token = lambda i: bytes(raw[start[i]:end[i]])  # noqa: E731
        first = raw[start]
        vector = _VECTOR[first]
        # A code follows each vector and may itself look like one: within a run of such words every second is a code.
        is_code = np.zeros(len(start), bool)
        before = np.concatenate(([False], vector[:-1]))
        begins = np.maximum.accumulate(np.where(vector & ~before, np.arange(len(start)), 0))
        odd = (np.arange(len(start)) - begins) & 1 == 1
        is_code[vector] = odd[vector]
        behind = before & ~vector
        is_code[behind] = odd[behind]
        command = ~is_code
        vectors = np.flatnonzero(vector & command)
        if len(vectors) and vectors[-1] + 1 == len(start):
            raise self._bad(where(-1), token(-1), "a value and its code (the file is cut off here)")
        times_at = np.flatnonzero((first == ord("#")) & command)
        scalars = np.flatnonzero(_SCALAR[first] & command & (first != ord("#")))
        others = np.flatnonzero(command & ~vector & (first != ord("#")) & ~_SCALAR[first])
        for i in others:
            if token(i) not in _IGNORED:
                raise self._bad(where(i), token(i), "#time, a value with a code, $dumpvars, $dumpall, $dumpon, $dumpoff, $comment")
        self._nine = self._nine or not _BINARY[first[scalars]].all()
        if self._nine:
            raw = self._four_states(raw, start, end, scalars, vectors)
            first = raw[start]

        times = self._times(raw, start[times_at], end[times_at], offset)
        at = np.zeros(len(start), np.int64)
        at[times_at] = 1
        at = np.cumsum(at)
        clock = np.concatenate(([self.now], times))
        if len(times):
            self.now = int(times[-1])

        code_token = np.concatenate((scalars, vectors + 1))
        code_start = np.concatenate((start[scalars] + 1, start[vectors + 1]))
        signal = self._signals(raw, code_start, end[code_token], offset)
        wanted = self._base[signal] >= 0
        is_scalar = np.arange(len(signal)) < len(scalars)
        tokens = np.concatenate((scalars, vectors))[wanted]
        signal, is_scalar = signal[wanted], is_scalar[wanted]
        digits = np.where(is_scalar, start[tokens], start[tokens] + 1)
        stop = np.where(is_scalar, start[tokens] + 1, end[tokens])
        letter = first[tokens] | 32
        kind = self._kind[signal]
        wrong = np.flatnonzero(((letter == ord("b")) | is_scalar) != (kind == 0))
        if len(wrong):
            raise self._bad(where(tokens[wrong[0]]), token(tokens[wrong[0]]), "values of the kind that the header says")
        parts = []
        bits = np.flatnonzero(kind == 0)
        if len(bits):
            parts += self._bits(raw, tokens[bits], signal[bits], digits[bits], stop[bits], offset)
        reals = np.flatnonzero(kind == 1)
        if len(reals):
            parts.append(self._reals(raw, tokens[reals], signal[reals], digits[reals], stop[reals], offset))
        if not parts:
            return _none()
        tokens, column, val, xz = (np.concatenate(part) for part in zip(*parts))
        order = np.argsort(tokens, kind="stable")
        tokens = tokens[order]
        return Changes(clock[at[tokens]], column[order], val[order], xz[order])

    def _times(self, raw, start, end, offset) -> np.ndarray:
        length = end - start - 1
        if len(length) == 0:
            return np.zeros(0, np.int64)
        if length.max() > 18 or length.min() < 1:
            i = int(np.argmax((length > 18) | (length < 1)))
            raise self._bad(int(start[i]) - PAD + offset, bytes(raw[start[i]:end[i]]), "# and a time of 1 to 18 digits")
        value = np.zeros(len(start), np.int64)
        for j in range(1, int(length.max()) + 1):
            on = j <= length
            digit = raw[np.minimum(start + j, end - 1)].astype(np.int64) - 48
            if ((digit < 0) | (digit > 9))[on].any():
                i = int(np.flatnonzero(on & ((digit < 0) | (digit > 9)))[0])
                raise self._bad(int(start[i]) - PAD + offset, bytes(raw[start[i]:end[i]]), "# and a time in digits")
            value = np.where(on, value * 10 + digit, value)
        check_time(self.path, int(value.max()), self.tick)
        value *= self.tick
        fall = np.flatnonzero(np.diff(np.concatenate(([self.now], value))) < 0)
        if len(fall):
            i = int(fall[0])
            raise self._bad(int(start[i]) - PAD + offset, bytes(raw[start[i]:end[i]]), "times that do not fall")
        self._seen_time = True
        return value

    def _signals(self, raw, start, end, offset) -> np.ndarray:
        length = end - start
        words = np.lib.stride_tricks.as_strided(raw[:-7].view(), (len(raw) - 7, 8), (1, 1))
        key = np.ascontiguousarray(words[np.minimum(start, len(raw) - 8)]).view("<u8").ravel()
        cut = np.clip(length, 0, 8).astype(np.uint64)
        key = np.where(cut == 8, key, key & ((np.uint64(1) << (cut * np.uint64(8))) - np.uint64(1)))
        small = np.minimum(key, np.uint64(0xFFFF)).astype(np.int64)
        signal = np.where(key < 1 << 16, self._short[small], -1)
        long = np.flatnonzero((signal < 0) & (length >= 1) & (length <= 8))
        if len(long) and len(self._keys):
            place = np.minimum(np.searchsorted(self._keys, key[long]), len(self._keys) - 1)
            signal[long] = np.where(self._keys[place] == key[long], self._order[place], -1)
        lost = np.flatnonzero(signal < 0)
        if len(lost):
            i = int(lost[0])
            raise self._bad(int(start[i]) - PAD + offset, bytes(raw[start[i]:end[i]]), "codes that the header declares")
        return signal

    def _bits(self, raw, tokens, signal, start, end, offset):
        """Columns of bit vectors: eight digits at a time, from the right."""
        length = end - start
        width = self._width[signal]
        wide = np.flatnonzero((length > width) | (length < 1))
        if len(wide):
            i = int(wide[0])
            raise self._bad(int(start[i]) - PAD + offset, bytes(raw[start[i]:end[i]]), f"1 to {width[i]} digits")
        lead = raw[start] | 32
        parts = []
        for word in range(columns_of(int(width.max()))):
            on = np.flatnonzero(width > 64 * word)
            lo, hi = start[on], end[on] - 64 * word
            val, xz = self._digits(raw, np.minimum(lo, hi), hi, tokens[on], start[on], end[on], offset)
            # Shorter than the signal: x and z go on to the left, else zeros.
            have = np.clip(hi - lo, 0, 64).astype(np.uint64)
            want = np.clip(width[on] - 64 * word, 0, 64).astype(np.uint64)
            full = lambda n: np.where(n == 64, ALL, (np.uint64(1) << np.minimum(n, np.uint64(63))) - np.uint64(1))  # noqa: E731
            more = full(want) & ~full(have)
            left = lead[on]
            xz |= np.where(left >= ord("a"), more, np.uint64(0))
            val |= np.where(left == ord("z"), more, np.uint64(0))
            parts.append((tokens[on], self._base[signal[on]] + word, val, xz))
        return parts

    def _digits(self, raw, start, end, tokens, whole_start, whole_end, offset):
        length = np.clip(end - start, 0, 64)
        val = np.zeros(len(start), np.uint64)
        xz = np.zeros(len(start), np.uint64)
        if len(length) == 0 or length.max() == 0:
            return val, xz
        words = np.lib.stride_tricks.as_strided(raw, (len(raw) - 7, 8), (1, 1))
        u = np.uint64
        gather, ones = u(0x8040201008040201), u(0x0101010101010101)
        for k in range((int(length.max()) + 7) // 8):
            on = np.flatnonzero(length > 8 * k) if k else slice(None)
            eight = np.ascontiguousarray(words[np.maximum(end[on] - 8 * (k + 1), 0)]).view("<u8").ravel()
            have = np.clip(length[on] - 8 * k, 0, 8).astype(np.uint64)
            mask = np.where(have == 0, u(0), ALL << (u(8) * (u(8) - np.maximum(have, u(1)))))
            eight = (eight & mask) | (u(0x3030303030303030) & ~mask)
            letter = (eight >> u(6)) & ones
            # 0x30 0x31 are digits, 0x58 0x78 x, 0x5a 0x7a z.
            low = eight & (u(0xDF) * ones)  # letters in capitals; the digits lose a bit they have in common
            good_digit = (eight & (u(0xFE) * ones)) ^ (u(0x30) * ones)
            good_letter = (low & (u(0xFD) * ones)) ^ (u(0x58) * ones)
            bad = np.where((good_digit & ~(letter * u(0xFF))) | (good_letter & (letter * u(0xFF))), True, False)
            if bad.any() and not self._nine:
                raise _NineStates
            if bad.any():
                i = int(np.arange(len(length))[on][np.flatnonzero(bad)[0]])
                at = int(whole_start[i]) - 1  # the b
                raise self._bad(at - PAD + offset, bytes(raw[at:whole_end[i]]), "digits 0, 1, x, z")
            one = np.where(letter != 0, ((eight >> u(1)) & letter) | (eight & ones & ~letter), eight & ones)
            shift = u(8 * k)
            val[on] |= ((one * gather) >> u(56)) << shift
            xz[on] |= ((letter * gather) >> u(56)) << shift
        return val, xz

    def _reals(self, raw, tokens, signal, start, end, offset):
        val = np.empty(len(tokens), np.float64)
        for i, (a, b) in enumerate(zip(start.tolist(), end.tolist())):
            try:
                val[i] = float(bytes(raw[a:b]))
            except ValueError:
                raise self._bad(a - 1 - PAD + offset, bytes(raw[a - 1:b]), "r and a number") from None
        return tokens, self._base[signal], val.view(np.uint64), np.zeros(len(tokens), np.uint64)


def _none() -> Changes:
    return Changes(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0, np.uint64))
