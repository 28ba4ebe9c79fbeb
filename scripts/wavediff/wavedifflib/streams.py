"""One side of the comparison as an iterator of events, in this process or in one of its own."""
from __future__ import annotations

import multiprocessing
import signal
from typing import Iterator

import numpy as np

from .errors import InputError
from .plan import Plan
from .sampling import Events, Sampler
from .wave import Changes, columns_of

Batch = tuple[list[Events], int, bool]  # an Events for each clock, bytes read, whether it is the last one


def _samplers(plan: Plan, side: int, keep_edges: bool) -> list[Sampler]:
    wave = plan.waves[side]
    width = {var.signal: var.width for var in wave.vars.values()}
    columns = max((base + columns_of(width[signal]) for signal, base in plan.columns[side].items()), default=0)
    return [Sampler(clock, plan.words, columns, keep_edges) for clock in plan.sides[side]]


def _empty() -> Changes:
    return Changes(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0, np.uint64))


def _direct(plan: Plan, side: int, keep_edges: bool) -> Iterator[Batch]:
    samplers = _samplers(plan, side, keep_edges)
    now = 0
    for changes, now, at in plan.waves[side].stream(plan.columns[side]):
        yield [sampler.feed(changes, now) for sampler in samplers], at, False
    yield [sampler.feed(_empty(), now, end=True) for sampler in samplers], plan.waves[side].size, True


def _work(plan: Plan, side: int, keep_edges: bool, connection) -> None:
    """In the process of a side. A reader that calls back is turned into batches here."""
    wave = plan.waves[side]
    try:
        if hasattr(wave, "push"):
            samplers = _samplers(plan, side, keep_edges)
            last = [0]

            def emit(changes: Changes, now: int, at: int) -> None:
                last[0] = now
                connection.send(([sampler.feed(changes, now) for sampler in samplers], at, False))

            wave.push(plan.columns[side], emit)
            connection.send(([sampler.feed(_empty(), last[0], end=True) for sampler in samplers], wave.size, True))
        else:
            for batch in _direct(plan, side, keep_edges):
                connection.send(batch)
    except BrokenPipeError:
        pass  # enough was read
    except InputError as error:
        connection.send(error)
    except MemoryError:
        connection.send(InputError(f"{wave.path}: not enough memory; allowed: fewer signals at a time (waive some)"))
    finally:
        connection.close()


class Side:
    """Iterates batches; close() ends the reading early."""

    def __init__(self, plan: Plan, side: int, keep_edges: bool = False, own_process: bool = True) -> None:
        self._process = None
        self._connection = None
        if own_process or hasattr(plan.waves[side], "push"):
            context = multiprocessing.get_context("fork")
            self._connection, theirs = context.Pipe(duplex=False)
            self._process = context.Process(target=self._child, args=(plan, side, keep_edges, theirs, self._connection), daemon=True)
            self._process.start()
            theirs.close()
        else:
            self._direct = _direct(plan, side, keep_edges)
        self._path = plan.waves[side].path
        self.starts = [(sampler.start_val, sampler.start_xz) for sampler in _samplers(plan, side, False)]

    @staticmethod
    def _child(plan: Plan, side: int, keep_edges: bool, connection, other) -> None:
        other.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this one ends it
        _work(plan, side, keep_edges, connection)

    def next(self) -> Batch:
        if self._connection is None:
            return next(self._direct)
        try:
            batch = self._connection.recv()
        except EOFError:
            raise InputError(f"{self._path}: its reader ended without a word (killed, or out of memory); allowed: a whole waveform") \
                from None
        if isinstance(batch, InputError):
            raise batch
        return batch

    def close(self) -> None:
        if self._process is not None and self._connection is not None:
            self._connection.close()
            self._process.terminate()
            self._process.join()

