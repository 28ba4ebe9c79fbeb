"""Reads both sides, each as far as the other, and compares what is complete on both."""
from __future__ import annotations

import dataclasses

import numpy as np

from .compare import CycleCompare
from .plan import Block, Plan, SideClock
from .progress import Progress
from .result import BlockResult, Result
from .sequences import SequenceCompare
from .streams import Side
from .table import Table
from .wave import columns_of


@dataclasses.dataclass
class Options:
    own_process: bool = True
    progress: bool = True
    window: int = 8


def by_cycle(block: Block) -> bool:
    return block.mode == "cycle" or (block.mode == "valid" and block.pairing == "cycle")


def compare(plan: Plan, offsets: list[int], options: Options) -> Result:
    """`offsets` of each block: cycle n of side a belongs to cycle n + offset of side b."""
    results = [BlockResult(offset=offsets[block.index]) for block in plan.blocks]
    progress = Progress("comparing", options.progress)
    sides = [Side(plan, side, own_process=options.own_process) for side in (0, 1)]
    try:
        starts = [side.starts[0] if side.starts else (np.zeros(0, np.uint64),) * 2 for side in sides]
        for number, side in enumerate(sides):  # each word belongs to one clock
            val, xz = (part.copy() for part in starts[number])
            for k, (other_val, other_xz) in enumerate(side.starts):
                words = sorted({term.word for term in plan.sides[number][k].terms})
                val[words], xz[words] = other_val[words], other_xz[words]
            starts[number] = (val, xz)
        cycles = CycleCompare(plan, [b for b in plan.blocks if by_cycle(b)], starts, results, offsets)
        sequences = SequenceCompare(plan, [b for b in plan.blocks if not by_cycle(b)], starts, results)
        ended, read = [False, False], [0, 0]
        counts = [[0 for _ in plan.clocks] for _ in (0, 1)]
        while not all(ended):
            which = _behind(cycles, sequences, ended, read)
            events, at, ended[which] = sides[which].next()
            read[which] = at
            for clock, of_clock in enumerate(events):
                counts[which][clock] = max(0, of_clock.done)
                cycles.feed(which, clock, of_clock)
                sequences.feed(which, clock, of_clock)
            cycles.advance()
            progress.show(sum(read) / max(1, sum(wave.size for wave in plan.waves)))
        cycles.finish()
        sequences.finish()
    finally:
        progress.clear()
        for side in sides:
            side.close()
    result = Result(results, [(counts[0][k], counts[1][k]) for k in range(len(plan.clocks))])
    for k, (a, b) in enumerate(result.cycles):
        slack = plan.clocks[k].slack
        if slack is not None and abs(a - b) > slack:
            result.too_long.append(k)
    return result


def _behind(cycles: CycleCompare, sequences: SequenceCompare, ended: list[bool], read: list[int]) -> int:
    """The side to read on: that of fewer cycles, or of fewer transactions where no cycles are compared."""
    if ended[0] or ended[1]:
        return int(ended[0])
    if cycles.blocks:
        a, b = (min(cycles.done[side]) for side in (0, 1))
    else:
        a, b = sequences.seen
    return int((b, read[1]) < (a, read[0]))


@dataclasses.dataclass
class Wish:
    """Values of pairs of a block around a cycle of one side."""
    block: Block
    cycle: int


@dataclasses.dataclass
class Around:
    cycles: list[int]
    times: list[int]                              # fs
    values: dict[int, list[tuple[int, int]]]      # pair: (value, xz) at each cycle


def _only(plan: Plan, side: int, wishes: list[Wish]) -> Plan:
    """The plan with the signals alone that are wished for, and clocks and resets."""
    words = {pair.base + word for wish in wishes for pair in wish.block.pairs for word in range(pair.words)}
    sides: tuple[list[SideClock], list[SideClock]] = ([], [])
    columns: set[int] = set()
    for clock in plan.sides[side]:
        terms = [term for term in clock.terms if term.word in words]
        sides[side].append(dataclasses.replace(clock, terms=terms))
        columns.update(term.source for term in terms)
        columns.update(column for column in (clock.signal, clock.reset) if column is not None)
    width = {var.signal: columns_of(var.width) for var in plan.waves[side].vars.values()}
    kept = {signal: base for signal, base in plan.columns[side].items() if not columns.isdisjoint(range(base, base + width[signal]))}
    return dataclasses.replace(plan, sides=sides, columns=(kept, {}) if side == 0 else ({}, kept))


def around(plan: Plan, side: int, wishes: list[Wish], options: Options) -> list[Around]:
    """A second reading, as far as the last wish: values and times from `window` cycles before to `window` behind each."""
    found = [Around([], [], {pair.index: [] for pair in wish.block.pairs}) for wish in wishes]
    if not wishes:
        return found
    stream = Side(_only(plan, side, wishes), side, keep_edges=True, own_process=options.own_process)
    progress = Progress(f"values of side {'ab'[side]}", options.progress)
    try:
        tables = [Table(*start) for start in stream.starts]
        at = [0 for _ in plan.clocks]
        open_wishes, ended = set(range(len(wishes))), False
        while open_wishes and not ended:
            events, read, ended = stream.next()
            progress.show(read / max(1, plan.waves[side].size))
            for k, of_clock in enumerate(events):
                table, begin = tables[k], at[k]
                table.load(of_clock.word, of_clock.cycle, of_clock.val, of_clock.xz, begin)
                if of_clock.done > begin:
                    edges = of_clock.edges[len(of_clock.edges) - (of_clock.done - begin):]
                    for i in sorted(open_wishes):
                        wish = wishes[i]
                        if wish.block.clock == k:
                            first, last = max(0, wish.cycle - options.window), wish.cycle + options.window
                            _values(found[i], wish.block, table, range(max(first, begin), min(last + 1, of_clock.done)), edges, begin)
                            if of_clock.done > last:
                                open_wishes.discard(i)
                    at[k] = of_clock.done
                table.close()
    finally:
        progress.clear()
        stream.close()
    return found


def _values(found: Around, block: Block, table: Table, cycles: range, edges: np.ndarray, begin: int) -> None:
    if len(cycles) == 0:
        return
    found.cycles += cycles
    found.times += [int(edges[cycle - begin]) for cycle in cycles]
    at = np.array(cycles, np.int64)
    for pair in block.pairs:
        total = [(0, 0)] * len(cycles)
        for word in range(pair.words):
            val, xz = table.at(np.full(len(at), pair.base + word), at)
            total = [(v | int(p) << (64 * word), x | int(q) << (64 * word)) for (v, x), p, q in zip(total, val, xz)]
        found.values[pair.index] += total
