#!/usr/bin/env python3
"""pade-sim run --workload and pade-sim workloads, as their users call them:

  check_workloads.py --pade-sim BIN --check small|full

small  the shipped list is the built-in one; a list of our own on shipped sets: each sampled run keeps its stats, and what is scaled
       from them can be worked out again from workload.json and those; the same seed gives the same bytes, another one other heads;
       nothing is run twice; a sample of one has no error; a kill leaves no workload.json and the next call goes on
full   workloads of the shipped list
"""
import argparse
import json
import math
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from bench import Bench
from check_set import ROOT

LIST = ROOT / "traces" / "workloads.json"
SETS = ROOT / "traces"
# Quantiles of Student's distribution, 97.5 %.
T = {1: 12.7062, 2: 4.30265, 3: 3.18245, 4: 2.77645, 5: 2.57058}


def own_list(prefill, decode, sets, kv_heads=4):
    return {"format": "pade-workloads", "format_version": 1, "rules": {"nearest": "n", "scaling": "s", "guess": "g"},
            "models": [{"name": "m", "title": "Small", "causal": True, "source": "made up",
                        "blocks": [{"layers": 3, "heads": 4, "kv_heads": kv_heads, "head_dim": 64}]}],
            "workloads": [{"name": "m.t", "model": "m", "task": "T", "group": "other", "pair": {"guess": False, "source": "made up"},
                           "sequence_length": prefill + decode, "prefill_tokens": prefill, "decode_tokens": decode,
                           "sources": {"prefill_tokens": "made up", "decode_tokens": "made up"}, "traces": sets}]}


def near(a, b):
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


def check_list(bench):
    done = bench.call("workloads", "--json")
    bench.expect(done.returncode == 0 and done.stdout == LIST.read_text(), "the built-in list is traces/workloads.json")
    document = json.loads(done.stdout)
    groups = [entry["group"] for entry in document["workloads"]]
    bench.expect(groups.count("paper") == 22 and groups.count("long") == 3, "22 pairs and three long contexts")
    bench.expect(all(entry["sources"]["prefill_tokens"] and entry["pair"]["source"] for entry in document["workloads"]),
                 "every figure has a source")
    table = bench.call("workloads").stdout
    bench.expect(all(entry["name"] in table for entry in document["workloads"]), "the table names each")


def work_out(bench, out, document, pairs):
    """What workload.json says, from the stats of its runs."""
    total = 0
    for part in document["parts"]:
        rates = []
        for run in part["runs"]:
            stats = json.loads((out / run["out"] / "stats.json").read_text())
            unmasked = stats["pairs"]["total"] - stats["pairs"]["masked"]
            bench.expect(run["pairs"] == unmasked and run["cycles"] == stats["time"]["cycles"] and
                         stats["job"]["head_groups"] == run["heads"], f"{run['out']}: the figures are those of its stats.json")
            rates.append(stats["time"]["cycles"] / unmasked)
        mean = sum(rates) / len(rates)
        cycles = part["scaled"]["cycles"]
        bench.expect(near(part["model"]["pairs"], pairs[part["name"]]), f"{part['name']}: {part['model']['pairs']:g} pairs of the model")
        bench.expect(near(cycles["value"], mean * pairs[part["name"]]), f"{part['name']}: cycles are the mean rate times those pairs")
        if len(rates) == 1:
            bench.expect(all(cycles[key] is None for key in ("standard_error", "low", "high")), "one run: no error is known")
        else:
            error = math.sqrt(sum((rate - mean) ** 2 for rate in rates) / (len(rates) - 1) / len(rates)) * pairs[part["name"]]
            low = max(0, cycles["value"] - T[len(rates) - 1] * error)
            bench.expect(near(cycles["standard_error"], error) and math.isclose(cycles["low"], low, rel_tol=1e-4, abs_tol=1),
                         f"{part['name']}: standard error {100 * error / cycles['value']:.1f} %, interval by Student's distribution")
        total += cycles["value"]
    bench.expect(near(document["scaled"]["cycles"]["value"], total), "the total is the sum")
    bench.expect(near(document["scaled"]["ns"]["value"], total * 1.25), "and the time follows from the clock")


