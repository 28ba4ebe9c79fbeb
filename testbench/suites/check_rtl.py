#!/usr/bin/env python3
"""The RTL of testbench/rtl against the model: check_rtl.py --pade-sim BIN --gsat-vectors BIN --check small|runs|mutants|cocotb

small    lint of every block by the tools that are there; GSAT on every pattern of a group; a run's results are the same with and
         without --record-rtl, and records are as many as the run's transactions; bad input; one lane, one guard filter and RARS
         replayed
runs     recorded runs of every kind, whole chips, at their edges and stalled, on both simulators
mutants  each bug of testbench/rtl/mutants.json is found by the replay
cocotb   the example test of testbench/rtl/cocotb passes, and fails on a broken lane

Exit code 77: Icarus Verilog (runs: or Verilator; cocotb: or that) is not there.
"""
import argparse
import filecmp
import importlib.util
import itertools
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from bench import Bench, in_environment
from check_set import ROOT, SKIPPED, find_set

RTL = ROOT / "testbench" / "rtl"
SET = "use-lite/l0-decode8-s128-gpl3"
BLOCKS = ("gsat", "scoreboard", "pe_lane", "bui_generator", "threshold_unit", "guard_filter", "rars")
WIDE = {"heads": 2, "kv_heads": 1, "queries": 24, "keys": 300, "seed": 6}

OF_RARS = ("rars.sv", "tile_buffer.sv", "most_wanted.sv")
RARS_ONLY = ["--queries", "0:32", "--wave-scope", "pade.rars"]

# name: (set or dims of a made one, options)
RUNS = {
    "decode, d 64": (SET, []),
    "prefill, d 64": ("use-lite/l0-prefill-s128-gpl3", []),
    "prefill, causal, d 64, groups": ("qwen2.5-coder-0.5b/l7-prefill-s512-kjv", ["--queries", "200:232"]),
    "prefill, d 128": (128, []),
    "decode, d 32": (32, ["--phase=decode"]),
    "prefill, d 32": (32, []),
    "d 136: three words": (136, []),
    "no bidirectional sparsity": ("use-lite/l0-prefill-s128-gpl3", ["--queries", "0:32", "lane.bidirectional=false"]),
    "no bidirectional sparsity, d 128": (128, ["lane.bidirectional=false"]),
    "scoreboard of 2, FIFO of 1": ("use-lite/l0-prefill-s128-gpl3", ["lane.scoreboard_entries=2", "lane.fifo_planes=1"]),
    "scoreboard of 1": ("use-lite/l0-prefill-s128-gpl3", ["--queries", "0:16", "lane.scoreboard_entries=1"]),
    "links stalled": ("use-lite/l0-prefill-s128-gpl3", ["--queries", "0:32", "stall.percent=20", "stall.memory_percent=20"]),
    "alpha .5": ("use-lite/l0-prefill-s128-gpl3", ["--queries", "0:32", "guard.alpha=0.5"]),
    "offset at its limit": ("use-lite/l0-prefill-s128-gpl3", ["--queries", "0:8", "guard.alpha=100", "guard.radius=100"]),
    "no guard": ("use-lite/l0-prefill-s128-gpl3", ["--queries", "0:16", "guard.enabled=false"]),
    "keys of 5 bits": ("use-lite/l0-prefill-s128-gpl3", ["--queries", "0:32", "lane.key_bits=5"]),
    "other latencies": ("use-lite/l0-prefill-s128-gpl3", ["--queries", "0:16", "guard.bui_latency=5", "guard.broadcast_latency=1",
                                                         "link.latency=3", "dispatch.deliver_latency=2"]),
    "late verdicts": ("use-lite/l0-prefill-s128-gpl3", ["--queries", "0:16", "lane.verdict_latency=3"]),
    "admission per lane": ("use-lite/l0-prefill-s128-gpl3", ["--queries", "0:32", "dispatch.admission=per_lane"]),
    "3 rows of 5 lanes": ("use-lite/l0-prefill-s128-gpl3", ["--queries", "0:32", "lane.count=5", "rows.count=3"]),
    "RARS off": ("use-lite/l0-prefill-s128-gpl3", [*RARS_ONLY, "vpu.rars=false"]),
    "no part of a shared key": ("use-lite/l0-prefill-s128-gpl3", [*RARS_ONLY, "rars.split=false"]),
    "a V row a round, 16 rows, tiles in parts": ("use-lite/l0-prefill-s128-gpl3", [
        *RARS_ONLY, "vpu.v_rows_per_round=1", "rows.count=16", "vpu.prefetch_rows=10", "softmax.p_bits=24"]),
    "5 V rows a round, keys ascending, 3 exponentials": ("use-lite/l0-prefill-s128-gpl3", [
        *RARS_ONLY, "vpu.v_rows_per_round=5", "ista.order=sequential", "softmax.exps_per_cycle=3", "link.latency=3"]),
    "RARS, ISTA off, links stalled": ("use-lite/l0-prefill-s128-gpl3", [
        *RARS_ONLY, "ista.enabled=false", "stall.percent=20", "stall.memory_percent=20"]),
}


