#!/usr/bin/env python3
"""The life of one (query, key) pair: when each bit plane was asked for, came, was picked and computed, what T was, why it ended.

  scripts/explain.py OUT --query Q --key K [--head H]

OUT is an output folder of pade-sim run. Query and head count from 0 within the run, the key within the sequence, as in
retained.npy. The run is repeated with the transaction log of that key (its trace set must still be where it was); --log FILE reads
a log that is there instead, which has all links and this key.

Exit code 0: explained; 2: bad input, one line says what.
"""
from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile
from typing import Any, Iterator, NamedTuple

import numpy as np

from tracelib.cli import InputError, Parser, find_pade_sim, run_main
from tracelib.runs import read_json

LINKS = ("pade.q_buffer.rows_out_*", "pade.dispatcher.column_*", "pade.pe_lane_*[0-9]", "pade.score_queue")


class Event(NamedTuple):
    cycle: int
    link: str
    phase: str
    key: int | None
    plane: int | None
    row: int | None
    slot: int | None
    value: str

    def values(self) -> dict[str, str]:
        return dict(part.split("=", 1) for part in self.value.split(",") if "=" in part)


def read_log(path: pathlib.Path) -> Iterator[Event]:
    def number(text: str) -> int | None:
        return None if text == "-" else int(text)

    with open(path, encoding="ascii", errors="replace") as file:
        for count, line in enumerate(file, 1):
            if line.startswith("# cut here"):
                raise InputError(f"{path}: was cut at its size; allowed: a whole log (--log-key, --log-links, --wave-max-mb)")
            if line.startswith("#"):
                continue
            words = line.split()
            try:
                cycle, link, phase, key, plane, row, slot, value, _ = words
                yield Event(int(cycle), link, phase, number(key), number(plane), number(row), number(slot), value)
            except ValueError:
                raise InputError(f"{path}: line {count} is no event; allowed: cycle link phase key plane row slot value id") from None


def repeat_run(stats: dict, out: pathlib.Path, program: pathlib.Path, key: int, scratch: pathlib.Path) -> pathlib.Path:
    job = stats["job"]
    trace = pathlib.Path(job["trace"])
    if not trace.is_dir():
        raise InputError(f"{out}: its trace set {trace} is not there; allowed: call it from where the run was made, or --log FILE")
    log = scratch / "log.txt"
    command = [str(program), "run", "--trace", str(trace), "--config", str(out / "config.json"), "--out", str(scratch / "out"),
               "--no-golden", "--queries", f"{job['first_query']}:{job['first_query'] + job['queries']}",
               "--log-transactions", str(log), "--log-key", str(key)]
    command += [word for link in LINKS for word in ("--log-links", link)]
    if job["head"] is not None:
        command += ["--head", str(job["head"])]
    if job.get("head_groups") is not None:
        command += ["--heads", job["head_groups"]]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise InputError(f"the run cannot be repeated: {done.stderr.strip()}")
    again = read_json(scratch / "out" / "stats.json", "the repeated run")
    if again["time"]["cycles"] != stats["time"]["cycles"]:
        raise InputError(f"{out}: took {stats['time']['cycles']} cycles and takes {again['time']['cycles']} now; allowed: the trace "
                         "set and the version of pade-sim that made it")
    return log


def explain(events: list[Event], stats: dict, head: int, query: int, key: int) -> dict[str, Any]:
    """What happened to the pair, from the events of its key and of the queries."""
    loads = [e for e in events if ".rows_out_" in e.link and e.phase == "ITEM"]
    own = next((e for e in loads if e.values()["head"] == str(head) and e.values()["query"] == str(query)), None)
    if own is None:
        raise InputError(f"the log does not say when query {query} of head {head} was loaded; allowed: a log with the links {LINKS[0]}")
    begin = own.cycle
    end = min((e.cycle for e in loads if e.cycle > begin and (e.row, e.slot) == (own.row, own.slot)), default=1 << 62)
    kv = next(i for i, group in enumerate(stats["per_group"]) if head in group["heads"])
    here = [e for e in events if e.key == key and e.slot == own.slot and begin <= e.cycle < end]
    column = [e for e in here if ".column_" in e.link and e.values()["kv"] == str(kv)]
    decisions = [e for e in here if e.phase.startswith("DECIDE_") and e.row == own.row]
    planes = []
    for decision in decisions:
        def last(phase: str, holds=lambda event: True) -> Event | None:
            found = [e for e in column if e.phase == phase and e.plane == decision.plane and e.cycle <= decision.cycle and holds(e)]
            return found[-1] if found else None
        asked, came = last("REQUEST"), last("ARRIVED")
        picked = last("PICK", lambda e: int(e.values()["rows"], 16) >> own.row & 1)
        said = decision.values()
        planes.append({"plane": decision.plane, "asked": asked and asked.cycle, "on_its_way": bool(asked and ",merged," in asked.value),
                       "came": came and came.cycle, "picked": picked and picked.cycle, "decided": decision.cycle,
                       "partial": int(said["partial"]), "upper": int(said["upper"]) if "upper" in said else None,
                       "T": None if said.get("T", "none") == "none" else int(said["T"]),
                       "decision": decision.phase.removeprefix("DECIDE_")})
    recheck = next((e for e in here if e.phase.startswith("RECHECK_") and e.row == own.row), None)
    result: dict[str, Any] = {"head": head, "query": query, "key": key, "block": int(own.values()["block"]), "row": own.row,
                              "slot": own.slot, "lane": decisions[0].link.split(".")[-1] if decisions else None,
                              "query_sent": begin, "planes": planes, "recheck": None}
    if recheck is not None:
        said = recheck.values()
        result["recheck"] = {"cycle": recheck.cycle, "score": int(said["score"]), "kept": recheck.phase == "RECHECK_retained",
                             "T": None if said["T"] == "none" else int(said["T"])}
    if not planes:
        result["end"] = "masked"
    elif planes[-1]["decision"] == "pruned" or recheck is None:
        result["end"] = planes[-1]["decision"]
    else:
        result["end"] = "retained" if result["recheck"]["kept"] else "pruned by the re-check"
    return result


