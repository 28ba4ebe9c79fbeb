#!/usr/bin/env python3
"""Watchdog: a run without a lane operation, a data beat, a MAC or a host event for watchdog.cycles ends with exit code 4 at that
very cycle, or as soon as nothing is left to happen, and says who waits for whom since when, the oldest transaction first; nothing
is left behind.

  check_stuck.py --pade-sim BIN [--set FAMILY/NAME]

Each fault that --inject knows, on links of its own; clocks and refresh do not feed the watchdog, and a silence that is shorter than
watchdog.cycles does not trip it.
"""
import argparse
import re
import sys
import tempfile

from bench import Bench
from check_set import SKIPPED, find_set

PATIENCE = 2000
HEAD = re.compile(r"no progress for (\d+) cycles, from cycle (\d+) \((a lane operation|a data beat|a MAC|the start of the job)\) "
                  r"to cycle (\d+)\n")
OLDEST = re.compile(r"\n  oldest transaction: (.*), since cycle (\d+)\n")
# Fault, parameters besides, and the oldest transaction: what it is, who waits for whom.
FAULTS = (
    ("silent:dram:3", {}, r"read of 32 B at address \d+: \w+ waits for hbm2, behind memory_arbiter, pseudo channel 3"),
    ("silent:dram:0:20", {}, r"(read|write) of 32 B at address \d+: \w+ waits for hbm2, behind memory_arbiter, pseudo channel 0"),
    ("lost_response:kv_memory:5:10", {}, r"read of 32 B at address \d+: kv_buffer waits for memory_arbiter, pseudo channel 5"),
    ("lost_response:q_memory:0:1", {}, r"read of 32 B at address \d+: q_buffer waits for memory_arbiter, pseudo channel \d+"),
    ("lost_response:o_memory:0:1", {}, r"write of 32 B at address \d+: write_back waits for memory_arbiter, pseudo channel \d+"),
    ("lost_response:v_port:0:3", {}, r"read of 32 B at address \d+: v_pu waits for kv_buffer"),
    ("lost_credit:planes:0:1", {"lane.fifo_planes": 1},
     r"key \d+ of KV head \d+, row 0, block \d+: dispatcher waits for pe_lane_0_0 to give back a place of its input FIFO, for plane \d"),
    ("lost_credit:weights:0:1", {}, None),  # RARS has another buffer: slower, not stuck
    ("never_ready:rounds", {}, r"\S*rars, tile \d+ of block \d+: waits for v_pu to take a round"),
    ("never_ready:rounds:0:30", {}, r"\S*rars, tile \d+ of block \d+: waits for v_pu to take a round"),
    ("held_entry:verdicts:0:1", {"lane.scoreboard_entries": 1},
     r"key \d+ of KV head \d+, row 0, block \d+: dispatcher waits for pe_lane_0_0 to decide on plane \d and free its scoreboard entry"),
    ("held_entry:verdicts:17:4", {},
     r"key \d+ of KV head \d+, row 1, block \d+: dispatcher waits for pe_lane_1_1 to decide on plane \d and free its scoreboard entry"),
)


class StuckBench(Bench):
    def __init__(self, binary, scratch, folder):
        super().__init__(binary, scratch)
        self.folder = folder

    def run(self, name, parameters, *options):
        words = [word for key, value in parameters.items() for word in ("--set", f"{key}={value}")]
        out = self.scratch / name
        done = self.call("run", "--trace", str(self.folder), "--head", "0", "--queries", "0:16", "--out", str(out), *words, *options)
        if done.returncode == 4:
            self.expect(not out.exists() and not out.with_name(name + ".partial").exists(), "nothing is left behind")
        return done

    def stuck(self, done, patience, oldest=None, sleeps=True):
        """It ended in time, and says what it must. sleeps: everybody waits for an event, nobody for a time to come."""
        text = done.stderr
        print("    " + "\n    ".join(text.strip().split("\n")[:3]))
        self.expect(done.returncode == 4, f"exit code {done.returncode}")
        head, transaction = HEAD.search(text), OLDEST.search(text)
        self.expect(text.startswith("pade-sim: internal error: watchdog: ") and head is not None, "the watchdog says so, first")
        if head is None:
            return
        silent, last, end = int(head[1]), int(head[2]), int(head[4])
        self.expect(end - last == silent and (0 < silent <= patience if sleeps else silent == patience),
                    f"the end is {silent} cycles after the last progress, {patience} at most")
        self.expect(("nothing is left to happen" in text) == sleeps, "whether there is something left to happen is said")
        self.expect(transaction is not None and int(transaction[2]) <= end, "the oldest transaction is named, with its cycle")
        if oldest is not None and transaction is not None:
            self.expect(re.fullmatch(oldest, transaction[1]) is not None, f"it is: {oldest}")
        self.expect(re.search(r"\n  dispatcher: ", text) is not None, "what each module waits for follows")


def check(bench):
    for number, (fault, parameters, oldest) in enumerate(FAULTS):
        done = bench.run(f"fault{number}", {"watchdog.cycles": PATIENCE, **parameters}, "--inject", fault)
        if oldest is None:
            bench.expect(done.returncode == 0, f"exit code {done.returncode}: {done.stderr.strip()}")
        else:
            bench.stuck(done, PATIENCE, oldest)

    # A machine with an answer still to come is not asleep, and its banks are refreshed meanwhile: neither is progress.
    for refresh in ("all_bank", "per_bank", "none"):
        late = {"watchdog.cycles": PATIENCE, "dram.refresh": refresh, "dram.t_refi": 400, "dram.t_rfc_bank": 100,
                "dram.delay_cycles": 50000}
        bench.stuck(bench.run("refresh_" + refresh, late, "--inject", "silent:dram:3"), PATIENCE, sleeps=False)

    # A silence that is meant: channel 0 answers 3,000 cycles late, and what there is to wait besides is less than 300.
    silence = {"dram.delay_cycles": 3000}
    done = bench.run("silence", {**silence, "watchdog.cycles": 3300})
    bench.expect(done.returncode == 0, f"a silence shorter than watchdog.cycles is none: exit code {done.returncode} {done.stderr}")
    bench.stuck(bench.run("long_silence", {**silence, "watchdog.cycles": 3000}), 3000,
                r"read of 32 B at address \d+: \w+ waits for memory_arbiter, pseudo channel 0", sleeps=False)

    for fault in ("silent", "silent:planes", "lost_credit:dram", "held_entry:scores", "silent:dram:16", "silent:nowhere", "deaf:dram",
                  "silent:dram:0:0", "silent:dram:x"):
        done = bench.run("refused", {}, "--inject", fault)
        bench.expect(done.returncode == 2 and "--inject" in done.stderr and "allowed: " in done.stderr
                     and len(done.stderr.strip().splitlines()) == 1, f"--inject {fault}: {done.stderr.strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--set", dest="name", default="use-lite/l0-prefill-s128-gpl3")
    arguments = parser.parse_args()
    folder = find_set(arguments.name)
    if folder is None:
        print(f"skipped: {arguments.name} is in none of the directories of PADE_TRACES")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="pade-") as scratch:
        bench = StuckBench(arguments.pade_sim, scratch, folder)
        check(bench)
    print(f"{bench.failures} failures" if bench.failures else "all hold")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
