"""What is measured on a GPU, and what a backend that measures it has to offer."""
from __future__ import annotations

import dataclasses
from typing import Protocol

TOKENS = 16384  # of a call, as FlashAttention's authors measure
WIDTH = 2048  # heads times head_dim, the same
LENGTHS = (512, 1024, 2048, 4096, 8192, 16384)
HEAD_DIMS = (64, 128)
DECODE_LENGTHS = (128, 2000, 4000)
DECODE_BATCH = 16
POWER_BATCHES = (1, 128)


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of attention in FP16."""
    batch: int
    heads: int
    queries: int
    keys: int
    head_dim: int
    causal: bool = False

    @property
    def flops(self) -> float:
        """4 head_dim a pair; with a causal mask half of the square."""
        return 4 * self.head_dim * self.batch * self.heads * self.queries * self.keys * (.5 if self.causal else 1)

    @property
    def kv_bytes(self) -> int:
        return 2 * 2 * self.batch * self.heads * self.keys * self.head_dim

    def text(self) -> str:
        return (f"batch {self.batch}, {self.heads} heads, {self.queries} queries x {self.keys} keys, d {self.head_dim}"
                + (", causal" if self.causal else ""))


def prefill_call(keys: int, head_dim: int, causal: bool) -> Call:
    return Call(TOKENS // keys, WIDTH // head_dim, keys, keys, head_dim, causal)


def decode_call(keys: int) -> Call:
    return Call(DECODE_BATCH, 32, 1, keys, 128)


def power_call(batch: int) -> Call:
    return Call(batch, 32, 2048, 2048, 128, True)


class Backend(Protocol):
    """Measures. Times are of one call on the device, without the host."""
    device: str  # the device's name
    software: str  # for the source: versions
    multiprocessors: int

    def attention_s(self, call: Call) -> float: ...

    def bandwidth(self) -> float:
        """B/s, read and written, of a long copy."""

    def power_limit_w(self) -> float: ...

    def idle_w(self) -> float: ...

    def power_w(self, call: Call) -> float:
        """While the call runs again and again."""
