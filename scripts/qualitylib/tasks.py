"""What a model is asked: spans of texts, the lines in them, and needles in a haystack. Token ids in, token ids out."""
from __future__ import annotations

import dataclasses
import random
from typing import Any

from tracelib.cli import InputError

CITIES = ["Oslo", "Paris", "Rome", "Cairo", "Lima", "Delhi", "Tokyo", "Boston", "Berlin", "Madrid", "Dublin", "Vienna", "Warsaw",
          "Athens", "Havana", "Sydney"]
DIGITS = 5


@dataclasses.dataclass
class Needle:
    """One question of a sequence: predictions first .. last - 1 (of token first + 1 and on) are the answer."""
    first: int
    last: int
    distance: int  # tokens from the answer in the haystack to the answer that is asked for


def encode(tokenizer: Any, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def span(ids: list[int], name: str, first: int, tokens: int) -> list[int]:
    if first < 0 or tokens < 2 or first + tokens > len(ids):
        raise InputError(f"--text: {name}: tokens {first} to {first + tokens} are asked for; it has {len(ids)}, and a span has at "
                         "least 2")
    return ids[first:first + tokens]


def lines(tokenizer: Any, ids: list[int], after: int) -> list[tuple[int, int]]:
    """[first, last) of the predictions that make up each whole line: from the first token that begins at or after its first
    character that is no space, to the one with its line break. Lines that begin before token `after`, and empty ones, are left
    out: nobody can complete a line without any context."""
    pieces = [tokenizer.decode([i], clean_up_tokenization_spaces=False) for i in ids]
    text, starts = "", []
    for piece in pieces:
        starts.append(len(text))
        text += piece
    found, at = [], 0
    while (end := text.find("\n", at)) >= 0:
        begin = at + len(text[at:end]) - len(text[at:end].lstrip())
        inside = [i for i, start in enumerate(starts) if begin <= start <= end]
        if begin < end and inside and inside[0] >= max(1, after):
            found.append((inside[0] - 1, inside[-1]))
        at = end + 1
    return found


def needles(tokenizer: Any, haystack: list[int], name: str, tokens: int, seed: int) -> tuple[list[int], list[Needle]]:
    """A sequence of about `tokens` tokens: the haystack with a sentence for each city spread over it, then the same sentences in
    another order. The answers are numbers of five digits, which no text suggests."""
    generator = random.Random(seed)
    numbers = {city: "".join(generator.choice("0123456789") for _ in range(DIGITS)) for city in CITIES}

    def sentence(city: str) -> tuple[list[int], list[int]]:
        return encode(tokenizer, f"\nThe secret number of {city} is"), encode(tokenizer, f" {numbers[city]}") + encode(tokenizer, ".\n")

    asked = sum(len(part) for city in CITIES for part in sentence(city))
    free = tokens - 2 * asked
    if free < len(CITIES) or free > len(haystack):
        raise InputError(f"--text: {name}: {free} tokens of haystack are needed, from {len(CITIES)} to {len(haystack)}")
    hidden, questions = CITIES[:], CITIES[:]
    generator.shuffle(hidden)
    generator.shuffle(questions)
    ids: list[int] = []
    places: dict[str, int] = {}
    for i, city in enumerate(hidden):
        ids += haystack[free * i // len(hidden):free * (i + 1) // len(hidden)]
        before, answer = sentence(city)
        ids += before
        places[city] = len(ids)
        ids += answer
    found = []
    for city in questions:
        before, answer = sentence(city)
        ids += before
        length = len(encode(tokenizer, f" {numbers[city]}"))
        found.append(Needle(len(ids) - 1, len(ids) - 1 + length, len(ids) - places[city]))
        ids += answer
    return ids, found
