#!/usr/bin/env python3
"""Waveforms of the RTL: check_rtl_waves.py --pade-sim BIN --check document|mutants|verilator

document   the commands of docs/rtl.md, "From zero to the first divergence", print what stands there, and the picture is drawn
mutants    three bugs of testbench/rtl/mutants.json: wavediff's likely cause is the block that has them
verilator  the maps fit Verilator's waveforms, too, and tell the same bug

Exit code 77: Icarus Verilog, Verilator or PyYAML is not there.
"""
import argparse
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from bench import Bench
from check_set import ROOT, SKIPPED, find_set

RTL = ROOT / "testbench" / "rtl"
SET = "use-lite/l0-prefill-s128-gpl3"
THREE = ("complement at four ones", "the block of an entry is not compared", "any bound becomes T")


def checkout(b):
    """A folder that looks like a checkout with a build."""
    here = b.scratch / "here"
    (here / "bin").mkdir(parents=True)
    (here / "bin" / "python3").symlink_to(sys.executable)
    (here / "build").symlink_to(pathlib.Path(b.binary).parent)
    for name in ("traces", "docs", "scripts", "testbench"):
        (here / name).symlink_to(ROOT / name)
    return here, {**os.environ, "PATH": f"{here / 'bin'}:{os.environ['PATH']}"}


def check_document(b):
    section = re.search(r"^## From zero to the first divergence\n(.*?)^## ", (ROOT / "docs" / "rtl.md").read_text(), re.M | re.S)[1]
    blocks = re.findall(r"^```(sh|text)\n(.*?)^```", section, re.M | re.S)
    here, environment = checkout(b)
    drawn = importlib.util.find_spec("matplotlib") is not None
    ran = 0
    for i, (kind, body) in enumerate(blocks):
        if kind != "sh":
            continue
        printed = ""
        for command in (line for line in body.splitlines() if not line.startswith("#")):
            ran += 1
            if "draw.py" in command and not drawn:
                print("  --    matplotlib is not there: the picture is not drawn")
                continue
            done = subprocess.run(["bash", "-c", command], cwd=here, capture_output=True, text=True, env=environment)
            b.expect(done.returncode == 0 and not done.stderr, f"{command[:110]} {done.stderr.strip()[:300]}")
            printed += done.stdout
        if i + 1 < len(blocks) and blocks[i + 1][0] == "text":
            b.expect(printed == blocks[i + 1][1], "prints what the document says" +
                     ("" if printed == blocks[i + 1][1] else f", but:\n{printed}"))
    b.expect(ran == 10, f"{ran} commands")
    if drawn:
        picture = here / "out" / "first.png"
        b.expect(picture.is_file() and picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n", "the picture is drawn")
    b.expect("](examples/rtl/first.png)" in section and (ROOT / "docs/examples/rtl/first.png").is_file(), "and the document has it")


def check_mutants(b):
    done = subprocess.run([sys.executable, str(ROOT / "scripts/rtl_mutants.py"), "--pade-sim", b.binary,
                           *(f"--only={name}" for name in THREE)], capture_output=True, text=True)
    print(done.stdout + done.stderr)
    b.expect(done.returncode == 0 and "3 of 3 bugs are found, 3 located in their block" in done.stdout, "three bugs are located")


def check_verilator(b):
    done = b.call("run", "--trace", str(find_set(SET)), "--queries", "0:16", "--out", "out", "--no-golden", "--record-rtl", "records",
                  "--wave-scope", "pade.pe_lane_0_0", "--wave-scope", "pade.guard_filter_0")
    b.expect(done.returncode == 0, f"recorded {done.stderr.strip()}")
    broken = b.scratch / "broken"
    shutil.copytree(RTL, broken)
    text = (broken / "pe_lane.sv").read_text()
    (broken / "pe_lane.sv").write_text(text.replace("plane_2 == 3'd0 ? earlier - weighted : ", ""))
    for block, kind, rtl, cause in (("pe_lane_0_0", "pe_lane", RTL, None), ("guard_filter_0", "guard_filter", RTL, None),
                                    ("pe_lane_0_0", "pe_lane", broken, "accumulate 0.0")):
        b.call("run", "--trace", str(find_set(SET)), "--queries", "0:16", "--out", "out", "--force", "--no-golden", "--wave",
               "model.vcd", "--wave-scope", "pade." + block)
        subprocess.run([sys.executable, str(ROOT / "scripts/replay_rtl.py"), "records", "--simulator", "verilator", "--block", block,
                        "--rtl", str(rtl), "--wave", "rtl.vcd", "--build", "build"], cwd=b.scratch, capture_output=True)
        done = subprocess.run([sys.executable, str(ROOT / "scripts/wavediff.py"), "model.vcd", "rtl.vcd", "--map",
                               str(RTL / f"{kind}.yaml"), "--brief"], cwd=b.scratch, capture_output=True, text=True)
        said = (done.stdout + done.stderr).splitlines()[0]
        b.expect(said.startswith(f"DIFFERENT: {cause}" if cause else "EQUAL") and done.returncode == (cause is not None),
                 f"Verilator, {block}, {rtl.name}: {said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--check", choices=("document", "mutants", "verilator"), required=True)
    args = parser.parse_args()
    tool = "verilator" if args.check == "verilator" else "iverilog"
    if shutil.which(tool) is None or importlib.util.find_spec("yaml") is None or find_set(SET) is None:
        print(f"{tool}, PyYAML or {SET} is not there: skipped")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="pade-") as scratch:
        b = Bench(args.pade_sim, scratch)
        {"document": check_document, "mutants": check_mutants, "verilator": check_verilator}[args.check](b)
        print(f"{b.failures} expectations failed")
        return 1 if b.failures else 0


if __name__ == "__main__":
    sys.exit(main())