def check_small(bench):
    check_list(bench)
    sets = {"prefill": ["qwen2.5-coder-0.5b/l0-prefill-s512-argparse", "qwen2.5-coder-0.5b/l7-prefill-s512-kjv"],
            "decode": ["qwen2.5-coder-0.5b/l14-decode8-s512-kjv", "qwen2.5-coder-0.5b/l22-decode8-s512-argparse"]}
    (bench.scratch / "list.json").write_text(json.dumps(own_list(600, 10, sets)))
    common = ("--workload", "m.t", "--workloads", "list.json", "--traces", str(SETS), "--jobs", "2")
    pairs = {"prefill": 12 * 600 * 601 / 2, "decode": 12 * (10 * 600 + 55)}
    done = bench.call("run", *common, "--sample-heads", "4", "--out", "out")
    out = bench.scratch / "out"
    bench.expect(done.returncode == 0 and done.stdout.startswith("workload m.t: Small on T") and "SCALED" in done.stdout,
                 f"exit code {done.returncode} {done.stderr.strip()}")
    bench.expect(done.stdout.count("+- ") >= 2, "the summary states errors")
    document = json.loads((out / "workload.json").read_text())
    work_out(bench, out, document, pairs)
    parts = {part["name"]: part for part in document["parts"]}
    bench.expect([len(parts[name]["runs"]) for name in ("prefill", "decode")] == [4, 1], "four prefills of a head, a step of four")
    bench.expect([run["trace"] for run in parts["prefill"]["runs"]] == sets["prefill"] * 2, "round the sets")
    bench.expect(len(parts["decode"]["runs"][0]["heads"].split("/")) == 4, "the decode step has four KV heads, each with a query head")
    bench.expect(document["synthetic"] is False and parts["prefill"]["traces_named"], "captured sets, by name")
    bench.expect(any("512 keys instead of 600" in text for text in parts["prefill"]["differs"]), "what differs is said")

    times = {path: path.stat().st_mtime_ns for path in out.rglob("stats.json")}
    content = (out / "workload.json").read_bytes()
    again = bench.call("run", *common, "--sample-heads", "4", "--out", "out", "--json")
    bench.expect(again.stdout.encode() == content == (out / "workload.json").read_bytes(), "again: the same bytes, also as --json")
    bench.expect(times == {path: path.stat().st_mtime_ns for path in out.rglob("stats.json")}, "and nothing was run again")
    other = bench.call("run", *common, "--sample-heads", "4", "--seed", "2", "--out", "other", "--json")
    heads = lambda text: [run["heads"] for part in json.loads(text)["parts"] for run in part["runs"]]  # noqa: E731
    bench.expect(heads(other.stdout) != heads(content), "another seed: other heads")

    # Groups of four: as many whole groups as fill the rows, from sets whose groups have seven heads.
    (bench.scratch / "list.json").write_text(json.dumps(own_list(600, 10, {"decode": sets["decode"]}, kv_heads=1)))
    done = bench.call("run", *common, "--sample-heads", "8", "--out", "grouped", "--json")
    document = json.loads(done.stdout)
    work_out(bench, bench.scratch / "grouped", document, pairs)
    parts = {part["name"]: part for part in document["parts"]}
    bench.expect(not parts["prefill"]["traces_named"] and [t["name"] for t in parts["prefill"]["traces"]] == sets["prefill"],
                 f"no prefill set is named: the nearest two, {[t['name'] for t in parts['prefill']['traces']]}")
    bench.expect(all(len(run["heads"].split(",")) == 4 for part in document["parts"] for run in part["runs"]), "four heads share a KV head")


