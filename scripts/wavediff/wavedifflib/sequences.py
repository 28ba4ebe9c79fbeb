"""Transactions: the n-th of a stream, of a key or of a tag on one side with the n-th of the other, whatever the cycles."""
from __future__ import annotations

import numpy as np

from .plan import Block, Plan
from .result import BlockResult, First
from .sampling import Events
from .table import IGNORE, UNTIL_KNOWN, PairTable, Table, Windows

MAX_WAITING = 1 << 17  # transactions of a block without a partner, before it is given up
GATHERED = 1 << 18  # changes of a side and clock


class _Stream:
    """Transactions of one block and side that wait for their partners: cycles, and words of all fields."""

    def __init__(self, width: int) -> None:
        self.cycle = np.zeros(0, np.int64)
        self.val = np.zeros((0, width), np.uint64)
        self.xz = np.zeros((0, width), np.uint64)

    def add(self, cycle: np.ndarray, val: np.ndarray, xz: np.ndarray) -> None:
        self.cycle = np.concatenate((self.cycle, cycle))
        self.val, self.xz = np.concatenate((self.val, val)), np.concatenate((self.xz, xz))

    def keep(self, which: np.ndarray) -> None:
        self.cycle, self.val, self.xz = self.cycle[which], self.val[which], self.xz[which]


