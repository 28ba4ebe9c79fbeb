"""What a causal language model says of a sequence, with its own attention or with another in its place."""
from __future__ import annotations

from typing import Any, Callable

import numpy as np

from modellib.attention import AttentionCall, hooked
from modellib.load import load
from modellib.perplexity import head_is_plain, hidden_states
from tracelib.cli import InputError

POSITIONS = 128  # logits of so many positions at a time: 151936 of them each, in the models at hand

# (layer, q [heads, n, d], k [kv_heads, n, d], v [kv_heads, n, d], softmax scale, causal offset) to [heads, n, d]; float32, after
# any rotary embedding. None: the model's own after all
Attention = Callable[[int, np.ndarray, np.ndarray, np.ndarray, float, "int | None"],
                     "np.ndarray | None"]


class Model:
    def __init__(self, place: str, cache: str | None = None):
        import torch
        loaded = load([place], cache=cache, kind="causal")
        self.model, self.tokenizer, self.source = loaded.model, loaded.tokenizer, loaded.source
        with hooked(self.model, lambda call: None):
            if not head_is_plain(self.model, torch.arange(8)):
                raise InputError(f"--model: {place}: changes its logits after the head; such a family is not supported")

    def predictions(self, ids: list[int], first: int = 0, compute: Attention | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Of tokens first + 1 .. n - 1, each predicted from all before it: its negative log likelihood in nats, float32, and the
        token that the model would have put there, int32. compute None: the model's own attention, in float32."""
        import torch

        def handler(call: AttentionCall) -> Any:
            if compute is None:
                return None
            q, k, v = (x.float().contiguous().numpy() for x in (call.q, call.k, call.v))
            out = compute(call.layer, q, k, v, call.scale, call.causal_offset)
            return None if out is None else torch.from_numpy(np.ascontiguousarray(out))[None]

        wanted = torch.tensor(ids)
        nll, top = [], []
        with torch.inference_mode(), hooked(self.model, handler):
            hidden = hidden_states(self.model, wanted)
            head = self.model.get_output_embeddings()
            for start in range(first, len(ids) - 1, POSITIONS):
                end = min(start + POSITIONS, len(ids) - 1)
                logits = head(hidden[start:end]).float()
                chosen = logits.gather(1, wanted[start + 1:end + 1, None])[:, 0]
                nll.append((torch.logsumexp(logits, dim=1) - chosen).numpy())
                top.append(logits.argmax(dim=1).to(torch.int32).numpy())
        return np.concatenate(nll), np.concatenate(top)
