#!/usr/bin/env python3
"""The Python package: its arithmetic against NumPy written here, its reading against the files of real runs, and every example
of docs/python.md:

  check_python.py --pade-sim BIN --package DIR [--seed N]

DIR: the folder with the package pade; without it the check is skipped (no pybind11).
"""
import argparse
import doctest
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np

from check_set import ROOT, SKIPPED

failures = 0


def expect(holds, text):
    global failures
    if not holds:
        failures += 1
    print(("  ok    " if holds else "  FAIL  ") + text, flush=True)


def refuses(error, says, call, *arguments, **named):
    try:
        found = f"returned {call(*arguments, **named)!r}"
    except error as e:
        missing = [part for part in says if part not in str(e)]
        if not missing:
            return
        found = f"says {e}, not {missing}"
    except Exception as e:  # noqa: BLE001: the wrong one is what is looked for
        found = f"{type(e).__name__}: {e}"
    expect(False, f"{getattr(call, '__name__', call)} refuses: {found}")


def bits_of(words):
    """uint64 [...] to bool [..., 64], bit 0 first."""
    return (words[..., None] >> np.arange(64, dtype=np.uint64) & np.uint64(1)).astype(bool)


def check_planes(n, rng):
    for bits in range(4, 9):
        limit = 1 << (bits - 1)
        dims = int(rng.integers(1, 257))
        k8 = rng.integers(-128, 128, (11, dims), dtype=np.int8)
        k = n.quantise_key(k8, bits)
        wanted = np.clip(np.rint(k8 / 2 ** (8 - bits)), -limit, limit - 1)  # rint: half to even
        expect(k.dtype == np.int8 and (k == wanted).all(), f"quantise_key to {bits} bits")
        planes, weights = n.bit_planes(k, bits), n.plane_weights(bits)
        expect(planes.shape == (bits, 11, dims) and
               (planes == (k.astype(np.int64)[None] >> np.arange(bits - 1, -1, -1)[:, None, None] & 1)).all() and
               weights.tolist() == [-limit, *(limit >> r for r in range(1, bits))], f"bit_planes, plane_weights, {bits} bits")
        packed = n.pack_planes(k, bits)
        unpacked = bits_of(packed).reshape(11, bits, -1)
        expect((unpacked[:, :, :dims] == planes.transpose(1, 0, 2)).all() and not unpacked[:, :, dims:].any(),
               f"pack_planes, {dims} dims")

        q = rng.integers(-128, 128, (5, dims), dtype=np.int8)
        q[0] = -128
        wide, exact = q.astype(np.int64), q.astype(np.int64) @ k.T.astype(np.int64)
        scores = n.partial_scores(q, k, bits)
        lower, upper = n.intervals(q, bits)
        ok = scores.dtype == np.int32 and (scores[:, :, -1] == exact).all()
        for r in range(1, bits + 1):
            known = np.tensordot(weights[:r].astype(np.int64), planes[:r].astype(np.int64), 1)
            ok &= (n.known_value(k, r, bits) == known).all() and n.unknown_weight(r, bits) == (1 << (bits - r)) - 1
            ok &= (scores[:, :, r - 1] == wide @ known.T).all()
            # Reached by the key whose unknown bits are one where that helps.
            unknown = (1 << (bits - r)) - 1
            for sign, bound in ((wide > 0, upper), (wide < 0, lower)):
                extreme = (wide * (known[3] + unknown * sign)).sum(axis=1)
                ok &= (scores[:, 3, r - 1] + bound[:, r] == extreme).all()
        top, bottom = np.maximum(wide, 0).sum(1), np.minimum(wide, 0).sum(1)
        ok &= (upper[:, 0] == (limit - 1) * top - limit * bottom).all() and (lower[:, 0] == (limit - 1) * bottom - limit * top).all()
        expect(bool(ok), f"partial scores and intervals, {bits} bits, {dims} dims")
    refuses(ValueError, ["key_bits is 3", "4 to 8"], n.plane_weights, 3)
    refuses(ValueError, ["an element of k is 8", "-8 to 7"], n.bit_planes, np.full((1, 1), 8, np.int8), 4)
    refuses(ValueError, ["planes is 9", "0 to 8"], n.known_value, np.zeros(1, np.int8), 9)
    refuses(ValueError, ["k is int64 [2, 3]", "int8 [keys, dims]"], n.bit_planes, np.zeros((2, 3), np.int64))
    refuses(ValueError, ["k is int8 [3]", "int8 [keys, dims]"], n.pack_planes, np.zeros(3, np.int8))
    refuses(ValueError, ["k is list", "a NumPy array"], n.quantise_key, [1, 2], 8)
    refuses(ValueError, ["q is int8 [1, 257]", "1 to 256"], n.intervals, np.zeros((1, 257), np.int8))
    refuses(ValueError, ["q is int8 [1, 0]"], n.intervals, np.zeros((1, 0), np.int8))
    refuses(ValueError, ["k is int8 [2, 3]", "q has, 4"], n.partial_scores, np.zeros((1, 4), np.int8), np.zeros((2, 3), np.int8))
    view = np.zeros((8, 6), np.int8)[::2, ::3]
    expect(n.bit_planes(view).shape == (8, 4, 2), "an array with strides is taken")
    expect(n.bit_planes(np.zeros((0, 5), np.int8)).shape == (8, 0, 5), "no keys, no planes")


