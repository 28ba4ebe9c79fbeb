"""Compares waveforms: does B do what A does, and where does it first not (docs/wavediff.md)."""
__version__ = "0.1.0"
