"""What to capture: sets named on the command line or in a JSON list, checked before a model is loaded."""
from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from typing import Any

from .cli import InputError

PHASES = ("prefill", "decode")
MOST_TOKENS = 1 << 20


@dataclasses.dataclass(frozen=True)
class Model:
    """One entry of `models`."""
    weights: tuple[str, ...]
    name: str | None = None
    licence: str | None = None
    kind: str = "auto"


@dataclasses.dataclass(frozen=True)
class Text:
    file: str
    source: str | None = None
    licence: str | None = None
    kind: str | None = None


@dataclasses.dataclass(frozen=True)
class Span:
    """`tokens` tokens of a text from token `first` on, the model's special tokens among them."""
    text: str
    first: int
    tokens: int


@dataclasses.dataclass(frozen=True)
class Request:
    """One trace set: one layer, one span."""
    folder: str              # below --out
    model: str
    span: Span
    phase: str
    steps: int               # decode: the last tokens, each a step of its own
    layer: int
    heads: str
    center_k: bool = True
    channel_factors: bool = True
    calibration: Span | None = None
    float32: bool = False

    @property
    def queries(self) -> int:
        return self.span.tokens if self.phase == "prefill" else self.steps


@dataclasses.dataclass
class Plan:
    models: dict[str, Model]
    texts: dict[str, Text]
    requests: list[Request]


def default_folder(phase: str, steps: int, layer: int, tokens: int, text: str) -> str:
    return f"l{layer}-{phase if phase == 'prefill' else f'decode{steps}'}-s{tokens}-{text}"


def numbers_of(where: str, text: str, most: int | None = None) -> list[int]:
    """0,3,8:12 as numbers; A:B is half open."""
    numbers: list[int] = []
    for item in text.split(","):
        match = re.fullmatch(r"(\d+)(?::(\d+))?", item.strip())
        if not match or match.group(2) and int(match.group(1)) >= int(match.group(2)):
            raise InputError(f"{where}: {item.strip() or 'an empty item'}: a number or A:B with A < B is expected")
        numbers += range(int(match.group(1)), int(match.group(2))) if match.group(2) else [int(match.group(1))]
    for number in numbers:
        if most is not None and number >= most:
            raise InputError(f"{where}: {number}: the model has {most}, numbered from 0")
    if len(set(numbers)) != len(numbers):
        raise InputError(f"{where}: {text}: names one of them twice")
    return sorted(numbers)