def check_guard(n, rng):
    ok = True
    for _ in range(200):
        alpha, radius, scale = rng.uniform(0, 3), rng.uniform(0, 20), 10 ** rng.uniform(-9, 1)
        ok &= n.guard_offset(alpha, radius, scale) == min(2**31 - 1, math.ceil(alpha * radius / scale))
        pruned = int(rng.integers(0, 100000))
        mass = pruned * math.exp(-alpha * radius)
        ok &= math.isclose(n.certified_lost_mass(pruned, alpha, radius), mass / (1 + mass), rel_tol=1e-12)
    guard, highest = n.Threshold(), None
    ok &= guard.value is None and guard.keeps(-2**40)
    for _ in range(300):
        bound, offset = int(rng.integers(-2**31, 2**31)), int(rng.integers(0, 2**31))
        rose = highest is None or bound - offset > highest
        ok &= guard.raise_to(bound, offset) == rose
        highest = bound - offset if rose else highest
        ok &= guard.value == highest and guard.keeps(highest) and not guard.keeps(highest - 1)
    expect(bool(ok), "guard offset, certified bound, threshold")
    refuses(ValueError, ["logit scale", "above 0"], n.guard_offset, 1, 1, 0)
    refuses(ValueError, ["alpha", "from 0 on"], n.guard_offset, -1, 1, 1)
    refuses(ValueError, ["pruned is -1"], n.certified_lost_mass, -1, 1, 1)
    refuses(ValueError, ["alpha or radius"], n.certified_lost_mass, 1, math.nan, 1)


def naive_walk(n, q, k, offset, bits, seen, tile, order):
    """Planes that each key takes, [keys], and which are retained, by the rule as docs/pade.md has it; one query."""
    scores, (lower, upper) = n.partial_scores(q[None], k, bits)[0], n.intervals(q[None], bits)
    planes, retained, best = np.zeros(len(k), int), np.zeros(len(k), bool), None
    tiles = [range(start, min(start + tile, seen)) for start in range(0, seen, tile)]
    while tiles:
        alive = list(tiles.pop(0))
        if order == "head_tail":
            tiles.reverse()
        for r in range(1, bits + 1):
            planes[alive] = r
            bounds = [int(scores[key, r - 1]) + int(lower[0, r]) for key in alive]
            best = max(bounds + ([] if best is None else [best])) if alive else best
            alive = [key for key in alive if int(scores[key, r - 1]) + int(upper[0, r]) >= best - offset]
        retained[alive] = True
    return planes, retained


