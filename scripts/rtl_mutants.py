#!/usr/bin/env python3
"""Puts bugs into the RTL, one at a time, and asks scripts/wavediff.py where it first differs from the model (docs/rtl.md).

  scripts/rtl_mutants.py --pade-sim build/pade-sim                        all bugs of testbench/rtl/mutants.json but RARS's
  scripts/rtl_mutants.py --pade-sim build/pade-sim --only '*selector*'    some of them
  scripts/rtl_mutants.py --pade-sim build/pade-sim --table docs/rtl.md    and writes the table between its marks

Of each bug: the bench of lane or guard filter replays recorded runs (scripts/replay_rtl.py, Icarus Verilog) until a waveform differs
from the model's by the map of testbench/rtl. A bug counts as located when the likely cause that wavediff names is the block that it
was put into; in pe_lane.sv, the stage. Exit code 0: all found, and at least nine of ten located; 1: not so; 2: bad input.
"""
from __future__ import annotations

import argparse
import fnmatch
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
RTL = ROOT / "testbench" / "rtl"
PREFILL = "use-lite/l0-prefill-s128-gpl3"
GUARD = ("bui_generator.sv", "guard_filter.sv", "maximum_tree.sv", "threshold_unit.sv")
RARS = ("rars.sv", "tile_buffer.sv", "most_wanted.sv")  # the map of its waveform has no round: its replay finds its bugs
MARKS = ("<!-- located by wavediff: made by scripts/rtl_mutants.py -->\n", "<!-- end of what was made -->\n")

# Recorded runs: (words of a query, set or None for a made one, options). The second has few entries, few keys pruned and links held
# back, so that entries are reused and planes wait; in the third, lanes wait for credits of the score queue.
RUNS = {
    "plain": (1, PREFILL, ["--queries", "0:32"]),
    "held": (1, PREFILL, ["--queries", "0:64", "--set", "lane.scoreboard_entries=4", "--set", "guard.alpha=2", "--set",
                          "stall.percent=50", "--set", "stall.cycles=30"]),
    "late credits": (1, PREFILL, ["--queries", "0:1", "--head", "0", "--set", "guard.alpha=20", "--set", "rows.count=1", "--set",
                                  "lane.count=1", "--set", "stall.percent=10", "--set", "stall.cycles=100"]),
    "wide": (2, None, ["--queries", "0:8"]),
}


class BadInput(Exception):
    pass


def find_set(name: str) -> pathlib.Path:
    folder = ROOT / "traces" / name
    if not folder.is_dir():
        raise BadInput(f"{folder}: is no folder; allowed: a checkout with its trace sets")
    return folder


