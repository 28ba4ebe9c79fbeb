#!/usr/bin/env python3
"""The energy model, end to end: check_energy.py --pade-sim BIN

The energies and areas in stats.json are computed again from its counters, config.json and the table that `pade-sim energy
--json` prints, to 1e-9; a table with one entry at zero loses exactly what that entry was part of; low and high are those of
the bands; groups sum to the whole; a bad table is refused. Shares no code with the simulator.
"""
import argparse
import json
import math
import sys
import tempfile

from bench import Bench
from check_set import SKIPPED, find_set

SET = "use-lite/l0-decode8-s128-gpl3"
GROUPS, SELECTORS, LANE_DIMS, ELEMENT, TOKEN, PLANE, BLOCK, GROUP_SUM = 8, 4, 64, 8, 20, 3, 1, 12


class Widths:
    def __init__(self, config, head_dim):
        self.p = config["softmax"]["p_bits"]
        self.score = max(22, 16 + math.ceil(math.log2(head_dim)))
        self.entry = TOKEN + PLANE + BLOCK + self.score
        self.item = LANE_DIMS * -(-int(head_dim) // 64) + TOKEN + PLANE
        self.accumulator = self.p + 16
        self.tree = 7 * GROUP_SUM + GROUPS * GROUP_SUM + self.score
        self.stage = GROUPS * GROUP_SUM + self.entry


def areas(c, t):
    """mm2 of each line: docs/energy.md, section Area."""
    d = t["head_dim_max"]
    w = Widths(c, d)
    rows, lanes, blocks = c["rows"]["count"], c["rows"]["count"] * c["lane"]["count"], c["rows"]["blocks_in_flight"]

    def logic(count, adders=0, multipliers=0, selectors=0, registers=0, file=0):
        gates = (adders * t["gates_add"] + multipliers * t["gates_multiply"] + selectors * t["gates_select"] +
                 registers * t["gates_register"] + file * t["gates_regfile"])
        return count * gates * t["control"] * t["gate_um2"] * t["placement"] / 1e6

    def sram(bits):
        return bits * t["sram_um2_bit"] / 1e6

    lane, vpu, buffer = c["lane"], c["vpu"], c["buffer"]
    lines = {
        "lanes_gsat": logic(lanes, selectors=GROUPS * SELECTORS * ELEMENT,
                            adders=GROUPS * (SELECTORS - 1) * (ELEMENT + 1) + w.tree,
                            registers=(lane["pipeline_stages"] - 1) * w.stage),
        "lanes_scoreboard": logic(lanes, file=lane["scoreboard_entries"] * w.entry),
        "lanes_decision": logic(lanes, adders=2 * w.score, registers=2 * w.score),
        "lanes_fifo": logic(lanes, file=lane["fifo_planes"] * (LANE_DIMS + TOKEN + PLANE)),
        "query_registers": logic(rows, registers=blocks * d * ELEMENT),
        "bui_generator": logic(rows, adders=2 * LANE_DIMS * (ELEMENT + 2) + 2 * w.score,
                               registers=blocks * 2 * lane["key_bits"] * w.score),
        "lower_bounds": logic(lanes, adders=w.score),
        "threshold": logic(rows, adders=2 * w.score, registers=blocks * 2 * w.score),
        "dispatcher": logic(lane["count"], file=c["dispatch"]["pick_window"] * (TOKEN + PLANE + rows),
                            adders=c["dispatch"]["pick_window"] * (TOKEN + PLANE)),
        "memory_arbiter": logic(c["dram"]["pseudo_channels"], file=c["dram"]["arbiter_queue"] * 304, registers=2 * 304),
        "kv_buffer": sram(8 * buffer["kv_bytes"]),
        "kv_tags": sram(40 * buffer["kv_bytes"] / 32),
        "q_buffer": sram(8 * buffer["q_bytes"]),
        "vpu_macs": logic(rows * vpu["macs_per_row"], multipliers=ELEMENT * w.p, adders=w.accumulator, registers=ELEMENT + w.p),
        "vpu_accumulators": logic(rows, file=blocks * d * w.accumulator),
        "vpu_operands": logic(1, file=vpu["operand_rounds"] * vpu["v_rows_per_round"] * d * ELEMENT),
        "rars": logic(rows, file=c["tile"]["keys"] * (TOKEN + w.p), adders=4 * c["tile"]["keys"]),
        "score_queue": sram(vpu["score_queue_high"] * (TOKEN + w.score)),
        "softmax": logic(c["softmax"]["exps_per_cycle"], multipliers=2 * w.p ** 2, adders=3 * w.p, file=256 * 2 * w.p / 4,
                         registers=4 * w.p),
    }
    if not c["ista"]["enabled"]:
        lines["score_memory"] = sram(8 * c["ista"]["score_bytes"])
    return lines


def energies(s, c, t, area):
    """pJ of each line by part: docs/energy.md, section Energy."""
    job, lanes, planes, buffer, vpu, dram = s["job"], s["lanes"], s["planes"]["processed"], s["buffer"], s["vpu"], s["dram"]
    w = Widths(c, job["head_dim"])
    pairs = s["pairs"]["total"] - s["pairs"]["masked"]
    guard = s["guard"]
    add, register, file, product = t["add_bit"], t["register_bit"], t["regfile_bit"], t["multiply_bit2"]
    way = t["buffer_wire_mm"] * t["wire_bit_mm"]

    def sram(size):
        steps = max(0.0, math.log(size / 8192, 4))
        return t["sram_bit_8k"] * (1 - steps) + t["sram_bit_32k"] * steps

    q_bytes = buffer["q_bytes_filled"] + buffer["q_bytes_loaded"]
    pairs_in, retained = s["score_queue"]["pairs_in"], s["pairs"]["retained"]
    moved = dram["bytes_read"] + dram["bytes_written"]
    banks = c["dram"]["bank_groups"] * c["dram"]["banks_per_group"] if c["dram"]["refresh"] == "all_bank" else 1
    return {
        "qkpu": {
            "lanes_select": lanes["selected"] * 8 * (t["select_bit"] + add),
            "lanes_tree": lanes["busy"] * w.tree * add,
            "lanes_pipeline": lanes["busy"] * (c["lane"]["pipeline_stages"] - 1) * w.stage * register,
            "lanes_scoreboard": (2 * planes + pairs) * w.entry * file,
            "lanes_fifo": 2 * planes * w.item * file,
            "lanes_decision": 2 * planes * w.score * add,
            "query_registers": guard["queries"] * job["head_dim"] * 8 * register,
        },
        "guard": {
            "bui_generator": guard["queries"] * (job["head_dim"] * 16 * add +
                                                 2 * c["lane"]["key_bits"] * w.score * (add + register)),
            "lower_bounds": planes * w.score * add,
            "threshold": 2 * guard["bounds_received"] * w.score * add,
            "broadcast": guard["thresholds_raised"] * w.score * (t["row_wire_mm"] * t["wire_bit_mm"] +
                                                                 c["lane"]["count"] * register),
        },
        "control": {
            "dispatcher_pick": s["classes"]["dispatcher"]["delivering"] * c["dispatch"]["pick_window"] * 23 * add,
            "dispatcher_track": (2 * planes + pairs) * 23 * file,
            "dispatcher_fetch": 2 * s["dispatch"]["fetches"] * 48 * file,
            "memory_arbiter": 2 * moved / 32 * 304 * register,
        },
        "buffers": {
            "kv_sram": (buffer["k_reads"] + buffer["v_reads"] + buffer["fills"]) * 256 *
                       sram(c["buffer"]["kv_bytes"] / c["buffer"]["banks"]),
            "q_sram": q_bytes * 8 * sram(c["buffer"]["q_bytes"] / 2),
            "k_wires": buffer["k_planes"] * 64 * way,
            "v_wires": buffer["v_reads"] * 256 * way,
            "fill_wires": buffer["fills"] * 256 * way,
            "q_wires": q_bytes * 8 * way,
        },
        "vpu": {
            "vpu_macs": vpu["macs"] * (8 * w.p * product + w.accumulator * add),
            "vpu_accumulators": 2 * vpu["macs"] * w.accumulator * file,
            "vpu_operands": buffer["v_reads"] * 512 * file,
            "vpu_rescale": vpu["rescale_macs"] * w.accumulator * w.p * product,
            "rars": 2 * retained * (TOKEN + w.p) * file + vpu["rounds"] * c["rows"]["count"] * c["tile"]["keys"] * add,
            "score_queue": 2 * pairs_in * (TOKEN + w.score) * sram(8192),
        },
        "softmax": {
            "exp": s["softmax"]["exps"] * (2 * w.p ** 2 * product + 3 * w.p * add + 2 * w.p * file),
            "recheck": pairs_in * w.score * add,
            "normalise": job["queries"] * job["heads"] * job["head_dim"] * w.accumulator * w.p * product,
        },
        "clock": {"clock": area * s["time"]["cycles"] * t["clock_mm2"]},
        "leakage": {"leakage": area * s["time"]["ns"] * t["leakage_mm2"]},
        "dram": {
            "dram_activate": dram["activates"] * t["dram_activate"],
            "dram_read": 8 * dram["bytes_read"] * t["dram_core_bit"],
            "dram_write": 8 * dram["bytes_written"] * t["dram_core_bit"],
            "dram_io": 8 * moved * t["dram_io_bit"],
            "dram_refresh": dram["refreshes"] * banks * t["dram_refresh_bank"],
            "dram_background": c["dram"]["pseudo_channels"] * s["time"]["ns"] * t["dram_background"],
        },
    }


def costs(table, config, factor=lambda entry: 1):
    values = {}
    for entry in table["entries"]:
        value = entry.get("value")
        if value is None:
            group, name = entry["parameter"].split(".")
            value = config[group][name]
        values[entry["name"]] = value * factor(entry)
    return values


def total(parts):
    return sum(sum(lines.values()) for lines in parts.values())


class EnergyBench(Bench):
    def close(self, found, wanted, text):
        self.expect(math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9), f"{text}: {found:.6g}, again {wanted:.6g}")

    def run(self, out, *more):
        done = self.call("run", "--trace", str(find_set(SET)), "--out", out, "--no-golden", *more)
        if done.returncode != 0:
            print(done.stderr)
            self.expect(False, f"exit code {done.returncode}")
            sys.exit(1)
        return tuple(json.loads((self.scratch / out / name).read_text()) for name in ("stats.json", "config.json"))


