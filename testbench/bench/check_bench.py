#!/usr/bin/env python3
"""check_bench.py --pade-bench BIN --set FOLDER: the bench runs, and its figures fit together. No limit on any time."""
import argparse
import json
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pade-bench", required=True)
    parser.add_argument("--set", required=True)
    args = parser.parse_args()
    call = [args.pade_bench, "--trace", args.set, "--seconds", "0"]
    text = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    figures = json.loads(subprocess.run(call + ["--json"], check=True, capture_output=True, text=True).stdout)
    dense = json.loads(subprocess.run(call + ["--json", "--set", "guard.enabled=false"], check=True,
                                      capture_output=True, text=True).stdout)
    refused = subprocess.run([args.pade_bench, "--trace", args.set + "/nowhere"], capture_output=True, text=True)
    simulation, pure = figures["simulation"], figures["arithmetic"]
    checks = {
        "the table names both and the ratio": all(w in text for w in ("simulation", "arithmetic", "ratio")),
        "every time is positive": min(simulation["cpu_s"], simulation["wall_s"], pure["cpu_s_before"],
                                      pure["cpu_s_after"]) > 0,
        "the ratio is that of the two times": abs(
            figures["ratio"] * pure["ns_per_plane"] / simulation["ns_per_lane_operation"] - 1) < 1e-9,
        "about as many planes as the chip processes": .7 < pure["planes"] / simulation["lane_operations"] < 1.3,
        "without the guard exactly as many": dense["arithmetic"]["planes"] == dense["simulation"]["lane_operations"],
        "a set that is not there is refused": refused.returncode == 2 and "allowed" in refused.stderr,
    }
    for what, holds in checks.items():
        print(("  ok    " if holds else "  FAIL  ") + what)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
