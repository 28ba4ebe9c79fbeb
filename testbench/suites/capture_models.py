"""Part of check_capture.py that runs in a Python with torch and transformers: tiny models with random weights are saved, captured
through the command, held against their own arithmetic, and run.

  capture_models.py --pade-sim BIN                  the checks
  capture_models.py --fixture FILE                  writes testbench/data/attention_fixture.npz
"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

from bench import Bench

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "capture_qkv.py"
sys.path.insert(0, str(ROOT / "scripts"))

from modellib import capture as cap                 # noqa: E402
from modellib import perplexity                     # noqa: E402
from modellib.attention import hooked               # noqa: E402
from modellib.load import libraries, load           # noqa: E402
from tracelib.cli import InputError                 # noqa: E402

torch, transformers = libraries()
WIDE = {"hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 6, "vocab_size": 300, "max_position_embeddings": 256}


def tokenizer(around):
    """A token a byte; `around`: [CLS] and [SEP] around a text."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: i for i, letter in enumerate([*alphabet, "[CLS]", "[SEP]"])}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if around:
        made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 256), ("[SEP]", 257)])
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made)


def families():
    t = transformers
    gqa = {**WIDE, "intermediate_size": 64, "num_key_value_heads": 2}
    return {
        "qwen2": (t.Qwen2ForCausalLM, t.Qwen2Config(**gqa)),
        "llama": (t.LlamaForCausalLM, t.LlamaConfig(**{**gqa, "num_key_value_heads": 6})),
        "gpt2": (t.GPT2LMHeadModel, t.GPT2Config(n_embd=48, n_layer=3, n_head=6, vocab_size=300, n_positions=256)),
        "opt": (t.OPTForCausalLM, t.OPTConfig(**WIDE, ffn_dim=64, word_embed_proj_dim=48)),
        "gpt_neox": (t.GPTNeoXForCausalLM, t.GPTNeoXConfig(**WIDE, intermediate_size=64)),
        "bert": (t.BertModel, t.BertConfig(**WIDE, intermediate_size=64)),
        "roberta": (t.RobertaModel, t.RobertaConfig(**WIDE, intermediate_size=64)),
        "bloom": (t.BloomForCausalLM, t.BloomConfig(hidden_size=48, n_layer=3, n_head=6, vocab_size=300)),
        "sliding": (t.MistralForCausalLM, t.MistralConfig(**gqa, sliding_window=16)),
        "t5": (t.T5Model, t.T5Config(d_model=48, d_kv=8, d_ff=64, num_layers=3, num_heads=6, vocab_size=300)),
    }


REFUSED = {"bloom": "bloom", "sliding": "sliding", "t5": "encoder-decoder"}


def save(folder, kind, scale=4.0):
    torch.manual_seed(7)
    cls, config = families()[kind]
    model = cls(config).eval()
    with torch.no_grad():  # as initialised, all scores are near 0 and every head looks alike
        for name, parameter in model.named_parameters():
            if "bias" in name:
                parameter.normal_(std=.3)
            elif parameter.dim() == 2:
                parameter.mul_(scale)
    model.save_pretrained(folder)
    tokenizer(kind in ("bert", "roberta")).save_pretrained(folder)
    return model


def call(bench, *options, **kind):
    command = [sys.executable, str(SCRIPT), *map(str, options)]
    print("+ capture_qkv.py " + " ".join(map(str, options)))
    return subprocess.run(command, capture_output=True, text=True, cwd=bench.scratch,
                          env={**os.environ, "PADE_MODELS": str(bench.scratch / "cache"), "OMP_NUM_THREADS": "1"}, **kind)


