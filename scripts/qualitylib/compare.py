"""compare: the walk's retained set beside that of a finished run of pade-sim, pair by pair."""
from __future__ import annotations

import argparse
import json
import pathlib
from typing import Any

import numpy as np

from tracelib.cli import InputError

from .attention import load_numeric


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--trace", required=True, metavar="SET", help="a trace set")
    parser.add_argument("--run", required=True, metavar="DIR", help="output folder of pade-sim run on it")
    parser.add_argument("--package", metavar="DIR", help="folder of the Python package pade (default: build/python)")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")


def read_json(path: pathlib.Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise InputError(f"{path}: holds no JSON object")
    return document


def read_array(path: pathlib.Path, dtype: type, dims: int) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise InputError(f"{path}: cannot be read as an NPY file: {error}") from None
    if array.dtype != dtype or array.ndim != dims:
        raise InputError(f"{path}: holds {array.dtype} {list(array.shape)}; {np.dtype(dtype)} with {dims} dimensions is expected")
    return array


def overlap(numeric: Any, trace: pathlib.Path, run: pathlib.Path) -> dict[str, Any]:
    """What was run, and a row a head."""
    manifest, stats, config = (read_json(path) for path in (trace / "manifest.json", run / "stats.json", run / "config.json"))
    try:
        job, guard, bits = stats["job"], config["guard"], config["lane"]["key_bits"]
        head_list = manifest["head_list"]
        if job["name"] != manifest["name"] or job["keys"] != manifest["keys"]:
            raise InputError(f"--run: {run}: is a run of {job['name']}; one of {manifest['name']} is expected")
        heads = head_list if job["head"] is None else [head_list[job["head"]]]
        pairs = read_array(run / "retained.npy", np.int32, 2)
        first, queries = job["first_query"], job["queries"]
        offset = manifest["causal_offset"] + first if manifest["causal"] else None
        order = config["ista"]["order"] if config["ista"]["enabled"] else "sequential"
        rows = []
        for number, head in enumerate(heads):
            q, k = (read_array(trace / head["files"][name]["path"], np.int8, 2) for name in ("q_i8", "k_i8"))
            q, k = q[first:first + queries], numeric.quantise_key(k, bits)
            logit = head["scales"]["q"] * (head["scales"]["k"] * 2 ** (8 - bits)) * manifest["softmax_scale"]
            options = {"logit_scale": logit, "alpha": guard["alpha"], "radius": guard["radius"], "causal_offset": offset,
                       "guard": guard["enabled"], "key_bits": bits, "tile": config["tile"]["keys"], "pairs": True,
                       "order": order if order in ("head_tail", "sequential") else "sequential"}
            walk, line = numeric.walk(q, k, **options), numeric.walk(q, k, recheck="end", **options)
            simulated = np.zeros((len(q), len(k)), bool)
            mine = pairs[pairs[:, 0] == number]
            simulated[mine[:, 1], mine[:, 2]] = True
            both = int((simulated & walk.retained).sum())
            either = int((simulated | walk.retained).sum())
            rows.append({"head": head["id"], "pairs": walk.pairs, "walk": int(walk.retained.sum()), "simulator": int(simulated.sum()),
                         "both": both, "overlap": both / either if either else 1.0, "at_line": int(line.retained.sum()),
                         "at_line_missing": int((line.retained & ~simulated).sum()),
                         "walk_planes": walk.planes_total, "simulator_planes": stats["per_head"][number]["planes"]["processed"]})
    except (KeyError, TypeError, IndexError) as error:
        raise InputError(f"--trace {trace} and --run {run}: do not fit each other, or are damaged: {error!r}") from None
    return {"set": f"{trace.parent.name}/{trace.name}", "queries": [first, first + queries],
            "alpha": guard["alpha"] if guard["enabled"] else None, "heads": rows}


def main(args: argparse.Namespace) -> int:
    numeric = load_numeric(args.package)
    found = overlap(numeric, pathlib.Path(args.trace).resolve(), pathlib.Path(args.run))
    rows = found["heads"]
    if args.json:
        print(json.dumps(found, indent=1))
    else:
        print(f"{'head':<10} {'pairs':>9} {'walk':>8} {'pade-sim':>8} {'both':>8} {'overlap':>8} {'at line':>8} {'missing':>7} "
              f"{'planes a pair':>14}")
        for row in rows:
            print(f"{row['head']:<10} {row['pairs']:>9} {row['walk']:>8} {row['simulator']:>8} {row['both']:>8} "
                  f"{row['overlap']:>8.4f} {row['at_line']:>8} {row['at_line_missing']:>7} "
                  f"{row['walk_planes'] / row['pairs']:>6.3f} {row['simulator_planes'] / row['pairs']:>6.3f}")
        print("overlap: pairs that both retain of those that one does; at line: pairs that any machine must retain; missing: of those, "
              "not retained by pade-sim; planes a pair: walk, pade-sim")
    # Whatever the order of events, a pair at the line is retained.
    return 1 if any(row["at_line_missing"] for row in rows) else 0
