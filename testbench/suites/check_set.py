#!/usr/bin/env python3
"""Runs one trace set through pade-sim and checks what the issue of correctness promises.

  check_set.py --pade-sim BIN --set FAMILY/NAME [--whole] [--guard-off] [--value-rule]

--value-rule  planes a pair and retained fraction lie inside the bounds that the value rule alone gives
              (testbench/data/value_rule.csv; same queries, each alpha of the table)
--whole       all heads, all queries: soundness, balance, output and protocol checks hold
--guard-off   guard.enabled=false, softmax.p_bits=24: everything is retained and equals dense INT8 attention

Sets are looked for in PADE_TRACES (directories separated by colons; default: traces/ of the repository). Exit code 77: the set
is not there (ctest reports it as skipped).
"""
import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77
TOLERANCE = 1e-4


def find_set(name):
    for directory in os.environ.get("PADE_TRACES", str(ROOT / "traces")).split(":"):
        folder = pathlib.Path(directory).resolve() / name
        if (folder / "manifest.json").is_file():
            return folder
    return None


class Checker:
    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder
        self.failures = []

    def expect(self, holds, text):
        print(("  ok    " if holds else "  FAIL  ") + text)
        if not holds:
            self.failures.append(text)

    def run(self, *options):
        with tempfile.TemporaryDirectory(prefix="pade-") as scratch:
            out = pathlib.Path(scratch) / "out"
            command = [self.binary, "run", "--trace", str(self.folder), "--out", str(out), *options]
            print("+ " + " ".join(command))
            done = subprocess.run(command, capture_output=True, text=True)
            sys.stdout.write(done.stderr)
            self.expect(done.returncode == 0, f"exit code {done.returncode}")
            if not (out / "stats.json").is_file():
                return None
            return json.loads((out / "stats.json").read_text())

    def checks_hold(self, stats):
        for name in ("soundness", "output", "stored_output", "balance"):
            self.expect(stats["checks"][name] is True, f"checks.{name} is {stats['checks'][name]}")
        bounds = stats["bounds"]
        cycles = stats["time"]["cycles"]
        self.expect(all(cycles >= bound for bound in bounds.values()), f"{cycles} cycles, never below a bound {bounds}")
        lanes = stats["lanes"]
        classes = sum(lanes[k] for k in ("busy", "stall_downstream", "stall_scoreboard", "stall_data", "idle"))
        self.expect(classes % cycles == 0 and classes > 0, "lane classes sum to lanes x cycles")
        worst = stats["accuracy"]["rel_l2_vs_own_retained"]
        # On real tensors the tolerance holds as it is; what the units of p hide is for worlds made to break it.
        self.expect(worst <= TOLERANCE, f"rel_l2_vs_own_retained {worst:.3g}")


def per_head_means(stats):
    planes, retained = [], []
    for head in stats["per_head"]:
        unmasked = head["pairs"]["total"] - head["pairs"]["masked"]
        planes.append(head["planes"]["processed"] / unmasked)
        retained.append(head["pairs"]["retained"] / unmasked)
    return sum(planes) / len(planes), sum(retained) / len(retained)


def check_value_rule(checker, rows, keys):
    for row in rows:
        stats = checker.run("--queries", row["queries"], "--set", f"guard.alpha={row['alpha']}")
        if stats is None:
            continue
        checker.checks_hold(stats)
        planes, retained = per_head_means(stats)
        f = {k: float(v) for k, v in row.items() if k not in ("set", "queries")}
        low, high = f["planes_oracle"], 1.05 * max(f["planes_lockstep"], f["planes_head_tail_64"])
        # The table has three decimals.
        checker.expect(low - 0.0005 <= planes <= high, f"planes a pair {low:.3f} <= {planes:.3f} <= {high:.3f}")
        if keys >= 2048:
            distance = planes / f["planes_head_tail_64"] - 1
            checker.expect(abs(distance) <= 0.12, f"planes a pair {distance:+.1%} from head-tail")
        low, high = f["retained_at_line"], 1.05 * f["retained_head_tail_64"]
        checker.expect(low - 0.00005 <= retained <= high + 0.00005, f"retained {low:.4f} <= {retained:.4f} <= {high:.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--set", required=True, dest="name")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--guard-off", action="store_true")
    parser.add_argument("--value-rule", action="store_true")
    parser.add_argument("--check-tlm", action="store_true", help="with --whole: a protocol checker on every link")
    args = parser.parse_args()

    folder = find_set(args.name)
    if folder is None:
        print(f"skipped: {args.name} is in none of the directories of PADE_TRACES")
        return SKIPPED
    manifest = json.loads((folder / "manifest.json").read_text())
    checker = Checker(args.pade_sim, folder)
    protocol = ["--check-tlm"] if args.check_tlm else []

    if args.value_rule:
        with open(ROOT / "testbench" / "data" / "value_rule.csv", newline="") as table:
            rows = [row for row in csv.DictReader(table) if row["set"] == args.name]
        check_value_rule(checker, rows, manifest["keys"])
    if args.whole:
        stats = checker.run(*protocol)
        if stats is not None:
            checker.checks_hold(stats)
            if protocol:
                checker.expect(stats["checks"]["tlm_protocol"] is True, "checks.tlm_protocol")
    if args.guard_off:
        stats = checker.run("--set", "guard.enabled=false", "--set", "softmax.p_bits=24")
        if stats is not None:
            checker.checks_hold(stats)
            pairs = stats["pairs"]
            checker.expect(pairs["pruned"] == 0 and pairs["retained"] == pairs["total"] - pairs["masked"],
                           "the retained set is every unmasked pair")
            dense = stats["accuracy"]["rel_l2_vs_dense_int8"]
            checker.expect(dense <= TOLERANCE, f"rel_l2_vs_dense_int8 {dense:.3g}")
    for failure in checker.failures:
        print(f"FAILED: {failure}")
    return 1 if checker.failures else 0


if __name__ == "__main__":
    sys.exit(main())
