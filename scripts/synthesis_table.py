#!/usr/bin/env python3
"""The table of scripts/synthesize.sh: synthesis_table.py FOLDER LIBERTY

Blocks with their own cells, flip-flops and area (without the blocks inside them), in gate equivalents of the library's NAND2.
Then what the chip of 8 rows with 16 lanes has of each, at the size of a gate that the model's area table assumes.
"""
from __future__ import annotations

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROWS, LANES = 8, 16


def modules(path: pathlib.Path) -> dict[str, dict[str, float]]:
    """Of each module in Yosys's `stat` its cells, flip-flops and area, without what is inside the modules in it."""
    found = {}
    for name, body in re.findall(r"^=== (\S+) ===\n(.*?)(?=^===|\Z)", path.read_text(), re.M | re.S):
        if name == "design":
            continue
        name = re.sub(r"^\$paramod(?:\$\w+)?\\\\?([A-Za-z_]+).*", r"\1", name).lstrip("\\")
        cells = {cell: int(n) for cell, n in re.findall(r"^     (\S+)\s+(\d+)$", body, re.M)}
        area = re.search(r"Chip area for (?:top )?module .*: ([\d.]+)", body)
        own = {cell: n for cell, n in cells.items() if re.match(r"\$_|[A-Z][A-Z0-9]+$", cell)}
        entry = found.setdefault(name, {"cells": 0, "flops": 0, "area": 0})
        entry["cells"] = sum(own.values())
        entry["flops"] = sum(n for cell, n in own.items() if "DFF" in cell)
        entry["area"] = float(area[1]) if area else 0
    return found


def main() -> int:
    folder, liberty = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    text = liberty.read_text()
    nand = re.search(r"cell\s*\(\s*\"?(NAND2X1|NAND2_X1|NAND2)\"?\s*\).*?area\s*:\s*([\d.]+)", text, re.S)
    if nand is None:
        print(f"{liberty}: no cell NAND2X1; allowed: a library that has one", file=sys.stderr)
        return 2
    gate = float(nand[2])
    table = {e["name"]: e.get("value") for e in json.loads((ROOT / "model/energy/table_28nm.json").read_text())["entries"]}
    um2 = table["gate_um2"] * table["placement"]
    print(f"{liberty.name}: a gate equivalent ({nand[1]}) has {gate:g} um2\n")
    print(f"{'block':18} {'generic cells':>13} {'cells':>8} {'flip-flops':>10} {'gates':>9}   of the chip, at {um2:.3f} um2 a gate")
    chip = 0.0
    for top, count in (("pe_lane", ROWS * LANES), ("guard_filter", ROWS)):
        generic, mapped = modules(folder / f"{top}-generic.txt"), modules(folder / f"{top}-cells.txt")
        hierarchy = (folder / f"{top}-cells.txt").read_text().split("=== design hierarchy ===")[-1]
        for name, entry in mapped.items():
            times = max(1, sum(int(n) for n in re.findall(rf"^ .*\b{name}\b.*?\s(\d+)$", hierarchy, re.M)))
            gates = entry["area"] / gate
            if gates == 0:
                continue
            mm2 = gates * times * count * um2 / 1e6
            chip += mm2
            print(f"{name:18} {generic.get(name, {'cells': 0})['cells']:13.0f} {entry['cells']:8.0f} {entry['flops']:10.0f} {gates:9.0f}"
                  f"   {times} in each of {count} {top}: {mm2:.3f} mm2")
    print(f"\ntogether {chip:.3f} mm2")
    return 0


if __name__ == "__main__":
    sys.exit(main())