def check_walk(n, rng):
    dropped = 0
    for order in ("head_tail", "sequential"):
        for bits in (8, int(rng.integers(4, 8))):
            dims, keys, queries = (int(x) for x in rng.integers((1, 60, 5), (130, 140, 9)))
            q = rng.integers(-128, 128, (queries, dims), dtype=np.int8)
            k = n.quantise_key(rng.integers(-128, 128, (keys, dims), dtype=np.int8), bits)
            v = rng.integers(-128, 128, (keys, 24), dtype=np.int8)
            exact = q.astype(int) @ k.T.astype(int)
            scale, past = 6 / exact.std(), int(rng.integers(0, keys))
            seen = np.minimum(np.arange(queries) + past + 1, keys)
            found = n.walk(q, k, v, logit_scale=scale, alpha=0.8, causal_offset=past, key_bits=bits, tile=16, order=order, v_scale=0.5,
                           pairs=True)
            naive = [naive_walk(n, q[i], k, math.ceil(4 / scale), bits, seen[i], 16, order) for i in range(queries)]
            ok = (found.planes == [planes for planes, _ in naive]).all() and (found.retained == [kept for _, kept in naive]).all()
            ok &= found.pairs == seen.sum() and found.planes_total == found.planes.sum()
            ok &= (found.retained_count == found.retained.sum(axis=1)).all()
            weights = np.where(found.retained, np.exp(scale * (exact - np.where(found.retained, exact, -2**40).max(1, keepdims=True))), 0)
            wanted = weights @ v / weights.sum(axis=1, keepdims=True) * 0.5
            error = np.linalg.norm(found.output - wanted, axis=1) / np.linalg.norm(wanted, axis=1)
            expect(bool(ok) and error.max() < 1e-3, f"walk, {order}, {bits} bits: planes, retained keys, output")
            dropped += found.pairs - found.retained.sum()
            few = n.walk(q, k, logit_scale=scale, alpha=0.8, causal_offset=past, key_bits=bits, tile=16, order=order)
            expect(few.planes is None and few.retained is None and few.output is None and few.planes_total == found.planes_total and
                   (few.retained_count == found.retained_count).all(), "and the same without the arrays")
            ends, line = (n.walk(q, k, v, logit_scale=scale, alpha=0.8, causal_offset=past, key_bits=bits, recheck=recheck, pairs=True)
                          for recheck in ("end", "line"))
            expect(bool((ends.retained == line.retained).all() and (ends.output == line.output).all() and
                        (ends.retained <= found.retained).all()) and line.planes_total == 0, "at the line, both ways")
            dense = n.walk(q, k, logit_scale=scale, guard=False, key_bits=bits, pairs=True)
            expect(bool(dense.retained.all() and (dense.planes == bits).all()) and dense.pairs == queries * keys, "guard off: all")
    expect(dropped > 100, f"{dropped} keys were dropped")
    q, k = np.ones((2, 4), np.int8), np.ones((3, 4), np.int8)
    expect(n.walk(q, k[:0], k[:0], logit_scale=1).output.tolist() == np.zeros((2, 4)).tolist(), "no keys: zeros")
    refuses(ValueError, ["q has, 4"], n.walk, q, np.ones((3, 5), np.int8), logit_scale=1)
    refuses(ValueError, ["v is int8 [2, 4]", "3"], n.walk, q, k, k[:2], logit_scale=1)
    refuses(ValueError, ["v is float64"], n.walk, q, k, np.ones((3, 4)), logit_scale=1)
    refuses(ValueError, ["order is 'random'"], n.walk, q, k, logit_scale=1, order="random")
    refuses(ValueError, ["recheck is 'off'"], n.walk, q, k, logit_scale=1, recheck="off")
    refuses(ValueError, ["tile is 0"], n.walk, q, k, logit_scale=1, tile=0)
    refuses(ValueError, ["key_bits is 9"], n.walk, q, k, logit_scale=1, key_bits=9)
    refuses(ValueError, ["p_bits is 7"], n.walk, q, k, k, logit_scale=1, p_bits=7)
    refuses(ValueError, ["causal_offset is -1"], n.walk, q, k, logit_scale=1, causal_offset=-1)
    refuses(ValueError, ["logit scale"], n.walk, q, k, logit_scale=0)
    refuses(ValueError, ["alpha"], n.walk, q, k, logit_scale=1, alpha=-1)
    refuses(ValueError, ["an element of k is 9"], n.walk, q, np.full((3, 4), 9, np.int8), logit_scale=1, key_bits=4)