class Tried:
    """Runs, records and waveforms of the model, each made once."""

    def __init__(self, binary: pathlib.Path, scratch: pathlib.Path):
        self.binary, self.scratch = binary, scratch

    def call(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(list(arguments), capture_output=True, text=True, cwd=self.scratch)

    def model(self, run: str, block: str) -> tuple[pathlib.Path, pathlib.Path]:
        """Folder with the records, and the waveform."""
        place = f"{run}-{block}".replace(" ", "-")
        records, wave = self.scratch / place, self.scratch / (place + ".vcd")
        if not wave.is_file():
            _, name, options = RUNS[run]
            trace = find_set(name) if name else self.made()
            done = self.call(str(self.binary), "run", "--trace", str(trace), "--out", "out", "--force", "--no-golden", "--no-timeline",
                             *options, "--record-rtl", str(records), "--wave", str(wave), "--wave-scope", "pade." + block)
            if done.returncode != 0:
                raise BadInput(f"{self.binary}: {done.stderr.strip()}")
        return records, wave

    def made(self) -> pathlib.Path:
        folder = self.scratch / "d128"
        if not folder.is_dir():
            done = self.call(sys.executable, str(ROOT / "scripts/make_trace.py"), "--synthetic",
                             "heads=2,kv_heads=1,queries=24,keys=300,d=128,seed=6,peaked=3", "--out", str(folder), "--pade-sim",
                             str(self.binary), "--no-golden")
            if done.returncode != 0:
                raise BadInput(f"make_trace.py: {done.stderr.strip()}")
        return folder

    def map_of(self, block: str, words: int) -> pathlib.Path:
        """For more than 64 dims what GSAT gives comes later."""
        kind = re.sub(r"(_\d+)+$", "", block)
        text = (RTL / f"{kind}.yaml").read_text()
        made = self.scratch / f"{kind}-{words}.yaml"
        made.write_text(text.replace("offset: 2   # BEHIND", f"offset: {words + 1}"))
        return made

    def compare(self, run: str, block: str, rtl: pathlib.Path) -> tuple[dict | None, str]:
        """(wavediff's answer, what the replay says)"""
        records, wave = self.model(run, block)
        other = self.scratch / "rtl.vcd"
        other.unlink(missing_ok=True)
        done = self.call(sys.executable, str(ROOT / "scripts/replay_rtl.py"), str(records), "--simulator", "icarus", "--block", block,
                         "--rtl", str(rtl), "--wave", str(other), "--build", str(self.scratch / "build"))
        if done.returncode == 2 or not other.is_file():
            raise BadInput(f"{rtl}: {done.stderr.strip()}")
        said = done.stdout.splitlines()[0].split(": ", 1)[1]
        answer = self.scratch / "answer.json"
        done = self.call(sys.executable, str(ROOT / "scripts/wavediff.py"), str(wave), str(other), "--map",
                         str(self.map_of(block, RUNS[run][0])), "--brief", "--json", str(answer))
        if done.returncode == 2:
            raise BadInput(done.stderr.strip())
        return (json.loads(answer.read_text()) if done.returncode == 1 else None), said


def mutated(bug: dict, folder: pathlib.Path) -> pathlib.Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for f in RTL.glob("*.sv"):
        shutil.copy(f, folder)
    text = (folder / bug["file"]).read_text()
    if text.count(bug["from"]) != 1:
        raise BadInput(f"testbench/rtl/mutants.json: {bug['name']}: {bug['file']} has its line {text.count(bug['from'])} times; allowed: 1")
    (folder / bug["file"]).write_text(text.replace(bug["from"], bug["to"]))
    return folder


def first_of(answer: dict) -> tuple[str, str, str]:
    """(block without its place, signals with their values, cycle)"""
    block = next(b for b in answer["blocks"] if b["name"] == answer["likely_cause"])
    first = block["first"]
    text = re.sub(r"^.*?: model cycle \d+ \(\d+ ps\), rtl cycle \d+ \(\d+ ps\): ", "", first["text"])
    return re.sub(r"[, ]*(row )?[\d.]+$", "", answer["likely_cause"]), text, str(first["cycle_a"])


def locate(tried: Tried, bug: dict) -> tuple[str, str, str, str] | None:
    """(waveform, block, cycle, values) of the first divergence."""
    rtl = mutated(bug, tried.scratch / "mutated")
    blocks = ["guard_filter_0"] if bug["file"] in GUARD else ["pe_lane_0_0", "pe_lane_0_3"]
    killed = ""
    for run, (words, _, _) in RUNS.items():
        if words != bug.get("words", 1) or run not in bug.get("runs", [run]):
            continue
        for block in blocks[:1] if run == "late credits" else bug.get("blocks", blocks):
            answer, said = tried.compare(run, block, rtl)
            if answer is not None:
                name, text, cycle = first_of(answer)
                return f"{run}, {block}", name, cycle, text
            if "equal" not in said:
                killed = said
    print(f"  --    {bug['name']}: no waveform differs; the replay says: {killed or 'equal'}")
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", type=pathlib.Path, required=True, metavar="BIN")
    parser.add_argument("--only", action="append", metavar="GLOB", help="shell pattern of bugs' names")
    parser.add_argument("--table", type=pathlib.Path, metavar="FILE", help="its table between the marks is made anew")
    args = parser.parse_args()
    bugs = [b for b in json.loads((RTL / "mutants.json").read_text()) if not args.only or
            any(fnmatch.fnmatchcase(b["name"], g) for g in args.only)]
    bugs = [b for b in bugs if b["file"] not in RARS]
    try:
        if not bugs:
            raise BadInput(f"--only {' '.join(args.only)}: fits no bug; allowed: names of testbench/rtl/mutants.json, without those in RARS")
        if shutil.which("iverilog") is None:
            raise BadInput("iverilog is not in PATH; allowed: Debian's package iverilog")
        rows, found, located = [], 0, 0
        with tempfile.TemporaryDirectory(prefix="pade-mutants-") as scratch:
            tried = Tried(args.pade_sim.resolve(), pathlib.Path(scratch))
            for kind in sorted({"guard_filter_0" if b["file"] in GUARD else "pe_lane_0_0" for b in bugs}):
                answer, said = tried.compare("plain", kind, RTL)
                if answer is not None or "equal" not in said:
                    raise BadInput(f"{RTL}: {kind} differs without any bug: {said}")
            for bug in bugs:
                wanted = bug.get("stage", pathlib.Path(bug["file"]).stem)
                at = locate(tried, bug)
                found += at is not None
                right = at is not None and re.match(r"\w+", at[1])[0] == wanted
                located += right
                print(f"{'  ok    ' if right else '  other '}{bug['name']} ({wanted}): {at[1] + ', cycle ' + at[2] + ', ' + at[3] if at else 'not found'}",
                      flush=True)
                values = at[3].replace("|", "\\|") if at else ""
                rows.append(f"| {bug['name']} | {wanted} | {at[0] if at else ''} | {('' if right else '**') + at[1] + ('' if right else '**') if at else '**not found**'} "
                            f"| {at[2] if at else ''} | {values} |")
        print(f"{found} of {len(bugs)} bugs are found, {located} located in their block")
        if args.table:
            text = args.table.read_text()
            if any(text.count(mark) != 1 for mark in MARKS):
                raise BadInput(f"{args.table}: has not both marks once; allowed: {MARKS[0].strip()} ... {MARKS[1].strip()}")
            head, rest = text.split(MARKS[0])
            table = "\n".join(["| bug | put into | waveform of | wavediff's likely cause | cycle | values |", "| --- | --- | --- | --- | --- | --- |", *rows])
            partial = args.table.with_name(args.table.name + ".partial")
            partial.write_text(f"{head}{MARKS[0]}\n{found} of {len(bugs)} are found, {located} are located in their block.\n\n{table}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}")
            partial.rename(args.table)
        return 0 if found == len(bugs) and 10 * located >= 9 * len(bugs) else 1
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
