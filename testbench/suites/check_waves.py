#!/usr/bin/env python3
"""Waveforms and the transaction log, end to end: check_waves.py --pade-sim BIN

From the VCD alone it rebuilds planes.processed, histogram_pruned_at, every retained score, the classes of lanes and units and
the transactions of each link, and lays them beside what the run says; results are the same with and without; names are those
of docs/waveforms.md; windows, scopes, the size cap, FST, the GTKWave save file; the life of a pair by scripts/explain.py.
"""
import argparse
import filecmp
import json
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

import numpy as np

from bench import Bench
from check_set import ROOT, SKIPPED, find_set
from vcd import Waves

PREFILL = "qwen2.5-coder-0.5b/l7-prefill-s512-kjv"
DECODE = "use-lite/l0-decode8-s128-gpl3"
LANE_CLASSES = ("busy", "stall_downstream", "stall_scoreboard", "stall_data", "idle")
VPU_CLASSES = ("busy", "stall_downstream", "wait_v", "wait_input", "idle")
FEED_CLASSES = ("full", "conflict", "partly", "stall_reader", "stall_data", "idle")
Q_CLASSES = ("loading", "stall_data", "fetching", "idle")
COLUMN_CLASSES = ("delivering", "no_room", "port_busy", "no_data", "no_request", "empty")
# Sockets of each link of stats.json: streams, then memory.
STREAMS = {
    "start": "register_file.start", "finished": "dispatcher.finished", "query_commands": "dispatcher.queries",
    "query_loaded": "q_buffer.loaded", "k_fetch": "dispatcher.k_fetch", "k_arrived": "kv_buffer.k_arrived",
    "tiles": "dispatcher.tiles", "level": "score_queue.level", "left_vpu": "v_pu.done", "written": "write_back.done",
    "queries": r"q_buffer.rows_out_\d+", "thresholds": r"guard_filter_\d+.threshold", "planes": r"dispatcher.planes_\d+",
    "verdicts": r"pe_lane_\d+_\d+.verdicts", "bounds": r"pe_lane_\d+_\d+.bounds",
    "row_broadcast": r"guard_filter_\d+.lanes_out_\d+", "scores": r"pe_lane_\d+_\d+.scores",
    "v_fetch": "score_queue.v_fetch", "v_reserved": "score_queue.reserved", "pairs": "score_queue.out",
    "weights": "softmax_unit.out", "rounds": "rars.rounds", "v_release": "v_pu.v_release", "o_rows": "v_pu.o"}
MEMORY = {
    "k_port": r"dispatcher.k_port_\d+", "v_port": r"v_pu.v_port_\d+", "kv_memory": r"kv_buffer.memory_\d+",
    "dram": r"memory_arbiter.channel_\d+", "q_memory": "q_buffer.memory", "o_memory": "write_back.memory",
    "spill_memory": "score_queue.spill"}


def escaped(path):
    return "pade." + path.replace(".", r"\.").replace(r"\\", "\\")


class Rebuilt:
    """What a waveform says, without anything else."""

    def __init__(self, path):
        self.w = Waves(path)
        periods = re.search(r"core clock (\d+) ps, DRAM command clock (\d+) ps", self.w.comments[0])
        self.core, self.dram = int(periods[1]), int(periods[2])
        running = [(a, b) for a, b, on in self.w["pade.register_file.running"].stretches(self.w.end) if on]
        assert len(running) == 1, "one job"
        self.begin, self.end = running[0]
        self.cycles = (self.end - self.begin) // self.core

    def lanes(self):
        return [match[1] for match, _ in self.w.matching(r"(pade\.pe_lane_\d+_\d+)\.class")]

    def decisions(self):
        """(lane, token, plane, slot, partial, verdict) of each."""
        for lane in self.lanes():
            part = {name: self.w[f"{lane}.decision.{name}"] for name in ("token", "plane", "slot", "partial", "verdict")}
            for t in self.w.edges(lane + ".decision.valid", self.core):
                yield (lane, part["token"].at(t), part["plane"].at(t), part["slot"].at(t), part["partial"].signed_at(t),
                       part["verdict"].at(t), t)

    def operations(self):
        return sum(1 for lane in self.lanes() for _ in self.w.edges(lane + ".gsat.valid", self.core))

    def retained(self):
        rows = set()
        for match, _ in self.w.matching(r"(pade\.score_queue\.out_\d+)\.valid"):
            part = {name: self.w[f"{match[1]}.{name}"] for name in ("head", "query", "key", "score")}
            for t in self.w.edges(match[1] + ".valid", self.core):
                row = (part["head"].at(t), part["query"].at(t), part["key"].at(t), part["score"].signed_at(t))
                assert row not in rows, "a pair goes on twice"
                rows.add(row)
        return sorted(rows)

    def classes(self, pattern, names):
        """Cycles of the job in each class, over all signals that fit."""
        sums = [0] * len(names)
        for _, signal in self.w.matching(pattern):
            for begin, end, value in signal.stretches(self.w.end):
                sums[value] += max(0, min(end, self.end) - max(begin, self.begin)) // self.core
        return dict(zip(names, sums))

    def total(self, pattern):
        """Sum over edges of all counts that fit."""
        return sum((end - begin) // self.core * value for _, signal in self.w.matching(pattern)
                   for begin, end, value in signal.stretches(self.w.end))

    def transactions(self, pattern):
        """Requests and responses of a memory link by their numbers."""
        return tuple(sum(len(set(signal.values) - {0}) for _, signal in self.w.matching(pattern + r"\." + which))
                     for which in ("req_id", "resp_id"))


