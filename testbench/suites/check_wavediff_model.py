#!/usr/bin/env python3
"""scripts/wavediff.py on waveforms of the machine: check_wavediff_model.py --pade-sim BIN [--wellen]

One difference at a random signal and cycle of a real waveform must be named exactly: block, signal, cycle, time. The same
waveform under the names, clock and reset of an RTL, later by an offset, with stalls, and in another order, is equal; and with one
difference in it, that one is named. --wellen: the same through pywellen, and FST against VCD (skipped where vcd2fst is missing, or
pywellen, which is looked for on PyPI where it is not installed).
"""
import argparse
import copy
import importlib.util
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from bench import in_environment
from check_set import ROOT, SKIPPED, find_set
from vcd import Waves
from wavediff_bench import SCRIPT, Dump, run, write

SET = "use-lite/l0-decode8-s128-gpl3"
FIRST, LAST, PERIOD = 300, 1100, 1250
LANES = ("valid", "token", "plane", "slot", "sum", "partial")
REQUIREMENTS = ROOT / "scripts" / "wavediff" / "requirements.txt"
failures = 0


def expect(holds, text):
    global failures
    failures += not holds
    print(("  ok    " if holds else "  FAIL  ") + text, flush=True)


class Series:
    """Values at each core cycle of the window, by signal."""

    def __init__(self, path):
        waves = Waves(path)
        times = range(FIRST * PERIOD, LAST * PERIOD, PERIOD)
        self.width = {name: signal.width for name, signal in waves.signals.items()}
        self.values = {}
        for name, signal in waves.signals.items():
            values, at = [0] * len(times), 0
            changes = list(zip(signal.times, signal.values))
            for n, time in enumerate(times):
                while at < len(changes) and changes[at][0] <= time:
                    at += 1
                values[n] = changes[at - 1][1] if at else 0
            self.values[name] = values


def rtl_name(name):
    name = re.sub(r"^pade\.pe_lane_(\d+)_(\d+)\.", r"top.dut.g_row[\1].g_lane[\2].", name)
    return re.sub(r"^pade\.guard_filter_(\d+)\.", r"top.dut.g_row[\1].guard_filter.", name)


def rtl(values, width, names, period=9, phase=4, unit="100 ps", reset=5, late=()):
    """The waveform of an RTL: sampled before its edges, junk while it is reset; scopes of `late` are so many cycles behind."""
    dump = Dump(unit)
    cycles = max(len(values[name]) for name in names) + reset
    dump.clock("top.clk", period, cycles, phase).add("top.rst_n").set(0, "top.rst_n", 0)
    dump.set(phase + (reset - 1) * period + 1, "top.rst_n", 1)
    for name in names:
        to = rtl_name(name)
        dump.add(to, width[name])
        behind = next((n for part, n in late if part in name), 0)
        dump.set(0, to, "x" * width[name])
        last = None
        for n, value in enumerate(values[name]):
            if value != last and n + behind + reset < cycles:
                dump.set(phase + (n + behind + reset - 1) * period + 1, to, value)
                last = value
    dump.end = phase + cycles * period - 1
    return dump


def same_map():
    return {"version": 1, "clocks": {"core": {"a": {"period": "1250ps", "origin": f"{FIRST * PERIOD}ps"},
                                              "b": {"period": "1250ps", "origin": f"{FIRST * PERIOD}ps"}}},
            "groups": [{"a": r"pade\..*", "b": r"\g<0>", "signals": [{"match": r"[^.]*"}]}]}


