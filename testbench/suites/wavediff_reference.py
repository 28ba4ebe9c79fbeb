"""A random pair of waveforms, and what a plain comparison says of it: signal by signal, edge by edge, with dictionaries and
strings of digits. Shares no code with wavediff but the writer of the files."""
from wavediff_bench import Dump

UNITS = {"1 ps": 1000, "100 fs": 100, "10 ps": 10000}


class Trace:
    """Signals by name: (width, [(time, digits)]); and a clock signal."""

    def __init__(self, rng, cycles):
        self.unit = rng.choice(list(UNITS))
        self.period = rng.randrange(4, 30)
        self.phase = rng.randrange(0, 20)
        self.cycles = cycles
        self.signals = {}

    def edges(self):
        return [self.phase + n * self.period for n in range(self.cycles)]

    def dump(self, rng):
        dump = Dump(self.unit).clock("t.clk", self.period, self.cycles, self.phase)
        if self.phase == 0:  # low at 0 and high at 0: no edge there
            dump.changes = [c for c in dump.changes if c != (0, "t.clk", "0")]
        names = list(self.signals)
        rng.shuffle(names)
        for name in names:
            width, changes = self.signals[name]
            dump.add("t." + name, width)
            for time, digits in changes:
                dump.set(time, "t." + name, digits)
        dump.end = self.phase + self.cycles * self.period
        return dump

    def at(self, name, time, before):
        """The digits that stand before the time, or once its changes are done."""
        width, changes = self.signals[name]
        value = "x" * width
        for when, digits in changes:
            if when < time or (when == time and not before):
                value = digits
        return value


def digits_of(rng, width, value, unknown):
    text = format(value, f"0{width}b")
    if rng.random() < unknown:
        text = "".join(rng.choice("xz") if rng.random() < 0.5 else d for d in text)
    return text


class Pair:
    def __init__(self, rng):
        self.rng = rng
        self.offset = rng.choice((0, 0, 1, 3, -2))
        cycles = rng.randrange(5, 40)
        self.traces = [Trace(rng, cycles), Trace(rng, max(2, cycles + rng.randrange(-3, 4)))]
        self.before = [rng.random() < 0.5 for _ in range(2)]
        self.policy = rng.choice(("fail", "ignore", "until_known"))
        self.names = [f"s{n}" for n in range(rng.randrange(1, 7))]
        unknown = rng.choice((0, 0, 0.2))
        wrong = rng.choice((0, 0.02, 0.1))
        for name in self.names:
            width = rng.choice((1, 3, 8, 24, 63, 64, 65, 130))
            values = [rng.getrandbits(width) if n == 0 or rng.random() < 0.4 else None for n in range(80)]
            for n in range(1, 80):
                values[n] = values[n - 1] if values[n] is None else values[n]
            told = [digits_of(rng, width, value, unknown) for value in values]
            for side, trace in enumerate(self.traces):
                # Cycle n of side a is cycle n + offset of side b; both count on from a common 10.
                shift = 10 if side == 0 else 10 - self.offset
                series = [told[n + shift] for n in range(trace.cycles)]
                if side == 1:
                    series = [digits_of(rng, width, rng.getrandbits(width), unknown) if rng.random() < wrong else d for d in series]
                trace.signals[name] = (width, self._changes(rng, trace, series, side))
        self.rules = {}
        for name in self.names:
            width = self.traces[0].signals[name][0]
            self.rules[name] = rng.choice(("whole", "whole", "slice", "halves") if width > 2 else ("whole",))
        clock = [{"signal": "t.clk", "sample": "before" if before else "after"} for before in self.before]
        self.low = {name: rng.randrange(0, self.traces[0].signals[name][0] - 1) if self.rules[name] == "slice" else 0 for name in self.names}
        signals = []
        for name in self.names:
            width = self.traces[0].signals[name][0]
            low = self.low[name]
            if self.rules[name] == "slice":
                signals.append({"name": name, "a": f"{name}[{width - 1}:{low}]", "b": f"~{name}[{width - 1}:{low}]"})
            elif self.rules[name] == "halves":
                half = width // 2
                text = f"{{{name}[{half - 1}:0], ~{name}[{width - 1}:{half}]}}"
                signals.append({"name": name, "a": text, "b": text})
            else:
                signals.append(name)
        self._negate()
        self.map = {"version": 1, "clocks": {"core": {"a": clock[0], "b": clock[1]}},
                    "groups": [{"a": "t", "b": "t", "signals": signals, "offset": self.offset, "x": self.policy}]}
        self.dumps = [trace.dump(rng) for trace in self.traces]

    def _negate(self):
        """Where the map inverts side b, side b is written inverted."""
        turn = str.maketrans("01", "10")
        for name in self.names:
            if self.rules[name] == "slice":
                width, changes = self.traces[1].signals[name]
                self.traces[1].signals[name] = (width, [(time, digits.translate(turn)) for time, digits in changes])

    def _changes(self, rng, trace, series, side):
        """Changes in the time in which they are first seen by their edge, with glitches in between."""
        changes = []
        for n, digits in enumerate(series):
            edge = trace.phase + n * trace.period
            # What is sampled before the edge must stand a tick earlier; what is sampled after it, at the edge at the latest.
            low = edge - trace.period + (0 if self.before[side] else 1)
            high = edge - (1 if self.before[side] else 0)
            if n == 0:
                low = 0
            if high < max(low, 0):
                continue
            time = rng.randrange(max(low, 0), high + 1)
            if rng.random() < 0.2:
                changes.append((rng.randrange(max(low, 0), time + 1), digits_of(rng, len(digits), rng.getrandbits(len(digits)), 0.1)))
            if n == 0 or digits != series[n - 1] or changes[-1:] and changes[-1][1] != digits:
                changes.append((time, digits))
        return changes

    def value(self, side, name, cycle):
        trace = self.traces[side]
        edges = trace.edges()
        if trace.phase == 0:
            edges = edges[1:]  # high from the beginning: the first rise is a period later
        digits = trace.at(name, edges[cycle], self.before[side])
        turn = str.maketrans("01z", "10x")
        width = len(digits)
        if self.rules[name] == "slice":
            digits = digits[:width - self.low[name]]
            return digits.translate(turn) if side == 1 else digits
        if self.rules[name] == "halves":
            half = width // 2
            return digits[width - half:] + digits[:width - half].translate(turn)
        return digits

    def check(self, outcome, expect):
        counts = [len(trace.edges()) - (trace.phase == 0) for trace in self.traces]
        first, last = max(0, -self.offset), min(counts[0], counts[1] - self.offset)
        if first >= last:
            expect(outcome.code == 2 and "no cycle to compare" in outcome.error, f"nothing to compare: {outcome.code} {outcome.error}")
            return
        bad = {}
        for name in self.names:
            seen = [False, False]
            for cycle in range(first, last):
                a, b = self.value(0, name, cycle), self.value(1, name, cycle + self.offset)
                seen[0] |= not set(a) & set("xz")
                seen[1] |= not set(b) & set("xz")
                if self.policy == "ignore":
                    differs = any(p != q and p in "01" and q in "01" for p, q in zip(a, b))
                else:
                    differs = a != b
                if self.policy == "until_known" and not all(seen):
                    differs = False
                if differs:
                    bad.setdefault(name, []).append(cycle)
        if not bad:
            expect(outcome.code == 0, f"equal, but: {outcome.code} {outcome.error} {outcome.text[:300]}")
            return
        expect(outcome.code == 1, f"different, but: {outcome.code} {outcome.error} {outcome.text[:100]}")
        if outcome.code != 1:
            return
        block = outcome.blocks["t"]
        got = {signal["name"]: signal["different"] for signal in block["signals"] if signal["different"]}
        expect(got == {name: len(cycles) for name, cycles in bad.items()}, f"counts {got}, not {bad}")
        when = min(cycles[0] for cycles in bad.values())
        expect(block["first"]["cycle_a"] == when and block["first"]["cycle_b"] == when + self.offset,
               f"first {block['first']['cycle_a']}, {block['first']['cycle_b']}, not {when}")
        names = sorted(signal["name"] for signal in block["first"]["signals"])
        expect(names == sorted(name for name, cycles in bad.items() if cycles[0] == when), f"signals {names}")
        expect(block["compared"] == last - first, f"{block['compared']} cycles compared, not {last - first}")
