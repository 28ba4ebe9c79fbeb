"""A progress bar on a terminal, and nothing elsewhere."""
from __future__ import annotations

import sys
import time


class Progress:
    WIDTH = 40

    def __init__(self, what: str, enabled: bool) -> None:
        self._what = what
        self._on = enabled and sys.stderr.isatty()
        self._last = 0.0
        self._begin = time.monotonic()

    def show(self, done: float) -> None:
        now = time.monotonic()
        if not self._on or now - self._last < 0.2:
            return
        self._last = now
        done = min(max(done, 0.0), 1.0)
        left = (now - self._begin) * (1 - done) / done if done > 0.01 else 0
        bar = "#" * round(done * self.WIDTH)
        print(f"\r{self._what} [{bar:<{self.WIDTH}}] {done:4.0%}, {left:.0f} s left ", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._on and self._last:
            print("\r" + " " * (self.WIDTH + len(self._what) + 30) + "\r", end="", file=sys.stderr, flush=True)
