"""Changes of one window and the state before it: what a word is at a cycle."""
from __future__ import annotations

import numpy as np

from .plan import Pair
from .sampling import SHIFT

FAIL, IGNORE, UNTIL_KNOWN = range(3)
POLICY = {"fail": FAIL, "ignore": IGNORE, "until_known": UNTIL_KNOWN}


class Table:
    def __init__(self, val: np.ndarray, xz: np.ndarray) -> None:
        self.val, self.xz = val.copy(), xz.copy()  # of each word before the window
        self.key = np.zeros(0, np.int64)
        self.word = self.cycle = self.key
        self.new_val = self.new_xz = np.zeros(0, np.uint64)

    def load(self, word: np.ndarray, cycle: np.ndarray, val: np.ndarray, xz: np.ndarray, first: int) -> None:
        """The changes of a window that begins at cycle `first`; what is earlier becomes state."""
        early = cycle < first
        if early.any():
            order = np.lexsort((cycle[early], word[early]))
            w, v, x = word[early][order], val[early][order], xz[early][order]
            last = np.append(w[1:] != w[:-1], True)
            self.val[w[last]], self.xz[w[last]] = v[last], x[last]
            word, cycle, val, xz = word[~early], cycle[~early], val[~early], xz[~early]
        key = (word << SHIFT) | cycle
        if len(key) > 1 and (key[1:] < key[:-1]).any():
            order = np.argsort(key, kind="stable")
            key, word, cycle, val, xz = key[order], word[order], cycle[order], val[order], xz[order]
        self.key, self.word, self.cycle, self.new_val, self.new_xz = key, word, cycle, val, xz

    def at(self, word: np.ndarray, cycle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        val, xz = self.val[word], self.xz[word]
        if len(self.key):
            i = np.searchsorted(self.key, (word << SHIFT) | cycle, "right") - 1
            hit = (i >= 0) & (self.word[i] == word)
            val, xz = np.where(hit, self.new_val[i], val), np.where(hit, self.new_xz[i], xz)
        return val, xz

    def close(self) -> None:
        """The window is over: its last values become state."""
        if len(self.key):
            last = np.append(self.word[1:] != self.word[:-1], True)
            word = self.word[last]
            self.val[word], self.xz[word] = self.new_val[last], self.new_xz[last]


class PairTable:
    """What is needed of pairs in arrays."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.base = np.array([p.base for p in pairs], np.int64)
        self.words = np.array([p.words for p in pairs], np.int64)
        self.block = np.array([p.block for p in pairs], np.int64)
        self.policy = np.array([POLICY[p.x] for p in pairs], np.int64)
        self.real = np.array([p.real for p in pairs], bool)
        self.absolute = np.array([p.tolerance[0] for p in pairs])
        self.relative = np.array([p.tolerance[1] for p in pairs])
        self.compare = np.array([p.compare for p in pairs], bool)
        self.of_word = np.repeat(np.arange(len(pairs)), self.words)

    def differ(self, pair: np.ndarray, a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """One word of each: are they unequal, by the pair's policy for x and its tolerance?"""
        (va, xa), (vb, xb) = a, b
        ignore = self.policy[pair] == IGNORE
        known = ~(xa | xb)
        unequal = np.where(ignore, (va ^ vb) & known, (va ^ vb) | (xa ^ xb)) != 0
        real = self.real[pair]
        if real.any():
            fa, fb = va[real].view(np.float64), vb[real].view(np.float64)
            at = pair[real]
            with np.errstate(invalid="ignore"):
                room = self.absolute[at] + self.relative[at] * np.maximum(np.abs(fa), np.abs(fb))
                close = (np.abs(fa - fb) <= room) | (fa == fb) | (np.isnan(fa) & np.isnan(fb))
            unset = (xa[real] != xb[real]) & ~ignore[real]
            unequal[real] = np.where((xa[real] | xb[real]) != 0, unset, ~close)
        return unequal


class Windows:
    """Cycles that do not count on one side: resets with the warm-up behind them."""

    def __init__(self, warm_up: int, first: int, last: int | None) -> None:
        self.first, self.last = max(first, warm_up), last
        self._warm_up = warm_up
        self._out: list[list[int]] = []

    def add(self, resets: list[tuple[int, int]]) -> None:
        for begin, end in resets:
            if self._out and begin <= self._out[-1][1]:
                self._out[-1][1] = max(self._out[-1][1], end + self._warm_up)
            elif end > begin:
                self._out.append([begin, end + self._warm_up])

    def intervals(self, shift: int = 0) -> list[tuple[int, int]]:
        return [(begin - shift, end - shift) for begin, end in self._out]

    def counts(self, cycle: np.ndarray) -> np.ndarray:
        keep = cycle >= self.first
        if self.last is not None:
            keep &= cycle < self.last
        for begin, end in self._out:
            keep &= (cycle < begin) | (cycle >= end)
        return keep


def joined(intervals: list[tuple[int, int]]) -> np.ndarray:
    result: list[list[int]] = []
    for begin, end in sorted(intervals):
        if result and begin <= result[-1][1]:
            result[-1][1] = max(result[-1][1], end)
        else:
            result.append([begin, end])
    return np.array(result, np.int64).reshape(-1, 2)


def without(intervals: np.ndarray, begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of runs [begin, end): the first cycle outside the intervals (end: none), and how many are."""
    if len(intervals) == 0:
        return begin, np.maximum(end - begin, 0)
    total = np.concatenate(([0], np.cumsum(intervals[:, 1] - intervals[:, 0])))

    def before(cycle: np.ndarray) -> np.ndarray:
        i = np.searchsorted(intervals[:, 0], cycle, "right")
        over = np.where(i > 0, np.maximum(intervals[np.maximum(i - 1, 0), 1] - cycle, 0), 0)
        return total[i] - over

    i = np.searchsorted(intervals[:, 0], begin, "right")
    inside = (i > 0) & (begin < intervals[np.maximum(i - 1, 0), 1])
    first = np.where(inside, intervals[np.maximum(i - 1, 0), 1], begin)
    count = np.maximum(end - begin - (before(end) - before(begin)), 0)
    return np.where(count > 0, np.minimum(first, end), end), count