def check_selection(n, rng):
    words = rng.integers(0, 2**64, (50, 4), dtype=np.uint64)
    words &= rng.integers(0, 2**64, (50, 4), dtype=np.uint64) | np.uint64(0 if rng.integers(2) else 2**64 - 1)
    ok = True
    for dims in (64, int(rng.integers(1, 64))):
        present = (np.arange(64) < dims).reshape(8, 8)
        ones = (bits_of(words).reshape(50, 4, 8, 8) & present).sum(-1)
        zeros = present.sum(-1) - ones
        for bidirectional, active in ((True, np.minimum(ones, zeros)), (False, ones)):
            selected, cycles = n.select_word(words, bidirectional, dims)
            ok &= selected.shape == words.shape and (selected == active.sum(-1)).all()
            ok &= (cycles == np.where((active > 4).any(-1), 2, 1)).all()
        q = rng.integers(-128, 128, dims, dtype=np.int8)
        for word in words[:, 0]:
            ok &= n.selected_sum(int(word), q) == int(q.astype(int)[bits_of(word)[:dims]].sum())
    for bits in range(256):
        complemented, positions, selectors = n.select_group(bits)
        set_ones = [i for i in range(8) if bits >> i & 1]
        set_zeros = [i for i in range(8) if not bits >> i & 1]
        ok &= complemented == (len(set_ones) > len(set_zeros)) and positions == (set_zeros if complemented else set_ones)
        ok &= all(s <= p <= s + 4 for p, s in zip(positions, selectors)) and sorted(set(selectors)) == selectors
    expect(bool(ok), "selected elements, cycles, sums, every group of 8 bits")
    refuses(ValueError, ["words is int64", "uint64"], n.select_word, np.zeros(1, np.int64))
    refuses(ValueError, ["dims is 65", "1 to 64"], n.select_word, words, True, 65)
    refuses(ValueError, ["bits is 256", "0 to 255"], n.select_group, 256)
    refuses(ValueError, ["q is int8 [65]"], n.selected_sum, 0, np.zeros(65, np.int8))


def check_softmax(n, rng):
    for bits in (8, 20, 24):
        x = -np.concatenate([[0.0], rng.exponential(4, 2000), rng.uniform(0, 1e-6, 20), [31.9, 33, 1e300, np.inf]])
        wanted = np.exp(x) * 2.0**bits
        for kind, most in (("table", 0.6), ("exact", 0.5 + 1e-6)):
            unit = n.ExpUnit(kind, bits)
            got = unit(x)
            expect(unit.one == 2**bits == got[0] and got.dtype == np.uint32 and (abs(got - wanted) <= most).all(),
                   f"exp, {kind}, {bits} bits: within {most} units ({abs(got - wanted).max():.3f})")
    dims, bits = int(rng.integers(1, 257)), 20
    row, o, total = n.SoftmaxRow(dims), np.zeros(dims, object), 0
    for _ in range(100):
        if rng.integers(4) == 0:
            factor = int(rng.integers(0, 2**bits + 1))
            row.rescale(factor, bits)
            o, total = ((x * factor + 2**(bits - 1)) >> bits for x in (o, total))
        p, v = int(rng.integers(0, 2**bits + 1)), rng.integers(-128, 128, dims, dtype=np.int8)
        row.accumulate(p, v)
        o, total = o + p * v.astype(object), total + p
    expect(row.denominator == total and row.accumulators.tolist() == o.tolist(), "rescaled sums, in Python's integers")
    expect(row.output(0.5).dtype == np.float32 and
           np.allclose(row.output(0.5), o.astype(float) / total * 0.5, rtol=1e-6), "output: o / l v_scale")
    row.clear()
    expect(row.denominator == 0 and not row.output().any(), "cleared, the output is 0")
    bits16 = np.arange(2**16, dtype=np.uint16)
    x = np.concatenate([bits16.view(np.float16).astype(np.float32), rng.standard_normal(5000).astype(np.float32) *
                        np.float32(10) ** rng.integers(-9, 6, 5000).astype(np.float32)])
    x = x[~np.isnan(x)]
    with np.errstate(over="ignore"):
        expect((n.to_fp16(x) == x.astype(np.float16).view(np.uint16)).all(), "to_fp16 rounds as NumPy does")
    numbers = bits16[~np.isnan(bits16.view(np.float16))]
    expect((n.from_fp16(numbers) == numbers.view(np.float16).astype(np.float32)).all(), "from_fp16")
    refuses(ValueError, ["kind is 'fast'", "'table' or 'exact'"], n.ExpUnit, "fast")
    refuses(ValueError, ["p_bits is 25", "8 to 24"], n.ExpUnit, "table", 25)
    refuses(ValueError, ["element of x", "up to 0"], n.ExpUnit(), np.array([0.5]))
    refuses(ValueError, ["element of x is nan"], n.ExpUnit(), np.array([np.nan]))
    refuses(ValueError, ["x is float32"], n.ExpUnit(), np.zeros(1, np.float32))
    refuses(ValueError, ["head_dim is 0"], n.SoftmaxRow, 0)
    refuses(ValueError, ["v is int8 [3]", "int8 [4]"], n.SoftmaxRow(4).accumulate, 1, np.zeros(3, np.int8))
    refuses(ValueError, ["p is -1"], n.SoftmaxRow(4).accumulate, -1, np.zeros(4, np.int8))
    refuses(ValueError, ["factor is 257", "0 to 256"], n.SoftmaxRow(4).rescale, 257, 8)
    refuses(ValueError, ["x is float64"], n.to_fp16, np.zeros(1))


