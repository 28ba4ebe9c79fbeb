#!/usr/bin/env python3
"""What must hold of the whole machine on one small trace set, each check by its name:

  check_machine.py --pade-sim BIN --check flips|determinism|delay|refusals|interface|documents|regression|switches
                   [--set FAMILY/NAME]

flips        the data are real: one stored bit inverted after the load makes the run end with exit code 3, and the message
             names where it shows
determinism  the same run twice, and with the modules built in the opposite order, gives the same bytes
delay        one DRAM channel answering 200 cycles late slows in_order dispatch more than out_of_order
refusals     bad input ends with exit code 2, one message, and nothing left behind
interface    outputs and exit codes of the design; config.json reproduces the run
regression   figures of shipped sets are those of testbench/data/regression.json, within the tolerance given there
switches     each switch and size away from its default, one at a time or a few (a=1+b=2): every check holds
documents    docs/parameters.md is what the program prints; every key of stats.json is in docs/statistics.md
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np

from check_set import ROOT, SKIPPED, find_set


class Bench:
    def __init__(self, binary, folder, scratch):
        self.binary = binary
        self.folder = folder
        self.scratch = pathlib.Path(scratch)
        self.failures = 0

    def expect(self, holds, text):
        print(("  ok    " if holds else "  FAIL  ") + text)
        self.failures += not holds

    def run(self, name, *options, trace=None):
        out = self.scratch / name
        command = [self.binary, "run", "--trace", str(trace or self.folder), "--out", str(out), *options]
        print("+ " + " ".join(command))
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.scratch)
        return done, out

    def stats(self, out):
        return json.loads((out / "stats.json").read_text())


def load_head(folder, head=0):
    manifest = json.loads((folder / "manifest.json").read_text())
    entry = manifest["head_list"][head]
    q, k, v = (np.load(folder / entry["files"][name]["path"]).astype(np.int64) for name in ("q_i8", "k_i8", "v_i8"))
    return manifest, q, k, v


def check_flips(bench):
    queries = ["--head", "0", "--queries", "0:8"]
    done, out = bench.run("plain", *queries)
    bench.expect(done.returncode == 0, "the run without a flip passes")
    _, q, k, v = load_head(bench.folder)
    retained = np.load(out / "retained.npy")
    stats = bench.stats(out)
    scale = json.loads((bench.folder / "manifest.json").read_text())["head_list"][0]["logit_scale"]

    def fails_naming(name, flip, *patterns, options=()):
        flipped, place = bench.run(name, *queries, *options, "--flip", flip)
        bench.expect(flipped.returncode == 3, f"{flip}: exit code {flipped.returncode}")
        text = flipped.stderr.strip()
        print("    " + text.replace("\n", "\n    "))
        for pattern in patterns:
            bench.expect(re.search(pattern, text) is not None, f"{flip}: the message matches /{pattern}/")
        bench.expect("to reproduce" in text and "--flip" in text, "the message prints the command that reproduces it")

    # K: the sign bit of an element of a retained key that some query multiplies by something other than 0, wherever it lies.
    for number, layout in enumerate(LAYOUTS):
        options = ["--set", f"layout.k={layout}"]
        _, out = bench.run(f"plain{number}", *queries, *options)
        kept = np.load(out / "retained.npy")
        query, key = int(kept[0, 1]), int(kept[0, 2])
        dim = int(np.flatnonzero(q[query])[-1])
        fails_naming(f"k{number}", f"k:0:{key}:{dim}:7", r"query \d+", rf"key {key}\b", options=options)

    # Q: the sign bit of a non-zero element.
    query = int(retained[0, 1])
    dim = int(np.flatnonzero(q[query])[0])
    wrong = np.flatnonzero(k[:, dim])
    visible = retained[(retained[:, 1] == query)][:, 2]
    first = int(min(set(wrong.tolist()) & set(visible.tolist())))
    fails_naming("q", f"q:0:{query}:{dim}:7", rf"query {query}\b", r"key \d+")
    print(f"    (first retained key with a non-zero element there: {first})")

    # V: the top bit of the heaviest key of a query.
    rows = retained[retained[:, 1] == query]
    heaviest = int(rows[np.argmax(rows[:, 3]), 2])
    fails_naming("v", f"v:0:{heaviest}:5:7", r"query \d+", r"dimension 5\b")
    bench.expect(scale > 0 and stats["checks"]["soundness"] is True, "figures of the plain run are there")


def without_sim(path):
    stats = json.loads(path.read_text())
    stats.pop("sim")
    return json.dumps(stats, indent=1)


def check_determinism(bench):
    _, first = bench.run("first")
    for name, options in (("again", []), ("reversed", ["--reverse-construction"])):
        done, out = bench.run(name, *options)
        bench.expect(done.returncode == 0, f"{name}: exit code {done.returncode}")
        for file in ("output.npy", "retained.npy", "queries.npy", "config.json", "timeline.json"):
            bench.expect((first / file).read_bytes() == (out / file).read_bytes(), f"{name}: {file} has the same bytes")
        bench.expect(without_sim(first / "stats.json") == without_sim(out / "stats.json"),
                     f"{name}: stats.json has the same bytes apart from sim.*")


def check_delay(bench):
    slowed = {}
    for order in ("out_of_order", "in_order"):
        cycles = []
        for delay in ("0", "200"):
            done, out = bench.run(f"{order}-{delay}", "--set", f"dispatch.order={order}", "--set",
                                  "dram.delay_channel=3", "--set", f"dram.delay_cycles={delay}", "--no-golden")
            bench.expect(done.returncode == 0, f"exit code {done.returncode}")
            cycles.append(bench.stats(out)["time"]["cycles"])
        slowed[order] = cycles[1] - cycles[0]
        print(f"    {order}: {cycles[0]} cycles, with the delay {cycles[1]}")
    bench.expect(slowed["in_order"] > slowed["out_of_order"] > 0,
                 f"in_order loses {slowed['in_order']} cycles, out_of_order {slowed['out_of_order']}")


def check_refusals(bench):
    def refused(name, *options, words=(), trace=None):
        done, out = bench.run(name, *options, trace=trace)
        text = done.stderr.strip()
        print("    " + text)
        bench.expect(done.returncode == 2, f"{name}: exit code {done.returncode}")
        bench.expect(len(text.splitlines()) == 1, f"{name}: one message")
        for word in words:
            bench.expect(word in text, f"{name}: the message says '{word}'")
        left = [p.name for p in bench.scratch.iterdir() if p.name.startswith(name)]
        bench.expect(left == [], f"{name}: nothing is left behind {left}")

    refused("unknown-key", "--set", "dispatch.ordr=in_order", words=["dispatch.ordr", "dispatch.order"])
    refused("bad-choice", "--set", "dispatch.order=sideways", words=["dispatch.order", "in_order"])
    refused("out-of-range", "--set", "lane.scoreboard_entries=0", words=["lane.scoreboard_entries", "1"])
    refused("layout", "--set", "layout.k=sideways", words=["layout.k", "value_major", "plane_per_token"])
    refused("custom", "--set", "ista.order=custom", words=["ista.order", "head_tail"])
    refused("no-head", "--head", "99", words=["99"])
    refused("no-queries", "--queries", "5:5", words=["5:5"])
    refused("queries-text", "--queries", "a:b", words=["--queries"])
    refused("no-trace", words=["nowhere"], trace=bench.scratch / "nowhere")
    done = subprocess.run([bench.binary, "run", "--wrong"], capture_output=True, text=True)
    bench.expect(done.returncode == 2, f"an unknown option: exit code {done.returncode}")

    existing = bench.scratch / "existing"
    existing.mkdir()
    (existing / "mine.txt").write_text("keep me")
    done, _ = bench.run("existing")
    bench.expect(done.returncode == 2 and (existing / "mine.txt").read_text() == "keep me",
                 "an existing non-empty --out is refused and left alone")
    shutil.rmtree(existing)


def check_interface(bench):
    done, out = bench.run("all", "--check-tlm", "--json")
    bench.expect(done.returncode == 0, f"exit code {done.returncode}")
    bench.expect(sorted(p.name for p in out.iterdir()) == ["config.json", "output.npy", "queries.npy", "retained.npy",
                                                           "stats.json", "timeline.json"],
                 "the six files of a run, and nothing else")
    bench.expect(done.stdout == (out / "stats.json").read_text(), "--json prints stats.json")
    # Nothing in it can start a thread, so there is no race to look for; check_memory.py counts threads while it runs.
    program = pathlib.Path(bench.binary).read_bytes()
    if b"__asan_init" not in program:
        bench.expect(b"pthread_create" not in program and b"_M_start_thread" not in program,
                     "the program starts no thread")
    stats = bench.stats(out)
    bench.expect(stats["checks"]["tlm_protocol"] is True, "no link broke a rule of its protocol")
    job = stats["job"]
    output, queries, retained = (np.load(out / f) for f in ("output.npy", "queries.npy", "retained.npy"))
    bench.expect(output.shape == (job["heads"], job["queries"], job["head_dim"]) and output.dtype == np.float32,
                 f"output.npy {output.shape} {output.dtype}")
    bench.expect(queries.shape == (job["heads"], job["queries"], 3) and queries.dtype == np.float64,
                 f"queries.npy {queries.shape} {queries.dtype}")
    bench.expect(retained.shape == (stats["pairs"]["retained"], 4) and retained.dtype == np.int32,
                 f"retained.npy {retained.shape} {retained.dtype}")
    order = np.lexsort((retained[:, 2], retained[:, 1], retained[:, 0]))
    bench.expect(bool((order == np.arange(len(retained))).all()), "retained.npy is sorted by head, query, key")
    bench.expect(int(queries[:, :, 0].sum()) == stats["pairs"]["retained"], "queries.npy and retained.npy agree")
    bench.expect(bool((queries[:, :, 1] <= queries[:, :, 2] + 1e-12).all()), "lost mass never above its certified bound")
    pairs = stats["pairs"]
    bench.expect(pairs["total"] == pairs["masked"] + pairs["pruned"] + pairs["retained"], f"pairs balance {pairs}")
    bench.expect(sum(stats["planes"]["histogram_pruned_at"]) == pairs["pruned"], "histogram_pruned_at sums to pruned")

    (bench.scratch / "config.json").write_text((out / "config.json").read_text())
    _, again = bench.run("again", "--config", str(bench.scratch / "config.json"), "--check-tlm")
    bench.expect((again / "output.npy").read_bytes() == (out / "output.npy").read_bytes() and
                 without_sim(again / "stats.json") == without_sim(out / "stats.json"),
                 "config.json fed back reproduces the run")
    one, _ = bench.run("head", "--head", "0", "--no-golden")
    head = bench.stats(bench.scratch / "head")
    bench.expect(one.returncode == 0 and head["checks"]["soundness"] is None and
                 np.load(bench.scratch / "head" / "output.npy").shape[0] == 1,
                 "--head 0 --no-golden: one head, soundness null")
    for command in (["--version"], ["params"], ["params", "--json"], ["--help"], ["check", "--trace", str(bench.folder)],
                    ["check", "--config", str(bench.scratch / "config.json")]):
        done = subprocess.run([bench.binary, *command], capture_output=True, text=True)
        bench.expect(done.returncode == 0 and done.stdout != "", " ".join(command))


LAYOUTS = ("plane_first", "plane_per_token", "value_major")

SWITCHES = """
    dispatch.order=in_order dispatch.order=in_order_single dispatch.pick=oldest_arrival dispatch.pick_window=1
    dispatch.unconditional_planes=1 dispatch.unconditional_planes=8 dispatch.open_tiles=1 dispatch.fetches_per_cycle=1
    guard.recheck=false guard.alpha=0 guard.broadcast_latency=20 ista.order=sequential lane.bidirectional=false
    lane.key_bits=4 lane.key_bits=7 lane.fifo_planes=1 lane.scoreboard_entries=1 lane.scoreboard_entries=64
    lane.verdict_latency=7 link.latency=5 rows.packing=heads rows.blocks_in_flight=1 rows.count=1 rows.count=16
    lane.count=4 lane.count=32 tile.keys=16 tile.keys=512 layout.banks_per_plane=1 layout.k=plane_per_token layout.k=value_major
    decode.keep_kv=true buffer.kv_bytes=32768 buffer.replacement=mru buffer.k_planes_per_cycle=1 buffer.port_queue=1
    softmax.exp=exact softmax.p_bits=8 vpu.rars=false rars.split=false vpu.macs_per_row=1 vpu.macs_per_row=128
    vpu.v_rows_per_round=1 vpu.prefetch_rows=2 vpu.score_queue_high=1 output.bytes=4 clock.core_mhz=1000
    clock.dram_mhz=1200 dram.pseudo_channels=1 dram.pseudo_channels=32 dram.refresh=none dram.refresh=per_bank
    dram.page_policy=closed dram.page_policy=timed dram.arbiter_queue=1
    dispatch.admission=per_lane dispatch.admission=per_lane+dispatch.drift_keys=1
    layout.k=value_major+lane.key_bits=4 layout.k=value_major+lane.key_bits=6+dispatch.order=in_order
    layout.k=value_major+buffer.kv_bytes=36864+buffer.banks=64 layout.k=value_major+lane.scoreboard_entries=1
    layout.k=value_major+dispatch.order=in_order_single layout.k=value_major+ista.enabled=false
    layout.k=value_major+lane.count=32+buffer.k_planes_per_cycle=1 layout.k=value_major+buffer.port_queue=1
    ista.enabled=false ista.enabled=false+ista.score_bytes=1024
    ista.enabled=false+ista.score_bytes=1024+guard.enabled=false+ista.spill_in_flight=1+vpu.score_queue_high=1
