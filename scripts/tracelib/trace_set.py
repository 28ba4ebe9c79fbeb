"""A trace set as docs/trace-format.md describes it: written beside its place and moved there last, and read back."""
from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
from typing import Iterator

import numpy as np

from .cli import InputError
from .quantise import SCHEME, KvHead, Quantised

MOST_OFFSET = 2**31 - 1


@dataclasses.dataclass
class Description:
    """What the manifest says of the whole set."""
    name: str
    phase: str
    causal_offset: int | None
    softmax_scale: float
    layer: int
    source: dict
    before: str | None = None
    heads: list[int] | None = None      # numbers of the heads in the model (default: from 0)
    kv_heads: list[int] | None = None
    extra: dict = dataclasses.field(default_factory=dict)   # further keys of the manifest (text, proof, ...)
    scale_basis: str = "the rows that are stored, except where int8 or a scale was given"
    synthetic: bool = False


@contextlib.contextmanager
def new_folder(out: pathlib.Path, force: bool, inputs: list[pathlib.Path]) -> Iterator[pathlib.Path]:
    """OUT.partial, which takes OUT's place when the block ends well and is removed when it does not."""
    out = out.absolute()
    if out.exists() or out.is_symlink():
        if not out.is_dir() or out.is_symlink():
            raise InputError(f"--out: {out}: is in the way: it is not a folder, and --out must be one or not exist yet")
        if any(out.iterdir()):
            if not force:
                raise InputError(f"--out: {out}: is not empty; choose another, or give --force to replace it")
            # A slip of the path must not cost anybody more than a trace set.
            if not (out / "manifest.json").is_file():
                raise InputError(f"--out: {out}: has no manifest.json; --force replaces trace sets only")
            for path in inputs:
                if out.resolve() in path.resolve().parents:
                    raise InputError(f"--out: {out}: holds the input {path}, and --force would remove it")
    partial = out.with_name(out.name + ".partial")
    if partial.exists() or partial.is_symlink():
        raise InputError(f"--out: {partial}: is in the way: left by a run that was cut off, or in use by another; remove it")
    out.parent.mkdir(parents=True, exist_ok=True)
    partial.mkdir()
    try:
        yield partial
        earlier = out.with_name(f"{out.name}.replaced-{os.getpid()}")
        if out.exists():
            out.rename(earlier)
        try:
            partial.rename(out)
        except OSError:
            if earlier.exists():
                earlier.rename(out)
            raise
        shutil.rmtree(earlier, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _save(folder: pathlib.Path, path: str, array: np.ndarray) -> dict:
    file = folder / path
    file.parent.mkdir(exist_ok=True)
    with open(file, "wb") as stream:
        np.lib.format.write_array(stream, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    content = file.read_bytes()
    return {"path": path, "dtype": array.dtype.name, "shape": list(array.shape), "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest()}


def write_set(folder: pathlib.Path, what: Description, q: list[Quantised], kv: list[KvHead],
              originals: dict[str, np.ndarray] | None) -> None:
    """originals: q, k, v as float32 before anything was done to them, [heads or KV heads, rows, head_dim]."""
    group = len(q) // len(kv)
    layer = what.layer
    q_numbers = what.heads or list(range(len(q)))
    kv_numbers = what.kv_heads or list(range(len(kv)))
    shared = []
    for i, head in enumerate(kv):
        place = f"l{layer}kv{kv_numbers[i]}"
        files = {"k_i8": _save(folder, f"{place}/k_i8.npy", head.k.data),
                 "v_i8": _save(folder, f"{place}/v_i8.npy", head.v.data)}
        for name, row in (("k_mean", head.mean), ("k_channel", head.channel)):
            if row is not None:
                files[name] = _save(folder, f"{place}/{name}.npy", row)
        for name in ("k", "v") if originals else ():
            files[name] = _save(folder, f"{place}/{name}.npy", originals[name][i])
        shared.append(files)
    head_list = []
    for i, head in enumerate(q):
        of = kv[i // group]
        logit_scale = head.scale * of.k.scale * what.softmax_scale
        if not 0 < logit_scale < float("inf"):
            raise InputError(f"head {i}: q scale {head.scale} * k scale {of.k.scale} * softmax scale {what.softmax_scale} is "
                             f"{logit_scale}; it must be finite and greater than 0")
        place = f"l{layer}h{q_numbers[i]}"
        files = {"q_i8": _save(folder, f"{place}/q_i8.npy", head.data), **shared[i // group]}
        if originals:
            files["q"] = _save(folder, f"{place}/q.npy", originals["q"][i])
        head_list.append({"id": place, "layer": layer, "head": q_numbers[i], "kv_head": kv_numbers[i // group],
                          "scales": {"q": head.scale, "k": of.k.scale, "v": of.v.scale}, "logit_scale": logit_scale,
                          "files": files})
    manifest = {"format": "qkv-trace", "format_version": 1, "name": what.name, **({"synthetic": True} if what.synthetic else {}),
                "phase": what.phase, "source": what.source, **what.extra,
                "queries": len(q[0].data), "keys": len(kv[0].k.data), "heads": len(q), "kv_heads": len(kv),
                "head_dim": q[0].data.shape[1], "causal": what.causal_offset is not None}
    if what.causal_offset is not None:
        manifest["causal_offset"] = what.causal_offset
    manifest["dtype"] = {"stored": ["int8", "float32"] if originals or what.before else ["int8"],
                         "layout": "NPY 1.0, little endian, C order, [tokens, head_dim]"
                                   + ("; k_mean and k_channel [head_dim]" if what.before else "")}
    manifest["softmax_scale"] = what.softmax_scale
    manifest["quantisation"] = {"scheme": SCHEME, **({"before": what.before} if what.before else {}),
                                "scale_basis": what.scale_basis}
    manifest["head_list"] = head_list
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


@dataclasses.dataclass
class Head:
    q: np.ndarray
    k: np.ndarray
    logit_scale: float


@dataclasses.dataclass
class TraceSet:
    manifest: dict
    heads: list[Head]

    @property
    def causal_offset(self) -> int | None:
        return self.manifest["causal_offset"] if self.manifest["causal"] else None


def read_set(folder: pathlib.Path) -> TraceSet:
    """Reads a set that write_set made and holds every file against what the manifest says of it. A difference is a broken disk
    or a fault of this program, so it is no InputError."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    known: dict[str, np.ndarray] = {}
    for entry in manifest["head_list"]:
        for name, file in entry["files"].items():
            path = file["path"]
            if path not in known:
                content = (folder / path).read_bytes()
                array = np.load(folder / path, allow_pickle=False)
                found = {"path": path, "dtype": array.dtype.name, "shape": list(array.shape), "bytes": len(content),
                         "sha256": hashlib.sha256(content).hexdigest()}
                if found != file or not array.flags.c_contiguous:
                    raise RuntimeError(f"{folder / path}: was not written as the manifest says: {found}")
                rows = manifest["queries" if name in ("q", "q_i8") else "keys"]
                shape = (manifest["head_dim"],) if name in ("k_mean", "k_channel") else (rows, manifest["head_dim"])
                if array.shape != shape or not np.isfinite(array).all():
                    raise RuntimeError(f"{folder / path}: has shape {array.shape} or values that are not finite")
                known[path] = array
    heads = [Head(known[entry["files"]["q_i8"]["path"]], known[entry["files"]["k_i8"]["path"]], entry["logit_scale"])
             for entry in manifest["head_list"]]
    return TraceSet(manifest, heads)
