#!/usr/bin/env python3
"""The table of trace sets: shape, how peaked the softmax is, and what the guard's rule alone does with it.

  scripts/trace_table.py                     prints the table of traces/
  scripts/trace_table.py DIR...              of other folders with sets
  scripts/trace_table.py --write FILE        puts it between the marks of FILE, as in traces/README.md
  scripts/trace_table.py --check FILE        exit code 1 when FILE has another one
  scripts/trace_table.py --mean DIR          one row a folder of sets: the mean of its sets
  scripts/trace_table.py --float DIR         one column more: error of INT8 itself, for sets with float32 values

Figures are means over the heads of a set, of the last 128 queries where there are more than 512; rule: head-tail order, radius 5, no
clock.
"""
from __future__ import annotations

import json
import pathlib
import sys

import numpy as np

from tracelib.cli import ROOT, InputError, Parser, run_main
from tracelib.value_rule import value_rule, visible_keys

ALPHAS = (1.0, 0.8, 0.6, 0.5)
MANY, ROWS = 512, 128   # of more than MANY queries the last ROWS are measured
NEAR = 64
BEGIN, END = "<!-- scripts/trace_table.py begins -->", "<!-- scripts/trace_table.py ends -->"
HEAD = ("| set | phase | queries x keys | d | heads / KV | effective keys | sink | near | "
        + " | ".join(f"α {alpha:g}" for alpha in ALPHAS) + " |\n" + "| --- " * (8 + len(ALPHAS)) + "|")
LEGEND = (f"Effective keys: e to the softmax's entropy, mean over queries. Sink: softmax mass of key 0; near: of the keys less than "
          f"{NEAR} tokens from the query. α: planes that a key takes / % of keys retained / relative L2 error of the output "
          "against dense attention on the INT8 operands, in %; of 8 planes and 100 % without the guard. A set that is marked synthetic holds "
          "generated numbers.")


def folders_of(directories: list[str]) -> list[pathlib.Path]:
    found = []
    for directory in directories:
        folder = pathlib.Path(directory)
        if not folder.is_dir():
            raise InputError(f"{directory}: there is no such folder")
        found += sorted({file.parent for file in folder.rglob("manifest.json") if ".partial" not in str(file.parent)})
    if not found:
        raise InputError(f"{', '.join(directories)}: no manifest.json lies below")
    return found


