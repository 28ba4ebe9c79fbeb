#!/usr/bin/env python3
"""What must hold of scripts/evaluate_quality.py:

  check_quality.py --pade-sim BIN --package DIR --check fixtures
      NumPy and the Python package alone: the replaced attention against a dense softmax, the walk's retained set against the
      simulator's, what is asked of a model, what is kept of its answers, the tables of docs/quality.md against
      testbench/data/quality.json, refusals. Without the package it is skipped (no pybind11)
  check_quality.py --pade-sim BIN --package DIR --check model
      a tiny model with random weights, made here: its own attention is untouched, dense INT8 and a huge alpha are near it, a small
      alpha is not. Skipped without torch and transformers (PADE_MODELS_PYTHON, or build/models-venv: scripts/models_venv.sh)
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from check_set import ROOT, SKIPPED

SCRIPTS = ROOT / "scripts"
sys.path.insert(0, str(SCRIPTS))

from qualitylib import attention as attentions          # noqa: E402
from qualitylib import compare, measure, records, summary, tasks  # noqa: E402
from tracelib.cli import InputError                      # noqa: E402

failures = 0


def expect(holds, text):
    global failures
    failures += not holds
    print(("  ok    " if holds else "  FAIL  ") + text, flush=True)


def refuses(says, call, *arguments):
    try:
        found = f"returned {call(*arguments)!r}"
    except InputError as error:
        found = str(error)
        if all(part in found for part in says):
            return
    expect(False, f"{call.__name__} refuses: {found[:200]}, not {says}")


def softmax(scores):
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def relative(found, wanted):
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def check_attention(numeric, rng):
    heads, kv_heads, n, d = 4, 2, 150, 32
    q = rng.standard_normal((heads, n, d)).astype(np.float32) * 2
    k = (rng.standard_normal((kv_heads, n, d)) * 1.5 + rng.standard_normal((kv_heads, 1, d)) * 20).astype(np.float32)
    v = rng.standard_normal((kv_heads, n, d)).astype(np.float32)
    scale, hidden = 1 / math.sqrt(d), np.triu(np.ones((n, n), bool), 1)
    logits = np.stack([q[h].astype(float) @ k[h // 2].T.astype(float) * scale for h in range(heads)])
    masked = np.where(hidden, -np.inf, logits)
    dense = np.stack([softmax(masked[h]) @ v[h // 2] for h in range(heads)])

    counts = attentions.Counts()
    int8 = attentions.attention(numeric, q, k, v, scale, attentions.setting("int8"), None, counts)
    expect(int8.dtype == np.float32 and relative(int8, dense) < 0.04, f"dense INT8 is the softmax but for rounding ({relative(int8, dense):.4f})")
    pairs = heads * n * (n + 1) // 2
    expect((counts.pairs, counts.planes, counts.retained) == (pairs, 8 * pairs, pairs), "dense: every pair, all planes")
    counts = attentions.Counts()
    huge = attentions.attention(numeric, q, k, v, scale, attentions.setting("100"), None, counts)
    expect(relative(huge, int8) < 1e-3 and counts.retained == pairs, "a huge alpha keeps all")
    unmasked = attentions.attention(numeric, q, k, v, scale, attentions.setting("int8"), None, None, None)
    expect(relative(unmasked, np.stack([softmax(logits[h]) @ v[h // 2] for h in range(heads)])) < 0.04, "without a mask")

    # To the bit: the INT8 operands written out, the retained set from the walk, the softmax in double precision.
    for name in ("1", "0.4", "line:0.4"):
        how = attentions.setting(name)
        counts = attentions.Counts()
        out = attentions.attention(numeric, q, k, v, scale, how, None, counts)
        worst, kept = 0.0, 0
        for h in range(heads):
            kv = h // 2
            mean = k[kv].astype(float).mean(axis=0).astype(np.float32)
            channel = np.abs(k[kv] - mean).max(axis=0)
            operands = []
            for x in (q[h] * channel, (k[kv] - mean) / channel, v[kv]):
                step = np.float32(np.abs(x).max() / np.float32(127))
                operands.append((np.clip(np.rint(x / step), -127, 127).astype(np.int8), float(step)))
            (q8, q_step), (k8, k_step), (v8, v_step) = operands
            c = q_step * k_step * scale
            scores = q8.astype(int) @ k8.astype(int).T
            walk = numeric.walk(q8, k8, logit_scale=c, alpha=how.alpha, causal_offset=0, pairs=True,
                                recheck="line" if how.at_line else "tile")
            line = np.where(hidden, -10**9, scores).max(axis=1, keepdims=True) - math.ceil(how.alpha * 5 / c)
            at_line = (scores >= line) & ~hidden
            kept += int(walk.retained.sum())
            expect(bool((at_line <= walk.retained).all() and not (walk.retained & hidden).any() and
                        (not how.at_line or (walk.retained == at_line).all())), f"{name}, head {h}: sound, masked, "
                   f"{walk.retained.sum()} of {walk.pairs} retained")
            wanted = softmax(np.where(walk.retained, c * scores, -np.inf)) @ (v8.astype(float) * v_step)
            worst = max(worst, float((np.linalg.norm(out[h] - wanted, axis=1) / np.linalg.norm(wanted, axis=1)).max()))
        expect(worst < 1e-3 and counts.retained == kept < pairs, f"{name}: the softmax over the retained keys (worst query {worst:.1e})")

    own = attentions.calibrate(q, k, v)
    how = attentions.setting("1")
    same = attentions.attention(numeric, q, k, v, scale, how, own)
    expect((same == attentions.attention(numeric, q, k, v, scale, how)).all(), "calibrated on itself: the same")
    bias = k.mean(axis=1, keepdims=True)
    wider = attentions.calibrate(q * 1.3, bias + 1.2 * (k - bias) + np.float32(0.1), v * 1.1)
    other = relative(attentions.attention(numeric, q, k, v, scale, attentions.setting("int8"), wider), dense)
    expect(0 < other < 0.06, f"calibrated on a wider text: still the softmax ({other:.4f})")
    narrow = attentions.calibrate(q, k, v * 0.1)
    clipped = attentions.attention(numeric, q, k, v, scale, attentions.setting("int8"), narrow)
    expect(bool(np.abs(clipped).max() <= np.abs(v).max() * 0.1 * 1.01), "values beyond a calibrated scale clip")
    zero = attentions.attention(numeric, q * 0, k * 0, v * 0, scale, how)
    expect(not zero.any(), "zeros stay zeros")
    for text in ("", "x", "-1", "nan", "101", "line:", "inf", "fp16"):
        refuses(["--settings", "0 to 100"], attentions.setting, text)
    expect(attentions.setting("1.0").name == "1" and attentions.setting("line:0.60").name == "line:0.6", "settings have one name")


class Characters:
    """A tokenizer with a token for each pair of characters, or a single one before a line break."""

    def __call__(self, text, add_special_tokens=False):
        ids, at = [], 0
        while at < len(text):
            piece = text[at:at + 2]
            if piece[0] == "\n" or "\n" in piece:
                piece = piece[0]
            ids.append(ord(piece[0]) * 256 + (ord(piece[1]) if len(piece) == 2 else 0))
            at += len(piece)
        return {"input_ids": ids}

    def decode(self, ids, clean_up_tokenization_spaces=False):
        return "".join(chr(i // 256) + (chr(i % 256) if i % 256 else "") for i in ids)


def check_tasks():
    tokenizer = Characters()
    text = "first = 1\n\n    if second:\n        third()\nno end"
    ids = tasks.encode(tokenizer, text)
    found = tasks.lines(tokenizer, ids, 3)
    expect([tokenizer.decode(ids[first + 1:last + 1]) for first, last in found] == ["if second:\n", "third()\n"],
           "whole lines, without indentation, empty ones, the first and one without an end")
    haystack = [ord("h") * 256] * 3000
    ids, needles = tasks.needles(tokenizer, haystack, "h", 2000, 5)
    whole = tokenizer.decode(ids)
    good = len(needles) == len(tasks.CITIES) and abs(len(ids) - 2000) <= 2
    for needle in needles:
        answer = tokenizer.decode(ids[needle.first + 1:needle.last + 1])
        before = tokenizer.decode(ids[:needle.first + 1])
        city = before[before.rindex(" of ") + 4:before.rindex(" is")]
        there = tokenizer.decode(ids[needle.first + 1 - needle.distance:needle.last + 1 - needle.distance])
        good &= whole.count(f"number of {city} is{answer}.\n") == 2 and there == answer and len(answer) == 6
    distances = sorted(needle.distance for needle in needles)
    expect(good and distances[0] < 800 < 1400 < distances[-1], f"needles: said once, asked once, {distances[0]} to {distances[-1]} away")
    expect(tasks.needles(tokenizer, haystack, "h", 2000, 5)[0] == ids != tasks.needles(tokenizer, haystack, "h", 2000, 6)[0], "by seed")
    refuses(["h", "tokens of haystack"], tasks.needles, tokenizer, haystack, "h", 200, 0)
    refuses(["h", "tokens of haystack"], tasks.needles, tokenizer, haystack, "h", 20000, 0)
    refuses(["--text: t", "has 10"], tasks.span, list(range(10)), "t", 4, 7)
    refuses(["--text: t", "at least 2"], tasks.span, list(range(10)), "t", 4, 1)
    refuses(["NAME=FILE"], measure.named_text, "--text", "file")
    refuses(["--first", "1,x"], measure.whole_numbers, "--first", "1,x")


def record(setting, nll, top, **more):
    return {"model": "m", "task": "text", "text": "t", "first": 0, "tokens": 97, "setting": setting, "calibration": None,
            "nll": list(map(float, nll)), "top": list(map(int, top)), "pairs": 100, "planes": 410, "retained": 20, "seconds": 1.0,
            **more}


def check_records(here, rng):
    path = here / "results.jsonl"
    ids = rng.integers(0, 50, 96)
    nll = rng.exponential(2, 96)
    change = np.repeat([0.02, -0.01, 0.03, 0.0, 0.05, 0.01], 16)
    top = np.where(np.arange(96) < 40, ids, -1)
    records.append(path, record("fp32", nll, top, ids=ids.tolist(), lines=[[0, 10], [30, 50]]))
    with open(path, "a") as stream:
        stream.write('{"model": "m", "task"')  # killed
    expect(len(records.read([path])) == 1, "half a line at the end is no measurement")
    records.append(path, record("0.5", nll + change, np.where(np.arange(96) < 8, top, -2), ids=ids.tolist(), lines=[]))
    known = records.read([path])
    expect(len(known) == 2 and path.read_text().count("\n") == 2, "and the next one replaces it")
    row = summary.summarise(known)["text"][1]
    mean = change.mean()
    se = change.reshape(6, 16).mean(axis=1).std(ddof=1) / math.sqrt(6)
    wanted = {"setting": "0.5", "predictions": 96, "change_percent": round(100 * math.expm1(mean), 2),
              "change_se_percent": round(100 * math.exp(mean) * se, 2), "accuracy": round(8 / 96, 4),
              "accuracy_change": round(-32 / 96, 4), "same_token": round(8 / 96, 4), "lines": 2, "lines_exact": 0.0,
              "lines_change": -0.5, "planes_per_pair": 4.1, "retained_fraction": 0.2}
    expect({name: row[name] for name in wanted} == wanted, f"change, standard error, accuracy, lines: {row}")
    path.write_text(path.read_text() + "{}\n")
    refuses(["results.jsonl, line 3"], records.read, [path])

    needle = {"task": "needle", "needles": [[0, 3, 300], [10, 12, 1500]], "ids": ids[:20].tolist(), "tokens": 2000}
    hit = ids[:20].copy()
    hit[10] = -1
    both = [record("fp32", nll[:20], ids[:20], **needle), record("1", nll[:20] + 0.25, hit, **needle)]
    row = summary.summarise({records.key_of(each): each for each in both})["needle"][1]
    expect([(p["distance_from"], p["found"], p["found_fp32"], p["answer_nll_change"]) for p in row["by_distance"]] ==
           [(256, 1, 1, 0.75), (1024, 0, 1, 0.5)] and (row["found"], row["asked"]) == (1, 2), "needles by distance")


def check_simulator(args, numeric, here):
    for name, options in (("qwen2.5-coder-0.5b/l14-decode8-s512-kjv", ["--set", "guard.alpha=0.6"]),
                          ("use-lite/l0-prefill-s128-gpl3", ["--queries", "5:100", "--set", "lane.key_bits=7"]),
                          ("use-lite/l0-decode8-s128-gpl3", ["--set", "guard.enabled=false"]),
                          ("qwen2.5-coder-0.5b/l7-decode8-s2048-kjv", ["--head", "3", "--set", "ista.enabled=false"])):
        trace, out = ROOT / "traces" / name, here / "run"
        subprocess.run([args.pade_sim, "run", "--trace", trace, "--out", out, "--force", *options], check=True, capture_output=True)
        rows = compare.overlap(numeric, trace, out)["heads"]
        good = all(row["at_line_missing"] == 0 and row["at_line"] <= row["simulator"] for row in rows)
        if "guard.enabled=false" in options:
            good &= all(row["overlap"] == 1 and row["walk"] == row["pairs"] for row in rows)
        if "ista.enabled=false" in options:  # the re-check at the end leaves what lies at the line
            good &= all(row["simulator"] == row["at_line"] for row in rows)
        if "decode8" in name:
            good &= all(row["overlap"] > 0.9 for row in rows if "ista.enabled=false" not in options)
        good &= all(abs(row["simulator_planes"] / row["walk_planes"] - 1) < 0.25 for row in rows)
        expect(good, f"{name} {' '.join(options)}: {len(rows)} heads, overlap "
               f"{min(row['overlap'] for row in rows):.3f} to {max(row['overlap'] for row in rows):.3f}")
    done = command(args, "compare", "--trace", trace, "--run", out)
    expect(done.returncode == 0 and "overlap" in done.stdout, "compare prints a table")
    other = ROOT / "traces/use-lite/l0-prefill-s128-gpl3"
    for options, says in (((other, out), "is expected"), ((here, out), "manifest.json"), ((trace, here), "stats.json")):
        done = command(args, "compare", "--trace", options[0], "--run", options[1])
        expect(done.returncode == 2 and done.stderr.count("\n") == 1 and says in done.stderr, f"refused: {done.stderr.strip()[-120:]}")


def command(args, *options, python=sys.executable, env=None):
    options = [str(option) for option in options]
    if options[0] in ("measure", "compare"):
        options += ["--package", str(args.package)]
    return subprocess.run([python, str(SCRIPTS / "evaluate_quality.py"), *options], capture_output=True, text=True,
                          env={**os.environ, **(env or {})})


def check_page(args, here):
    done = command(args, "document", "--check")
    expect(done.returncode == 0, f"docs/quality.md has the tables of testbench/data/quality.json {done.stdout}{done.stderr}")
    page = here / "page.md"
    page.write_text((ROOT / "docs/quality.md").read_text().replace("| 0.8 |", "| 0.7 |", 1).replace("±", "+-", 1))
    done = command(args, "document", "--check", "--page", page)
    expect(done.returncode == 1 and "other tables" in done.stdout, "and a table that was changed is seen")
    page.write_text("nothing\n")
    text = here / "text"
    text.write_text("abc")
    bad = [(("document", "--page", page), "must have"), (("document", "--data", page), "no summary"),
           (("document", "--data", here / "none"), "none"), (("summarise", page, "--out", here / "o.json"), "line 1"),
           (("summarise", here / "none", "--out", here / "o.json"), "none"), ((), "ACTION"), (("other",), "other"),
           (("measure", "--model", here / "none", "--text", f"t={text}", "--results", here / "r"), ""),
           (("measure", "--model", here, "--text", "t", "--results", here / "r"), "NAME=FILE"),
           (("measure", "--model", here, "--text", f"t={here / 'none'}", "--results", here / "r"), "none"),
           (("measure", "--model", here, "--text", f"t={text}", "--settings", "1,,2", "--results", here / "r"), "--settings"),
           (("measure", "--model", here, "--text", f"t={text}", "--tokens", "1", "--results", here / "r"), "--tokens"),
           (("measure", "--model", here, "--text", f"t={text}", "--first", "a", "--results", here / "r"), "--first")]
    for options, says in bad:
        done = command(args, *options) if options else subprocess.run([sys.executable, str(SCRIPTS / "evaluate_quality.py")],
                                                                      capture_output=True, text=True)
        expect(done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1 and says in done.stderr,
               f"refused: {done.stderr.strip()[-150:]}")
    expect(not (here / "r").exists() and not (here / "o.json").exists(), "and nothing is left behind")


# What the child of check_model runs, with torch: a tiny Llama-like decoder and a tokenizer of bytes.
MAKE_MODEL = """
import sys, torch
from tokenizers import Tokenizer, models, pre_tokenizers, decoders
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
torch.manual_seed(3)
letters = sorted(pre_tokenizers.ByteLevel.alphabet())
tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(sys.argv[1])
config = Qwen2Config(vocab_size=256, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
                     num_key_value_heads=2, max_position_embeddings=2048, initializer_range=0.3, tie_word_embeddings=False)