def check_families(bench):
    for kind in families():
        model = save(bench.scratch / kind, kind)
        encoder = kind in ("bert", "roberta")
        done = call(bench, "--model", kind, "--text", "text.txt", "--layers", "0,2", "--heads", "0:3", "--length", "70", "--first", "11",
                    "--float32", "--center-k", "--channel-factors", "--out", f"{kind}-sets", "--offline")
        if kind in REFUSED:
            bench.expect(done.returncode == 2 and REFUSED[kind] in done.stderr.lower() and done.stderr.count("\n") == 1,
                         f"{kind} is refused: {done.stderr.strip()}")
            bench.expect(not list((bench.scratch / f"{kind}-sets").rglob("*.json")), f"{kind}: nothing is left behind")
            continue
        bench.expect(done.returncode == 0, f"{kind}: exit code {done.returncode} {done.stderr.strip()}")
        if done.returncode != 0:
            continue
        for layer in (0, 2):
            out = bench.scratch / f"{kind}-sets" / f"l{layer}-prefill-s70-text"
            manifest = json.loads((out / "manifest.json").read_text())
            proof = manifest["capture"]
            bench.expect(manifest["causal"] == (not encoder) and manifest["queries"] == 70 and manifest["head_dim"] == 8,
                         f"{kind}: shape and mask")
            bench.expect(proof["check"]["layers"] == 3 and proof["check"]["module_output_rel_l2"] < 1e-5, f"{kind}: {proof['check']}")
            ids = [256, *TEXT[11:79].encode(), 257] if encoder else list(TEXT[11:81].encode())
            letters = json.loads((bench.scratch / kind / "tokenizer.json").read_text())["model"]["vocab"]
            ids = torch.tensor([[i if i > 255 else letters[{" ": "Ġ", "\n": "Ċ"}.get(chr(i), chr(i))] for i in ids]])
            with torch.no_grad():
                if encoder:
                    states = model(ids, output_hidden_states=True).hidden_states
                else:
                    found = model(ids, labels=ids, output_hidden_states=True)
                    states = found.hidden_states
                    bench.expect(abs(float(found.loss.exp()) / proof["perplexity_of_span"] - 1) < 1e-4, f"{kind}: the perplexity of the span")
            entry = manifest["head_list"][1]
            v = np.load(out / entry["files"]["v"]["path"])
            if kind == "bert":
                mine = model.encoder.layer[layer].attention.self.value(states[layer])[0, :, entry["kv_head"] * 8:][:, :8].detach().numpy()
            elif kind == "opt":
                block = model.model.decoder.layers[layer]
                mine = block.self_attn.v_proj(block.self_attn_layer_norm(states[layer]))[0, :, entry["kv_head"] * 8:][:, :8].detach().numpy()
            elif kind in ("qwen2", "llama"):
                block = model.model.layers[layer]
                mine = block.self_attn.v_proj(block.input_layernorm(states[layer]))[0, :, entry["kv_head"] * 8:][:, :8].detach().numpy()
            else:
                mine = v
            bench.expect(np.abs(mine - v).max() < 1e-4, f"{kind}: v of layer {layer} is that of the model's own weights")
            run = bench.call("run", "--trace", str(out), "--out", str(bench.scratch / "run"), "--force", "--check-tlm")
            bench.expect(run.returncode == 0, f"{kind}: pade-sim run {run.stderr.strip()}")


def check_decode(bench):
    """A decode set holds what the model computes step by step with its KV cache."""
    done = call(bench, "--model", "qwen2", "--text", "text.txt", "--layers", "1", "--heads", "kv1", "--phase", "decode", "--after", "60",
                "--steps", "4", "--float32", "--out", "decode", "--offline")
    bench.expect(done.returncode == 0, f"decode: {done.stderr.strip()}")
    out = bench.scratch / "decode" / "l1-decode4-s64-text"
    manifest = json.loads((out / "manifest.json").read_text())
    bench.expect(manifest["queries"] == 4 and manifest["keys"] == 64 and manifest["causal_offset"] == 60, "four steps after 60 tokens")
    loaded = load([str(bench.scratch / "qwen2")], offline=True)
    text = cap.Text(loaded, str(bench.scratch / "text.txt"))
    ids = torch.from_numpy(text.span(0, 64).astype(np.int64))
    calls = []
    cache = transformers.DynamicCache()
    with hooked(loaded.model, lambda c: calls.append(c) if c.layer == 1 else None), torch.no_grad():
        loaded.model(ids[None, :60], past_key_values=cache, use_cache=True)
        for step in range(60, 64):
            loaded.model(ids[None, step:step + 1], past_key_values=cache, use_cache=True)
    for entry in manifest["head_list"]:
        q, k, v = (np.load(out / entry["files"][name]["path"]) for name in "qkv")
        steps = np.stack([c.q[entry["head"], 0].numpy() for c in calls[1:]])
        bench.expect(np.abs(steps - q).max() < 1e-4, f"head {entry['head']}: the queries of the steps")
        bench.expect(np.abs(calls[-1].k[1].numpy() - k).max() < 1e-4 and np.abs(calls[-1].v[1].numpy() - v).max() < 1e-4,
                     f"head {entry['head']}: K and V of the cache")
    done = call(bench, "--model", "bert", "--text", "text.txt", "--layers", "1", "--phase", "decode", "--length", "64", "--out", "no", "--offline")
    bench.expect(done.returncode == 2 and "encoder" in done.stderr, f"an encoder does not decode: {done.stderr.strip()}")