def without_sim(folder):
    stats = json.loads((folder / "stats.json").read_text())
    stats.pop("sim")
    return stats


def same_results(b, plain, traced, what):
    b.expect(without_sim(plain) == without_sim(traced), what + ": stats.json is the same")
    b.expect(all(filecmp.cmp(plain / name, traced / name, shallow=False)
                 for name in ("output.npy", "retained.npy", "queries.npy", "config.json")), what + ": files are the same")


def rebuild(b, name, folder, *options):
    """A run with its waveform; everything in the waveform against what the run says."""
    plain, traced, vcd = (b.scratch / (name + end) for end in ("-plain", "-traced", ".vcd"))
    done = b.call("run", "--trace", str(folder), "--out", str(plain), *options)
    b.expect(done.returncode == 0, f"{name}: runs {done.stderr}")
    done = b.call("run", "--trace", str(folder), "--out", str(traced), "--wave", str(vcd), *options)
    b.expect(done.returncode == 0, f"{name}: runs with --wave {done.stderr}")
    same_results(b, plain, traced, name)
    r = Rebuilt(vcd)
    stats = json.loads((traced / "stats.json").read_text())
    b.expect(r.cycles == stats["time"]["cycles"], f"{name}: {r.cycles} cycles")
    b.expect(r.operations() == stats["planes"]["processed"], f"{name}: {r.operations()} planes processed")
    pruned = [0] * len(stats["planes"]["histogram_pruned_at"])
    kept = 0
    for _, _, plane, _, _, verdict, _ in r.decisions():
        pruned[plane] += verdict == 1
        kept += verdict == 2
    retained = r.retained()
    pruned[-1] = kept - len(retained)
    b.expect(pruned == stats["planes"]["histogram_pruned_at"], f"{name}: pruned at {pruned}")
    b.expect(r.total(r"pade\.score_queue\.recheck_pruned") == pruned[-1], f"{name}: pruned by the re-check")
    written = sorted(map(tuple, np.load(traced / "retained.npy").tolist()))
    b.expect(retained == written, f"{name}: {len(written)} retained scores")
    lanes = r.classes(r"pade\.pe_lane_\d+_\d+\.class", LANE_CLASSES)
    b.expect(lanes == {k: stats["lanes"][k] for k in LANE_CLASSES}, f"{name}: lane classes {lanes}")
    for unit, key in (("score_queue", "score_queue"), ("softmax_unit", "softmax"), ("rars", "rars"), ("v_pu", "vpu"),
                      ("write_back", "write_back")):
        got = r.classes(rf"pade\.{unit}\.class", VPU_CLASSES)
        b.expect(got == {k: stats["classes"][key][k] for k in VPU_CLASSES}, f"{name}: classes of {unit}")
    got = r.classes(r"pade\.kv_buffer\.k_feed_class", FEED_CLASSES)
    b.expect(got == {k: stats["classes"]["k_feed"][k] for k in FEED_CLASSES}, f"{name}: classes of the K feed")
    got = r.classes(r"pade\.q_buffer\.class", Q_CLASSES)
    b.expect(got == {k: stats["classes"]["q_buffer"][k] for k in Q_CLASSES}, f"{name}: classes of the Q buffer")
    got = r.classes(r"pade\.dispatcher\.column_\d+\.state", COLUMN_CLASSES)
    b.expect(got == {k: stats["classes"]["dispatcher"][k] for k in COLUMN_CLASSES}, f"{name}: classes of the dispatcher")
    links = {link: r.total(escaped(path) + r"\.items") for link, path in STREAMS.items()}
    links.update({link: r.transactions(escaped(path))[0] for link, path in MEMORY.items()})
    b.expect(links == {k: v["transactions"] for k, v in stats["links"].items()}, f"{name}: transactions of each link")
    # Held back, several responses of a channel can follow each other at one time, of which the waveform shows the last.
    held_back = "stall.memory_percent=20" in options
    b.expect(held_back or all(r.transactions(escaped(path)) == (links[link],) * 2 for link, path in MEMORY.items()),
             f"{name}: as many responses as requests")
    d = stats["dram"]
    reads, writes = (sum((end - begin) // r.dram for _, s in r.w.matching(r"pade\.hbm2\.pseudo_channel_\d+\.column_command")
                         for begin, end, v in s.stretches(r.w.end) if v == which) for which in (1, 2))
    activates = sum((end - begin) // r.dram for _, s in r.w.matching(r"pade\.hbm2\.pseudo_channel_\d+\.row_command")
                    for begin, end, v in s.stretches(r.w.end) if v == 1)
    b.expect((reads * 32, writes * 32, activates) == (d["bytes_read"], d["bytes_written"], d["activates"]),
             f"{name}: DRAM commands")
    return r, vcd, traced


