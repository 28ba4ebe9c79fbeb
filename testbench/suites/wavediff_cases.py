"""The table of check_wavediff.py: small pairs of waveforms, their maps, and exactly what the answer must be.

A case is (name, a, b, map, expected). `expected`: "equal", "length", or a dict: block, signals, cycle_a, cycle_b, kind, and counts by signal.
"""
from wavediff_bench import Dump

X8 = "xxxxxxxx"


def clocked(values, name="t.v", width=8, period=10, phase=5, timescale="1 ps", kind="wire", late=1, more=0, other=None):
    """values[n] is what edge n samples: it changes `late` behind edge n - 1. `other`: further signals, (width, values)."""
    dump = Dump(timescale).clock("t.clk", period, len(values) + more, phase)
    for signal, w, k, series in [(name, width, kind, values), *((n, w, "wire", s) for n, (w, s) in (other or {}).items())]:
        dump.add(signal, w, k)
        for n, value in enumerate(series):
            if n == 0 or value != series[n - 1]:
                dump.set(0 if n == 0 else phase + (n - 1) * period + late, signal, value)
    dump.end = phase + (len(values) + more) * period - 1
    return dump


def mapped(signals=("v",), a="t", b="t", clocks=None, waivers=None, clock=None, **group):
    clock = {"a": {"signal": "t.clk"}, "b": {"signal": "t.clk"}, **(clock or {})}
    result = {"version": 1, "clocks": clocks or {"core": clock}, "groups": [{"a": a, "b": b, "signals": list(signals), **group}]}
    if waivers:
        result["waivers"] = waivers
    return result


def first(cycle, signals=("v",), cycle_b=None, block="t", kind="value", **counts):
    return {"block": block, "signals": list(signals), "cycle_a": cycle, "cycle_b": cycle if cycle_b is None else cycle_b, "kind": kind,
            "counts": counts}


def changed(values, at, to):
    return [to if n == at else value for n, value in enumerate(values)]


def shifted(values, by, fill=0):
    return [fill] * by + list(values)


COUNT = list(range(40))
VIRTUAL = {"clocks": {"core": {"a": {"period": "10ps", "phase": "5ps", "sample": "before"},
                               "b": {"period": "10ps", "phase": "5ps", "sample": "before"}}}}


