#!/usr/bin/env python3
"""What must hold of scripts/figures.py:

  check_figures.py --pade-sim BIN

Three tiny runs, made through --run, are plotted: the CSV says what stats.json says, SVG and PNG are there and of the right kind,
and the same runs give the same bytes. Bad input ends with exit code 2 and one line. Exit code 77: matplotlib is not installed.
"""
import argparse
import csv
import importlib.util
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

from check_set import ROOT, SKIPPED

PAPER = {"guard": .70, "out_of_order": .70 * .76, "ista": .70 * .76 * .73}


class Bench:
    def __init__(self, binary, scratch):
        self.binary = binary
        self.scratch = pathlib.Path(scratch)
        self.failures = 0

    def expect(self, holds, text):
        print(("  ok    " if holds else "  FAIL  ") + text)
        self.failures += not holds

    def call(self, script, *options):
        print(f"+ {script} " + " ".join(map(str, options)))
        return subprocess.run([sys.executable, str(ROOT / "scripts" / script), *map(str, options)], capture_output=True, text=True,
                              cwd=self.scratch)

    def drawn(self, figure, *options, out="figures"):
        """The rows of a figure that must succeed."""
        done = self.call("figures.py", "--figure", figure, "--out", out, *options)
        self.expect(done.returncode == 0, f"exit code {done.returncode} {done.stderr.strip()}")
        stem = self.scratch / out / f"figure-{figure}"
        svg, png = (pathlib.Path(f"{stem}.{suffix}").read_bytes() for suffix in ("svg", "png"))
        paths = [item for item in xml.etree.ElementTree.fromstring(svg).iter() if item.tag.endswith("}path")]
        self.expect(len(paths) > 20, f"the SVG has {len(paths)} paths")
        self.expect(png.startswith(b"\x89PNG\r\n\x1a\n") and len(png) > 10000, f"the PNG has {len(png)} bytes")
        self.expect(not list(stem.parent.glob("*.partial")), "nothing half written is left")
        with open(f"{stem}.csv", newline="") as table:
            return list(csv.DictReader(table))

    def refused(self, what, pattern, *options):
        done = self.call("figures.py", *options)
        self.expect(done.returncode == 2 and pattern in done.stderr and done.stderr.count("\n") == 1 and not done.stdout,
                    f"{what}: {done.returncode}, {done.stderr.strip()}")

    def equal(self, rows, stats, expected):
        """Each column of each row is what `expected` makes of that run's stats."""
        self.expect(len(rows) == len(stats), f"{len(rows)} rows")
        for row, stat in zip(rows, stats):
            for column, value in expected(stat).items():
                self.expect(math.isclose(float(row[column]), value, rel_tol=1e-12), f"{column} {row[column]} is {value}")