def check_dense(bench):
    """The stand-in for torch's attention, cut into blocks of few rows, against the whole matrix."""
    import modellib.attention as attention
    whole, attention.MOST_CELLS = attention.MOST_CELLS, 100
    torch.manual_seed(1)
    for queries, keys, offset in ((20, 20, 0), (5, 20, 15), (7, 30, 3), (20, 20, None)):
        q, k, v = torch.randn(4, queries, 8), torch.randn(2, keys, 8), torch.randn(2, keys, 8)
        scores = q @ k.repeat_interleave(2, 0).transpose(1, 2) * .3
        if offset is not None:
            scores = scores.masked_fill(torch.arange(keys)[None] > torch.arange(queries)[:, None] + offset, -1e9)
        found = attention.dense(q, k, v, offset, .3)
        bench.expect((torch.softmax(scores, -1) @ v.repeat_interleave(2, 0) - found).abs().max() < 1e-5,
                     f"{queries} queries, {keys} keys, offset {offset}")
    attention.MOST_CELLS = whole


def check_proof(bench):
    """The comparison with the model's own attention finds what is wrong."""
    loaded = load([str(bench.scratch / "qwen2")], offline=True)
    ids = cap.Text(loaded, str(bench.scratch / "text.txt")).span(0, 50)
    good = cap.check_against_eager(loaded, ids)
    bench.expect(good["module_output_rel_l2"] < 1e-5, f"as it is: {good}")
    import modellib.attention as attention
    first = attention._once
    for name, wrong in (("KV heads exchanged", lambda x, n, m: first(x, n, m).flip(0)), ("K doubled", lambda x, n, m: first(x, n, m) * 2)):
        attention._once = wrong
        try:
            cap.check_against_eager(loaded, ids)
            found = ""
        except InputError as error:
            found = str(error)
        attention._once = first
        bench.expect("does not reproduce" in found, f"{name}: {found[:100]}")
    tensor = torch.from_numpy(ids.astype(np.int64))
    with hooked(loaded.model, lambda c: None):
        hidden = perplexity.hidden_states(loaded.model, tensor)
        whole = float(loaded.model(tensor[None], labels=tensor[None]).loss.exp())
    bench.expect(abs(perplexity.perplexity(perplexity.token_losses(loaded.model, hidden, tensor)) / whole - 1) < 1e-5, "perplexity")