def heads_of(where: str, text: str, heads: int, kv_heads: int) -> tuple[list[int], list[int]]:
    """The query heads that `text` names and their KV heads, each once. kvN: the whole group of a KV head."""
    group = heads // kv_heads
    if text == "all":
        chosen = list(range(heads))
    elif match := re.fullmatch(r"kv(\d+)", text):
        if int(match.group(1)) >= kv_heads:
            raise InputError(f"{where}: {text}: the model has {kv_heads} KV heads, numbered from 0")
        chosen = list(range(int(match.group(1)) * group, (int(match.group(1)) + 1) * group))
    else:
        chosen = numbers_of(where, text, heads)
    kv = sorted({head // group for head in chosen})
    counts = {number: sum(head // group == number for head in chosen) for number in kv}
    if len(set(counts.values())) != 1:
        raise InputError(f"{where}: {text}: takes {counts} heads of the KV heads; a set has equally many of each")
    return chosen, kv


KEYS = {"models": {"weights", "name", "licence", "kind"}, "texts": {"file", "source", "licence", "kind"},
        "sets": {"folder", "model", "text", "first", "tokens", "phase", "steps", "layers", "heads", "center_k", "channel_factors",
                 "calibration", "float32"}}


def _entry(where: str, value: Any, kind: str) -> dict:
    if not isinstance(value, dict):
        raise InputError(f"{where}: an object is expected")
    unknown = sorted(set(value) - KEYS[kind])
    if unknown:
        raise InputError(f"{where}: {unknown[0]}: is no key; allowed are {', '.join(sorted(KEYS[kind]))}")
    return value


def _get(where: str, entry: dict, key: str, kind: type, default: Any = None, required: bool = False) -> Any:
    if key not in entry:
        if required:
            raise InputError(f"{where}: {key}: is missing")
        return default
    value = entry[key]
    if not isinstance(value, kind) or kind is int and isinstance(value, bool):
        name = {int: "an integer", str: "a text", bool: "true or false", list: "a list", dict: "an object"}[kind]
        raise InputError(f"{where}: {key}: is {json.dumps(value)}; {name} is expected")
    return value


def read_plan(file: pathlib.Path) -> Plan:
    """Files of texts are relative to the list's folder, weights too unless they name a package or a hub's model."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"--sets: {file}: is no JSON: {error}") from None
    where = f"--sets: {file}"
    if not isinstance(document, dict) or not all(isinstance(document.get(key), kind)
                                                 for key, kind in (("models", dict), ("texts", dict), ("sets", list))):
        raise InputError(f"{where}: an object with models, texts (objects) and sets (a list) is expected")
    models, texts = {}, {}
    for name, value in document["models"].items():
        at = f"{where}: models.{name}"
        entry = _entry(at, value, "models")
        weights = _get(at, entry, "weights", list, required=True)
        if not weights or not all(isinstance(item, str) for item in weights):
            raise InputError(f"{at}: weights: a list of texts is expected")
        models[name] = Model(tuple(_beside(file, item) for item in weights), *(_get(at, entry, key, str) for key in ("name", "licence")),
                             _get(at, entry, "kind", str, "auto"))
        if models[name].kind not in ("auto", "causal", "encoder"):
            raise InputError(f"{at}: kind: is {models[name].kind}; allowed are auto, causal and encoder")
    for name, value in document["texts"].items():
        at = f"{where}: texts.{name}"
        entry = _entry(at, value, "texts")
        texts[name] = Text(_beside(file, _get(at, entry, "file", str, required=True)),
                           *(_get(at, entry, key, str) for key in ("source", "licence", "kind")))
    plan = Plan(models, texts, [])
    for i, value in enumerate(document["sets"]):
        at = f"{where}: sets[{i}]"
        plan.requests += _requests(at, _entry(at, value, "sets"), plan)
    check_plan(plan)
    return plan


def _beside(file: pathlib.Path, name: str) -> str:
    path = pathlib.Path(name)
    return str(file.parent / path) if not path.is_absolute() and (file.parent / path).exists() else name


def _span(at: str, entry: dict, plan: Plan) -> Span:
    text = _get(at, entry, "text", str, required=True)
    if text not in plan.texts:
        raise InputError(f"{at}: text: {text}: is none of texts: {', '.join(plan.texts)}")
    return Span(text, _get(at, entry, "first", int, 0), _get(at, entry, "tokens", int, required=True))


def _requests(at: str, entry: dict, plan: Plan) -> list[Request]:
    model = _get(at, entry, "model", str, required=True)
    if model not in plan.models:
        raise InputError(f"{at}: model: {model}: is none of models: {', '.join(plan.models)}")
    span = _span(at, entry, plan)
    phase = _get(at, entry, "phase", str, "prefill")
    steps = _get(at, entry, "steps", int, 8)
    calibration = entry.get("calibration")
    if calibration is not None:
        unknown = sorted(set(_get(at, entry, "calibration", dict)) - {"text", "first", "tokens"})
        if unknown:
            raise InputError(f"{at}: calibration: {unknown[0]}: is no key; allowed are text, first and tokens")
        calibration = _span(f"{at}: calibration", calibration, plan)
    layers = numbers_of(f"{at}: layers", _get(at, entry, "layers", str, required=True))
    folder = _get(at, entry, "folder", str)
    if folder is not None and len(layers) > 1 and "{layer}" not in folder:
        raise InputError(f"{at}: folder: {folder}: must contain {{layer}}, since there are {len(layers)} layers")
    if folder is not None and (folder.startswith("/") or ".." in pathlib.PurePath(folder).parts or not folder):
        raise InputError(f"{at}: folder: {folder}: must lie below --out")
    return [Request(folder.replace("{layer}", str(layer)) if folder else
                    f"{model}/{default_folder(phase, steps, layer, span.tokens, span.text)}", model, span, phase, steps, layer,
                    _get(at, entry, "heads", str, "all"), _get(at, entry, "center_k", bool, True),
                    _get(at, entry, "channel_factors", bool, True), calibration, _get(at, entry, "float32", bool, False))
            for layer in layers]


def check_plan(plan: Plan) -> None:
    for name, text in plan.texts.items():
        if any(name in (r.span.text, r.calibration and r.calibration.text) for r in plan.requests):
            if not pathlib.Path(text.file).is_file():
                raise InputError(f"text {name}: {text.file}: there is no such file")
    seen: set[str] = set()
    for r in plan.requests:
        if r.folder in seen:
            raise InputError(f"set {r.folder}: is named twice; give one of them another folder")
        seen.add(r.folder)
        if r.phase not in PHASES:
            raise InputError(f"set {r.folder}: phase: is {r.phase}; allowed are prefill and decode")
        for what, span in (("tokens", r.span), ("tokens of the calibration text", r.calibration)):
            if span is not None and not (0 <= span.first <= MOST_TOKENS and 2 <= span.tokens <= MOST_TOKENS):
                raise InputError(f"set {r.folder}: first and {what}: are {span.first} and {span.tokens}; allowed are 0 to "
                                 f"{MOST_TOKENS} and 2 to {MOST_TOKENS}")
        if r.phase == "decode" and not 1 <= r.steps < r.span.tokens:
            raise InputError(f"set {r.folder}: steps: is {r.steps}; allowed are 1 to {r.span.tokens - 1}, one less than the tokens")
        if r.calibration is not None and not (r.center_k or r.channel_factors):
            raise InputError(f"set {r.folder}: a calibration text is given, and neither centring nor channel factors would use it")
