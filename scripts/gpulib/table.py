"""Measurements become a table of the format of model/gpu/h100_sxm5.json."""
from __future__ import annotations

import datetime
from typing import Callable

from gpulib.plan import DECODE_LENGTHS, HEAD_DIMS, LENGTHS, POWER_BATCHES, Backend, decode_call, power_call, prefill_call
from tracelib.cli import InputError

UNMEASURABLE = {"peak_fp16": "--peak-fp16", "peak_fp8": "--peak-fp8", "die_area": "--die-area"}
BASE_DEVICE = "NVIDIA H100 80GB HBM3"  # what PyTorch calls the GPU of the built-in table


def data_sheet(device: str, base: dict, given: dict[str, float | None]) -> dict[str, dict]:
    """The entries that nobody can measure: given, or those of the built-in table if it is the same GPU."""
    entries = {entry["name"]: dict(entry) for entry in base["entries"]}
    missing = []
    for name, option in UNMEASURABLE.items():
        if given[name] is not None:
            entries[name].update(value=given[name], band=[1, 1], basis="published", source=f"given with {option}")
        elif device != BASE_DEVICE:
            missing.append(option)
    if missing:
        raise InputError(f"{' '.join(missing)}: not given for {device}; allowed: its data sheet's figures, which cannot be measured")
    return entries


def measured_table(backend: Backend, base: dict, given: dict[str, float | None], say: Callable[[str], None]) -> dict:
    """Measures everything of the plan; `say` is told what comes next."""
    entries = data_sheet(backend.device, base, given)
    source = f"scripts/measure_gpu.py, {datetime.date.today().isoformat()}, {backend.software}"

    say("idle power")
    measured = {"idle_power": backend.idle_w(), "tdp": backend.power_limit_w(), "multiprocessors": backend.multiprocessors}
    attention = []
    for head_dim in HEAD_DIMS:
        for causal in (False, True):
            values = []
            for keys in LENGTHS:
                call = prefill_call(keys, head_dim, causal)
                say(f"prefill: {call.text()}")
                values.append(call.flops / backend.attention_s(call) / 1e12)
            attention.append({"dtype": "fp16", "head_dim": head_dim, "causal": causal, "unit": "TFLOP/s", "keys": list(LENGTHS),
                              "value": values, "basis": "measured", "source": source})
    if backend.device == BASE_DEVICE:  # FP8 is not measured
        attention += [each for each in base["attention"] if each["dtype"] == "fp8"]

    say("bandwidth of a copy")
    bandwidth = backend.bandwidth()
    rates = []
    for keys in DECODE_LENGTHS:
        call = decode_call(keys)
        say(f"decode: {call.text()}")
        rates.append(call.kv_bytes / backend.attention_s(call))
    bandwidth = max(bandwidth, *rates)  # a read alone may be faster than a copy
    measured["bandwidth"] = bandwidth / 1e12

    watts = []
    for batch in POWER_BATCHES:
        say(f"power: {power_call(batch).text()}")
        watts.append(min(backend.power_w(power_call(batch)), measured["tdp"]))  # a sample may lie above the limit
    for name, value in measured.items():
        entries[name].update(value=value, band=[1, 1], basis="measured", source=source)
    return {"format": "pade-gpu", "format_version": 1, "name": f"{backend.device} (measured)", "entries": list(entries.values()),
            "attention": attention,
            "decode_efficiency": {"unit": "1", "keys": list(DECODE_LENGTHS), "value": [rate / bandwidth for rate in rates],
                                  "basis": "measured", "source": source},
            "active_power": {"unit": "W", "batch": list(POWER_BATCHES), "value": watts, "basis": "measured",
                             "source": source + "; attention alone, 2048 tokens a sequence"}}
