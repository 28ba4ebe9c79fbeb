"""Results of pade-sim in NumPy and pandas, and the machine's own arithmetic.

    run = pade.read("out/quickstart")      # one output folder of pade-sim run
    table = pade.read_many("out/suite")    # every finished run below a folder, a row each
    from pade import numeric               # bit planes, intervals, guard, selection, online softmax

docs/python.md shows each at work.
"""
from .output import OutputError, Run, read, read_many

__all__ = ["OutputError", "Run", "read", "read_many"]
