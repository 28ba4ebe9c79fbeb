"""One forward pass of a model over a span of a text, with q, k and v of chosen layers kept, and the proof that they are right."""
from __future__ import annotations

import dataclasses
import hashlib
import math
import pathlib
import sys
import time
from typing import Any

import numpy as np

from tracelib.cli import InputError, one_line

from . import perplexity
from .attention import AttentionCall, dense, hooked
from .load import Loaded

PROOF_TOKENS = 1024   # of the text's beginning, for a perplexity that can be compared between captures
CHECK_TOKENS = 192    # of the span, for the comparison with the family's own attention code
MOST_ERROR = 1e-3


@dataclasses.dataclass
class Layer:
    """float32, [heads, tokens, d] and [kv_heads, tokens, d]: all heads of the model."""
    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    scale: float
    causal: bool


@dataclasses.dataclass
class Captured:
    layers: dict[int, Layer]
    ids: np.ndarray            # int32
    perplexity: float | None   # of the span
    seconds: float


class Progress:
    """A line on a terminal that is written over; nothing elsewhere."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done, self.start = what, total, 0, time.monotonic()
        self.draws = sys.stderr.isatty()

    def step(self) -> None:
        self.done += 1
        if self.draws:
            spent = time.monotonic() - self.start
            left = spent / self.done * max(0, self.total - self.done)
            bar = "#" * (24 * min(self.done, self.total) // self.total)
            print(f"\r{self.what} [{bar:<24}] {self.done}/{self.total} layers, {spent:.0f} s, {left:.0f} s left ", end="",
                  file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.draws:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class _Enough(Exception):
    """All wanted layers are there."""


class Text:
    """The token ids of a file, without the special tokens, which each sequence gets anew."""

    def __init__(self, loaded: Loaded, file: str) -> None:
        content = pathlib.Path(file).read_bytes()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"--text: {file}: byte {error.start} is no UTF-8") from None
        self.file = file
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.ids = loaded.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        # What the tokenizer puts around a text; its own methods for that do not agree between families.
        probe = loaded.tokenizer("a", add_special_tokens=False)["input_ids"]
        whole = loaded.tokenizer("a")["input_ids"]
        at = next((i for i in range(len(whole)) if whole[i:i + len(probe)] == probe), 0)
        self.before, self.behind = whole[:at], whole[at + len(probe):]
        self.special = len(self.before) + len(self.behind)

    def span(self, first: int, tokens: int) -> np.ndarray:
        plain = tokens - self.special
        if plain < 1 or first + plain > len(self.ids):
            raise InputError(f"--text: {self.file}: has {len(self.ids)} tokens; {plain} from token {first} on are asked for")
        return np.array(self.before + self.ids[first:first + plain] + self.behind, dtype="<i4")


def shape_of(model: Any) -> tuple[int, int, int]:
    """Layers, heads, KV heads."""
    config = model.config
    heads = config.num_attention_heads
    return config.num_hidden_layers, heads, getattr(config, "num_key_value_heads", None) or heads


def positions_of(model: Any) -> int | None:
    return getattr(model.config, "max_position_embeddings", None) or getattr(model.config, "n_positions", None)


def check_length(model: Any, tokens: int, where: str) -> None:
    most = positions_of(model)
    if most is not None and tokens > most:
        raise InputError(f"{where}: {tokens} tokens: the model was trained for at most {most} positions")


def capture(loaded: Loaded, ids: np.ndarray, layers: set[int], what: str, whole: bool = True) -> Captured:
    """whole: through all layers, for the perplexity; else the pass ends with the last of `layers`."""
    import torch
    count, _, _ = shape_of(loaded.model)
    count = count if whole else max(layers) + 1
    kept: dict[int, Layer] = {}
    progress = Progress(what, count)
    calls: list[int] = []

    def handler(call: AttentionCall) -> Any:
        progress.step()
        calls.append(call.layer)
        causal = call.causal_offset is not None
        if causal != loaded.causal or call.causal_offset not in (0, None) or call.k.shape[1] != call.q.shape[1]:
            raise InputError(f"{call.module}: {'is' if causal else 'is not'} causal, with {call.q.shape[1]} queries and "
                             f"{call.k.shape[1]} keys; self-attention of a whole sequence is expected of a "
                             f"{'decoder' if loaded.causal else 'encoder'}")
        if call.layer in layers:
            kept[call.layer] = Layer(*(np.array(x.numpy(), dtype=np.float32) for x in (call.q, call.k, call.v)), call.scale, causal)
        if not whole and len(kept) == len(layers):
            raise _Enough
        return dense(call.q, call.k, call.v, call.causal_offset, call.scale)

    started = time.monotonic()
    tensor = torch.from_numpy(ids.astype(np.int64))
    hidden = None
    try:
        with hooked(loaded.model, handler):
            hidden = perplexity.hidden_states(loaded.model, tensor)
    except _Enough:
        pass
    except (RuntimeError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{loaded.source['architecture']}: its forward pass fails: {one_line(str(error))[:300]}") from None
    finally:
        progress.close()
    if sorted(calls) != list(range(count)):
        raise InputError(f"{loaded.source['architecture']}: calls the hooked attention for layers {sorted(set(calls))} of {count}; a "
                         "family whose layers do not all use torch's scaled_dot_product_attention cannot be captured")
    value = None
    if loaded.causal and hidden is not None:
        value = perplexity.perplexity(perplexity.token_losses(loaded.model, hidden, tensor))
    return Captured(kept, ids, value, time.monotonic() - started)


def proof_of_weights(loaded: Loaded, text: Text) -> dict:
    """The model's perplexity on the beginning of the text: a wrong tensor, layout or tokenizer shows there at once."""
    import torch
    if not loaded.causal:
        return {"perplexity": None, "why": "an encoder without a language model's head; all its tensors were in the file"}
    tokens = min(PROOF_TOKENS, len(text.ids) + text.special, positions_of(loaded.model) or PROOF_TOKENS)
    _, heads, _ = shape_of(loaded.model)
    ids = torch.from_numpy(text.span(0, tokens).astype(np.int64))
    progress = Progress("perplexity of the text's beginning", loaded.model.config.num_hidden_layers)

    def handler(call: AttentionCall) -> None:
        progress.step()

    with hooked(loaded.model, handler):
        plain = perplexity.head_is_plain(loaded.model, ids)
        progress.done = 0
        hidden = perplexity.hidden_states(loaded.model, ids)
    progress.close()
    if not plain:
        raise InputError(f"{loaded.source['architecture']}: does more to its logits than one matrix; its perplexity cannot be computed")
    return {"perplexity": round(perplexity.perplexity(perplexity.token_losses(loaded.model, hidden, ids)), 4), "tokens": tokens,
            "of": "the first tokens of the text"}


