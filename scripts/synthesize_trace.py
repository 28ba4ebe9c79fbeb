#!/usr/bin/env python3
"""Makes a decode set longer (or shorter) than any that was captured, from the measured statistics of one that was.

  scripts/synthesize_trace.py --fit traces/qwen2.5-coder-0.5b/l14-prefill-s2048-kjv --keys 1048576 --out long/l14-1m

First and last keys and the queries stay what was captured; the keys between them are drawn, with mean, covariance and runs of
tokens as measured at the same distance. docs/long-contexts.md says how, how near it comes and what it cannot get right. The set is
marked synthetic: statistics, summary and every table say so. The same arguments give the same bytes, and K and V are written as
they are drawn: a million keys take no more memory than a thousand.

Exit code 0: the set is there and valid; 2: bad input, one line says what, and nothing is left behind.
"""
from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Iterator

from tracelib.arrays import MOST_ROWS
from tracelib.cli import InputError, Parser, find_pade_sim, one_line, run_main
from tracelib.decode_set import write_decode_set
from tracelib.synthesis import SINK, SMOOTHING, generate, read_fit
from tracelib.trace_set import new_folder


def parse():
    parser = Parser(description=__doc__)
    parser.add_argument("--fit", required=True, metavar="SET", help="captured set of a decoder; of a prefill its last 8 queries are taken")
    parser.add_argument("--kv", type=int, default=0, metavar="N", help="which KV head of it, with its query heads (default 0)")
    parser.add_argument("--cut", type=int, metavar="TOKENS", help="fit to the first TOKENS tokens of a prefill alone")
    parser.add_argument("--keys", type=int, required=True, metavar="N", help="keys of the new set")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers (default 1)")
    parser.add_argument("--smoothing", type=float, default=SMOOTHING, metavar="H",
                        help=f"0: captured rows again; 1: normal numbers (default {SMOOTHING})")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the set; made, and only there when it is complete")
    parser.add_argument("--force", action="store_true", help="replace a trace set at --out")
    parser.add_argument("--name", help="shown in reports (default: the name of the folder)")
    parser.add_argument("--pade-sim", metavar="BIN", help="program that checks the set (default: build/pade-sim if it is there)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    return parser.parse_args()


def shown(chunks: Iterator, keys: int) -> Iterator:
    """With a progress line on a terminal."""
    done = 0
    for chunk in chunks:
        yield chunk
        done += len(chunk[0])
        if sys.stderr.isatty():
            print(f"\r{done} of {keys} keys", end="" if done < keys else "\n", file=sys.stderr, flush=True)


def main() -> int:
    args = parse()
    out = pathlib.Path(args.out)
    if not out.absolute().name:
        raise InputError(f"--out: {args.out}: cannot be used: it must lie in another folder")
    if args.seed < 0:
        raise InputError(f"--seed: is {args.seed}; it must not be negative")
    if not 0 <= args.smoothing <= 1:
        raise InputError(f"--smoothing: is {args.smoothing}; allowed are 0 to 1")
    pade_sim = find_pade_sim(args.pade_sim)
    fit = read_fit(pathlib.Path(args.fit), args.kv, args.cut)
    least = SINK + 2 * fit.tail
    if not least <= args.keys <= MOST_ROWS:
        raise InputError(f"--keys: is {args.keys}; allowed are {least} to {MOST_ROWS}")
    with new_folder(out, args.force, [pathlib.Path(args.fit)]) as folder:
        manifest = write_decode_set(folder, fit, args.name or out.absolute().name, args.keys,
                                    shown(generate(fit, args.keys, args.seed, args.smoothing), args.keys),
                                    {"seed": args.seed, "smoothing": args.smoothing})
        checked = "not asked: build/pade-sim is not there"
        if pade_sim is not None:
            done = subprocess.run([str(pade_sim), "check", "--trace", str(folder)], capture_output=True, text=True)
            if done.returncode != 0:
                raise InputError(f"{pade_sim} check refuses the set: {one_line(done.stderr)}")
            checked = one_line(done.stdout.splitlines()[0]).removeprefix("trace: ")
    if args.json:
        print(json.dumps({"set": args.out, "synthetic": True, "check": checked, "fitted_to": fit.name, "seed": args.seed}, indent=2))
    else:
        print(f"set      {args.out}: {manifest['name']} (SYNTHETIC trace), decode, {manifest['heads']} heads on 1 KV head, "
              f"{fit.steps} steps, {args.keys} keys, head_dim {manifest['head_dim']}\nfitted   {fit.name}, {len(fit.k)} keys, "
              f"seed {args.seed}\ncheck    {checked}")
    return 0


if __name__ == "__main__":
    run_main(main)
