"""Symmetric INT8 per tensor and head, with K centred and its channel ranges folded into Q where that is asked for."""
from __future__ import annotations

import dataclasses

import numpy as np

from .arrays import Tensor
from .cli import InputError

SCHEME = ("symmetric, per tensor and head: scale = float32(max|x| / 127), x_i8 = clamp(round half to even(x / scale), "
          "-127, 127)")


@dataclasses.dataclass
class Quantised:
    """One matrix: int8 [rows, head_dim] and its scale."""
    data: np.ndarray
    scale: float


@dataclasses.dataclass
class KvHead:
    k: Quantised
    v: Quantised
    mean: np.ndarray | None = None      # float32 [head_dim]
    channel: np.ndarray | None = None   # float32 [head_dim]


def scales_of(name: str, text: str | None, count: int) -> list[float | None]:
    """One number, or one a head, separated by commas; None: from the values."""
    if text is None:
        return [None] * count
    values: list[float | None] = []
    for item in text.split(","):
        try:
            value = float(item)
        except ValueError:
            value = float("nan")
        if not 0 < value < float("inf"):
            raise InputError(f"--{name}-scale: {item or 'an empty item'}: a number greater than 0 is expected")
        values.append(value)
    if len(values) not in (1, count):
        raise InputError(f"--{name}-scale: {len(values)} numbers are given; 1 or {count}, one a head of {name}, are expected")
    return values * count if len(values) == 1 else values


def quantise(where: str, x: np.ndarray, scale: float | None) -> Quantised:
    if x.dtype == np.int8:
        if scale is None:
            raise InputError(f"--{where[0]}: is int8, and so --{where[0]}-scale must be given")
        return Quantised(x, scale)
    largest = np.abs(x).max()
    if scale is None:
        # All zeros quantise to zeros with any scale.
        scale = float(np.float32(largest / np.float32(127))) if largest > 0 else 1.0
        if scale < float(np.finfo(np.float32).tiny):
            raise InputError(f"--{where[0]}: the largest magnitude of {where} is {largest}; its scale, a 127th, is too small "
                             "for a normal float32")
    with np.errstate(over="ignore"):
        steps = np.rint(x / np.float32(scale)) if np.float32(scale) == scale else np.rint(x.astype(np.float64) / scale)
    return Quantised(np.clip(steps, -127, 127).astype(np.int8), scale)


def quantise_kv(k: Tensor, v: Tensor, k_scale: str | None, v_scale: str | None, center: bool, factors: bool,
                calibration: np.ndarray | None = None) -> list[KvHead]:
    """calibration: float32 [KV heads, tokens, head_dim], K of another text, which mean and factors are taken from instead of K
    itself: what a system can do that does not know the sequence beforehand. Any mean and factors leave the softmax as it is."""
    for option, asked in (("--center-k", center), ("--channel-factors", factors)):
        if asked and k.is_int8:
            raise InputError(f"{option}: K must be floats; here it is int8 already")
    k_scales = scales_of("k", k_scale, len(k.data))
    v_scales = scales_of("v", v_scale, len(v.data))
    heads = []
    for i, (k_head, v_head) in enumerate(zip(k.data, v.data)):
        mean = channel = None
        basis = k_head if calibration is None else calibration[i]
        if center:
            mean = basis.astype(np.float64).mean(axis=0).astype(np.float32)
            with np.errstate(over="ignore"):
                k_head = k_head - mean
            finite_or_refuse("k", k_head)
        if factors:
            centred = k_head if calibration is None else basis - mean if center else basis
            channel = np.abs(centred).max(axis=0)
            channel[channel == 0] = 1  # nothing in it to scale
            k_head = k_head / channel
        heads.append(KvHead(quantise(f"k of KV head {i}", k_head, k_scales[i]),
                            quantise(f"v of KV head {i}", v_head, v_scales[i]), mean, channel))
    return heads


def quantise_q(q: Tensor, kv: list[KvHead], q_scale: str | None) -> list[Quantised]:
    scales = scales_of("q", q_scale, len(q.data))
    group = len(q.data) // len(kv)
    heads = []
    for i, q_head in enumerate(q.data):
        channel = kv[i // group].channel
        if channel is not None:
            if q.is_int8:
                raise InputError("--channel-factors: Q must be floats; here it is int8 already")
            with np.errstate(over="ignore"):
                q_head = q_head * channel
            finite_or_refuse("q", q_head)
        heads.append(quantise(f"q of head {i}", q_head, scales[i]))
    return heads


def finite_or_refuse(name: str, x: np.ndarray) -> None:
    if not np.isfinite(x).all():
        raise InputError(f"--{name}: values leave the range of float32 when K's mean or channel factors are applied")


def before_text(center: bool, factors: bool, calibration: str | None = None) -> str | None:
    """What was done to q and k, as the manifest says it; None: nothing. calibration: names the text that mean and factors are of,
    if it is not the sequence itself."""
    tokens = "the tokens" if calibration is None else f"the tokens of {calibration}"
    centred = "k - k_mean" if center else "k"
    parts = []
    if center:
        parts.append(f"k_mean = mean of k over {tokens}, per channel")
    if factors:
        parts.append(f"k_channel = max|{centred}| over {tokens}, per channel")
        k_new = "(k - k_mean) / k_channel" if center else "k / k_channel"
        parts.append(f"quantised are k' = {k_new} and q' = q * k_channel")
    elif center:
        parts.append("quantised are k' = k - k_mean and q as it is")
    if not parts:
        return None
    reason = ": the mean adds one constant to all scores of a query" if center else ""
    q_new = "q'" if factors else "q"
    return "; ".join(parts) + f". In real numbers softmax({q_new} k'^T) = softmax(q k^T){reason}. v is quantised as it is"
