"""What the machine computes, bit for bit: model/numeric, with NumPy arrays in and out.

The arithmetic is the simulator's own code. Arrays must have the type and shape that a function names; what has another one is
refused with a ValueError, never converted in silence.
"""
try:
    from . import _numeric
except ImportError as error:
    raise ImportError("pade.numeric needs the compiled module pade._numeric for this Python; build the project with pybind11 "
                      f"(Debian: pybind11-dev python3-dev), or install python3-pade ({error})") from error

from ._numeric import *  # noqa: F401,F403

__all__ = [name for name in dir(_numeric) if not name.startswith("_")]
