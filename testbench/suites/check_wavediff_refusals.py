#!/usr/bin/env python3
"""Bad input of scripts/wavediff.py: check_wavediff_refusals.py --pade-sim BIN [--processes]

Each case, and with --processes not only every eighth as a process of its own: exit code 2, one line on standard error that names the place, the value and what is allowed, nothing on
standard output, no file written.
"""
import argparse
import contextlib
import copy
import importlib.util
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from wavediff_bench import SCRIPT, write
from wavedifflib.cli import main as main_of_wavediff
from wavedifflib.errors import run_main
from wavediff_cases import COUNT, clocked, mapped

GOOD = clocked(COUNT).text()
HEADER = GOOD[:GOOD.index("#")]
failures = 0


def expect(holds, text):
    global failures
    failures += not holds
    if not holds:
        print("  FAIL  " + text, flush=True)


def changed_map(path, value, base=None):
    """The good map with one place set; None removes it."""
    result = copy.deepcopy(base or mapped())
    *parents, last = path
    place = result
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return result


def files():
    yield "a is not there", {"a.vcd": None}, ["a.vcd: there is no such file"]
    yield "b is not there", {"b.vcd": None}, ["b.vcd: there is no such file"]
    yield "the map is not there", {"map.json": None}, ["map.json: there is no such file"]
    yield "an empty waveform", {"b.vcd": ""}, ["b.vcd: is empty"]
    yield "a header that is cut off", {"b.vcd": HEADER[:-20]}, ["b.vcd: ends at offset", "$enddefinitions"]
    yield "cut off within a value", {"b.vcd": GOOD[:GOOD.rindex("b")] + "b1010"}, ["b.vcd: 'b1010' at offset", "cut off"]
    yield "cut off behind a value", {"b.vcd": GOOD + "b1010 "}, ["cut off"]
    yield "a code that nobody declared", {"b.vcd": GOOD + "1}\n"}, ["b.vcd: '}' at offset", "header declares"]
    yield "a digit that is none", {"b.vcd": GOOD + "b0121 \"\n"}, ["b.vcd: 'b0121' at offset", "0, 1, x, z"]
    yield "a value that is too wide", {"b.vcd": GOOD + "b101010101 \"\n"}, ["1 to 8 digits"]
    yield "a real for bits", {"b.vcd": GOOD + "r1.5 \"\n"}, ["'r1.5' at offset", "kind"]
    yield "bits for a real", {"a.vcd": GOOD.replace("wire 8", "real 64"), "b.vcd": GOOD.replace("wire 8", "real 64")}, ["kind"]
    yield "no number in a real", {"a.vcd": HEADER.replace("wire 8", "real 64") + "#0\nrabc \"\n", "b.vcd": HEADER.replace("wire 8", "real 64") + "#0\n"}, ["'rabc' at offset", "a number"]
    yield "time runs backwards", {"b.vcd": GOOD + "#17\n"}, ["b.vcd: '#17' at offset", "do not fall"]
    yield "a time that is no number", {"b.vcd": GOOD + "#12a\n"}, ["'#12a' at offset"]
    yield "a time of 25 digits", {"b.vcd": GOOD + "#" + "9" * 25 + "\n"}, ["1 to 18 digits"]
    yield "a time of years", {"b.vcd": GOOD.replace("1 ps", "1 s") + "#99999\n"}, ["99999", "4600 s"]
    yield "a word that is none", {"b.vcd": GOOD + "nonsense\n"}, ["'nonsense' at offset"]
    yield "no timescale", {"b.vcd": GOOD.replace("$timescale 1 ps $end\n", "")}, ["b.vcd: has no $timescale"]
    yield "a timescale of 3 ps", {"b.vcd": GOOD.replace("1 ps", "3 ps")}, ["'3 ps'", "1, 10 or 100"]
    yield "a width of no number", {"b.vcd": GOOD.replace("wire 8", "wire x")}, ["wire x", "WIDTH"]
    yield "a code of two widths", {"b.vcd": GOOD.replace("wire 8 \"", "wire 8 !")}, ["shares its code"]
    yield "no waveform at all", {"b.vcd": "hello\n"}, ["b.vcd: "]
    yield "a map that is no JSON", {"map.json": "{"}, ["map.json: line 1", "JSON"]
    yield "a map that is no text", {"map.json": b"\xff\xfe"}, ["map.json: is no text at offset 0"]
    yield "a map that is a list", {"map.json": "[]"}, ["map.json: the map: is []"]
    if importlib.util.find_spec("yaml"):
        yield "a map that is no YAML", {"map.yaml": "a: [1"}, ["map.yaml: line 1", "YAML"]
        yield "a key that is there twice", {"map.yaml": "version: 1\nversion: 1\n"}, ["line 2", "'version' is there twice"]