""".split()


def check_switches(bench):
    for number, switch in enumerate(SWITCHES):
        options = [option for part in switch.split("+") for option in ("--set", part)]
        done, out = bench.run(f"switch{number}", *options, "--check-tlm")
        bench.expect(done.returncode == 0, f"{switch}: exit code {done.returncode} {done.stderr.strip()}")
        if done.returncode == 0:
            shutil.rmtree(out)


def figure(stats, path):
    for key in path.split("."):
        stats = stats[key]
    return stats


def check_regression(bench):
    table = json.loads((ROOT / "testbench" / "data" / "regression.json").read_text())
    for number, entry in enumerate(table["runs"]):
        folder = find_set(entry["set"])
        if folder is None:
            print(f"    skipped: {entry['set']}")
            continue
        done, out = bench.run(f"run{number}", *entry["options"], trace=folder)
        bench.expect(done.returncode == 0, f"exit code {done.returncode}")
        stats = bench.stats(out)
        for path, expected in entry["figures"].items():
            found = figure(stats, path)
            bench.expect(abs(found - expected) <= entry["tolerance"] * expected,
                         f"{path} is {found}, expected {expected} within {entry['tolerance']:.0%}")


def check_documents(bench):
    printed = subprocess.run([bench.binary, "params", "--markdown"], capture_output=True, text=True).stdout
    bench.expect(printed == (ROOT / "docs" / "parameters.md").read_text(),
                 "docs/parameters.md is up to date (pade-sim params --markdown > docs/parameters.md)")
    _, out = bench.run("plain", "--no-golden")
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "check_docs.py"), "--stats", str(out / "stats.json")],
                          capture_output=True, text=True)
    print("    " + (done.stdout + done.stderr).strip().replace("\n", "\n    "))
    bench.expect(done.returncode == 0, "documents, schema and statistics agree")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--check", required=True, choices=["flips", "determinism", "delay", "refusals", "interface", "documents", "regression", "switches"])
    parser.add_argument("--set", dest="name", default="use-lite/l0-prefill-s128-gpl3")
    args = parser.parse_args()
    folder = find_set(args.name)
    if folder is None:
        print(f"skipped: {args.name} is in none of the directories of PADE_TRACES")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="pade-") as scratch:
        bench = Bench(os.path.abspath(args.pade_sim), folder, scratch)
        globals()[f"check_{args.check}"](bench)
        print(f"{bench.failures} failures" if bench.failures else "all hold")
        return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
