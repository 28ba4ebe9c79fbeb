#!/usr/bin/env python3
"""A waveform as an RTL simulator would write it, made from the model's: stand_in.py MODEL.vcd RTL.vcd [--fault NAME:CYCLE] [--stalls]

Stands in for RTL in the examples of docs/wavediff.md: a clock of 2 ns in units of 100 ps, a reset of 5 cycles with x before its end,
generate scopes (top.dut.g_row[0].g_lane[3]), only the blocks gsat, scoreboard, decision and threshold_unit. --fault turns the
lowest bit of one model signal in one cycle. --stalls: now and then everything stands still and nothing is valid.
"""
import argparse
import random
import re

PERIOD, RESET, MODEL_PS = 20, 5, 1250
BLOCKS = ("gsat", "scoreboard", "decision", "threshold_unit")


def rtl_name(name):
    name = re.sub(r"^pade\.pe_lane_(\d+)_(\d+)\.", r"top.dut.g_row[\1].g_lane[\2].", name)
    return re.sub(r"^pade\.guard_filter_(\d+)\.", r"top.dut.g_row[\1].guard_filter.", name)


def read(path):
    """Signals by code, (name, width), and for each cycle what changes in it."""
    signals, scopes, cycles, cycle = {}, [], {}, 0
    for line in open(path, encoding="ascii"):
        words = line.split()
        if line.startswith("$scope"):
            scopes.append(words[2])
        elif line.startswith("$upscope"):
            scopes.pop()
        elif line.startswith("$var") and scopes[-1] in BLOCKS:
            signals[words[3]] = (".".join([*scopes, words[4]]), int(words[2]))
        elif line.startswith("#"):
            cycle = int(line[1:]) // MODEL_PS
        elif line[:1] in "01b" and words:
            value, code = (words[0][1:], words[1]) if line[0] == "b" else (line[0], line[1:].strip())
            if code in signals:
                cycles.setdefault(cycle, {})[code] = int(value, 2)
    return signals, cycles, cycle


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("rtl")
    parser.add_argument("--fault")
    parser.add_argument("--stalls", action="store_true")
    args = parser.parse_args()
    signals, cycles, last = read(args.model)
    bad_name, bad_cycle = (args.fault.rsplit(":", 1) if args.fault else ("", "-1"))
    rng = random.Random(1)
    valids = [code for code, (name, _) in signals.items() if name.endswith(".valid")]

    with open(args.rtl, "w", encoding="ascii") as file:
        file.write("$timescale 100 ps $end\n$scope module top $end\n$var wire 1 clk clk $end\n$var wire 1 rst rst_n $end\n$upscope $end\n")
        for code, (name, width) in signals.items():
            *scopes, local = rtl_name(name).split(".")
            file.write("".join(f"$scope module {scope} $end " for scope in scopes) + f"$var wire {width} {code} {local} $end "
                       + "$upscope $end " * len(scopes) + "\n")
        file.write("$enddefinitions $end\n#0\n0clk\n0rst\n" + "".join(f"bx {code}\n" for code in signals))
        edge = 0  # what changes behind edge n is seen by edge n + 1

        def clock(changes):
            nonlocal edge
            file.write(f"#{edge * PERIOD + PERIOD // 2}\n1clk\n")
            if changes:
                file.write(f"#{edge * PERIOD + PERIOD // 2 + 1}\n" + "".join(f"b{value:b} {code}\n" for code, value in changes.items()))
            file.write(f"#{(edge + 1) * PERIOD}\n0clk\n")
            edge += 1

        state = {}
        for cycle in range(-RESET, last + 1):
            changes = {}
            coming = cycle + 1
            if args.stalls and coming > 0 and rng.random() < 0.3:
                for _ in range(rng.randrange(1, 6)):
                    clock({code: 0 for code in valids})
                changes = {code: state[code] for code in valids}
            now = cycles.get(coming, {}) if coming >= 0 else {}
            state.update(now)
            changes.update(now)
            if coming == 0:
                changes["rst"] = 1
            for code, (name, _) in signals.items():
                if name == bad_name and coming == int(bad_cycle):
                    changes[code] = state[code] ^ 1
                elif name == bad_name and coming == int(bad_cycle) + 1:
                    changes.setdefault(code, state[code])
            clock(changes)


if __name__ == "__main__":
    main()