def measure(folder: pathlib.Path, floats: bool = False) -> dict:
    """Of one set, means over its heads."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        entries = manifest["head_list"]
        queries, keys = manifest["queries"], manifest["keys"]
        offset = manifest["causal_offset"] if manifest["causal"] else None
        scales = [(entry["logit_scale"], entry["scales"]["v"]) for entry in entries]
        paths = [{name: folder / entry["files"][f"{name}_i8"]["path"] for name in "qkv"} for entry in entries]
        originals = [{name: folder / entry["files"][name]["path"] for name in "qkv"} if floats else {} for entry in entries]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder / 'manifest.json'}: is no manifest of a trace set ({error!r}); pade-sim check --trace tells more") from None
    first = queries - ROWS if queries > MANY else 0
    visible = visible_keys(queries, keys, offset)[first:]
    peaked: list[tuple[float, float, float]] = []
    rule: dict[float, list[tuple[float, float, float]]] = {alpha: [] for alpha in ALPHAS}
    int8: list[float] = []
    for place, original, (c, v_scale) in zip(paths, originals, scales):
        try:
            q, k, v = (np.load(place[name], allow_pickle=False) for name in "qkv")
        except ValueError as error:
            raise InputError(f"{folder}: {error}") from None
        q = q[first:]
        v = v.astype(np.float32) * np.float32(v_scale)
        peaked.append(_peaked(q, k, c, visible, first + (keys - queries if offset is None else offset)))
        if floats:
            real = [np.load(original[name], allow_pickle=False) for name in "qkv"]
            int8.append(_int8_error(q, k, v, c, real[0][first:], real[1], real[2], manifest["softmax_scale"], visible))
        for alpha in ALPHAS:
            rule[alpha].append(_rule(q, k, v, c, visible, alpha))
    mean = np.mean(peaked, axis=0)
    return {"manifest": manifest, "effective": mean[0], "sink": mean[1], "near": mean[2], "int8": np.mean(int8) if floats else None,
            "rule": {alpha: np.mean(rows, axis=0) for alpha, rows in rule.items()}}


def _peaked(q, k, c, visible, first_position) -> tuple[float, float, float]:
    """Effective keys, mass of key 0, mass of the keys less than NEAR from the query; mean over the queries."""
    total = np.zeros(3)
    floats = k.astype(np.float32)
    for row, seen in enumerate(visible):
        logits = c * (floats[:seen] @ q[row].astype(np.float32)).astype(np.float64)
        weights = np.exp(logits - logits.max())
        weights /= weights.sum()
        entropy = -float((weights * np.log(np.maximum(weights, 1e-300))).sum())
        place = first_position + row
        total += np.exp(entropy), weights[0], weights[max(0, place - NEAR + 1):place + NEAR].sum()
    return tuple(total / len(visible))


def _int8_error(q, k, v, c, q_real, k_real, v_real, scale, visible) -> float:
    """Relative L2 of dense attention on the INT8 operands against that on the float32 ones."""
    squares = np.zeros(2)
    for row, seen in enumerate(visible):
        outputs = []
        for query, keys, values, factor in ((q[row], k[:seen], v[:seen], c), (q_real[row], k_real[:seen], v_real[:seen], scale)):
            logits = factor * (keys.astype(np.float64) @ query.astype(np.float64))
            weights = np.exp(logits - logits.max())
            outputs.append(weights / weights.sum() @ values)
        squares += ((outputs[0] - outputs[1]) ** 2).sum(), (outputs[1] ** 2).sum()
    return float(np.sqrt(squares[0] / squares[1]))


def _rule(q, k, v, c, visible, alpha) -> tuple[float, float, float]:
    """Planes a pair, retained fraction, relative L2 of the output (Frobenius norm) against that of all keys."""
    squares = np.zeros(2)

    def keep(rows, retained, exact):
        nonlocal squares
        weights = np.exp(c * (exact - exact.max(axis=1, keepdims=True)))
        seen = v[:exact.shape[1]]
        dense = (weights / weights.sum(axis=1, keepdims=True)) @ seen
        weights = np.where(retained, weights, 0)
        squares += np.array([((weights / weights.sum(axis=1, keepdims=True) @ seen - dense) ** 2).sum(), (dense ** 2).sum()])

    figures = value_rule(q, k, c, visible, alpha=alpha, keep=keep).figures()
    return figures["planes_per_pair"], figures["retained_fraction"], float(np.sqrt(squares[0] / squares[1])) if squares[1] else 0.0


def mean_of(sets: list[dict]) -> dict:
    """The mean of what was measured of some sets; of their manifests what they agree in."""
    same = {key: value for key, value in sets[0]["manifest"].items() if all(s["manifest"].get(key) == value for s in sets)}
    figures: dict = {key: None if sets[0][key] is None else np.mean([s[key] for s in sets]) for key in ("effective", "sink", "near", "int8")}
    return {**figures, "manifest": {**same, "synthetic": any(s["manifest"].get("synthetic") for s in sets)},
            "rule": {alpha: np.mean([s["rule"][alpha] for s in sets], axis=0) for alpha in ALPHAS}}


def row_of(name: str, figures: dict) -> str:
    manifest = figures["manifest"]
    mark = " **synthetic**" if manifest.get("synthetic") else ""
    of = {key: str(manifest.get(key, "various")) for key in ("phase", "queries", "keys", "head_dim", "heads", "kv_heads")}
    cells = [f"`{name}`{mark}", of["phase"] + ("" if manifest.get("causal", True) else ", no mask"),
             f"{of['queries']} x {of['keys']}", of["head_dim"], f"{of['heads']} / {of['kv_heads']}",
             f"{figures['effective']:.3g}" if figures["effective"] < 1000 else f"{figures['effective']:.0f}",
             f"{figures['sink']:.2f}", f"{figures['near']:.2f}"]
    cells += [] if figures["int8"] is None else [f"{100 * figures['int8']:.2g}"]
    cells += [f"{planes:.2f} / {100 * retained:.2g} / {100 * error:.2g}" for planes, retained, error in figures["rule"].values()]
    return "| " + " | ".join(cells) + " |"


def table(folders: list[pathlib.Path], roots: list[pathlib.Path], floats: bool, mean: bool) -> str:
    measured: dict[str, list[dict]] = {}
    for i, folder in enumerate(folders):
        root = max((r for r in roots if r == folder or r in folder.parents), key=lambda r: len(r.parts))
        name = folder.relative_to(root) if folder != root else pathlib.Path(folder.name)
        measured.setdefault(str(name.parent if mean else name), []).append(measure(folder, floats))
        if sys.stderr.isatty():
            print(f"\r{i + 1} of {len(folders)} sets ", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    rows = [row_of(f"{name}, {len(sets)} sets" if mean else name, mean_of(sets) if mean else sets[0]) for name, sets in measured.items()]
    head = HEAD if not floats else HEAD.replace("| α", "| INT8 | α", 1) + " --- |"
    return "\n".join([head, *rows]) + "\n\n" + LEGEND + (" INT8: the error of dense INT8 against float32, in %." if floats else "")


def main() -> int:
    parser = Parser(description=__doc__)
    parser.add_argument("directories", nargs="*", default=[str(ROOT / "traces")], metavar="DIR")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--write", metavar="FILE")
    where.add_argument("--check", metavar="FILE")
    parser.add_argument("--mean", action="store_true", help="one row a folder of sets")
    parser.add_argument("--float", action="store_true", help="compare with the float32 values, which the sets must hold")
    args = parser.parse_args()
    file = args.write or args.check
    before = after = ""
    if file is not None:
        text = pathlib.Path(file).read_text(encoding="utf-8")
        if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
            raise InputError(f"{file}: must have the lines {BEGIN} and {END}, once each, in this order")
        before, rest = text.split(BEGIN)
        there, after = rest.split(END)
    made = table(folders_of(args.directories), [pathlib.Path(d) for d in args.directories], args.float, args.mean)
    if args.check:
        if there.strip() != made:
            print(f"{file}: has another table; scripts/trace_table.py --write {file} makes this one:\n{made}")
            return 1
        print(f"{file}: the table is this one")
    elif args.write:
        partial = pathlib.Path(file + ".partial")
        partial.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")
        partial.replace(file)
    else:
        print(made)
    return 0


if __name__ == "__main__":
    run_main(main)
