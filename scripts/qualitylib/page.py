"""document: tables and plot of the summary, into the page that explains them."""
from __future__ import annotations

import argparse
import io
import json
import os
import pathlib
import re
from typing import Any

from tracelib import plots
from tracelib.cli import ROOT, InputError

from .attention import LINE
from .summary import order

MARK = "<!-- evaluate_quality.py: {} -->"
END = "<!-- end -->"
PRESETS = ("lossless", "standard", "aggressive")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", default=str(ROOT / "testbench/data/quality.json"), metavar="FILE", help="of summarise")
    parser.add_argument("--page", default=str(ROOT / "docs/quality.md"), metavar="FILE", help="page with marks to write between")
    parser.add_argument("--plot", default=str(ROOT / "docs/quality.png"), metavar="FILE")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if the page does not have these tables")


def read_summary(path: str) -> dict[str, Any]:
    try:
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        if document["schema_version"] != 1:
            raise InputError(f"--data: {path}: schema_version is {document['schema_version']}; 1 is expected")
        document["text"], document["needle"], document["compared"]  # noqa: B018: are there
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"--data: {path}: is no summary of evaluate_quality.py: {error!r}") from None
    return document


def percent(x: float | None, digits: int = 1, sign: bool = False) -> str:
    return "" if x is None else f"{100 * x:{'+' if sign else ''}.{digits}f}"


def with_error(x: float | None, error: float | None, factor: float = 1.0, digits: int = 1) -> str:
    if x is None:
        return ""
    noise = "" if error is None else f" ± {factor * error:.{digits}f}"
    return f"{factor * x:+.{digits}f}{noise}"


def span_name(row: dict[str, Any]) -> str:
    firsts = row["first_tokens"]
    return f"{row['tokens']} from {firsts[0]}" if len(firsts) == 1 else f"{len(firsts)} x {row['tokens']}"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *("| " + " | ".join(row) + " |" for row in rows)]


def groups(rows: list[dict[str, Any]]) -> dict[tuple, dict[str, dict[str, Any]]]:
    """{(model, text, tokens, spans): {setting: row}}, in the order of the file."""
    out: dict[tuple, dict[str, dict[str, Any]]] = {}
    for row in rows:
        out.setdefault((row["model"], row["text"], row["tokens"], tuple(row["first_tokens"])), {})[row["setting"]] = row
    return out


def split(setting: str) -> tuple[str, str]:
    """Column of the perplexity table, and which set was retained."""
    return (setting[len(LINE):], "at the line") if setting.startswith(LINE) else (setting, "walk")


def perplexity(data: dict[str, Any]) -> list[str]:
    """Two rows a sequence, a column a setting."""
    own = groups([row for row in data["text"] if row["calibration"] is None])
    columns = sorted({split(name)[0] for rows in own.values() for name in rows if name != "fp32"}, key=order)
    body = []
    for (model, text, _tokens, _firsts), rows in own.items():
        for kind in ("walk", "at the line"):
            of = {split(name)[0]: row for name, row in rows.items() if split(name)[1] == kind and name != "fp32"}
            if not of:
                continue
            body.append([model, text, span_name(rows["fp32"]), f"{rows['fp32']['perplexity']:.3f}", kind,
                         *(with_error(of[name]["change_percent"], of[name]["change_se_percent"]) if name in of else ""
                           for name in columns)])
    return table(["model", "text", "tokens", "perplexity, FP32", "retained",
                  *(name if name != "int8" else "INT8, dense" for name in columns)], body)


