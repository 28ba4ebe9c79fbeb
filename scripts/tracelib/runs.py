"""What finished runs of pade-sim say, as the rows behind a figure."""
from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Any, Callable

from .cli import InputError


@dataclasses.dataclass
class Table:
    """Rows of one figure: the CSV, and what the plot is drawn from."""
    columns: list[str]
    rows: list[dict[str, Any]]
    caption: list[str]  # trace sets and alpha

    def traces(self) -> list[str]:
        return list(dict.fromkeys(row["trace"] for row in self.rows))

    def of(self, trace: str) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["trace"] == trace]


def read_json(path: pathlib.Path, what: str) -> dict:
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; {what} is expected")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise InputError(f"{path}: holds no JSON object; {what} is expected")
    return document


def flat(document: dict, prefix: str = "") -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in document.items():
        values.update(flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value})
    return values


@dataclasses.dataclass
class Run:
    folder: pathlib.Path
    stats: dict[str, Any]   # by dotted name
    config: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        values = self.stats if name in self.stats else self.config
        if name not in values:
            raise InputError(f"{self.folder}: neither stats.json nor config.json has {name}")
        return values[name]

    def number(self, name: str) -> float:
        value = self[name]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(f"{self.folder}: {name} is {json.dumps(value)}; a number is expected")
        return value

    def trace(self) -> str:
        """Set and selection: what one line of a figure stands for."""
        first, heads = int(self.number("job.first_query")), int(self.number("job.heads"))
        name = str(self["job.name"])
        synthetic = "SYNTHETIC trace " if self.stats.get("job.synthetic") is True else ""
        # The family tells sets of one name apart.
        parts = pathlib.PurePath(str(self["job.trace"])).parts[-2:]
        if len(parts) == 2 and parts[1] == name and parts[0] not in ("/", "..", "."):
            name = f"{parts[0]}/{name}"
        return f"{synthetic}{name}, {self['job.phase']}, {heads} heads, queries {first}:{first + int(self.number('job.queries'))}, " \
               f"{self['job.keys']} keys, d {self['job.head_dim']}"

    def per_pair(self, name: str) -> float:
        return self.number(name) / (self.number("pairs.total") - self.number("pairs.masked"))


def read_run(folder: pathlib.Path) -> Run:
    what = "the output folder of pade-sim run"
    run = Run(folder, flat(read_json(folder / "stats.json", what)), flat(read_json(folder / "config.json", what)))
    for name, value in run.stats.items():
        if name.startswith("checks.") and value is False:
            raise InputError(f"{folder}: {name} is false; a run that failed a check is not plotted")
    return run


def _table(folders: list[pathlib.Path], swept: str, order: Callable[[Any], Any], columns: dict[str, Callable[[Run], Any]]
           ) -> Table:
    """One row a run; all runs have the same parameters but the swept one, which each trace has once at each value."""
    runs = [read_run(folder) for folder in folders]
    for run in runs[1:]:
        for name in sorted(run.config.keys() | runs[0].config.keys()):
            here, there = run.config.get(name), runs[0].config.get(name)
            if name != swept and here != there:
                raise InputError(f"{run.folder}: {name} is {here}, but {there} in {runs[0].folder}; in this figure only {swept} "
                                 "may differ")
    seen: dict[tuple, Run] = {}
    for run in runs:
        key = (run.trace(), run[swept])
        if key in seen:
            raise InputError(f"{run.folder}: has the same trace and {swept} {run[swept]} as {seen[key].folder}")
        seen[key] = run
    traces = list(dict.fromkeys(run.trace() for run in runs))
    runs.sort(key=lambda run: (traces.index(run.trace()), order(run[swept])))
    rows = [{"trace": run.trace(), **{name: value(run) for name, value in columns.items()}} for run in runs]
    alphas = [f"{run.number('guard.alpha'):g}" for run in (runs[0], runs[-1])]
    guard = f"guard alpha {alphas[0]}" if swept != "guard.alpha" else f"guard alpha {alphas[0]} to {alphas[1]}"
    guard += f", radius {runs[0].number('guard.radius'):g}"
    caption = traces + [guard if runs[0].config.get("guard.enabled", True) else "guard off"]
    return Table(["trace", *columns], rows, caption)


def sparsity(folders: list[pathlib.Path]) -> Table:
    return _table(folders, "guard.alpha", float, {
        "alpha": lambda run: run["guard.alpha"],
        "planes_per_pair": lambda run: run.per_pair("planes.processed"),
        "planes_skipped": lambda run: 1 - run.per_pair("planes.processed") / run.number("lane.key_bits"),
        "retained_fraction": lambda run: run.per_pair("pairs.retained"),
        "keys_dropped": lambda run: 1 - run.per_pair("pairs.retained"),
        "lost_mass_mean": lambda run: run["guard.lost_mass_mean"]})


