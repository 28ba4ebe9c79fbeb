#!/usr/bin/env python3
"""Measures a CUDA device and writes the table that pade-sim gpu --table takes in place of the built-in one of an H100.

  scripts/measure_gpu.py --out my_gpu.json
  scripts/measure_gpu.py --dry-run
  build/pade-sim gpu --table my_gpu.json --keys 2048 --heads 32

Time of attention (PyTorch's scaled_dot_product_attention, FP16) at the shapes of the built-in table, of a decode, the bandwidth of
a copy, and by nvidia-smi the power when idle and under attention. Peaks and die area cannot be measured: of other GPUs than an H100
SXM5 they must be given. docs/gpu.md says what each figure is for. Needs PyTorch 2 and a CUDA device that nobody else uses.

Exit code 0: the table is there and valid; 2: bad input, or no device; one line says what, and nothing is left behind.
"""
from __future__ import annotations

import json
import math
import os
import pathlib
import subprocess
import sys

from gpulib.plan import DECODE_LENGTHS, HEAD_DIMS, LENGTHS, POWER_BATCHES, decode_call, power_call, prefill_call
from gpulib.table import measured_table
from gpulib.torch_backend import TorchBackend
from tracelib.cli import ROOT, InputError, Parser, find_pade_sim, one_line, run_main

BASE = ROOT / "model" / "gpu" / "h100_sxm5.json"


def parse():
    parser = Parser(description=__doc__)
    parser.add_argument("--out", metavar="FILE", help="the table; only there when it is complete")
    parser.add_argument("--force", action="store_true", help="replace a file at --out")
    parser.add_argument("--dry-run", action="store_true", help="print what would be measured, and measure nothing")
    parser.add_argument("--device", type=int, default=0, metavar="N", help="CUDA device (default 0)")
    parser.add_argument("--repeats", type=int, default=20, metavar="N", help="of each time, the median counts (default 20)")
    parser.add_argument("--seconds", type=float, default=10, metavar="S", help="of each measurement of power (default 10)")
    parser.add_argument("--peak-fp16", type=float, metavar="TFLOP/S", help="the data sheet's, dense")
    parser.add_argument("--peak-fp8", type=float, metavar="TFLOP/S", help="the data sheet's, dense; of INT8 if there is no FP8")
    parser.add_argument("--die-area", type=float, metavar="MM2", help="of the GPU's die")
    parser.add_argument("--pade-sim", metavar="BIN", help="program that checks the table (default: build/pade-sim if it is there)")
    return parser.parse_args()


def print_plan() -> None:
    print("idle power, power limit, multiprocessors")
    for head_dim in HEAD_DIMS:
        for causal in (False, True):
            for keys in LENGTHS:
                print(f"prefill  {prefill_call(keys, head_dim, causal).text()}")
    print("bandwidth of a copy")
    for keys in DECODE_LENGTHS:
        print(f"decode   {decode_call(keys).text()}")
    for batch in POWER_BATCHES:
        print(f"power    {power_call(batch).text()}")


def check_out(given: str | None, force: bool) -> pathlib.Path:
    if not given:
        raise InputError("--out: is not given; allowed: a file for the table, or --dry-run")
    out = pathlib.Path(given)
    if out.is_dir() or (out.exists() and not out.is_file()):
        raise InputError(f"--out: {given}: is no file; allowed: a new name, or a file with --force")
    if out.exists() and not force:
        raise InputError(f"--out: {given}: is there already; allowed: a new name, or --force")
    if not out.absolute().parent.is_dir():
        raise InputError(f"--out: {given}: its folder is not there; allowed: a folder that is")
    return out


def write_table(out: pathlib.Path, table: dict, pade_sim: pathlib.Path | None) -> None:
    """There whole and valid, or not at all."""
    partial = out.with_name(out.name + ".partial")
    try:
        partial.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
        if pade_sim is not None:
            done = subprocess.run([str(pade_sim), "gpu", "--table", str(partial)], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise InputError(f"{pade_sim} refuses what was measured: {one_line(done.stderr)}")
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)


def say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def main() -> int:
    args = parse()
    if args.dry_run:
        print_plan()
        return 0
    out = check_out(args.out, args.force)
    if args.repeats < 1:
        raise InputError(f"--repeats: is {args.repeats}; allowed: whole numbers from 1")
    if not 0 < args.seconds <= 600:
        raise InputError(f"--seconds: is {args.seconds}; allowed: above 0, up to 600")
    given = {"peak_fp16": args.peak_fp16, "peak_fp8": args.peak_fp8, "die_area": args.die_area}
    for name, value in given.items():
        if value is not None and not (math.isfinite(value) and value > 0):
            raise InputError(f"--{name.replace('_', '-')}: is {value}; allowed: finite numbers above 0")
    pade_sim = find_pade_sim(args.pade_sim)
    backend = TorchBackend(args.device, args.repeats, args.seconds)
    table = measured_table(backend, json.loads(BASE.read_text(encoding="utf-8")), given, say)
    say("")
    write_table(out, table, pade_sim)
    checked = "" if pade_sim is not None else " (not checked: build/pade-sim is not there)"
    print(f"{args.out}: {table['name']}{checked}")
    return 0


if __name__ == "__main__":
    run_main(main)
