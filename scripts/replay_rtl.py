#!/usr/bin/env python3
"""Drives RTL with what `pade-sim run --record-rtl DIR` recorded, and compares what it answers.

  scripts/replay_rtl.py DIR                              every block of DIR, each at its recorded edges
  scripts/replay_rtl.py DIR --block 'pe_lane_0_*' --stall 1 --stall 2
  scripts/replay_rtl.py DIR --block pe_lane_0_3 --wave lane.vcd --rtl my_rtl

Needs Verilator (5) or Icarus Verilog (11); what is compiled is kept in --build for the next block with the same parameters. Blocks,
ports and the form of the records: docs/rtl.md. Exit code 0: all equal; 1: a difference, one line each; 2: bad input.
"""
from __future__ import annotations

import argparse
import fnmatch
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
RTL = ROOT / "testbench" / "rtl"

# Parameters of each bench, by their names in block.json.
PARAMETERS = {
    "pe_lane": {
        "WORDS": "words", "KEY_BITS": "key_bits", "BIDIRECTIONAL": "bidirectional", "SCOREBOARD_ENTRIES": "scoreboard_entries",
        "FIFO_PLANES": "fifo_planes", "GUARD_ENABLED": "guard_enabled", "VERDICT_LATENCY": "verdict_latency",
        "LINK_LATENCY": "link_latency", "SCORE_CREDITS": "score_credits"},
    "guard_filter": {
        "LANES": "lanes", "WORDS": "words", "KEY_BITS": "key_bits", "BUI_LATENCY": "bui_latency",
        "BROADCAST_LATENCY": "broadcast_latency"},
    "rars": {
        "ROWS": "rows", "V_ROWS": "v_rows_per_round", "ENTRIES": "prefetch_rows", "ITEMS": "exps_per_cycle", "P_BITS": "p_bits",
        "RARS": "rars", "SPLIT": "split", "LINK_LATENCY": "link_latency"},
}


class BadInput(Exception):
    pass


def read_block(folder: pathlib.Path) -> dict:
    try:
        block = json.loads((folder / "block.json").read_text())
        if block["schema_version"] != 1 or block["kind"] not in PARAMETERS:
            raise BadInput(f"{folder / 'block.json'}: schema {block['schema_version']}, kind {block['kind']}; allowed: schema 1, "
                           f"kind {' or '.join(PARAMETERS)}")
        for name in PARAMETERS[block["kind"]].values():
            block["parameters"][name] = int(block["parameters"][name])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{folder / 'block.json'}: {error!r}; allowed: what pade-sim run --record-rtl wrote") from None
    p = block["parameters"]
    if block["kind"] == "pe_lane" and p["pipeline_stages"] != 4:
        raise BadInput(f"{folder}: lane.pipeline_stages is {p['pipeline_stages']}; allowed for this RTL: 4")
    if block["kind"] == "pe_lane" and p["score_credits"] > 15:
        raise BadInput(f"{folder}: lane.verdict_latency is {p['verdict_latency']}; allowed for this RTL: up to 12")
    if block["kind"] == "guard_filter" and p["broadcast_latency"] > p["bui_latency"]:
        raise BadInput(f"{folder}: guard.broadcast_latency is above guard.bui_latency; allowed for this RTL: up to it")
    return block


def sources(rtl: pathlib.Path, kind: str) -> list[str]:
    """All of the RTL, and the bench of this kind."""
    files = sorted(str(f) for f in rtl.glob("*.sv")) + sorted(str(f) for f in rtl.glob("*.v"))
    if not files:
        raise BadInput(f"{rtl}: no .sv or .v file; allowed: a folder with the RTL")
    bench = RTL / "bench"
    return files + [str(bench / name) for name in ("random_bits.sv", "replay_source.sv", "replay_sink.sv", f"{kind}_bench.sv")]


class Compiled:
    """Benches that are compiled once a set of parameters, by a simulator, into a folder."""

    def __init__(self, simulator: str, rtl: pathlib.Path, build: pathlib.Path):
        self.simulator, self.rtl, self.build = simulator, rtl, build
        tool = {"verilator": "verilator", "icarus": "iverilog"}[simulator]
        if shutil.which(tool) is None:
            raise BadInput(f"--simulator {simulator}: {tool} is not in PATH; allowed: Debian's package "
                           f"{'verilator' if simulator == 'verilator' else 'iverilog'}")

    def command(self, block: dict, wave: bool) -> list[str]:
        kind, p = block["kind"], block["parameters"]
        values = {name: p[key] for name, key in PARAMETERS[kind].items()}
        values["PERIOD"] = int(1e6 / p["core_mhz"] + .5)
        files = sources(self.rtl, kind)
        text = json.dumps([self.simulator, kind, values, wave]) + "".join(pathlib.Path(f).read_text() for f in files)
        place = self.build / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        program = place / (f"V{kind}_bench" if self.simulator == "verilator" else "bench.vvp")
        if not program.is_file():
            place.mkdir(parents=True, exist_ok=True)
            if self.simulator == "verilator":
                call = ["verilator", "--binary", "-j", "2", "-O3", "--assert", "--timing", "--timescale", "1ps/1ps", "-Wno-fatal",
                        "-Wno-lint", "-Wno-style", "--top-module", f"{kind}_bench", "-Mdir", str(place),
                        *(["--trace"] if wave else []), *(f"-G{n}={v}" for n, v in values.items()), *files]
            else:
                call = ["iverilog", "-g2012", "-s", f"{kind}_bench", "-o", str(program) + ".partial",
                        *(f"-P{kind}_bench.{n}={v}" for n, v in values.items()), *files]
            done = subprocess.run(call, capture_output=True, text=True)
            if done.returncode != 0:
                first = next((line for line in (done.stderr + done.stdout).splitlines() if "rror" in line), "no message")
                raise BadInput(f"{self.rtl}: {call[0]} refuses it: {first}")
            if self.simulator == "icarus":
                pathlib.Path(str(program) + ".partial").rename(program)
        return [str(program)] if self.simulator == "verilator" else ["vvp", "-n", str(program)]


