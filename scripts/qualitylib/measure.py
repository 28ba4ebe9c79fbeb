"""measure: runs a model with replaced attention and adds what it says to a file."""
from __future__ import annotations

import argparse
import dataclasses
import pathlib
import sys
import time
from typing import Any

import numpy as np

from tracelib.cli import InputError

from . import records, tasks
from .attention import Counts, LayerCalibration, Setting, attention, calibrate, load_numeric, setting

SETTINGS = "fp32,int8,1.4,1.2,1,0.8,0.6,0.5,0.4"
LINE_CONTEXT = 64  # tokens before the first line that is to be completed


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, metavar="DIR", help="a causal model that transformers can load")
    parser.add_argument("--name", help="how results call it (default: the folder's name)")
    parser.add_argument("--text", action="append", required=True, metavar="NAME=FILE", dest="texts", help="UTF-8")
    parser.add_argument("--task", choices=("text", "needle"), default="text")
    parser.add_argument("--tokens", type=int, default=1024, help="tokens of a sequence (default: %(default)s)")
    parser.add_argument("--first", default="0", metavar="N,N,...", help="first token of each span; needle: also its seed")
    parser.add_argument("--settings", default=SETTINGS, metavar="S,S,...", help="default: %(default)s")
    parser.add_argument("--calibration", metavar="NAME=FILE", help="mean, factors and scales from the first --calibration-tokens "
                        "tokens of this text, not from the sequence itself")
    parser.add_argument("--calibration-tokens", type=int, default=1024, metavar="N")
    parser.add_argument("--results", required=True, metavar="FILE", help="made if needed, else added to")
    parser.add_argument("--package", metavar="DIR", help="folder of the Python package pade (default: build/python)")


def named_text(option: str, given: str) -> tuple[str, str]:
    name, equals, path = given.partition("=")
    if not equals or not name or not path:
        raise InputError(f"{option}: {given}: NAME=FILE is expected")
    try:
        return name, pathlib.Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{option}: {path}: is no UTF-8 text") from None


def whole_numbers(option: str, text: str) -> list[int]:
    if not all(item.isdecimal() for item in text.split(",")):
        raise InputError(f"{option}: {text}: whole numbers from 0 on, separated by commas, are expected")
    return [int(item) for item in text.split(",")]


class Bench:
    """A model, and what is asked of it."""

    def __init__(self, args: argparse.Namespace):
        self.numeric = load_numeric(args.package)
        from .model import Model
        self.model = Model(args.model)
        self.tokenizer = self.model.tokenizer
        self.calibration: dict[int, LayerCalibration] | None = None

    def calibrate_on(self, name: str, text: str, tokens: int) -> None:
        """Keeps what each layer saw of this text, with the model's own attention."""
        ids = tasks.span(tasks.encode(self.tokenizer, text), name, 0, tokens)
        found: dict[int, LayerCalibration] = {}

        def compute(layer: int, q: np.ndarray, k: np.ndarray, v: np.ndarray, *_: Any) -> None:
            found[layer] = calibrate(q, k, v)

        self.model.predictions(ids, len(ids) - 2, compute)
        self.calibration = found

    def ask(self, ids: list[int], first: int, how: Setting) -> dict[str, Any]:
        counts = Counts()
        begin = time.monotonic()

        def compute(layer: int, q: np.ndarray, k: np.ndarray, v: np.ndarray, scale: float, offset: int | None) -> np.ndarray:
            known = self.calibration[layer] if self.calibration is not None else None
            return attention(self.numeric, q, k, v, scale, how, known, counts, offset)

        nll, top = self.model.predictions(ids, first, compute if how.int8 else None)
        if not np.isfinite(nll).all():
            raise InputError(f"--model: gives no finite likelihood with setting {how.name}")
        return {**dataclasses.asdict(counts), "seconds": round(time.monotonic() - begin, 1),
                "nll": [round(float(x), 5) for x in nll], "top": top.tolist()}


def sequence(bench: Bench, task: str, name: str, text: str, first: int, tokens: int) -> tuple[list[int], int, dict[str, Any]]:
    """Token ids, the first prediction that is wanted, and what a record says of them."""
    whole = tasks.encode(bench.tokenizer, text)
    if task == "text":
        ids = tasks.span(whole, name, first, tokens)
        return ids, 0, {"lines": tasks.lines(bench.tokenizer, ids, LINE_CONTEXT), "ids": ids[1:]}
    ids, found = tasks.needles(bench.tokenizer, whole[first:], name, tokens, first)
    start = min(needle.first for needle in found)
    return ids, start, {"needles": [[n.first - start, n.last - start, n.distance] for n in found], "ids": ids[start + 1:]}


def main(args: argparse.Namespace) -> int:
    settings = [setting(item) for item in args.settings.split(",")]
    texts = [named_text("--text", given) for given in args.texts]
    calibration = named_text("--calibration", args.calibration) if args.calibration else None
    firsts = whole_numbers("--first", args.first)
    if args.tokens < 2 or args.calibration_tokens < 2:
        raise InputError(f"--tokens, --calibration-tokens: {args.tokens}, {args.calibration_tokens}: at least 2 are expected")
    results = pathlib.Path(args.results)
    known = records.read([results]) if results.exists() else {}
    model = args.name or pathlib.Path(args.model).resolve().name
    shown = f"{calibration[0]} 0:{args.calibration_tokens}" if calibration else None
    # All settings of a sequence one after another: what was cut off has whole sequences to compare.
    todo = []
    for first in firsts:
        for name, text in texts:
            for how in settings:
                used = shown if how.int8 else None
                key = dict(zip(records.KEY, (model, args.task, name, first, args.tokens, how.name, used)))
                if records.key_of(key) not in known:
                    todo.append((key, text, how))
    if not todo:
        print("nothing to measure: all of it is there", file=sys.stderr)
        return 0
    bench = Bench(args)
    if calibration and any(how.int8 for _, _, how in todo):
        bench.calibrate_on(*calibration, args.calibration_tokens)
    for number, (key, text, how) in enumerate(todo, 1):
        ids, start, about = sequence(bench, args.task, key["text"], text, key["first"], args.tokens)
        found = bench.ask(ids, start, how)
        records.append(results, {**key, **about, **found})
        print(f"{number}/{len(todo)} {' '.join(str(key[name]) for name in records.KEY)}: perplexity "
              f"{float(np.exp(np.mean(found['nll']))):.4f}, {found['seconds']} s", file=sys.stderr)
    return 0
