"""The manner of a command: bad input is one line on stderr and exit code 2."""
from __future__ import annotations

import argparse
import os
import sys
from typing import Callable, NoReturn


class InputError(Exception):
    """What the user gave cannot be used: one sentence with the place, the value and what is allowed."""


class Parser(argparse.ArgumentParser):
    """argparse without the usage text in front of an error, and without abbreviated options."""

    def __init__(self, **options) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def run_main(program: str, main: Callable[[], int]) -> NoReturn:
    """Runs `main` and ends the process with its exit code; 2 for bad input, with one line."""
    try:
        code = main()
        sys.stdout.flush()
    except InputError as error:
        print(f"{program}: {' '.join(str(error).split())}", file=sys.stderr)
        code = 2
    except ModuleNotFoundError as error:
        print(f"{program}: needs the Python package {error.name}, which {sys.executable} does not have; allowed: a Python that has "
              "it (Debian: /usr/bin/python3 with python3-numpy and python3-yaml)", file=sys.stderr)
        code = 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # who read has gone; nothing more to flush
        code = 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{program}: {where}{error.strerror or error}", file=sys.stderr)
        code = 2
    except MemoryError:
        print(f"{program}: not enough memory", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
