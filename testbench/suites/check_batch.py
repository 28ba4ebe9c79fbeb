#!/usr/bin/env python3
"""suite, ablate and diff, as their users call them:

  check_batch.py --pade-sim BIN

A set that is no set spoils no other; what is finished is not run again, unless something that made it has changed; a batch that
was killed goes on where it stopped; tables, CSV, JUnit and JSON say the same as the runs' own stats.json.
"""
import argparse
import csv
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

from bench import Bench
from check_set import ROOT

SETS = ROOT / "traces" / "use-lite"
NAMES = ["l0-decode8-s128-gpl3", "l0-prefill-s128-gpl3", "l0-prefill-s128-kjv"]


class BatchBench(Bench):
    def stats(self, out):
        return json.loads((self.scratch / out / "stats.json").read_text())


def times(folder):
    return {path.parent.name: path.stat().st_mtime_ns for path in folder.rglob("stats.json")}


def check_suite(bench):
    sets, out = bench.scratch / "sets", bench.scratch / "out"
    for name in NAMES:
        shutil.copytree(SETS / name, sets / "family" / name)
    (sets / "broken").mkdir()
    (sets / "broken" / "manifest.json").write_text("{}")

    done = bench.call("suite", "sets", "--out", "out", "--jobs", "2")
    bench.expect(done.returncode == 2, f"with a broken set the exit code is that of bad input: {done.returncode}")
    rows = list(csv.DictReader((out / "suite.csv").read_text().splitlines()))
    bench.expect([row["set"] for row in rows] == ["broken", *(f"family/{name}" for name in NAMES)], "a row for each set")
    bench.expect([row["exit_code"] for row in rows] == ["2", "0", "0", "0"], "and its exit code")
    bench.expect("manifest" in rows[0]["message"], f"the broken one says why: {rows[0]['message'][:80]}")
    for row in rows[1:]:
        stats = bench.stats(f"out/{row['set']}")
        pairs = stats["pairs"]
        bench.expect(int(row["cycles"]) == stats["time"]["cycles"] and row["failed_checks"] == "" and
                     abs(float(row["planes_per_pair"]) - stats["planes"]["processed"] / (pairs["total"] - pairs["masked"])) < 1e-3,
                     f"{row['set']}: the figures are those of its stats.json")
    junit = xml.parse(out / "junit.xml").getroot()
    cases = junit.findall(".//testcase")
    bench.expect(len(cases) == 4 and len(junit.findall(".//error")) == 1 and not junit.findall(".//failure"),
                 "JUnit: four cases, one error")
    bench.expect(all(name in done.stdout for name in NAMES), "the table names each set")

    before = times(out)
    again = bench.call("suite", "sets", "--out", "out")
    bench.expect(times(out) == before and again.stdout.count("from before") == 3, "called again it runs nothing that is there")
    other = bench.call("suite", "sets", "--out", "out", "--set", "guard.alpha=0.7")
    bench.expect(other.returncode == 2 and all(times(out)[name] != before[name] for name in NAMES), "other parameters: all anew")
    before = times(out)
    manifest = sets / "family" / NAMES[0] / "manifest.json"
    manifest.write_text(manifest.read_text() + "\n")
    bench.call("suite", "sets", "--out", "out", "--set", "guard.alpha=0.7")
    after = times(out)
    bench.expect([after[name] != before[name] for name in NAMES] == [True, False, False], "a set that has changed: that one anew")
    before = after
    bench.call("suite", "sets", "--out", "out", "--set", "guard.alpha=0.7", "--force")
    bench.expect(all(times(out)[name] != before[name] for name in NAMES), "--force: all anew")


def check_places(bench):
    """Nothing that is not a result is ever replaced."""
    (bench.scratch / "mine" / "family" / NAMES[0]).mkdir(parents=True)
    (bench.scratch / "mine" / "family" / NAMES[0] / "thesis.txt").write_text("years of work")
    for arguments in (["suite", "sets", "--out", "sets"],
                      ["suite", "sets", "--out", "."], ["suite", "sets", "--out", "mine"],
                      ["ablate", "--trace", f"sets/family/{NAMES[1]}", "--out", f"sets/family/{NAMES[1]}"],
                      ["run", "--trace", f"sets/family/{NAMES[1]}", "--out", f"sets/family/{NAMES[1]}", "--force"],
                      ["ablate", "--trace", f"sets/family/{NAMES[1]}", "--out", "x", "--set", "vpu.rars=false"]):
        done = bench.call(*arguments)
        bench.expect(done.returncode == 2 and "allowed: " in done.stderr, f"exit code {done.returncode}: {done.stderr.strip()}")
    bench.expect((bench.scratch / "mine" / "family" / NAMES[0] / "thesis.txt").is_file(), "the thesis is still there")
    bench.expect(all((bench.scratch / "sets" / "family" / name / "manifest.json").is_file() for name in NAMES), "and the sets")
    nested = bench.scratch / "nested" / "outer"
    shutil.copytree(SETS / NAMES[1], nested)
    shutil.copytree(SETS / NAMES[0], nested / "inner")
    done = bench.call("suite", "nested", "--out", "nested-out")
    bench.expect(done.returncode == 0 and (bench.scratch / "nested-out" / "outer+inner" / "stats.json").is_file(),
                 f"a set inside of another one's folder: {done.stdout.strip()[-200:]}")
    inside = subprocess.run([bench.binary, "suite", ".", "--out", str(bench.scratch / "one")], cwd=SETS / NAMES[0],
                            capture_output=True, text=True)
    bench.expect(inside.returncode == 0 and (bench.scratch / "one" / NAMES[0] / "stats.json").is_file(), "suite . in a set")