def cycle_cases():
    yield "the same", clocked(COUNT), clocked(COUNT), mapped(), "equal"
    yield "one cycle differs", clocked(COUNT), clocked(changed(COUNT, 17, 200)), mapped(), first(17, v=1)
    yield "from one cycle on", clocked(COUNT), clocked(COUNT[:30] + [255] * 10), mapped(), first(30, v=10)
    yield "at cycle 0", clocked(COUNT), clocked(changed(COUNT, 0, 9)), mapped(), first(0, v=1)
    yield "in the last cycle", clocked(COUNT), clocked(changed(COUNT, 39, 9)), mapped(), first(39, v=1)
    yield "states of VHDL", clocked(changed(COUNT, 5, "xx10xz01")), clocked(changed(COUNT, 5, "UWHL-Z01")), mapped(), "equal"
    yield "states of VHDL, a difference", clocked(COUNT), clocked(changed(COUNT, 5, "LLLLLHH-")), mapped(), first(5, v=1)
    yield "scalar states of VHDL", clocked(["x", 0, 1, "z"] * 10, width=1), clocked(["U", "L", "H", "Z"] * 10, width=1), mapped(), "equal"
    yield "a range at the name", clocked(COUNT), clocked(COUNT, name="t.v[7:0]"), mapped(), "equal"
    yield "another period", clocked(COUNT), clocked(COUNT, period=7, phase=3), mapped(), "equal"
    yield "another period, a difference", clocked(COUNT), clocked(changed(COUNT, 8, 9), period=26, phase=13), mapped(), first(8, v=1)
    yield "another timescale", clocked(COUNT), clocked(COUNT, timescale="10 ns"), mapped(), "equal"
    yield "another phase", clocked(COUNT), clocked(COUNT, phase=9), mapped(), "equal"
    yield "one side without a clock signal", clocked(COUNT), clocked(COUNT), mapped(
        clock={"a": {"period": "10ps", "phase": "5ps", "sample": "before"}}, waivers=[{"side": "a", "match": r"t\.clk", "reason": "r"}]), "equal"
    falling = Dump().clock("t.clk", 10, 40, 0).add("t.v", 8)
    for n, value in enumerate(COUNT):
        falling.set(n * 10 + 1, "t.v", value)
    yield "falling edge", clocked(COUNT), falling, mapped(clock={"b": {"signal": "t.clk", "edge": "falling"}}), "equal"
    double = Dump().add("t.clk").add("t.v", 8)
    for n, value in enumerate(COUNT):
        double.set(n * 10, "t.clk", (n + 1) % 2).set(n * 10 - 5 if n else 0, "t.v", value)
    double.set(0, "t.clk", 0)
    double.changes.sort(key=lambda c: c[0])
    double.changes = [c for c in double.changes if not (c[0] == 0 and c[1] == "t.clk")]
    double.set(0, "t.clk", 0).set(3, "t.clk", 1)
    yield "both edges", clocked(COUNT), double, mapped(clock={"b": {"signal": "t.clk", "edge": "both"}}), "equal"
    glitch = clocked(COUNT)
    for n in range(39):
        glitch.set(5 + n * 10 + 3, "t.v", 255).set(5 + n * 10 + 4, "t.v", COUNT[n + 1])
    yield "glitches between edges", clocked(COUNT), glitch, mapped(), "equal"
    zero = clocked(COUNT)
    zero.set(61, "t.clk", "1").set(61, "t.clk", "0")
    yield "a clock glitch of no width", clocked(COUNT), zero, mapped(), "equal"
    at_edge = Dump().clock("t.clk", 10, 40, 5).add("t.v", 8)
    for n, value in enumerate(COUNT):
        at_edge.set(5 + n * 10, "t.v", value)
    yield "changes at the edge count behind it with sample after", clocked(COUNT), at_edge, mapped(
        clock={"b": {"signal": "t.clk", "sample": "after"}}), "equal"
    yield "and not with sample before", clocked(COUNT), at_edge, mapped(x="ignore"), first(1, v=39)
    yield "a skew behind the edge", clocked(COUNT), clocked(shifted(COUNT, 1), late=1), mapped(
        clock={"a": {"signal": "t.clk", "skew": "2ps"}}, offset=2), "equal"
    yield "a late start", clocked(shifted(COUNT, 3)), clocked(COUNT), mapped(clock={"a": {"signal": "t.clk", "origin": "30ps"}}), "equal"
    yield "b is shorter", clocked(COUNT), clocked(COUNT[:9]), mapped(), "equal"
    yield "a is shorter, a difference behind its end", clocked(COUNT[:9]), clocked(changed(COUNT, 12, 0)), mapped(), "equal"
    yield "b is shorter, within the slack", clocked(COUNT), clocked(COUNT[:36]), mapped(clock={"slack": 4}), "equal"
    yield "b is shorter than the slack allows", clocked(COUNT), clocked(COUNT[:35]), mapped(clock={"slack": 4}), "length"
    yield "an offset", clocked(COUNT), clocked(shifted(COUNT, 3)), mapped(offset=3), "equal"
    yield "an offset, a difference", clocked(COUNT), clocked(changed(shifted(COUNT, 3), 20, 99)), mapped(offset=3), first(17, cycle_b=20, v=1)
    yield "a negative offset", clocked(shifted(COUNT, 5)), clocked(COUNT), mapped(offset=-5), "equal"
    yield "a negative offset, a difference", clocked(shifted(COUNT, 5)), clocked(changed(COUNT, 3, 77)), mapped(offset=-5), \
        first(8, cycle_b=3, v=1)
    yield "the wrong offset", clocked(COUNT), clocked(shifted(COUNT, 3)), mapped(offset=2), first(1, cycle_b=3, v=39)
    yield "an offset that is found", clocked(COUNT), clocked(shifted(COUNT, 7)), mapped(offset="auto"), "equal"
    yield "an offset that is found, negative", clocked(shifted(COUNT, 6)), clocked(COUNT), mapped(offset="auto"), "equal"
    yield "an offset that is found beside a difference", clocked(COUNT), clocked(changed(shifted(COUNT, 7), 20, 99)), mapped(offset="auto"), \
        first(13, cycle_b=20, v=1)
    late = {"version": 1, "clocks": mapped()["clocks"], "groups": [
        {"a": "t", "b": "t", "block": "late", "signals": ["v"], "offset": 3}, {"a": "t", "b": "t", "block": "now", "signals": ["w"]}]}
    yield "offsets of two groups, the last cycle of one", clocked(COUNT, other={"t.w": (8, COUNT)}), clocked(
        shifted(COUNT, 3)[:40], other={"t.w": (8, changed(COUNT, 39, 0))}), late, first(39, ["w"], block="now", w=1)
    yield "a window", clocked(COUNT), clocked(changed(changed(COUNT, 3, 99), 35, 99)), mapped(clock={"window": {"from": 4, "to": 35}}), "equal"
    yield "the first cycle of a window", clocked(COUNT), clocked(changed(COUNT, 4, 99)), mapped(clock={"window": {"from": 4}}), first(4, v=1)
    yield "a warm-up", clocked(COUNT), clocked([9, 8, 7] + COUNT[3:]), mapped(clock={"warm_up": 3}), "equal"
    yield "a warm-up that is too short", clocked(COUNT), clocked([9, 8, 7] + COUNT[3:]), mapped(clock={"warm_up": 2}), first(2, v=1)
    other = {"t.rst_n": (1, [0] * 4 + [1] * 40)}
    reset = {"signal": "t.clk", "reset": {"signal": "t.rst_n", "active": "low"}}
    yield "cycle 0 is where reset ends", clocked(COUNT), clocked(shifted(COUNT, 4, X8), other=other), mapped(clock={"b": reset}), "equal"
    yield "a difference behind a reset", clocked(COUNT), clocked(changed(shifted(COUNT, 4, X8), 14, 3), other=other), mapped(clock={"b": reset}), \
        first(10, v=1)
    again = {"t.rst_n": (1, [0] * 4 + [1] * 10 + [0] * 5 + [1] * 25)}
    broken = [X8 if 14 <= n < 20 else v for n, v in enumerate(shifted(COUNT, 4, X8))]
    yield "a second reset", clocked(COUNT), clocked(broken, other=again), mapped(clock={"b": reset}), first(15, v=1)
    yield "a second reset with a warm-up", clocked(COUNT), clocked(broken, other=again), mapped(clock={"b": reset, "warm_up": 1}), "equal"
    huge = [n * 0x0123456789ABCDEF0123456789 for n in range(40)]
    yield "wide signals", clocked(huge, width=140), clocked(huge, width=140), mapped(), "equal"
    yield "wide signals, the highest bit", clocked(huge, width=140), clocked(changed(huge, 6, huge[6] | 1 << 139), width=140), mapped(), first(6, v=1)
    yield "wide signals, two words at a time", clocked(huge, width=140), clocked(changed(huge, 6, huge[6] ^ (1 << 139 | 1)), width=140), \
        mapped(), first(6, v=1)
    deep = clocked(COUNT, name="t.g_row[0].g_lane[123456].v")
    yield "huge indices", clocked(COUNT, name="t.lane_123456.v"), deep, mapped(a=r"t\.lane_(\d+)", b=r"t.g_row[0].g_lane[\1]", block=r"lane \1"), \
        "equal"


def map_cases():
    lanes = {f"t.lane_{n}.v": (8, [(v * (n + 3)) & 255 for v in COUNT]) for n in range(4)}
    named = {f"t.g_lane[{n}].u.v": (8, [(v * (n + 3)) & 255 for v in COUNT]) for n in range(4)}
    wrong = {**named, "t.g_lane[2].u.v": (8, changed(named["t.g_lane[2].u.v"][1], 11, 1))}
    lane_map = mapped(a=r"t\.lane_(\d+)", b=r"t.g_lane[\1].u", block=r"lane \1", waivers=[
        {"side": "a", "match": r"t\.v", "reason": "r"}, {"side": "b", "match": r"t\.v", "reason": "r"}])
    yield "captures", clocked(COUNT, other=lanes), clocked(COUNT, other=named), lane_map, "equal"
    yield "captures, the lane that differs", clocked(COUNT, other=lanes), clocked(COUNT, other=wrong), lane_map, first(11, block="lane 2", v=1)
    yield "captures by name", clocked(COUNT, other=lanes), clocked(COUNT, other=wrong), mapped(
        a=r"t\.lane_(?P<lane>\d+)", b=r"t.g_lane[\g<lane>].u", block=r"\g<lane>", waivers=lane_map["waivers"]), first(11, block="2", v=1)
    yield "a regular expression for signals", clocked(COUNT, other={"t.w": (4, [v & 15 for v in COUNT])}), \
        clocked(COUNT, name="t.v_q", other={"t.w_q": (4, [v & 15 for v in COUNT])}), mapped([{"match": "([vw])", "b": r"\1_q"}]), "equal"
    yield "a scope's capture in a signal's template", clocked(COUNT, name="t.l3.v"), clocked(COUNT, name="t.v3"), mapped(
        [{"match": "v", "b": r"\g<0>\g<n>"}], a=r"t\.l(?P<n>\d)", b="t"), "equal"
    halves = {"t.hi": (4, [v >> 4 for v in COUNT]), "t.lo": (4, [v & 15 for v in COUNT])}
    cat = clocked([0] * 40, name="t.z", other=halves)
    zed = [{"side": "b", "match": r"t\.z", "reason": "r"}]
    yield "a concatenation", clocked(COUNT), cat, mapped([{"a": "v", "b": "{hi, lo}"}], waivers=zed), "equal"
    yield "a concatenation the wrong way round", clocked(COUNT), cat, mapped([{"a": "v", "b": "{lo, hi}"}], waivers=zed), first(1, v=37)
    yield "slices", clocked(COUNT), cat, mapped([{"name": "low", "a": "v[3:0]", "b": "lo"}, {"name": "high", "a": "v[7:4]", "b": "hi"}],
                                                waivers=zed), "equal"
    yield "a slice that differs", clocked(COUNT), clocked(changed(COUNT, 5, 5 + 16)), mapped(
        [{"name": "low", "a": "v[3:0]", "b": "v[3:0]"}, {"name": "bit 4", "a": "v[4]", "b": "v[4]"}]), \
        first(5, ["bit 4"], **{"bit 4": 1})
    yield "an inversion", clocked(COUNT), clocked([255 - v for v in COUNT]), mapped([{"a": "v", "b": "~v"}]), "equal"
    yield "an inversion keeps x", clocked([X8] * 40), clocked([X8] * 40), mapped([{"a": "v", "b": "~v"}]), "equal"
    yield "bits that are turned round", clocked(COUNT), clocked([int(f"{v:08b}"[::-1], 2) for v in COUNT]), mapped(
        [{"a": "v", "b": "{" + ",".join(f"v[{n}]" for n in range(8)) + "}"}]), "equal"
    wide = [v * 0x1111111111111111111 for v in COUNT]
    yield "a slice across words", clocked(wide, width=80), clocked([(v >> 60) & 1023 for v in wide], width=10), mapped(
        [{"a": "v[69:60]", "b": "v"}]), "equal"
    minus = [(-v) & 15 for v in range(-8, 8)] * 2
    signed = [v | 0xF0 if v & 8 else v for v in minus]
    yield "widths, sign", clocked(minus, width=4), clocked(signed), mapped([{"a": "v", "width": {"a": 4, "b": 8, "extend": "sign"}}]), "equal"
    yield "widths, zero", clocked(minus, width=4), clocked(minus), mapped([{"a": "v", "width": {"a": 4, "b": 8}}]), "equal"
    yield "widths, zero where sign is meant", clocked(minus, width=4), clocked(signed), mapped([{"a": "v", "width": {"a": 4, "b": 8}}]), \
        first(0 if minus[0] & 8 else 1, v=sum(v >> 3 for v in minus))
    yield "widths, cut", clocked(minus, width=4), clocked(signed), mapped([{"a": "v", "width": {"a": 4, "b": 8, "extend": "cut"}}]), "equal"
    yield "widths, sign over words", clocked(minus, width=4), clocked([v | ((1 << 96) - 16) if v & 8 else v for v in minus], width=100), mapped(
        [{"a": "v", "width": {"a": 4, "b": 100, "extend": "sign"}}]), first(0, v=sum(v >> 3 for v in minus))
    order = clocked(COUNT, other={"t.w": (3, [v & 7 for v in COUNT])})
    yield "the order of signals in the file", order.text(), order.text(["t.w", "t.v", "t.clk"]), mapped(["v", "w"]), "equal"
    yield "names with a comma", clocked(COUNT, name="t.a,b"), clocked(COUNT), mapped([{"name": "v", "a": "`a,b`", "b": "v"}]), "equal"
    yield "another name for a signal is mapped with it", clocked(COUNT).text().replace("$enddefinitions", "$scope module q $end\n"
        '$var wire 8 " alias $end\n$upscope $end\n$enddefinitions'), clocked(COUNT), mapped(), "equal"  # noqa: E128
    yield "a scope that b lacks, with a reason", clocked(COUNT, other={"u.lane_0.v": (8, COUNT), "u.lane_1.v": (8, COUNT)}), \
        clocked(COUNT, other={"u.lane_0.v": (8, COUNT)}), {**mapped(), "groups": [*mapped()["groups"], {
            "a": r"u\.lane_\d", "b": r"\g<0>", "signals": ["v"], "missing_b": "one lane only"}]}, "equal"
    yield "the earliest block", clocked(COUNT, other=lanes), clocked(COUNT, other={
        **named, "t.g_lane[3].u.v": (8, changed(named["t.g_lane[3].u.v"][1], 9, 1)), "t.g_lane[0].u.v": wrong["t.g_lane[2].u.v"]}), lane_map, \
        first(1, block="lane 0", v=39)
    groups = [{"a": "t", "b": "t", "block": name, "signals": [{"a": "v", "name": name}]} for name in ("one", "two")]
    yield "a tie goes to the group that stands first", clocked(COUNT), clocked(changed(COUNT, 5, 9)), {**mapped(), "groups": groups}, \
        first(5, ["one"], block="one", one=1)


def x_cases():
    x_start = [X8] * 3 + COUNT[3:]
    yield "x against a value", clocked(COUNT), clocked(changed(COUNT, 6, X8)), mapped(), first(6, v=1)
    yield "x against x", clocked(changed(COUNT, 6, X8)), clocked(changed(COUNT, 6, X8)), mapped(), "equal"
    yield "x against z", clocked(changed(COUNT, 6, X8)), clocked(changed(COUNT, 6, "zzzzzzzz")), mapped(), first(6, v=1)
    yield "x is ignored", clocked(COUNT), clocked(changed(COUNT, 6, X8)), mapped(x="ignore"), "equal"
    yield "other bits are not", clocked(COUNT), clocked(changed(COUNT, 6, "xxxx1001")), mapped(x="ignore"), first(6, v=1)
    yield "x in some bits is ignored", clocked(COUNT), clocked(changed(COUNT, 6, "xxxx0110")), mapped(x="ignore"), "equal"
    yield "x until it is known", clocked(COUNT), clocked(x_start), mapped(x="until_known"), "equal"
    yield "x once it was known", clocked(COUNT), clocked(changed(x_start, 9, X8)), mapped(x="until_known"), first(9, v=1)
    yield "x from the left", clocked(changed(COUNT, 6, X8)), clocked(changed(COUNT, 6, "x")), mapped(), "equal"
    yield "x of one signal alone", clocked(COUNT, other={"t.w": (1, [0] * 40)}), clocked(x_start, other={"t.w": (1, [0] * 40)}), mapped(
        [{"a": "v", "x": "until_known"}, "w"]), "equal"
    yield "never set on either side", clocked(COUNT, other={"t.w": (1, [])}), clocked(COUNT, other={"t.w": (1, [])}), mapped(["v", "w"]), "equal"
    yield "never set on one side", clocked(COUNT, other={"t.w": (1, [])}), clocked(COUNT, other={"t.w": (1, [1] * 40)}), mapped(["v", "w"]), \
        first(0, ["w"], w=40)


