#!/usr/bin/env python3
"""How near the sets of scripts/synthesize_trace.py come to captured ones, and what the longest do: the tables of
docs/long-contexts.md.

  scripts/long_contexts.py --sets DIR[:DIR...] --out DIR [--pade-sim BIN] [--table NAME]... [--write FILE]

fit      captured sets and cuts of captured prefills beside sets generated at the same length: fitted to the same tokens, and to
         the first quarter of them
length   captured decode steps at growing length of one sequence
long     generated sets of 102400, 214000 and 1048576 keys through the machine

A set that is in none of the directories is left out and named. Exit code 0: all runs passed their checks; 1: one did not; 2: bad
input.
"""
from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile
from typing import Any, Iterable

import numpy as np

from tracelib.cli import InputError, Parser, find_pade_sim, one_line, run_main, write_tables
from tracelib.decode_set import write_decode_set
from tracelib.synthesis import LOCAL, SINK, Fit, generate, read_fit
from tracelib.synthesis import SMOOTHING

ALPHAS = ("1.0", "0.8", "0.6", "0.5")
SMALL, LARGE = "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"
# (set, tokens that are captured and compared with, tokens that are fitted to)
PAIRS = [(f"{SMALL}/l0-decode8-s8192-kjv", None, None), (f"{SMALL}/l14-decode8-s8192-kjv", None, None),
         (f"{SMALL}/l22-decode8-s8192-argparse", None, None), (f"{SMALL}/l7-prefill-s8192-argparse", 8192, 8192),
         (f"{SMALL}/l7-decode8-s2048-kjv", None, None), (f"{SMALL}/l14-decode8-s2048-argparse", None, None),
         (f"{LARGE}/l9-decode8-s8192-kjv", None, None), (f"{LARGE}/l0-decode8-s2048-kjv", None, None),
         (f"{LARGE}/l18-decode8-s2048-kjv", None, None), (f"{LARGE}/l26-decode8-s2048-argparse", None, None),
         (f"{SMALL}/l7-prefill-s8192-argparse", 8192, 2048), (f"{SMALL}/l7-prefill-s8192-argparse", 2048, 512),
         (f"{SMALL}/l14-prefill-s2048-kjv", 2048, 512), (f"{SMALL}/l22-prefill-s2048-argparse", 2048, 512),
         (f"{LARGE}/l18-prefill-s2048-argparse", 2048, 512)]
BY_LENGTH = [f"{SMALL}/l7-prefill-s8192-argparse", f"{LARGE}/l18-prefill-s2048-argparse"]
LONG = [f"{SMALL}/l14-decode8-s8192-kjv", f"{LARGE}/l9-decode8-s8192-kjv"]
LONG_KEYS = (102400, 214000, 1 << 20)


class Study:
    def __init__(self, pade_sim: pathlib.Path, sets: list[pathlib.Path], out: pathlib.Path):
        self.pade_sim, self.sets, self.out = pade_sim, sets, out
        self.missing: list[str] = []
        self.failed: list[str] = []

    def find(self, name: str) -> pathlib.Path | None:
        for directory in self.sets:
            if (directory / name / "manifest.json").is_file():
                return directory / name
        if name not in self.missing:
            self.missing.append(name)
        return None

    def run(self, label: str, fit: Fit, keys: int, chunks: Iterable[tuple[np.ndarray, np.ndarray]], synthetic: dict | None,
            alpha: str) -> dict | None:
        place = self.out / f"{label}-{alpha}"
        if not (place / "stats.json").is_file():
            with tempfile.TemporaryDirectory(prefix="pade-long-") as scratch:
                folder = pathlib.Path(scratch) / "set"
                folder.mkdir()
                write_decode_set(folder, fit, label, keys, chunks, synthetic)
                done = subprocess.run([str(self.pade_sim), "run", "--trace", str(folder), "--out", str(place), "--force", "--set",
                                       f"guard.alpha={alpha}"], capture_output=True, text=True)
            if done.returncode != 0:
                self.failed.append(f"{label}, alpha {alpha}: exit code {done.returncode}: {one_line(done.stderr)[:300]}")
                return None
        return json.loads((place / "stats.json").read_text(encoding="utf-8"))

    def captured(self, name: str, fit: Fit, alpha: str) -> dict | None:
        label = f"{name.replace('/', '_')}-captured-{len(fit.k)}"
        return self.run(label, fit, len(fit.k), [(fit.k, fit.v)], None, alpha)

    def generated(self, name: str, fit: Fit, keys: int, alpha: str) -> dict | None:
        label = f"{name.replace('/', '_')}-from-{len(fit.k)}-{keys}"
        return self.run(label, fit, keys, generate(fit, keys, 1), {"seed": 1, "smoothing": SMOOTHING}, alpha)