def entries(folders: list[pathlib.Path]) -> Table:
    core_cycles = lambda run: run.number("dram.read_latency_ns.mean") * run.number("clock.core_mhz") / 1000  # noqa: E731
    return _table(folders, "lane.scoreboard_entries", int, {
        "entries": lambda run: run["lane.scoreboard_entries"],
        "lane_utilisation": lambda run: run.number("lanes.utilisation"),
        "k_feed_utilisation": lambda run: run.number("buffer.k_feed_utilisation"),
        "cycles": lambda run: run.number("time.cycles"),
        "dram_read_latency_core_cycles": core_cycles,
        "dram_read_latency_ns": lambda run: run.number("dram.read_latency_ns.mean")})


LAYOUTS = ["plane_first", "plane_per_token", "value_major"]


def layouts(folders: list[pathlib.Path]) -> Table:
    requests = ("dram.row_hits", "dram.row_misses", "dram.row_conflicts")
    known = lambda layout: (LAYOUTS.index(layout) if layout in LAYOUTS else len(LAYOUTS), layout)  # noqa: E731
    return _table(folders, "layout.k", known, {
        "layout": lambda run: run["layout.k"],
        "bandwidth_utilisation": lambda run: run.number("dram.bandwidth_utilisation"),
        "bandwidth_active": lambda run: run.number("dram.bandwidth_active"),
        "cycles": lambda run: run.number("time.cycles"),
        "bytes_read": lambda run: run.number("dram.bytes_read"),
        "bytes_unused": lambda run: run.number("dram.bytes_unused"),
        "row_hit_fraction": lambda run: run.number(requests[0]) / max(1, sum(run.number(name) for name in requests))})


# Latency against the step before, Fig. 16a of the paper: the bit-plane guard, bidirectional out-of-order execution, tiling.
PAPER_STEPS = {"guard": .70, "out_of_order": .76, "ista": .73}


def ablation(folders: list[pathlib.Path]) -> Table:
    """From ablation.json; of its keys only the steps and their cycles are needed."""
    rows: list[dict[str, Any]] = []
    caption: list[str] = []
    for folder in folders:
        file = folder if folder.suffix == ".json" else folder / "ablation.json"
        document = read_json(file, "the output folder of pade-sim ablate")
        variants = document.get("variants")
        if not (isinstance(variants, list) and variants and all(isinstance(v, dict) and "steps" in v for v in variants)):
            variants = [document]
        trace = str(document.get("trace", folder.name)).rstrip("/")
        trace = "/".join(pathlib.PurePath(trace).parts[-2:]).lstrip("/")
        trace = "SYNTHETIC trace " + trace if document.get("synthetic") is True else trace
        caption.append(", ".join(filter(None, [trace, _alpha_of(document, file.parent)])))
        for variant in variants:
            rows += _steps(file, trace, str(variant.get("name", "")), variant.get("steps"))
    columns = ["trace", "variant", "step", "cycles", "relative_latency", "ratio_to_previous", "paper_ratio_to_previous",
               "paper_relative_latency"]
    return Table(columns, rows, list(dict.fromkeys(caption)))


def _steps(file: pathlib.Path, trace: str, variant: str, steps: Any) -> list[dict[str, Any]]:
    if not isinstance(steps, list) or not steps:
        raise InputError(f"{file}: steps is no list, or empty; one entry a technique is expected")
    rows: list[dict[str, Any]] = []
    paper = 1.0
    for step in steps:
        cycles = step.get("cycles") if isinstance(step, dict) else None
        if isinstance(cycles, bool) or not isinstance(cycles, (int, float)) or not 0 < cycles < float("inf"):
            raise InputError(f"{file}: steps[{len(rows)}].cycles is {json.dumps(cycles)}; a number greater than 0 is expected")
        if step.get("checks_hold") is False:
            raise InputError(f"{file}: steps[{len(rows)}].checks_hold is false; a run that failed a check is not plotted")
        name = str(step.get("name", len(rows)))
        of_paper = PAPER_STEPS.get(name) if rows else 1.0
        paper *= of_paper or 1.0
        rows.append({"trace": trace, "variant": variant, "step": name, "cycles": cycles,
                     "relative_latency": cycles / (rows[0]["cycles"] if rows else cycles),
                     "ratio_to_previous": cycles / (rows[-1]["cycles"] if rows else cycles),
                     "paper_ratio_to_previous": of_paper if rows else None,
                     "paper_relative_latency": round(paper, 6) if of_paper else None})
    return rows


def _alpha_of(document: dict, folder: pathlib.Path) -> str | None:
    """ablation.json does not say it; the runs beside it do."""
    value = document.get("alpha")
    for config in sorted(folder.rglob("config.json")) if value is None else ():
        value = flat(read_json(config, "parameters")).get("guard.alpha")
        break
    return f"guard alpha {value:g}" if isinstance(value, (int, float)) else None
