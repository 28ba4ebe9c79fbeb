"""Draws the figures: one column wide, colours that colour-blind readers tell apart, the same bytes for the same rows."""
from __future__ import annotations

import csv
import io
import os
import pathlib
from typing import Any, Callable

from .cli import InputError
from .runs import Table

try:
    import matplotlib
except ImportError:
    matplotlib = None  # type: ignore[assignment]

WIDTH = 3.5  # inches: one column
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]  # Okabe and Ito
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
HATCHES = ["", "////", "....", "xxxx"]
PAPER = {"color": "#444444", "linestyle": (0, (4, 2)), "linewidth": 1.1}
STYLE = {"font.family": "DejaVu Sans", "font.size": 7.5, "axes.titlesize": 8, "axes.labelsize": 7.5, "xtick.labelsize": 7,
         "ytick.labelsize": 7, "legend.fontsize": 6.5, "legend.frameon": False, "legend.handlelength": 2.2,
         "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True, "grid.color": "#DDDDDD",
         "grid.linewidth": .5, "axes.linewidth": .6, "lines.linewidth": 1.2, "lines.markersize": 4, "hatch.linewidth": .5,
         "svg.hashsalt": "pade", "svg.fonttype": "path", "figure.dpi": 100}


def require_matplotlib() -> None:
    if matplotlib is None:
        raise InputError("matplotlib is not installed (Debian: python3-matplotlib); the figures need it")


def _legend(axes, columns: int) -> None:
    """Above the axes, where it hides no point; the paper's line last."""
    handles, labels = axes.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda n: labels[n].startswith("paper"))
    axes.legend([handles[n] for n in order], [labels[n] for n in order], loc="lower left", bbox_to_anchor=(0, 1), ncol=columns,
                borderaxespad=.2, columnspacing=1.2)


def _short(table: Table, trace: str) -> str:
    """Enough of a trace to tell it from the others of the figure."""
    name = trace.split(",")[0]
    same = sum(other.split(",")[0] == name for other in table.traces())
    return trace if same > 1 else name.split("/")[-1]


def _lines(axes, table: Table, x: str, quantities: list[tuple[str, str]], factor: float = 100) -> None:
    """One trace: a colour a quantity. Several: a colour a trace, a marker a quantity."""
    traces = table.traces()
    for t, trace in enumerate(traces):
        rows = table.of(trace)
        for n, (column, label) in enumerate(quantities):
            axes.plot([row[x] for row in rows], [factor * row[column] for row in rows], marker=MARKERS[n],
                      color=COLOURS[(t if len(traces) > 1 else n) % len(COLOURS)], linestyle="-" if n == 0 else "-.",
                      label=label if len(traces) == 1 else f"{_short(table, trace)}: {label}", clip_on=False, zorder=3)


def _percent_axis(axes, label: str) -> None:
    axes.set_ylim(0, 100)
    axes.set_ylabel(label)


def draw_ablation(figure, table: Table) -> None:
    axes = figure.subplots()
    steps = list(dict.fromkeys(row["step"] for row in table.rows))
    groups = list(dict.fromkeys((row["trace"], row["variant"]) for row in table.rows))
    figure.set_size_inches(WIDTH, 1.4 + .19 * len(steps) * (len(groups) + .6))
    height = .8 / len(groups)
    for g, group in enumerate(groups):
        rows = [row for row in table.rows if (row["trace"], row["variant"]) == group]
        places = [steps.index(row["step"]) - .4 + height * (g + .5) for row in rows]
        name = ", ".join(filter(None, [group[0].split("/")[-1] if len(table.traces()) > 1 else "",
                                       group[1].replace("_", " ")])) or "this model"
        axes.barh(places, [row["relative_latency"] for row in rows], height * .9, color=COLOURS[g % len(COLOURS)],
                  hatch=HATCHES[g % len(HATCHES)], edgecolor="white", linewidth=.4, label=name)
        for n, (place, row) in enumerate(zip(places, rows)):
            text = f"{100 * (row['ratio_to_previous'] - 1):+.1f} %".replace("-", "\N{MINUS SIGN}") if n else ""
            text = text.replace("+0.0", "0").replace("\N{MINUS SIGN}0.0", "0")
            axes.annotate(text, (row["relative_latency"], place), xytext=(2, 0), textcoords="offset points", va="center",
                          fontsize=6, bbox={"boxstyle": "square,pad=.1", "facecolor": "white", "edgecolor": "none"}, zorder=6)
    drawn: set[str] = set()
    for row in table.rows:
        if row["paper_ratio_to_previous"] is not None and row["step"] not in drawn:
            place = steps.index(row["step"])
            axes.plot([row["paper_relative_latency"]] * 2, [place - .48, place + .48], **PAPER, zorder=5,
                      label=None if drawn else "paper, cumulative")
            drawn.add(row["step"])
    axes.set_yticks(range(len(steps)), [("" if n == 0 else "+ ") + step.replace("_", " ") for n, step in enumerate(steps)])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlim(0, 1.12 * max(row["relative_latency"] for row in table.rows))
    axes.set_xlabel("cycles, first step = 1 (text: against step before)")
    _legend(axes, 1)