Qwen2ForCausalLM(config).save_pretrained(sys.argv[1])
"""

ASK_MODEL = """
import sys, torch, numpy as np
sys.path.insert(0, sys.argv[2])
from qualitylib.model import Model
from transformers import AutoModelForCausalLM
ids = torch.tensor([[7 * i * i % 256 for i in range(200)]])
with torch.no_grad():
    logits = AutoModelForCausalLM.from_pretrained(sys.argv[1], attn_implementation="eager").eval()(ids).logits[0].double()
wanted = -torch.log_softmax(logits, 1)[torch.arange(199), ids[0, 1:]]
model = Model(sys.argv[1])
nll, top = model.predictions(ids[0].tolist())
print(float(np.abs(nll - wanted.numpy()).max()), bool((top == logits[:-1].argmax(1).numpy()).all()))
seen = []
later, _ = model.predictions(ids[0].tolist(), 150, lambda layer, q, k, v, scale, offset: seen.append(
    (layer, q.shape, k.shape, v.shape, scale, offset)))
print(float(np.abs(later - nll[150:]).max()))
print(seen)
"""


def models_python():
    for path in (os.environ.get("PADE_MODELS_PYTHON"), ROOT / "build" / "models-venv" / "bin" / "python", sys.executable):
        if path and pathlib.Path(path).is_file():
            if subprocess.run([str(path), "-c", "import torch, transformers"], capture_output=True).returncode == 0:
                return str(path)
    return None


def check_model(args, here):
    python = models_python()
    if python is None:
        print("skipped: no Python with torch and transformers (scripts/models_venv.sh makes one)")
        return SKIPPED
    model = here / "tiny"
    subprocess.run([python, "-c", MAKE_MODEL, str(model)], check=True)
    done = subprocess.run([python, "-c", ASK_MODEL, str(model), str(SCRIPTS)], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    expect(done.returncode == 0 and len(lines) == 3, f"the model is asked {done.stderr[-300:]}")
    if len(lines) == 3:
        difference, same = lines[0].split()
        expect(float(difference) < 2e-4 and same == "True", f"fp32: the model's own likelihoods, within {difference}")
        expect(float(lines[1]) < 1e-5, "and those of the last positions alone")
        expect(lines[2] == str([(layer, (4, 200, 16), (2, 200, 16), (2, 200, 16), 0.25, 0) for layer in (0, 1)]),
               f"each layer hands over q, k, v: {lines[2]}")
    text, other, results = here / "text", here / "other", here / "results.jsonl"
    text.write_text("def f(x):\n    return x + 1\n\n" * 40)
    other.write_text("def g(y):\n    return 2 * y - 3\n\n" * 40)
    options = ["measure", "--model", model, "--text", f"t={text}", "--results", results, "--tokens", 200]
    done = command(args, *options, "--settings", "fp32,int8,100,1", python=python)
    expect(done.returncode == 0 and done.stderr.count("perplexity") == 4, f"four settings {done.stderr[-300:]}")
    results.write_text(results.read_text() + '{"model": "cut')
    done = command(args, *options, "--settings", "fp32,int8,100,1,0.1,line:0.1", python=python)
    expect(done.returncode == 0 and done.stderr.count("perplexity") == 2, "goes on where it was")
    done = command(args, *options, "--settings", "int8,0.1", "--calibration", f"o={other}", "--calibration-tokens", 300, python=python)
    expect(done.returncode == 0 and done.stderr.count("perplexity") == 2, f"calibrated on another text {done.stderr[-200:]}")
    done = command(args, *options[:-1], 1200, "--task", "needle", "--settings", "fp32,100", python=python)
    expect(done.returncode == 2 and "tokens of haystack" in done.stderr, "too short a haystack for needles is refused")
    known = records.read([results])
    by = {(key[5], key[6]): each for key, each in known.items()}
    nll = {key: np.array(each["nll"]) for key, each in by.items()}

    def off(name, calibrated=None):
        return float(np.abs(nll[name, calibrated] - nll["fp32", None]).mean())

    print({key: float(np.abs(x - nll["fp32", None]).mean()) for key, x in nll.items()})
    expect(off("int8") < 0.1 and np.abs(nll["100", None] - nll["int8", None]).max() < 0.02, "dense INT8 is near, a huge alpha the same")
    expect(off("int8") < off("int8", "o 0:300") < 0.5, "and so is one that was calibrated on another text of the kind, less")
    expect(off("0.1") > 1.2 * off("int8") and off("line:0.1") >= 0.9 * off("0.1"), "a small alpha is not")
    expect(by["int8", None]["pairs"] == 2 * 4 * 200 * 201 // 2, "all layers, heads and pairs are walked")
    out = here / "quality.json"
    done = command(args, "summarise", results, "--out", out)
    rows = json.loads(out.read_text())["text"]
    expect(done.returncode == 0 and [row["setting"] for row in rows if not row["calibration"]] ==
           ["fp32", "int8", "100", "1", "0.1", "line:0.1"], "summarised, in order")
    done = command(args, "measure", "--model", here, "--text", f"t={text}", "--results", here / "none.jsonl", python=python)
    expect(done.returncode == 2 and len(done.stderr.strip().splitlines()) >= 1 and not (here / "none.jsonl").exists(), "no model: refused")
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--package", type=pathlib.Path)
    parser.add_argument("--check", required=True, choices=("fixtures", "model"))
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    args = parser.parse_args()
    if args.package is None:
        print("skipped: the Python package is not built (Debian: pybind11-dev python3-dev)")
        return SKIPPED
    args.package = args.package.resolve()
    args.pade_sim = str(pathlib.Path(args.pade_sim).resolve())
    print(f"seed {args.seed}", flush=True)
    rng = np.random.default_rng(args.seed)
    with tempfile.TemporaryDirectory(prefix="pade-quality-") as scratch:
        here = pathlib.Path(scratch)
        if args.check == "model":
            if check_model(args, here) is not None:
                return SKIPPED
        else:
            numeric = attentions.load_numeric(str(args.package))
            check_attention(numeric, rng)
            check_tasks()
            check_records(here, rng)
            check_simulator(args, numeric, here)
            check_page(args, here)
    print(f"{failures} failures" if failures else "all hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
