#!/usr/bin/env python3
"""Every shape, and the smallest machines:

  check_shapes.py --pade-sim BIN

Sets are made by scripts/make_trace.py: dims of all kinds, groups of any size, causal and full masks with offsets, lengths that are
no multiple of anything, prefill and decode. Each runs with every check on, on the default machine and on machines of one row, one
lane, one entry. What padding must cost is computed here and compared.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from check_set import ROOT

# name: (shape, options of make_trace.py)
SHAPES = {
    "one-key": ("heads=1,kv_heads=1,queries=1,keys=1,d=64,seed=1", ["--full"]),
    "one-dim-group": ("heads=2,kv_heads=1,queries=5,keys=37,d=8,seed=2", ["--full"]),
    "mha": ("heads=3,kv_heads=3,queries=9,keys=70,d=32,seed=3,peaked=2", ["--causal"]),
    "gqa": ("heads=4,kv_heads=2,queries=17,keys=131,d=80,seed=4,peaked=3", ["--causal"]),
    "wide-group": ("heads=24,kv_heads=2,queries=3,keys=97,d=96,seed=5,peaked=3", ["--full", "--phase", "decode"]),
    "mqa": ("heads=9,kv_heads=1,queries=2,keys=65,d=128,seed=6,peaked=3", ["--causal", "--phase", "decode"]),
    "offset-0": ("heads=1,kv_heads=1,queries=40,keys=40,d=24,seed=7,peaked=3", ["--causal", "--offset", "0"]),
    "offset-3": ("heads=1,kv_heads=1,queries=11,keys=90,d=136,seed=8,peaked=3", ["--causal", "--offset", "3"]),
    "widest": ("heads=2,kv_heads=1,queries=6,keys=33,d=256,seed=9,peaked=3", ["--causal"]),
    "long": ("heads=1,kv_heads=1,queries=2,keys=9001,d=64,seed=10,peaked=6", ["--full", "--phase", "decode"]),
}
MACHINES = {
    "default": [],
    "one row": ["rows.count=1"],
    "one lane": ["lane.count=1"],
    "one entry": ["lane.scoreboard_entries=1"],
    "one of each": ["rows.count=1", "lane.count=1", "lane.scoreboard_entries=1", "lane.fifo_planes=1"],
    "odd": ["rows.count=7", "lane.count=3", "dispatch.admission=per_lane", "layout.k=plane_per_token"],
    "4 bit": ["lane.key_bits=4"],
    "5 bit": ["lane.key_bits=5", "ista.enabled=false"],
    "6 bit": ["lane.key_bits=6", "dispatch.order=in_order"],
    "7 bit": ["lane.key_bits=7", "dispatch.order=in_order_single"],
}


class Bench:
    def __init__(self, binary, scratch):
        self.binary = binary
        self.scratch = pathlib.Path(scratch)
        self.failures = 0

    def expect(self, holds, text):
        if not holds:
            print("  FAIL  " + text)
        self.failures += not holds

    def make(self, name, shape, options):
        done = subprocess.run([sys.executable, str(ROOT / "scripts" / "make_trace.py"), "--synthetic", shape, "--name", name,
                               "--out", str(self.scratch / name), "--no-golden", "--pade-sim", self.binary, *options],
                              capture_output=True, text=True)
        self.expect(done.returncode == 0, f"make_trace {name}: exit code {done.returncode} {done.stderr.strip()}")
        return self.scratch / name

    def run(self, trace, settings, *options):
        out = self.scratch / "out"
        command = [self.binary, "run", "--trace", str(trace), "--out", str(out), "--force", "--check-tlm", *options]
        for setting in settings:
            command += ["--set", setting]
        done = subprocess.run(command, capture_output=True, text=True)
        self.expect(done.returncode == 0, f"{' '.join(command[1:])}: exit code {done.returncode} {done.stderr.strip()}")
        return json.loads((out / "stats.json").read_text()) if done.returncode == 0 else None


def check_dims_of_80(bench):
    """Two passes of 64 dims for 80; K planes of 10 bytes in 16, V rows of 80 bytes in 96."""
    keys = 100
    trace = bench.make("dims-80", f"heads=1,kv_heads=1,queries=8,keys={keys},d=80,seed=1", ["--full"])
    stats = bench.run(trace, ["guard.enabled=false", "softmax.p_bits=24"])
    if stats is None:
        return
    lanes = stats["lanes"]
    bench.expect(0 < lanes["effective_utilisation"] <= lanes["utilisation"] * 80 / 128 + 1e-9,
                 f"effective utilisation {lanes['effective_utilisation']} is at most 80/128 of {lanes['utilisation']}")
    group = stats["per_group"][0]["dram"]
    read, padding = keys * (8 * 16 + 96), keys * (8 * 6 + 16)
    bench.expect(group["bytes_read"] == read, f"{group['bytes_read']} B of K and V read, {read} expected")
    bench.expect(group["bytes_padding"] == padding, f"{group['bytes_padding']} B of it padding, {padding} expected")
    print(f"  d 80: effective utilisation {lanes['effective_utilisation']:.3f} of {lanes['utilisation']:.3f} busy; "
          f"{group['bytes_padding']} of {group['bytes_read']} B are padding")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    arguments = parser.parse_args()
    runs = 0
    with tempfile.TemporaryDirectory(prefix="pade-shapes-") as scratch:
        bench = Bench(str(pathlib.Path(arguments.pade_sim).resolve()), scratch)
        for name, (shape, options) in SHAPES.items():
            trace = bench.make(name, shape, options)
            for machine, settings in MACHINES.items():
                if name == "long" and machine in ("one lane", "one of each"):
                    continue  # a hundred times the cycles, and nothing new
                stats = bench.run(trace, settings)
                runs += 1
                if stats is not None:
                    print(f"  {name:<14} {machine:<12} {stats['time']['cycles']:>9} cycles")
        part = bench.run(bench.scratch / "gqa", [], "--head", "2", "--queries", "5:14")
        bench.expect(part is not None and part["job"]["heads"] == 1 and part["job"]["queries"] == 9, "--head 2 --queries 5:14")
        check_dims_of_80(bench)
        print(f"{runs} runs, {bench.failures} failures")
        return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
