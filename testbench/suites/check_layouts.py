#!/usr/bin/env python3
"""Where K lies decides when its bits come, not what is computed: the layouts on random sets of several head dims.

  check_layouts.py --pade-sim BIN

Each run passes every check (--check-tlm). With the guard off all layouts give the same bytes; value_major reads each key whole,
once, and uses every byte of a key that a query sees.
"""
import argparse
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYOUTS = ("plane_first", "plane_per_token", "value_major")
KEYS = 150
STEPS = 3


class Bench:
    def __init__(self, binary, scratch):
        self.binary = binary
        self.scratch = pathlib.Path(scratch)
        self.failures = 0

    def expect(self, holds, text):
        print(("  ok    " if holds else "  FAIL  ") + text)
        self.failures += not holds

    def make_set(self, phase, dims):
        folder = self.scratch / f"{phase}-d{dims}"
        queries = STEPS if phase == "decode" else 20
        made = subprocess.run([sys.executable, str(ROOT / "scripts" / "make_trace.py"), "--synthetic",
                               f"heads=2,kv_heads=1,queries={queries},keys={KEYS},d={dims},seed=3", "--phase", phase, "--out",
                               str(folder), "--pade-sim", self.binary], capture_output=True, text=True)
        self.expect(made.returncode == 0, f"{phase}, d = {dims}: a set {made.stderr.strip()}")
        return folder

    def run(self, folder, layout, *settings):
        out = self.scratch / "out" / layout
        command = [self.binary, "run", "--trace", str(folder), "--check-tlm", "--force", "--out", str(out)]
        for setting in (f"layout.k={layout}", *settings):
            command += ["--set", setting]
        done = subprocess.run(command, capture_output=True, text=True)
        self.expect(done.returncode == 0, f"{folder.name} {layout} {' '.join(settings)} {done.stderr.strip()}")
        return out if done.returncode == 0 else None


def padded(dims):
    """Bytes that a key takes in value_major."""
    return next((size for size in (8, 16, 32) if dims <= size), (dims + 31) // 32 * 32)


def check_bytes(bench, stats, dims, bits, spills):
    """A decode step starts with an empty buffer and sees all keys but those of later steps; each it reads once."""
    shared = max(1, 32 // padded(dims))  # keys an atom
    seen = [KEYS - STEPS + step + 1 for step in range(STEPS)]
    places = [-(-keys // shared) * shared for keys in seen]
    there = [min(keys, KEYS) for keys in places]
    bench.expect(stats["planes"]["keys"] == sum(seen), f"{stats['planes']['keys']} keys seen")
    bench.expect(math.isclose(stats["planes"]["dram_per_key_mean"], sum(places) * bits / sum(seen)),
                 f"planes.dram_per_key_mean {stats['planes']['dram_per_key_mean']}")
    unused = (sum(there) - sum(seen)) * dims
    bench.expect(stats["dram"]["bytes_unused"] == unused, f"{unused} bytes unused: masked keys in an atom of one that is seen")
    if not spills:  # else there is padding of spilled pairs, too
        row = -(-dims // 32) * 32
        rows = stats["vpu"]["v_rows_distinct"] + 2 * STEPS  # of V, and of Q
        padding = sum(places) * padded(dims) - sum(there) * dims + rows * (row - dims)
        bench.expect(stats["dram"]["bytes_padding"] == padding, f"{padding} bytes are padding")


def check_set(bench, folder, phase, dims):
    for settings in ((), ("lane.key_bits=4",), ("lane.key_bits=6", "ista.enabled=false", "ista.score_bytes=1024"),
                     ("lane.scoreboard_entries=1", "buffer.kv_bytes=32768", "dispatch.unconditional_planes=8"),
                     ("dispatch.order=in_order_single", "dispatch.unconditional_planes=1", "rows.packing=heads")):
        out = bench.run(folder, "value_major", *settings)
        if out is None:
            continue
        stats = json.loads((out / "stats.json").read_text())
        bits = next((int(s.split("=")[1]) for s in settings if s.startswith("lane.key_bits")), 8)
        bench.expect(sum("dispatch.unconditional_planes has no effect" in note for note in stats["job"]["notes"]) == 1,
                     "dispatch.unconditional_planes is said to have no effect")
        if phase == "decode":
            check_bytes(bench, stats, dims, bits, spills="ista.enabled=false" in settings)
    same = [bench.run(folder, layout, "guard.enabled=false", "softmax.p_bits=24") for layout in LAYOUTS]
    for file in ("retained.npy", "output.npy"):
        content = [(out / file).read_bytes() for out in same if out is not None]
        bench.expect(len(content) == len(LAYOUTS) and len(set(content)) == 1, f"guard off: {file} is the same in all layouts")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pade-layouts-") as scratch:
        bench = Bench(str(pathlib.Path(args.pade_sim).resolve()), scratch)
        for dims in (8, 16, 24, 64, 80, 128, 256):
            for phase in ("prefill", "decode"):
                folder = bench.make_set(phase, dims)
                check_set(bench, folder, phase, dims)
                shutil.rmtree(folder)
        print(f"{bench.failures} failures" if bench.failures else "all hold")
        return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