def draw_sparsity(figure, table: Table) -> None:
    axes = figure.subplots()
    figure.set_size_inches(WIDTH, 2.3 + .32 * len(table.traces()))
    _lines(axes, table, "alpha", [("planes_skipped", "planes not processed"), ("keys_dropped", "keys dropped")])
    axes.axhline(40, **PAPER, label="paper: 40 to 90 %")
    axes.axhline(90, **PAPER)
    _percent_axis(axes, "sparsity (% of unmasked pairs)")
    axes.set_xlabel("guard alpha")
    _legend(axes, 2 if len(table.traces()) == 1 else 1)


def draw_entries(figure, table: Table) -> None:
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [1.5, 1]})
    figure.set_size_inches(WIDTH, 3.2 + .34 * len(table.traces()))
    _lines(upper, table, "entries", [("lane_utilisation", "lanes busy"), ("k_feed_utilisation", "K feed used")])
    upper.axhline(95, **PAPER, label="paper: lanes 95 %, near 32")
    upper.axvline(32, **{**PAPER, "linestyle": ":"})
    _percent_axis(upper, "utilisation (%)")
    _legend(upper, 2 if len(table.traces()) == 1 else 1)
    several = len(table.traces()) > 1
    for t, trace in enumerate(table.traces()):
        rows = table.of(trace)
        lower.plot([row["entries"] for row in rows], [row["cycles"] / 1000 for row in rows], marker="^",
                   color=COLOURS[t if several else 2], zorder=3)
        for row in rows:
            lower.annotate(f"{row['dram_read_latency_core_cycles']:.0f}", (row["entries"], row["cycles"] / 1000),
                           xytext=(0, 4 if t % 2 == 0 else -10), textcoords="offset points", ha="center", fontsize=6, color=COLOURS[t if several else 2])
    lower.set_xscale("log", base=2)
    ticks = sorted({row["entries"] for row in table.rows})
    lower.set_xticks(ticks, [str(tick) for tick in ticks])
    lower.minorticks_off()
    lower.set_ylim(0, 1.25 * max(row["cycles"] for row in table.rows) / 1000)
    lower.set_ylabel("1000 cycles")
    lower.set_title("numbers: mean DRAM read latency in core cycles", loc="left", fontsize=6.5, pad=3)
    lower.set_xlabel("scoreboard entries a lane")


def draw_layouts(figure, table: Table) -> None:
    axes = figure.subplots()
    figure.set_size_inches(WIDTH, 2.3 + .32 * len(table.traces()))
    layouts = list(dict.fromkeys(row["layout"] for row in table.rows))
    traces = table.traces()
    bars = [(trace, column) for trace in traces for column in ("bandwidth_utilisation", "bandwidth_active")]
    width = .8 / len(bars)
    for b, (trace, column) in enumerate(bars):
        rows = table.of(trace)
        places = [layouts.index(row["layout"]) - .4 + width * (b + .5) for row in rows]
        label = "whole run" if column == "bandwidth_utilisation" else "while a request is pending"
        axes.bar(places, [100 * row[column] for row in rows], width * .92, edgecolor="white", linewidth=.4,
                 color=COLOURS[(b // 2 if len(traces) > 1 else b) % len(COLOURS)], hatch=HATCHES[b % 2],
                 label=label if len(traces) == 1 else f"{_short(table, trace)}: {label}")
        for place, row in zip(places, rows):
            axes.annotate(f"{100 * row[column]:.0f}", (place, 100 * row[column]), xytext=(0, 1.5), textcoords="offset points",
                          ha="center", fontsize=6)
    for n, layout in enumerate(layouts):
        axes.plot([n - .48, n + .48], [58 if layout == "plane_first" else 40] * 2, **PAPER, zorder=4,
                  label=None if n else "paper: 58 % plane first, 40 % without")
    axes.set_xticks(range(len(layouts)), [layout.replace("_", " ") for layout in layouts])
    axes.grid(axis="x", visible=False)
    _percent_axis(axes, "DRAM bandwidth used (%)")
    _legend(axes, 1)


def _replace(path: pathlib.Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, path)


def write_csv(path: pathlib.Path, table: Table) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, table.columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table.rows)
    _replace(path, text.getvalue().encode())


def write_plot(stem: pathlib.Path, title: str, table: Table, draw: Callable[[Any, Table], None]) -> None:
    """stem.svg and stem.png."""
    require_matplotlib()
    from matplotlib.figure import Figure  # no pyplot: no window, no state between figures

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        figure = Figure(figsize=(WIDTH, 2.6), constrained_layout=True)
        draw(figure, table)
        figure.suptitle(title, fontsize=8, fontweight="bold", x=.01, ha="left")
        figure.supxlabel("\n".join(_wrapped(table.caption)), fontsize=5.5, x=.01, ha="left", color="#444444")
        for suffix, options in (("svg", {"metadata": {"Date": None}}), ("png", {"dpi": 300, "metadata": {"Software": None}})):
            content = io.BytesIO()
            figure.savefig(content, format=suffix, **options)
            _replace(stem.with_name(f"{stem.name}.{suffix}"), content.getvalue())


def _wrapped(lines: list[str], width: int = 92) -> list[str]:
    import textwrap
    return [part for line in lines for part in textwrap.wrap(line, width)]