class SequenceCompare:
    def __init__(self, plan: Plan, blocks: list[Block], starts, results: list[BlockResult]) -> None:
        self.plan, self.blocks, self.results = plan, blocks, results
        self.pairs = PairTable(plan.pairs)
        mine = np.zeros(plan.words, bool)
        self._fields: dict[int, np.ndarray] = {}  # words of a block, in order of its pairs
        self._columns: dict[int, dict[int, list[int]]] = {}  # of a pair, in those
        for block in blocks:
            words: list[int] = []
            columns: dict[int, list[int]] = {}
            for pair in block.pairs:
                columns[pair.index] = list(range(len(words), len(words) + pair.words))
                words += range(pair.base, pair.base + pair.words)
            self._fields[block.index] = np.array(words, np.int64)
            self._columns[block.index] = columns
            mine[words] = True
        self._words = mine
        self._tables = [Table(*starts[side]) for side in (0, 1)]
        self._at = [[0 for _ in plan.clocks] for _ in (0, 1)]
        self._waiting = [{block.index: _Stream(len(self._fields[block.index])) for block in blocks} for _ in (0, 1)]
        self._windows = [[Windows(clock.warm_up, clock.sides[side].first, clock.sides[side].last) for clock in plan.clocks] for side in (0, 1)]
        self._known = np.zeros((2, len(plan.pairs)), bool)
        self._given_up: set[int] = set()
        self.seen = [0, 0]
        self._held: list[list[list[Events]]] = [[[] for _ in plan.clocks] for _ in (0, 1)]
        for block in blocks:
            results[block.index].unit = "transactions"

    def feed(self, side: int, clock: int, events: Events) -> None:
        """Gathers: what is done for each block costs the same for few changes as for many."""
        if not any(block.clock == clock for block in self.blocks):
            return
        keep = self._words[events.word]
        held = self._held[side][clock]
        held.append(events._replace(word=events.word[keep], cycle=events.cycle[keep], val=events.val[keep], xz=events.xz[keep]))
        if sum(len(part.word) for part in held) >= GATHERED:
            self._flush(side, clock)

    def _flush(self, side: int, clock: int) -> None:
        held, self._held[side][clock] = self._held[side][clock], []
        if not held:
            return
        for part in held:
            self._windows[side][clock].add(part.resets)
        table, begin, end = self._tables[side], self._at[side][clock], held[-1].done
        word, cycle, val, xz = (np.concatenate([getattr(part, name) for part in held]) for name in ("word", "cycle", "val", "xz"))
        table.load(word, cycle, val, xz, begin)
        if end > begin:
            moved = np.zeros(len(self._words), bool)
            moved[table.word] = True
            for block in self.blocks:
                assert block.valid is not None
                valid = block.valid.base
                if block.clock == clock and block.index not in self._given_up and (moved[valid] or table.val[valid] or table.xz[valid]):
                    self._collect(side, block, table, begin, end)
            self._at[side][clock] = end
        table.close()

    def _collect(self, side: int, block: Block, table: Table, begin: int, end: int) -> None:
        assert block.valid is not None
        valid = block.valid.base
        lo, hi = np.searchsorted(table.word, (valid, valid + 1))
        at = np.concatenate(([begin], table.cycle[lo:hi]))
        val = np.concatenate((table.val[valid:valid + 1], table.new_val[lo:hi]))
        xz = np.concatenate((table.xz[valid:valid + 1], table.new_xz[lo:hi]))
        length = np.diff(np.append(at, end))
        high = (val & ~xz) != 0
        windows = self._windows[side][block.clock]
        self._unknown(side, block, block.valid.index, ~high & (xz != 0), xz == 0, at, length, windows)
        cycle = np.repeat(at[high] - np.cumsum(length[high]) + length[high], length[high]) + np.arange(int(length[high].sum()))
        cycle = cycle[windows.counts(cycle)]
        if block.ready is not None and len(cycle):
            val, xz = table.at(np.full(len(cycle), block.ready.base), cycle)
            ready = (val & ~xz) != 0
            self._unknown(side, block, block.ready.index, ~ready & (xz != 0), xz == 0, cycle, np.ones(len(cycle), np.int64), windows)
            cycle = cycle[ready]
        if len(cycle) == 0:
            return
        words = self._fields[block.index]
        val, xz = table.at(np.tile(words, len(cycle)), np.repeat(cycle, len(words)))
        self.seen[side] += len(cycle)
        self._waiting[side][block.index].add(cycle, val.reshape(-1, len(words)), xz.reshape(-1, len(words)))
        self._match(block)

    def _unknown(self, side: int, block: Block, pair: int, is_x: np.ndarray, is_known: np.ndarray, at: np.ndarray,
                 length: np.ndarray, windows: Windows) -> None:
        """A valid or ready of x is no transaction, and itself a difference but for the policies that let x pass."""
        policy = self.pairs.policy[pair]
        if policy == UNTIL_KNOWN:
            known = np.cumsum(is_known) > 0
            is_x = is_x & (known | self._known[side, pair])
            self._known[side, pair] |= bool(is_known.any())
        if policy == IGNORE or not is_x.any():
            return
        cycle = np.repeat(at[is_x] - np.cumsum(length[is_x]) + length[is_x], length[is_x]) + np.arange(int(length[is_x].sum()))
        cycle = cycle[windows.counts(cycle)]
        if len(cycle):
            result = self.results[block.index]
            result.unknown_valid += len(cycle)
            result.counts[pair] = result.counts.get(pair, 0) + len(cycle)
            first = int(cycle[0])
            self._first(result, First("unknown_valid", first if side == 0 else None, first if side == 1 else None, [pair], None, []))

    @staticmethod
    def _first(result: BlockResult, new: First) -> None:
        if result.first is None or new.order < result.first.order:
            result.first = new

    def _match(self, block: Block) -> None:
        a, b = (self._waiting[side][block.index] for side in (0, 1))
        if len(a.cycle) == 0 or len(b.cycle) == 0:
            if max(len(a.cycle), len(b.cycle)) > MAX_WAITING:
                self._leave(block)
            return
        columns = self._columns[block.index]
        key = [column for pair in block.key for column in columns[pair.index]]
        result = self.results[block.index]
        number = None
        if not key:
            count = min(len(a.cycle), len(b.cycle))
            ia = ib = np.arange(count)
            number = result.compared
        else:
            both = np.concatenate((np.hstack((a.val[:, key], a.xz[:, key])), np.hstack((b.val[:, key], b.xz[:, key]))))
            _, which = np.unique(both, axis=0, return_inverse=True)
            which = which.ravel()
            ranks = [self._rank(part) for part in (which[:len(a.cycle)], which[len(a.cycle):])]
            ka, kb = (w * (1 << 32) + r for w, r in zip((which[:len(a.cycle)], which[len(a.cycle):]), ranks))
            _, ia, ib = np.intersect1d(ka, kb, assume_unique=True, return_indices=True)
            order = np.argsort(ia)
            ia, ib = ia[order], ib[order]
        self._judge(block, a, b, ia, ib, number)
        for stream, used in ((a, ia), (b, ib)):
            rest = np.ones(len(stream.cycle), bool)
            rest[used] = False
            stream.keep(rest)
        if max(len(a.cycle), len(b.cycle)) > MAX_WAITING:
            self._leave(block)

    @staticmethod
    def _rank(which: np.ndarray) -> np.ndarray:
        """How many equal ones stand before each."""
        order = np.argsort(which, kind="stable")
        ordered = which[order]
        begins = np.maximum.accumulate(np.where(np.append(True, ordered[1:] != ordered[:-1]), np.arange(len(which)), 0)) \
            if len(which) else order
        rank = np.empty(len(which), np.int64)
        rank[order] = np.arange(len(which)) - begins
        return rank

    def _judge(self, block: Block, a: _Stream, b: _Stream, ia: np.ndarray, ib: np.ndarray, number: int | None) -> None:
        result = self.results[block.index]
        result.compared += len(ia)
        if len(ia) == 0:
            return
        bad_any = np.zeros(len(ia), bool)
        bad_of: dict[int, np.ndarray] = {}
        for pair in block.pairs:
            if not pair.compare or pair in (block.valid, block.ready):
                continue
            bad = np.zeros(len(ia), bool)
            known = np.ones((2, len(ia)), bool)
            which = np.full(len(ia), pair.index)
            for column in self._columns[block.index][pair.index]:
                va, vb = (a.val[ia, column], a.xz[ia, column]), (b.val[ib, column], b.xz[ib, column])
                bad |= self.pairs.differ(which, va, vb)
                known[0] &= va[1] == 0
                known[1] &= vb[1] == 0
            if pair.x == "until_known":
                for side in (0, 1):
                    since = np.logical_or.accumulate(known[side]) | self._known[side, pair.index]
                    self._known[side, pair.index] = since[-1]
                    bad &= since
            if bad.any():
                result.counts[pair.index] = result.counts.get(pair.index, 0) + int(bad.sum())
                bad_of[pair.index] = bad
                bad_any |= bad
        if bad_any.any():
            where = np.flatnonzero(bad_any)
            i = int(where[np.argmin(a.cycle[ia[where]])])
            self._first(result, First("value", int(a.cycle[ia[i]]), int(b.cycle[ib[i]]),
                                      [pair for pair, bad in bad_of.items() if bad[i]], None if number is None else number + i,
                                      self._key(block, a, int(ia[i]))))

    def _key(self, block: Block, stream: _Stream, row: int) -> list[int]:
        columns = self._columns[block.index]
        return [sum(int(stream.val[row, column]) << (64 * i) for i, column in enumerate(columns[pair.index])) for pair in block.key]

    def _leave(self, block: Block) -> None:
        """What has no partner: on b missing, or there alone."""
        self._given_up.add(block.index)
        result = self.results[block.index]
        for side, kind in ((0, "missing"), (1, "extra")):
            stream = self._waiting[side][block.index]
            count = len(stream.cycle)
            if count == 0:
                continue
            setattr(result, kind, count)
            row = int(np.argmin(stream.cycle))
            cycle = int(stream.cycle[row])
            self._first(result, First(kind, cycle if side == 0 else None, cycle if side == 1 else None, [],
                                      result.compared if not block.key else None, self._key(block, stream, row)))
            stream.keep(np.zeros(count, bool))

    def finish(self) -> None:
        for side in (0, 1):
            for clock in range(len(self.plan.clocks)):
                self._flush(side, clock)
        for block in self.blocks:
            if block.index not in self._given_up:
                self._leave(block)
