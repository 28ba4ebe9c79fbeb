"""wavediff A B --map MAP: does waveform B do what waveform A does, and where does it first not?"""
from __future__ import annotations

import argparse
import pathlib
import sys
from typing import NoReturn

from . import __version__
from .errors import InputError, Parser, run_main

ABOUT = """Compares two waveforms (VCD, FST, GHW) signal by signal, at the edges of a clock on each side, as a map says, and
names the first divergence: block, signal, cycle, time and values on both sides.

  wavediff A B --map MAP          compares
  wavediff A B --suggest          prints a first map, made by similarity of names
  wavediff A --list               prints scopes and signals

Exit code 0: equal; 1: different; 2: bad input, one line says what."""


def parser() -> Parser:
    result = Parser(prog="wavediff", description=ABOUT)
    result.add_argument("a", type=pathlib.Path, metavar="A", help="waveform that is right, such as the model's")
    result.add_argument("b", type=pathlib.Path, metavar="B", nargs="?", help="waveform that is held against it")
    result.add_argument("--map", type=pathlib.Path, metavar="FILE", help="which signals belong together, YAML or JSON")
    result.add_argument("--align", action="store_true", help="find the offset of every group that is compared by cycle, not only of "
                        "those with offset: auto")
    result.add_argument("--align-reach", type=int, default=64, metavar="N", help="largest offset that is tried, in cycles (64)")
    result.add_argument("--align-cycles", type=int, default=20000, metavar="N", help="cycles that are looked at for it (20000)")
    result.add_argument("--window", type=int, default=4, metavar="N", help="cycles shown before and behind a divergence (4)")
    result.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the answer as JSON")
    result.add_argument("--junit", type=pathlib.Path, metavar="FILE", help="write it as JUnit XML, a case a block")
    result.add_argument("--gtkwave", type=pathlib.Path, metavar="PREFIX", help="write PREFIX.gtkw and PREFIX.vcd, both sides around the "
                        "first divergence, and PREFIX.a.gtkw, PREFIX.b.gtkw for the whole files")
    result.add_argument("--brief", action="store_true", help="the first lines of the answer only")
    result.add_argument("--suggest", action="store_true", help="print a map to begin with, instead of comparing")
    result.add_argument("--out", type=pathlib.Path, metavar="FILE", help="with --suggest: write the map there")
    result.add_argument("--list", action="store_true", help="print scopes and signals of A")
    result.add_argument("--reader", choices=("auto", "own", "wellen"), default="auto",
                        help="own reads VCD, wellen (pywellen) all formats; auto: own for VCD")
    result.add_argument("--one-process", action="store_true", help="read VCD in this process: slower, for debuggers and small machines")
    result.add_argument("--no-progress", action="store_true", help="no progress bar, even on a terminal")
    result.add_argument("--manual", action=_Manual, help="print the manual page (roff)")
    result.add_argument("--version", action="version", version=f"wavediff {__version__}")
    return result


class _Manual(argparse.Action):
    def __init__(self, **options) -> None:
        super().__init__(nargs=0, **options)

    def __call__(self, parser, namespace, values, option_string=None) -> NoReturn:
        from .manual import manual
        print(manual(parser), end="")
        sys.exit(0)


def _check(args: argparse.Namespace) -> None:
    if args.list + args.suggest + (args.map is not None) != 1:
        raise InputError("needs one of --map, --suggest, --list; allowed: wavediff A B --map MAP, wavediff A B --suggest, wavediff A --list")
    if (args.b is None) != args.list:
        raise InputError(f"{'one waveform' if args.b is None else 'two waveforms'} with {'--list' if args.list else '--map or --suggest'}; "
                         "allowed: A with --list, A and B else")
    for name, low, high in (("align_reach", 0, 100000), ("align_cycles", 1, 1 << 30), ("window", 0, 1000)):
        value = getattr(args, name)
        if not low <= value <= high:
            raise InputError(f"--{name.replace('_', '-')}: is {value}; allowed: {low} to {high}")
    if args.out is not None and not args.suggest:
        raise InputError("--out without --suggest; allowed: --json, --junit, --gtkwave for the answer")
    for name in ("json", "junit", "gtkwave", "out"):
        path = getattr(args, name)
        if path is not None and not path.parent.is_dir():
            raise InputError(f"--{name}: {path}: the folder {path.parent} is not there; allowed: one that is")


def _list(path: pathlib.Path, reader: str) -> int:
    from .wave import open_wave
    wave = open_wave(path, reader)
    print(f"{path}: {wave.format}, tick {wave.tick_fs} fs, {len(wave.scopes)} scopes, {len(wave.vars)} signals")
    for name, var in wave.vars.items():
        print(f"{name} {var.width if var.kind == 'bits' else var.kind}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    _check(args)
    if args.list:
        return _list(args.a, args.reader)
    from .mapfile import read_map
    from .wave import open_wave
    mapped = read_map(args.map) if args.map is not None else None
    waves = open_wave(args.a, args.reader), open_wave(args.b, args.reader)
    if mapped is None:
        from .suggest import suggest
        text = suggest(*waves)
        if args.out is None:
            print(text, end="")
        else:
            from .report import write_file
            write_file(args.out, text)
        return 0

    from .align import align
    from .engine import Options, compare
    from .plan import make_plan
    from .report import as_junit, findings, write_file, write_json, write_text
    plan = make_plan(mapped, waves)
    options = Options(not args.one_process, not args.no_progress, args.window)
    alignments = align(plan, args.align_reach, args.align_cycles, options, args.align)
    offsets = [block.offset or 0 for block in plan.blocks]
    for alignment in alignments:
        offsets[alignment.block] = alignment.offset
    result = compare(plan, offsets, options)
    result.alignments = alignments
    for block, outcome in zip(plan.blocks, result.blocks):
        if outcome.compared == 0 and not outcome.differs and outcome.unit == "cycles":
            raise InputError(f"{args.map}: {plan.map.groups[block.group].where}: {block.name}: no cycle to compare ({result.cycles[block.clock][0]} "
                             f"on side a, {result.cycles[block.clock][1]} on side b); allowed: clocks with common cycles behind reset and warm-up")
    found = findings(plan, result, options)
    if args.json:
        write_json(args.json, plan, result, found)
    if args.junit:
        write_file(args.junit, as_junit(plan, result, found))
    write_text(plan, result, found, print, args.brief)
    if args.gtkwave and found:
        from .gtkwave import write_gtkwave
        for line in write_gtkwave(args.gtkwave, plan, result, found):
            print(f"look: {line}")
    return 1 if found or result.too_long else 0


def entry() -> NoReturn:
    run_main("wavediff", main)
