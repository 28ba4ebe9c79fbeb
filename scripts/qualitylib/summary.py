"""summarise: measurements into the figures that docs/quality.md shows."""
from __future__ import annotations

import argparse
import json
import math
import os
import pathlib
from typing import Any

import numpy as np

from tracelib.cli import InputError

from . import records
from .attention import LINE

BLOCK = 16  # predictions: neighbours err together, blocks of them hardly do
EDGES = (0, 256, 512, 1024, 2048, 4096, 8192, 1 << 20)  # distances of needles


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", nargs="+", metavar="FILE", help="of measure")
    parser.add_argument("--compared", action="append", default=[], metavar="FILE", help="what compare --json printed")
    parser.add_argument("--out", required=True, metavar="FILE", help="JSON; replaced if it is there")


def standard_error(x: np.ndarray, block: int = BLOCK) -> float:
    """Of the mean of x, from the means of its blocks."""
    count = len(x) // block
    if count < 2:
        return math.nan
    means = x[:count * block].reshape(count, block).mean(axis=1)
    return float(means.std(ddof=1) / math.sqrt(count))


def rounded(x: float, digits: int = 4) -> float | None:
    return None if math.isnan(x) else round(float(x), digits)


class Measured:
    """One setting beside fp32 on the same sequences."""

    def __init__(self, found: list[dict[str, Any]], base: list[dict[str, Any]]):
        self.found, self.base = found, base
        self.ids = self.joined(base, "ids")
        self.nll, self.base_nll = self.joined(found, "nll"), self.joined(base, "nll")
        self.hits, self.base_hits = (self.joined(each, "top") == self.ids for each in (found, base))

    @staticmethod
    def joined(of: list[dict[str, Any]], name: str) -> np.ndarray:
        return np.concatenate([np.asarray(record[name], dtype=float if name == "nll" else int) for record in of])

    def sums(self) -> dict[str, Any]:
        pairs, planes, retained = (sum(record[name] for record in self.found) for name in ("pairs", "planes", "retained"))
        return {"planes_per_pair": round(planes / pairs, 3) if planes else None,
                "retained_fraction": round(retained / pairs, 4) if pairs else None}

    def text(self) -> dict[str, Any]:
        change = self.nll - self.base_nll
        factor = math.exp(change.mean())
        row = {"predictions": len(change), "perplexity": round(math.exp(self.nll.mean()), 4),
               "change_percent": rounded(100 * (factor - 1), 2),
               "change_se_percent": rounded(100 * factor * standard_error(change), 2),
               "accuracy": rounded(self.hits.mean()), "accuracy_change": rounded(self.hits.mean() - self.base_hits.mean()),
               "accuracy_change_se": rounded(standard_error(self.hits.astype(float) - self.base_hits)),
               "same_token": rounded((self.joined(self.found, "top") == self.joined(self.base, "top")).mean())}
        whole, base_whole, at = [], [], 0
        for record in self.base:
            for first, last in record["lines"]:
                whole.append(self.hits[at + first:at + last].all())
                base_whole.append(self.base_hits[at + first:at + last].all())
            at += len(record["ids"])
        if whole:
            difference = np.asarray(whole, float) - np.asarray(base_whole, float)
            row.update(lines=len(whole), lines_exact=rounded(np.mean(whole)), lines_change=rounded(difference.mean()),
                       lines_change_se=rounded(standard_error(difference, 1)))
        return {**row, **self.sums()}

    def needle(self) -> dict[str, Any]:
        asked: dict[int, list[tuple[bool, bool, float]]] = {}
        at = 0
        for record in self.base:
            for first, last, distance in record["needles"]:
                part = slice(at + first, at + last)
                bin_ = max(edge for edge in EDGES if edge <= distance)
                asked.setdefault(bin_, []).append((bool(self.hits[part].all()), bool(self.base_hits[part].all()),
                                                   float((self.nll[part] - self.base_nll[part]).sum())))
            at += len(record["ids"])
        rows = [{"distance_from": edge, "distance_to": EDGES[EDGES.index(edge) + 1], "asked": len(found),
                 "found": sum(hit for hit, _, _ in found), "found_fp32": sum(hit for _, hit, _ in found),
                 "answer_nll_change": round(sum(change for _, _, change in found) / len(found), 4)}
                for edge, found in sorted(asked.items())]
        return {"asked": sum(row["asked"] for row in rows), "found": sum(row["found"] for row in rows),
                "found_fp32": sum(row["found_fp32"] for row in rows), "by_distance": rows, **self.sums()}


def summarise(known: dict[tuple, dict[str, Any]]) -> dict[str, Any]:
    groups: dict[tuple, dict[int, tuple[dict, dict]]] = {}
    for record in known.values():
        base = known.get(tuple({**record, "setting": "fp32", "calibration": None}[name] for name in records.KEY))
        if base is None:
            continue  # nothing to hold it against yet
        key = tuple(record[name] for name in ("model", "task", "text", "tokens", "calibration", "setting"))
        groups.setdefault(key, {})[record["first"]] = (record, base)
    out: dict[str, list] = {"text": [], "needle": []}
    for key in sorted(groups, key=lambda key: (key[:4], key[4] or "", order(key[5]))):
        model, task, text, tokens, calibration, setting = key
        spans = groups[key]
        choices = [[first] for first in sorted(spans)] + ([sorted(spans)] if len(spans) > 1 else [])
        for firsts in choices:
            measured = Measured([spans[first][0] for first in firsts], [spans[first][1] for first in firsts])
            out[task].append({"model": model, "text": text, "tokens": tokens, "first_tokens": firsts, "calibration": calibration,
                              "setting": setting, **(measured.text() if task == "text" else measured.needle())})
    return {"schema_version": 1, "radius": 5.0, "tile": 64, "block": BLOCK, **out}


def order(setting: str) -> tuple[int, float]:
    """fp32, int8, then alpha falling."""
    if setting in ("fp32", "int8"):
        return (0 if setting == "fp32" else 1, 0.0)
    line = setting.startswith(LINE)
    return (3 if line else 2, -float(setting[len(LINE):] if line else setting))


def compared(path: pathlib.Path) -> dict[str, Any]:
    """Pairs of all heads together."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        heads = found["heads"]
        total = {name: sum(head[name] for head in heads) for name in ("pairs", "walk", "simulator", "both", "at_line",
                                                                      "at_line_missing", "walk_planes", "simulator_planes")}
        overlaps = [head["overlap"] for head in heads]
        return {"set": found["set"], "queries": found["queries"], "alpha": found["alpha"], "heads": len(heads), **total,
                "overlap": round(total["both"] / (total["walk"] + total["simulator"] - total["both"]), 4),
                "overlap_least": round(min(overlaps), 4), "overlap_most": round(max(overlaps), 4)}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"--compared: {path}: is no output of compare --json: {error!r}") from None


def main(args: argparse.Namespace) -> int:
    document = summarise(records.read(pathlib.Path(path) for path in args.results))
    document["compared"] = [compared(pathlib.Path(path)) for path in args.compared]
    if not document["text"] and not document["needle"]:
        raise InputError(f"{args.results[0]}: has no measurement with an fp32 one of the same sequence")
    out = pathlib.Path(args.out)
    partial = out.with_name(out.name + ".partial")
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in document.items() if not isinstance(value, list)]
    for name in ("text", "needle", "compared"):
        lines.append(f" {json.dumps(name)}: [\n" + ",\n".join("  " + json.dumps(row) for row in document[name]) + "\n ]")
    partial.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    os.replace(partial, out)
    return 0