def check_runs(bench):
    made = bench.call("make_trace.py", "--synthetic", "heads=2,kv_heads=1,queries=8,keys=200,d=64", "--phase", "decode",
                      "--out", "set", "--pade-sim", bench.binary)
    bench.expect(made.returncode == 0, f"a trace set: {made.stderr.strip()}")
    runs = ["--run", "--trace", "set", "--pade-sim", bench.binary]
    folders = lambda figure, values: [bench.scratch / "figures" / "runs" / figure / value for value in values]  # noqa: E731
    stats = lambda figure, values: [json.loads((f / "stats.json").read_text()) for f in folders(figure, values)]  # noqa: E731

    values = ["1", "4", "32"]
    rows = bench.drawn("17b", *runs, "--values", "32,1,4", "--jobs", "2")
    bench.expect([row["entries"] for row in rows] == values, "points are sorted")
    bench.equal(rows, stats("17b", values), lambda s: {
        "lane_utilisation": s["lanes"]["utilisation"], "k_feed_utilisation": s["buffer"]["k_feed_utilisation"],
        "cycles": s["time"]["cycles"], "dram_read_latency_ns": s["dram"]["read_latency_ns"]["mean"],
        "dram_read_latency_core_cycles": s["dram"]["read_latency_ns"]["mean"] * s["time"]["cycles"] / s["time"]["ns"]})
    cycles = [float(row["cycles"]) for row in rows]
    bench.expect(cycles[0] > 1.5 * cycles[2], f"more entries, fewer cycles: {cycles}")

    values = ["0.3", "1.4"]
    rows = bench.drawn("16b", *runs, "--values", ",".join(values))
    pairs = lambda s: s["pairs"]["total"] - s["pairs"]["masked"]  # noqa: E731
    bench.equal(rows, stats("16b", values), lambda s: {
        "alpha": s["guard"]["alpha"], "planes_skipped": 1 - s["planes"]["processed"] / pairs(s) / 8,
        "keys_dropped": s["pairs"]["pruned"] / pairs(s), "lost_mass_mean": s["guard"]["lost_mass_mean"]})
    bench.expect(float(rows[0]["keys_dropped"]) > float(rows[1]["keys_dropped"]), "a smaller alpha drops more")

    rows = bench.drawn("23b", *runs, "--set", "guard.alpha=0.5")
    bench.equal(rows, stats("23b", ["plane_first", "plane_per_token", "value_major"]), lambda s: {
        "bandwidth_utilisation": s["dram"]["bandwidth_utilisation"], "bandwidth_active": s["dram"]["bandwidth_active"],
        "bytes_read": s["dram"]["bytes_read"]})

    # Finished runs, in any order, give the same files.
    values = ["4", "1", "32"]
    for out in ("again", "again2"):
        bench.drawn("17b", *folders("17b", values), out=out)
    for suffix in ("svg", "png", "csv"):
        files = {(bench.scratch / out / f"figure-17b.{suffix}").read_bytes() for out in ("figures", "again", "again2")}
        bench.expect(len(files) == 1, f"{suffix}: the same bytes")

    one, four = folders("17b", ["1", "4"])
    other = folders("16b", ["0.3"])[0]
    out = ["--out", "refused"]
    bench.refused("other parameters differ", "guard.alpha", "--figure", "17b", *out, one, other)
    bench.refused("the same run twice", "same trace", "--figure", "17b", *out, one, four, one)
    bench.refused("no run", "stats.json", "--figure", "17b", *out, bench.scratch)
    bench.refused("nothing", "folders", "--figure", "17b", *out)
    bench.refused("both", "--run", "--figure", "17b", *out, one, *runs)
    bench.refused("no such figure", "--figure", "--figure", "99", *out, one)
    bench.refused("a value that pade-sim refuses", "scoreboard_entries", "--figure", "17b", *out, *runs, "--values", "1000")
    bench.refused("a value that is a path", "--values", "--figure", "17b", *out, *runs, "--values", "../x")
    bench.refused("the swept parameter set", "--values", "--figure", "17b", *out, *runs, "--set", "lane.scoreboard_entries=3")
    bench.refused("an option of --run", "--run", "--figure", "17b", *out, one, "--trace", "set")
    broken = bench.scratch / "broken"
    broken.mkdir()
    (broken / "config.json").write_bytes((one / "config.json").read_bytes())
    for what, pattern, change in (("a failed check", "checks.soundness", {"checks": {"soundness": False}}),
                                  ("a figure is missing", "lanes.utilisation", {"lanes": {}}),
                                  ("a figure is null", "a number is expected", {"lanes": {"utilisation": None}})):
        good = json.loads((one / "stats.json").read_text())
        (broken / "stats.json").write_text(json.dumps({**good, **change}))
        bench.refused(what, pattern, "--figure", "17b", *out, broken)
    bench.expect(not list((bench.scratch / "refused").glob("figure*")), "no figure came of any of them")


def check_ablation(bench):
    """The file alone: which steps there are is up to pade-sim ablate."""
    names = ["dense_bit_serial", "guard", "bidirectional", "out_of_order", "ista", "rars"]
    cycles = [8000, 5000, 4900, 4000, 2500, 2400]
    steps = [{"name": name, "cycles": number} for name, number in zip(names, cycles)]
    folder = bench.scratch / "ablate"
    (folder / "run").mkdir(parents=True)
    (folder / "run" / "config.json").write_text(json.dumps({"guard": {"alpha": 1}}))
    file = folder / "ablation.json"
    plain = {"trace": "traces/family/set", "steps": steps}
    for document in (plain, {"trace": "traces/family/set", "more": 1, "variants": [
            {"name": "as_configured", "steps": steps}, {"name": "vpu_widened", "settings": ["a=b"], "steps": steps[:5]}]}):
        file.write_text(json.dumps(document))
        rows = bench.drawn("16a", folder)
        bench.expect(len(rows) == (6 if document is plain else 11), f"{len(rows)} rows")
        for n, row in enumerate(rows[:6]):
            bench.expect((row["step"], float(row["cycles"])) == (names[n], cycles[n]), f"{row['step']}: {row['cycles']} cycles")
            bench.expect(float(row["relative_latency"]) == cycles[n] / cycles[0], "relative to the first")
            bench.expect(float(row["ratio_to_previous"]) == cycles[n] / cycles[max(0, n - 1)], "relative to the one before")
            if names[n] in PAPER:
                bench.expect(abs(float(row["paper_relative_latency"]) - PAPER[names[n]]) < 1e-5, "the paper's")
    for what, pattern, document in (("no steps", "steps", {"trace": "x"}), ("empty", "steps", {"steps": []}),
                                    ("no cycles", "steps[0].cycles", {"steps": [{"name": "a"}]}),
                                    ("a failed check", "checks_hold", {"steps": [{"cycles": 3, "checks_hold": False}]}),
                                    ("a list", "object", [])):
        file.write_text(json.dumps(document))
        bench.refused(what, pattern, "--figure", "16a", "--out", "refused", folder)
    file.write_text("{")
    bench.refused("no JSON", "JSON", "--figure", "16a", "--out", "refused", folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    args = parser.parse_args()
    if importlib.util.find_spec("matplotlib") is None:
        print("skipped: matplotlib is not installed (Debian: python3-matplotlib)")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="pade-") as scratch:
        bench = Bench(str(pathlib.Path(args.pade_sim).resolve()), scratch)
        check_runs(bench)
        check_ablation(bench)
    print(f"{bench.failures} failures")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
