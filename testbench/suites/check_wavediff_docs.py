#!/usr/bin/env python3
"""docs/wavediff.md: check_wavediff_docs.py --pade-sim BIN [--installed]

Runs its commands in order, in a folder that looks like a checkout, and holds what each block of them prints against the text
below it; looks into the files that they leave. --installed: with `pip install scripts/wavediff` in an environment of its own.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

from check_set import ROOT, SKIPPED

failures = 0


def expect(holds, text):
    global failures
    failures += not holds
    print(("  ok    " if holds else "  FAIL  ") + text, flush=True)


def blocks():
    """(commands, what they print or None)."""
    text = (ROOT / "docs" / "wavediff.md").read_text()
    found = re.findall(r"^```(sh|text)\n(.*?)^```", text, flags=re.S | re.M)
    for i, (kind, body) in enumerate(found):
        if kind == "sh":
            yield body, found[i + 1][1] if i + 1 < len(found) and found[i + 1][0] == "text" else None


def install(here):
    """A program `wavediff` in the way of scripts/wavediff.py."""
    done = subprocess.run([sys.executable, "-m", "venv", str(here / "venv")], capture_output=True, text=True)
    if done.returncode != 0:
        return "no venv (Debian: python3-venv)"
    source = here / "source"
    shutil.copytree(ROOT / "scripts" / "wavediff", source)  # an install leaves a build folder behind
    done = subprocess.run([str(here / "venv/bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(source)],
                          capture_output=True, text=True)
    return None if done.returncode == 0 else "pip: " + (done.stderr.strip().splitlines() or ["failed"])[-1]


def check_files(out):
    answer = json.loads((out / "answer.json").read_text())
    block = next(block for block in answer["blocks"] if block["name"] == answer["likely_cause"])
    expect(answer["likely_cause"] == "gsat 1.2" and block["first"]["cycle_a"] == 258 and not answer["equal"], "the answer as JSON")
    suite = xml.etree.ElementTree.parse(out / "junit.xml").getroot().find("testsuite")
    failed = [case.get("name") for case in suite.findall("testcase") if case.find("failure") is not None]
    expect(failed == ["gsat 1.2"] and len(suite.findall("testcase")) == int(suite.get("tests")) == 26, f"JUnit XML: {failed}")
    save = (out / "first.gtkw").read_text()
    markers = re.search(r"^\*-?[\d.]+ (\d+) (\d+) (-1 ?){25}$", save, re.M)
    expect(markers is not None and markers[1] == markers[2] == "322500", "both markers of GTKWave stand at the divergence")
    declared = {}
    scope = []
    for line in (out / "first.vcd").read_text().splitlines():
        words = line.split()
        if line.startswith("$scope"):
            scope.append(words[2])
        elif line.startswith("$upscope"):
            scope.pop()
        elif line.startswith("$var"):
            declared[".".join([*scope, words[4]]) + (words[5] if words[5] != "$end" else "")] = words[3]
    shown = [line for line in save.splitlines() if re.match(r"[a-z]\w*\.", line)]
    expect(len(shown) == 13 and set(shown) == set(declared), f"its signals are those of first.vcd: {len(shown)}")
    for letter, name, at in (("a", "model", "322500"), ("b", "faulty", "5270")):
        text = (out / f"first.{letter}.gtkw").read_text()
        expect(f'[dumpfile] "{(out / name).resolve()}.vcd"' in text and f" {at} {at} -1" in text, f"and first.{letter}.gtkw opens {name}.vcd")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--installed", action="store_true")
    options = parser.parse_args()
    binary = pathlib.Path(options.pade_sim).resolve()
    if not options.installed and importlib.util.find_spec("yaml") is None:
        print("skipped: PyYAML is not installed (Debian: python3-yaml)")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="pade-wavediff-") as scratch:
        here = pathlib.Path(scratch)
        (here / "build").symlink_to(binary.parent)
        for name in ("traces", "docs"):
            (here / name).symlink_to(ROOT / name)
        if options.installed:
            problem = install(here)
            if problem:
                print(f"skipped: {problem}")
                return SKIPPED
            (here / "scripts").mkdir()
            (here / "scripts" / "wavediff.py").symlink_to(here / "venv/bin/wavediff")
        else:
            (here / "scripts").symlink_to(ROOT / "scripts")
        (here / "bin").mkdir()
        (here / "bin" / "python3").symlink_to(sys.executable)
        path = f"{here / 'bin'}:{os.environ['PATH']}"
        ran = 0
        for body, wanted in blocks():
            ran += 1
            printed = ""
            for command in body.splitlines():
                done = subprocess.run(["bash", "-c", command], cwd=here, capture_output=True, text=True, env={**os.environ, "PATH": path})
                expect(done.returncode == 0 and not done.stderr, f"{command[:110]} {done.stderr.strip()[:300]}")
                printed += done.stdout
            if wanted is not None:
                expect(printed == wanted, "prints what the document says" + ("" if printed == wanted else f", but:\n{printed}"))
        expect(ran >= 5, f"{ran} blocks of commands")
        check_files(here / "out")
        python = str(here / "venv/bin/python") if options.installed else sys.executable
        maps = sorted((ROOT / "docs/examples/wavediff").glob("*.yaml"))
        for path in maps:  # those for which there is no waveform here
            done = subprocess.run([python, "-B", "-c", "import pathlib, sys; sys.path.insert(0, sys.argv[1]); from wavedifflib import mapfile; "
                                   "mapfile.read_map(pathlib.Path(sys.argv[2]))", str(ROOT / "scripts/wavediff"), str(path)],
                                  capture_output=True, text=True)
            expect(done.returncode == 0, f"{path.name} is a map {done.stderr[-200:]}")
        expect(len(maps) >= 4, f"{len(maps)} maps")
        if options.installed:
            done = subprocess.run([str(here / "venv/bin/wavediff"), "--manual"], capture_output=True, text=True)
            expect(done.stdout.startswith(".TH WAVEDIFF 1"), "the installed program prints its manual page")
    print(f"{failures} failures" if failures else "all hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
