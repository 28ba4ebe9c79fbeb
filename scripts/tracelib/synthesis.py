"""Decode sets longer than any that was captured, from the measured statistics of one that was.

The keys of a captured decode fall into three classes. The first SINK keys and the last LOCAL ones carry most of the softmax mass
and do not depend on the length: they are kept as they are, and so are the queries. Keys between them are drawn: rows of K and V
come in blocks of consecutive tokens from the captured ones at the same distance from the end (bins of an octave, the last of them
wider; beyond the captured length, that last one), and each row is smoothed without changing mean and covariance of its bin:

    x = m + sqrt(1 - h^2) (r - m) + h e,   e normal with the covariance of the bin

(the smoothed bootstrap with shrinkage of Silverman and Young, 1987; blocks as in Politis and Romano, 1994). h = 0 repeats what was
captured, so that the largest score of many keys never grows; h = 1 is a normal distribution, which has no heavy keys.
"""
from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
from typing import Iterator

import numpy as np

from .cli import InputError

SINK = 4
LOCAL = 64      # before the first query; the keys of the decode steps come on top
BLOCK = 16      # mean length of a run of consecutive captured tokens
STEPS = 8       # decode steps cut from the end of a captured prefill
CHUNK = 1 << 14
LEAST_KEYS = 256
SMOOTHING = .3  # h: scripts/long_contexts.py, docs/long-contexts.md


@dataclasses.dataclass
class Bin:
    """Captured rows at distances [low, high) from the last key."""
    low: int
    high: int
    rows: np.ndarray                          # [n, 2, d]: K and V
    mean: np.ndarray                          # [2, d]
    factor: tuple[np.ndarray, np.ndarray]     # of the covariances of K and V: L with L L^T


@dataclasses.dataclass
class Fit:
    name: str
    layer: int
    kv_head: int
    heads: list[dict]          # entries of the captured head_list
    queries: list[np.ndarray]  # int8 [steps, d] a head
    k: np.ndarray              # int8 [keys, d]
    v: np.ndarray
    softmax_scale: float
    source: dict
    text: dict
    manifest_sha256: str
    bins: list[Bin] = dataclasses.field(default_factory=list)

    @property
    def steps(self) -> int:
        return len(self.queries[0])

    @property
    def tail(self) -> int:
        return LOCAL + self.steps


def _factor(rows: np.ndarray, pooled: np.ndarray) -> np.ndarray:
    """Few rows give a covariance of low rank; then the one of all distances takes part in it."""
    count, dim = rows.shape
    own = np.cov(rows, rowvar=False, bias=True)
    weight = count / (count + dim)
    covariance = weight * own + (1 - weight) * pooled
    return np.linalg.cholesky(covariance + 1e-6 * max(1.0, np.trace(covariance) / dim) * np.eye(dim))


def make_bins(k: np.ndarray, v: np.ndarray, tail: int) -> list[Bin]:
    keys = len(k)
    rows = np.stack([k, v], axis=1).astype(np.float64)
    middle = rows[SINK:keys - tail]
    pooled = [np.cov(middle[:, part], rowvar=False, bias=True) for part in range(2)]
    edges = [tail]
    while 2 * edges[-1] <= (keys - SINK) // 2:
        edges.append(2 * edges[-1])
    edges.append(keys - SINK)  # the farthest octave and what is left of the next one
    bins = []
    for low, high in zip(edges, edges[1:]):
        part = rows[keys - high:keys - low]
        bins.append(Bin(low, high, part, part.mean(axis=0),
                        (_factor(part[:, 0], pooled[0]), _factor(part[:, 1], pooled[1]))))
    return bins


