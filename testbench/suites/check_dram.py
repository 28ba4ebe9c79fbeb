#!/usr/bin/env python3
"""What must hold of the memory alone, as its users call it:

  check_dram.py --pade-sim BIN --check figures|interface|refusals

figures    bandwidths and latencies that follow from the timing table, or that independent simulators gave for it
interface  request files, JSON, command logs and their audit, presets
refusals   bad input ends with exit code 2, one message that says what is allowed, and nothing left behind
"""
import argparse
import json
import sys
import tempfile

from bench import Bench

KEYS = {"requests", "bytes", "span_ns", "pseudo_channels_used", "bandwidth_fraction", "bandwidth_gb_per_s",
        "read_latency_ns", "row_hit_fraction", "commands", "energy_pj_per_bit", "energy_pj", "wall_s",
        "requests_per_wall_s", "audit"}


class MemoryBench(Bench):
    def dram(self, *arguments):
        """The figures of a run that must succeed."""
        done = self.call("dram", "--json", "-", *arguments)
        self.expect(done.returncode == 0, f"exit code {done.returncode} {done.stderr.strip()}")
        figures = json.loads(done.stdout) if done.returncode == 0 else {}
        if figures:
            self.expect(figures["audit"]["violations"] == 0, f"{figures['audit']['commands']} commands, no violation")
        return figures

    def within(self, what, value, low, high):
        self.expect(low <= value <= high, f"{what}: {value:.4f}, expected {low} to {high}")


def check_figures(bench):
    bandwidth = lambda *arguments: bench.dram(*arguments)["bandwidth_fraction"]  # noqa: E731
    # What simulators of memory give for this table, 32 reads outstanding.
    with_refresh = bandwidth("--pattern", "sequential", "--channels", "1")
    bench.within("sequential, one pseudo channel", with_refresh, .918, .927)
    bench.within("sequential, sixteen", bandwidth("--pattern", "sequential"), .918, .927)
    without = bandwidth("--pattern", "sequential", "--channels", "1", "--set", "dram.refresh=none")
    bench.within("what refresh costs", 1 - with_refresh / without, .075, .083)
    by_bank = bandwidth("--pattern", "sequential", "--channels", "1", "--set", "dram.refresh=per_bank")
    bench.expect(with_refresh < by_bank < without, "refresh by bank costs less than that of all banks, but not nothing")
    bench.within("one bank", bandwidth("--pattern", "one_bank", "--channels", "1"), .038, .040)

    # Idle: CL + burst + the cycle in which the request is seen; + RCD; + RP.
    requests = bench.scratch / "idle.txt"
    requests.write_text("0 READ 100\n800 READ 500\n4000000 READ 900\n")
    latency = bench.dram("--requests", str(requests))["read_latency_ns"]
    bench.expect((latency["p50"], latency["max"]) == (31, 45), f"idle: closed {latency['p50']}, conflict {latency['max']}")
    bench.within("idle: mean of closed, hit and conflict", latency["mean"], 30.999, 31.001)

    # Random reads: three cycles of the row bus each, shared by two pseudo channels; alone t_faw sets the limit.
    shared = bandwidth("--pattern", "random", "--count", "5000")
    bench.within("random, sixteen", shared, .29, 1 / 3)
    alone = bandwidth("--pattern", "random", "--count", "5000", "--set", "dram.channel_parts=1")
    bench.within("random, sixteen with a bus each", alone, .42, .5)
    one_bus = bandwidth("--pattern", "random", "--count", "5000", "--set", "dram.one_command_bus=true")
    bench.within("random, sixteen, all commands on one bus per pair", one_bus, .2, .25)

    # A refresh that is due goes before hits, on one command bus too.
    hits = bench.scratch / "hits.txt"
    hits.write_text("".join(f"{n % 32 << 9 | n // 32 % 4 << 14:x} READ 0\n" for n in range(30000)))
    bench.dram("--requests", str(hits), "--set", "dram.one_command_bus=true", "--set", "dram.refresh=per_bank")
    bench.dram("--pattern", "random", "--count", "1000", "--writes", ".5", "--set", "dram.t_ccd_l=30", "--set", "dram.t_ccd_s=25")

    # A chain of planes: with one bank a plane, head and tail of the tile order close each other's rows.
    planes = ["--pattern", "planes", "--outstanding", "16"]
    two = bandwidth(*planes, "--config", "plane_first")
    one = bandwidth(*planes, "--config", "plane_first_one_bank")
    bench.expect(one < .7 * two, f"planes: {two:.3f} with two banks a plane, {one:.3f} with one")

    # Larger write batches turn the bus less often.
    small = bandwidth("--pattern", "sequential", "--channels", "1", "--writes", ".5", "--set", "dram.write_high=4",
                      "--set", "dram.write_low=2")
    large = bandwidth("--pattern", "sequential", "--channels", "1", "--writes", ".5")
    bench.expect(large > 1.2 * small, f"write batches: {small:.3f} for 4 to 2, {large:.3f} for the default")


