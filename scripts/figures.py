#!/usr/bin/env python3
"""Draws the paper's figures from finished runs: SVG, PNG and the CSV behind them.

  scripts/figures.py --figure 16b RUN... --out figures
  scripts/figures.py --figure 17b --run --trace traces/qwen2.5-coder-0.5b/l7-decode8-s2048-kjv --out figures --jobs 2

16a  cycles, technique by technique; from output folders of pade-sim ablate
16b  sparsity against alpha; from runs with different guard.alpha
17b  utilisation and cycles against scoreboard entries; from runs with different lane.scoreboard_entries. The CSV has the mean
     DRAM read latency, in core cycles, beside each point: it is what the entries must hide
23b  DRAM bandwidth used, by layout; from runs with different layout.k

RUN is an output folder of pade-sim run. Runs of one figure have the same parameters but the one that is swept; several trace sets
give several lines. Dashed lines are the paper's values, on its own models and traces. --run makes the runs first, into OUT/runs.

Exit code 0: the files are there; 2: bad input or a run that failed, one line says what.
"""
from __future__ import annotations

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
from typing import Callable, NamedTuple

from tracelib import plots, runs
from tracelib.cli import InputError, Parser, find_pade_sim, one_line, run_main


class Kind(NamedTuple):
    title: str
    table: Callable[[list[pathlib.Path]], runs.Table]
    draw: Callable
    swept: str | None
    values: list[str]


FIGURES = {
    "16a": Kind("Technique by technique (paper: Fig. 16a)", runs.ablation, plots.draw_ablation, None, []),
    "16b": Kind("Sparsity against alpha (paper: Fig. 16b)", runs.sparsity, plots.draw_sparsity, "guard.alpha",
                ["0.4", "0.5", "0.6", "0.8", "1", "1.2", "1.4"]),
    "17b": Kind("Utilisation against entries (paper: Fig. 17b)", runs.entries, plots.draw_entries, "lane.scoreboard_entries",
                ["2", "4", "8", "16", "32", "64"]),
    "23b": Kind("Bandwidth used by layout (paper: Fig. 23b)", runs.layouts, plots.draw_layouts, "layout.k", runs.LAYOUTS),
}


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__)
    parser.add_argument("folders", nargs="*", metavar="DIR", help="finished runs, or for 16a output folders of pade-sim ablate")
    parser.add_argument("--figure", required=True, choices=sorted(FIGURES))
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for figure-16a.svg, .png and .csv; made if needed")
    parser.add_argument("--run", action="store_true", help="make the runs first")
    parser.add_argument("--trace", metavar="SET", help="with --run: the trace set")
    parser.add_argument("--values", metavar="V,V,...", help="with --run: values of the swept parameter")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="with --run: runs at a time (default: one a core)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="sets", help="with --run: for pade-sim")
    parser.add_argument("--config", action="append", default=[], metavar="C", help="with --run: for pade-sim")
    parser.add_argument("--head", help="with --run: for pade-sim")
    parser.add_argument("--queries", metavar="A:B", help="with --run: for pade-sim")
    parser.add_argument("--pade-sim", metavar="BIN", help="with --run: the program (default: build/pade-sim)")
    return parser.parse_intermixed_args()


def call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        message = one_line(done.stderr)[:600] or "no message"
        raise InputError(f"{' '.join(command[1:])}: exit code {done.returncode}: {message}")


def make_runs(args: argparse.Namespace, kind: Kind, out: pathlib.Path) -> list[pathlib.Path]:
    pade_sim = find_pade_sim(args.pade_sim)
    if pade_sim is None:
        raise InputError("--run: build/pade-sim is not there; build it (scripts/quickstart.sh) or name one with --pade-sim")
    if args.trace is None:
        raise InputError("--run: needs --trace")
    if args.jobs < 1:
        raise InputError(f"--jobs: is {args.jobs}; at least 1 is expected")
    for setting in args.sets:
        if kind.swept is not None and setting.split("=")[0].strip() == kind.swept:
            raise InputError(f"--set: {setting}: is what this figure sweeps; give its values with --values")
    shared = ["--trace", args.trace]
    for option, values in (("--config", args.config), ("--set", args.sets)):
        for value in values:
            shared += [option, value]
    for option, value in (("--head", args.head), ("--queries", args.queries)):
        shared += [] if value is None else [option, value]
    folder = out / "runs" / args.figure
    if kind.swept is None:
        if args.values is not None:
            raise InputError(f"--values: figure {args.figure} sweeps no parameter")
        call([str(pade_sim), "ablate", *shared, "--out", str(folder), "--jobs", str(args.jobs), "--force"])
        return [folder]
    values = kind.values if args.values is None else list(dict.fromkeys(args.values.split(",")))
    # A value becomes a folder's name. What pade-sim does not take, it says itself.
    if not all(value and all(c.isalnum() or c in "._" for c in value) and value.strip(".") for value in values):
        raise InputError(f"--values: {args.values}: values of {kind.swept}, separated by commas, are expected")
    folders = [folder / value for value in values]
    commands = [[str(pade_sim), "run", *shared, "--set", f"{kind.swept}={value}", "--out", str(place), "--force"]
                for value, place in zip(values, folders)]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        waiting = [pool.submit(call, command) for command in commands]
        try:
            for one in waiting:
                one.result()
        except InputError:
            pool.shutdown(cancel_futures=True)
            raise
    return folders


def main() -> int:
    args = parse()
    kind = FIGURES[args.figure]
    plots.require_matplotlib()
    out = pathlib.Path(args.out)
    if out.exists() and not out.is_dir():
        raise InputError(f"--out: {out}: is in the way: it is not a folder")
    if args.run:
        if args.folders:
            raise InputError(f"{args.folders[0]}: folders of runs and --run are given; one or the other is expected")
        folders = make_runs(args, kind, out)
    else:
        for option in ("trace", "values", "sets", "config", "head", "queries", "pade_sim"):
            if getattr(args, option):
                raise InputError(f"--{option.replace('_', '-').replace('sets', 'set')}: needs --run")
        if not args.folders:
            raise InputError("folders of finished runs, or --run, are expected")
        folders = [pathlib.Path(folder) for folder in args.folders]
    table = kind.table(folders)
    out.mkdir(parents=True, exist_ok=True)
    stem = out / f"figure-{args.figure}"
    plots.write_csv(stem.with_name(stem.name + ".csv"), table)
    plots.write_plot(stem, kind.title, table, kind.draw)
    for suffix in ("svg", "png", "csv"):
        print(stem.with_name(f"{stem.name}.{suffix}"))
    return 0


if __name__ == "__main__":
    run_main(main)