def check_reading(pade, n, here, trace):
    folder = here / "out/quickstart"
    run = pade.read(str(folder))
    stats = json.loads((folder / "stats.json").read_text())
    expect(run.stats == stats and run.config == json.loads((folder / "config.json").read_text()), "stats and config are the files")
    expect(run["dram.bytes_read"] == stats["dram"]["bytes_read"] and "guard.alpha" in run and "no" not in run, "by dotted names")
    expect((run.output == np.load(folder / "output.npy")).all() and
           (run.retained.to_numpy() == np.load(folder / "retained.npy")).all(), "arrays are the files")
    values = run.queries.set_index(["head", "query"])[["retained", "lost_mass", "lost_mass_bound"]].to_numpy()
    expect((values == np.load(folder / "queries.npy").reshape(-1, 3)).all(), "queries too")
    expect(len(run.per_head) == 7 and run.per_head.loc[3, "planes.processed"] == stats["per_head"][3]["planes"]["processed"] and
           run.per_group.loc[0, "vpu.macs"] == stats["per_group"][0]["vpu"]["macs"], "per head and per group")
    # The machine's retained scores are those of the package's own arithmetic, on the trace.
    manifest = json.loads((trace / "manifest.json").read_text())
    q, k = (np.load(trace / manifest["head_list"][2]["files"][name]["path"]) for name in ("q_i8", "k_i8"))
    scores = n.partial_scores(q, k)[:, :, -1]
    two = run.retained[run.retained["head"] == 2]
    expect(len(two) > 100 and (scores[two["query"], two["key"]] == two["score"]).all(), f"{len(two)} retained scores of a head")
    refuses(KeyError, ["time.cycle", "nearest: time.cycles"], run.__getitem__, "time.cycle")

    table = pade.read_many(here / "out/suite")
    names = sorted(p.name for p in (ROOT / "traces/use-lite").iterdir() if p.is_dir())
    expect(table.index.tolist() == names and
           all(table.loc[name, "time.cycles"] == pade.read(here / "out/suite" / name)["time.cycles"] for name in names) and
           (table["config.guard.alpha"] == 1).all(), f"read_many: a row for each of {len(names)} runs")

    refuses(pade.OutputError, ["none", "no such folder"], pade.read, here / "none")
    refuses(pade.OutputError, ["suite", "missing"], pade.read, here / "out/suite")
    refuses(pade.OutputError, ["none", "no such folder"], pade.read_many, here / "none")
    (here / "empty").mkdir()
    refuses(pade.OutputError, ["empty", "no stats.json"], pade.read_many, here / "empty")
    shutil.copytree(folder, here / "spoilt/a.partial")
    refuses(pade.OutputError, ["spoilt", "no stats.json"], pade.read_many, here / "spoilt")

    def spoilt(name, data):
        copy = here / f"spoilt-{name}-{len(list(here.iterdir()))}"
        shutil.copytree(folder, copy)
        (copy / name).unlink() if data is None else (copy / name).write_bytes(data)
        return copy

    whole = {name: (folder / name).read_bytes() for name in ("stats.json", "retained.npy", "output.npy", "queries.npy")}
    copy = spoilt("queries.npy", None)
    refuses(pade.OutputError, ["queries.npy missing"], pade.read, copy)
    refuses(pade.OutputError, ["queries.npy missing"], pade.read_many, copy)
    for data, says in ((b"{", "JSON"), (b"[]", "no JSON object"), (b'{"schema_version": 2}', "schema_version is 2"), (b"\xff", "JSON")):
        refuses(pade.OutputError, ["stats.json", says], pade.read, spoilt("stats.json", data))
    for name, what in (("output.npy", "output"), ("retained.npy", "retained"), ("queries.npy", "queries")):
        for data in (b"", whole[name][:-1], whole[name][:60], whole["stats.json"]):
            refuses(pade.OutputError, [name, "cannot be read"], getattr, pade.read(spoilt(name, data)), what)
        other = whole["queries.npy" if name == "output.npy" else "output.npy"]
        refuses(pade.OutputError, [name, "by stats.json it is"], getattr, pade.read(spoilt(name, other)), what)
    broken = {key: value for key, value in stats.items() if key not in ("per_head", "pairs")}
    damaged = pade.read(spoilt("stats.json", json.dumps(broken).encode()))
    refuses(pade.OutputError, ["per_head"], getattr, damaged, "per_head")
    refuses(pade.OutputError, ["pairs.retained is null"], getattr, damaged, "retained")
    print("        refusals tried")