def check_synthetic(bench):
    """A generator's set counts where it is named, and is marked; where it is not named it is never taken."""
    sets = bench.scratch / "sets"
    for name, source in (("real", "l14-decode8-s512-kjv"), ("made", "l14-decode8-s512-kjv")):
        shutil.copytree(SETS / "qwen2.5-coder-0.5b" / source, sets / name)
    manifest = sets / "made" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "synthetic": True, "name": "made"}))
    for named, marked in (({"decode": ["made"]}, True), ({}, False)):
        document = own_list(0, 600, named)
        (bench.scratch / "list.json").write_text(json.dumps(document))
        done = bench.call("run", "--workload", "m.t", "--workloads", "list.json", "--traces", "sets", "--sample-heads", "1", "--out",
                          f"synthetic-{marked}")
        result = json.loads((bench.scratch / f"synthetic-{marked}" / "workload.json").read_text())
        bench.expect(result["synthetic"] is marked and ("SYNTHETIC" in done.stdout) is marked and
                     result["parts"][0]["traces"][0]["name"] == ("made" if marked else "real"), f"named: {marked}: marked {marked}")
    # Every other table that lists it.
    done = bench.call("suite", "sets", "--out", "suite")
    bench.expect("made (SYNTHETIC)" in done.stdout and "real (" not in done.stdout, "suite: the table marks it")
    rows = {line.split(",")[0]: line for line in (bench.scratch / "suite" / "suite.csv").read_text().splitlines()}
    column = rows["set"].split(",").index("synthetic")
    bench.expect([rows[name].split(",")[column] for name in ("made", "real")] == ["true", "false"], "the CSV marks it")
    bench.expect('classname="pade-sim.suite.synthetic" name="made"' in (bench.scratch / "suite" / "junit.xml").read_text(),
                 "the JUnit report marks it")
    done = bench.call("diff", "suite/real", "suite/made")
    bench.expect("SYNTHETIC trace: the second run" in done.stdout, "diff marks it")
    bench.call("report", "suite/made", "--html", "page.html")
    bench.expect("made (SYNTHETIC trace)" in (bench.scratch / "page.html").read_text(), "the report marks it")
    done = bench.call("check", "--trace", "sets/made")
    bench.expect("SYNTHETIC trace" in done.stdout, "check marks it")
    done = bench.call("ablate", "--trace", "sets/made", "--head", "0", "--queries", "0:1", "--out", "ablation")
    bench.expect("SYNTHETIC trace" in done.stdout and
                 json.loads((bench.scratch / "ablation" / "ablation.json").read_text())["synthetic"] is True, "ablate marks it")


def check_killed(bench):
    (bench.scratch / "list.json").write_text(json.dumps(own_list(512, 0, {"prefill": [
        "qwen2.5-coder-0.5b/l0-prefill-s512-argparse", "qwen2.5-coder-0.5b/l7-prefill-s512-kjv"]})))
    command = [bench.binary, "run", "--workload", "m.t", "--workloads", "list.json", "--traces", str(SETS), "--sample-heads", "10", "--jobs",
               "1", "--out", "killed"]
    process = subprocess.Popen(command, cwd=bench.scratch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    out = bench.scratch / "killed"
    until = time.monotonic() + 60
    while not list(out.glob("runs/*.recipe")) and process.poll() is None and time.monotonic() < until:
        time.sleep(.02)
    process.send_signal(signal.SIGINT)
    process.wait()
    there = {path: path.stat().st_mtime_ns for path in out.rglob("stats.json")}
    bench.expect(process.returncode != 0 and there and not (out / "workload.json").exists(),
                 f"interrupted after {len(there)} runs: exit code {process.returncode}, no workload.json")
    done = subprocess.run(command, cwd=bench.scratch, capture_output=True, text=True)
    bench.expect(done.returncode == 0 and (out / "workload.json").is_file(), f"called again it finishes: {done.stderr.strip()}")
    bench.expect(all(path.stat().st_mtime_ns == when for path, when in there.items()), "and runs nothing again")


def check_full(bench):
    for name, heads in (("opt-1.3b.wikilingua", "8"), ("llama3-8b.mmlu", "8"), ("vit-l16.imagenet", "4"), ("pvt-large.vtab", "4")):
        done = bench.call("run", "--workload", name, "--traces", str(SETS), "--sample-heads", heads, "--out", name)
        bench.expect(done.returncode == 0, f"{name}: exit code {done.returncode} {done.stderr.strip()}\n{done.stdout}")
        document = json.loads((bench.scratch / name / "workload.json").read_text())
        bench.expect(all(part["failed_checks"] == "" and part["scaled"]["cycles"]["value"] > 0 for part in document["parts"]),
                     f"{name}: every check holds")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--check", required=True, choices=["small", "full"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pade-workloads-") as scratch:
        bench = Bench(str(pathlib.Path(arguments.pade_sim).resolve()), scratch)
        for check in (check_small, check_synthetic, check_killed) if arguments.check == "small" else (check_full,):
            check(bench)
        print(f"{bench.failures} failures")
        return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
