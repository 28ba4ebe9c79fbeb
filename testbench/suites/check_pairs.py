#!/usr/bin/env python3
"""Every pair of values of switches and sizes, on a small trace with every check on:

  check_pairs.py --pade-sim BIN --set FAMILY/NAME [--seed N] [--list]

A covering design: for any two parameters, any two of their values meet in some run. Each run passes all checks, or is
refused with exit code 2 and a sentence that says what is allowed. All switches with choices come from the program itself
(`pade-sim params --json`), so a new one is in it at once; sizes and their values are below.
"""
import argparse
import itertools
import json
import pathlib
import random
import subprocess
import sys
import tempfile

from check_set import SKIPPED, find_set

SWITCH_GROUPS = ("rows", "lane", "guard", "dispatch", "ista", "layout", "decode", "buffer", "softmax", "rars", "vpu", "dram")

SIZES = {
    "clock.core_mhz": (400, 800, 1300),
    "clock.dram_mhz": (600, 1000, 1600),
    "rows.count": (1, 5, 16),
    "rows.blocks_in_flight": (1, 2),
    "lane.count": (4, 16, 32),
    "lane.key_bits": (4, 6, 8),
    "lane.scoreboard_entries": (1, 7, 64),
    "lane.fifo_planes": (1, 4),
    "guard.alpha": (0.3, 1.0),
    "tile.keys": (16, 64, 512),
    "dispatch.open_tiles": (1, 32),
    "dispatch.unconditional_planes": (1, 3),
    "dispatch.pick_window": (1, 32),
    "ista.score_bytes": (1024, 65536),
    "layout.banks_per_plane": (1, 2),
    "buffer.kv_bytes": (32768, 327680, 1048576),
    "vpu.macs_per_row": (1, 16, 128),
    "vpu.v_rows_per_round": (1, 2, 16),
    "output.bytes": (2, 4),
    "dram.pseudo_channels": (1, 16, 32),
    "dram.channel_parts": (1, 2),
}


def switches(binary):
    """{group.name: values} of all booleans and choices."""
    schema = json.loads(subprocess.run([binary, "params", "--json"], capture_output=True, text=True, check=True).stdout)
    found = {}
    for group in SWITCH_GROUPS:
        for name, entry in schema["properties"][group]["properties"].items():
            if entry.get("type") == "boolean":
                found[f"{group}.{name}"] = ("false", "true")
            elif "enum" in entry and len(entry["enum"]) > 1:
                # `custom` is for programs that bring a policy of their own.
                found[f"{group}.{name}"] = tuple(value for value in entry["enum"] if value != "custom")
    return found


def offered(binary, folder, parameters):
    """Without the values that this version does not offer at all; each is named."""
    kept = {}
    for name, values in parameters.items():
        kept[name] = []
        for value in values:
            command = [binary, "check", "--trace", str(folder), "--set", f"{name}={value}"]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode == 0:
                kept[name].append(value)
            else:
                print(f"  not offered: {name}={value}: {done.stderr.strip()}")
    return kept


def covering(parameters, seed):
    """Rows of values in which all pairs meet: each row is built value by value, the one that meets most new pairs first."""
    choose = random.Random(seed)
    names = sorted(parameters)
    missing = {frozenset(((a, x), (b, y))) for a, b in itertools.combinations(names, 2)
               for x in parameters[a] for y in parameters[b]}
    rows = []
    while missing:
        row = dict(choose.choice(sorted(missing, key=sorted)))  # at least this pair is new
        for name in choose.sample(names, len(names)):
            if name not in row:
                gain = {value: sum(frozenset(((name, value), item)) in missing for item in row.items())
                        for value in parameters[name]}
                most = max(gain.values())
                row[name] = choose.choice([value for value in parameters[name] if gain[value] == most])
        missing -= {frozenset(pair) for pair in itertools.combinations(row.items(), 2)}
        rows.append(row)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--set", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="print the design and run nothing")
    arguments = parser.parse_args()
    folder = find_set(arguments.set)
    if folder is None:
        print(f"{arguments.set} is in none of the directories of PADE_TRACES: skipped")
        return SKIPPED
    binary = str(pathlib.Path(arguments.pade_sim).resolve())
    parameters = {**offered(binary, folder, switches(binary)), **SIZES}
    rows = covering(parameters, arguments.seed)
    print(f"{len(parameters)} parameters, {sum(map(len, parameters.values()))} values, {len(rows)} runs, seed {arguments.seed}")
    failures = refused = 0
    with tempfile.TemporaryDirectory(prefix="pade-pairs-") as scratch:
        for number, row in enumerate(rows):
            sets = [f"{name}={value}" for name, value in sorted(row.items())]
            if arguments.list:
                print(" ".join(sets))
                continue
            command = [binary, "run", "--trace", str(folder), "--head", "0", "--queries", "0:8", "--check-tlm", "--force",
                       "--out", f"{scratch}/out"] + [word for item in sets for word in ("--set", item)]
            done = subprocess.run(command, capture_output=True, text=True)
            said = done.stderr.strip()
            if done.returncode == 2 and "allowed: " in said and len(said.splitlines()) == 1:
                refused += 1
                print(f"  refused {number}: {said}")
            elif done.returncode != 0:
                failures += 1
                print(f"  FAIL  {number}: exit code {done.returncode}: {said}\n    {' '.join(command)}")
    # A design that is mostly refused would show nothing.
    if refused > len(rows) // 5:
        failures += 1
        print(f"  FAIL  {refused} of {len(rows)} combinations are refused")
    print(f"{failures} failures, {refused} refused")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
