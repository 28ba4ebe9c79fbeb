#!/usr/bin/env python3
"""The bottlenecks of a run, moved: check_bottlenecks.py --pade-sim BIN

For machines that are short of one thing each: the bottleneck that the run names is that one, and the same run with the parameter
that it names set to the value to try takes fewer cycles. The summary names the same three, and its bars sum to 100 %.
"""
import argparse
import json
import re
import sys
import tempfile

from bench import Bench
from check_set import SKIPPED, find_set

PREFILL = "use-lite/l0-prefill-s512-kjv"
DECODE = "qwen2.5-coder-0.5b/l14-decode8-s512-kjv"
# (trace, machine, the bottleneck that it is made to have)
SHORT = [
    (PREFILL, ["lane.count=2", "guard.alpha=.5"], "lanes"),
    (PREFILL, ["buffer.k_planes_per_cycle=4"], "k_feed"),
    (DECODE, ["dram.pseudo_channels=1", "dram.data_rate_mbps=400"], "dram_bandwidth"),
    (PREFILL, ["vpu.macs_per_row=2", "guard.alpha=3"], "vpu"),
    (DECODE, ["dispatch.unconditional_planes=1", "dram.path_latency=64"], "dram_latency"),
    (DECODE, ["lane.scoreboard_entries=1"], "decisions"),
    (PREFILL, ["lane.fifo_planes=1"], "lane_fifos"),
    (PREFILL, ["rows.blocks_in_flight=1"], "filling"),
]


class Short(Bench):
    def run(self, out, trace, settings):
        words = [word for setting in settings for word in ("--set", setting)]
        done = self.call("run", "--trace", str(find_set(trace)), "--out", out, "--no-golden", *words)
        if done.returncode != 0:
            print(done.stderr)
            self.expect(False, f"exit code {done.returncode}")
            sys.exit(1)
        return json.loads((self.scratch / out / "stats.json").read_text()), done.stdout


def check_bars(bench, text):
    lines = re.findall(r"^  ([\w -]+?) +\|(.{32})\|((?: . [a-z ]+ \d+\.\d)+)$", text, re.M)
    bench.expect(len(lines) == 12, f"a bar for each of {len(lines)} units")
    for unit, bar, shares in lines:
        tenths = sum(int(whole) * 10 + int(tenth) for whole, tenth in re.findall(r"(\d+)\.(\d)", shares))
        bench.expect(tenths == 1000 and len(bar) == 32, f"{unit}: its shares sum to {tenths / 10} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    args = parser.parse_args()
    if find_set(PREFILL) is None or find_set(DECODE) is None:
        print(f"skipped: {PREFILL} or {DECODE} is in none of the directories of PADE_TRACES")
        return SKIPPED
    with tempfile.TemporaryDirectory() as scratch:
        bench = Short(args.pade_sim, scratch)
        for number, (trace, machine, wanted) in enumerate(SHORT):
            before, text = bench.run(f"before{number}", trace, machine)
            found = before.get("bottlenecks", [])
            names = [b["name"] for b in found]
            bench.expect(wanted in names, f"{' '.join(machine)}: {names}, among them {wanted}")
            shown = [float(share) for share in re.findall(r"^ +(\d+) %  [a-z ]+: ", text, re.M)]
            bench.expect(shown == [round(100 * b["share"]) for b in found], f"the summary shows them too: {shown}")
            if number == 0:
                check_bars(bench, text)
            for b in found:
                if b["name"] != wanted:
                    continue
                key = b["parameter"]
                changed = [s for s in machine if not s.startswith(key + "=")] + [f"{key}={b['try']:.0f}"]
                after, _ = bench.run(f"after{number}", trace, changed)
                cycles = before["time"]["cycles"], after["time"]["cycles"]
                bench.expect(cycles[1] < cycles[0], f"{key} from {b['value']:.0f} to {b['try']:.0f}: {cycles[0]} to {cycles[1]} "
                                                    f"cycles ({100 * (cycles[1] / cycles[0] - 1):+.1f} %)")
    print(f"{bench.failures} failures")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
