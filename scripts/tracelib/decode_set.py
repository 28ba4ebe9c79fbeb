"""Decode sets written as their keys come: a million of them need no more memory than a thousand."""
from __future__ import annotations

import hashlib
import json
import pathlib
from typing import Iterable

import numpy as np

from .quantise import SCHEME
from .synthesis import BLOCK, LOCAL, SINK, Fit


class NpyStream:
    """An int8 matrix of known shape, written row block by row block."""

    def __init__(self, folder: pathlib.Path, path: str, rows: int, dim: int):
        self.entry = {"path": path, "dtype": "int8", "shape": [rows, dim]}
        (folder / path).parent.mkdir(exist_ok=True)
        self.file = open(folder / path, "wb")
        self.digest = hashlib.sha256()
        self.left = rows
        np.lib.format.write_array_header_1_0(self, {"descr": "|i1", "fortran_order": False, "shape": (rows, dim)})

    def write(self, data: bytes) -> None:
        self.file.write(data)
        self.digest.update(data)

    def add(self, rows: np.ndarray) -> None:
        self.left -= len(rows)
        self.write(np.ascontiguousarray(rows).tobytes())

    def close(self) -> dict:
        size = self.file.tell()
        self.file.close()
        if self.left != 0:
            raise RuntimeError(f"{self.entry['path']}: {self.left} rows are missing")
        return {**self.entry, "bytes": size, "sha256": self.digest.hexdigest()}


def write_decode_set(folder: pathlib.Path, fit: Fit, name: str, keys: int, chunks: Iterable[tuple[np.ndarray, np.ndarray]],
                     synthetic: dict | None) -> dict:
    """The queries of `fit` with the keys of `chunks`; synthetic: how they were made, None: they are the captured ones."""
    dim = fit.k.shape[1]
    place = f"l{fit.layer}kv{fit.kv_head}"
    k, v = (NpyStream(folder, f"{place}/{part}_i8.npy", keys, dim) for part in ("k", "v"))
    for k_rows, v_rows in chunks:
        k.add(k_rows)
        v.add(v_rows)
    shared = {"k_i8": k.close(), "v_i8": v.close()}
    head_list = []
    for entry, queries in zip(fit.heads, fit.queries):
        own = f"l{fit.layer}h{entry['head']}"
        q = NpyStream(folder, f"{own}/q_i8.npy", *queries.shape)
        q.add(queries)
        head_list.append({"id": own, "layer": fit.layer, "head": entry["head"], "kv_head": fit.kv_head,
                          "scales": {part: entry["scales"][part] for part in ("q", "k", "v")}, "logit_scale": entry["logit_scale"],
                          "files": {"q_i8": q.close(), **shared}})
    source = fit.source if synthetic is None else {
        "made_by": "scripts/synthesize_trace.py", "fitted_to": fit.name, "fitted_manifest_sha256": fit.manifest_sha256,
        "fitted_keys": len(fit.k), **synthetic, "kept_first": SINK, "kept_last": fit.tail, "local": LOCAL, "mean_run": BLOCK,
        "captured": {"source": fit.source, "text": fit.text}}
    basis = "the captured set" + ("" if synthetic is None else "; drawn values beyond it are clamped")
    manifest = {"format": "qkv-trace", "format_version": 1, "name": name, **({} if synthetic is None else {"synthetic": True}),
                "phase": "decode", "source": source, **({"text": fit.text} if synthetic is None else {}), "sequence_length": keys,
                "queries": fit.steps, "keys": keys, "heads": len(head_list), "kv_heads": 1, "head_dim": dim, "causal": True,
                "causal_offset": keys - fit.steps, "softmax_scale": fit.softmax_scale,
                "dtype": {"stored": ["int8"], "layout": "NPY 1.0, little endian, C order, [tokens, head_dim]"},
                "quantisation": {"scheme": SCHEME, "scale_basis": basis}, "head_list": head_list}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest
