"""Random worlds: a shape, a mask, values and a machine, all from a seed. Shares no code with the simulator."""
import copy
import dataclasses
import json
import pathlib
import subprocess
import sys

import numpy as np

from check_set import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
from tracelib import quantise, trace_set  # noqa: E402

# Values that a size may take; the default is always one more. Edges of what is allowed come twice as often as they would.
SIZES = {
    "clock.core_mhz": (100, 400, 800, 1300, 4000),
    "clock.dram_mhz": (300, 600, 1000, 1601, 4000),
    "rows.count": (1, 1, 2, 3, 5, 8, 13, 16),
    "rows.blocks_in_flight": (1, 2),
    "lane.count": (1, 2, 3, 4, 7, 16, 31, 32),
    "lane.key_bits": (4, 5, 6, 7, 8),
    "lane.scoreboard_entries": (1, 1, 2, 3, 7, 16, 64),
    "lane.fifo_planes": (1, 2, 8, 64),
    "lane.pipeline_stages": (2, 3, 7, 16),
    "lane.verdict_latency": (1, 2, 5, 17, 64),
    "guard.alpha": (0, .05, .3, .6, 1, 1.4, 3, 100),
    "guard.radius": (0, .5, 5, 10, 100),
    "guard.bui_latency": (1, 5, 64),
    "guard.broadcast_latency": (1, 2, 3, 9, 64),
    "tile.keys": (16, 32, 48, 64, 128, 512),
    "dispatch.drift_keys": (1, 2, 5, 32, 1024),
    "dispatch.open_tiles": (1, 2, 3, 32, 1024),
    "dispatch.unconditional_planes": (1, 2, 3, 5, 8),
    "dispatch.pick_window": (1, 2, 5, 32, 1024),
    "dispatch.fetches_per_cycle": (1, 2, 16, 64),
    "dispatch.deliver_latency": (1, 2, 5, 64),
    "ista.score_bytes": (1024, 2048, 65536, 1048576),
    "ista.spill_in_flight": (1, 2, 32, 256),
    "layout.banks_per_plane": (1, 2),
    "buffer.kv_bytes": (32768, 32768, 65536, 327680, 1048576),
    "buffer.q_bytes": (4096, 8192, 32768, 1048576),
    "buffer.banks": (1, 2, 3, 8, 16, 64),
    "buffer.k_planes_per_cycle": (1, 2, 7, 16, 128),
    "buffer.columns_per_read": (1, 2, 3, 4, 32),
    "buffer.read_latency": (1, 2, 7, 64),
    "buffer.port_queue": (1, 2, 4, 64),
    "buffer.fill_queue": (1, 2, 4, 64),
    "buffer.q_prefetch_blocks": (1, 2, 64),
    "softmax.p_bits": (8, 12, 20, 20, 24),
    "softmax.exps_per_cycle": (1, 3, 8, 256),
    "softmax.latency": (1, 2, 16, 256),
    "vpu.macs_per_row": (1, 3, 16, 128),
    "vpu.v_rows_per_round": (1, 2, 5, 16),
    "vpu.v_port_bytes": (1, 5, 16, 256),
    "vpu.prefetch_rows": (2, 3, 64, 1024),
    "vpu.score_queue_high": (1, 2, 50, 1024, 1048576),
    "vpu.operand_rounds": (2, 3, 4, 16),
    "vpu.pipeline_latency": (1, 4, 64),
    "output.bytes": (2, 4),
    "output.writes_in_flight": (1, 2, 16, 256),
    "link.latency": (1, 1, 2, 3, 9, 64),
    "dram.pseudo_channels": (1, 2, 4, 8, 16, 32),
    "dram.data_rate_mbps": (400, 2000, 3001, 16000),
    "dram.channel_parts": (1, 2, 3, 8),
    "dram.act_slots": (1, 2, 4),
    "dram.bank_groups": (1, 2, 4, 8, 16),
    "dram.banks_per_group": (1, 2, 4, 16),
    "dram.rows": (4096, 16384, 1048576),
    "dram.page_bytes": (256, 512, 1024, 8192),
    "dram.t_cl": (.1, 7, 14, 33.3),
    "dram.t_cwl": (.1, 5, 20),
    "dram.t_rcdrd": (.1, 14, 40),
    "dram.t_rcdwr": (.1, 12, 40),
    "dram.t_rp": (.1, 14, 40),
    "dram.t_ras": (.1, 34, 80),
    "dram.t_rc": (0, 48, 120),
    "dram.t_ccd_s": (.1, 2, 5),
    "dram.t_ccd_l": (5, 7),
    "dram.t_rrd_s": (0, 4),
    "dram.t_rrd_l": (4, 9),
    "dram.t_faw": (0, 16, 60),
    "dram.t_wr": (0, 16, 60),
    "dram.t_wtr_s": (0, 6),
    "dram.t_wtr_l": (6, 8, 30),
    "dram.t_rtp": (0, 5, 20),
    "dram.t_refi": (1000, 2300.5, 3900, 7800),
    "dram.t_rfc": (0, 100, 260, 350),
    "dram.t_rfc_bank": (0, 60, 160),
    "dram.t_rrefd": (0, 8, 20),
    "dram.read_to_write_gap": (0, 2, 17),
    "dram.t_page": (0, 10, 100, 5000),
    "dram.read_queue": (1, 2, 3, 8, 32, 256),
    "dram.write_queue": (1, 2, 5, 32, 256),
    "dram.write_high": (1, 2, 4, 28, 200),
    "dram.write_low": (0, 1, 3, 4),
    "dram.age_cap": (1, 20, 512, 1000000),
    "dram.arbiter_queue": (1, 1, 2, 4, 64),
    "dram.path_latency": (1, 2, 8, 24, 100, 1024),
    "dram.delay_channel": (0, 1, 3, 31),
    "dram.delay_cycles": (0, 1, 37, 500, 5000),
}
# Not drawn: energies change no event, and the watchdog is what a hang shows by. Stalls are drawn apart (`stalls`).
LEFT_ALONE = ("dram.e_", "watchdog.", "stall.", "rars.window_tiles", "dram.bus_bits", "dram.burst_length", "dram.mapping")
PLACES = ("_entries", "fifo_planes", "per_cycle", "per_read", "open_tiles", "pick_window", "_queue", "_keys", "in_flight", "_blocks",
          "per_round", "prefetch_rows", "queue_high", "_rounds", "kv_bytes", "q_bytes", "score_bytes", "buffer.banks", "rows.count")
