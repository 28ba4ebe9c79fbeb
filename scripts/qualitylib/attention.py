"""Attention as the accelerator computes it, on float32 Q, K and V of one layer: INT8 per head, the guard's walk, softmax in fixed
point over the retained keys only, times V in INT8, rounded to FP16 as O is stored. NumPy and pade.numeric alone.
"""
from __future__ import annotations

import dataclasses
import math
import pathlib
import sys
from typing import Any

import numpy as np

from tracelib.cli import ROOT, InputError
from tracelib.quantise import quantise

GUARDED_BITS, DENSE_BITS = 20, 24  # softmax.p_bits: the default, and what preset dense_bit_serial sets
LINE = "line:"


def load_numeric(package: str | None) -> Any:
    """pade.numeric: of the folder that is named, else what Python finds, else build/python."""
    if package is not None:
        if not (pathlib.Path(package) / "pade").is_dir():
            raise InputError(f"--package: {package}: has no folder pade; the build's folder python is expected")
        sys.path.insert(0, str(pathlib.Path(package).resolve()))
    else:
        sys.path.append(str(ROOT / "build" / "python"))
    try:
        from pade import numeric
    except ImportError as error:
        raise InputError(f"the Python package pade is needed (docs/python.md): {error}; build it, or name its folder with "
                         "--package") from None
    return numeric


@dataclasses.dataclass(frozen=True)
class Setting:
    """One way to compute attention. alpha None: guard off, dense INT8; not int8: the model's own. at_line: the least that the
    guard may retain, which is what the machine nears when T rises early and keys are checked again late."""
    name: str
    int8: bool = True
    alpha: float | None = None
    at_line: bool = False


def setting(name: str) -> Setting:
    if name == "fp32":
        return Setting(name, int8=False)
    if name == "int8":
        return Setting(name)
    number = name[len(LINE):] if name.startswith(LINE) else name
    try:
        alpha = float(number)
    except ValueError:
        alpha = math.nan
    if not 0 <= alpha <= 100:
        raise InputError(f"--settings: {name or 'an empty item'}: fp32, int8, or a guard.alpha from 0 to 100, alone or after "
                         f"{LINE}, is expected")
    at_line = name.startswith(LINE)
    return Setting(f"{LINE if at_line else ''}{alpha:g}", alpha=alpha, at_line=at_line)


@dataclasses.dataclass
class LayerCalibration:
    """Of one layer, from another text: what a running system would have measured beforehand. Values beyond clip."""
    mean: np.ndarray     # float32 [kv_heads, head_dim]
    channel: np.ndarray  # float32 [kv_heads, head_dim]
    q_scale: np.ndarray  # float64 [heads]
    k_scale: np.ndarray  # float64 [kv_heads]
    v_scale: np.ndarray  # float64 [kv_heads]


def calibrate(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> LayerCalibration:
    """q [heads, n, d], k and v [kv_heads, n, d], float32: K's mean and factors, and the scales that fit both."""
    mean = k.astype(np.float64).mean(axis=1).astype(np.float32)
    channel = np.abs(k - mean[:, None]).max(axis=1)
    channel[channel == 0] = 1
    folded = q * np.repeat(channel, len(q) // len(k), axis=0)[:, None]

    def scale(x: np.ndarray) -> np.ndarray:
        largest = np.abs(x).max(axis=(1, 2))
        return np.where(largest > 0, (largest / np.float32(127)).astype(np.float32), np.float32(1)).astype(np.float64)

    return LayerCalibration(mean, channel, scale(folded), scale((k - mean[:, None]) / channel[:, None]), scale(v))


@dataclasses.dataclass
class Counts:
    """Over layers and heads."""
    pairs: int = 0
    planes: int = 0
    retained: int = 0


def attention(numeric: Any, q: np.ndarray, k: np.ndarray, v: np.ndarray, softmax_scale: float, how: Setting,
              calibration: LayerCalibration | None = None, counts: Counts | None = None,
              causal_offset: int | None = 0) -> np.ndarray:
    """float32 [heads, queries, d] of q [heads, queries, d], k and v [kv_heads, keys, d], float32. Without a calibration, mean,
    factors and scales are those of the arrays themselves, as in the trace sets."""
    use = calibration or calibrate(q, k, v)
    group = len(q) // len(k)
    out = np.empty(q.shape, np.float32)
    for kv in range(len(k)):
        k8 = quantise("k", (k[kv] - use.mean[kv]) / use.channel[kv], float(use.k_scale[kv]))
        v8 = quantise("v", v[kv], float(use.v_scale[kv]))
        for head in range(kv * group, (kv + 1) * group):
            q8 = quantise("q", q[head] * use.channel[kv], float(use.q_scale[head]))
            found = numeric.walk(q8.data, k8.data, v8.data, logit_scale=q8.scale * k8.scale * softmax_scale,
                                 alpha=how.alpha or 0.0, causal_offset=causal_offset, guard=how.alpha is not None,
                                 recheck="line" if how.at_line else "tile", v_scale=v8.scale,
                                 p_bits=DENSE_BITS if how.alpha is None else GUARDED_BITS)
            out[head] = found.output.astype(np.float16)
            if counts is not None:
                counts.pairs += found.pairs
                counts.planes += found.planes_total
                counts.retained += int(found.retained_count.sum())
    return out
