"""The latency between the two sides of a group, found from what changes when.

Each change of a word on side a is a mark (word, new value) at a cycle. For each offset in reach it is counted how many marks of a
side b has, that much later. The offset with the most wins; its confidence is the share of the marks that it explains, times
how far the second is behind it.
"""
from __future__ import annotations

import numpy as np

from .engine import Options, by_cycle
from .plan import Plan
from .result import Alignment
from .sampling import SHIFT
from .streams import Side

MARKS = 1 << 17  # of a side and group


def _marks(plan: Plan, side: int, blocks: list[int], cycles: int,
           options: Options) -> tuple[dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]], list[int]]:
    """Of each block: word, cycle, value of its changes behind the window's begin. And how far each clock was read."""
    block_of_word = np.full(max(1, plan.words), -1, np.int64)
    for pair in plan.pairs:
        if pair.compare and pair.block in blocks:
            block_of_word[pair.base:pair.base + pair.words] = pair.block
    parts: list[tuple[np.ndarray, ...]] = []
    counts = np.zeros(len(plan.blocks), np.int64)
    stream = Side(plan, side, own_process=options.own_process)
    try:
        ended = False
        while not ended:
            events, _, ended = stream.next()
            for k, of_clock in enumerate(events):
                first = max(plan.clocks[k].first, plan.clocks[k].warm_up)
                block = block_of_word[of_clock.word]
                keep = (block >= 0) & (of_clock.cycle > first) & (of_clock.cycle < first + cycles)
                counts += np.bincount(block[keep], minlength=len(counts))
                parts.append((block[keep], of_clock.word[keep], of_clock.cycle[keep], of_clock.val[keep] ^ ~of_clock.xz[keep]))
            if all(of_clock.done > max(plan.clocks[k].first, plan.clocks[k].warm_up) + cycles for k, of_clock in enumerate(events)) \
                    or counts[blocks].min() > MARKS:
                break
    finally:
        stream.close()
    block, word, cycle, val = (np.concatenate(part) for part in zip(*parts))
    result = {}
    for b in blocks:
        on = np.flatnonzero(block == b)[:MARKS]
        result[b] = (word[on], cycle[on], val[on])
    return result, [of_clock.done for of_clock in events]


def align(plan: Plan, reach: int, cycles: int, options: Options, everything: bool) -> list[Alignment]:
    """Of each group with offset auto (or, with `everything`, of each that is compared by cycle); one offset a group."""
    chosen = [b.index for b in plan.blocks if by_cycle(b) and (b.offset is None or everything)]
    if not chosen:
        return []
    (a, done_a), (b, done_b) = (_marks(plan, side, chosen, cycles + (reach if side else 0), options) for side in (0, 1))
    for i in chosen:  # what lies behind the end of the other side cannot be found there
        clock = plan.blocks[i].clock
        there = a[i][1] < min(done_a[clock], done_b[clock])
        a[i] = (a[i][0][there], a[i][1][there], a[i][2][there])
    result = []
    for group in sorted({plan.blocks[i].group for i in chosen}):
        mine = [i for i in chosen if plan.blocks[i].group == group]
        offset, confidence, matched, total, second = _best([a[i] for i in mine], [b[i] for i in mine], reach)
        result += [Alignment(i, offset, confidence, matched, total, second) for i in mine]
    return result


def _best(a: list, b: list, reach: int) -> tuple[int, float, int, int, int | None]:
    word_a, cycle_a, val_a = (np.concatenate(part) for part in zip(*a))
    word_b, cycle_b, val_b = (np.concatenate(part) for part in zip(*b))
    # One number for each (word, value); then a mark is a number, with the cycle below it.
    both = np.stack((np.concatenate((word_a, word_b)).astype(np.uint64), np.concatenate((val_a, val_b))), axis=1)
    if len(word_a) == 0 or len(word_b) == 0:
        return 0, 0.0, 0, len(word_a), None
    order = np.lexsort((both[:, 1], both[:, 0]))
    ordered = both[order]
    number = np.empty(len(both), np.int64)
    number[order] = np.cumsum(np.append(0, (ordered[1:] != ordered[:-1]).any(axis=1)))
    ka = np.sort((number[:len(word_a)] << SHIFT) | (cycle_a + reach))
    kb = np.sort((number[len(word_a):] << SHIFT) | (cycle_b + reach))
    hits = []
    for offset in range(-reach, reach + 1):
        i = np.minimum(np.searchsorted(kb, ka + offset), len(kb) - 1)
        hits.append((int((kb[i] == ka + offset).sum()), -abs(offset), offset))
    hits.sort(reverse=True)
    matched, _, offset = hits[0]
    total = len(word_a)
    second = hits[1] if len(hits) > 1 else (0, 0, 0)
    confidence = matched / total * (1 - second[0] / matched) if matched else 0.0
    return (offset if matched else 0), confidence, matched, total, second[2] if second[0] else None
