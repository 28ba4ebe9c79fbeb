#!/usr/bin/env python3
"""Nothing gets past pade-sim, end to end:

  check_bad_input.py --pade-sim BIN --check inputs|killed [--set FAMILY/NAME] [--seed N] [--only TEXT]

inputs  a table of bad inputs, one at a time in an otherwise valid set or command: exit code 2 within the time given, one
        line on standard error that names the file, key or offset, the value and what is allowed, nothing on standard
        output, and every folder as it was before
killed  a run is killed (SIGKILL) at 50 random moments: what lies in its place is nothing or a whole result, and the same
        command then succeeds with the same bytes. --seed repeats a series
"""
import argparse
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from bad_command_cases import command_cases, output_cases, parameter_cases
from bad_input import TraceSet
from bad_trace_cases import manifest_cases, npy_cases
from check_set import SKIPPED, find_set

KILLS = 50
LIMIT_S = 60


def snapshot(folder):
    """Everything below a folder: name, kind, size, time of the last change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[str(path.relative_to(folder))] = (status.st_mode, 0 if path.is_dir() else status.st_size, status.st_mtime_ns)
    return found


class Bench:
    def __init__(self, binary, folder, scratch):
        self.binary = binary
        self.folder = folder
        self.scratch = pathlib.Path(scratch)
        self.failures = 0

    def expect(self, holds, text):
        if not holds:
            print("  FAIL  " + text)
        self.failures += not holds


def check_case(bench, case):
    """One bad input in a folder of its own."""
    place = bench.scratch / "case"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    trace = TraceSet(place / "set", bench.folder)
    words = [word.format(here=place) for word in case.command]
    if case.spoil is not None:
        case.spoil(trace)
    trace.write()
    before = snapshot(place)
    command = [*case.wrapper, bench.binary, *words]
    limit = None if case.file_limit is None else \
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (case.file_limit, resource.RLIM_INFINITY))
    output = open(case.stdout, "w") if case.stdout else subprocess.PIPE  # noqa: SIM115
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, cwd=place, timeout=LIMIT_S,
                              preexec_fn=limit)
    except subprocess.TimeoutExpired:
        bench.expect(False, f"{case.name}: still runs after {LIMIT_S} s: {' '.join(words)}")
        return
    finally:
        if case.stdout:
            output.close()
    said = done.stderr.decode("utf-8", "backslashreplace")
    bench.expect(done.returncode == 2, f"{case.name}: exit code {done.returncode}, not 2: {said.strip()[:300]}")
    bench.expect(said.count("\n") == 1 and said.startswith("pade-sim: ") and len(said) < 10000,
                 f"{case.name}: not one message: {said[:300]!r}")
    bench.expect(not done.stdout, f"{case.name}: on standard output: {(done.stdout or b'')[:200]!r}")
    for word in ("allowed: ", *(word.format(here=place) for word in case.says)):
        bench.expect(word in said, f"{case.name}: does not say '{word}': {said.strip()[:300]}")
    after = snapshot(place)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    changed = [name for name in changed if not any(name.startswith(left) for left in case.leaves)]
    bench.expect(changed == [], f"{case.name}: left or changed: {changed}")
    print(f"  {case.name:<44} {said.strip()[10:].replace(str(place) + '/', '')[:170]}")


def check_suite_of_bad_sets(bench):
    """`suite` goes on behind a bad set: it says so in its tables, which have no figures for it."""
    place = bench.scratch / "sets"
    for name in ("fifo", "good"):
        TraceSet(place / name, bench.folder).write()
    (place / "fifo" / "manifest.json").unlink()
    os.mkfifo(place / "fifo" / "manifest.json")
    bad = TraceSet(place / "bad", bench.folder)
    bad.manifest["queries"] = 0
    bad.write()
    done = subprocess.run([bench.binary, "suite", "sets", "--out", "table", "--jobs", "1"], cwd=bench.scratch, capture_output=True,
                          text=True, timeout=LIMIT_S)
    table = bench.scratch / "table"
    bench.expect(done.returncode == 2, f"suite: exit code {done.returncode} {done.stderr}")
    rows = {line.split(",")[0]: line for line in (table / "suite.csv").read_text().splitlines()}
    bench.expect(rows["good"].startswith("good,0,decode,4,"), f"suite: the good set has figures: {rows['good']}")
    for name, word in (("bad", "queries: is 0; allowed: "), ("fifo", "not a regular file; allowed: ")):
        bench.expect(rows[name].startswith(f"{name},2,,,") and word in rows[name], f"suite: {rows[name]}")
        bench.expect(word in done.stdout, f"suite: the table says {word}")
        bench.expect(not (table / name).exists() and not (table / f"{name}.recipe").exists(), f"suite: no result of {name}")


def check_inputs(bench, arguments):
    outputs, skipped = output_cases(bench.scratch)
    cases = npy_cases() + manifest_cases() + parameter_cases() + command_cases() + outputs
    names = [case.name for case in cases]
    bench.expect(len(set(names)) == len(names), "each case has a name of its own")
    chosen = [case for case in cases if arguments.only is None or arguments.only in case.name]
    for case in chosen:
        check_case(bench, case)
    if arguments.only is None:
        check_suite_of_bad_sets(bench)
    for text in skipped:
        print(f"  skipped: {text}")
    # The other way round: unspoilt, the set runs.
    trace = TraceSet(bench.scratch / "good", bench.folder)
    trace.write()
    done = subprocess.run([bench.binary, "run", "--trace", "good", "--out", "out"], cwd=bench.scratch, capture_output=True)
    bench.expect(done.returncode == 0, f"the set without a defect: exit code {done.returncode} {done.stderr.decode()}")
    print(f"{len(chosen)} cases, {bench.failures} failures")


def bytes_of(out):
    """What a finished run holds, the wall-clock figures apart."""
    content = {path.name: path.read_bytes() for path in out.iterdir()}
    stats = json.loads(content["stats.json"])
    stats.pop("sim")
    return {**content, "stats.json": json.dumps(stats)}


def check_killed(bench, arguments):
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    draw = random.Random(seed)
    out = bench.scratch / "out"
    command = [bench.binary, "run", "--trace", str(bench.folder), "--out", str(out)]

    def whole():
        return subprocess.run(command, capture_output=True, text=True)

    begin = time.monotonic()
    done = whole()
    lasts = time.monotonic() - begin
    bench.expect(done.returncode == 0, f"the run itself: exit code {done.returncode} {done.stderr}")
    good = bytes_of(out)
    shutil.rmtree(out)
    print(f"seed {seed}: {KILLS} kills of a run of {lasts:.2f} s")
    finished = partial = 0
    for number in range(KILLS):
        # Half of the moments in the last fifth, where files are closed and the folder is renamed.
        moment = lasts * (draw.uniform(0, .8) if number % 2 == 0 else draw.uniform(.8, 1.05))
        # Every fourth run replaces a result, which must then be there whole, the earlier one or the new one.
        replaces = number % 4 == 3
        if replaces:
            whole()
        process = subprocess.Popen([*command, "--force"] if replaces else command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
        what = f"seed {seed}, kill {number} after {moment:.3f} s"
        left = sorted(path.name for path in bench.scratch.iterdir())
        bench.expect(set(left) <= {"out", "out.partial"}, f"{what}: leaves {left}")
        partial += "out.partial" in left
        bench.expect(not replaces or out.exists(), f"{what}: with --force, the earlier result is gone")
        if out.exists():
            finished += not replaces
            bench.expect(bytes_of(out) == good, f"{what}: what lies in --out is not the whole result")
            shutil.rmtree(out)
        begin = time.monotonic()
        done = whole()
        lasts = min(lasts, time.monotonic() - begin)  # a busy machine makes some runs longer
        bench.expect(done.returncode == 0, f"{what}: the same command: exit code {done.returncode} {done.stderr.strip()}")
        left = sorted(path.name for path in bench.scratch.iterdir())
        bench.expect(left == ["out"], f"{what}: the same command leaves {left}")
        bench.expect(out.exists() and bytes_of(out) == good, f"{what}: the same command gives other bytes")
        shutil.rmtree(out, ignore_errors=True)
    print(f"{partial} kills left an unfinished out.partial, {finished} came after the end of a first run; {bench.failures} failures")
    bench.expect(partial > 0, "no kill came during the writing")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--check", required=True, choices=["inputs", "killed"])
    parser.add_argument("--set", dest="name")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--only", help="cases whose name holds this text")
    arguments = parser.parse_args()
    default = {"inputs": "use-lite/l0-decode8-s128-gpl3", "killed": "use-lite/l0-prefill-s512-kjv"}[arguments.check]
    folder = find_set(arguments.name or default)
    if folder is None:
        print(f"skipped: {arguments.name or default} is in none of the directories of PADE_TRACES")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="pade-bad-") as scratch:
        bench = Bench(os.path.abspath(arguments.pade_sim), folder, os.path.realpath(scratch))
        {"inputs": check_inputs, "killed": check_killed}[arguments.check](bench, arguments)
        return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