def rtl_map():
    """The map of docs/examples/wavediff, as JSON, so that it needs no PyYAML; check_wavediff_docs.py holds the two together."""
    clock = {"a": {"period": "1250ps", "origin": f"{FIRST * PERIOD}ps"}, "b": {"signal": "top.clk", "reset": {"signal": "top.rst_n", "active": "low"}}}
    lane = [(part, {"block": part + r" \1.\2", "a": rf"pade\.pe_lane_(\d+)_(\d+)\.{part}", "b": rf"top.dut.g_row[\1].g_lane[\2].{part}",
                    "signals": [{"match": ".*"}]}) for part in ("gsat", "scoreboard", "decision")]
    unit = {"block": r"threshold unit \1", "a": r"pade\.guard_filter_(\d+)\.threshold_unit",
            "b": r"top.dut.g_row[\1].guard_filter.threshold_unit", "signals": [{"match": ".*"}]}
    clock["a"]["window"] = {"from": 0, "to": LAST - FIRST}  # the file ends with the values of cycle LAST
    return {"version": 1, "labels": {"a": "model", "b": "rtl"}, "clocks": {"core": clock}, "groups": [group for _, group in lane] + [unit],
            "waivers": [{"side": "a", "match": r".*\.class", "reason": "statistics"},
                        {"side": "a", "match": r".*\.(plane_fifo|lane_context)\..*", "reason": "not in this RTL"},
                        {"side": "a", "match": r"pade\.guard_filter_\d+\.(busy|slot\d_own|(bui_generator|maximum_tree)\..*)", "reason": "not in this RTL"},
                        {"side": "a", "match": r".*\.(verdicts|bounds|scores|threshold|lanes_out_\d+)\..*", "reason": "links"}]}


def mapped_signal(name):
    return bool(re.search(r"\.(gsat|scoreboard|decision|threshold_unit)\.", name))


def inject(path, out, name, cycle, flip):
    """One bit of one signal in one cycle, in the text of a VCD."""
    lines = path.read_text().splitlines()
    *scopes, local = name.split(".")
    at, code, width, now, value = [], None, 0, -1, 0
    begin, end = cycle * PERIOD, (cycle + 1) * PERIOD
    result, done, back = [], False, False
    for i, line in enumerate(lines):
        words = line.split()
        if line.startswith("$scope"):
            at.append(words[2])
        elif line.startswith("$upscope"):
            at.pop()
        elif line.startswith("$var") and at == scopes and words[4] == local:
            code, width = words[3], int(words[2])
    form = lambda v: f"b{v:b} {code}" if width > 1 else f"{v}{code}"  # noqa: E731
    flip %= width
    in_body = False
    for line in lines:
        if line.startswith("#"):
            time = int(line[1:])
            if now >= 0 and not done and now == begin:
                result.append(form(value ^ 1 << flip))
                done = True
            if not done and time > begin:
                result += ([f"#{begin}"] if now != begin else []) + [form(value ^ 1 << flip)]
                done = True
            if done and not back and time >= end:
                if time > end:
                    result += [f"#{end}", form(value)]
                    back = True
            result.append(line)
            now = time
            if done and not back and time == end:
                result.append(form(value))  # what the file says at this time comes behind it
                back = True
            continue
        in_body |= line.startswith("$enddefinitions")
        if in_body and line.endswith(code) and (line[1:] == code if width == 1 else line.startswith("b") and line.split()[1] == code):
            value = int(line[0]) if width == 1 else int(line.split()[0][1:], 2)
        result.append(line)
    out.write_text("\n".join(result) + "\n")
    assert done, "nothing was changed"


def the_first(outcome):
    block = outcome.blocks[outcome.answer["likely_cause"]]
    return block, block["first"], [signal["name"] for signal in block["first"]["signals"]]


def check_injected(scratch, vcd, series, rng, count, *options):
    outcome = run(scratch, vcd.read_bytes(), vcd.read_bytes(), same_map(), *options)
    expect(outcome.code == 0 and outcome.answer["totals"]["pairs"] == len(series.values), f"equal with itself: {outcome.error}"
           f"{outcome.answer['totals']['pairs']} signals, {outcome.answer['totals']['cycles']} cycles")
    for _ in range(count):
        name = rng.choice(sorted(series.values))
        cycle = rng.randrange(FIRST, LAST - 1)
        inject(vcd, pathlib.Path(scratch) / "b.vcd", name, cycle, rng.randrange(64))
        outcome = run(scratch, None, None, None, *options)
        if outcome.code != 1:
            expect(False, f"{name}, cycle {cycle}: exit code {outcome.code} {outcome.error}")
            continue
        block, first, signals = the_first(outcome)
        scope, _, local = name.rpartition(".")
        total = sum(signal["different"] for b in outcome.answer["blocks"] for signal in b["signals"])
        expect((block["name"], signals, first["cycle_a"], first["cycle_b"], first["time_fs_a"], total)
               == (scope, [local], cycle - FIRST, cycle - FIRST, cycle * PERIOD * 1000, 1), f"one bit of {name} in cycle {cycle}: "
               + outcome.text.splitlines()[0])