ATOMS = ((8, 32), (16, 16), (32, 8), (64, 4), (128, 2))  # bus bits and burst length whose product is an atom of 32 B
FIELDS = ("bank", "column", "bank_group", "pseudo_channel")


class Machine:
    """The parameters of a program: their defaults, and what is drawn for each."""

    def __init__(self, binary):
        schema = json.loads(subprocess.run([binary, "params", "--json"], capture_output=True, text=True, check=True).stdout)
        self.defaults, self.choices, self.not_drawn = {}, {}, []
        for group, entries in schema["properties"].items():
            for name, entry in entries.get("properties", {}).items():
                key = f"{group}.{name}"
                self.defaults[key] = entry["default"]
                if entry.get("type") == "boolean":
                    self.choices[key] = (False, True)
                elif "enum" in entry:
                    # `custom` is for programs that bring a policy of their own.
                    self.choices[key] = tuple(value for value in entry["enum"] if value != "custom")
                elif key in SIZES:
                    self.choices[key] = SIZES[key]
                elif not key.startswith(LEFT_ALONE):
                    self.not_drawn.append(key)

    def draw(self, rng):
        """A machine in which few, many or nearly all parameters are away from their defaults."""
        share = rng.choice([.05, .2, .5, .95])
        drawn = {key: pick(rng, values) for key, values in sorted(self.choices.items()) if rng.random() < share}
        # Corners, where what waits for each other shows: all ways long, all places few, or both.
        slow, narrow = pick(rng, ((0, 0), (0, 0), (0, 0), (0, 0), (.9, 0), (0, .9), (.7, .7)))
        for key, values in sorted(self.choices.items()):
            if "latency" in key and rng.random() < slow:
                drawn[key] = max(values)
            elif key.endswith(PLACES) and rng.random() < narrow:
                drawn[key] = min(values)
        if rng.random() < share:
            drawn["dram.bus_bits"], drawn["dram.burst_length"] = pick(rng, ATOMS[1:])
        drawn = self.allowed(drawn)
        if rng.random() < .2:
            everything = {**self.defaults, **drawn}
            bits = {"bank": everything["dram.banks_per_group"], "bank_group": everything["dram.bank_groups"],
                    "pseudo_channel": everything["dram.pseudo_channels"], "column": everything["dram.page_bytes"] // 32}
            order = [FIELDS[n] for n in rng.permutation(len(FIELDS))]
            words = [f"{field}:{int(bits[field]).bit_length() - 1}" for field in order]
            rows = int(everything["dram.rows"]).bit_length() - 1
            drawn["dram.mapping"] = " ".join([f"row:{rows}", *words, "offset:5"])
        return drawn

    @staticmethod
    def stalls(rng):
        """What is held back at random, in half of the worlds: streams, memory links or both, rarely or all the time."""
        if rng.random() < .5:
            return {}
        streams, memory = pick(rng, ((True, True), (True, True), (True, False), (False, True)))
        drawn = {"stall.seed": int(rng.integers(1 << 32)), "stall.cycles": pick(rng, (1, 2, 8, 8, 30, 100, 1000))}
        for key, here in (("stall.percent", streams), ("stall.memory_percent", memory)):
            if here:
                drawn[key] = pick(rng, (1, 10, 30, 60, 100))
        # A run takes the time of its stalls: long ones are rare.
        if drawn["stall.cycles"] > 30:
            drawn.update({key: min(value, 10) for key, value in drawn.items() if key.endswith("percent")})
        return drawn

    def allowed(self, drawn):
        """What contradicts another parameter moves to the nearest value that does not. A few are left to be refused."""
        p = {**self.defaults, **drawn}
        line = 32 * p["buffer.banks"]
        fitted = {
            "dispatch.unconditional_planes": min(p["dispatch.unconditional_planes"], p["lane.key_bits"]),
            "buffer.kv_bytes": max(p["buffer.kv_bytes"] // line, -(-32768 // line)) * line,
            "dram.delay_channel": p["dram.delay_channel"] % p["dram.pseudo_channels"],
            "dram.write_high": min(p["dram.write_high"], p["dram.write_queue"]),
            "dram.t_ccd_l": max(p["dram.t_ccd_s"], p["dram.t_ccd_l"]),
            "dram.t_rrd_l": max(p["dram.t_rrd_s"], p["dram.t_rrd_l"]),
            "dram.t_wtr_l": max(p["dram.t_wtr_s"], p["dram.t_wtr_l"]),
        }
        fitted["dram.write_low"] = min(p["dram.write_low"], fitted["dram.write_high"] - 1)
        return {**drawn, **{key: value for key, value in fitted.items() if value != p[key]}}


def pick(rng, values):
    return values[int(rng.integers(len(values)))]


def words(parameters):
    """The parameters as options of pade-sim."""
    text = {True: "true", False: "false"}
    return [word for key, value in sorted(parameters.items())
            for word in ("--set", f"{key}={text[value] if isinstance(value, bool) else value}")]


# ---- values -------------------------------------------------------------------------------------------------------

def signs(rng, shape):
    """Extreme values only; the pattern of their signs is the point."""
    positive, negative = 127, pick(rng, (-127, -128))
    kind = pick(rng, ("each", "row", "channel", "positive", "negative", "rare"))
    draw = {"each": lambda: rng.random(shape) < .5, "row": lambda: np.broadcast_to(rng.random((shape[0], 1)) < .5, shape),
            "channel": lambda: np.broadcast_to(rng.random((1, shape[1])) < .5, shape), "positive": lambda: np.ones(shape, bool),
            "negative": lambda: np.zeros(shape, bool), "rare": lambda: rng.random(shape) < .02}[kind]()
    return np.where(draw, positive, negative)


def gaussian(rng, shape):
    return rng.standard_normal(shape) * pick(rng, (1, 5, 25, 60))


def outliers(rng, shape):
    values = rng.standard_normal(shape) * 4
    values[:, rng.integers(shape[1], size=max(1, shape[1] // 16))] *= 25
    values[rng.integers(shape[0], size=max(1, shape[0] // 30))] *= 10
    return values


def row_scales(rng, shape):
    """Rows of one sign and one magnitude each: the best score of a query says nothing about the next query's."""
    signs_of_rows = rng.choice([-1, 1], size=(shape[0], 1))
    return rng.integers(64, 128, size=shape) * signs_of_rows * 2.0 ** -rng.integers(0, 7, size=(shape[0], 1))


def ties(rng, shape):
    """Few distinct values, or few distinct rows: many equal scores."""
    if rng.random() < .5:
        return rng.choice(rng.integers(-128, 128, size=3), size=shape)
    return rng.integers(-128, 128, size=(3, shape[1]))[rng.integers(3, size=shape[0])]


def constant_rows(rng, shape):
    return np.broadcast_to(rng.integers(-128, 128, size=(shape[0], 1)), shape)


def zero_rows(rng, shape):
    values = rng.integers(-128, 128, size=shape)
    values[rng.random(shape[0]) < pick(rng, (.1, .5, .9, 1))] = 0
    return values


VALUES = {
    "uniform": lambda rng, shape: rng.integers(-128, 128, size=shape),
    "gaussian": gaussian,
    "signs": signs,
    "outliers": outliers,
    "row_scales": row_scales,
    "ties": ties,
    "constant_rows": constant_rows,
    "zero_rows": zero_rows,
    "non_negative": lambda rng, shape: rng.integers(0, 128, size=shape),
    "negative": lambda rng, shape: rng.integers(-128, 0, size=shape),
    "small": lambda rng, shape: rng.integers(-1, 2, size=shape),
}


# ---- worlds -------------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class World:
    """All that a run needs. `drawn` is the shape whose values were drawn; `shape` is what is left of them after shrinking, from
    `start` on."""
    seed: list
    drawn: dict
    shape: dict
    start: dict
    values: dict
    spread: float
    parameters: dict
    reverse: bool

    def to_json(self):
        return json.dumps(dataclasses.asdict(self), indent=1) + "\n"

    def text(self):
        s = self.shape
        mask = "full" if s["offset"] is None else f"offset {s['offset']}"
        return (f"{s['phase']} {s['heads']}/{s['kv_heads']} heads, {s['queries']} queries from {s['first']}, {s['keys']} keys, "
                f"d {s['d']}, {mask}; q {self.values['q']}, k {self.values['k']}, v {self.values['v']}, spread {self.spread}; "
                f"{len(self.parameters)} parameters")


def draw_world(machine, seed, number):
    rng = np.random.default_rng([seed, number])
    size = lambda most: int(round(np.exp(rng.uniform(0, np.log(most)))))
    kv_heads = size(3)
    shape = {"phase": pick(rng, ("prefill", "decode")), "kv_heads": kv_heads, "heads": kv_heads * pick(rng, (1, 1, 2, 3, 7)),
             "queries": size(40), "keys": size(400), "d": 8 * pick(rng, (1, 2, 3, 4, 5, 8, 8, 8, 9, 10, 12, 16, 16, 17, 24, 31, 32)),
             "first": 0}
    shape["offset"] = pick(rng, (None, 0, size(shape["keys"]) - 1, shape["keys"] - shape["queries"]))
    if shape["offset"] is not None and shape["offset"] < 0:
        # The first queries see no key and are left out; the others keep their place in the mask.
        shape["first"] = min(-shape["offset"], shape["queries"] - 1)
        shape["offset"] = -shape["first"]
    # A run takes the time of its pairs and dims: a world is seconds at most.
    while shape["heads"] * shape["queries"] * shape["keys"] * -(-shape["d"] // 64) > 40000:
        longest = max(("queries", "keys"), key=lambda name: shape[name])
        shape = {**shape, longest: shape[longest] // 2}
    if shape["first"] >= shape["queries"]:
        shape["first"] = shape["queries"] - 1
        shape["offset"] = -shape["first"]
    values = {name: pick(rng, sorted(VALUES)) for name in "qkv"}
    spread = pick(rng, (.001, .3, 2, 5, 5, 12, 100, 1e6))
    start = {"kv_heads": 0, "group": 0, "queries": 0, "keys": 0, "d": 0}
    parameters = {**machine.draw(rng), **machine.stalls(np.random.default_rng([seed, number, 2]))}
    return World([seed, number], copy.deepcopy(shape), shape, start, values, spread, parameters, number % 10 == 0)


def halves(world, name):
    """The world with the first half of something, and with the second; none where there is nothing to halve."""
    s = world.shape
    group = s["heads"] // s["kv_heads"]
    # Queries that see no key stay: with them goes the place of the others in the mask.
    unit, whole = {"kv_heads": (1, s["kv_heads"]), "group": (1, group), "queries": (1, s["queries"] - s["first"]),
                   "keys": (1, s["keys"]), "d": (8, s["d"])}[name]
    half = whole // unit // 2 * unit
    if half == 0:
        return
    for dropped, kept in ((0, half), (whole - half, half)):
        new = dict(s)
        if name in ("kv_heads", "group"):
            new["kv_heads"] = half if name == "kv_heads" else s["kv_heads"]
            new["heads"] = new["kv_heads"] * (half if name == "group" else group)
        else:
            new[name] = s["first"] + kept if name == "queries" else kept
        if s["offset"] is not None and dropped > 0 and name in ("queries", "keys"):
            if s["first"] > 0:
                continue
            new["offset"] += dropped if name == "queries" else -dropped
            if new["offset"] < 0:
                continue
        yield dataclasses.replace(world, shape=new, start={**world.start, name: world.start[name] + dropped})


def arrays(world):
    """q [heads, queries, d], k and v [KV heads, keys, d], int8, and the scales of q, k, v and of the softmax."""
    rng = np.random.default_rng([*world.seed, 1])
    drawn, shape, start = world.drawn, world.shape, world.start
    made = {}
    for name, heads, rows in (("q", "heads", "queries"), ("k", "kv_heads", "keys"), ("v", "kv_heads", "keys")):
        values = [VALUES[world.values[name]](rng, (drawn[rows], drawn["d"])) for _ in range(drawn[heads])]
        made[name] = np.clip(np.rint(np.stack(values)), -128, 127).astype(np.int8)
    # The logits spread as the world says, judged by its first head before anything is cut off.
    some = made["q"][0].astype(np.int64) @ made["k"][0].astype(np.int64).T
    part = lambda name, size: slice(start[name], start[name] + size)
    kv, dims = part("kv_heads", shape["kv_heads"]), part("d", shape["d"])
    by_group = made["q"].reshape(drawn["kv_heads"], -1, drawn["queries"], drawn["d"])
    made["q"] = by_group[kv, part("group", shape["heads"] // shape["kv_heads"]), part("queries", shape["queries"]), dims]
    made["q"] = made["q"].reshape(shape["heads"], shape["queries"], shape["d"])
    made["k"], made["v"] = (made[name][kv, part("keys", shape["keys"]), dims] for name in "kv")
    scale_q, scale_k, scale_v = (float(np.float32(x)) for x in (.03, .02, rng.uniform(.001, .1)))
    deviation = float(some.std()) or float(np.abs(some).max()) or 1.0
    return made, (scale_q, scale_k, scale_v), world.spread / (deviation * scale_q * scale_k)


def write_world(world, folder):
    """The trace set and the world itself; returns the arrays, c (the logit of a score of 1) and the scale of V."""
    made, (scale_q, scale_k, scale_v), softmax_scale = arrays(world)
    shape = world.shape
    trace = pathlib.Path(folder) / "trace"
    trace.mkdir(parents=True)
    what = trace_set.Description(name="world", phase=shape["phase"], causal_offset=shape["offset"], softmax_scale=softmax_scale,
                                 layer=0, source={"world": world.seed})
    kv = [quantise.KvHead(quantise.Quantised(k, scale_k), quantise.Quantised(v, scale_v)) for k, v in zip(made["k"], made["v"])]
    trace_set.write_set(trace, what, [quantise.Quantised(q, scale_q) for q in made["q"]], kv, None)
    (pathlib.Path(folder) / "world.json").write_text(world.to_json())
    return made, scale_q * scale_k * softmax_scale, scale_v
