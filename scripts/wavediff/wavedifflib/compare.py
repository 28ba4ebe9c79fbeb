"""Cycle by cycle: between two changes nothing moves, so a difference is a run of cycles that begins with a change."""
from __future__ import annotations

import numpy as np

from .plan import Block, Plan
from .result import BlockResult, First
from .sampling import SHIFT, Events
from .table import UNTIL_KNOWN, PairTable, Table, Windows, joined, without


class CycleCompare:
    """Blocks of mode cycle, and of mode valid with pairing cycle. feed() each side, then advance()."""

    def __init__(self, plan: Plan, blocks: list[Block], starts, results: list[BlockResult], offsets: list[int]) -> None:
        self.plan, self.results = plan, results
        self.blocks = blocks
        self.pairs = PairTable(plan.pairs)
        mine = np.zeros(len(plan.pairs), bool)
        for block in blocks:
            mine[[pair.index for pair in block.pairs]] = True
        self._words = np.repeat(mine, self.pairs.words) if plan.pairs else np.zeros(0, bool)
        self._judged = mine & self.pairs.compare
        # Blocks of one clock and offset go on together, each as far as both sides go.
        self._lots = sorted({(block.clock, offsets[block.index]) for block in blocks})
        lot_of_block = np.full(len(plan.blocks), -1, np.int64)
        for block in blocks:
            lot_of_block[block.index] = self._lots.index((block.clock, offsets[block.index]))
        self._lot = lot_of_block[self.pairs.block]  # of each pair
        self._word_lot = self._lot[self.pairs.of_word]
        self._tables = [Table(*starts[side]) for side in (0, 1)]
        self._pending: list[list[list]] = [[[] for _ in self._lots] for _ in (0, 1)]
        self.done = [[-(1 << 38) for _ in self._lots] for _ in (0, 1)]  # in cycles of side a
        self._at = [max(0, -offset) for _, offset in self._lots]  # both sides have a cycle from there on
        self._windows = [[Windows(clock.warm_up, clock.first, clock.last) for clock in plan.clocks] for _ in (0, 1)]
        self._known = np.zeros((2, len(plan.pairs)), bool)
        self._gated = [block for block in blocks if block.mode == "valid"]
        gated = np.zeros(len(plan.blocks), bool)
        gated[[block.index for block in self._gated]] = True
        self._is_gated = gated[self.pairs.block] if plan.pairs else np.zeros(0, bool)
        for block in self._gated:  # valid and ready themselves are compared in every cycle
            self._is_gated[[role.index for role in (block.valid, block.ready) if role is not None]] = False
        self._first = np.full(len(plan.pairs), np.iinfo(np.int64).max)
        self._count = np.zeros(len(plan.pairs), np.int64)

    def feed(self, side: int, clock: int, events: Events) -> None:
        lots = [i for i, lot in enumerate(self._lots) if lot[0] == clock]
        if lots:
            self._windows[side][clock].add(events.resets)
        of_event = self._word_lot[events.word] if lots else None
        for i in lots:
            keep = of_event == i
            shift = self._lots[i][1] if side == 1 else 0
            self._pending[side][i].append((events.word[keep], events.cycle[keep] - shift, events.val[keep], events.xz[keep]))
            self.done[side][i] = events.done - shift

    def advance(self) -> None:
        for i, (clock, _) in enumerate(self._lots):
            end = min(self.done[0][i], self.done[1][i])
            last = self.plan.clocks[clock].last
            if last is not None:
                end = min(end, last)
            if end > self._at[i]:
                self._window(i, self._at[i], end)
                self._at[i] = end

    def _take(self, side: int, lot: int, begin: int, end: int) -> Table:
        word, cycle, val, xz = (np.concatenate(part) for part in zip(*self._pending[side][lot]))
        late = cycle >= end
        self._pending[side][lot] = [(word[late], cycle[late], val[late], xz[late])]
        table = self._tables[side]
        table.load(word[~late], cycle[~late], val[~late], xz[~late], begin)
        return table

    def _window(self, lot: int, begin: int, end: int) -> None:
        a, b = (self._take(side, lot, begin, end) for side in (0, 1))
        chosen = self._candidates(lot, a, b)
        if len(chosen):
            self._compare(lot, chosen, a, b, begin, end)
        a.close()
        b.close()

    def _candidates(self, lot: int, a: Table, b: Table) -> np.ndarray:
        """Pairs with a word that is not the same throughout."""
        marks = np.zeros(len(self._words), bool)
        marks |= (a.val != b.val) | (a.xz != b.xz)
        same = len(a.key) == len(b.key) and np.array_equal(a.key, b.key) and np.array_equal(a.new_val, b.new_val) and \
            np.array_equal(a.new_xz, b.new_xz)
        if not same:
            for one, other in ((a, b), (b, a)):
                if len(other.key) == 0:
                    marks[one.word] = True
                    continue
                i = np.minimum(np.searchsorted(other.key, one.key), len(other.key) - 1)
                equal = (other.key[i] == one.key) & (other.new_val[i] == one.new_val) & (other.new_xz[i] == one.new_xz)
                marks[one.word[~equal]] = True
        pairs = np.zeros(len(self.plan.pairs), bool)
        pairs[self.pairs.of_word[marks & self._words]] = True
        pairs |= (self.pairs.policy == UNTIL_KNOWN) & ~(self._known[0] & self._known[1])
        return np.flatnonzero(pairs & self._judged & (self._lot == lot))

    def _positions(self, chosen: np.ndarray, a: Table, b: Table, begin: int) -> tuple[np.ndarray, np.ndarray]:
        """(pair, cycle) of each change on either side, and of the window's begin."""
        mark = np.zeros(len(self.plan.pairs), bool)
        mark[chosen] = True
        keys = [(chosen << SHIFT) | begin]
        for table in (a, b):
            pair = self.pairs.of_word[table.word]
            keys.append((pair[mark[pair]] << SHIFT) | table.cycle[mark[pair]])
        # What is compared only while both sides are valid begins anew with each change of those.
        for block in self._gated:
            judged = [pair.index for pair in block.pairs if mark[pair.index]]
            for role in (block.valid, block.ready):
                if judged and role is not None:
                    for table in (a, b):
                        cycle = table.cycle[self.pairs.of_word[table.word] == role.index]
                        keys += [(pair << SHIFT) | cycle for pair in judged]
        key = np.unique(np.concatenate(keys))
        return key >> SHIFT, key & ((1 << SHIFT) - 1)

    def _compare(self, lot: int, chosen: np.ndarray, a: Table, b: Table, begin: int, end: int) -> None:
        pair, cycle = self._positions(chosen, a, b, begin)
        unequal = np.zeros(len(pair), bool)
        unknown = np.zeros((2, len(pair)), bool)
        for word in range(int(self.pairs.words[chosen].max())):
            on = np.flatnonzero(self.pairs.words[pair] > word)
            at = self.pairs.base[pair[on]] + word
            va, vb = a.at(at, cycle[on]), b.at(at, cycle[on])
            unequal[on] |= self.pairs.differ(pair[on], va, vb)
            unknown[0, on] |= va[1] != 0
            unknown[1, on] |= vb[1] != 0
        self._drop_unknown(pair, unequal, unknown)
        if self._gated:
            unequal &= ~self._is_gated[pair] | self._both_valid(pair, cycle, a, b)
        stop = np.append(np.where(pair[1:] == pair[:-1], cycle[1:], end), end)[:len(pair)]
        pair, start, stop = pair[unequal], cycle[unequal], stop[unequal]
        if len(pair) == 0:
            return
        clock, offset = self._lots[lot]
        first = max(self._windows[0][clock].first, -offset)
        run_begin, count = without(self._out(clock, offset), np.maximum(start, first), stop)
        np.add.at(self._count, pair, count)
        np.minimum.at(self._first, pair[count > 0], run_begin[count > 0])

    def _drop_unknown(self, pair: np.ndarray, unequal: np.ndarray, unknown: np.ndarray) -> None:
        """Policy until_known: nothing counts before both sides have been known once."""
        wait = self.pairs.policy[pair] == UNTIL_KNOWN
        if not wait.any():
            return
        begins = np.append(True, pair[1:] != pair[:-1])
        start = np.maximum.accumulate(np.where(begins, np.arange(len(pair)), 0))
        last = np.append(pair[1:] != pair[:-1], True)
        for side in (0, 1):
            total = np.cumsum(~unknown[side])
            since = total - np.where(start > 0, total[np.maximum(start - 1, 0)], 0)
            known = (since > 0) | self._known[side, pair]
            self._known[side, pair[last]] |= known[last]
            unequal &= ~wait | known

    def _both_valid(self, pair: np.ndarray, cycle: np.ndarray, a: Table, b: Table) -> np.ndarray:
        result = np.ones(len(pair), bool)
        for block in self._gated:
            on = np.flatnonzero(self.pairs.block[pair] == block.index)
            for role in (block.valid, block.ready):
                if role is not None and len(on):
                    at = np.full(len(on), role.base)
                    for table in (a, b):
                        val, xz = table.at(at, cycle[on])
                        result[on] &= (val & ~xz) != 0
        return result

    def _out(self, clock: int, offset: int) -> np.ndarray:
        return joined(self._windows[0][clock].intervals() + self._windows[1][clock].intervals(offset))

    def finish(self) -> None:
        for block in self.blocks:
            result = self.results[block.index]
            result.unit = "cycles"
            first = max(self._windows[0][block.clock].first, -result.offset)
            end = self._at[self._lots.index((block.clock, result.offset))]
            result.compared = int(without(self._out(block.clock, result.offset), np.array([min(first, end)]), np.array([end]))[1][0])
            of = [pair.index for pair in block.pairs]
            result.counts = {i: int(self._count[i]) for i in of if self._count[i]}
            if result.counts:
                cycle = int(min(self._first[i] for i in of))
                result.first = First("value", cycle, cycle + result.offset, [i for i in of if self._first[i] == cycle], None, [])