def check_rtl(scratch, vcd, series, rng):
    names = [name for name in series.values if mapped_signal(name)]
    a = vcd.read_bytes()
    outcome = run(scratch, a, rtl(series.values, series.width, names), rtl_map())
    expect(outcome.code == 0, f"under the names, clock and reset of an RTL: {outcome.error}{outcome.text.splitlines()[:2]}")
    values = copy.deepcopy(series.values)
    name, n = rng.choice(names), rng.randrange(0, LAST - FIRST - 1)
    values[name][n] ^= 1
    outcome = run(scratch, None, rtl(values, series.width, names), None)
    block, first, signals = the_first(outcome)
    expect((first["cycle_a"], signals, block["scope_b"]) == (n, [name.rpartition(".")[2]], rtl_name(name).rpartition(".")[0]),
           f"one bit of {name} there: {outcome.text.splitlines()[0]}")

    late = (("gsat", 3), ("decision", 7))
    found = rtl_map()
    for group, offset in zip(found["groups"], ("auto", 0, "auto", 0)):
        group["offset"] = offset
    outcome = run(scratch, None, rtl(series.values, series.width, names, late=late), found)
    offsets = {entry["block"].split()[0]: (entry["offset"], entry["confidence"]) for entry in outcome.answer["alignments"]}
    expect(outcome.code == 0 and [offsets["gsat"][0], offsets["decision"][0]] == [3, 7], f"offsets are found: {offsets}")
    expect(all(confidence > 0.5 for _, confidence in offsets.values()), "and are sure")
    outcome = run(scratch, None, None, None, "--align")
    offsets = {entry["block"].split()[0]: entry["offset"] for entry in outcome.answer["alignments"]}
    expect(outcome.code == 0 and offsets == {"gsat": 3, "scoreboard": 0, "decision": 7, "threshold": 0}, f"--align finds all: {offsets}")


def stalled(values, names, rng):
    """All stand still now and then, nothing valid, the fields anything."""
    gaps = [rng.choice((0, 0, 0, 1, 5)) for _ in range(LAST - FIRST)]
    place, result = [], {name: [] for name in names}
    for n, gap in enumerate(gaps):
        for _ in range(gap):
            for name in names:
                result[name].append(0 if name.endswith(".valid") else rng.randrange(2))
        place.append(len(result[names[0]]))
        for name in names:
            result[name].append(values[name][n])
    return result, place


def transactions(values, scope, fields):
    return [(n, tuple(values[f"{scope}.{field}"][n] for field in fields)) for n, valid in enumerate(values[scope + ".valid"]) if valid]


