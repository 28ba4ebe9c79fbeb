#!/usr/bin/env python3
"""Runs test_pe_lane.py on Icarus Verilog: run.py FOLDER [--rtl FOLDER] [--python FOLDER]

FOLDER: of one lane, from pade-sim run --record-rtl. Needs cocotb 1.9 (pip install -r requirements.txt) and the Python package pade: that
of the build (--python build/python) or python3-pade. Exit code 0: the test passes; 1: it fails; 77: cocotb or pade is not there.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile
import warnings
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=pathlib.Path)
    parser.add_argument("--rtl", type=pathlib.Path, default=HERE.parent)
    parser.add_argument("--python", type=pathlib.Path, help="folder with the package pade")
    args = parser.parse_args()
    if args.python:
        sys.path.insert(0, str(args.python.resolve()))
    try:
        warnings.simplefilter("ignore")
        from cocotb.runner import get_runner
        import pade.numeric  # noqa: F401
    except ImportError as error:
        print(f"skipped: {error}")
        return 77
    try:
        block = json.loads((args.records / "block.json").read_text())
        p = block["parameters"]
        if block["kind"] != "pe_lane" or p["verdict_latency"] != 1 or p["link_latency"] != 1 or not p["guard_enabled"]:
            raise ValueError(f"a {block['kind']}; allowed: a lane with latencies of 1 and the guard on")
    except (OSError, ValueError, KeyError) as error:
        print(f"error: {args.records / 'block.json'}: {error}", file=sys.stderr)
        return 2
    os.environ["PADE_RECORDS"] = str(args.records.resolve())
    # The simulator has a Python of its own, which finds what this one finds.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), *(entry for entry in sys.path if entry)])
    names = {"WORDS": "words", "KEY_BITS": "key_bits", "BIDIRECTIONAL": "bidirectional", "SCOREBOARD_ENTRIES": "scoreboard_entries",
             "FIFO_PLANES": "fifo_planes", "SCORE_CREDITS": "score_credits"}
    with tempfile.TemporaryDirectory(prefix="pade-cocotb-") as scratch:
        runner = get_runner("icarus")
        runner.build(verilog_sources=sorted(args.rtl.resolve().glob("*.sv")), hdl_toplevel="pe_lane", always=True, build_dir=scratch,
                     build_args=["-g2012"], parameters={name: int(p[key]) for name, key in names.items()}, timescale=("1ps", "1ps"))
        results = runner.test(hdl_toplevel="pe_lane", test_module="test_pe_lane", build_dir=scratch, test_dir=scratch)
        cases = list(xml.etree.ElementTree.parse(results).iter("testcase"))
        failed = sum(case.find("failure") is not None for case in cases)
    print(f"{len(cases)} tests, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
