"""Reads a Value Change Dump (IEEE 1364-2005, clause 18): names, widths, and the changes of each signal. Shares no code
with the program that wrote it."""
import bisect
import re


class Signal:
    """Values from their time on; 0 before the first."""

    def __init__(self, width):
        self.width = width
        self.times = []
        self.values = []

    def at(self, time):
        place = bisect.bisect_right(self.times, time)
        return self.values[place - 1] if place else 0

    def signed_at(self, time):
        value = self.at(time)
        return value - (1 << self.width) if value >> (self.width - 1) else value

    def stretches(self, end):
        """(from, to, value) one after another, to `end`."""
        for i, (time, value) in enumerate(zip(self.times, self.values)):
            following = self.times[i + 1] if i + 1 < len(self.times) else end
            if following > time:
                yield time, min(following, end), value


class Waves:
    def __init__(self, path):
        self.signals = {}
        self.comments = []
        self.end = 0
        self.start = None
        by_code = {}
        scopes = []
        with open(path, encoding="ascii") as file:
            header = []
            for line in file:
                header.append(line)
                if line.startswith("$enddefinitions"):
                    break
            for words in re.findall(r"\$(\w+)\s(.*?)\$end", "".join(header), re.S):
                kind, rest = words[0], words[1].split()
                if kind == "scope":
                    scopes.append(rest[1])
                elif kind == "upscope":
                    scopes.pop()
                elif kind == "var":
                    signal = Signal(int(rest[1]))
                    assert rest[2] not in by_code, "a code is used twice"
                    by_code[rest[2]] = signal
                    name = ".".join([*scopes, rest[3]])
                    assert name not in self.signals, name + " is there twice"
                    self.signals[name] = signal
                elif kind == "comment":
                    self.comments.append(" ".join(rest))
            self._changes(file, by_code)

    def _changes(self, file, by_code):
        time = None
        for line in file:
            first = line[0]
            if first == "#":
                following = int(line[1:])
                assert time is None or following >= time, "time runs backwards"
                time = following
                self.start = time if self.start is None else self.start
            elif first in "01":
                self._set(by_code[line[1:].rstrip("\n")], time, int(first))
            elif first == "b":
                digits, code = line[1:].split()
                self._set(by_code[code], time, int(digits, 2))
            elif line.startswith("$comment"):
                self.comments.append(line[len("$comment"):].replace("$end", "").strip())
            else:
                assert line.strip() in ("$dumpvars", "$end"), "unknown line " + line
        self.end = time if time is not None else 0

    @staticmethod
    def _set(signal, time, value):
        assert value >> signal.width == 0, "a value is wider than its signal"
        signal.times.append(time)
        signal.values.append(value)

    def __getitem__(self, name):
        return self.signals[name]

    def matching(self, pattern):
        """(match, signal) of the names that the whole regular expression fits."""
        compiled = re.compile(pattern)
        for name, signal in self.signals.items():
            match = compiled.fullmatch(name)
            if match:
                yield match, signal

    def edges(self, name, period):
        """Times of the clock edges at which a signal is not 0."""
        for begin, end, value in self.signals[name].stretches(self.end):
            if value != 0:
                yield from range(begin, end, period)
