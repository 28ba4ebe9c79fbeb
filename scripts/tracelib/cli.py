"""The manner of a command: bad input is one line on stderr and exit code 2."""
from __future__ import annotations

import argparse
import pathlib
import sys
from typing import Callable, NoReturn

ROOT = pathlib.Path(__file__).resolve().parents[2]


class InputError(Exception):
    """What the user gave cannot be used: one sentence with the place, the value and what is allowed."""


class Parser(argparse.ArgumentParser):
    """argparse without the usage text in front of an error, and without abbreviated options."""

    def __init__(self, **options) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def one_line(text: str) -> str:
    return " ".join(text.split())


def run_main(main: Callable[[], int]) -> NoReturn:
    """Runs `main` and ends the process with its exit code; 2 for bad input, with one line."""
    program = pathlib.Path(sys.argv[0]).name
    try:
        code = main()
    except InputError as error:
        print(f"{program}: {one_line(str(error))}", file=sys.stderr)
        code = 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{program}: {where}{error.strerror or error}", file=sys.stderr)
        code = 2
    except MemoryError:
        print(f"{program}: not enough memory for arrays of this size", file=sys.stderr)
        code = 2
    sys.exit(code)


def write_tables(lines: list[str], missing: list[str], failed: list[str], write: str | None) -> int:
    """Prints a page of tables, or writes it to the file `write`; says which sets were not there and which runs failed. Returns the
    exit code."""
    if missing:
        lines = [*lines, f"Sets that were not there: {', '.join(sorted(missing))}.", ""]
    text = "\n".join(lines)
    if write:
        pathlib.Path(write).write_text(text, encoding="utf-8")
    else:
        print(text)
    for failure in failed:
        print(f"FAILED: {failure}")
    return 1 if failed else 0


def find_pade_sim(given: str | None) -> pathlib.Path | None:
    """The program that was named, else the one of build/ if there is one."""
    if given is not None:
        path = pathlib.Path(given)
        if not path.is_file():
            raise InputError(f"--pade-sim: {given}: there is no such file")
        return path.resolve()
    path = ROOT / "build" / "pade-sim"
    return path if path.is_file() else None