def maps():
    group, signal, clock = ("groups", 0), ("groups", 0, "signals", 0), ("clocks", "core")
    lane = mapped(a=r"(t)", b=r"\1")
    table = [
        ("an unknown key", ("colour",), 1, ["unknown key 'colour'", "version, clocks, groups"]),
        ("an unknown key in a group", group + ("latency",), 1, ["groups[0]: unknown key 'latency'"]),
        ("an unknown key in a signal", group + ("signals",), [{"a": "v", "slice": 1}], ["groups[0].signals[0]: unknown key 'slice'"]),
        ("an unknown key in a clock", clock + ("a", "freq"), 1, ["clocks.core.a: unknown key 'freq'"]),
        ("no clocks", ("clocks",), None, ["has no 'clocks'"]),
        ("an empty table of clocks", ("clocks",), {}, ["clocks: is {}"]),
        ("no groups", ("groups",), [], ["groups: is []", "at least one"]),
        ("version 2", ("version",), 2, ["version: is 2"]),
        ("a bad regular expression", group + ("a",), "t(", ["groups[0].a: is \"t(\"", "regular expression"]),
        ("a bad regular expression for signals", group + ("signals",), [{"match": "*"}], ["signals[0].match: is \"*\""]),
        ("a bad regular expression in a waiver", ("waivers",), [{"side": "a", "match": "[", "reason": "r"}], ["waivers[0].match"]),
        ("a scope that is not there", group + ("a",), "u", ["groups[0].a: 'u' is no scope of"]),
        ("a scope of b that is not there", group + ("b",), "u", ["groups[0].b: 'u', for 't', is no scope of"]),
        ("a capture that is not there", group + ("b",), r"t\3", ["names the group '3'"]),
        ("a signal that is not there", signal, "w", ["signals[0]", "'w' is not in the waveform"]),
        ("a signal of b that is not there", signal, {"a": "v", "b": "w"}, ["b.vcd", "'w' is not in the waveform"]),
        ("a regular expression that matches nothing", signal, {"match": "w.*"}, ["'w.*' matches no signal"]),
        ("a signal that is not mapped", signal, "clk", ["not mapped, side a", "t.v"]),
        ("a slice beyond the signal", signal, "v[8:0]", ["'v[8:0]' of a signal of 8 bits"]),
        ("a slice the wrong way round", signal, "v[0:3]", ["'v[0:3]'", "high:low"]),
        ("a bracket without a partner", signal, "{v, v[3", ["signals[0]"]),
        ("an empty expression", signal, "~", ["an empty expression"]),
        ("widths that are not declared", signal, {"a": "v[3:0]", "b": "v"}, ["has 4 bits", "8", "extend"]),
        ("widths that are not so", signal, {"a": "v[3:0]", "b": "v", "width": {"a": 5, "b": 8}}, ["declares 5 and 8"]),
        ("a tolerance for bits", signal, {"a": "v", "tolerance": {"absolute": 1}}, ["tolerance for 'v'"]),
        ("a tolerance below 0", signal, {"a": "v", "tolerance": {"absolute": -1}}, ["tolerance.absolute: is -1"]),
        ("match and a", signal, {"a": "v", "match": "v"}, ["both match and a"]),
        ("a signal twice", group + ("signals",), ["v", "v"], ["'v' is there twice"]),
        ("a waiver without a reason", ("waivers",), [{"side": "a", "match": "x"}], ["waivers[0]: has no 'reason'"]),
        ("a waiver with an empty reason", ("waivers",), [{"side": "a", "match": "x", "reason": " "}], ["waivers[0].reason"]),
        ("a waiver of nothing", ("waivers",), [{"side": "b", "match": "x.*", "reason": "r"}], ["waivers[0]: 'x.*' matches no signal of side b"]),
        ("a waiver of side c", ("waivers",), [{"side": "c", "match": "x", "reason": "r"}], ["waivers[0].side: is \"c\""]),
        ("a clock that is not there", clock + ("b", "signal"), "t.ck", ["clocks.core.b.signal: 't.ck' is not in"]),
        ("a clock of 8 bits", clock + ("b", "signal"), "t.v", ["8 bits", "one bit"]),
        ("a clock with signal and period", clock + ("a", "period"), "1ns", ["both signal and period"]),
        ("a clock with neither", clock + ("a",), {}, ["neither signal and period"]),
        ("a period of 0", clock + ("a",), {"period": "0ps"}, ["period: is \"0ps\"", "above 0"]),
        ("a period without a unit", clock + ("a",), {"period": 10}, ["period: is 10", "ps"]),
        ("a reset that is not there", clock + ("a", "reset"), {"signal": "t.r", "active": "low"}, ["a.reset.signal: 't.r'"]),
        ("a clock that a group does not have", group + ("clock",), "dram", ["groups[0].clock: is 'dram'", "core"]),
        ("a warm-up below 0", clock + ("warm_up",), -1, ["warm_up: is -1"]),
        ("a slack of words", clock + ("slack",), "some", ["slack: is \"some\""]),
        ("a window that ends before it begins", clock + ("window",), {"from": 5, "to": 5}, ["window.to: is 5"]),
        ("nothing to compare", clock + ("warm_up",), 1000, ["no cycle to compare"]),
        ("an unknown mode", group + ("mode",), "loose", ["mode: is \"loose\"", "cycle, valid, transaction"]),
        ("mode valid without valid", group + ("mode",), "valid", ["mode valid without valid"]),
        ("a valid in mode cycle", group + ("valid",), "v", ["mode cycle with valid"]),
        ("a key in mode cycle", group + ("key",), "v", ["key in mode cycle"]),
        ("an offset of words", group + ("offset",), "late", ["offset: is \"late\""]),
        ("an unknown policy for x", group + ("x",), "skip", ["x: is \"skip\"", "until_known"]),
    ]
    for name, path, value, says in table:
        yield name, {"map.json": changed_map(path, value)}, says
    yield "a valid that is not there", {"map.json": mapped(mode="valid", valid="go")}, ["groups[0].valid: is 'go'"]
    yield "key and tag", {"map.json": mapped(mode="transaction", valid="v", key="v", tag="v")}, ["both key and tag"]
    yield "two blocks of one name", {"map.json": {**lane, "groups": lane["groups"] * 2}}, ["two blocks have the name 't'"]
    yield "two clocks and no choice", {"map.json": {**lane, "clocks": {"one": lane["clocks"]["core"], "two": lane["clocks"]["core"]}}}, \
        ["groups[0]: has no clock"]


