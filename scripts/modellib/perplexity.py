"""Cross entropy of a text under a causal model, without the whole matrix of logits in memory."""
from __future__ import annotations

import math
from typing import Any

BLOCK = 256  # rows of logits at a time: 150,000 words in float32 make 150 MB


def hidden_states(model: Any, ids: Any) -> Any:
    """What the last layer gives the head, [tokens, width]; ids: [tokens]."""
    import torch
    with torch.no_grad():
        return model.base_model(input_ids=ids[None], use_cache=False).last_hidden_state[0] if _takes_cache(model) \
            else model.base_model(input_ids=ids[None]).last_hidden_state[0]


def _takes_cache(model: Any) -> bool:
    return hasattr(model.config, "use_cache")


def token_losses(model: Any, hidden: Any, ids: Any) -> Any:
    """Negative log likelihood (nats) of ids[1:], each from the tokens before it: [tokens - 1]."""
    import torch
    head = model.get_output_embeddings()
    losses = []
    with torch.no_grad():
        for first in range(0, len(ids) - 1, BLOCK):
            last = min(len(ids) - 1, first + BLOCK)
            logits = head(hidden[first:last]).float()
            losses.append(torch.nn.functional.cross_entropy(logits, ids[first + 1:last + 1], reduction="none"))
    return torch.cat(losses)


def perplexity(losses: Any) -> float:
    return math.exp(float(losses.double().mean()))


def head_is_plain(model: Any, ids: Any) -> bool:
    """Some families scale or cap the logits after the head: then hidden_states and the head are not all there is."""
    import torch
    few = ids[:8]
    with torch.no_grad():
        whole = model(input_ids=few[None]).logits[0]
        ours = model.get_output_embeddings()(hidden_states(model, few))
    return bool(torch.allclose(whole, ours, rtol=1e-3, atol=1e-3))
