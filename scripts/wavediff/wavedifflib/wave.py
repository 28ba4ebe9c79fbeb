"""What a waveform is for the comparison: named signals, a unit of time, and a stream of changes in columns of 64 bits.

A signal of w bits has ceil(w / 64) columns, the lowest bits first; a real number is one column with the bits of a double. The
value of a column is two words: `val` and `xz`. A bit with xz = 0 is known; x is val 0, z is val 1 with xz = 1.
"""
from __future__ import annotations

import dataclasses
import pathlib
from typing import Iterator, NamedTuple

import numpy as np

from .errors import InputError

FS = {"s": 10**15, "ms": 10**12, "us": 10**9, "ns": 10**6, "ps": 10**3, "fs": 1}
MAX_FS = 1 << 62
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


class Var(NamedTuple):
    name: str    # with its scopes, joined by dots
    width: int   # bits; 64 for a real
    kind: str    # "bits", "real", or what cannot be compared: "string", "event"
    signal: int  # variables that share their changes have the same number


class Changes(NamedTuple):
    """In order of time; `time` in fs, `column` of those that were asked for."""
    time: np.ndarray
    column: np.ndarray
    val: np.ndarray
    xz: np.ndarray


@dataclasses.dataclass
class Wave:
    path: pathlib.Path
    format: str
    tick_fs: int
    vars: dict[str, Var]
    comment: str = ""
    size: int = 0

    def __post_init__(self) -> None:
        self.scopes: dict[str, list[str]] = {}
        for name in self.vars:
            scope, _, _ = name.rpartition(".")
            while True:
                self.scopes.setdefault(scope, []).append(name)
                if not scope:
                    break
                scope = scope.rpartition(".")[0]

    def stream(self, columns: dict[int, int]) -> Iterator[tuple[Changes, int, int]]:
        """Blocks of changes of signals, (changes, last time in fs, bytes read). `columns`: signal to its first column."""
        raise NotImplementedError


def columns_of(width: int) -> int:
    return max(1, -(-width // 64))


def mask_of(bits: int) -> int:
    return (1 << bits) - 1


def check_time(path: pathlib.Path, ticks: int, tick_fs: int) -> None:
    if ticks * tick_fs > MAX_FS:
        raise InputError(f"{path}: time {ticks} is {ticks * tick_fs} fs; allowed: up to {MAX_FS} fs (some 4600 s)")


def open_wave(path: pathlib.Path, reader: str = "auto") -> Wave:
    """`reader`: auto (own for VCD, pywellen for the rest), own, wellen."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; allowed: a VCD, FST or GHW waveform")
    with open(path, "rb") as file:
        head = file.read(4096)
    if not head:
        raise InputError(f"{path}: is empty; allowed: a VCD, FST or GHW waveform")
    is_text = head.lstrip()[:1] == b"$"
    if reader == "own" and not is_text:
        raise InputError(f"{path}: is no VCD; allowed with --reader own: VCD")
    if is_text and reader != "wellen":
        from .vcd import open_vcd
        return open_vcd(path)
    from .wellen import open_wellen
    return open_wellen(path)
