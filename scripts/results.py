#!/usr/bin/env python3
"""Makes docs/results.md: what the machine does on real traces, table by table.

  scripts/results.py --sets DIR[:DIR...] --out DIR [--jobs N] [--pade-sim BIN] [--table NAME]... [--write docs/results.md]

value-rule  every set of testbench/data/value_rule.csv, on the queries of its row: planes a pair and retained fraction beside
            what the value rule alone gives, and where they leave its bounds
entries     scoreboard entries and order of delivery, on decode and on sets whose K and V exceed the buffer, with the mean
            memory latency in core cycles beside each point
layouts     the K layouts on decode over 8192 keys
sharing     grouped-query decode with and without keeping the KV buffer; prefill with both packings of rows
ablation    what each technique is worth, as configured and with the V-PU widened

A set that is in none of the directories is left out and named. Runs that --out has already are not made again. Exit code 0: all
runs passed their checks; 1: one did not; 2: bad input.
"""
from __future__ import annotations

import concurrent.futures
import csv
import json
import os
import pathlib
import subprocess
from typing import Any

from tracelib.cli import ROOT, InputError, Parser, find_pade_sim, one_line, run_main, write_tables
from tracelib.runs import Run, read_run

DECODE = ["qwen2.5-coder-0.5b/l7-decode8-s2048-kjv", "qwen2.5-coder-0.5b/l14-decode8-s8192-kjv",
          "qwen2.5-coder-1.5b/l18-decode8-s2048-kjv"]
LONG_DECODE = ["qwen2.5-coder-0.5b/l0-decode8-s8192-kjv", "qwen2.5-coder-0.5b/l14-decode8-s8192-kjv",
               "qwen2.5-coder-0.5b/l22-decode8-s8192-argparse"]
GQA_DECODE = ["qwen2.5-coder-0.5b/l7-decode8-s2048-kjv", "qwen2.5-coder-0.5b/l14-decode8-s8192-kjv"]
PREFILL = ["qwen2.5-coder-0.5b/l7-prefill-s512-kjv", "qwen2.5-coder-0.5b/l22-prefill-s2048-kjv"]
ALPHA = "0.6"
# The encoder keeps a third of its keys at alpha 1: there the V-PU is the bottleneck.
ABLATED = [("qwen2.5-coder-0.5b/l7-prefill-s512-kjv", ALPHA), ("qwen2.5-coder-0.5b/l14-prefill-s2048-kjv", ALPHA),
           ("qwen2.5-coder-0.5b/l7-decode8-s2048-kjv", ALPHA), ("qwen2.5-coder-0.5b/l14-decode8-s8192-kjv", ALPHA),
           ("use-lite/l0-prefill-s512-kjv", "1.0")]


class Study:
    def __init__(self, pade_sim: pathlib.Path, sets: list[pathlib.Path], out: pathlib.Path, jobs: int):
        self.pade_sim, self.sets, self.out, self.jobs = pade_sim, sets, out, jobs
        self.missing: list[str] = []
        self.failed: list[str] = []

    def find(self, name: str) -> pathlib.Path | None:
        for directory in self.sets:
            manifest = directory / name / "manifest.json"
            if manifest.is_file():
                if json.loads(manifest.read_text(encoding="utf-8")).get("synthetic"):
                    raise InputError(f"{manifest}: synthetic is true; these tables are of traces that were captured from models")
                return directory / name
        if name not in self.missing:
            self.missing.append(name)
        return None

    def there(self, names: list[str]) -> list[str]:
        return [name for name in names if self.find(name) is not None]

    def run_all(self, plan: dict[str, tuple[str, list[str]]]) -> dict[str, Run]:
        """{label: (set, options)} -> {label: run}, those that passed."""
        def one(label: str) -> Run | None:
            name, options = plan[label]
            place = self.out / label.replace("/", "_")
            if not (place / "stats.json").is_file():
                command = [str(self.pade_sim), "run", "--trace", str(self.find(name)), "--out", str(place), "--force", *options]
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode != 0:
                    self.failed.append(f"{' '.join(command)}: exit code {done.returncode}: {one_line(done.stderr)[:300]}")
                    return None
            return read_run(place)
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            found = dict(zip(plan, pool.map(one, plan)))
        return {label: run for label, run in found.items() if run is not None}


def settings(*assignments: str) -> list[str]:
    return [word for assignment in assignments for word in ("--set", assignment)]


def table(head: list[str], rows: list[list[Any]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head),
            *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""]


def latency(run: Run) -> str:
    return f"{run.number('dram.read_latency_ns.mean') * run.number('clock.core_mhz') / 1000:.0f}"