def real_cases():
    real = [v * 0.1 for v in COUNT]
    near = [v + 1e-9 for v in real]

    def of(values):
        return clocked(values, kind="real", width=64)

    yield "reals", of(real), of(real), mapped(), "equal"
    yield "reals, none too close", of(real), of(near), mapped(), first(0, v=40)
    yield "reals within an absolute tolerance", of(real), of(near), mapped([{"a": "v", "tolerance": {"absolute": 1e-8}}]), "equal"
    yield "reals within a relative tolerance", of(real), of([v * (1 + 1e-7) for v in real]), mapped(
        [{"a": "v", "tolerance": {"relative": 1e-6}}]), "equal"
    yield "reals beyond a tolerance", of(real), of(changed(real, 12, 1.3)), mapped([{"a": "v", "tolerance": {"absolute": 0.05}}]), first(12, v=1)
    yield "not a number", of(changed(real, 4, float("nan"))), of(changed(real, 4, float("nan"))), mapped(), "equal"
    yield "not a number on one side", of(real), of(changed(real, 4, float("nan"))), mapped([{"a": "v", "tolerance": {"absolute": 9}}]), first(4, v=1)
    yield "minus zero", of([0.0] * 9), of([-0.0] * 9), mapped(), "equal"


def stalled(items, gaps, fields=("v",), ready=None, junk=170):
    """Items one after another, with gaps[n] idle cycles before item n in which the fields are `junk`."""
    valid, rows, go = [], [], []
    for item, gap in zip(items, gaps):
        for _ in range(gap):
            valid.append(0)
            rows.append((junk,) * len(fields))
            go.append(1)
        if ready:
            for _ in range(ready):  # it is offered, and not taken
                valid.append(1)
                rows.append(item)
                go.append(0)
        valid.append(1)
        rows.append(item)
        go.append(1)
    valid.append(0)
    rows.append((junk,) * len(fields))
    go.append(1)
    other = {f"t.{name}": (8, [row[i] for row in rows]) for i, name in enumerate(fields)}
    return clocked(valid, name="t.valid", width=1, other={**other, **({"t.ready": (1, go)} if ready is not None else {})})


def order_cases():
    items = [(v * 7 & 255,) for v in range(12)]
    none, some = [0] * 12, [0, 3, 1, 0, 0, 7, 2, 0, 1, 0, 0, 4]
    valid = mapped(["valid", "v"], mode="valid", valid="valid")
    yield "stalls", stalled(items, none), stalled(items, some, junk=99), valid, "equal"
    at_b = 5 + sum(some[:6])
    yield "stalls, a difference", stalled(items, none), stalled(changed(items, 5, (1,)), some), valid, \
        {**first(5, cycle_b=at_b, v=1), "transaction": 5}
    yield "one is missing", stalled(items, none), stalled(items[:-1], some), valid, {**first(11, [], kind="missing"), "cycle_b": None}
    yield "one more", stalled(items, none), stalled(items + [(1,)], some + [2]), valid, \
        {**first(12 + sum(some) + 2, [], kind="extra"), "cycle_a": None, "cycle_b": 12 + sum(some) + 2}
    handshake = mapped(["valid", "v", "ready"], mode="valid", valid="valid", ready="ready")
    yield "valid and ready", stalled(items, none, ready=0), stalled(items, some, ready=2), handshake, "equal"
    yield "valid and ready, a difference", stalled(items, none, ready=0), stalled(changed(items, 3, (0,)), none, ready=1), handshake, \
        {**first(3, cycle_b=7, v=1), "transaction": 3}
    junk_x = stalled(items, some, junk=X8)
    yield "x while it is not valid", stalled(items, none), junk_x, valid, "equal"
    x_valid = stalled(items, none)
    x_valid.set(46, "t.valid", "x").set(56, "t.valid", "1")
    yield "a valid of x", stalled(items, none), x_valid, valid, {"block": "t", "kind": "unknown_valid", "cycle_a": None, "cycle_b": 5,
                                                                 "signals": ["valid"]}
    same = mapped(["valid", "v"], mode="valid", valid="valid", pairing="cycle")
    gaps_a, gaps_b = [0, 1] + [0] * 10, [0, 1] + [0] * 10
    yield "the same cycles, junk between", stalled(items, gaps_a, junk=1), stalled(items, gaps_b, junk=2), same, "equal"
    yield "the same cycles, a difference", stalled(items, gaps_a, junk=1), stalled(changed(items, 7, (0,)), gaps_b, junk=2), same, first(8, v=1)
    yield "the same cycles, valid in another one", stalled(items, gaps_a, junk=1), stalled(items, [0, 0, 1] + [0] * 9, junk=2), same, \
        first(1, ["valid"], valid=2)
    never = [{"a": "valid", "compare": False}, "v"]
    yield "the same cycles, one side not valid", stalled(items, gaps_a, junk=1), stalled(items[:6], gaps_b, junk=2), mapped(
        never, mode="valid", valid="valid", pairing="cycle"), "equal"

    rows = [(v % 3, v // 3, v * 11 & 255) for v in range(30)]
    fields = ("key", "plane", "v")
    keyed = mapped(["valid", *fields], mode="transaction", valid="valid", key="key")
    by_key = sorted(rows)
    yield "in order within a key", stalled(rows, [0] * 30, fields), stalled(by_key, [0, 1] * 15, fields), keyed, "equal"
    yield "out of order within a key", stalled(rows, [0] * 30, fields), stalled([by_key[1], by_key[0], *by_key[2:]], [0] * 30, fields), keyed, \
        {**first(0, ["plane", "v"], cycle_b=0, plane=2, v=2), "key": [0]}
    at = by_key.index((1, 2, 7 * 11))
    yield "in order within a key, a difference", stalled(rows, [0] * 30, fields), stalled(changed(by_key, at, (1, 2, 1)), [0] * 30, fields), \
        keyed, {**first(7, cycle_b=at, v=1), "key": [1]}
    yield "a key that is missing", stalled(rows, [0] * 30, fields), stalled([r for r in by_key if r != (2, 9, 29 * 11 & 255)], [0] * 29, fields), \
        keyed, {**first(29, [], kind="missing"), "cycle_b": None, "key": [2]}
    tagged = [(n, n * 5 & 255) for n in range(25)]
    mixed = [tagged[n * 7 % 25] for n in range(25)]
    tag = mapped(["valid", "tag", "v"], mode="transaction", valid="valid", tag="tag")
    yield "out of order by tag", stalled(tagged, [0] * 25, ("tag", "v")), stalled(mixed, [0, 2, 0, 0, 1] * 5, ("tag", "v")), tag, "equal"
    where = mixed.index(tagged[16])
    yield "out of order by tag, a difference", stalled(tagged, [0] * 25, ("tag", "v")), stalled(
        changed(mixed, where, (16, 0)), [0] * 25, ("tag", "v")), tag, {**first(16, cycle_b=where, v=1), "key": [16]}
    again = tagged + [(n, 200 + n) for n in range(25)]
    yield "tags that are used again", stalled(again, [0] * 50, ("tag", "v")), stalled(mixed + [(n, 200 + n) for n in range(24, -1, -1)], [0] * 50,
                                                                                     ("tag", "v")), tag, "equal"
    whole = mapped(["valid", *fields], mode="transaction", valid="valid")
    yield "a stream", stalled(rows, [0] * 30, fields), stalled(rows, [2] * 30, fields), whole, "equal"
    two_keys = mapped(["valid", *fields], mode="transaction", valid="valid", key=["key", "plane"])
    yield "a key of two fields", stalled(rows, [0] * 30, fields), stalled(rows[::-1], [0] * 30, fields), two_keys, "equal"
    yield "a window of transactions", stalled(items, none), stalled([(9,)] * 3 + items[3:], none), mapped(
        ["valid", "v"], mode="valid", valid="valid", clock={"window": {"from": 3}}), "equal"
    yield "nothing is ever valid", stalled([], []), stalled([], []), valid, "equal"


def cases():
    for table in (cycle_cases, map_cases, x_cases, real_cases, order_cases):
        yield from table()
