"""What a comparison found."""
from __future__ import annotations

import dataclasses


@dataclasses.dataclass
class First:
    """The first divergence of a block. A cycle is None on the side that has nothing there."""
    kind: str  # "value", "missing" (on b), "extra" (on b), "unknown_valid"
    cycle_a: int | None
    cycle_b: int | None
    pairs: list[int]      # that differ there
    number: int | None    # of the transaction, in order within its stream
    key: list[int]        # its key or tag

    @property
    def order(self) -> int:
        """Cycle of side a where there is one: by it divergences of one clock are put in order."""
        return self.cycle_a if self.cycle_a is not None else self.cycle_b or 0


@dataclasses.dataclass
class BlockResult:
    compared: int = 0       # cycles or transactions
    unit: str = "cycles"
    first: First | None = None
    counts: dict[int, int] = dataclasses.field(default_factory=dict)  # pair: cycles or transactions that differ
    missing: int = 0        # transactions of a without one on b
    extra: int = 0          # and the other way round
    unknown_valid: int = 0  # cycles with a valid or ready of x
    offset: int = 0

    @property
    def differs(self) -> bool:
        return self.first is not None


@dataclasses.dataclass
class Alignment:
    block: int
    offset: int
    confidence: float
    matched: int
    of: int
    second: int | None


@dataclasses.dataclass
class Result:
    blocks: list[BlockResult]
    cycles: list[tuple[int, int]]  # of each clock, on both sides
    alignments: list[Alignment] = dataclasses.field(default_factory=list)
    too_long: list[int] = dataclasses.field(default_factory=list)  # clocks of which one side goes on for more than their slack
