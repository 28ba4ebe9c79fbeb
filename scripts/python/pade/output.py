"""Reads the output folders of pade-sim run, and of suite and ablate, which hold many."""
from __future__ import annotations

import functools
import json
import os
import pathlib
from typing import Any, Iterator

import numpy as np

FILES = ("stats.json", "config.json", "output.npy", "retained.npy", "queries.npy")


class OutputError(ValueError):
    """A folder is no finished run, or a file of it is missing or not what it should be; the message says which and why."""


def _pandas():
    try:
        import pandas
    except ImportError:
        raise ImportError("tables need pandas (Debian: python3-pandas); stats, config and output do not") from None
    return pandas


def _flat(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))


class Run:
    """One finished run.

    stats, config   stats.json and config.json, nested as in the files (docs/statistics.md, docs/parameters.md)
    run[name]       a figure or parameter by its dotted name: run["time.cycles"], run["guard.alpha"]
    output          float32 [heads, queries, head_dim]
    retained        DataFrame: head, query, key, score of each retained pair
    queries         DataFrame: head, query, keys retained, lost_mass, lost_mass_bound
    per_head        DataFrame: a row for each query head, columns by dotted name
    per_group       DataFrame: a row for each KV head

    The arrays and tables are read when they are first asked for.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = pathlib.Path(folder)
        if not self.folder.is_dir():
            raise OutputError(f"{self.folder}: there is no such folder; the output folder of pade-sim run is expected")
        missing = [name for name in FILES if not (self.folder / name).is_file()]
        if missing:
            more = "" if len(missing) < len(FILES) else "; pade.read_many reads the runs below a folder"
            raise OutputError(f"{self.folder}: is no finished run of pade-sim: {', '.join(missing)} missing{more}")
        self.stats = self._json("stats.json")
        self.config = self._json("config.json")
        if self.stats.get("schema_version") != 1:
            raise OutputError(f"{self.folder / 'stats.json'}: schema_version is {self.stats.get('schema_version')}; this package "
                              "reads 1")
        self._values = {**dict(_flat(self.config)), **dict(_flat(self.stats))}

    def __repr__(self) -> str:
        job = self.stats.get("job", {})
        return f"<pade.Run {self.folder}: {job.get('name')}, {self._values.get('time.cycles')} cycles>"

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            import difflib
            near = difflib.get_close_matches(name, self._values, 1)
            raise KeyError(f"{self.folder}: neither stats.json nor config.json has {name}"
                           + (f"; nearest: {near[0]}" if near else ""))
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    @property
    def checks(self) -> dict[str, bool | None]:
        """Each check by its name: True, False, or None where it was not made."""
        return dict(self.stats["checks"])

    def _json(self, name: str) -> dict[str, Any]:
        try:
            document = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise OutputError(f"{self.folder / name}: cannot be read as JSON: {error}") from None
        if not isinstance(document, dict):
            raise OutputError(f"{self.folder / name}: holds no JSON object")
        return document

    def _array(self, name: str, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        path = self.folder / name
        try:
            array = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise OutputError(f"{path}: cannot be read as an NPY file: {error}") from None
        if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != dtype:
            found = f"{array.dtype} {list(array.shape)}" if isinstance(array, np.ndarray) else "an archive"
            raise OutputError(f"{path}: holds {found}; by stats.json it is {np.dtype(dtype)} {list(shape)}")
        return array

    def _count(self, name: str) -> int:
        value = self._values.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise OutputError(f"{self.folder / 'stats.json'}: {name} is {json.dumps(value)}; a count is expected")
        return value

    @functools.cached_property
    def output(self) -> np.ndarray:
        shape = tuple(self._count(f"job.{name}") for name in ("heads", "queries", "head_dim"))
        return self._array("output.npy", shape, np.float32)

    @functools.cached_property
    def retained(self):
        pairs = self._array("retained.npy", (self._count("pairs.retained"), 4), np.int32)
        return _pandas().DataFrame(pairs, columns=["head", "query", "key", "score"])

    @functools.cached_property
    def queries(self):
        heads, queries = self._count("job.heads"), self._count("job.queries")
        values = self._array("queries.npy", (heads, queries, 3), np.float64).reshape(-1, 3)
        return _pandas().DataFrame({"head": np.repeat(np.arange(heads), queries), "query": np.tile(np.arange(queries), heads),
                                    "retained": values[:, 0].astype(np.int64), "lost_mass": values[:, 1],
                                    "lost_mass_bound": values[:, 2]})

    @functools.cached_property
    def per_head(self):
        return self._list("per_head", "head")

    @functools.cached_property
    def per_group(self):
        return self._list("per_group", "group")

    def _list(self, name: str, index: str):
        entries = self.stats.get(name)
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise OutputError(f"{self.folder / 'stats.json'}: {name} is no list of objects")
        table = _pandas().DataFrame([dict(_flat(entry)) for entry in entries])
        table.index.name = index
        return table


def read(folder: str | os.PathLike) -> Run:
    """One output folder of pade-sim run. Raises OutputError."""
    return Run(folder)


def read_many(folder: str | os.PathLike):
    """Every finished run below a folder, for example one of pade-sim suite or ablate: a DataFrame with a row for each, by its
    path below the folder; a column for each figure that is one value, by its dotted name, and one for each parameter, after
    `config.`. A folder without stats.json is no run and is passed over; one that lacks another file is an OutputError.
    """
    pandas = _pandas()
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise OutputError(f"{folder}: there is no such folder; one with finished runs of pade-sim below it is expected")
    # X.partial is what a run that was killed left behind
    found = sorted(path.parent for path in folder.rglob("stats.json")
                   if not any(part.endswith(".partial") for part in path.relative_to(folder).parts))
    if not found:
        raise OutputError(f"{folder}: no stats.json below it; a folder with finished runs of pade-sim is expected")
    rows = []
    for place in found:
        run = Run(place)
        row = {name: value for name, value in _flat(run.stats) if _is_scalar(value)}
        row.update((f"config.{name}", value) for name, value in _flat(run.config) if _is_scalar(value))
        rows.append(row)
    return pandas.DataFrame(rows, index=pandas.Index([place.relative_to(folder).as_posix() for place in found], name="run"))
