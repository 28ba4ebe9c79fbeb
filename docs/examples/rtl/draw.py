#!/usr/bin/env python3
"""Draws what `scripts/wavediff.py --gtkwave PREFIX` left in PREFIX.vcd: draw.py PREFIX.vcd FILE.png

Each signal of the block once a side, the divergence in red. Needs matplotlib (Debian: python3-matplotlib).
"""
import pathlib
import re
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def read(path):
    """({scope: {signal: (width, [(time, value)])}}, last time)"""
    scopes, by_code, scope, now = {}, {}, None, 0
    for line in pathlib.Path(path).read_text().splitlines():
        words = line.split()
        if line.startswith("$scope"):
            scope = scopes.setdefault(words[2], {})
        elif line.startswith("$var"):
            by_code[words[3]] = scope[words[4]] = (int(words[2]), [])
        elif re.match(r"#\d+$", line):
            now = int(line[1:])
        elif len(words) == 2 and line[0] == "b":
            by_code[words[1]][1].append((now, words[0][1:]))
        elif len(words) == 1 and line[0] in "01xz" and line[1:] in by_code:
            by_code[line[1:]][1].append((now, line[0]))
    return scopes, now


def text(bits):
    return "x" if set(bits) - {"0", "1"} else f"{int(bits, 2):x}"


def stretches(changes, times):
    """(time, value that stands from there on) of each time."""
    for t in times:
        value = next((v for at, v in reversed(changes) if at <= t), None)
        if value is not None:
            yield t, value


def main():
    scopes, end = read(sys.argv[1])
    marks = [(t, v) for t, v in scopes.pop("wavediff")["different"][1]]
    begin = next((t for t, v in marks if v == "1"), None)
    times = sorted({t for signals in scopes.values() for _, changes in signals.values() for t, _ in changes} |
                   {t for t, _ in marks} | {end})
    stop = next((t for t in times if begin is not None and t > begin), end)
    (a, left), (b, right) = scopes.items()
    figure, axes = plt.subplots(figsize=(8, .6 * len(left) + .6))
    y, ticks = 0, []
    for name in left:
        sides = [dict(stretches(signals[name][1], times)) for signals in (left, right)]
        for side, values, other, colour in ((a, *sides, "tab:blue"), (b, *sides[::-1], "tab:green")):
            ticks.append((y + .3, f"{name}  {side}" if side == a else side))
            before = None
            for t, until in zip(times, times[1:]):
                v, differs = values.get(t), t == begin and values.get(t) != other.get(t)
                if v is None:
                    continue
                shade = "tab:red" if differs and side == b else colour
                if left[name][0] == 1 and v in "01":
                    joint = y + .6 * int(before) if before in ("0", "1") else y + .6 * int(v)
                    axes.plot([t, t, until], [joint, y + .6 * int(v), y + .6 * int(v)], color=shade, linewidth=1.5)
                else:
                    axes.fill_between([t, until], y, y + .6, facecolor=shade, alpha=.5 if differs else .25, linewidth=0)
                    if v != before or differs:
                        axes.plot([t, t], [y, y + .6], color=shade, linewidth=1.5)
                        axes.text(t + (end - times[0]) / 100, y + .15, text(v), fontsize=7)
                before = v
            y -= 1
        y -= .25
    if begin is not None:
        axes.axvspan(begin, stop, color="tab:red", alpha=.08)
    axes.set_xticks(times, [str(t) for t in times], fontsize=7)
    axes.set_yticks([at for at, _ in ticks], [label for _, label in ticks], fontsize=7)
    axes.set_xlabel("ps")
    axes.margins(x=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(sys.argv[2], dpi=100, metadata={"Software": None})


if __name__ == "__main__":
    main()