def tokens(data: dict[str, Any]) -> list[str]:
    """Next token, whole lines, planes and retained pairs, of the sequences that have most predictions of each model and text."""
    own = [row for row in data["text"] if row["calibration"] is None]
    most: dict[tuple, tuple] = {}
    for key, rows in groups(own).items():
        size = (len(rows), rows["fp32"]["predictions"])
        if key[:2] not in most or size > most[key[:2]][0]:
            most[key[:2]] = (size, key)
    body = []
    for key, rows in groups(own).items():
        if most[key[:2]][1] != key:
            continue
        for name, row in rows.items():
            body.append([row["model"], row["text"], span_name(row), name, percent(row["accuracy"]),
                         with_error(row["accuracy_change"], row["accuracy_change_se"], 100), percent(row["same_token"]),
                         f"{percent(row['lines_exact'])} of {row['lines']}" if "lines" in row else "",
                         with_error(row.get("lines_change"), row.get("lines_change_se"), 100),
                         "" if row["planes_per_pair"] is None else f"{row['planes_per_pair']:.2f}",
                         percent(row["retained_fraction"])])
    return table(["model", "text", "tokens", "setting", "next token right, %", "change, points", "same token as FP32, %",
                  "whole lines, %", "change, points", "planes a pair", "pairs retained, %"], body)


def calibration(data: dict[str, Any]) -> list[str]:
    """Rows that have a twin: the same sequence and setting, calibrated on itself."""
    usual = {(row["model"], row["text"], row["tokens"], tuple(row["first_tokens"]), row["setting"]): row
             for row in data["text"] if row["calibration"] is None}
    body = []
    for row in data["text"]:
        twin = usual.get((row["model"], row["text"], row["tokens"], tuple(row["first_tokens"]), row["setting"]))
        if row["calibration"] is None or row["setting"] == "fp32" or twin is None:
            continue
        body.append([row["model"], row["text"], span_name(row), row["setting"], row["calibration"],
                     *(with_error(each["change_percent"], each["change_se_percent"]) for each in (twin, row)),
                     *("" if each["planes_per_pair"] is None else f"{each['planes_per_pair']:.2f}" for each in (twin, row)),
                     *(percent(each["retained_fraction"]) for each in (twin, row))])
    return table(["model", "text", "tokens", "setting", "calibrated on", "perplexity, %", "calibrated", "planes a pair", "calibrated",
                  "retained, %", "calibrated"], body)


def needles(data: dict[str, Any]) -> list[str]:
    edges = sorted({part["distance_from"] for row in data["needle"] for part in row["by_distance"]})
    ends = {part["distance_from"]: part["distance_to"] for row in data["needle"] for part in row["by_distance"]}
    body = []
    for row in data["needle"]:
        parts = {part["distance_from"]: part for part in row["by_distance"]}
        body.append([row["model"], row["text"], span_name(row), row["setting"], f"{row['found']} of {row['asked']}",
                     *(f"{parts[edge]['found']} of {parts[edge]['asked']}" + (
                         "" if row["setting"] == "fp32" else f" ({parts[edge]['answer_nll_change']:+.2f})")
                       if edge in parts else "" for edge in edges)])
    return table(["model", "haystack", "tokens", "setting", "found", *(f"{edge} to {ends[edge] - 1} tokens away" for edge in edges)], body)


def presets(data: dict[str, Any]) -> list[str]:
    """A row a preset that sets guard.alpha alone, a column a model and text: at the line where that was measured, else the walk."""
    own = {key: rows for key, rows in groups([row for row in data["text"] if row["calibration"] is None]).items()
           if key[3] == (0,) and len(rows) > 1}
    least = min((key[2] for key in own), default=0)
    own = {key: rows for key, rows in own.items() if key[2] == least}
    body = []
    for name in PRESETS:
        alpha = json.loads((ROOT / "model/presets" / f"{name}.json").read_text(encoding="utf-8"))["guard"]["alpha"]
        cells = []
        for rows in own.values():
            row = rows.get(f"{LINE}{alpha:g}") or rows.get(f"{alpha:g}")
            cells.append("" if row is None else with_error(row["change_percent"], row["change_se_percent"]) + ", " +
                         with_error(row["accuracy_change"], row["accuracy_change_se"], 100))
        body.append([f"`{name}`", f"{alpha:g}", *cells])
    return table(["preset", "alpha", *(f"{model}, {text}" for model, text, *_ in own)], body)