def without_top(path: pathlib.Path) -> None:
    """Verilator's waveform has the bench in a scope TOP: it is taken away, so that names are those of Icarus, and a map fits both."""
    partial = path.with_name(path.name + ".partial")
    with path.open("rb") as old, partial.open("wb") as new:
        depth, inside = 0, False
        for line in old:
            words = line.split()
            if words[:1] == [b"$scope"]:
                depth += 1
                if depth == 1 and words[2] == b"TOP":
                    inside = True
                    continue
            elif words[:1] == [b"$upscope"]:
                depth -= 1
                if depth == 0 and inside:
                    inside = False
                    continue
            new.write(line)
            if words[:1] == [b"$enddefinitions"]:
                break
        shutil.copyfileobj(old, new, 1 << 20)
    partial.rename(path)


def replay(compiled: Compiled, folder: pathlib.Path, block: dict, seed: int | None, wave: pathlib.Path | None,
           timeout: int) -> tuple[bool, str, int]:
    """(equal, a line about it, outputs compared)"""
    command = compiled.command(block, wave is not None)
    command += [f"+dir={folder}"]
    command += [f"+stall={seed}"] if seed is not None else []
    command += [f"+wave={wave}"] if wave is not None else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout)
    except subprocess.TimeoutExpired:
        return False, f"no end within {timeout} s", 0
    if wave is not None and compiled.simulator == "verilator" and wave.is_file():
        without_top(wave)
    text = done.stdout + done.stderr
    equal = re.search(r"^EQUAL \w+: (\d+) inputs, (\d+) outputs compared, (\d+) edges", text, re.M)
    if done.returncode == 0 and equal:
        wanted = sum(port["records"] for port in block["ports"] if port["direction"] == "output")
        given = sum(port["records"] for port in block["ports"] if port["direction"] == "input")
        if (int(equal[1]), int(equal[2])) != (given, wanted):
            return False, f"{equal[1]} inputs and {equal[2]} outputs of {given} and {wanted} came to the bench", int(equal[2])
        return True, f"{equal[1]} inputs, {equal[2]} outputs equal, {equal[3]} edges", int(equal[2])
    found = re.search(r"^(MISMATCH.*|replay: .*)$", text, re.M)
    if not found:  # an assertion: Icarus says FATAL: FILE:LINE: text and Verilator [time] %Fatal: FILE:LINE: Assertion ...
        found = re.search(r"^(FATAL: .*|.*%(?:Fatal|Error).*)$", text, re.M)
    return False, found[1] if found else f"exit code {done.returncode}", 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=pathlib.Path, metavar="DIR", help="what --record-rtl wrote")
    parser.add_argument("--block", action="append", metavar="GLOB", help="shell pattern of blocks (default: all of DIR)")
    parser.add_argument("--simulator", choices=("verilator", "icarus"), help="default: Verilator if it is there")
    parser.add_argument("--stall", action="append", type=int, metavar="SEED",
                        help="inputs and decisions are held back at random; values and order are compared. May be given again")
    parser.add_argument("--rtl", type=pathlib.Path, default=RTL, help="folder with the RTL (default: testbench/rtl)")
    parser.add_argument("--wave", type=pathlib.Path, metavar="FILE", help="waveform of the RTL, VCD; of one block")
    parser.add_argument("--build", type=pathlib.Path, metavar="FOLDER", help="keeps what is compiled (default: nothing is kept)")
    parser.add_argument("--timeout", type=int, default=600, metavar="S", help="of one replay (default: 600)")
    args = parser.parse_args()
    try:
        if not args.records.is_dir():
            raise BadInput(f"{args.records}: is no folder; allowed: what pade-sim run --record-rtl wrote")
        folders = sorted(f.parent for f in args.records.glob("*/block.json"))
        chosen = [f for f in folders if not args.block or any(fnmatch.fnmatchcase(f.name, g) for g in args.block)]
        if not chosen:
            names = " and ".join(args.block or ["*"])
            there = ", ".join(f.name for f in folders[:4]) or "none"
            raise BadInput(f"{args.records}: no block fits {names}; allowed: {there} ...")
        if args.wave is not None and (len(chosen) > 1 or len(args.stall or []) > 1):
            raise BadInput(f"--wave with {len(chosen)} blocks; allowed: one block and one replay")
        with tempfile.TemporaryDirectory(prefix="pade-rtl-") as scratch:
            simulator = args.simulator or ("verilator" if shutil.which("verilator") else "icarus")
            compiled = Compiled(simulator, args.rtl.resolve(), (args.build or pathlib.Path(scratch)).resolve())
            different, total = 0, 0
            for folder in chosen:
                block = read_block(folder)
                for seed in args.stall or [None]:
                    if seed is not None and block["kind"] == "pe_lane" and block["parameters"]["verdict_latency"] != 1:
                        raise BadInput(f"{folder}: --stall with lane.verdict_latency {block['parameters']['verdict_latency']}; "
                                       "allowed: 1")
                    equal, line, outputs = replay(compiled, folder, block, seed, args.wave, args.timeout)
                    how = "at its edges" if seed is None else f"stalled with seed {seed}"
                    print(f"{'equal    ' if equal else 'DIFFERENT'} {folder.name}, {how}: {line}", flush=True)
                    different += not equal
                    total += outputs
            print(f"{len(chosen)} blocks on {simulator}: {total} outputs compared, {different} replays differ")
            return 1 if different else 0
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