def check_again(bench):
    """Interrupted, gone on, asked for with other options."""
    options = ["--model", "qwen2", "--text", "text.txt", "--layers", "0:3", "--length", "64", "--out", "again", "--offline"]
    folder = bench.scratch / "again"
    process = subprocess.Popen([sys.executable, str(SCRIPT), *options], cwd=bench.scratch, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while process.poll() is None and not list(folder.glob("l*")) and time.monotonic() < deadline:
        time.sleep(.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    bench.expect(all((path / "manifest.json").is_file() for path in folder.glob("l*") if not path.name.endswith(".partial")),
                 f"killed: what has its final name is whole ({sorted(p.name for p in folder.iterdir())})")
    (folder / "l2-prefill-s64-text.partial").mkdir(exist_ok=True)
    done = call(bench, *options)
    bench.expect(done.returncode == 0 and len(list(folder.glob("l*"))) == 3 and not list(folder.glob("*.partial")), f"it goes on: {done.stdout}")
    content = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = call(bench, *options)
    bench.expect(done.returncode == 0 and "0 sets captured, 3 were there" in done.stdout, "a second time nothing is done")
    done = call(bench, *options, "--center-k")
    bench.expect(done.returncode == 2 and "other options" in done.stderr, f"other options: {done.stderr.strip()}")
    bench.expect({path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == content, "and nothing changed")
    done = call(bench, *options, "--force")
    bench.expect(done.returncode == 0 and {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == content,
                 "--force: captured again, the same bytes")
    done = call(bench, *options[:-3], "--out", "early", "--stop-early", "--offline")
    early = {path.relative_to(bench.scratch / "early"): path.read_bytes() for path in (bench.scratch / "early").rglob("*.npy")}
    bench.expect(done.returncode == 0 and early == {path.relative_to(folder): data for path, data in content.items() if path.suffix == ".npy"}
                 and "perplexity_of_span" not in (bench.scratch / "early" / "l0-prefill-s64-text" / "manifest.json").read_text(),
                 f"--stop-early: the same arrays {done.stderr.strip()}")
    done = call(bench, "--model", "qwen2", "--text", "text.txt", "--layers", "0", "--length", "64", "--center-k", "--channel-factors",
                "--calibration", "other.txt", "--calibration-length", "40", "--out", "calibrated", "--offline")
    manifest = json.loads((bench.scratch / "calibrated" / "l0-prefill-s64-text" / "manifest.json").read_text())
    bench.expect(done.returncode == 0 and "calibration text (other.txt, 40 tokens" in manifest["quantisation"]["before"], "a calibration text")


def check_refusals(bench):
    model = ["--model", "qwen2", "--text", "text.txt", "--out", "refused", "--offline", "--length", "64"]
    (bench.scratch / "latin.txt").write_bytes(b"caf\xe9 " * 99)
    broken = bench.scratch / "broken"
    save(broken, "qwen2")
    tensors = dict(__import__("safetensors.torch").torch.load_file(broken / "model.safetensors"))
    del tensors["model.layers.1.self_attn.k_proj.weight"]
    __import__("safetensors.torch").torch.save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    cases = [("layer", [*model, "--layers", "3"], "3: the model has 3"), ("head", [*model, "--layers", "0", "--heads", "6"], "6"),
             ("too long", [*model[:-1], "300", "--layers", "0"], "256 positions"),
             ("text too short", [*model, "--layers", "0", "--first", "100000"], "tokens"),
             ("no UTF-8", [*model[:2], "--text", "latin.txt", "--layers", "0", *model[4:]], "UTF-8"),
             ("a tensor is missing", ["--model", "broken", *model[2:], "--layers", "0"], "k_proj"),
             ("no such model", ["--model", "nobody/none", *model[2:], "--layers", "0"], "cannot load")]
    for name, options, pattern in cases:
        done = call(bench, *options)
        bench.expect(done.returncode == 2 and pattern in done.stderr and done.stderr.count("\n") == 1, f"{name}: {done.stderr.strip()}")
        bench.expect(not list((bench.scratch / "refused").glob("*")), f"{name}: nothing is left behind")


def gguf_of(folder, out):
    """The tiny Qwen2 as a GGUF in float32: what transformers must read back."""
    import gguf
    from safetensors.torch import load_file
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(str(out), "qwen2")
    writer.add_name("tiny")
    writer.add_license("test licence")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    words = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    tokens = [word for word, _ in sorted(words.items(), key=lambda item: item[1])]
    rare = [tokens[i] for i in (200, 201, 202)]  # two merges that no text here has: transformers cannot read a list of one
    tokens += [rare[0] + rare[1], rare[1] + rare[2]]
    tokens += [f"<unused{i}>" for i in range(config["vocab_size"] - len(tokens))]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_merges([f"{rare[0]} {rare[1]}", f"{rare[1]} {rare[2]}"])
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(257)
    names = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}
    parts = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
             "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
             "post_attention_layernorm": "ffn_norm"}
    for name, tensor in load_file(folder / "model.safetensors").items():
        if name in names:
            target = names[name]
        else:
            _, _, layer, *middle, kind = name.split(".")
            target = f"blk.{layer}.{parts['.'.join(middle)]}.{kind}"
        writer.add_tensor(target, tensor.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def check_gguf(bench):
    """From safetensors, from a GGUF and from its pieces come the same numbers."""
    gguf_of(bench.scratch / "qwen2", bench.scratch / "tiny.gguf")
    content = (bench.scratch / "tiny.gguf").read_bytes()
    half = len(content) // 2
    (bench.scratch / "a.part").write_bytes(content[:half])
    (bench.scratch / "b.part").write_bytes(content[half:])
    sets = {}
    for name, model in (("safetensors", ["qwen2"]), ("gguf", ["tiny.gguf"]), ("pieces", ["a.part", "b.part"])):
        done = call(bench, *(word for item in model for word in ("--model", item)), "--text", "text.txt", "--layers", "1", "--length", "60",
                    "--out", f"from-{name}", "--offline")
        bench.expect(done.returncode == 0, f"{name}: {done.stderr.strip()}")
        file = bench.scratch / f"from-{name}" / "l1-prefill-s60-text" / "manifest.json"
        if file.is_file():
            manifest = json.loads(file.read_text())
            sets[name] = [[entry["files"][n]["sha256"] for n in ("q_i8", "k_i8", "v_i8")] for entry in manifest["head_list"]]
            if name != "safetensors":
                bench.expect(manifest["source"]["model_name"] == "tiny" and manifest["source"]["licence"] == "test licence",
                             f"{name}: name and licence of the GGUF")
    bench.expect(len(sets) == 3 and sets["gguf"] == sets["safetensors"] == sets["pieces"], "the same bytes from all three")


TEXT = (ROOT / "LICENSE").read_text()[:2000]


def write_fixture(file):
    """Captured q, k, v and output of layer 0 of a Qwen2 of width 24, and what they are made of."""
    torch.manual_seed(3)
    config = transformers.Qwen2Config(hidden_size=24, intermediate_size=16, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2,
                                      vocab_size=50)
    with tempfile.TemporaryDirectory() as folder:
        model = transformers.Qwen2ForCausalLM(config)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.normal_(std=.5)
        model.save_pretrained(folder)
        tokenizer(False).save_pretrained(folder)
        loaded = load([folder], offline=True)
    found, inside = {}, {}
    attention = loaded.model.model.layers[0].self_attn
    attention.q_proj.register_forward_hook(lambda m, i, o: inside.update(x=i[0][0].numpy()))
    attention.o_proj.register_forward_hook(lambda m, i, o: inside.update(out=i[0][0].numpy()))
    with hooked(loaded.model, lambda c: found.update(q=c.q.numpy(), k=c.k.numpy(), v=c.v.numpy())):
        perplexity.hidden_states(loaded.model, torch.arange(13) * 3)
    arrays = {f"{kind}{n}": getattr(getattr(attention, f"{n}_proj"), attribute).numpy()
              for n in "qkv" for kind, attribute in (("w", "weight"), ("b", "bias"))}
    out = inside["out"].reshape(13, 4, 6).transpose(1, 0, 2)
    np.savez_compressed(file, x=inside["x"], out=out, heads=4, kv_heads=2, **found, **arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim")
    parser.add_argument("--fixture")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.fixture:
        write_fixture(args.fixture)
        return 0
    with tempfile.TemporaryDirectory(prefix="pade-") as scratch:
        bench = Bench(args.pade_sim, scratch)
        (bench.scratch / "text.txt").write_text(TEXT)
        (bench.scratch / "other.txt").write_text((ROOT / "LICENSE").read_text()[2000:4000])
        for check in (check_families, check_decode, check_dense, check_proof, check_again, check_refusals, check_gguf):
            print(f"== {check.__name__}", flush=True)
            check(bench)
    print(f"{bench.failures} failures")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