def print_life(life: dict[str, Any], bits: int) -> None:
    print(f"query {life['query']} of head {life['head']}, key {life['key']}: {life['end']}")
    if life["end"] == "masked":
        print("  the query does not see this key")
        return
    print(f"  block {life['block']}, {life['lane']}, slot {life['slot']}; the query was sent to row {life['row']} at cycle "
          f"{life['query_sent']}")
    print(f"  {'plane':>5} {'asked':>9} {'came':>9} {'picked':>9} {'decided':>9} {'partial':>9} {'upper':>9} {'T':>9}  decision")
    for p in life["planes"]:
        def shown(name: str) -> str:
            return "-" if p[name] is None else str(p[name])
        note = "  (on its way already)" if p["on_its_way"] else ""
        print(f"  {p['plane']:>5} {shown('asked'):>9} {shown('came'):>9} {shown('picked'):>9} {shown('decided'):>9} "
              f"{shown('partial'):>9} {shown('upper'):>9} {shown('T'):>9}  {p['decision'].replace('_', ' ')}{note}")
    last = life["planes"][-1]
    if life["end"] == "pruned":
        print(f"  with {last['plane'] + 1} of {bits} planes its score is at most {last['upper']}, below T = {last['T']}: at least one "
              "key of this query is so far above it that the guard gives it up")
    elif life["recheck"] is not None:
        r = life["recheck"]
        text = "no T" if r["T"] is None else f"T = {r['T']}"
        print(f"  its exact score is {r['score']}; when its tile went on, at cycle {r['cycle']}, it was compared with {text}: "
              f"{'retained' if r['kept'] else 'pruned'}")


def main() -> int:
    parser = Parser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path, metavar="OUT")
    parser.add_argument("--query", type=int, required=True)
    parser.add_argument("--key", type=int, required=True)
    parser.add_argument("--head", type=int, default=0)
    parser.add_argument("--log", type=pathlib.Path, help="a transaction log of this run, instead of repeating it")
    parser.add_argument("--pade-sim", help="the program (default: build/pade-sim)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    options = parser.parse_args()
    stats = read_json(options.out / "stats.json", "an output folder of pade-sim run")
    config = read_json(options.out / "config.json", "an output folder of pade-sim run")
    job = stats["job"]
    for name, value, limit in (("--query", options.query, job["queries"]), ("--key", options.key, job["keys"]),
                               ("--head", options.head, job["heads"])):
        if not 0 <= value < limit:
            raise InputError(f"{name} {value}: the run has {limit}; allowed: 0 to {limit - 1}")
    with tempfile.TemporaryDirectory(prefix="pade-explain-") as scratch:
        log = options.log
        if log is None:
            program = find_pade_sim(options.pade_sim)
            if program is None:
                raise InputError("there is no build/pade-sim; allowed: --pade-sim FILE, or --log FILE")
            log = repeat_run(stats, options.out, program, options.key, pathlib.Path(scratch))
        life = explain([e for e in read_log(log) if e.key in (None, options.key)], stats, options.head, options.query, options.key)
    retained = np.load(options.out / "retained.npy", mmap_mode="r")
    there = bool(np.any((retained[:, 0] == options.head) & (retained[:, 1] == options.query) & (retained[:, 2] == options.key)))
    if there != (life["end"] == "retained"):
        raise InputError(f"{options.out}: retained.npy and the log disagree about this pair; allowed: the log of this very run")
    if options.json:
        print(json.dumps(life, indent=2))
    else:
        print_life(life, config["lane"]["key_bits"])
    return 0


run_main(main)