def check_interface(bench):
    saved = bench.scratch / "saved.txt"
    log = bench.scratch / "commands.txt"
    out = bench.scratch / "out.json"
    first = bench.dram("--pattern", "random", "--count", "400", "--writes", ".3", "--save-requests", str(saved))
    bench.expect(set(first) == KEYS, f"the keys are those of docs/dram.md: {sorted(set(first) ^ KEYS)} differ")
    bench.expect({"mean", "p50", "p99", "max"} == set(first["read_latency_ns"]), "latency: mean, p50, p99, max")
    bench.expect({"act", "pre", "rd", "wr", "ref"} == set(first["commands"]), "commands: act, pre, rd, wr, ref")

    done = bench.call("dram", "--requests", str(saved), "--json", str(out), "--command-log", str(log))
    bench.expect(done.returncode == 0 and "bandwidth" in done.stdout, "a saved pattern runs and prints a summary")
    second = json.loads(out.read_text())
    wall = ("wall_s", "requests_per_wall_s")
    same = {k: v for k, v in first.items() if k not in wall} == {k: v for k, v in second.items() if k not in wall}
    bench.expect(same, "a saved pattern gives the same figures")
    checked = bench.dram("--requests", str(saved), "--check-tlm")
    bench.expect(checked.pop("tlm_protocol", None) == {"violations": 0}, "--check-tlm: no link broke a rule")
    bench.expect({k: v for k, v in first.items() if k not in wall} == {k: v for k, v in checked.items() if k not in wall},
                 "--check-tlm changes no figure")
    lines = [line for line in saved.read_text().splitlines() if not line.startswith("#")]
    bench.expect(len(lines) == first["requests"] == 6400, "one line a request")
    bench.expect(sorted(p.name for p in bench.scratch.iterdir()) == ["commands.txt", "out.json", "saved.txt"],
                 "nothing else was left")

    # The log: what the figures count, and clean; one command moved, and not.
    counted = dict.fromkeys(("ACT", "PRE", "PREA", "RD", "WR", "REF"), 0)
    commands = [line for line in log.read_text().splitlines() if not line.startswith("#")]
    for line in commands:
        kind = line.split()[2]
        if kind in counted:
            counted[kind] += 1
    bench.expect((counted["ACT"], counted["RD"], counted["WR"]) == tuple(second["commands"][k] for k in ("act", "rd", "wr")),
                 f"the log holds the commands that were counted: {counted}")
    bench.expect(bench.call("audit", str(log)).returncode == 0, "the audit of the log is clean")
    text = log.read_text().splitlines()
    at = next(n for n, line in enumerate(text) if " RD " in line)
    cycle, rest = text[at].split(" ", 1)
    text[at] = f"{int(cycle) - 1} {rest}"
    log.write_text("\n".join(text[:2] + sorted(text[2:], key=lambda line: int(line.split()[0]))) + "\n")
    audited = bench.call("audit", str(log))
    bench.expect(audited.returncode == 3, f"with one RD a cycle early the audit fails: exit code {audited.returncode}")
    print("    " + audited.stdout.replace("\n", "\n    "))

    for preset, peak in (("hbm2_2000", 256), ("hbm2_2400", 307.2), ("ddr4_2400", 38.4)):
        figures = bench.dram("--config", preset, "--pattern", "sequential", "--count", "5000")
        bench.within(f"{preset}: GB/s of {peak}", figures["bandwidth_gb_per_s"], .9 * peak, peak)
    default = bench.dram("--pattern", "random", "--count", "400", "--config", "hbm2_2000", "--writes", ".3")
    bench.expect(default["span_ns"] == first["span_ns"], "hbm2_2000 is the default")

    # `after`: a chain takes its latencies one after the other.
    chain = bench.scratch / "chain.txt"
    chain.write_text("".join(f"{n * 2048:x} READ 0" + (f" after={n - 1}" if n else "") + "\n" for n in range(10)))
    bench.expect(bench.dram("--requests", str(chain))["span_ns"] == 31 + 9 * 17, "ten dependent hits: 31 + 9 * 17 ns")


