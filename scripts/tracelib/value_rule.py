"""The guard's rule alone, with no clock: planes that a key takes before it is dropped, keys retained, softmax mass lost.

Written from the rule itself, not from the simulator: after planes 0..r of a key are known, its score lies between S + Imin and
S + Imax, where the unknown planes add at most 2^(7-r) - 1 times the positive or the negative elements of the query. A query
drops a key when S + Imax < T, T the largest S + Imin that it has seen, minus the offset.
"""
from __future__ import annotations

import dataclasses
import math
from typing import Callable

import numpy as np

PLANES = 8
ORDERS = ("head_tail", "sequential", "lockstep", "oracle")
MOST_CELLS = 1 << 21  # scores of one plane held at a time


@dataclasses.dataclass
class RuleResult:
    """Of the unmasked pairs of one head."""
    pairs: int
    planes: int
    retained: int
    at_line: int            # pairs whose exact score is at least the largest minus the offset: fewer cannot be retained
    lost_mass: np.ndarray   # [queries], exact softmax mass of the dropped keys

    def figures(self) -> dict[str, float]:
        return {"planes_per_pair": self.planes / self.pairs, "retained_fraction": self.retained / self.pairs,
                "at_line_fraction": self.at_line / self.pairs, "lost_mass_mean": float(self.lost_mass.mean()),
                "lost_mass_max": float(self.lost_mass.max())}


def guard_offset(alpha: float, radius: float, c: float) -> int:
    """In units of the integer scores; c is the logit of one such unit."""
    offset = alpha * radius / c
    return 2**31 - 1 if not offset < 2**31 - 1 else math.ceil(offset)


def visible_keys(queries: int, keys: int, causal_offset: int | None) -> np.ndarray:
    """[queries]: how many keys each query sees, the first ones; None: no mask."""
    if causal_offset is None:
        return np.full(queries, keys, dtype=np.int64)
    return np.clip(np.arange(queries, dtype=np.int64) + causal_offset + 1, 0, keys)


def _tiles(visible: int, tile: int, order: str) -> list[tuple[int, int]]:
    if order in ("lockstep", "oracle"):
        return [(0, visible)]
    count = -(-visible // tile)
    turn = range(count) if order == "sequential" else [i // 2 if i % 2 == 0 else count - 1 - i // 2 for i in range(count)]
    return [(i * tile, min(visible, (i + 1) * tile)) for i in turn]


def value_rule(q: np.ndarray, k: np.ndarray, c: float, visible: np.ndarray, *, alpha: float = 1.0, radius: float = 5.0,
               order: str = "head_tail", tile: int = 64,
               keep: Callable[[slice, np.ndarray, np.ndarray], None] | None = None) -> RuleResult:
    """q int8 [queries, d], k int8 [keys, d], visible [queries], ascending, at least 1 each.

    head_tail and sequential go through the tiles in that order and plane by plane inside a tile; lockstep takes plane 0 of all
    keys, then plane 1 of those alive, and so on; oracle knows the final threshold from the start. keep is called with rows, their
    retained pairs and their exact scores (-inf where masked), both [rows, most visible keys], for each block of rows.
    """
    offset = guard_offset(alpha, radius, c)
    # Sums of at most 256 products of at most 2^14: exact in float32, and matrix products of floats are fast.
    queries = q.astype(np.float32)
    known = [(k & np.int8(-(1 << (PLANES - 1 - plane)))).astype(np.float32) for plane in range(PLANES)]
    positive = np.maximum(q, 0).sum(axis=1, dtype=np.int64)
    negative = np.minimum(q, 0).sum(axis=1, dtype=np.int64)
    result = RuleResult(0, 0, 0, 0, np.zeros(len(q)))
    first = 0
    while first < len(q):
        # Queries that go through the same tiles are taken together; only their last tile differs.
        tiles = -(-int(visible[first]) // tile)
        last = first + 1
        while (last < len(q) and -(-int(visible[last]) // tile) == tiles
               and (last + 1 - first) * int(visible[last]) <= MOST_CELLS):
            last += 1
        rows = slice(first, last)
        _rows(queries[rows], known, positive[rows], negative[rows], visible[rows], c, offset, order, tile, result, rows,
              keep)
        first = last
    return result


def _rows(queries, known, positive, negative, visible, c, offset, order, tile, result, rows, keep) -> None:
    most = int(visible[-1])
    partial = [queries @ plane[:most].T for plane in known]
    sees = np.arange(most) < visible[:, None]
    exact = np.where(sees, partial[-1].astype(np.float64), -np.inf)
    line = exact.max(axis=1) - offset
    best = np.full(len(visible), -np.inf)
    retained = np.zeros_like(sees)
    for start, end in _tiles(most, tile, order):
        alive = sees[:, start:end].copy()
        for plane in range(PLANES):
            if not alive.any():
                break
            result.planes += int(alive.sum())
            unknown = 2 ** (PLANES - 1 - plane) - 1
            score = partial[plane][:, start:end].astype(np.float64)
            lower = np.where(alive, score + (unknown * negative)[:, None], -np.inf)
            best = np.maximum(best, lower.max(axis=1))
            threshold = line if order == "oracle" else best - offset
            alive &= score + (unknown * positive)[:, None] >= threshold[:, None]
        retained[:, start:end] = alive
    if keep is not None:
        keep(rows, retained, exact)
    weights = np.exp(c * (exact - exact.max(axis=1, keepdims=True)))
    result.lost_mass[rows] = np.where(retained, 0, weights).sum(axis=1) / weights.sum(axis=1)
    result.pairs += int(visible.sum())
    result.retained += int(retained.sum())
    result.at_line += int((exact >= line[:, None]).sum())