def check_against(bench, stats, config, table):
    t = costs(table, config)
    area_lines = areas(config, t)
    area = sum(area_lines.values())
    parts = energies(stats, config, t, area)
    for name, value in area_lines.items():
        bench.close(stats["area_detail_mm2"][name], value, f"area_detail_mm2.{name}")
    bench.expect(set(area_lines) == set(stats["area_detail_mm2"]), "no other line of area")
    bench.close(stats["area_mm2"]["total"], area, "area_mm2.total")
    for part, lines in parts.items():
        for name, value in lines.items():
            bench.close(stats["energy_detail_pj"][name], value, f"energy_detail_pj.{name}")
        bench.close(stats["energy_pj"][part], sum(lines.values()), f"energy_pj.{part}")
    bench.expect({"total", *parts} == set(stats["energy_pj"]), "no other part of energy")
    bench.expect({name for lines in parts.values() for name in lines} == set(stats["energy_detail_pj"]),
                 "no other line of energy")
    bench.close(stats["energy_pj"]["total"], total(parts), "energy_pj.total")
    bench.close(stats["energy_core_pj"], total(parts) - sum(parts["dram"].values()), "energy_core_pj")
    for end in (0, 1):
        t = costs(table, config, lambda entry: entry["band"][end])
        area = sum(areas(config, t).values())
        name = ("low", "high")[end]
        bench.close(stats["area_band_mm2"][name]["total"], area, f"area_band_mm2.{name}.total")
        bench.close(stats["energy_band_pj"][name]["total"], total(energies(stats, config, t, area)),
                    f"energy_band_pj.{name}.total")
    for part in (*parts, "total"):
        bench.close(sum(group["energy_pj"][part] for group in stats["per_group"]), stats["energy_pj"][part],
                    f"per_group, sum of energy_pj.{part}")