def check_orders(scratch, vcd, series, rng):
    names = [name for name in series.values if re.search(r"\.(gsat|decision)\.", name)]
    a = vcd.read_bytes()
    lanes = sorted({name.rpartition(".")[0] for name in names if ".gsat." in name},
                   key=lambda scope: -sum(series.values[scope + ".valid"]))
    lane = lanes[0]
    modes = rtl_map()
    modes["groups"] = [{**group, "mode": "valid", "valid": "valid"} for group in (modes["groups"][0], modes["groups"][2])]
    modes["waivers"].append({"side": "a", "match": r".*\.(scoreboard|threshold_unit)\..*", "reason": "not valid-qualified"})
    values, place = stalled(series.values, names, rng)
    outcome = run(scratch, a, rtl(values, series.width, names), modes)
    count = outcome.answer["totals"]["transactions"] if outcome.answer else 0
    expect(outcome.code == 0 and count > 300, f"with stalls, {count} transactions: {outcome.error}{outcome.text.splitlines()[:1]}")
    items = transactions(series.values, lane, LANES[1:])
    k = rng.randrange(len(items))
    n = items[k][0]
    values[lane + ".partial"][place[n]] ^= 1 << 5
    outcome = run(scratch, None, rtl(values, series.width, names), None)
    block, first, signals = the_first(outcome)
    expect((block["scope_a"], signals, first["transaction"], first["cycle_a"], first["cycle_b"]) == (lane, ["partial"], k, n, place[n]),
           f"transaction {k} of {lane} with stalls: {outcome.text.splitlines()[0]}")

    gsat = [f"{lane}.{field}" for field in LANES]
    width = {name: series.width[name] for name in gsat}
    seen, tagged = {}, []
    for n, row in items:  # the same plane of the same key comes again with another query: its number tells them apart
        seen[row[:3]] = seen.get(row[:3], -1) + 1
        tagged.append((n, row))
    for what, order in (("key", "in order within a key"), ("tag", "out of order by tag")):
        rows = [row for _, row in tagged]
        if what == "tag":
            # Only rows of one (token, plane, slot) keep their order.
            groups = {}
            for row in rows:
                groups.setdefault(row[:3], []).append(row)
        else:
            groups = {}
            for row in rows:
                groups.setdefault((row[0], row[2]), []).append(row)
        mixed = []
        while groups:
            key = rng.choice(sorted(groups))
            mixed.append(groups[key].pop(0))
            if not groups[key]:
                del groups[key]
        series_b = {lane + ".valid": [1] * len(mixed) + [0], **{f"{lane}.{field}": [row[i] for row in mixed] + [0]
                                                              for i, field in enumerate(LANES[1:])}}
        by = rtl_map()
        by["groups"] = [{**by["groups"][0], "a": re.escape(lane), "b": rtl_name(lane + ".")[:-1], "block": "lane", "mode": "transaction",
                         "valid": "valid", what: ["token", "slot"] if what == "key" else ["token", "plane", "slot"]}]
        by["waivers"] = [{"side": "a", "match": ".*", "reason": "one lane only"}]
        outcome = run(scratch, a, rtl(series_b, width, gsat), by)
        expect(outcome.code == 0 and outcome.answer["totals"]["transactions"] == len(rows),
               f"{order}, {len(rows)} transactions: {outcome.error}{outcome.text.splitlines()[:1]}")
        k = rng.randrange(len(mixed))
        series_b[lane + ".partial"][k] ^= 1
        outcome = run(scratch, None, rtl(series_b, width, gsat), None)
        block, first, signals = the_first(outcome)
        expect(signals == ["partial"] and first["cycle_b"] == k and first["key"][0] == mixed[k][0] and block["compared"] == len(rows),
               f"{order}, one difference: {outcome.text.splitlines()[0]}")


def check_formats(scratch, vcd, series, rng):
    """Through pywellen, and as FST."""
    fst, other = scratch / "run.fst", scratch / "other.fst"
    subprocess.run(["vcd2fst", str(vcd), str(fst)], check=True, capture_output=True)
    write(scratch, "map.json", same_map())
    name, cycle = rng.choice(sorted(series.values)), rng.randrange(FIRST, LAST - 1)
    inject(vcd, scratch / "b.vcd", name, cycle, 3)
    subprocess.run(["vcd2fst", str(scratch / "b.vcd"), str(other)], check=True, capture_output=True)

    def call(a, b, *options):
        return subprocess.run([sys.executable, str(SCRIPT), str(a), str(b), "--map", str(scratch / "map.json"), "--json",
                               str(scratch / "answer.json"), *options], capture_output=True, text=True)

    for a, b, options in ((vcd, fst, ()), (fst, vcd, ()), (fst, fst, ()), (vcd, vcd, ("--reader", "wellen"))):
        done = call(a, b, *options)
        expect(done.returncode == 0, f"{a.suffix} and {b.suffix} {' '.join(options)}: {done.stdout.splitlines()[:1]} {done.stderr}")
    answers = []
    for a, b, options in ((vcd, scratch / "b.vcd", ()), (fst, other, ()), (vcd, scratch / "b.vcd", ("--reader", "wellen"))):
        done = call(a, b, *options)
        answer = json.loads((scratch / "answer.json").read_text())
        answers.append([answer["blocks"], answer["likely_cause"]])
        expect(done.returncode == 1 and answer["likely_cause"] == name.rpartition(".")[0], f"{a.suffix}: {done.stdout.splitlines()[0]}")
    expect(answers[0] == answers[1] == answers[2], "all readers give the same answer")
    for text, says in ((fst.read_bytes()[:2000], "cannot be read"), (b"GHDLwave\n broken", "cannot be read"),
                       (b"no waveform at all", "cannot be read")):
        write(scratch, "bad.fst", text)
        done = call(fst, scratch / "bad.fst")
        expect(done.returncode == 2 and done.stderr.count("\n") == 1 and says in done.stderr, f"a bad file: {done.stderr.strip()[:160]}")


