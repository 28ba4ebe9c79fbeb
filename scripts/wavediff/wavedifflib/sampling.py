"""Changes in time become changes in cycles: what each output word is at each edge of a clock, told by its changes alone.

A word that keeps its value costs nothing, so the work is that of the changes in the file and not of signals times cycles.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .errors import InputError
from .plan import SideClock
from .wave import ALL, Changes

SHIFT = 40  # key of a change: word << SHIFT | cycle + MIDDLE
MIDDLE = 1 << 39
EARLY = -(1 << 38)  # cycles before cycle 0 is known


class Events(NamedTuple):
    """Changes of words, in order of word and cycle, one a word and cycle; cycles below `done` are complete."""
    word: np.ndarray
    cycle: np.ndarray
    val: np.ndarray
    xz: np.ndarray
    done: int
    resets: list[tuple[int, int]]  # cycles in which reset is active, the second one excluded
    edges: np.ndarray              # time of each complete cycle since the last time: of cycle done - len(edges) on


def _last_of(order_key: np.ndarray) -> np.ndarray:
    return np.append(order_key[1:] != order_key[:-1], True) if len(order_key) else np.zeros(0, bool)


class Sampler:
    """One clock of one side. feed() takes changes in order of time, and gives the cycles that they complete."""

    def __init__(self, plan: SideClock, words: int, columns: int, keep_edges: bool = False) -> None:
        self.spec = plan.clock.sides[plan.side]
        self._keep_edges = keep_edges
        self._clock, self._reset = plan.signal, plan.reset
        # Terms by column.
        source = np.array([t.source for t in plan.terms], np.int64)
        order = np.argsort(source, kind="stable")
        self._term_first = np.searchsorted(source[order], np.arange(columns + 1))
        self._term_word = np.array([t.word for t in plan.terms], np.int64)[order]
        u = lambda values: np.array(values, np.uint64)[order]  # noqa: E731
        self._shift, self._place = u([t.shift for t in plan.terms]), u([t.place for t in plan.terms])
        self._mask = u([(1 << t.bits) - 1 for t in plan.terms])
        self._invert = np.array([t.invert for t in plan.terms], bool)[order]
        self._repeat = u([(1 << t.repeat) - 1 for t in plan.terms])
        self._wanted = self._term_first[1:] > self._term_first[:-1]
        if self._reset is not None:
            self._wanted[self._reset] = True
        # Before its first change a column is x.
        self._col_val = np.zeros(columns, np.uint64)
        self._col_xz = np.full(columns, ALL)
        self.start_val = np.zeros(words, np.uint64)
        self.start_xz = np.zeros(words, np.uint64)
        count = len(self._term_word)
        if count:
            val, xz = self._give(np.arange(count), np.zeros(count, np.uint64), np.full(count, ALL))
            np.bitwise_xor.at(self.start_val, self._term_word, val)
            np.bitwise_xor.at(self.start_xz, self._term_word, xz)
        self._word_val, self._word_xz = self.start_val.copy(), self.start_xz.copy()
        self._left = Changes(*(np.zeros(0, t) for t in (np.int64, np.int64, np.uint64, np.uint64)))
        self._clock_level = 2  # neither
        self._clock_left = (np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0, np.uint64))
        self._edges = np.zeros(0, np.int64)  # times of edges from the first that is not complete
        self._first_edge = 0                 # its number
        self._origin: int | None = None if self._reset is not None else 0  # edge that is cycle 0
        self._reset_since: int | None = None
        self._reset_on = self._reset is not None  # until it is seen otherwise

    def _give(self, term: np.ndarray, val: np.ndarray, xz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What terms give to their words for a value of their column."""
        mask = self._mask[term]
        xz = (xz >> self._shift[term]) & mask
        val = (val >> self._shift[term]) & mask
        # ~x and ~z are x.
        val = np.where(self._invert[term], ~val & mask & ~xz, val)
        repeat = self._repeat[term]
        val, xz = (np.where(repeat != 0, part * repeat, part) for part in (val, xz))
        return val << self._place[term], xz << self._place[term]

    def _find_edges(self, changes: Changes, settled: int, end: bool) -> None:
        """Edges of the clock signal up to the time that is complete. Levels count as they stand when a time is over."""
        on = changes.column == self._clock
        time = np.concatenate((self._clock_left[0], changes.time[on]))
        val = np.concatenate((self._clock_left[1], changes.val[on]))
        xz = np.concatenate((self._clock_left[2], changes.xz[on]))
        ready = len(time) if end else int(np.searchsorted(time, settled, "left"))
        self._clock_left = (time[ready:], val[ready:], xz[ready:])
        last = _last_of(time[:ready])
        time, level = time[:ready][last], np.where(xz[:ready][last] & np.uint64(1) != 0, 2, (val[:ready][last] & np.uint64(1)).astype(np.int64))
        if len(level) == 0:
            return
        before = np.concatenate(([self._clock_level], level[:-1]))
        self._clock_level = int(level[-1])
        rises, falls = (before == 0) & (level == 1), (before == 1) & (level == 0)
        hit = {"rising": rises, "falling": falls, "both": rises | falls}[self.spec.edge] & (time >= self.spec.origin)
        self._edges = np.concatenate((self._edges, time[hit]))

    def _virtual(self, cycle: np.ndarray | int):
        return self._phase() + cycle * self.spec.period

    def _phase(self) -> int:
        """The first edge at or behind the origin."""
        late = self.spec.origin - self.spec.phase
        return self.spec.phase + max(0, -(-late // self.spec.period)) * self.spec.period

    def _cycles(self, time: np.ndarray, settled: int, end: bool) -> tuple[np.ndarray, int]:
        """The first edge that sees a change of each time, and how many edges are complete."""
        spec = self.spec
        if self._clock is not None:
            at = self._edges + spec.skew
            cycle = self._first_edge + np.searchsorted(at, time, "right" if spec.before else "left")
            done = self._first_edge + int(np.searchsorted(at, settled, "right" if end else "left"))
            return cycle, done
        late = time - self._phase() - spec.skew
        cycle = late // spec.period + 1 if spec.before else -(-late // spec.period)
        late = settled - self._phase() - spec.skew
        done = late // spec.period + 1 if spec.before or end else -(-late // spec.period)
        return np.maximum(cycle, 0), max(0, int(done))

    def feed(self, changes: Changes, settled: int, end: bool = False) -> Events:
        """`settled`: all changes before this time have been given; at the end, those at it, too."""
        if self._clock is not None:
            self._find_edges(changes, settled, end)
        keep = self._wanted[changes.column]
        parts = [np.concatenate((left, new[keep])) for left, new in zip(self._left, changes)]
        cycle, done = self._cycles(parts[0], settled, end)
        # Changes are in order of time, so those of complete cycles come first.
        ready = int(np.searchsorted(cycle, done, "left"))
        self._left = Changes(*(part[ready:] for part in parts))
        column, val, xz, cycle = parts[1][:ready], parts[2][:ready], parts[3][:ready], cycle[:ready]
        if len(cycle) and int(cycle[-1]) >= MIDDLE:
            raise InputError(f"clock: {cycle[-1]} cycles; allowed: {MIDDLE - 1}")
        # The last change of each column and cycle counts.
        order = np.argsort((column << SHIFT) | cycle, kind="stable")
        column, cycle, val, xz = column[order], cycle[order], val[order], xz[order]
        last = _last_of((column << SHIFT) | cycle)
        column, cycle, val, xz = column[last], cycle[last], val[last], xz[last]
        resets = self._resets(column, cycle, val, xz, done)
        events = self._words(column, cycle, val, xz)
        edges = self._edge_times(done)
        origin = self._origin
        if origin is None:
            shifted, done = events[1] + EARLY, EARLY
        else:
            shifted, done = events[1] - origin, done - origin
        return Events(events[0], shifted, events[2], events[3], done, resets, edges)

    def _edge_times(self, done: int) -> np.ndarray:
        count = done - self._first_edge
        if self._clock is None:
            edges = self._virtual(np.arange(self._first_edge, done, dtype=np.int64)) if self._keep_edges else np.zeros(0, np.int64)
        else:
            edges = self._edges[:count] if self._keep_edges else np.zeros(0, np.int64)
            self._edges = self._edges[count:]
        self._first_edge = done
        return edges

    def _resets(self, column, cycle, val, xz, done: int) -> list[tuple[int, int]]:
        """Cycles with reset, from cycle 0 on; where it ends for the first time is cycle 0. x counts as reset."""
        if self._reset is None:
            return []
        on = column == self._reset
        result = []
        for at, one, unknown in zip(cycle[on].tolist(), val[on].tolist(), xz[on].tolist()):
            active = bool(unknown & 1) or (one & 1) == self.spec.reset_level
            if active == self._reset_on:
                continue
            self._reset_on = active
            if active:
                self._reset_since = at
            elif self._origin is None:
                self._origin = at
            elif self._reset_since is not None:
                result.append((self._reset_since - self._origin, at - self._origin))
                self._reset_since = None
        if self._reset_since is not None and self._origin is not None:
            result.append((self._reset_since - self._origin, done - self._origin))
            self._reset_since = done
        return result

    def _words(self, column, cycle, val, xz) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        count = self._term_first[column + 1] - self._term_first[column] if len(column) else np.zeros(0, np.int64)
        # What each change replaces.
        first = np.ones(len(column), bool)
        first[1:] = column[1:] != column[:-1]
        old_val, old_xz = np.empty_like(val), np.empty_like(xz)
        old_val[1:], old_xz[1:] = val[:-1], xz[:-1]
        old_val[first], old_xz[first] = self._col_val[column[first]], self._col_xz[column[first]]
        last = _last_of(column)
        self._col_val[column[last]], self._col_xz[column[last]] = val[last], xz[last]
        term = np.repeat(self._term_first[column] - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
        spread = lambda part: np.repeat(part, count)  # noqa: E731
        new = self._give(term, spread(val), spread(xz))
        old = self._give(term, spread(old_val), spread(old_xz))
        word, cycle = self._term_word[term], spread(cycle)
        delta = [new[0] ^ old[0], new[1] ^ old[1]]
        moved = (delta[0] != 0) | (delta[1] != 0)
        word, cycle, delta = word[moved], cycle[moved], [part[moved] for part in delta]
        order = np.argsort((word << SHIFT) | cycle, kind="stable")
        word, cycle, delta = word[order], cycle[order], [part[order] for part in delta]
        if len(word) == 0:
            return word, cycle, delta[0], delta[1]
        # A running XOR, begun anew at each word with what it was.
        begins = np.flatnonzero(np.append(True, word[1:] != word[:-1]))
        length = np.diff(np.append(begins, len(word)))
        result = []
        for part, state in zip(delta, (self._word_val, self._word_xz)):
            run = np.bitwise_xor.accumulate(part)
            prior = np.where(begins > 0, run[np.maximum(begins - 1, 0)], np.uint64(0))
            result.append(run ^ np.repeat(prior ^ state[word[begins]], length))
        keep = _last_of((word << SHIFT) | cycle)
        word, cycle, val, xz = word[keep], cycle[keep], result[0][keep], result[1][keep]
        # Two terms can undo each other.
        first = np.append(True, word[1:] != word[:-1])
        was_val, was_xz = np.append(np.uint64(0), val[:-1]), np.append(np.uint64(0), xz[:-1])
        was_val[first], was_xz[first] = self._word_val[word[first]], self._word_xz[word[first]]
        last = _last_of(word)
        self._word_val[word[last]], self._word_xz[word[last]] = val[last], xz[last]
        keep = (val != was_val) | (xz != was_xz)
        return word[keep], cycle[keep], val[keep], xz[keep]
