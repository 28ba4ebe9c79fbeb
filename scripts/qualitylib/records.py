"""Measurements, one a line of JSON, added as they are made: an evaluation that was cut off goes on where it was."""
from __future__ import annotations

import json
import pathlib
from typing import Any, Iterable

from tracelib.cli import InputError

KEY = ("model", "task", "text", "first", "tokens", "setting", "calibration")
# Of each record besides: nll (nats) and top of every prediction; of a text fp32 also lines, of needles needles; pairs, planes,
# retained of all layers and heads; seconds


def key_of(record: dict[str, Any]) -> tuple:
    return tuple(record[name] for name in KEY)


def read(paths: Iterable[pathlib.Path]) -> dict[tuple, dict[str, Any]]:
    records: dict[tuple, dict[str, Any]] = {}
    for path in paths:
        content = path.read_text(encoding="utf-8").split("\n")
        for number, line in enumerate(content, 1):
            if not line:
                continue
            try:
                record = json.loads(line)
                records[key_of(record)] = record
            except (ValueError, KeyError, TypeError):
                if number == len(content):  # cut off while it was written
                    continue
                raise InputError(f"{path}, line {number}: is no measurement of evaluate_quality.py") from None
    return records


def append(path: pathlib.Path, record: dict[str, Any]) -> None:
    line = json.dumps(record) + "\n"
    if path.exists():
        content = path.read_bytes()
        if content and not content.endswith(b"\n"):  # half a line of a run that was killed
            with open(path, "r+b") as stream:
                stream.truncate(content.rfind(b"\n") + 1)
    with open(path, "a", encoding="utf-8") as stream:
        stream.write(line)
        stream.flush()