def softmax_figures(fit: Fit, k: np.ndarray) -> dict[str, float]:
    """Of the exact scores, mean over heads and steps: effective keys (exponential of the entropy), mass on the first keys, mass
    within LOCAL keys."""
    found: dict[str, list[float]] = {"effective": [], "sink": [], "local": [], "sd": []}
    for entry, queries in zip(fit.heads, fit.queries):
        score = queries.astype(np.float32) @ k.astype(np.float32).T * np.float32(entry["logit_scale"])
        for step, row in enumerate(score):
            row = row[:len(k) - fit.steps + step + 1].astype(np.float64)
            p = np.exp(row - row.max())
            p /= p.sum()
            found["effective"].append(float(np.exp(-(p * np.log(np.maximum(p, 1e-300))).sum())))
            found["sink"].append(float(p[:SINK].sum()))
            found["local"].append(float(p[-LOCAL:].sum()))
            found["sd"].append(float(row[SINK:-LOCAL].std()))
    return {name: float(np.mean(values)) for name, values in found.items()}


def run_figures(stats: dict) -> dict[str, float]:
    pairs = stats["pairs"]["total"] - stats["pairs"]["masked"]
    return {"planes": stats["planes"]["processed"] / pairs, "retained": 100 * stats["pairs"]["retained"] / pairs,
            "any": stats["planes"]["fetched_per_key_mean"], "error": stats["accuracy"]["rel_l2_vs_dense_int8"],
            "cycles": stats["time"]["cycles"], "MB": stats["dram"]["bytes_read"] / 1e6}


def table(head: list[str], rows: list[list[Any]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head),
            *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""]


def beside(a: float, b: float, form: str) -> str:
    return f"{a:{form}} / {b:{form}} ({100 * (b / a - 1):+.0f} %)" if a else f"{a:{form}} / {b:{form}}"


def fit_table(study: Study) -> list[str]:
    first, second = [], []
    deviation: dict[str, list[float]] = {}
    for name, real_keys, fit_keys in PAIRS:
        folder = study.find(name)
        if folder is None:
            continue
        real, fit = read_fit(folder, 0, real_keys), read_fit(folder, 0, fit_keys)
        keys = len(real.k)
        kind = "same" if len(fit.k) == keys else "quarter"
        runs = [(study.captured(name, real, alpha), study.generated(name, fit, keys, alpha)) for alpha in ALPHAS]
        if any(run is None for pair in runs for run in pair):
            continue
        figures = [(run_figures(a), run_figures(b)) for a, b in runs]
        drawn = np.concatenate([k for k, _ in generate(fit, keys, 1)])
        exact = softmax_figures(real, real.k), softmax_figures(fit, drawn)
        title = [name, f"{len(fit.k)} -> {keys} (SYNTHETIC)"]
        first.append([*title, *(beside(a[what], b[what], form) for what, form in (("planes", ".2f"), ("retained", ".2f"))
                                for a, b in figures)])
        second.append([*title, *(beside(exact[0][what], exact[1][what], form)
                                 for what, form in (("effective", ".0f"), ("sink", ".2f"), ("local", ".2f"), ("sd", ".2f"))),
                       *(beside(figures[i][0][what], figures[i][1][what], form) for what, form, i in
                         (("any", ".2f", 0), ("error", ".3f", 0), ("error", ".3f", 2), ("cycles", ".0f", 0), ("MB", ".2f", 0)))])
        for what in ("planes", "retained", "any", "error", "cycles", "MB"):
            for a, b in figures:
                deviation.setdefault(f"{kind} {what}", []).append(abs(b[what] / a[what] - 1))
    out = ["## Beside captured sets", "", "captured / generated (deviation). Planes a pair and pairs retained (%), at four alphas:", "",
           *table(["set", "fitted to -> keys", *(f"planes, alpha {a}" for a in ALPHAS), *(f"retained %, alpha {a}" for a in ALPHAS)],
                  first),
           "Effective keys, softmax mass on the first four keys and within 64 keys, standard deviation of the other logits; planes a "
           "key that any head of the group wants, relative output error against dense INT8, cycles, DRAM bytes read (MB):", "",
           *table(["set", "fitted to -> keys", "effective keys", "sink", "local", "deviation of logits", "planes by any head, 1.0",
                   "error, 1.0", "error, 0.6", "cycles, 1.0", "MB, 1.0"], second)]
    rows = [[what, *(f"{100 * np.mean(deviation[f'{kind} {what}']):.1f} / {100 * np.max(deviation[f'{kind} {what}']):.0f}"
                     if f"{kind} {what}" in deviation else "-" for kind in ("same", "quarter"))]
            for what in ("planes", "retained", "any", "error", "cycles", "MB")]
    return out + ["Deviation in %, mean / largest, over sets and alphas:", "",
                  *table(["figure", "fitted to the same tokens", "fitted to a quarter of them"], rows)]