def settings(options):
    """--set before what is group.name=value."""
    out = []
    for option in options:
        out += ["--set", option] if re.match(r"\w+\.\w+=", option) else [option]
    return out


def made_set(b, dims, decode):
    folder = b.scratch / f"set-{dims}-{decode}"
    if not folder.is_dir():
        shape = ",".join(f"{k}={v}" for k, v in {**WIDE, "queries": 4 if decode else WIDE["queries"], "d": dims}.items())
        subprocess.run([sys.executable, str(ROOT / "scripts" / "make_trace.py"), "--synthetic", shape + ",peaked=3", "--out",
                        str(folder), "--pade-sim", b.binary, "--no-golden", *(["--phase", "decode"] if decode else [])],
                       check=True, capture_output=True)
    return folder


def record(b, name, trace, options, force=False):
    folder = b.scratch / name
    if force:
        shutil.rmtree(folder, ignore_errors=True)
    done = b.call("run", "--trace", str(trace), "--out", name + ".out", "--force", "--record-rtl", name, "--no-golden",
                  "--no-timeline", *options)
    b.expect(done.returncode == 0 and folder.is_dir(), f"{name}: recorded {done.stderr.strip()}")
    return folder


def replay(b, folder, *options):
    """(exit code, blocks, outputs compared, what was said of the first difference)"""
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "replay_rtl.py"), str(folder), "--build",
                           str(b.scratch / "build"), *options], capture_output=True, text=True)
    total = re.search(r"^(\d+) blocks on \w+: (\d+) outputs", done.stdout, re.M)
    first = next((line for line in done.stdout.splitlines() if line.startswith("DIFFERENT")), done.stderr.strip())
    return done.returncode, int(total[1]) if total else 0, int(total[2]) if total else 0, first


def check_lint(b):
    files = [str(f) for f in sorted(RTL.glob("*.sv"))]
    calls = {"iverilog": lambda top, words: ["iverilog", "-g2012", "-Wall", "-s", top, "-o", "/dev/null", *words, *files]}
    if shutil.which("verilator"):
        calls["verilator"] = lambda top, words: ["verilator", "--lint-only", "-Wall", "--top-module", top, *words, *files]
    else:
        print("  --    verilator is not there: its lint is left out")
    for tool, call in calls.items():
        for top in BLOCKS:
            for words in (1, 2) if top in ("pe_lane", "guard_filter") else (None,):
                which = [] if words is None else [f"-GWORDS={words}" if tool == "verilator" else f"-P{top}.WORDS={words}"]
                done = subprocess.run(call(top, which), capture_output=True, text=True)
                said = (done.stdout + done.stderr).strip()
                b.expect(done.returncode == 0 and not said, f"{tool}: {top} {words or ''} {said[:200]}")


    if shutil.which("yosys") is None:
        print("  --    yosys is not there: whether it can be synthesized is left out")
        return
    for top in ("pe_lane", "guard_filter", "rars"):
        script = f"read_verilog -sv {' '.join(files)}; hierarchy -check -top {top}; proc; check -assert"
        done = subprocess.run(["yosys", "-q", "-p", script], capture_output=True, text=True)
        said = [line for line in (done.stdout + done.stderr).splitlines() if "Replacing memory" not in line]
        b.expect(done.returncode == 0 and not said, f"yosys: {top} {' '.join(said)[:200]}")