def commands():
    yield "no map", ["a.vcd", "b.vcd"], ["--map, --suggest, --list"]
    yield "one waveform", ["a.vcd", "--map", "map.json"], ["one waveform with --map"]
    yield "two waveforms to list", ["a.vcd", "b.vcd", "--list"], ["two waveforms with --list"]
    yield "an option that is none", ["a.vcd", "b.vcd", "--maps", "map.json"], ["--maps"]
    yield "a window below 0", ["a.vcd", "b.vcd", "--map", "map.json", "--window", "-1"], ["--window: is -1"]
    yield "a reach of words", ["a.vcd", "b.vcd", "--map", "map.json", "--align-reach", "far"], ["--align-reach", "far"]
    yield "a folder that is not there", ["a.vcd", "b.vcd", "--map", "map.json", "--json", "none/x.json"], ["none/x.json", "not there"]
    yield "a reader that is none", ["a.vcd", "b.vcd", "--map", "map.json", "--reader", "best"], ["best"]


def within(folder, arguments):
    """As a process would run, in this one."""
    out, error = io.StringIO(), io.StringIO()
    here = os.getcwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            run_main("wavediff", lambda: main_of_wavediff([*arguments, "--one-process"]))
    except SystemExit as ended:
        return subprocess.CompletedProcess(arguments, ended.code, out.getvalue(), error.getvalue())
    finally:
        os.chdir(here)


def check(place, name, contents, arguments, says, process):
    folder = pathlib.Path(place) / name.replace("/", "_").replace(" ", "-")
    folder.mkdir()
    for file, content in {"a.vcd": GOOD, "b.vcd": GOOD, "map.json": mapped(), **contents}.items():
        if content is not None:
            write(folder, file, content if isinstance(content, bytes) else content if isinstance(content, str) else json.dumps(content))
    before = sorted(folder.iterdir())
    if process:
        done = subprocess.run([sys.executable, str(SCRIPT), *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
    else:
        done = within(folder, arguments)
    return name, says, done, sorted(folder.iterdir()) == before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim")
    parser.add_argument("--processes", action="store_true", help="each case as a process")
    parser.add_argument("--only", help="cases whose name has this in it")
    options = parser.parse_args()
    usual = ["a.vcd", "b.vcd", "--map", "map.json", "--json", "out.json", "--junit", "out.xml", "--gtkwave", "out"]
    cases = [(name, contents, usual if "map.yaml" not in contents else [word.replace("map.json", "map.yaml") for word in usual], says)
             for table in (files, maps) for name, contents, says in table()]
    cases += [(name, {}, arguments, says) for name, arguments, says in commands()]
    cases = [case for case in cases if options.only is None or options.only in case[0]]
    with tempfile.TemporaryDirectory(prefix="pade-wavediff-") as place:
        for number, case in enumerate(cases):
            name, says, done, untouched = check(place, *case, options.processes or number % 8 == 0)
            error = done.stderr
            print(f"  {name:<40} {error.strip()[10:180]}")
            expect(done.returncode == 2, f"{name}: exit code {done.returncode}, not 2: {error[-300:]}{done.stdout[:200]}")
            by_argparse = name.startswith(("an option", "a reach", "a reader"))
            expect(error.count("\n") == 1 and error.startswith("wavediff: ") and ("allowed: " in error or by_argparse),
                   f"{name}: not one message: {error[:300]!r}")
            expect(not done.stdout, f"{name}: on standard output: {done.stdout[:200]!r}")
            expect(untouched, f"{name}: a file was left")
            for word in says:
                expect(word in error, f"{name}: does not say {word!r}: {error.strip()[:300]}")
    print(f"{len(cases)} cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