def check_against_eager(loaded: Loaded, ids: np.ndarray) -> dict:
    """The family's own attention code (`eager`), run on the first tokens: its weights of each layer and head against the softmax
    of the captured q and k in double precision, and each attention module's output against that of the hooked one."""
    import torch
    model = loaded.model
    tensor = torch.from_numpy(ids[:CHECK_TOKENS].astype(np.int64))
    calls: dict[int, AttentionCall] = {}
    outputs: tuple[dict[str, Any], dict[str, Any]] = ({}, {})

    def handler(call: AttentionCall) -> None:
        calls[call.layer] = call

    def run(into: dict[str, Any], **options: Any) -> Any:
        handles = [module.register_forward_hook(lambda m, _, out, name=name: into.__setitem__(
            name, (out[0] if isinstance(out, tuple) else out).clone()))
            for name, module in model.named_modules() if name in {call.module for call in calls.values()}]
        try:
            with torch.no_grad():
                return model.base_model(input_ids=tensor[None], **options)
        finally:
            for handle in handles:
                handle.remove()

    with hooked(model, handler):
        run({})
        run(outputs[0])
    if sorted(calls) != list(range(shape_of(model)[0])):
        raise InputError(f"{loaded.source['architecture']}: calls the hooked attention for layers {sorted(calls)} of {shape_of(model)[0]}; a "
                         "family whose layers do not all use torch's scaled_dot_product_attention cannot be captured")
    implementation = getattr(model.config, "_attn_implementation", None)
    model.config._attn_implementation = "eager"  # newer families read it at each call, older ones go by output_attentions
    try:
        result = run(outputs[1], output_attentions=True)
    finally:
        model.config._attn_implementation = implementation
    weights = result.attentions
    if weights is None or len(weights) != len(calls) or any(w is None for w in weights):
        raise InputError(f"{loaded.source['architecture']}: gives no attention weights to hold the captured q and k against")
    worst_weight = worst_output = worst_product = 0.0
    for layer, call in calls.items():
        q, k, v = (x.numpy().astype(np.float64) for x in (call.q, call.k, call.v))
        group = len(q) // len(k)
        scores = np.einsum("hqd,hkd->hqk", q, k.repeat(group, axis=0)) * call.scale
        if call.causal_offset is not None:
            scores[:, np.arange(q.shape[1])[:, None] + call.causal_offset < np.arange(k.shape[1])] = -np.inf
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        theirs = weights[layer][0].numpy()
        worst_weight = max(worst_weight, float(np.abs(scores - theirs).max()))
        product = np.einsum("hqk,hkd->hqd", theirs.astype(np.float64), v.repeat(group, axis=0))
        worst_product = max(worst_product, _relative(scores @ v.repeat(group, axis=0), product))
        ours, eager = (out[call.module].numpy() for out in outputs)
        worst_output = max(worst_output, _relative(ours, eager))
    found = {"tokens": len(tensor), "layers": len(calls), "attention_weight_max_difference": worst_weight,
             "attention_output_rel_l2": worst_product, "module_output_rel_l2": worst_output}
    if not max(worst_weight, worst_product, worst_output) <= MOST_ERROR:
        raise InputError(f"{loaded.source['architecture']}: what is captured does not reproduce the model's own attention: {found}; "
                         f"allowed are differences up to {MOST_ERROR}")
    return found


def _relative(a: np.ndarray, b: np.ndarray) -> float:
    norm = float(np.linalg.norm(b.astype(np.float64)))
    return float(np.linalg.norm(a.astype(np.float64) - b.astype(np.float64))) / norm if norm > 0 else math.inf