COUNTER = """
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
entity counter is end;
architecture bench of counter is
    signal clk : std_logic := '0';
    signal reset : std_logic := '1';
    signal count : unsigned(7 downto 0);
    signal odd : std_logic;
begin
    clk <= not clk after 5 ns when now < 500 ns else '0';
    reset <= '0' after 22 ns;
    process (clk) begin
        if rising_edge(clk) then
            if reset = '1' then count <= (others => '0'); else count <= count + STEP; end if;
        end if;
    end process;
    odd <= count(0);
end;
"""


def check_ghw(scratch):
    """What GHDL writes of one run: as GHW equal to itself as VCD, and a design that counts otherwise differs where it first can."""
    if shutil.which("ghdl") is None:
        print("skipped: GHW, since ghdl is not installed (Debian: ghdl-mcode)")
        return
    for name, step in (("three", "3"), ("odd", "count / 16 + 3")):
        folder = scratch / name
        folder.mkdir()
        write(folder, "counter.vhd", COUNTER.replace("STEP", step))
        for command in (["-a", "--std=08", "counter.vhd"],
                        ["--elab-run", "--std=08", "counter", "--wave=run.ghw", "--vcd=run.vcd", "--stop-time=600ns"]):
            subprocess.run(["ghdl", *command], cwd=folder, check=True, capture_output=True)
    clock = {"signal": "counter.clk"}
    write(scratch, "ghw.json", {"version": 1, "clocks": {"core": {"a": clock, "b": clock}},
                                "groups": [{"a": "counter", "b": "counter", "signals": ["reset", "count", "odd"]}]})

    def call(a, b):
        return subprocess.run([sys.executable, str(SCRIPT), str(scratch / a), str(scratch / b), "--map", str(scratch / "ghw.json")],
                              capture_output=True, text=True)

    for a, b in (("three/run.vcd", "three/run.ghw"), ("three/run.ghw", "three/run.vcd"), ("three/run.ghw", "three/run.ghw")):
        done = call(a, b)
        expect(done.returncode == 0 and "3 pairs of signals" in done.stdout, f"{a} and {b}: {done.stdout.splitlines()[:1]} {done.stderr}")
    # Reset goes at 22 ns; edge n is at 5 + 10 n ns and samples what edge n - 1 left: 0 at edge 2, 3 (n - 2) after it, 18 at edge 8.
    # 16 is passed there, so that the two part at edge 9.
    done = call("three/run.vcd", "odd/run.ghw")
    expect(done.returncode == 1 and "cycle 9 " in done.stdout.splitlines()[0] and "count" in done.stdout.splitlines()[0],
           f"GHW of another design: {done.stdout.splitlines()[:1]} {done.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--wellen", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--injections", type=int, default=10)
    options = parser.parse_args()
    folder = find_set(SET)
    if folder is None:
        print(f"skipped: {SET} is not there")
        return SKIPPED
    if options.wellen and shutil.which("vcd2fst") is None:
        print("skipped: vcd2fst is not installed (Debian: gtkwave)")
        return SKIPPED
    if options.wellen and importlib.util.find_spec("pywellen") is None:
        return in_environment(REQUIREMENTS, "pywellen")
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="pade-wavediff-") as place:
        scratch = pathlib.Path(place)
        vcd = scratch / "run.vcd"
        subprocess.run([options.pade_sim, "run", "--trace", str(folder), "--out", str(scratch / "out"), "--no-golden", "--wave", str(vcd),
                        "--wave-scope", "pade.pe_lane_[01]_[0-2]", "--wave-scope", "pade.guard_filter_[01].*", "--wave-from", str(FIRST),
                        "--wave-to", str(LAST)], check=True, capture_output=True)
        series = Series(vcd)
        if options.wellen:
            check_formats(scratch, vcd, series, rng)
            check_ghw(scratch)
        check_injected(scratch, vcd, series, rng, options.injections, *(("--reader", "wellen") if options.wellen else ()))
        if not options.wellen:
            check_rtl(scratch, vcd, series, rng)
            check_orders(scratch, vcd, series, rng)
    print(f"{failures} failures, seed {options.seed}" if failures else "all hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