def check_gsat(b, vectors):
    for bidirectional in (1, 0):
        folder = b.scratch / f"gsat{bidirectional}"
        folder.mkdir()
        (folder / "gsat.hex").write_text(subprocess.run([vectors, str(bidirectional)], capture_output=True, text=True,
                                                        check=True).stdout)
        subprocess.run(["iverilog", "-g2012", f"-Pgsat_bench.BIDIRECTIONAL={bidirectional}", "-s", "gsat_bench", "-o",
                        str(folder / "bench"), str(RTL / "gsat.sv"), str(RTL / "bench" / "gsat_bench.sv"),
                        str(RTL / "bench" / "replay_source.sv")], check=True)
        done = subprocess.run(["vvp", "-n", str(folder / "bench"), f"+dir={folder}"], capture_output=True, text=True)
        b.expect("EQUAL gsat: 2048 inputs, 2048 outputs" in done.stdout,
                 f"GSAT, bidirectional {bidirectional}: {done.stdout.splitlines()[:1]}")


def check_records(b, folder):
    """The same results with and without; as many records as transactions; no record that cannot be read."""
    records = record(b, "records", folder, ["--queries", "0:3"])
    done = b.call("run", "--trace", str(folder), "--queries", "0:3", "--no-golden", "--no-timeline", "--out", "plain")
    plain, out = b.scratch / "plain", b.scratch / "records.out"

    def stats(where):
        s = json.loads((where / "stats.json").read_text())
        s.pop("sim")
        return s
    b.expect(done.returncode == 0 and stats(plain) == stats(out), "stats.json is the same with and without --record-rtl")
    names = sorted(f.name for f in plain.iterdir() if f.name not in ("stats.json", "energy.json"))
    b.expect(all(filecmp.cmp(plain / n, out / n, shallow=False) for n in names), f"so are {', '.join(names)}")
    counted = {}
    for block in records.glob("*/block.json"):
        b_json = json.loads(block.read_text())
        for port in b_json["ports"]:
            lines = [line for line in (block.parent / (port["name"] + ".hex")).read_text().splitlines() if line[:2] != "//"]
            digits = [12] + [(f["bits"] * f["count"] + 3) // 4 for f in port["fields"]]
            sound = len(lines) == port["records"] and all(
                [len(part) for part in line.split()[0].split("_")] == digits and int(line.split()[0].replace("_", ""), 16) >= 0
                for line in lines)
            cycles = [int(line[:12], 16) for line in lines]
            if not sound or cycles != sorted(set(cycles)):
                b.expect(False, f"{block.parent.name}/{port['name']}.hex: its records, one an edge, as block.json says")
            kind = (b_json["kind"], re.sub(r"_\d+$", "", port["name"]))
            counted[kind] = counted.get(kind, 0) + port["records"]
    links = {name: link["transactions"] for name, link in stats(out)["links"].items()}
    lane = {port: n for (kind, port), n in counted.items() if kind == "pe_lane"}
    guard = {port: n for (kind, port), n in counted.items() if kind == "guard_filter"}
    rars = {port: n for (kind, port), n in counted.items() if kind == "rars"}
    b.expect((rars["head"] + rars["item"], rars["reserved"], rars["round"]) ==
             (links["weights"], links["v_reserved"], links["rounds"]), "records of weights, reserved V rows and rounds")
    lanes = json.loads((records / "pe_lane_0_0" / "block.json").read_text())["parameters"]["lanes"]
    b.expect(lane["admit"] + lane["plane"] == links["planes"], "records of admissions and planes")
    b.expect((lane["verdict"], lane["bound"], lane["score"]) == (links["verdicts"], links["bounds"], links["scores"]),
             "records of verdicts, bounds and scores")
    b.expect((guard["query"], guard["bounds"], guard["threshold"]) == (links["queries"], links["bounds"], links["thresholds"]),
             "records of queries, bounds and thresholds")
    b.expect(lane["query"] + lane["threshold"] == links["row_broadcast"] and
             (guard["lanes_query"] + guard["lanes_threshold"]) * lanes == links["row_broadcast"], "records of the broadcast")
    again = record(b, "reversed", folder, ["--queries", "0:3", "--reverse-construction"])
    same = filecmp.dircmp(records / "pe_lane_1_2", again / "pe_lane_1_2")
    b.expect(not same.diff_files and not same.left_only and len(same.same_files) > 9, "the same records with reversed construction")
    return records


def check_refusals(b, folder):
    run = ("run", "--trace", str(folder), "--queries", "0:1", "--no-golden", "--force", "--out", "refused")
    (b.scratch / "taken").mkdir()
    (b.scratch / "taken" / "mine").write_text("")
    (b.scratch / "file").write_text("")
    for text, options in {
            "is there already": ["--record-rtl", "taken"],
            "is there already; allowed": ["--record-rtl", "file"],
            "cannot be made": ["--record-rtl", "file/below"],
            "overlaps --out": ["--record-rtl", "refused/below"],
            "chooses no block": ["--record-rtl", "new", "--wave-scope", "pade.hbm2*"],
            "'pade.pe_lane_9_*' chooses no block": ["--record-rtl", "new", "--wave-scope", "pade.pe_lane_0_*", "--wave-scope",
                                                   "pade.pe_lane_9_*"],
            "--record-rtl with --wave-from": ["--record-rtl", "new", "--wave-from", "100"],
            "--wave-from or --wave-to; allowed: the whole run": ["--record-rtl", "new", "--wave-to", "100"]}.items():
        done = b.call(*run, *options)
        b.expect(done.returncode == 2 and text in done.stderr and done.stderr.count("\n") == 1, f"{options}: {done.stderr.strip()}")
    b.expect(not (b.scratch / "new").exists() and not (b.scratch / "new.partial").exists() and not (b.scratch / "refused").exists(),
             "nothing is left of what was refused")
    for text, options in {
            "is no folder": ["nowhere"], "no block fits": ["records", "--block", "pe_lane_9_9"],
            "no .sv or .v file": ["records", "--rtl", "taken", "--block", "pe_lane_0_0"],
            "--wave with": ["records", "--wave", "x.vcd"]}.items():
        done = subprocess.run([sys.executable, str(ROOT / "scripts" / "replay_rtl.py"), *options, "--simulator", "icarus"],
                              capture_output=True, text=True, cwd=b.scratch)
        b.expect(done.returncode == 2 and text in done.stderr and done.stderr.count("\n") == 1,
                 f"replay_rtl.py {' '.join(options)}: {done.stderr.strip()}")


def check_small(b, vectors):
    check_lint(b)
    check_gsat(b, vectors)
    folder = find_set(SET)
    records = check_records(b, folder)
    check_refusals(b, folder)
    for block in ("pe_lane_0_5", "guard_filter_0", "rars"):
        for options in ([], ["--stall", "1"]):
            code, _, outputs, first = replay(b, records, "--simulator", "icarus", "--block", block, *options)
            b.expect(code == 0 and outputs > 100, f"{block} {' '.join(options) or 'at its edges'}: {outputs} outputs {first}")
    check_by_hand(b, records)
    mutated_is_found(b, [records], load_mutants()[0])


def write_records(folder, like, ports):
    """Records by hand, in the form of `like`: {port: [(edge, value of each field), ...]}; ports that are not named stay empty."""
    block = json.loads((like / "block.json").read_text())
    folder.mkdir()
    for port in block["ports"]:
        rows = ports.get(port["name"], [])
        port["records"] = len(rows)
        digits = [(f["bits"] * f["count"] + 3) // 4 for f in port["fields"]]
        (folder / (port["name"] + ".hex")).write_text("// by hand\n" + "".join(
            "_".join([f"{edge:012x}", *(f"{v & ((1 << 4 * d) - 1):0{d}x}" for v, d in zip(values, digits))]) + "\n"
            for edge, *values in rows))
    (folder / "block.json").write_text(json.dumps(block))


def check_by_hand(b, records):
    """What no run of the machine reaches."""
    # A slot's next query comes while bounds of the block before are on their way: those say nothing about it.
    t = (1 << 33) - 5 - 7  # -5 less the offset 7
    write_records(b.scratch / "stale", records / "guard_filter_0", {
        "query": [(10, 0, 0, 7, 0), (30, 0, 2, 7, 0)], "lanes_query": [(12, 0, 0, 7, 0, 0, 0), (32, 0, 2, 7, 0, 0, 0)],
        "bounds_0": [(20, 0, 0, -5 & 0xffffff), (30, 0, 0, 100), (41, 0, 2, -5 & 0xffffff)], "bounds_1": [(31, 0, 0, 200)],
        "threshold_0": [(22, 0, t), (43, 2, t)], "lanes_threshold_0": [(22, t), (43, t)]})
    # A bound that T's own bound equals raises nothing: of another lane, later, in both slots.
    write_records(b.scratch / "equal", records / "guard_filter_0", {
        "query": [(10, 0, 0, 7, 0), (30, 0, 2, 7, 0)], "lanes_query": [(12, 0, 0, 7, 0, 0, 0), (32, 0, 2, 7, 0, 0, 0)],
        "bounds_0": [(20, 0, 0, -5 & 0xffffff), (45, 0, 2, -5 & 0xffffff)],
        "bounds_1": [(25, 0, 0, -5 & 0xffffff), (41, 0, 2, -5 & 0xffffff)],
        "threshold_0": [(22, 0, t), (43, 2, t)], "lanes_threshold_0": [(22, t), (43, t)]})
    # Six planes before their query: the FIFO of four is full, and the others wait for ready. Bounds of equal keys: one.
    keys = range(6)
    write_records(b.scratch / "full", records / "pe_lane_0_0", {
        "admit": [(10 + k, 0, k, 0) for k in keys], "plane": [(20 + k, 0, 0, k, 0, 5) for k in keys],
        "query": [(40, 0, 0, 7, 0, 0, 0)], "plane_credit": [(41 + k, 1) for k in keys],
        "verdict": [(44 + k, 0, k, 0, 0) for k in keys], "bound": [(44, 0, 0, 0)]})
    # Two tiles at one edge, the second one of another KV head, with a rescale; its V row is reserved late and the third round waits
    # for a credit.
    write_records(b.scratch / "tiles", records / "rars", {
        "head_0": [(10, 0, 0, 0, 1, 1, 0)], "head_1": [(10, 0, 1, 1, 2, 1, int("0001" * 8, 16))],
        "item_0": [(10, 0, 1, 2, 5, 1 << 20)], "item_1": [(10, 1, 0, 3, 0, 7)], "item_2": [(10, 1, 1, 3, 9, 8)],
        "item_3": [(10, 1, 1, 4, 9, 9)], "reserved": [(10, 1), (14, 1)], "round_credit": [(18, 1)],
        "round": [(11, 0, 0, 1, 5, 0, 1), (15, 0, 0, 1, 9, 1, 0), (19, 0, 1, 1, 9, 1, 1)],
        "row_2": [(11, 2, 0, 1 << 20)], "row_3": [(15, 1, 0, 7), (19, 2, 0, 8)], "row_4": [(15, 2, 0, 9)],
        "tile_credit": [(11, 1), (19, 1)]})
    for name, bug, places, options in (
            ("tiles", "tile_buffer.sv", ("kv_now = head_valid ? head_kv : kv;", "kv_now = kv;"), []),
            ("equal", "threshold_unit.sv", ("!valid_now || $signed(t_new) > $signed(t)", "!valid_now || $signed(t_new) >= $signed(t)"), []),
            ("stale", "guard_filter.sv", (" && b_block[32*l+:32] == block_now", ""), []),
            ("full", "plane_fifo.sv", ("assign in_ready = count != PLACES[6:0];", "assign in_ready = 1'b1;"),
             ["--stall", "1", "--stall", "2", "--stall", "3", "--stall", "4"])):
        made = b.scratch / ("by-hand-" + name)
        made.mkdir()
        (b.scratch / name).rename(made / name)
        code, _, outputs, first = replay(b, made, "--simulator", "icarus", *options)
        b.expect(code == 0 and outputs > 5, f"by hand, {name}: {outputs} outputs {first}")
        copy = b.scratch / ("bug-" + name)
        shutil.copytree(RTL, copy)
        text = (copy / bug).read_text()
        b.expect(text.count(places[0]) == 1, f"{bug}: the place of the bug is there once")
        (copy / bug).write_text(text.replace(*places))
        code, _, _, first = replay(b, made, "--simulator", "icarus", "--rtl", str(copy), *options)
        b.expect(code == 1, f"by hand, {name}, with its bug: {first}")


def load_mutants():
    return json.loads((RTL / "mutants.json").read_text())


def mutated_is_found(b, records, mutant):
    """The replay of RARS, or of lanes and guard filters of row 0, with this bug tells a difference."""
    copy = b.scratch / "mutated"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for f in RTL.glob("*.sv"):
        shutil.copy(f, copy)
    text = (copy / mutant["file"]).read_text()
    b.expect(text.count(mutant["from"]) == 1, f"{mutant['name']}: its place is there once")
    (copy / mutant["file"]).write_text(text.replace(mutant["from"], mutant["to"]))
    rars = mutant["file"] in OF_RARS
    guard = mutant["file"] in ("bui_generator.sv", "guard_filter.sv", "maximum_tree.sv", "threshold_unit.sv")
    chosen = ["rars"] if rars else ["guard_filter_0"] if guard else ["pe_lane_0_0", "pe_lane_0_1", "pe_lane_0_2", "pe_lane_0_3"]
    for folder, block in itertools.product(records, chosen):
        for options in ([], ["--stall", "1"]):
            code, _, _, first = replay(b, folder, "--simulator", "icarus", "--rtl", str(copy), "--block", block, *options)
            if code == 1:
                b.expect(True, f"{mutant['file']}: {mutant['name']}: {first}")
                return True
            if code != 0:
                b.expect(False, f"{mutant['file']}: {mutant['name']}: {first}")
                return False
    b.expect(False, f"{mutant['file']}: {mutant['name']}: not found")
    return False


def check_mutants(b):
    # Few entries, few keys pruned and links stalled: what is held back and reused must be seen, and credits must run out.
    options = settings(["--queries", "0:64", "lane.scoreboard_entries=4", "guard.alpha=2", "stall.percent=50", "stall.cycles=30",
                        "--wave-scope", "pade.*_0", "--wave-scope", "pade.pe_lane_0_*", "--wave-scope", "pade.rars"])
    prefill = find_set("use-lite/l0-prefill-s128-gpl3")
    plain = ["--queries", "0:64", "--wave-scope", "pade.*_0", "--wave-scope", "pade.pe_lane_0_*", "--wave-scope", "pade.rars"]
    records = {1: [record(b, "held", prefill, options), record(b, "plain", prefill, plain)],
               2: [record(b, "wide", made_set(b, 128, False), ["--wave-scope", "pade.*_0", "--wave-scope", "pade.pe_lane_0_*"])]}
    mutants = load_mutants()
    # In two tiles no maximum grows; here some do, and RARS has rows to rescale.
    grows = find_set("qwen2.5-coder-0.5b/l7-prefill-s512-kjv")
    rescales = [record(b, "rescales", grows, settings(["--queries", "200:216", "ista.order=sequential", "--wave-scope", "pade.rars"]))]
    found = sum(mutated_is_found(b, records[m.get("words", 1)] + (rescales if m["file"] in OF_RARS else []), m) for m in mutants)
    print(f"{found} of {len(mutants)} bugs are found")


def check_cocotb(b, python):
    """False when cocotb is not there."""
    lanes = [record(b, "d64", find_set(SET), ["--queries", "0:3", "--wave-scope", "pade.pe_lane_0_0"]),
             record(b, "d128", made_set(b, 128, True), ["--wave-scope", "pade.pe_lane_0_0"])]
    broken = b.scratch / "broken"
    shutil.copytree(RTL, broken)
    text = (broken / "pe_lane.sv").read_text()
    (broken / "pe_lane.sv").write_text(text.replace("plane_2 == 3'd0 ? earlier - weighted : ", ""))
    for folder, rtl, wanted in ((lanes[0], RTL, 0), (lanes[1], RTL, 0), (lanes[0], broken, 1)):
        done = subprocess.run([sys.executable, str(RTL / "cocotb" / "run.py"), str(folder / "pe_lane_0_0"), "--rtl", str(rtl),
                               "--python", python], capture_output=True, text=True)
        if done.returncode == SKIPPED:
            print(done.stdout.strip())
            return False
        b.expect(done.returncode == wanted, f"cocotb, {folder.name}, {rtl.name}: {done.stdout.splitlines()[-1:]}")
    return True


def check_runs(b):
    total = 0
    for name, (trace, options) in RUNS.items():
        decode = "--phase=decode" in options
        folder = find_set(trace) if isinstance(trace, str) else made_set(b, trace, decode)
        if folder is None:
            print(f"  --    {trace} is not there")
            continue
        records = record(b, "run", folder, settings(o for o in options if o != "--phase=decode"), force=True)
        held = [["--stall", "3"]] if "lane.verdict_latency=3" not in options else []
        for how in ([], *held, ["--simulator", "icarus", "--block", "*_0_0", "--block", "guard_filter_0", "--block", "rars"]):
            code, blocks, outputs, first = replay(b, records, *how)
            b.expect(code == 0 and outputs > 0, f"{name} {' '.join(how)}: {blocks} blocks, {outputs} outputs {first}")
            total += outputs
    print(f"{total} outputs compared")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--gsat-vectors", required=True)
    parser.add_argument("--check", choices=("small", "runs", "mutants", "cocotb"), required=True)
    parser.add_argument("--python", default="", help="folder with the package pade, for cocotb")
    args = parser.parse_args()
    missing = [t for t in ("iverilog", *(["verilator"] if args.check == "runs" else [])) if shutil.which(t) is None]
    if missing or find_set(SET) is None:
        print(f"{' and '.join(missing) or SET} not there: skipped")
        return SKIPPED
    if args.check == "cocotb" and importlib.util.find_spec("cocotb") is None:
        return in_environment(RTL / "cocotb" / "requirements.txt", "cocotb")
    with tempfile.TemporaryDirectory(prefix="pade-") as scratch:
        b = Bench(args.pade_sim, scratch)
        if args.check == "small":
            check_small(b, str(pathlib.Path(args.gsat_vectors).resolve()))
        elif args.check == "runs":
            check_runs(b)
        elif args.check == "cocotb":
            if not check_cocotb(b, args.python):
                return SKIPPED
        else:
            check_mutants(b)
        print(f"{b.failures} expectations failed")
        return 1 if b.failures else 0


if __name__ == "__main__":
    sys.exit(main())
