#!/usr/bin/python3
"""The installed program wavediff: its package lies below the same prefix, wherever that is."""
import pathlib
import sys

packages = pathlib.Path(__file__).resolve().parent.parent / "lib" / "python3" / "dist-packages"
if (packages / "wavedifflib").is_dir():
    sys.path.insert(0, str(packages))

from wavedifflib.cli import entry  # noqa: E402

if __name__ == "__main__":
    entry()