def check_zeroed(bench, stats, config, table):
    """One entry of the table at zero: what goes is what it was part of."""
    for name in ("add_bit", "regfile_bit", "sram_bit_32k", "wire_bit_mm", "leakage_mm2", "dram_io_bit", "dram_activate"):
        spoilt = json.loads(json.dumps(table))
        for entry in spoilt["entries"]:
            if entry["name"] == name:
                entry.pop("parameter", None)
                entry["value"] = 0
        (bench.scratch / "zeroed.json").write_text(json.dumps(spoilt))
        zeroed, _ = bench.run(f"zero-{name}", "--energy-table", "zeroed.json")
        t = costs(table, config)
        area = sum(areas(config, t).values())
        before = energies(stats, config, t, area)
        after = energies(stats, config, {**t, name: 0}, area)
        bench.close(stats["energy_pj"]["total"] - zeroed["energy_pj"]["total"], total(before) - total(after), f"without {name}")
        same = [line for lines in before.values() for line in lines if line in stats["energy_detail_pj"] and
                before_after_same(before, after, line)]
        bench.expect(all(zeroed["energy_detail_pj"][line] == stats["energy_detail_pj"][line] for line in same),
                     f"without {name}: {len(same)} lines that do not hold it stay")
        bench.expect({k: v for k, v in zeroed["time"].items()} == stats["time"], "and no cycle changes")


def before_after_same(before, after, line):
    return next(before[part][line] == after[part][line] for part in before if line in before[part])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    args = parser.parse_args()
    if find_set(SET) is None:
        print(f"skipped: {SET} is in none of the directories of PADE_TRACES")
        return SKIPPED
    with tempfile.TemporaryDirectory() as scratch:
        bench = EnergyBench(args.pade_sim, scratch)
        table = json.loads(bench.call("energy", "--json").stdout)
        stats, config = bench.run("plain")
        check_against(bench, stats, config, table)
        check_zeroed(bench, stats, config, table)
        # A machine of which nearly everything that counts is another.
        odd = [word for pair in ("rows.count=4", "lane.count=8", "lane.key_bits=6", "dispatch.unconditional_planes=2",
                                 "softmax.p_bits=12", "buffer.kv_bytes=65536", "ista.enabled=false", "ista.score_bytes=1024",
                                 "dram.refresh=per_bank", "dram.e_activate=500", "tile.keys=32", "clock.core_mhz=500")
               for word in ("--set", pair)]
        check_against(bench, *bench.run("odd", *odd), table)
        refused = bench.call("run", "--trace", str(find_set(SET)), "--out", "never", "--energy-table", "no/such.json")
        bench.expect(refused.returncode == 2 and "no/such.json" in refused.stderr and not (bench.scratch / "never").exists(),
                     "a table that is not there is refused")
        shown = bench.call("energy")
        bench.expect(shown.returncode == 0 and "591" in shown.stdout and "4.53" in shown.stdout,
                     "pade-sim energy lays the sums beside the paper's")
    print(f"{bench.failures} failures")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
