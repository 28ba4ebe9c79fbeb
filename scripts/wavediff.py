#!/usr/bin/env python3
"""Compares two waveforms and names the first divergence; from a checkout, without an install (docs/wavediff.md).

The same as `wavediff` after `pipx install scripts/wavediff`.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "wavediff"))

from wavedifflib.cli import entry  # noqa: E402

if __name__ == "__main__":
    entry()