def check_without(package, here):
    """What works where a part is missing."""
    def python(code, path):
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=here,
                              env={**os.environ, "PYTHONPATH": str(path)})

    done = python("import sys; sys.modules['pandas'] = None\nimport pade\nrun = pade.read('out/quickstart')\n"
                  "print(run.output.shape, run['time.cycles'] > 0)\nrun.retained", package)
    expect(done.stdout == "(7, 512, 64) True\n" and "python3-pandas" in done.stderr, "without pandas: stats and output, no tables")
    shutil.copytree(package / "pade", here / "pure/pade", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    done = python("import pade\nprint(pade.read('out/quickstart')['job.heads'])\nimport pade.numeric", here / "pure")
    expect(done.stdout == "7\n" and "pybind11-dev" in done.stderr, "without the compiled module: reading alone")


def check_document(here, package):
    text = (ROOT / "docs/python.md").read_text()
    test = doctest.DocTestParser().get_doctest(text, {}, "docs/python.md", "docs/python.md", 0)
    before = os.getcwd()
    os.chdir(here)
    try:
        result = doctest.DocTestRunner().run(test)
    finally:
        os.chdir(before)
    expect(result.attempted > 30 and result.failed == 0, f"docs/python.md: {result.attempted} examples, {result.failed} fail")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--package", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    args = parser.parse_args()
    if args.package is None:
        print("skipped: the Python package is not built (Debian: pybind11-dev python3-dev)")
        return SKIPPED
    package = args.package.resolve()
    sys.path.insert(0, str(package))
    import pade
    from pade import numeric
    expect(pathlib.Path(pade.__file__).parent == package / "pade", f"the package is {package}/pade")
    print(f"seed {args.seed}", flush=True)
    rng = np.random.default_rng(args.seed)
    for check in (check_planes, check_guard, check_walk, check_selection, check_softmax):
        check(numeric, rng)
    with tempfile.TemporaryDirectory(prefix="pade-python-") as scratch:
        here = pathlib.Path(scratch)
        (here / "out").mkdir()
        trace = ROOT / "traces/qwen2.5-coder-0.5b/l7-prefill-s512-kjv"
        for command in (["run", "--trace", trace, "--out", "out/quickstart"],
                        ["suite", ROOT / "traces/use-lite", "--out", "out/suite", "--jobs", "1"]):
            subprocess.run([args.pade_sim, *map(str, command)], check=True, capture_output=True, cwd=here)
        check_reading(pade, numeric, here, trace)
        check_without(package, here)
        check_document(here, package)
    print(f"{failures} failures" if failures else "all hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
