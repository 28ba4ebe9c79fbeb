"""FST and GHW (and VCD with --reader wellen) through pywellen, which calls back for each change while it reads.

It has no iterator, prints a trace on stderr where it panics, and its signal numbers can neither be hashed nor compared; so it
runs in a process of its own (streams.py), with stderr closed, and numbers are taken from their text. GHW it cannot stream: of that the
changes of the signals in the map are held all at a time.
"""
from __future__ import annotations

import contextlib
import heapq
import os
import pathlib
import re
from typing import Callable

import numpy as np

from .errors import InputError
from .wave import FS, Changes, Var, Wave, check_time, columns_of

BLOCK = 1 << 17  # changes
UNIT = {"seconds": "s", "milliseconds": "ms", "microseconds": "us", "nanoseconds": "ns", "picoseconds": "ps", "femtoseconds": "fs"}


@contextlib.contextmanager
def _quiet():
    """What pywellen says on stderr is a back-trace; the exception says the rest."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def _open(path: pathlib.Path):
    try:
        import pywellen
    except ImportError:
        raise InputError(f"{path}: needs the Python package pywellen, which is not installed; allowed: VCD without it, or "
                         "pip install pywellen==0.25.7") from None
    try:
        with _quiet():
            stream = pywellen.WaveformStream(str(path))
            return pywellen.Waveform(str(path)) if str(stream.file_format) == "GHW" else stream
    except BaseException as error:  # a panic of Rust is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        raise InputError(f"{path}: cannot be read: {error}; allowed: a whole VCD, FST or GHW waveform") from None


def _changes(var):
    for time, value in var.signal:
        yield time, var.signal_id, value


def _number(signal) -> int:
    return int(str(signal)[9:-1])


def open_wellen(path: pathlib.Path) -> "WellenWave":
    inner = _open(path)
    found: dict[str, Var] = {}
    for var in inner.all_vars():
        kind = "real" if var.is_real else "string" if var.is_string else "bits"
        if str(var.var_type).lower() in ("event", "parameter"):
            kind = str(var.var_type).lower()
        width = 64 if kind == "real" else max(1, var.bitwidth or 1)
        found[var.full_name] = Var(var.full_name, width, kind, _number(var.signal_id))
    scale = inner.timescale
    tick = 1
    if scale is not None:
        unit = str(scale.unit)
        tick = scale.factor * FS.get(unit, FS.get(UNIT.get(unit.lower(), ""), 0))
    if not tick:
        raise InputError(f"{path}: has the time unit {scale.unit}; allowed: s, ms, us, ns, ps, fs")
    return WellenWave(path, str(inner.file_format), tick, found, "", path.stat().st_size)


class WellenWave(Wave):
    def _end(self) -> int:
        """Ticks at which the file ends, which pywellen does not say: of FST from its header, of VCD from its last line. GHW ends for
        us with the last change."""
        with open(self.path, "rb") as file:
            head = file.read(25)
            if head[:1] == b"\0" and len(head) == 25:
                return int.from_bytes(head[17:25], "big")
            file.seek(max(0, self.size - 65536))
            times = re.findall(rb"^#(\d+)", file.read(), re.M) if self.format == "VCD" else []
        return int(times[-1]) if times else 0

    def push(self, columns: dict[int, int], emit: Callable[[Changes, int, int], None]) -> None:
        inner = _open(self.path)
        chosen, base, words, is_real = [], {}, {}, {}
        for var in inner.all_vars():
            number = _number(var.signal_id)
            if number in columns and str(number) not in base:
                chosen.append(var)
                mine = self.vars[var.full_name]
                key = str(var.signal_id)
                base[key], words[key], is_real[key] = columns[number], columns_of(mine.width), mine.kind == "real"
        times: list[int] = []
        cols: list[int] = []
        vals: list[int] = []
        xzs: list[int] = []
        reals = np.zeros(1, np.float64)
        state = [0, 0]  # last time, changes so far
        tick, end = self.tick_fs, self._end()

        def flush() -> None:
            check_time(self.path, state[0], tick)
            changes = Changes(np.array(times, np.int64) * tick, np.array(cols, np.int64), np.array(vals, np.uint64),
                              np.array(xzs, np.uint64))
            for part in (times, cols, vals, xzs):
                part.clear()
            emit(changes, state[0] * tick, self.size * min(state[0], end) // max(1, end))

        def on_change(time, signal, value) -> None:
            if time != state[0]:
                if time < state[0]:
                    raise InputError(f"{self.path}: time {time} after {state[0]}; allowed: times that do not fall")
                if len(times) >= BLOCK:
                    flush()
                state[0] = time
            key = str(signal)
            xz = 0
            if value.__class__ is str:
                value, xz = _states(value)
            elif is_real[key]:
                reals[0] = value
                value = int(reals.view(np.uint64)[0])
            column = base[key]
            for word in range(words[key]):
                times.append(time)
                cols.append(column + word)
                vals.append((value >> (64 * word)) & 0xFFFFFFFFFFFFFFFF)
                xzs.append((xz >> (64 * word)) & 0xFFFFFFFFFFFFFFFF)

        try:
            with _quiet():
                if self.format == "GHW":
                    for time, signal, value in heapq.merge(*(_changes(var) for var in chosen), key=lambda change: change[0]):
                        on_change(time, signal, value)
                else:
                    inner.stream_changes(on_change, chosen)
        except InputError:
            raise
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit, BrokenPipeError)):
                raise
            raise InputError(f"{self.path}: cannot be read behind time {state[0]}: {error}; allowed: a whole waveform") from None
        state[0] = max(state[0], end)
        flush()


_VAL = str.maketrans("01xXzZuUwWlLhH-?", "0100110000001100")
_XZ = str.maketrans("01xXzZuUwWlLhH-?", "0011111111000011")


def _states(text: str) -> tuple[int, int]:
    """Nine states on four: h and l are 1 and 0, what else is not known is x."""
    return (int(text.translate(_VAL), 2), int(text.translate(_XZ), 2)) if text else (0, 1)