def compared(data: dict[str, Any]) -> list[str]:
    body = [[row["set"].split("/")[-1] + ("" if row["queries"][0] == 0 else f", queries {row['queries'][0]}:{row['queries'][1]}"),
             f"{row['alpha']:g}", str(row["heads"]),
             *(f"{row[name]:,}".replace(",", " ") for name in ("walk", "simulator", "at_line", "at_line_missing")),
             f"{percent(row['overlap'])} ({percent(row['overlap_least'])} to {percent(row['overlap_most'])})",
             f"{row['walk_planes'] / row['pairs']:.2f}", f"{row['simulator_planes'] / row['pairs']:.2f}"]
            for row in data["compared"]]
    return table(["set", "alpha", "heads", "retained: walk", "`pade-sim`", "at the line", "of those, missing in `pade-sim`",
                  "overlap of walk and `pade-sim`, % (heads)", "planes a pair: walk", "`pade-sim`"], body)


TABLES = {"presets": presets, "compared": compared, "perplexity": perplexity, "tokens": tokens, "calibration": calibration, "needles": needles}


def written(page: str, data: dict[str, Any], where: str) -> str:
    for name, make in TABLES.items():
        mark = MARK.format(name)
        pattern = re.compile(re.escape(mark) + r"\n.*?" + re.escape(END), re.S)
        if len(pattern.findall(page)) != 1:
            raise InputError(f"--page: {where}: must have {mark} and after it {END} once")
        text = "\n".join([mark, *make(data), END])
        page = pattern.sub(lambda _, text=text: text, page)
    return page


def draw(data: dict[str, Any]) -> bytes:
    """Change of perplexity and planes a pair against alpha, a line a model and text, of its shortest sequences."""
    plots.require_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure
    rows = [row for row in data["text"] if row["calibration"] is None and order(row["setting"])[0] >= 2]
    shortest = min(row["tokens"] for row in rows)
    lines = groups([row for row in rows if row["tokens"] == shortest and row["first_tokens"] == [0]])
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(plots.STYLE)
        figure = Figure(figsize=(2 * plots.WIDTH, 2.7), constrained_layout=True)
        left, right = figure.subplots(1, 2)
        for i, ((model, text, _tokens, _firsts), settings) in enumerate(lines.items()):
            for kind in ("walk", "at the line"):
                of = sorted((float(split(name)[0]), row) for name, row in settings.items() if split(name)[1] == kind)
                alphas = [alpha for alpha, _ in of]
                look = {"color": plots.COLOURS[i % len(plots.COLOURS)], "marker": plots.MARKERS[i % len(plots.MARKERS)],
                        "linestyle": "-" if kind == "walk" else "--",
                        "label": f"{model}, {text}" if kind == "walk" else None}
                left.errorbar(alphas, [row["change_percent"] for _, row in of], capsize=2, elinewidth=.7,
                              yerr=[row["change_se_percent"] or 0 for _, row in of], **look)
                if kind == "walk":
                    right.plot(alphas, [row["planes_per_pair"] for _, row in of], **look)
        left.axhline(0, color="#444444", linewidth=.6)
        left.axhline(1, **plots.PAPER)
        left.annotate("1 %", (.01, 1), xycoords=left.get_yaxis_transform(), va="bottom", fontsize=6)
        left.set_ylabel("change of perplexity against FP32 (%)")
        right.set_ylabel("planes a pair, of 8")
        for axes in (left, right):
            axes.set_xlabel("guard.alpha")
            axes.invert_xaxis()
        left.plot([], [], color="#444444", label="walk")
        left.plot([], [], color="#444444", linestyle="--", label="at the line")
        left.legend(loc="upper left")
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=130, metadata={"Software": None})
        return content.getvalue()


def replace(path: pathlib.Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, path)


def main(args: argparse.Namespace) -> int:
    data = read_summary(args.data)
    page = pathlib.Path(args.page)
    old = page.read_text(encoding="utf-8")
    new = written(old, data, args.page)
    if args.check:
        if old != new:
            print(f"{args.page}: has other tables than {args.data}; run scripts/evaluate_quality.py document")
        return int(old != new)
    plot = draw(data)
    replace(pathlib.Path(args.plot), plot)
    replace(page, new.encode())
    return 0