def check_rows(b, r):
    """T of a row never falls within a block; what lanes hold together is what the row says."""
    for row in range(8):
        used = r.w[f"pade.row_{row}.scoreboard_used"]
        lanes = [s for _, s in r.w.matching(rf"pade\.pe_lane_{row}_\d+\.scoreboard\.used")]
        b.expect(all(used.at(t) == sum(s.at(t) for s in lanes) for t in used.times[:200]), f"row {row}: scoreboard occupancy")
        for slot in (0, 1):
            unit = f"pade.guard_filter_{row}.threshold_unit.slot{slot}_t"
            t, valid = r.w[unit], r.w[unit + "_valid"]
            block = r.w[f"pade.guard_filter_{row}.bui_generator.slot{slot}_block"]
            falls = [time for before, time in zip(t.times, t.times[1:])
                     if valid.at(before) and valid.at(time) and block.at(before) == block.at(time) and
                     t.signed_at(time) < t.signed_at(before)]
            b.expect(not falls, f"row {row}, slot {slot}: T rises within a block")


def check_names(b, waves):
    """docs/waveforms.md names each signal, and no other."""
    text = (ROOT / "docs" / "waveforms.md").read_text()
    signals = re.findall(r"^\| `(pade[^`]+)` \| (\d+) \|", text, re.M)
    fields = {kind: re.findall(r"^\| `\.(\w+)` \| (\d+) \|", part, re.M)
              for kind, part in re.findall(r"^### (Streams|Memory links)\n(.*?)(?=^##)", text, re.M | re.S)}
    patterns = [(re.sub(r"<[^>]+>", r"\\d+", name.replace(".", r"\.")), int(width)) for name, width in signals]
    for name, kind, has in re.findall(r"^\| `(pade[^`]+)` \| (stream|memory) \|([^|]*)\|", text, re.M):
        wanted = fields["Streams" if kind == "stream" else "Memory links"]
        for field, width in wanted:
            if kind == "memory" or field in ("items", "credits", "id") or field in has.strip().split(", "):
                patterns.append((re.sub(r"<[^>]+>", r"\\d+", name.replace(".", r"\.")) + r"\." + field, int(width)))
    unnamed, unused = [], [p for p, _ in patterns if not any(True for _ in waves.matching(p))]
    for name, signal in waves.signals.items():
        fitting = [width for pattern, width in patterns if re.fullmatch(pattern, name)]
        if fitting != [signal.width]:
            unnamed.append(f"{name} [{signal.width}] {fitting}")
    b.expect(not unnamed, f"docs/waveforms.md names every signal once, with its width {unnamed[:5]}")
    b.expect(not unused, f"every signal that it names is there {unused[:5]}")


def values_from(waves, names, start, end):
    """Of each signal the value at `start` and its changes until `end`."""
    def one(s):
        changes = [(t, v) for t, v in zip(s.times, s.values) if start < t < end]
        value, real = s.at(start), []
        for t, v in changes:
            if v != value:
                real.append((t, v))
            value = v
        return s.at(start), real
    return {name: one(waves[name]) for name in names}


