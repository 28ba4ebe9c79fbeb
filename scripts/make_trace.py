#!/usr/bin/env python3
"""Makes a trace set from your own q, k and v, checks it, and says what the guard's rule alone does with it.

  scripts/make_trace.py --q q.npy --k k.npy --v v.npy --phase prefill --out my-set
  scripts/make_trace.py --synthetic heads=2,kv_heads=1,queries=16,keys=100,d=80,seed=1 --phase decode --out my-set

q is [heads, queries, head_dim], k and v are [kv_heads, keys, head_dim]; with one head, two dimensions do. Query head h reads KV
head h / (heads / kv_heads). Values are those after any rotary embedding and before the softmax scale. float16, float32 and float64
are quantised to INT8, symmetric, one scale a tensor and head; int8 is taken as it is and needs its scale.
docs/trace-format.md describes what is written.

The figures printed at the end (mean over heads) come from the guard's rule in head-tail order with no clock; the machine lands near
them. "oracle" knows the final threshold from the start: no machine with this rule takes fewer planes.

Exit code 0: the set is there and valid; 2: bad input, one line says what, and nothing is left behind.
"""
from __future__ import annotations

import json
import math
import pathlib
import subprocess

from tracelib.arrays import SYNTHETIC, Tensor, check_together, load_tensor, synthetic
from tracelib.cli import InputError, Parser, find_pade_sim, one_line, run_main
from tracelib.quantise import before_text, quantise_kv, quantise_q
from tracelib.trace_set import MOST_OFFSET, Description, TraceSet, new_folder, read_set, write_set
from tracelib.value_rule import value_rule, visible_keys


