#!/usr/bin/env python3
"""Runs every command of docs/tutorial.md, in order, in a folder that looks like a checkout:

  check_tutorial.py --pade-sim BIN
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

from check_set import ROOT


def commands():
    text = (ROOT / "docs" / "tutorial.md").read_text()
    for block in re.findall(r"^```sh\n(.*?)^```", text, flags=re.S | re.M):
        yield from (line for line in block.splitlines() if line.strip())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    binary = pathlib.Path(parser.parse_args().pade_sim).resolve()
    failures = ran = 0
    with tempfile.TemporaryDirectory(prefix="pade-tutorial-") as scratch:
        here = pathlib.Path(scratch)
        (here / "out").mkdir()
        (here / "build").symlink_to(binary.parent)
        for name in ("traces", "scripts", "docs"):
            (here / name).symlink_to(ROOT / name)
        for command in commands():
            ran += 1
            done = subprocess.run(["bash", "-c", command], cwd=here, capture_output=True, text=True)
            print(f"  {'ok  ' if done.returncode == 0 else 'FAIL'}  {command}")
            if done.returncode != 0:
                failures += 1
                print(f"    exit code {done.returncode}\n{done.stdout}{done.stderr}")
        # What the text says of the results.
        same = subprocess.run([str(binary), "diff", "out/base", "out/again"], cwd=here, capture_output=True, text=True).stdout
        if "output.npy the same" not in same or "largest effect" in same:
            failures += 1
            print(f"  FAIL  out/base and out/again differ:\n{same}")
    if ran < 15:
        failures += 1
        print(f"  FAIL  only {ran} commands were found")
    print(f"{ran} commands, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