def check_killed(bench):
    out = bench.scratch / "killed"
    command = [bench.binary, "suite", str(SETS), "--out", str(out), "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    finished = lambda: [path.stem for path in out.glob("*.recipe")]  # noqa: E731
    while not finished() and time.monotonic() < deadline:
        time.sleep(.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    bench.expect(0 < len(finished()) < 5, f"killed with {finished()} of 5 sets done")
    time.sleep(3)  # the run that was under way ends by itself: it has no parent to ask
    left = {name: when for name, when in times(out).items() if name in finished()}
    done = bench.call("suite", str(SETS), "--out", str(out))
    now = times(out)
    kept = [name for name in left if now[name] == left[name]]
    bench.expect(done.returncode == 0 and len(now) == 5 and len(kept) == len(left), f"the rest was run, {len(kept)} sets were kept")


def check_ablate(bench):
    trace = str(SETS / NAMES[1])
    done = bench.call("ablate", "--trace", trace, "--head", "0", "--queries", "0:64", "--out", "ablation", "--set", "guard.alpha=0.8")
    bench.expect(done.returncode == 0, f"exit code {done.returncode} {done.stderr.strip()}")
    document = json.loads((bench.scratch / "ablation" / "ablation.json").read_text())
    variants = document["variants"]
    bench.expect([variant["name"] for variant in variants] == ["as_configured", "vpu_widened"], "two variants")
    steps = [[step["name"] for step in variant["steps"]] for variant in variants]
    bench.expect(steps[0] == steps[1] == ["dense_bit_serial", "guard", "bidirectional", "out_of_order", "ista", "rars"], f"{steps[0]}")
    bench.call("run", "--trace", trace, "--head", "0", "--queries", "0:64", "--out", "plain", "--set", "guard.alpha=0.8")
    plain = bench.stats("plain")
    last = variants[0]["steps"][-1]
    bench.expect(last["cycles"] == plain["time"]["cycles"] and last["lane_utilisation"] == plain["lanes"]["utilisation"],
                 "the last step is the machine as configured")
    first = variants[0]["steps"][0]
    bench.expect(first["planes_per_pair"] == 8, "the first step processes every plane")
    for variant in variants:
        for before, step in zip(variant["steps"], variant["steps"][1:]):
            bench.expect(abs(step["ratio_to_previous"] - step["cycles"] / before["cycles"]) < 1e-9 and
                         (step["finding"] != "") == (step["ratio_to_previous"] > .98) and step["checks_hold"],
                         f"{variant['name']}, {step['name']}: ratio {step['ratio_to_previous']:.3f} {step['finding']}")
    before = times(bench.scratch / "ablation")
    bench.call("ablate", "--trace", trace, "--head", "0", "--queries", "0:64", "--out", "ablation", "--set", "guard.alpha=0.8")
    bench.expect(times(bench.scratch / "ablation") == before, "called again it runs nothing")
    bad = bench.call("ablate", "--trace", trace, "--queries", "9:3", "--out", "bad")
    bench.expect(bad.returncode == 2 and "queries" in bad.stderr, f"bad queries: exit code {bad.returncode}: {bad.stderr.strip()}")
    bench.expect(not (bench.scratch / "bad" / "ablation.json").exists(), "and no table")


def check_diff(bench):
    done = bench.call("diff", "plain", "ablation/as_configured/0_dense_bit_serial", "--json")
    document = json.loads(done.stdout)
    changed = {entry["name"] for entry in document["parameters"]}
    bench.expect(changed == {"guard.enabled", "lane.bidirectional", "dispatch.order", "ista.enabled", "ista.order", "vpu.rars"},
                 f"the parameters that differ: {sorted(changed)}")
    effects = [entry["effect"] for entry in document["figures"]]
    bench.expect(effects == sorted(effects, reverse=True) and effects[0] > 0, "largest effect first")
    bench.expect(not any(entry["name"].startswith("sim.") for entry in document["figures"]), "no wall-clock figures")
    bench.expect(bench.call("diff", "plain", "nowhere").returncode == 2, "a folder that is not there: exit code 2")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pade-batch-") as scratch:
        bench = BatchBench(arguments.pade_sim, scratch)
        for check in (check_suite, check_places, check_killed, check_ablate, check_diff):
            check(bench)
        print(f"{bench.failures} failures")
        return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