def per_head(place: pathlib.Path) -> tuple[float, float]:
    heads = json.loads((place / "stats.json").read_text())["per_head"]
    unmasked = [head["pairs"]["total"] - head["pairs"]["masked"] for head in heads]
    return (sum(h["planes"]["processed"] / n for h, n in zip(heads, unmasked)) / len(heads),
            sum(h["pairs"]["retained"] / n for h, n in zip(heads, unmasked)) / len(heads))


def value_rule(study: Study) -> list[str]:
    with open(ROOT / "testbench" / "data" / "value_rule.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if study.find(row["set"]) is not None]
    plan = {f"rule {row['set']} {row['alpha']}":
            (row["set"], ["--queries", row["queries"], *settings(f"guard.alpha={row['alpha']}")]) for row in rows}
    runs = study.run_all(plan)
    lines, outside = [], []
    for row, label in zip(rows, plan):
        if label not in runs:
            continue
        planes, retained = per_head(runs[label].folder)
        f = {key: float(value) for key, value in row.items() if key not in ("set", "queries")}
        most = 1.05 * max(f["planes_lockstep"], f["planes_head_tail_64"])
        inside = f["planes_oracle"] - .0005 <= planes <= most and \
            f["retained_at_line"] - .00005 <= retained <= 1.05 * f["retained_head_tail_64"] + .00005
        if not inside:
            outside.append(row["set"])
        lines.append([row["set"], row["queries"], row["alpha"], f"{planes:.3f}", row["planes_oracle"], row["planes_head_tail_64"],
                      row["planes_lockstep"], f"{retained:.4f}", row["retained_at_line"], row["retained_head_tail_64"],
                      "yes" if inside else "**no**"])
    verdict = "All sets lie inside." if not outside else f"Outside: {', '.join(sorted(set(outside)))}."
    return ["## Planes and retained pairs beside the value rule", "",
            "Means over heads, over unmasked pairs. Bounds: planes from the oracle to 1.05 times the larger of lock-step and "
            f"head-tail; retained from the final line to 1.05 times head-tail. {verdict}", "",
            *table(["set", "queries", "alpha", "planes a pair", "oracle", "head-tail", "lock-step", "retained", "at the line",
                    "head-tail", "inside"], lines)]


def entries(study: Study) -> list[str]:
    orders, counts = ["out_of_order", "in_order", "in_order_single"], ["1", "2", "4", "8", "16", "32", "64"]
    plan = {f"entries {name} {order} {count}":
            (name, settings(f"guard.alpha={ALPHA}", f"dispatch.order={order}", f"lane.scoreboard_entries={count}"))
            for name in study.there(DECODE) for order in orders for count in counts}
    runs = study.run_all(plan)
    out = ["## Scoreboard entries and order of delivery", "",
           f"Alpha {ALPHA}. Cycles, lanes busy, and the mean DRAM read latency in core cycles, which is what the entries have to "
           "hide. The last two sets have more K and V than the buffer.", ""]
    for name in study.there(DECODE):
        rows = []
        for count in counts:
            row: list[Any] = [count]
            for order in orders:
                run = runs.get(f"entries {name} {order} {count}")
                row += ["-", "-", "-"] if run is None else [f"{run.number('time.cycles'):.0f}",
                                                            f"{run.number('lanes.utilisation'):.3f}", latency(run)]
            rows.append(row)
        out += [f"**{name}**", ""] + table(["entries", *(f"{order}: {what}" for order in orders
                                                        for what in ("cycles", "busy", "latency"))], rows)
    return out


def layouts(study: Study) -> list[str]:
    kinds = ["plane_first", "plane_per_token", "value_major"]
    plan = {f"layouts {name} {kind}": (name, settings(f"guard.alpha={ALPHA}", f"layout.k={kind}"))
            for name in study.there(LONG_DECODE) for kind in kinds}
    runs = study.run_all(plan)
    rows = [[label.split()[1], label.split()[2], f"{run.number('time.cycles'):.0f}", f"{run.number('dram.bytes_read') / 1e6:.3f}",
             f"{run.number('dram.bytes_unused') / 1e6:.3f}", f"{run.number('dram.bandwidth_utilisation'):.3f}",
             f"{run.number('dram.bandwidth_active'):.3f}", latency(run)] for label, run in runs.items()]
    return ["## K layouts, decode over 8192 keys", "", f"Alpha {ALPHA}.", "",
            *table(["set", "layout", "cycles", "DRAM MB read", "unused MB", "bandwidth used", "while active",
                    "latency, core cycles"], rows)]


def sharing(study: Study) -> list[str]:
    plan = {f"sharing {name} {setting}": (name, settings(f"guard.alpha={ALPHA}", setting))
            for name in study.there(GQA_DECODE) for setting in ("decode.keep_kv=false", "decode.keep_kv=true")}
    plan |= {f"sharing {name} {setting}": (name, settings(f"guard.alpha={ALPHA}", setting))
             for name in study.there(PREFILL) for setting in ("rows.packing=queries", "rows.packing=heads")}
    runs = study.run_all(plan)
    rows = [[*label.split()[1:3], f"{run.number('time.cycles'):.0f}", f"{run.number('planes.fetched_per_key_mean'):.3f}",
             f"{run.number('dram.bytes_read') / 1e6:.3f}", f"{run.number('buffer.kv_hits'):.0f}",
             f"{run.number('lanes.utilisation'):.3f}"] for label, run in runs.items()]
    return ["## What rows share", "", f"Alpha {ALPHA}. keep_kv: the KV buffer keeps its lines from one decode step to the next.", "",
            *table(["set", "setting", "cycles", "planes a processed key", "DRAM MB read", "KV hits", "lanes busy"], rows)]


def ablation(study: Study) -> list[str]:
    out = ["## What each technique is worth", "",
           "`pade-sim ablate`. Each step adds one technique; the ratio is of its cycles to those of the step "
           "before. The paper has .70 for the guard, .76 for bidirectional out-of-order execution, .73 for ISTA. ISTA also lets a "
           "second row block in beside the first.", ""]
    for name, alpha in ABLATED:
        if study.find(name) is None:
            continue
        place = study.out / f"ablation {name}".replace("/", "_")
        command = [str(study.pade_sim), "ablate", "--trace", str(study.find(name)), "--out", str(place), "--jobs", str(study.jobs),
                   "--set", f"guard.alpha={alpha}"]
        if "prefill-s2048" in name:
            command += ["--head", "0"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            study.failed.append(f"{' '.join(command)}: exit code {done.returncode}: {one_line(done.stderr)[:300]}")
            continue
        for variant in json.loads((place / "ablation.json").read_text())["variants"]:
            rows = [[step["name"], f"{step['cycles']:.0f}", f"{step['ratio_to_previous']:.3f}", f"{step['planes_per_pair']:.3f}",
                     f"{step['dram_bytes'] / 1e6:.3f}", f"{step['lane_utilisation']:.3f}",
                     f"{step['binds']} {100 * step['bound_share']:.0f} %", step["finding"]] for step in variant["steps"]]
            title = f"**{name}{', head 0' if '--head' in command else ''}, alpha {alpha}, {variant['name']}**"
            title += f" ({', '.join(variant['settings'])})" if variant["settings"] else ""
            out += [title, ""] + table(["step", "cycles", "ratio", "planes a pair", "DRAM MB", "lanes busy", "nearest bound",
                                        "why it saves little"], rows)
            if variant["note"]:
                out += [f"The V-PU was {variant['note']}." if variant["note"].startswith("widened") else variant["note"], ""]
    return out


TABLES = {"value-rule": value_rule, "entries": entries, "layouts": layouts, "sharing": sharing, "ablation": ablation}


def main() -> int:
    parser = Parser(description=__doc__)
    parser.add_argument("--sets", required=True, help="directories with families of trace sets, separated by colons")
    parser.add_argument("--out", required=True, help="folder for the runs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--pade-sim", metavar="BIN")
    parser.add_argument("--table", action="append", choices=sorted(TABLES), help="only these")
    parser.add_argument("--write", metavar="FILE", help="write the page there instead of to stdout")
    args = parser.parse_args()
    pade_sim = find_pade_sim(args.pade_sim)
    if pade_sim is None:
        raise InputError("build/pade-sim is not there; build it (scripts/quickstart.sh) or name one with --pade-sim")
    if args.jobs < 1:
        raise InputError(f"--jobs: is {args.jobs}; at least 1 is expected")
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    study = Study(pade_sim, [pathlib.Path(part) for part in args.sets.split(":")], out, args.jobs)
    version = subprocess.run([str(pade_sim), "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    page = ["# Results", "", f"Made by `scripts/results.py` with {version}. Every run passed its checks; default parameters but for "
            "what a table names.", ""]
    for name, make in TABLES.items():
        if args.table is None or name in args.table:
            page += make(study)
    return write_tables(page, study.missing, study.failed, args.write)


if __name__ == "__main__":
    run_main(main)