def parse():
    parser = Parser(description=__doc__)
    for name in ("q", "k", "v"):
        parser.add_argument(f"--{name}", metavar="FILE", help=f"{name} as an NPY file")
    parser.add_argument("--synthetic", metavar="KEY=VALUE,...", help="normal random numbers instead of files; keys and defaults: "
                        + ", ".join(f"{k}={v}" for k, v in SYNTHETIC.items())
                        + " (peaked: standard deviation of the logits; bias: of a constant per channel of K)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the set; made, and only there when it is complete")
    parser.add_argument("--force", action="store_true", help="replace a trace set at --out")
    parser.add_argument("--name", help="shown in reports (default: the name of the folder)")
    parser.add_argument("--layer", type=int, default=0, help="number of the layer in the model (default 0)")
    parser.add_argument("--phase", choices=("prefill", "decode"), default="prefill",
                        help="decode: each query is one decode step of its own (default prefill)")
    mask = parser.add_mutually_exclusive_group()
    mask.add_argument("--causal", action="store_true", help="query i sees key j when j <= i + offset (default)")
    mask.add_argument("--full", action="store_true", help="every query sees every key")
    parser.add_argument("--offset", type=int, help="of the causal mask (default: keys - queries)")
    for name in ("q", "k", "v"):
        parser.add_argument(f"--{name}-scale", metavar="S[,S...]", help=f"real value of one step of {name}, one or one a head; "
                            "needed for int8, else from the largest magnitude")
    parser.add_argument("--softmax-scale", "--logit-scale", type=float, dest="softmax_scale", metavar="S",
                        help="factor of q . k before the softmax (default: 1 / sqrt(head_dim))")
    parser.add_argument("--center-k", action="store_true",
                        help="subtract K's mean over the keys, per channel, before K is quantised; the softmax does not change")
    parser.add_argument("--channel-factors", action="store_true",
                        help="divide K by its largest magnitude per channel and multiply Q with it, before both are quantised")
    parser.add_argument("--calibration", metavar="FILE", help="K of another text, an NPY file [kv_heads, tokens, head_dim]: mean and "
                        "factors are taken from it instead of from K itself")
    parser.add_argument("--no-floats", action="store_true", help="leave the float32 values out; they cost four times the int8")
    parser.add_argument("--alpha", type=float, default=1.0, help="guard.alpha of the figures (default 1)")
    parser.add_argument("--golden-queries", metavar="A:B", help="figures of queries A to B-1 only (default: all)")
    parser.add_argument("--no-golden", action="store_true", help="leave the figures out")
    parser.add_argument("--pade-sim", metavar="BIN", help="program that checks the set (default: build/pade-sim if it is there)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    return parser.parse_args()


def tensors_of(args) -> tuple[Tensor, Tensor, Tensor]:
    given = [name for name in ("q", "k", "v") if getattr(args, name) is not None]
    if args.synthetic is not None:
        if given:
            raise InputError(f"--synthetic and --{given[0]} are given; one or the other is expected")
        q, k, v = synthetic(args.synthetic)
    else:
        if len(given) != 3:
            raise InputError("--q, --k and --v, or --synthetic, are expected")
        q, k, v = (load_tensor(name, getattr(args, name)) for name in ("q", "k", "v"))
    check_together(q, k, v)
    return q, k, v


def causal_offset_of(args, queries: int, keys: int) -> int | None:
    if args.full:
        if args.offset is not None:
            raise InputError(f"--offset: {args.offset} is given with --full, which has no mask")
        return None
    offset = keys - queries if args.offset is None else args.offset
    if not 0 <= offset <= MOST_OFFSET:
        raise InputError(f"--offset: is {offset}{' (keys - queries)' if args.offset is None else ''}; allowed are 0, so that every "
                         f"query sees a key, to {MOST_OFFSET}; --full is for no mask")
    return offset


def calibration_of(args, k: Tensor) -> Tensor | None:
    if args.calibration is None:
        return None
    if not (args.center_k or args.channel_factors):
        raise InputError("--calibration: is given without --center-k and --channel-factors, which would use it")
    calibration = load_tensor("calibration", args.calibration)
    if calibration.is_int8:
        raise InputError(f"--calibration: {args.calibration}: has dtype int8; K before it is quantised is expected")
    if calibration.data.shape[::2] != k.data.shape[::2]:
        heads, dim = calibration.data.shape[::2]
        raise InputError(f"--calibration: {args.calibration}: has {heads} heads of head_dim {dim}, and K {k.data.shape[0]} of "
                         f"{k.data.shape[2]}; they must be equal")
    return calibration


def golden_queries_of(text: str | None, queries: int) -> tuple[int, int]:
    if text is None:
        return 0, queries
    first, _, last = text.partition(":")
    if not (first.isdecimal() and last.isdecimal()) or not int(first) < int(last) <= queries:
        raise InputError(f"--golden-queries: {text}: A:B with 0 <= A < B <= {queries} is expected")
    return int(first), int(last)


def golden(trace: TraceSet, alpha: float, queries: tuple[int, int]) -> dict:
    first, last = queries
    visible = visible_keys(trace.manifest["queries"], trace.manifest["keys"], trace.causal_offset)[first:last]
    figures: dict = {"alpha": alpha, "radius": 5.0, "queries": [first, last]}
    for order in ("head_tail", "lockstep", "oracle"):
        heads = [value_rule(head.q[first:last], head.k, head.logit_scale, visible, alpha=alpha, order=order).figures()
                 for head in trace.heads]
        mean = {key: sum(head[key] for head in heads) / len(heads) for key in heads[0]}
        mean["lost_mass_max"] = max(head["lost_mass_max"] for head in heads)
        figures[order] = {"mean": mean, "heads": heads}
    return figures


def check_with(pade_sim: pathlib.Path, folder: pathlib.Path) -> str:
    done = subprocess.run([str(pade_sim), "check", "--trace", str(folder)], capture_output=True, text=True)
    if done.returncode != 0:
        raise InputError(f"{pade_sim} check refuses the set: {one_line(done.stderr) or f'exit code {done.returncode}'}")
    return one_line(done.stdout.splitlines()[0]).removeprefix("trace: ") if done.stdout else "valid"


def summary(out: str, manifest: dict, checked: str, figures: dict | None) -> str:
    mask = f"causal offset {manifest['causal_offset']}" if manifest["causal"] else "no mask"
    kind = " (SYNTHETIC trace)" if manifest.get("synthetic") else ""
    lines = [f"set      {out}: {manifest['name']}{kind}, {manifest['phase']}, {mask}, {manifest['heads']} heads on "
             f"{manifest['kv_heads']} KV heads, {manifest['queries']} queries, {manifest['keys']} keys, "
             f"head_dim {manifest['head_dim']}", f"check    {checked}"]
    if figures is not None:
        lines.append(f"golden   alpha {figures['alpha']:g}, radius {figures['radius']:g}, queries "
                     f"{figures['queries'][0]}:{figures['queries'][1]}, value rule alone, mean over heads")
        for order, name in (("head_tail", "head-tail"), ("oracle", "oracle")):
            f = figures[order]["mean"]
            lines.append(f"  {name:<10} {f['planes_per_pair']:.3f} planes a pair, {100 * f['retained_fraction']:.2f} % retained, "
                         f"softmax mass lost {f['lost_mass_mean']:.3g} mean, {f['lost_mass_max']:.3g} worst")
    return "\n".join(lines)


def main() -> int:
    args = parse()
    out = pathlib.Path(args.out)
    if not out.absolute().name:
        raise InputError(f"--out: {args.out}: cannot be used: it must lie in another folder")
    pade_sim = find_pade_sim(args.pade_sim)
    if not 0 <= args.alpha <= 100:
        raise InputError(f"--alpha: is {args.alpha}; allowed are 0 to 100")
    if not 0 <= args.layer <= MOST_OFFSET:
        raise InputError(f"--layer: is {args.layer}; allowed are 0 to {MOST_OFFSET}")
    q, k, v = tensors_of(args)
    heads, queries, dim = q.data.shape
    softmax_scale = 1 / math.sqrt(dim) if args.softmax_scale is None else args.softmax_scale
    if not 0 < softmax_scale < math.inf:
        raise InputError(f"--softmax-scale: is {softmax_scale}; it must be finite and greater than 0")
    offset = causal_offset_of(args, queries, k.data.shape[1])
    chosen = golden_queries_of(args.golden_queries, queries)

    calibration = calibration_of(args, k)
    kv = quantise_kv(k, v, args.k_scale, args.v_scale, args.center_k, args.channel_factors,
                     None if calibration is None else calibration.data)
    q_heads = quantise_q(q, kv, args.q_scale)
    originals = None
    if not args.no_floats and not any(tensor.is_int8 for tensor in (q, k, v)):
        originals = {tensor.name: tensor.data for tensor in (q, k, v)}
    source = {"made_by": "scripts/make_trace.py", **(q.origin if args.synthetic is not None else
                                                    {"inputs": {tensor.name: tensor.origin for tensor in (q, k, v)}})}
    what = Description(args.name or out.absolute().name, args.phase, offset, softmax_scale, args.layer, source,
                       before_text(args.center_k, args.channel_factors,
                                   None if calibration is None else f"a calibration text ({calibration.origin['file']}, sha256 "
                                   f"{calibration.origin['sha256'][:16]})"),
                       synthetic=args.synthetic is not None)
    inputs = [] if args.synthetic is not None else [pathlib.Path(getattr(args, name)) for name in ("q", "k", "v")]
    inputs += [pathlib.Path(args.calibration)] if args.calibration is not None else []
    with new_folder(out, args.force, inputs) as folder:
        write_set(folder, what, q_heads, kv, originals)
        trace = read_set(folder)
        checked = check_with(pade_sim, folder) if pade_sim else "files read back; build/pade-sim is not there: not asked"
        figures = None if args.no_golden else golden(trace, args.alpha, chosen)
    if args.json:
        print(json.dumps({"set": args.out, "check": checked, "golden": figures}, indent=2))
    else:
        print(summary(args.out, trace.manifest, checked, figures))
    return 0


if __name__ == "__main__":
    run_main(main)
