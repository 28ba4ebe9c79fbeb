#!/usr/bin/env python3
"""What must hold of scripts/make_trace.py:

  check_make_trace.py --pade-sim BIN

Sets of many shapes are made, from random numbers and from arrays of floats and of int8, and run: every check of the run holds and
its planes a pair lie where the printed figures of the value rule allow. Shipped sets are made again from their own int8 values,
and the printed figures are those of testbench/data/value_rule.csv; one is quantised again from its float32 values, bit for bit.
Bad input ends with exit code 2 and one line, and leaves nothing behind.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from check_set import ROOT, find_set, per_head_means

SCRIPT = ROOT / "scripts" / "make_trace.py"


class Bench:
    def __init__(self, binary, scratch):
        self.binary = binary
        self.scratch = pathlib.Path(scratch)
        self.failures = 0
        self.sets = 0

    def expect(self, holds, text):
        print(("  ok    " if holds else "  FAIL  ") + text)
        self.failures += not holds

    def call(self, *options):
        command = [sys.executable, str(SCRIPT), "--pade-sim", self.binary, *map(str, options)]
        print("+ " + " ".join(command[1:2] + command[4:]))
        return subprocess.run(command, capture_output=True, text=True, cwd=self.scratch)

    def made(self, *options):
        """A set that must succeed: its folder, its manifest and its figures."""
        self.sets += 1
        out = self.scratch / f"set{self.sets}"
        done = self.call("--out", out, "--json", *options)
        self.expect(done.returncode == 0, f"exit code {done.returncode} {done.stderr.strip()}")
        return out, json.loads((out / "manifest.json").read_text()), json.loads(done.stdout)["golden"]

    def arrays(self, **arrays):
        options = []
        for name, array in arrays.items():
            file = self.scratch / f"{name}.npy"
            np.save(file, array)
            options += [f"--{name}", file]
        return options

    def runs(self, out, figures, *options):
        """The set goes through the machine, and the machine lands near the figures."""
        result = self.scratch / "out"
        done = subprocess.run([self.binary, "run", "--trace", str(out), "--out", str(result), "--force", "--check-tlm", *options],
                              capture_output=True, text=True)
        self.expect(done.returncode == 0, f"pade-sim run: exit code {done.returncode} {done.stderr.strip()}")
        stats = json.loads((result / "stats.json").read_text())
        # Null: promised only of guarded runs, or nothing was there to check.
        self.expect(all(value is not False for value in stats["checks"].values()), f"every check holds: {stats['checks']}")
        planes, retained = per_head_means(stats)
        mean = {order: figures[order]["mean"] for order in ("head_tail", "lockstep", "oracle")}
        low = mean["oracle"]["planes_per_pair"]
        # Thresholds take cycles to reach the lanes: with few keys, all in flight at once, more than the 5 % of longer sets.
        slack = 1.10 if stats["job"]["keys"] < 2048 else 1.05
        high = slack * max(mean[order]["planes_per_pair"] for order in ("head_tail", "lockstep"))
        self.expect(low - 1e-9 <= planes <= high, f"planes a pair {low:.3f} <= {planes:.3f} <= {high:.3f}")
        if stats["job"]["keys"] >= 2048:
            distance = planes / mean["head_tail"]["planes_per_pair"] - 1
            self.expect(abs(distance) <= .12, f"planes a pair {distance:+.1%} from head-tail")
        low, high = mean["oracle"]["at_line_fraction"], 1.05 * mean["head_tail"]["retained_fraction"]
        self.expect(low - 1e-9 <= retained <= high, f"retained {low:.4f} <= {retained:.4f} <= {high:.4f}")
        return stats


def check_shapes(bench):
    synthetic = [("heads=2,kv_heads=1,queries=16,keys=100,d=80", ["--phase", "prefill"]),
                 ("heads=1,kv_heads=1,queries=20,keys=20,d=8", ["--causal"]),
                 ("heads=2,kv_heads=2,queries=9,keys=130,d=32", ["--full"]),
                 ("heads=12,kv_heads=1,queries=3,keys=200,d=64", ["--phase", "decode"]),
                 ("heads=24,kv_heads=2,queries=2,keys=70,d=32", ["--phase", "decode", "--full"]),
                 ("heads=8,kv_heads=1,queries=10,keys=64,d=96", ["--offset", "0"]),
                 ("heads=4,kv_heads=4,queries=4,keys=256,d=128", ["--phase", "decode", "--offset", "17"]),
                 ("heads=2,kv_heads=1,queries=8,keys=150,d=256,peaked=8", ["--offset", "1000"]),
                 ("heads=1,kv_heads=1,queries=5,keys=1,d=64", ["--full"]),
                 ("heads=3,kv_heads=3,queries=1,keys=1,d=8", ["--phase", "decode"]),
                 ("heads=1,kv_heads=1,queries=1,keys=333,d=40", []),
                 ("heads=2,kv_heads=1,queries=16,keys=2048,d=64,bias=4",
                  ["--phase", "decode", "--center-k", "--channel-factors"])]
    for text, options in synthetic:
        out, manifest, figures = bench.made("--synthetic", text + ",seed=7", *options)
        asked = dict(item.split("=") for item in text.split(","))
        found = {"heads": "heads", "kv_heads": "kv_heads", "queries": "queries", "keys": "keys", "d": "head_dim"}
        bench.expect(all(manifest[key] == int(asked[name]) for name, key in found.items()), "the shape is the one asked for")
        bench.expect(manifest["synthetic"] is True and bench.runs(out, figures)["job"]["synthetic"] is True,
                     "manifest and statistics say that it is synthetic")


def check_values(bench):
    random = np.random.default_rng(3)
    q = random.standard_normal((4, 12, 32)) * 4
    k = random.standard_normal((2, 90, 32)) + 3 * random.standard_normal((2, 1, 32))
    v = random.standard_normal((2, 90, 32))
    reference = None
    for name, change in (("float64", lambda x: x), ("float32", lambda x: x.astype("f4")), ("big endian", lambda x: x.astype(">f4")),
                         ("Fortran order", lambda x: np.asfortranarray(x.astype("f4")))):
        out, manifest, figures = bench.made(*bench.arrays(q=change(q), k=change(k), v=change(v)), "--name", "mine")
        bench.expect(manifest["name"] == "mine" and "synthetic" not in manifest, f"{name}: the name is the one given")
        hashes = [{n: f["sha256"] for n, f in head["files"].items()} for head in manifest["head_list"]]
        reference = reference or hashes
        bench.expect(hashes == reference, f"{name}: the same files")
    stats = bench.runs(out, figures)
    bench.expect(stats["accuracy"]["rel_l2_vs_fp32"] is not None, "the float32 values are there to compare with")
    half = bench.made(*bench.arrays(q=q.astype("f2"), k=k.astype("f2"), v=v.astype("f2")), "--no-floats")
    bench.expect("k" not in half[1]["head_list"][0]["files"], "--no-floats: no float32 files")
    bench.runs(half[0], half[2])

    # In real numbers neither option changes a softmax; in int8, each brings it nearer to the float one.
    def softmax(scores):
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)

    exact = softmax(np.einsum("hqd,hkd->hqk", q, np.repeat(k, 2, axis=0)) / np.sqrt(32))
    error = {}
    for options in ((), ("--center-k",), ("--channel-factors",), ("--center-k", "--channel-factors")):
        out, manifest, figures = bench.made(*bench.arrays(q=q, k=k, v=v), "--full", *options)
        heads = []
        for entry in manifest["head_list"]:
            file = {name: np.load(out / item["path"]) for name, item in entry["files"].items()}
            heads.append(softmax(file["q_i8"].astype(float) @ file["k_i8"].T.astype(float) * entry["logit_scale"]))
            row = file["k"] - file.get("k_mean", np.float32(0))
            rebuilt = file["k_i8"] * entry["scales"]["k"] * file.get("k_channel", 1.0)
            step = entry["scales"]["k"] * file.get("k_channel", np.float32(1))
            bench.failures += not np.all(np.abs(rebuilt - row) <= .5001 * step)
        error[options] = np.abs(np.array(heads) - exact).sum(axis=-1).mean()
        bench.runs(out, figures)
    print({" ".join(key): round(value, 4) for key, value in error.items()})
    bench.expect(error[("--center-k",)] < .8 * error[()], "centred K is nearer to the softmax of the floats")
    bench.expect(max(error.values()) < .5, "no option changes the softmax by more than rounding")

    # Mean and factors of another text with the same bias serve as well as K's own; those of a text without it do not.
    bias = k.mean(axis=1, keepdims=True)
    for name, calibration, best in (("like", k[:, ::-1] * .9 + .1 * bias, True), ("unlike", k - bias, False)):
        out, manifest, figures = bench.made(*bench.arrays(q=q, k=k, v=v, calibration=calibration), "--full", "--center-k", "--channel-factors")
        heads = []
        for entry in manifest["head_list"]:
            file = {n: np.load(out / item["path"]) for n, item in entry["files"].items()}
            bench.expect(np.allclose(file["k_mean"], calibration[entry["kv_head"]].mean(axis=0), atol=1e-6), f"{name}: the mean is the other's")
            heads.append(softmax(file["q_i8"].astype(float) @ file["k_i8"].T.astype(float) * entry["logit_scale"]))
        found = np.abs(np.array(heads) - exact).sum(axis=-1).mean()
        bench.expect((found < .8 * error[()]) == best, f"calibrated on a text {name} it: {found:.4f}")
        bench.expect("calibration text (calibration.npy" in manifest["quantisation"]["before"], "the manifest says so")
    bench.runs(out, figures)

    for low in (-128, 0):
        ints = {name: random.integers(low, 128, size=shape, dtype=np.int8)
                for name, shape in (("q", (7, 48)), ("k", (77, 48)), ("v", (77, 48)))}
        out, manifest, figures = bench.made(*bench.arrays(**ints), "--q-scale", "0.02", "--k-scale", "0.01", "--v-scale", "1")
        entry = manifest["head_list"][0]
        bench.expect(all(np.array_equal(np.load(out / entry["files"][f"{name}_i8"]["path"]), ints[name]) for name in ints),
                     "int8 is taken as it is")
        bench.expect(entry["scales"] == {"q": .02, "k": .01, "v": 1}, "with the scales given")
        bench.runs(out, figures)


def check_table(bench):
    """Shipped sets, made again."""
    with open(ROOT / "testbench" / "data" / "value_rule.csv", newline="") as table:
        rows = list(csv.DictReader(table))
    for name in ("use-lite/l0-decode8-s128-gpl3", "use-lite/l0-prefill-s128-gpl3", "qwen2.5-coder-0.5b/l14-decode8-s512-kjv"):
        folder = find_set(name)
        if folder is None:
            print(f"skipped: {name} is in none of the directories of PADE_TRACES")
            continue
        manifest = json.loads((folder / "manifest.json").read_text())
        entries = {"q": manifest["head_list"]}
        entries["k"] = entries["v"] = list({entry.get("kv_head", entry["head"]): entry for entry in entries["q"]}.values())
        load = lambda n: np.stack([np.load(folder / e["files"][n + "_i8"]["path"]) for e in entries[n]])  # noqa: E731
        options = bench.arrays(**{n: load(n) for n in entries}) + ["--phase", manifest["phase"]]
        for n in entries:
            options += [f"--{n}-scale", ",".join(repr(entry["scales"][n]) for entry in entries[n])]
        options += ["--offset", manifest["causal_offset"]] if manifest["causal"] else ["--full"]
        for row in (row for row in rows if row["set"] == name):
            _, _, figures = bench.made(*options, "--alpha", row["alpha"], "--golden-queries", row["queries"])
            for column, order, key, digit in (("planes_head_tail_64", "head_tail", "planes_per_pair", 1e-3),
                                              ("planes_lockstep", "lockstep", "planes_per_pair", 1e-3),
                                              ("planes_oracle", "oracle", "planes_per_pair", 1e-3),
                                              ("retained_head_tail_64", "head_tail", "retained_fraction", 1e-4),
                                              ("retained_at_line", "oracle", "retained_fraction", 1e-4),
                                              ("lost_mass", "oracle", "lost_mass_mean", 1e-4)):
                found = figures[order]["mean"][key]
                bench.expect(abs(found - float(row[column])) <= .51 * digit, f"{column} {row[column]}: {found:.5f}")

    folder = find_set("qwen2.5-coder-0.5b/l22-decode8-s512-argparse")
    if folder is None:
        print("skipped: the set with float32 values is not there")
        return
    theirs = json.loads((folder / "manifest.json").read_text())
    if "k" not in theirs["head_list"][0]["files"]:
        print("skipped: the set has no float32 values here")
        return
    heads = theirs["head_list"]
    load = lambda n, some: np.stack([np.load(folder / e["files"][n]["path"]) for e in some])  # noqa: E731
    # Their scale of q is that of the whole sequence, of which q holds the last rows.
    _, ours, _ = bench.made(*bench.arrays(q=load("q", heads), k=load("k", heads[:1]), v=load("v", heads[:1])), "--phase", "decode",
                            "--center-k", "--channel-factors", "--q-scale", ",".join(repr(e["scales"]["q"]) for e in heads))
    bench.expect(ours["quantisation"]["before"] == theirs["quantisation"]["before"], "the same is said of what was done")
    for name in ("q_i8", "k_i8", "v_i8", "k_mean", "k_channel", "q", "k", "v"):
        hashes = [[e["files"][name]["sha256"] for e in manifest["head_list"]] for manifest in (ours, theirs)]
        bench.expect(hashes[0] == hashes[1], f"{name} is the same, bit for bit")
    bench.expect(all(a["scales"] == b["scales"] and a["logit_scale"] == b["logit_scale"]
                     for a, b in zip(ours["head_list"], theirs["head_list"])), "and so are the scales")


def check_refusals(bench):
    good = np.ones((2, 6, 16))
    small = "heads=1,kv_heads=1,queries=4,keys=8,d=8"
    bad_value = lambda value: np.where(np.arange(16) == 3, value, good)  # noqa: E731
    arrays = [("head_dim differs", dict(k=np.ones((2, 6, 8)), v=np.ones((2, 6, 8))), "head_dim"),
              ("rows of v", dict(v=np.ones((2, 5, 16))), "must be equal"),
              ("heads no multiple", dict(q=np.ones((3, 6, 16))), "multiple"),
              ("NaN", dict(q=bad_value(np.nan)), "[0, 0, 3] is nan"),
              ("infinite", dict(v=bad_value(-np.inf)), "-inf"),
              ("too large for float32", dict(k=bad_value(1e300)), "float32"),
              ("head_dim 12", {n: np.ones((1, 6, 12)) for n in "qkv"}, "multiples of 8"),
              ("head_dim 264", {n: np.ones((1, 6, 264)) for n in "qkv"}, "264"),
              ("empty", dict(q=np.ones((2, 0, 16))), "no element"),
              ("one dimension", dict(q=np.ones(16)), "shape"),
              ("objects", dict(q=np.array([[None] * 16], dtype=object)), "objects"),
              ("complex", dict(q=good * 1j), "dtype"),
              ("int32", dict(q=good.astype("i4")), "dtype"),
              ("int8 without scale", dict(q=good.astype("i1")), "--q-scale"),
              ("values too small", dict(v=good * 1e-39), "too small")]
    cases = [(name, {**dict(q=good, k=good, v=good), **change}, [], pattern) for name, change, pattern in arrays]
    floats = dict(q=good, k=good, v=good)
    cases += [("offset -1", floats, ["--offset", "-1"], "--offset"),
              ("more queries than keys", dict(floats, q=np.ones((2, 7, 16))), [], "--offset"),
              ("offset without mask", floats, ["--full", "--offset", "3"], "--full"),
              ("both masks", floats, ["--full", "--causal"], "not allowed"),
              ("scale 0", floats, ["--k-scale", "0"], "--k-scale"), ("three scales for two", floats, ["--k-scale", "1,2,3"], "3"),
              ("softmax scale", floats, ["--softmax-scale", "-1"], "--softmax-scale"),
              ("centred int8", dict(floats, k=good.astype("i1")), ["--k-scale", "1", "--center-k"], "--center-k"),
              ("factors with int8 q", dict(floats, q=good.astype("i1")), ["--q-scale", "1", "--channel-factors"], "Q must"),
              ("calibration of other heads", dict(floats, calibration=np.ones((1, 6, 16))), ["--center-k"], "1 heads"),
              ("calibration int8", dict(floats, calibration=good.astype("i1")), ["--center-k"], "int8"),
              ("calibration unused", dict(floats, calibration=good), [], "--center-k"),
              ("alpha", floats, ["--alpha", "nan"], "--alpha"), ("phase", floats, ["--phase", "train"], "--phase"),
              ("queries", floats, ["--golden-queries", "3:9"], "--golden-queries"),
              ("unknown option", floats, ["--colour", "red"], "--colour"),
              ("no pade-sim", floats, ["--pade-sim", "nowhere"], "nowhere"),
              ("both sources", floats, ["--synthetic", small], "--q"),
              ("synthetic key", {}, ["--synthetic", "rows=3"], "rows"), ("synthetic value", {}, ["--synthetic", "d=x"], "integer"),
              ("synthetic d", {}, ["--synthetic", "d=20"], "multiples of 8"), ("nothing", {}, [], "--synthetic"),
              ("no such file", {}, ["--q", "none.npy", "--k", "none.npy", "--v", "none.npy"], "no such file")]
    before = None
    for name, given, options, pattern in cases:
        inputs = bench.arrays(**given) if given else []
        before = {path.name for path in bench.scratch.iterdir()}
        done = bench.call("--out", bench.scratch / "refused", *inputs, *options)
        bench.expect(done.returncode == 2 and pattern in done.stderr and done.stderr.count("\n") == 1 and not done.stdout,
                     f"{name}: {done.returncode}, {done.stderr.strip()}")
        bench.expect({path.name for path in bench.scratch.iterdir()} == before, f"{name}: nothing is left behind")

    out, _, _ = bench.made("--synthetic", small)
    content = lambda: {path: path.read_bytes() for path in sorted(out.rglob("*.*"))}  # noqa: E731
    first = content()
    done = bench.call("--out", out, "--synthetic", small + ",seed=2")
    bench.expect(done.returncode == 2 and "--force" in done.stderr and content() == first, "an existing set stays")
    done = bench.call("--out", out, "--force", "--synthetic", "d=9")
    bench.expect(done.returncode == 2 and content() == first, "it stays when --force meets bad input")
    done = bench.call("--out", out, "--force", "--synthetic", small + ",seed=2")
    bench.expect(done.returncode == 0 and content() != first, "--force replaces it")
    bench.expect("head-tail" in done.stdout and "oracle" in done.stdout, "the figures are printed as text")
    done = bench.call("--out", out, "--force", "--synthetic", small)
    bench.expect(content() == first, "the same input gives the same bytes")
    other = bench.scratch / "other"
    other.mkdir()
    (other / "thesis.tex").write_text("x")
    done = bench.call("--out", other, "--force", "--synthetic", small)
    bench.expect(done.returncode == 2 and (other / "thesis.tex").is_file(), "--force removes no folder that is no set")
    (bench.scratch / "text.npy").write_text("no array")
    done = bench.call("--out", "x", "--q", "text.npy", "--k", "text.npy", "--v", "text.npy")
    bench.expect(done.returncode == 2 and "no NPY file" in done.stderr and done.stderr.count("\n") == 1,
                 f"text: {done.stderr.strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pade-") as scratch:
        bench = Bench(str(pathlib.Path(args.pade_sim).resolve()), scratch)
        for check in (check_shapes, check_values, check_table, check_refusals):
            print(f"== {check.__name__}")
            check(bench)
    print(f"{bench.failures} failures")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