def check_windows(b, folder, whole):
    run = ("run", "--trace", str(folder), "--queries", "0:16", "--no-golden", "--force", "--out", "window")
    first, last = 800, 1400
    done = b.call(*run, "--wave", "window.vcd", "--wave-from", str(first), "--wave-to", str(last), "--wave-scope",
                  "pade.pe_lane_0_*", "--wave-scope", "*.hbm2")
    part = Waves(b.scratch / "window.vcd")
    b.expect(done.returncode == 0 and part.start == first * 1250 and part.end == last * 1250,
             f"window: {part.start} to {part.end} ps")
    chosen = {name for name in whole.signals if re.match(r"pade\.pe_lane_0_|pade\.hbm2\.", name)}
    b.expect(set(part.signals) == chosen, f"scopes: {len(part.signals)} of {len(whole.signals)} signals")
    b.expect(values_from(part, chosen, first * 1250, last * 1250) == values_from(whole, chosen, first * 1250, last * 1250),
             "window: the same values as in the whole waveform")
    done = b.call(*run, "--wave", "capped.vcd", "--wave-max-mb", "1")
    size = (b.scratch / "capped.vcd").stat().st_size
    capped = Waves(b.scratch / "capped.vcd")
    b.expect(done.returncode == 0 and 900_000 < size <= 1_000_000 and "cut" in done.stdout, f"size cap: {size} bytes")
    b.expect(any("cut here" in text for text in capped.comments), "size cap: the file says so")
    b.expect(values_from(capped, list(capped.signals), 0, capped.end) == values_from(whole, list(capped.signals), 0, capped.end),
             "size cap: what is there is complete")


def check_formats(b, folder, vcd):
    saved = re.findall(r"^pade\.\S+", vcd.with_suffix(".gtkw").read_text(), re.M)
    header = vcd.read_text().split("$enddefinitions")[0]
    names = Waves(vcd).signals
    b.expect(len(saved) > 40 and all(re.sub(r"\[.*", "", line) in names for line in saved),
             f"GTKWave save file: {len(saved)} signals, all there")
    b.expect(all(("[" in line) == (names[re.sub(r"\[.*", "", line)].width > 1) for line in saved) and "[19:0]" in header,
             "GTKWave save file: ranges as in the VCD")
    run = ("run", "--trace", str(folder), "--queries", "0:16", "--no-golden", "--force", "--out", "again")
    b.call(*run, "--wave", "again.vcd", "--reverse-construction")
    b.expect(filecmp.cmp(vcd, b.scratch / "again.vcd", shallow=False), "the same bytes with reversed construction")
    if shutil.which("vcd2fst") is None:
        print("  --    vcd2fst is not there: FST is not checked")
        done = b.call(*run, "--wave", "again.fst")
        b.expect(done.returncode == 2 and "vcd2fst" in done.stderr, "FST without vcd2fst is refused")
        return
    done = b.call(*run, "--wave", "again.fst")
    subprocess.run(["fst2vcd", "again.fst", "-o", "back.vcd"], cwd=b.scratch, check=True, capture_output=True)
    back, whole = Waves(b.scratch / "back.vcd"), Waves(vcd)
    b.expect(done.returncode == 0 and values_from(back, list(whole.signals), 0, whole.end) ==
             values_from(whole, list(whole.signals), 0, whole.end), "FST: the same values")
    done = subprocess.run([b.binary, *run, "--wave", "none.fst"], capture_output=True, text=True, cwd=b.scratch,
                          env={"PATH": "/nowhere"})
    b.expect(done.returncode == 2 and "vcd2fst" in done.stderr, "FST without vcd2fst is refused: " + done.stderr.strip())
    b.expect(not list(b.scratch.glob("none*")), "and leaves nothing")


