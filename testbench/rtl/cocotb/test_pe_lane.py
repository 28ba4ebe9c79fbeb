"""A cocotb test of pe_lane: driven with what the model recorded, judged by the model's arithmetic (pade.numeric) and not by its records.

Each decision is computed anew from the planes that the lane was given: partial score by way of the selectors, interval table of the
query, T as far as the lane has heard of it. Run by run.py; the folder of the records is in PADE_RECORDS.
"""
import json
import os
import pathlib

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge
from pade import numeric

NEXT_PLANE, PRUNED, RETAINED = range(3)


def read_port(folder, port):
    """[(edge, {field: value})] of a port, by its fields in block.json; of several elements a list."""
    records = []
    for line in (folder / f"{port['name']}.hex").read_text().splitlines():
        if line.startswith("//"):
            continue
        edge, *texts = line.split()[0].split("_")
        values = {}
        for field, text in zip(port["fields"], texts):
            bits, whole = field["bits"], int(text, 16)
            elements = [whole >> (bits * i) & ((1 << bits) - 1) for i in range(field["count"])]
            if field["signed"]:
                elements = [e - (1 << bits) if e >> (bits - 1) else e for e in elements]
            values[field["name"]] = elements[0] if field["count"] == 1 else elements
            values[field["name"], "raw"] = whole
        records.append((int(edge, 16), values))
    return records


class Context:
    """What the lane knows of one of the two blocks in flight."""

    def __init__(self, query, key_bits):
        self.block = query["block"]
        self.offset = query["offset"]
        self.q = np.array(query["q"], dtype=np.int8)
        lower, upper = numeric.intervals(self.q[None, :], key_bits)
        self.lower, self.upper = [int(x) for x in lower[0]], [int(x) for x in upper[0]]
        assert (self.lower, self.upper) == (query["lower"], query["upper"]), "the interval table that the guard filter sent"
        self.t = None
        self.sent = None  # a lower bound up to here cannot raise T


class Lane:
    """The functional reference: no time, one decision after another."""

    def __init__(self, key_bits):
        self.key_bits = key_bits
        self.weights = [int(w) for w in numeric.plane_weights(key_bits)]
        self.contexts = [None, None]
        self.planes = {}    # (slot, key, plane): words
        self.partials = {}  # (slot, key)
        self.decisions = 0

    def decide(self, slot, key, plane):
        """(verdict, partial score, lower bound if it may raise T)"""
        c = self.contexts[slot]
        bits = self.planes.pop((slot, key, plane))
        total = sum(int(numeric.selected_sum(word, c.q[64 * w:64 * w + 64])) for w, word in enumerate(bits))
        partial = self.partials[slot, key] = self.partials.get((slot, key), 0) + self.weights[plane] * total
        known = plane + 1
        verdict = RETAINED if known == self.key_bits else NEXT_PLANE
        if c.t is not None and partial + c.upper[known] < c.t:
            verdict = PRUNED
        if verdict != NEXT_PLANE:
            del self.partials[slot, key]
        bound = partial + c.lower[known]
        if c.sent is not None and bound <= c.sent:
            bound = None
        else:
            c.sent = bound
        self.decisions += 1
        return verdict, partial, bound

    def threshold(self, slot, value):
        c = self.contexts[slot]
        c.t = value
        c.sent = value + c.offset if c.sent is None else max(c.sent, value + c.offset)


def signed(handle, bits):
    value = int(handle.value)
    return value - (1 << bits) if value >> (bits - 1) else value


def drive(dut, edge, ports):
    """Puts on the wires what is captured at this edge, and returns it."""
    now = {name: records.pop(0)[1] for name, records in ports.items() if records and records[0][0] == edge}
    for name, prefix in (("admit", "admit"), ("plane", "plane"), ("query", "query")):
        getattr(dut, f"{prefix}_valid").value = int(name in now)
        for field in [f for f in now.get(name, {}) if isinstance(f, str)]:
            getattr(dut, f"{prefix}_{field}").value = now[name][field, "raw"]
    values = [now.get(f"threshold_{slot}") for slot in (0, 1)]
    dut.threshold_valid.value = sum(1 << slot for slot in (0, 1) if values[slot])
    dut.threshold_value.value = sum(values[slot]["value", "raw"] << (33 * slot) for slot in (0, 1) if values[slot])
    dut.score_credit.value = now["score_credit"]["count"] if "score_credit" in now else 0
    return now


def check(dut, lane, edge):
    """What the lane shows in the cycle that this edge ends."""
    bound = None
    if dut.verdict_valid.value == 1:
        slot, key, plane = int(dut.verdict_slot.value), int(dut.verdict_key.value), int(dut.verdict_plane.value)
        verdict, partial, bound = lane.decide(slot, key, plane)
        where = f"edge {edge}, key {key}, plane {plane}"
        assert int(dut.verdict_decision.value) == verdict, f"{where}: verdict {dut.verdict_decision.value}, due {verdict}"
        assert int(dut.score_valid.value) == (verdict == RETAINED), f"{where}: a score for verdict {verdict}"
        if verdict == RETAINED:
            assert (int(dut.score_key.value), signed(dut.score_score, 24)) == (key, partial), f"{where}: score, due {partial}"
        assert int(dut.bound_valid.value) == (bound is not None), f"{where}: bound, due {bound}"
        if bound is not None:
            assert (int(dut.bound_block.value), signed(dut.bound_lower, 24)) == (lane.contexts[slot].block, bound), f"{where}: bound"
    else:
        assert dut.score_valid.value == 0 and dut.bound_valid.value == 0, f"edge {edge}: an output without a decision"


@cocotb.test()
async def recorded_stimulus(dut):
    folder = pathlib.Path(os.environ["PADE_RECORDS"])
    block = json.loads((folder / "block.json").read_text())
    ports = {p["name"]: read_port(folder, p) for p in block["ports"] if p["direction"] == "input"}
    decisions = next(p["records"] for p in block["ports"] if p["name"] == "verdict")
    lane = Lane(block["parameters"]["key_bits"])
    words = block["parameters"]["words"]

    dut.reset.value = 1
    dut.verdict_ready.value = 1
    drive(dut, 0, {})
    cocotb.start_soon(Clock(dut.clk, 1250, units="ps").start())
    await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)
    dut.reset.value = 0
    edge = 3
    while lane.decisions < decisions or any(ports.values()):
        now = drive(dut, edge, ports)
        await FallingEdge(dut.clk)  # the middle of the cycle: everything has settled
        check(dut, lane, edge)
        assert "plane" not in now or dut.plane_ready.value == 1, f"edge {edge}: a plane meets a full FIFO"
        await RisingEdge(dut.clk)
        if "query" in now:
            lane.contexts[now["query"]["slot"]] = Context(now["query"], lane.key_bits)
        for slot in (0, 1):
            if f"threshold_{slot}" in now:
                lane.threshold(slot, now[f"threshold_{slot}"]["value"])
        if "plane" in now:
            p = now["plane"]
            lane.planes[p["slot"], p["key"], p["plane"]] = p["bits"] if words > 1 else [p["bits"]]
        edge += 1
    assert not lane.planes and not lane.partials, "every plane is decided on, every key has ended"
    dut._log.info(f"{lane.decisions} decisions as the model's arithmetic has them, {edge} edges")
