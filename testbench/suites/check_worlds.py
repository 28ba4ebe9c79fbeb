#!/usr/bin/env python3
"""Random worlds: shape, mask, values, machine and latencies from a seed; each through the whole chip with every check on.

  check_worlds.py --pade-sim BIN [--worlds N] [--first N] [--seed N] [--jobs N] [--keep FOLDER]
  check_worlds.py --pade-sim BIN --world FILE    one world that a failure has left

Each world passes all checks of the golden reference, or is refused with exit code 2 and one sentence that says what is allowed;
more than a tenth refused is a failure. From q, k and v alone, in NumPy, the scores of retained.npy are the exact products, every
pair at or above the certified line is retained, the pairs balance and the output is the softmax over the retained pairs; one world
in ten runs again with the modules built in the opposite order, to the same bytes. Half of the worlds run with valid and ready of
streams, or the phases of memory links, held back at random (parameters stall.*). A world that fails is made smaller while it fails
in the same manner, is kept, and its command is printed. The seed is --seed, else PADE_SEED, else 1. The worlds of a seed are the same everywhere, one by one.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

import numpy as np

import worlds

SECONDS = 120
OUTPUTS = ("output.npy", "retained.npy", "queries.npy", "stats.json")


@dataclasses.dataclass
class Verdict:
    kind: str         # ok, refused, or what failed
    text: str = ""
    manner: str = ""  # with the kind: what a smaller world must still show
    cycles: int = 0


def bytes_of(out, name):
    content = (out / name).read_bytes()
    if name != "stats.json":
        return content
    stats = json.loads(content)
    stats.pop("sim")
    return json.dumps(stats).encode()


def rounded_keys(k, bits):
    """Section 2 of docs/pade.md; np.rint rounds half to even."""
    half = 1 << (bits - 1)
    return np.clip(np.rint(k / 2.0 ** (8 - bits)), -half, half - 1).astype(np.int64)


def output_fault(v, weights, norm_of_v, scale_v, p_bits, found):
    """What is wrong with one row of O. weights: exp of the retained logits, relative to the largest."""
    total = weights.sum()
    expected = weights @ v * scale_v / total
    norm = np.linalg.norm(expected)
    # p is fixed point: what it rounds away is no fault, however little is left where rows of V cancel.
    hidden = np.minimum(weights, 2 * 2.0 ** -p_bits)
    resolution = ((hidden * norm_of_v).sum() * scale_v + norm * hidden.sum()) / total
    distance = np.linalg.norm(found - expected)
    return None if distance <= 1e-4 * norm + resolution else f"{distance:.3g} off, norm {norm:.3g}, p hides {resolution:.3g}"


def output_faults(world, made, scale_v, c, kept, scores, h, out, p_bits):
    """The first wrong row of head h of output.npy."""
    first, queries = world.shape["first"], world.shape["queries"]
    v = made["v"][h // (world.shape["heads"] // world.shape["kv_heads"])].astype(float)
    norm_of_v = np.linalg.norm(v, axis=1)
    for q in range(first, queries):
        keys = np.flatnonzero(kept[h, q])
        if not len(keys):
            return f"head {h}, query {q}: nothing is retained"
        logits = c * scores[q, keys]
        fault = output_fault(v[keys], np.exp(logits - logits.max()), norm_of_v[keys], scale_v, p_bits, out[h, q - first])
        if fault is not None:
            return f"head {h}, query {q}: output {fault}"
    return None


def judge(world, made, logit_scale, scale_v, parameters, out):
    """What is wrong with the outputs, from q, k and v alone; None: nothing."""
    shape = world.shape
    bits = parameters["lane.key_bits"]
    stats = json.loads((out / "stats.json").read_text())
    retained = np.load(out / "retained.npy").astype(np.int64)
    heads, first, queries, keys = shape["heads"], shape["first"], shape["queries"], shape["keys"]
    group = heads // shape["kv_heads"]
    if retained.ndim != 2 or retained.shape[1] != 4:
        return f"retained.npy has shape {retained.shape}"
    head, query, key, score = (retained + [0, first, 0, 0]).T  # queries count from the first that was run
    if len(retained) and not (0 <= head.min() and head.max() < heads and first <= query.min() and query.max() < queries
                              and 0 <= key.min() and key.max() < keys):
        return "retained.npy names a head, query or key that was not run"
    kept = np.zeros((heads, queries, keys), bool)
    kept[head, query, key] = True
    if kept.sum() != len(retained):
        return "retained.npy has a pair twice"
    visible = np.ones((queries, keys), bool)
    if shape["offset"] is not None:
        visible = np.arange(keys)[None, :] <= np.arange(queries)[:, None] + shape["offset"]
    visible[:first] = False
    offset = None
    c = logit_scale * 2 ** (8 - bits)
    output = np.load(out / "output.npy")
    if output.shape != (heads, queries - first, shape["d"]):
        return f"output.npy has shape {output.shape}"
    if parameters["guard.enabled"]:
        offset = min(2**31 - 1, int(np.ceil(min(parameters["guard.alpha"] * parameters["guard.radius"] / c, 2.0**40))))
    for h in range(heads):
        scores = made["q"][h].astype(np.int64) @ rounded_keys(made["k"][h // group], bits).T
        here = head == h
        wrong = np.flatnonzero(score[here] != scores[query[here], key[here]])
        if len(wrong):
            q, k, found = (int(column[here][wrong[0]]) for column in (query, key, score))
            return f"head {h}, query {q}, key {k}: score {found}, {scores[q, k]} is exact"
        if (kept[h] & ~visible).any():
            return f"head {h}: masked pairs are retained: {np.argwhere(kept[h] & ~visible)[0]}"
        line = np.full(queries, np.iinfo(np.int64).min)
        if offset is not None:
            line = np.where(visible, scores, np.iinfo(np.int64).min // 2).max(axis=1) - offset
        lost = visible & (scores >= line[:, None]) & ~kept[h]
        if lost.any():
            q, k = np.argwhere(lost)[0]
            return f"head {h}, query {q}, key {k}: pruned with score {scores[q, k]}, the certified line is {line[q]}"
        if parameters["softmax.p_bits"] >= (20 if parameters["guard.enabled"] else 24):  # fewer promise no tolerance
            fault = output_faults(world, made, scale_v, c, kept, scores, h, output, parameters["softmax.p_bits"])
            if fault is not None:
                return fault
    pairs, total = stats["pairs"], heads * (queries - first) * keys
    masked = total - heads * int(visible.sum())
    expected = {"total": total, "masked": masked, "retained": len(retained), "pruned": total - masked - len(retained)}
    found = {name: pairs[name] for name in expected}
    if found != expected:
        return f"pairs are {found}, expected {expected}"
    if sum(stats["planes"]["histogram_pruned_at"]) != expected["pruned"]:
        return f"planes.histogram_pruned_at does not sum to {expected['pruned']}"
    checks = stats["checks"]
    missing = [name for name in ("soundness", "stored_output", "balance", "tlm_protocol") if checks[name] is not True]
    if missing or checks["output"] is False:
        return f"checks are {checks}"
    return None


class Bench:
    def __init__(self, binary, scratch, keep):
        self.binary = binary
        self.machine = worlds.Machine(binary)
        self.scratch = pathlib.Path(scratch)
        self.keep = keep

    def command(self, world, trace, out):
        command = [self.binary, "run", "--trace", str(trace), "--out", str(out), "--force", "--check-tlm"]
        if world.shape["first"] > 0:
            command += ["--queries", f"{world.shape['first']}:{world.shape['queries']}"]
        return command + worlds.words(world.parameters)

    def run(self, command):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return Verdict("hang", f"no end within {SECONDS} s")
        said = done.stderr.strip()
        if done.returncode == 2 and len(said.splitlines()) == 1 and ("allowed" in said or "must " in said):
            return Verdict("refused", said)
        if done.returncode != 0:
            # The sentence without its numbers and names: another failure is another manner.
            manner = " ".join(word for word in said.split("\n")[0].split() if word.isalpha())
            return Verdict(f"exit code {done.returncode}", said.replace("\n", "\n        "), manner)
        return Verdict("ok")

    def try_world(self, world):
        with tempfile.TemporaryDirectory(dir=self.scratch) as name:
            folder = pathlib.Path(name)
            made, logit_scale, scale_v = worlds.write_world(world, folder)
            out = folder / "out"
            verdict = self.run(self.command(world, folder / "trace", out))
            if verdict.kind != "ok":
                return verdict
            fault = judge(world, made, logit_scale, scale_v, {**self.machine.defaults, **world.parameters}, out)
            if fault is not None:
                return Verdict("wrong result", fault)
            verdict.cycles = json.loads((out / "stats.json").read_text())["time"]["cycles"]
            if world.reverse:
                again = folder / "again"
                second = self.run(self.command(world, folder / "trace", again) + ["--reverse-construction"])
                if second.kind != "ok":
                    return Verdict("reversed: " + second.kind, second.text)
                different = [name for name in OUTPUTS if bytes_of(out, name) != bytes_of(again, name)]
                if different:
                    return Verdict("reversed: other bytes", f"{', '.join(different)} differ with --reverse-construction")
            return verdict

    def judge_sees(self):
        """Whether a wrong bit of K, and one of V, shows to `judge`, with the golden reference off."""
        shape = {"phase": "prefill", "kv_heads": 1, "heads": 1, "queries": 4, "keys": 20, "d": 16, "first": 0, "offset": 16}
        start = {"kv_heads": 0, "group": 0, "queries": 0, "keys": 0, "d": 0}
        values = {"q": "non_negative", "k": "uniform", "v": "uniform"}
        world = worlds.World([1, 1], shape, shape, start, values, 5, {"guard.enabled": False, "softmax.p_bits": 24}, False)
        with tempfile.TemporaryDirectory(dir=self.scratch) as name:
            folder = pathlib.Path(name)
            made, logit_scale, scale_v = worlds.write_world(world, folder)
            place = int(np.flatnonzero(made["q"][0, 3])[0])
            best = int(np.argmax(made["k"][0].astype(int) @ made["q"][0, 3].astype(int)))
            for flip, found in ((f"k:0:7:{place}:7", "key 7: score"), (f"v:0:{best}:3:7", "output")):
                verdict = self.run(self.command(world, folder / "trace", folder / "out") + ["--no-golden", "--flip", flip])
                parameters = {**self.machine.defaults, **world.parameters}
                fault = judge(world, made, logit_scale, scale_v, parameters, folder / "out")
                if verdict.kind != "ok" or fault is None or found not in fault:
                    print(f"FAIL: with --flip {flip} the judge says: {fault or verdict}")
                    return False
        return True

    def shrink(self, world, verdict, most=150):
        """A smaller world that fails in the same manner: half of this and that, and parameters back to their defaults."""
        tries = 0

        def fails(candidate):
            nonlocal tries, verdict
            tries += 1
            found = self.try_world(candidate)
            if (found.kind, found.manner) == (verdict.kind, verdict.manner):
                verdict = found
                return True
            return False

        moved = True
        while moved and tries < most and verdict.kind != "hang":
            moved = False
            # Half of the parameters at once first: most worlds fail by one or two.
            keys = sorted(world.parameters)
            sets = [keys[:len(keys) // 2], keys[len(keys) // 2:]] + [[key] for key in keys] if len(keys) > 1 else [keys]
            for some in sets:
                left = {key: value for key, value in world.parameters.items() if key not in some}
                candidate = dataclasses.replace(world, parameters=self.machine.allowed(left))
                if tries < most and len(candidate.parameters) < len(world.parameters) and fails(candidate):
                    world, moved = candidate, True
            for name in ("kv_heads", "group", "queries", "keys", "d"):
                while tries < most:
                    smaller = next((half for half in worlds.halves(world, name) if fails(half)), None)
                    if smaller is None:
                        break
                    world, moved = smaller, True
        return world, verdict

    def report(self, world, verdict):
        """Keeps a failing world as small as it gets, and says how to run it."""
        print(f"  FAIL  {verdict.kind}: {verdict.text}\n        {world.text()}", flush=True)
        world, verdict = self.shrink(world, verdict)
        folder = self.keep / f"seed{world.seed[0]}-world{world.seed[1]}"
        shutil.rmtree(folder, ignore_errors=True)
        worlds.write_world(world, folder)
        print(f"        smaller: {verdict.kind}: {verdict.text}\n        {world.text()}")
        print("        " + shlex.join(self.command(world, folder / "trace", folder / "out")))
        print(f"        {sys.executable} {pathlib.Path(__file__).resolve()} --pade-sim {self.binary} --world "
              f"{folder / 'world.json'}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--worlds", type=int, default=25)
    parser.add_argument("--first", type=int, default=0, help="number of the first world")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("PADE_SEED", "1")))
    parser.add_argument("--jobs", type=int, default=1, help="worlds at a time")
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("out/worlds"), help="where failing worlds are kept")
    parser.add_argument("--world", type=pathlib.Path, help="run this world.json alone")
    parser.add_argument("--verbose", action="store_true", help="a line for each world")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pade-worlds-") as scratch:
        bench = Bench(str(pathlib.Path(arguments.pade_sim).resolve()), scratch, arguments.keep.resolve())
        if arguments.world is not None:
            world = worlds.World(**json.loads(arguments.world.read_text()))
            verdict = bench.try_world(world)
            print(f"{world.text()}\n{verdict.kind} {verdict.text}".rstrip())
            return 0 if verdict.kind in ("ok", "refused") else 1
        print(f"seed {arguments.seed}, worlds {arguments.first} to {arguments.first + arguments.worlds - 1}"
              + (f"; at their defaults: {', '.join(bench.machine.not_drawn)}" if bench.machine.not_drawn else ""), flush=True)
        failures, refused, reversed_runs, cycles = [], 0, 0, 0

        def one(number):
            world = worlds.draw_world(bench.machine, arguments.seed, number)
            return number, world, bench.try_world(world)

        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for number, world, verdict in pool.map(one, range(arguments.first, arguments.first + arguments.worlds)):
                if arguments.verbose:
                    print(f"  {number:>5}  {verdict.kind:<8} {verdict.cycles:>9} cycles  {world.text()}", flush=True)
                cycles += verdict.cycles
                reversed_runs += world.reverse and verdict.kind == "ok"
                if verdict.kind == "refused":
                    refused += 1
                    print(f"  refused {number}: {verdict.text}", flush=True)
                elif verdict.kind != "ok":
                    failures.append(number)
                    print(f"  world {number}:")
                    bench.report(world, verdict)
        blind = not bench.judge_sees()
    print(f"seed {arguments.seed}: {arguments.worlds} worlds, {cycles} cycles, {refused} refused, {reversed_runs} also with "
          f"--reverse-construction, {len(failures)} failures {failures or ''}".rstrip())
    # A draw that is mostly refused would show nothing.
    if refused * 10 > arguments.worlds:
        print(f"FAIL: {refused} of {arguments.worlds} worlds are refused; at most a tenth may be")
        return 1
    return 1 if failures or blind else 0


if __name__ == "__main__":
    sys.exit(main())
