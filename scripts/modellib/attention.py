"""One hook for the attention of every family: torch.nn.functional.scaled_dot_product_attention, which transformers' models call
with q, k and v after any rotary embedding.

On torch below 2.0 the function does not exist and this one is it; on newer ones it is wrapped. It works in blocks of query rows, so
that a score matrix of 16384 x 16384 is never whole in memory.
"""
from __future__ import annotations

import contextlib
import dataclasses
import math
import re
from typing import Any, Callable, Iterator

from tracelib.cli import InputError

MOST_CELLS = 1 << 22  # scores held at a time


@dataclasses.dataclass
class AttentionCall:
    """One call of one layer for one sequence. q torch float32 [heads, queries, d], k and v [kv_heads, keys, d]."""
    layer: int
    module: str
    q: Any
    k: Any
    v: Any
    causal_offset: int | None   # query i sees key j when j <= i + offset; None: all
    scale: float


Handler = Callable[[AttentionCall], Any]


def dense(q: Any, k: Any, v: Any, causal_offset: int | None, scale: float) -> Any:
    """softmax(q k^T scale) v of [heads, rows, d]; k and v may have fewer heads."""
    import torch
    heads, queries, _ = q.shape
    keys = k.shape[1]
    group = heads // k.shape[0]
    out = torch.empty(heads, queries, v.shape[2], dtype=q.dtype)
    rows = max(1, MOST_CELLS // keys)
    for head in range(heads):
        k_head, v_head = k[head // group], v[head // group]
        for first in range(0, queries, rows):
            last = min(queries, first + rows)
            seen = keys if causal_offset is None else min(keys, last + causal_offset)
            scores = torch.matmul(q[head, first:last] * scale, k_head[:seen].T)
            if causal_offset is not None:  # what the first row of the block sees, all its rows see
                edge = min(seen, max(0, first + causal_offset + 1))
                hidden = torch.arange(edge, seen)[None] > torch.arange(first, last)[:, None] + causal_offset
                scores[:, edge:].masked_fill_(hidden, -math.inf)
            out[head, first:last] = torch.matmul(torch.softmax(scores, dim=-1), v_head[:seen])
    return out


def _offset_of(mask: Any, is_causal: bool, queries: int, keys: int, name: str) -> int | None:
    """Offset of the causal mask; a mask that is neither causal nor empty is refused, for a trace set cannot hold it."""
    import torch
    if mask is None:
        return 0 if is_causal else None
    mask = mask.expand(*mask.shape[:-2], queries, keys) if mask.dim() >= 2 else mask[None].expand(queries, keys)
    rows = mask.reshape(-1, queries, keys)
    if not bool((rows == rows[:1]).all()):
        raise InputError(f"{name}: its mask differs between heads; only a causal mask or none can be captured")
    row = rows[0, :, :keys]
    if row.dtype == torch.bool:
        visible = row
    else:
        visible = row == 0
        if not bool((visible | (row <= torch.finfo(row.dtype).min / 2)).all()):
            raise InputError(f"{name}: its mask adds numbers to the scores (ALiBi or a relative bias); a trace set cannot hold those")
    if bool(visible.all()):
        return None
    offset = keys - queries
    expected = torch.arange(keys)[None] <= torch.arange(queries)[:, None] + offset
    if not bool((visible == expected).all()):
        raise InputError(f"{name}: its mask is neither causal nor empty (a sliding window, or padding); a trace set cannot hold it")
    return offset


class _Hook:
    def __init__(self, model: Any, handler: Handler, original: Any) -> None:
        self.handler = handler
        self.original = original
        self.kv_heads = getattr(model.config, "num_key_value_heads", None) or model.config.num_attention_heads
        self.stack: list[str] = []
        self.calls = 0

    def enter(self, name: str) -> Callable:
        def before(*_: Any) -> None:
            self.stack.append(name)
        return before

    def leave(self, *_: Any) -> None:
        self.stack.pop()

    def __call__(self, query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False,
                 scale: float | None = None, enable_gqa: bool = False) -> Any:
        import torch
        name = self.stack[-1] if self.stack else "attention"
        numbers = re.findall(r"(?<=\.)\d+(?=\.|$)", name)
        if not numbers:
            raise InputError(f"{name}: the number of the layer cannot be told from the module's name")
        batch, heads, queries, dim = query.shape
        if batch != 1:
            raise InputError(f"{name}: is called with a batch of {batch}; one sequence at a time is expected")
        factor = 1 / math.sqrt(dim) if scale is None else float(scale)
        # torch's is_causal counts from the first key, also when there are more keys than queries.
        offset = _offset_of(attn_mask, is_causal, queries, key.shape[2], name)
        k, v = _once(key[0], self.kv_heads, name), _once(value[0], self.kv_heads, name)
        call = AttentionCall(int(numbers[0]), name, query[0], k, v, offset, factor)
        self.calls += 1
        result = self.handler(call)
        if result is None:
            result = dense(query[0], k, v, offset, factor) if self.original is None else self.original(
                query, key, value, attn_mask=attn_mask, dropout_p=dropout_p, is_causal=is_causal,
                **({} if scale is None else {"scale": scale}), **({"enable_gqa": True} if enable_gqa else {}))
        return result if result.dim() == 4 else torch.as_tensor(result, dtype=query.dtype)[None]


def _once(x: Any, kv_heads: int, name: str) -> Any:
    """[heads, rows, d] where each KV head is repeated for its group: each once. As it is when nothing is repeated."""
    if x.shape[0] == kv_heads:
        return x
    group = x.shape[0] // kv_heads
    once = x[::group]
    if x.shape[0] % kv_heads or not bool((x.view(kv_heads, group, *x.shape[1:]) == once[:, None]).all()):
        raise InputError(f"{name}: has {x.shape[0]} heads of K and V that are no copies of {kv_heads} KV heads")
    return once


@contextlib.contextmanager
def hooked(model: Any, handler: Handler) -> Iterator[_Hook]:
    """While the block runs, every attention of `model` goes through `handler`: it gets an AttentionCall and returns the output
    [heads, queries, d], or None for the dense one. The model must have been loaded with the `sdpa` attention (load.py)."""
    import torch.nn.functional as functional
    original = getattr(functional, "scaled_dot_product_attention", None)
    hook = _Hook(model, handler, original)
    handles = []
    for name, module in model.named_modules():
        if "attention" in type(module).__name__.lower() or name.endswith(("attn", "attention")):
            handles.append(module.register_forward_pre_hook(hook.enter(name)))
            handles.append(module.register_forward_hook(hook.leave))
    functional.scaled_dot_product_attention = hook
    try:
        yield hook
    finally:
        if original is None:
            del functional.scaled_dot_product_attention
        else:
            functional.scaled_dot_product_attention = original
        for handle in handles:
            handle.remove()