def length_table(study: Study) -> list[str]:
    rows = []
    for name in BY_LENGTH:
        folder = study.find(name)
        if folder is None:
            continue
        most = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["keys"]
        for keys in (256, 512, 1024, 2048, 4096, 8192):
            if keys <= most:
                fit = read_fit(folder, 0, keys)
                run = study.captured(name, fit, "1.0")
                if run is not None:
                    f, s = run_figures(run), softmax_figures(fit, fit.k)
                    rows.append([name, keys, f"{f['planes']:.2f}", f"{f['retained']:.2f}", f"{keys * f['retained'] / 100:.0f}",
                                 f"{s['effective']:.0f}", f"{s['sink']:.2f}", f"{s['local']:.2f}", f"{s['sd']:.2f}"])
    return ["## Captured, by length", "", "Decode steps cut from one prefill, alpha 1:", "",
            *table(["set", "keys", "planes a pair", "retained %", "keys retained", "effective keys", "sink", "local",
                    "deviation of logits"], rows)]


def long_table(study: Study) -> list[str]:
    rows = []
    for name in LONG:
        folder = study.find(name)
        if folder is None:
            continue
        fit = read_fit(folder)
        for keys in LONG_KEYS:
            run = study.generated(name, fit, keys, "1.0")
            if run is not None:
                f = run_figures(run)
                rows.append([name, f"{keys} (SYNTHETIC)", f"{f['planes']:.2f}", f"{f['retained']:.3f}",
                             f"{keys * f['retained'] / 100:.0f}", f"{f['error']:.3f}", f"{f['cycles'] / fit.steps:.0f}",
                             f"{f['MB'] / fit.steps:.2f}", f"{run['lanes']['utilisation']:.2f}",
                             f"{run['dram']['bandwidth_utilisation']:.2f}", f"{run['sim']['cpu_s']:.0f}",
                             f"{run['sim']['peak_rss_mb']:.0f}"])
    return ["## Long ones", "", "Alpha 1, eight decode steps of one group of heads; cycles and bytes a step:", "",
            *table(["fitted to", "keys", "planes a pair", "retained %", "keys retained", "error", "cycles", "MB read", "lanes busy",
                    "bandwidth used", "processor s", "memory, MiB"], rows)]


TABLES = {"fit": fit_table, "length": length_table, "long": long_table}


def main() -> int:
    parser = Parser(description=__doc__)
    parser.add_argument("--sets", required=True, help="directories with families of trace sets, separated by colons")
    parser.add_argument("--out", required=True, help="folder for the runs; those that are there are not made again")
    parser.add_argument("--pade-sim", metavar="BIN")
    parser.add_argument("--table", action="append", choices=sorted(TABLES), help="only these")
    parser.add_argument("--write", metavar="FILE", help="write the tables there instead of to stdout")
    args = parser.parse_args()
    pade_sim = find_pade_sim(args.pade_sim)
    if pade_sim is None:
        raise InputError("build/pade-sim is not there; build it (scripts/quickstart.sh) or name one with --pade-sim")
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    study = Study(pade_sim, [pathlib.Path(part) for part in args.sets.split(":")], out)
    lines = []
    for name, make in TABLES.items():
        if args.table is None or name in args.table:
            lines += make(study)
    return write_tables(lines, study.missing, study.failed, args.write)


if __name__ == "__main__":
    run_main(main)