def check_log(b, folder, r, traced):
    run = ("run", "--trace", str(folder), "--queries", "0:16", "--no-golden", "--force")
    done = b.call(*run, "--out", "logged", "--log-transactions", "log.txt", "--wave", "both.vcd")
    lines = [line.split() for line in (b.scratch / "log.txt").read_text().splitlines()]
    b.expect(done.returncode == 0 and lines[0] == "# cycle link phase key plane row slot value id".split(), "log: header")
    b.expect(all(len(line) == 9 for line in lines[1:]), f"log: {len(lines) - 1} lines of nine columns")
    cycles = [int(line[0]) for line in lines[1:]]
    b.expect(cycles == sorted(cycles), "log: in order of time")
    stats = json.loads((b.scratch / "logged" / "stats.json").read_text())
    items, requests = {}, {}
    for line in lines[1:]:
        if line[2] in ("ITEM", "BEGIN_REQ"):
            to = items if line[2] == "ITEM" else requests
            to.setdefault(line[1], []).append(int(line[8]))
    count = {link: sum(len(ids) for name, ids in items.items() if re.fullmatch(escaped(path), name))
             for link, path in STREAMS.items()}
    count.update({link: sum(len(ids) for name, ids in requests.items() if re.fullmatch(escaped(path), name))
                  for link, path in MEMORY.items()})
    b.expect(count == {k: v["transactions"] for k, v in stats["links"].items()}, "log: transactions of each link")
    waves = Waves(b.scratch / "both.vcd")
    # The host writes its registers at one time, of which the waveform shows the last.
    shown = {link: set(waves[link + ".req_id"].values) - {0} for link in requests}
    b.expect(all(shown[link] <= set(ids) if link == "pade.bus" else shown[link] == set(ids)
                 for link, ids in requests.items()),
             "log: numbers of requests as in the waveform")
    b.expect(all(set(waves[link + ".id"].values) - {0} <= set(ids) for link, ids in items.items()),
             "log: numbers of items as in the waveform")
    decided = sorted((int(c), link, int(key), int(plane), phase) for c, link, phase, key, plane, *_ in lines[1:]
                     if phase.startswith("DECIDE"))
    names = ("DECIDE_next_plane", "DECIDE_pruned", "DECIDE_retained")
    b.expect(decided == sorted((t // r.core, lane, token, plane, names[verdict])
                               for lane, token, plane, _, _, verdict, t in r.decisions()), "log: decisions as in the waveform")
    b.call(*run, "--out", "logged", "--log-transactions", "again.txt", "--reverse-construction")
    b.expect(filecmp.cmp(b.scratch / "log.txt", b.scratch / "again.txt", shallow=False), "log: the same bytes, reversed")
    b.call(*run, "--out", "logged", "--log-transactions", "some.txt", "--log-links", "pade.pe_lane_*", "--log-key", "7",
           "--log-key", "9", "--wave-from", "500", "--wave-to", "5000")
    some = [line.split() for line in (b.scratch / "some.txt").read_text().splitlines()][1:]
    wanted = [line for line in lines[1:] if line[1].startswith("pade.pe_lane_") and line[3] in ("7", "9", "-") and
              line[2] != "CREDIT" and 500 <= int(line[0]) < 5000]
    b.expect(some == wanted and len(some) > 50, f"log: {len(some)} lines of chosen links, keys and cycles")
    b.call(*run, "--out", "logged", "--log-transactions", "capped.txt", "--wave-max-mb", "1")
    text = (b.scratch / "capped.txt").read_text()
    b.expect(len(text) <= 1_000_000 and text.splitlines()[-1].startswith("# cut here"), "log: size cap")
    same_results(b, traced, b.scratch / "logged", "log")


def check_explain(b, r, traced):
    """The life of pairs as scripts/explain.py tells it, against the waveform of the same run."""
    explain = [sys.executable, str(ROOT / "scripts" / "explain.py"), str(traced), "--pade-sim", b.binary]
    kept = {row[:3]: row[3] for row in r.retained()}
    queries, decided = {}, {}
    for row in range(8):
        for slot in (0, 1):
            unit = f"pade.guard_filter_{row}.bui_generator.slot{slot}_"
            queries[row, slot] = (r.w[unit + "head"], r.w[unit + "query"])
    for lane, token, plane, slot, partial, verdict, t in r.decisions():
        head, query = queries[int(lane.split("_")[2]), slot]
        decided.setdefault((head.at(t), query.at(t), token), []).append(
            {"plane": plane, "decided": t // r.core, "partial": partial, "decision": ("next_plane", "pruned", "retained")[verdict]})
    ended = {kind: [pair for pair, steps in sorted(decided.items()) if steps[-1]["decision"] == verdict and (pair in kept) == there]
             for kind, verdict, there in (("pruned", "pruned", False), ("retained", "retained", True),
                                          ("pruned by the re-check", "retained", False))}
    for kind, pairs in ended.items():
        for pair in pairs[1::max(1, len(pairs) // 2)][:2]:
            head, query, key = map(str, pair)
            done = subprocess.run([*explain, "--head", head, "--query", query, "--key", key, "--json"], capture_output=True, text=True)
            b.expect(done.returncode == 0, f"explain: {pair} {done.stderr.strip()}")
            life = json.loads(done.stdout)
            steps = [{name: step[name] for name in ("plane", "decided", "partial", "decision")} for step in life["planes"]]
            b.expect(life["end"] == kind and steps == decided[pair], f"explain: {pair}: {kind}, {len(steps)} planes as in the waveform")
            b.expect(all(s["asked"] <= s["came"] <= s["picked"] < s["decided"] for s in life["planes"]), "explain: in order of time")
            b.expect(kind != "retained" or life["recheck"]["score"] == kept[pair], "explain: the exact score")
    b.expect(len(ended["pruned"]) > 2 and len(ended["retained"]) > 2, "explain: pairs of either kind")
    done = subprocess.run([*explain, "--query", "2", "--key", "9"], capture_output=True, text=True)
    b.expect(done.returncode == 0 and "masked" in done.stdout, "explain: a masked pair")
    for words, says in ((("--query", "99", "--key", "0"), "0 to 15"), (("--query", "0", "--key", "512"), "0 to 511"),
                        (("--query", "0", "--key", "0", "--log", str(traced / "stats.json")), "is no event"),
                        (("--query", "0", "--key", "0", "--log", str(traced / "no.txt")), "no.txt")):
        done = subprocess.run([*explain, *words], capture_output=True, text=True)
        b.expect(done.returncode == 2 and says in done.stderr and len(done.stderr.splitlines()) == 1, "explain: " + done.stderr.strip())


def check_refusals(b, folder):
    run = ("run", "--trace", str(folder), "--queries", "0:4", "--no-golden", "--out", "refused")
    before = sorted(p.name for p in b.scratch.iterdir())
    for words, says in (
            (("--wave", "w.vcd", "--wave-scope", "pade.lane_*"), "pade.lane_*"),
            (("--wave", "w.vcd", "--wave-from", "9", "--wave-to", "9"), "empty window"),
            (("--wave", "no/w.vcd"), "no folder"),
            (("--wave", "."), "no file"),
            (("--wave-scope", "*"), "without --wave"),
            (("--wave-from", "3"), "without --wave"),
            (("--log-key", "3"), "without --log-transactions"),
            (("--log-transactions", "l.txt", "--log-links", "nothing*"), "nothing*"),
            (("--wave", "same", "--log-transactions", "same"), "two files"),
            (("--wave", "w.vcd", "--wave-max-mb", "0"), "wave-max-mb")):
        done = b.call(*run, *words)
        b.expect(done.returncode == 2 and says in done.stderr and "allowed" in done.stderr,
                 "refused: " + done.stderr.strip())
    for words in (("--wave", "w.vcd"), ("--log-transactions", "l.txt")):
        done = subprocess.run([b.binary, *run, *words], capture_output=True, text=True, cwd=b.scratch,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000)))
        b.expect(done.returncode == 2 and "cannot be written" in done.stderr, "no room in the middle of a run: " + done.stderr.strip())
    b.expect(sorted(p.name for p in b.scratch.iterdir()) == before, "refusals leave nothing behind")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    options = parser.parse_args()
    prefill, decode = find_set(PREFILL), find_set(DECODE)
    if prefill is None or decode is None:
        print("skipped: a trace set is not there")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="pade-waves-") as scratch:
        b = Bench(options.pade_sim, scratch)
        r, vcd, traced = rebuild(b, "prefill", prefill, "--queries", "0:16", "--no-golden")
        check_rows(b, r)
        check_names(b, r.w)
        check_windows(b, prefill, r.w)
        check_formats(b, prefill, vcd)
        check_log(b, prefill, r, traced)
        check_explain(b, r, traced)
        check_refusals(b, prefill)
        rebuild(b, "decode", decode, "--head", "0", "--check-tlm")
        rebuild(b, "no-guard", decode, "--head", "0", "--queries", "0:2", "--set", "guard.enabled=false",
                "--set", "vpu.score_queue_high=64")
        rebuild(b, "stalls", decode, "--head", "0", "--set", "stall.percent=20", "--set", "stall.memory_percent=20",
                "--set", "ista.enabled=false", "--set", "dispatch.admission=per_lane")
        print(f"{b.failures} failures")
        return 1 if b.failures else 0


if __name__ == "__main__":
    sys.exit(main())
