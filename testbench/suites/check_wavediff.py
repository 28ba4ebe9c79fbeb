#!/usr/bin/env python3
"""scripts/wavediff.py on waveforms made by hand: check_wavediff.py --pade-sim BIN --check table|random

table   a pair of waveforms and a map a case, with exactly the answer that must come (wavediff_cases.py)
random  200 random pairs against a plain comparison, cycle by cycle and signal by signal
"""
import argparse
import random
import sys
import tempfile

import numpy as np

import wavediff_cases
from wavediff_bench import run
from wavediff_reference import Pair

import wavedifflib.sequences  # noqa: E402, below what wavediff_bench puts into the path
import wavedifflib.vcd  # noqa: E402

failures = 0


def expect(holds, text):
    global failures
    if not holds:
        failures += 1
        print("  FAIL  " + text, flush=True)


def check_answer(name, outcome, expected):
    if expected == "equal":
        expect(outcome.code == 0, f"{name}: exit code {outcome.code}, not 0: {outcome.error or outcome.text.splitlines()[:2]}")
        return
    if expected == "length":
        expect(outcome.code == 1 and not outcome.answer["equal"] and outcome.text.startswith("DIFFERENT: clock core: a has 40 cycles, b 35"),
               f"{name}: {outcome.code} {outcome.text[:100]}")
        return
    if outcome.code != 1:
        expect(False, f"{name}: exit code {outcome.code}, not 1: {outcome.error or outcome.text.splitlines()[:2]}")
        return
    answer = outcome.answer
    got = answer["likely_cause"]
    expect(got == expected["block"], f"{name}: the cause is {got}, not {expected['block']}")
    block = outcome.blocks[got]
    first = block["first"]
    for key in ("cycle_a", "cycle_b", "kind", "transaction", "key"):
        if key in expected:
            expect(first[key] == expected[key], f"{name}: {key} is {first[key]}, not {expected[key]}")
    signals = sorted(signal["name"] for signal in first["signals"])
    if expected["kind"] in ("value", "unknown_valid"):
        expect(signals == sorted(expected["signals"]), f"{name}: signals {signals}, not {expected['signals']}")
    if "counts" in expected and expected["kind"] == "value":
        counts = {signal["name"]: signal["different"] for signal in block["signals"] if signal["different"]}
        expect(counts == expected["counts"], f"{name}: counts {counts}, not {expected['counts']}")


def check_table(scratch):
    seen = set()
    wavedifflib.vcd.BLOCK, wavedifflib.sequences.GATHERED = 400, 1  # so that everything lies across a boundary somewhere
    for name, a, b, mapped, expected in wavediff_cases.cases():
        expect(name not in seen, f"{name}: there twice")
        seen.add(name)
        check_answer(name, run(scratch, a, b, mapped), expected)
    expect(len(seen) >= 60, f"{len(seen)} cases")
    print(f"{len(seen)} cases")


def check_random(scratch, count, seed):
    whole = wavedifflib.vcd.BLOCK
    different = 0
    for number in range(count):
        pair = Pair(random.Random(seed + number))
        # Blocks of a few lines, so that everything lies across a boundary somewhere.
        wavedifflib.vcd.BLOCK = random.Random(number).choice((400, 3000, whole, whole, whole))
        outcome = run(scratch, pair.dumps[0], pair.dumps[1], pair.map)
        before = failures
        pair.check(outcome, lambda holds, text: expect(holds, f"pair {number} of seed {seed}: {text}"))
        different += outcome.code == 1
        if failures > before + 5:
            break
    wavedifflib.vcd.BLOCK = whole
    expect(count // 5 < different < count, f"{different} of {count} pairs differ: too one-sided to mean much")
    print(f"{count} random pairs, {different} of them different, seed {seed}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim")
    parser.add_argument("--check", required=True, choices=("table", "random"))
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    np.seterr(all="raise", under="ignore")
    with tempfile.TemporaryDirectory(prefix="pade-wavediff-") as scratch:
        if options.check == "table":
            check_table(scratch)
        else:
            check_random(scratch, options.pairs, options.seed)
    print(f"{failures} failures" if failures else "all hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