def check_refusals(bench):
    good = bench.scratch / "good.txt"
    good.write_text("0 READ 0\n")
    bad = bench.scratch / "bad.txt"
    cases = [
        ["dram"],
        ["dram", "--pattern", "sequentiel"],
        ["dram", "--pattern", "random", "--count", "0"],
        ["dram", "--pattern", "random", "--writes", "2"],
        ["dram", "--pattern", "random", "--channels", "17"],
        ["dram", "--pattern", "random", "--requests", str(good)],
        ["dram", "--requests", "no/such/file"],
        ["dram", "--requests", str(bench.scratch)],
        ["dram", "--requests", str(good), "--outstanding", "-1"],
        ["dram", "--requests", str(good), "--json", "no/such/folder/x.json"],
        ["dram", "--requests", str(good), "--json", str(bench.scratch)],
        ["dram", "--requests", str(good), "--command-log", "no/such/folder/log"],
        ["dram", "--pattern", "random", "--save-requests", "no/such/folder/x"],
        ["dram", "--requests", str(good), "--config", "hbm3"],
        ["dram", "--requests", str(good), "--set", "dram.t_cl=-1"],
        ["dram", "--requests", str(good), "--set", "dram.t_rfc=5000"],
        ["dram", "--requests", str(good), "--set", "dram.write_high=40"],
        ["dram", "--requests", str(good), "--set", "dram.rows=1000"],
        ["dram", "--requests", str(good), "--set", "dram.mapping=row:14"],
        ["dram", "--requests", str(good), "--set",
         "dram.mapping=row:14 bank:2 bank:2 column:5 bank_group:2 pseudo_channel:4 offset:5"],
        ["dram", "--requests", str(good), "--set",
         "dram.mapping=row:15 bank:2 column:5 bank_group:2 pseudo_channel:4 offset:5"],
        ["dram", "--requests", str(good), "--set",
         "dram.mapping=row:14 rank:1 bank:2 column:5 bank_group:2 pseudo_channel:4 offset:5"],
        ["dram", "--requests", str(good), "--set", "dram.bus_bits=128", "--set", "dram.burst_length=16"],
        ["dram", "--requests", str(good), "--json", str(good)],
        ["dram", "--requests", str(good), "--save-requests", "x.txt"],
        ["dram", "--requests", str(good), "--command-log", "/dev/null"],
        ["dram", "--requests", str(good), "--json", "same", "--command-log", "same"],
        ["dram", "--pattern", "random", "--interval", "4294967295"],
        ["dram", "--requests", str(good), "--set", "dram.t_refi=310"],
        ["audit"],
        ["audit", "no/such/log"],
        ["audit", str(good)],
    ]
    lines = ["0 READ", "zz READ 0", "100000000 READ 0", "10 READ 0", "0 read 0", "0 READ x", "0 READ 0 after=9",
             "0 READ 0 after=1", ""]
    before = sorted(bench.scratch.iterdir())
    for case in cases:
        done = bench.call(*case)
        said = done.stderr.strip()
        bench.expect(done.returncode == 2 and said != "" and done.stdout == "", f"exit code {done.returncode}: {said}")
        bench.expect(sorted(bench.scratch.iterdir()) == before, "nothing is left behind")
    for line in lines:
        bad.write_text("0 READ 0\n" + line + "\n" if line else "# nothing\n")
        done = bench.call("dram", "--requests", str(bad), "--json", "x.json")
        said = done.stderr.strip()
        bench.expect(done.returncode == 2 and "bad.txt" in said and "allowed: " in said and len(said.splitlines()) == 1,
                     f"'{line}': exit code {done.returncode}: {said}")
        bench.expect(not (bench.scratch / "x.json").exists(), "no JSON is left behind")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--check", required=True, choices=["figures", "interface", "refusals"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pade-dram-") as scratch:
        bench = MemoryBench(arguments.pade_sim, scratch)
        {"figures": check_figures, "interface": check_interface, "refusals": check_refusals}[arguments.check](bench)
    print(f"{bench.failures} failures")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
