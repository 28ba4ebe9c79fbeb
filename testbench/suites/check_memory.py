#!/usr/bin/env python3
"""How much memory a run takes, and that it does not grow with the run:

  check_memory.py --pade-sim BIN --check flat|prefill8192

flat         a selection of queries and one four times as long, every pair of them retained (the guard is off): the peak of the
             second is above that of the first by no more than the tensors of the additional queries and 2 MiB; the resident
             set does not grow by more while the second runs; and retained.npy is on disk while the run goes on
prefill8192  the whole prefills of 8192 tokens, with every check: 1 GB at most, and as flat

The peak is ru_maxrss of the child (wait4), the course of it VmRSS in /proc/PID/status. Both are of Linux.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile
import threading
import time

from bench import Bench
from check_set import SKIPPED, find_set

MIB = 1 << 20
SLACK = 2 * MIB  # of the allocator, and of queues that a longer run fills once
LIMIT = 1000 ** 3


class Measured:
    """A run with its peak, the course of its resident set, and the bytes of retained pairs on disk, by time."""

    def __init__(self, binary, folder, out, options):
        command = [binary, "run", "--trace", str(folder), "--out", str(out), *options]
        print("+ " + " ".join(command), flush=True)
        self.times = []
        self.rss = []      # bytes
        self.spooled = []  # bytes in the nameless files that become retained.npy
        self.threads = 0
        with open(str(out) + ".log", "wb") as log:
            null = os.open(os.devnull, os.O_RDONLY)
            child = os.posix_spawn(binary, command, os.environ, file_actions=[
                (os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, log.fileno(), 2)])
            os.close(null)
        over = threading.Event()
        watching = threading.Thread(target=self.watch, args=(child, over))
        watching.start()
        _, status, usage = os.wait4(child, 0)
        over.set()
        watching.join()
        self.exit_code = os.waitstatus_to_exitcode(status)
        self.peak = usage.ru_maxrss * 1024
        self.said = pathlib.Path(str(out) + ".log").read_text(errors="replace")

    def watch(self, child, over):
        while not over.wait(0.02 if len(self.rss) < 500 else 0.5):
            try:
                status = pathlib.Path(f"/proc/{child}/status").read_text()
                fields = dict(line.split(":", 1) for line in status.splitlines())
                if "VmRSS" not in fields:
                    continue  # it has ended and waits for wait4
                spooled = 0
                for name in os.listdir(f"/proc/{child}/fd"):
                    link = f"/proc/{child}/fd/{name}"
                    if "retained.npy" in os.readlink(link):
                        spooled += os.stat(link).st_size
            except OSError:
                continue
            self.threads = max(self.threads, int(fields["Threads"]))
            self.times.append(time.monotonic())
            self.rss.append(int(fields["VmRSS"].split()[0]) * 1024)
            self.spooled.append(spooled)

    def mean(self, values, begin, end):
        """Over a part of the time of the run, from 0 to 1."""
        start, span = self.times[0], self.times[-1] - self.times[0]
        part = [value for at, value in zip(self.times, values) if begin * span <= at - start <= end * span]
        return sum(part) / len(part)


def mib(number):
    return f"{number / MIB:.2f} MiB"


def tensors(stats):
    """Bytes of Q, and of O as DRAM holds it: what a run with more queries must hold more of."""
    job = stats["job"]
    return job["queries"] * job["heads"] * job["head_dim"] * 3


def measure(bench, name, folder, *options):
    out = bench.scratch / name
    run = Measured(bench.binary, folder, out, options)
    bench.expect(run.threads == 1, f"{run.threads} thread, each time the run was looked at")
    bench.expect(run.exit_code == 0, f"exit code {run.exit_code} {run.said.strip()[-300:] if run.exit_code else ''}".rstrip())
    run.stats = json.loads((out / "stats.json").read_text())
    run.retained = (out / "retained.npy").stat().st_size
    print(f"    peak {mib(run.peak)}, {len(run.rss)} samples, {run.stats['job']['queries']} queries, retained.npy "
          f"{mib(run.retained)}")
    return run


def check_flat(bench, folder):
    everything = ["--set", "guard.enabled=false", "--set", "softmax.p_bits=24"]
    short = measure(bench, "short", folder, "--queries", "1024:1280", *everything)
    long = measure(bench, "long", folder, "--queries", "1024:2048", *everything)
    bench.expect(long.retained > 4 * short.retained, "four times the queries retain more than four times the pairs")
    more = tensors(long.stats) - tensors(short.stats) + SLACK
    bench.expect(more < (long.retained - short.retained) / 4, f"the bound, {mib(more)}, is far below what is retained")
    bench.expect(long.peak - short.peak <= more, f"the peak grows by {mib(long.peak - short.peak)}, at most {mib(more)}")
    grown = long.mean(long.rss, 0.75, 0.85) - long.mean(long.rss, 0.15, 0.25)
    bench.expect(len(long.rss) >= 40, f"the run was looked at {len(long.rss)} times")
    bench.expect(grown <= tensors(long.stats) + SLACK,
                 f"from a fifth of the run to four fifths the resident set grows by {mib(grown)}")
    first, last = long.mean(long.spooled, 0.15, 0.25), long.mean(long.spooled, 0.55, 0.65)
    bench.expect(first > long.retained / 50 and last > 2 * first,
                 f"pairs on disk while the run goes on: {mib(first)} after a fifth, {mib(last)} after three fifths")


def check_prefill8192(bench, folder):
    run = measure(bench, "prefill", folder, "--check-tlm")
    bench.expect(run.peak <= LIMIT, f"the peak is {run.peak / 1e6:.1f} MB, at most {LIMIT / 1e6:.0f} MB")
    grown = run.mean(run.rss, 0.80, 0.85) - run.mean(run.rss, 0.10, 0.15)
    bench.expect(grown <= tensors(run.stats) + SLACK,
                 f"from a tenth of the run to four fifths the resident set grows by {mib(grown)}, at most "
                 f"{mib(tensors(run.stats) + SLACK)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--check", required=True, choices=["flat", "prefill8192"])
    parser.add_argument("--set", dest="name", required=True)
    arguments = parser.parse_args()
    folder = find_set(arguments.name)
    if folder is None:
        print(f"skipped: {arguments.name} is in none of the directories of PADE_TRACES")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="pade-") as scratch:
        bench = Bench(arguments.pade_sim, scratch)
        globals()[f"check_{arguments.check}"](bench, folder)
    print(f"{bench.failures} failures" if bench.failures else "all hold")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