def read_fit(folder: pathlib.Path, kv: int = 0, cut: int | None = None) -> Fit:
    """The kv-th KV head of a captured set with its query heads. Of a prefill, the last STEPS queries; `cut`: of its first `cut`
    tokens alone."""
    manifest_file = folder / "manifest.json"
    if not manifest_file.is_file():
        raise InputError(f"--fit: {folder}: has no manifest.json; a trace set is expected")
    content = manifest_file.read_bytes()
    try:
        manifest = json.loads(content)
        if manifest["format"] != "qkv-trace":
            raise ValueError("is no trace set")
        groups: dict[tuple[int, int], list[dict]] = {}
        for entry in manifest["head_list"]:
            groups.setdefault((entry["layer"], entry.get("kv_head", entry["head"])), []).append(entry)
        phase, keys, causal = manifest["phase"], manifest["keys"], manifest["causal"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"--fit: {manifest_file}: is no manifest of a trace set: {error}") from None
    if manifest.get("synthetic"):
        raise InputError(f"--fit: {folder}: is synthetic; a captured set is expected")
    if not causal:
        raise InputError(f"--fit: {folder}: is not causal; a set of a decoder is expected")
    if not 0 <= kv < len(groups):
        raise InputError(f"--kv: is {kv}; {folder} has KV heads 0 to {len(groups) - 1}")
    if cut is not None:
        if phase != "prefill":
            raise InputError(f"--cut: {folder} is a {phase} set; only the start of a prefill is a shorter sequence")
        if not LEAST_KEYS <= cut <= keys:
            raise InputError(f"--cut: is {cut}; allowed are {LEAST_KEYS} to {keys}, the keys of {folder}")
        keys = cut
    (layer, kv_head), heads = list(groups.items())[kv]
    load = lambda entry, name: np.load(folder / entry["files"][name]["path"], allow_pickle=False)  # noqa: E731
    queries = [load(entry, "q_i8") for entry in heads]
    if phase == "prefill":
        queries = [q[keys - STEPS:keys] for q in queries]
    elif manifest.get("causal_offset") != keys - manifest["queries"]:
        raise InputError(f"--fit: {folder}: its queries are not the last tokens (causal_offset {manifest.get('causal_offset')}, "
                         f"{manifest['queries']} queries, {keys} keys)")
    fit = Fit(manifest.get("name", folder.name), layer, kv_head, heads, queries, load(heads[0], "k_i8")[:keys],
              load(heads[0], "v_i8")[:keys], manifest["softmax_scale"], manifest.get("source", {}), manifest.get("text", {}),
              hashlib.sha256(content).hexdigest())
    if keys < LEAST_KEYS or keys < SINK + 2 * fit.tail:
        raise InputError(f"--fit: {folder}: has {keys} keys; at least {max(LEAST_KEYS, SINK + 2 * fit.tail)} are needed")
    fit.bins = make_bins(fit.k, fit.v, fit.tail)
    return fit


def _draw(part: Bin, count: int, h: float, random: np.random.Generator) -> np.ndarray:
    """[count, 2, d] rows of a bin."""
    starts = random.random(count) < 1 / BLOCK
    starts[0] = True
    places = np.arange(count)
    since = places - np.maximum.accumulate(np.where(starts, places, 0))
    first = random.integers(0, len(part.rows), count)[places - since]
    rows = part.rows[(first + since) % len(part.rows)]
    noise = np.stack([random.standard_normal((count, rows.shape[2])) @ factor.T for factor in part.factor], axis=1)
    return part.mean + np.sqrt(1 - h * h) * (rows - part.mean) + h * noise


def segments(fit: Fit, keys: int) -> list[tuple[Bin, int]]:
    """(bin, number of keys) of the drawn keys, from the first one on."""
    found = []
    for part in fit.bins:
        last = part is fit.bins[-1]
        high = keys - SINK if last else min(part.high, keys - SINK)
        if high > part.low:
            found.append((part, high - part.low))
    return found[::-1]


def generate(fit: Fit, keys: int, seed: int, h: float = SMOOTHING) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """K and V as int8 [n, d], in chunks, from key 0 on. The same arguments give the same values."""
    yield fit.k[:SINK], fit.v[:SINK]
    for number, (part, count) in enumerate(segments(fit, keys)):
        for chunk, first in enumerate(range(0, count, CHUNK)):
            random = np.random.default_rng([seed, number, chunk])
            rows = _draw(part, min(CHUNK, count - first), h, random)
            rows = np.clip(np.rint(rows), -127, 127).astype(np.int8)
            yield np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1])
    yield fit.k[len(fit.k) - fit.tail:], fit.v[len(fit.v) - fit.tail:]
