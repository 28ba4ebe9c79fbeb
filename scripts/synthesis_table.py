#!/usr/bin/env python3
"""The table of scripts/synthesize.sh: synthesis_table.py FOLDER LIBERTY

Blocks with their own cells, flip-flops and area (without the blocks inside them), in gate equivalents of the library's NAND2; and
what the chip of 8 rows with 16 lanes has of each, at the size of a gate that the model's area table assumes.
"""
from __future__ import annotations

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROWS, LANES = 8, 16


def short(name: str) -> str:
    """The module's name without its parameters."""
    return re.sub(r"^\$paramod(?:\$\w+)?\\+([A-Za-z_]+).*", r"\1", name).lstrip("\\")


def blocks(path: pathlib.Path) -> dict[str, list[float]]:
    """Of each block in Yosys's `stat`, all instances together: [instances, cells, flip-flops, area], without the blocks inside."""
    text = path.read_text()
    own = {}
    for name, body in re.findall(r"^=== (\S+) ===\n(.*?)(?=^===|\Z)", text, re.M | re.S):
        cells = {cell: int(n) for cell, n in re.findall(r"^     (\S+)\s+(\d+)$", body, re.M)}
        cells = {cell: n for cell, n in cells.items() if re.match(r"\$_|[A-Z][A-Z0-9]+$", cell)}
        area = re.search(r"Chip area for (?:top )?module .*: ([\d.]+)", body)
        own[name] = (sum(cells.values()), sum(n for cell, n in cells.items() if "DFF" in cell), float(area[1]) if area else 0.0)
    total: dict[str, list[float]] = {}
    above: list[tuple[int, int]] = []  # indentation and instances of what the line is inside
    hierarchy = text.split("=== design hierarchy ===")[1].split("Number of")[0]
    for indent, name, count in re.findall(r"^( +)(\S+) +(\d+)$", hierarchy, re.M):
        above = [a for a in above if a[0] < len(indent)]
        instances = int(count) * (above[-1][1] if above else 1)
        above.append((len(indent), instances))
        entry = total.setdefault(short(name), [0, 0, 0, 0])
        for i, value in enumerate((1, *own[name])):
            entry[i] += instances * value
    return total


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
    print(f"{'block':18} {'instances':>9} {'generic cells':>13} {'cells':>8} {'flip-flops':>10} {'gates':>8}   "
          f"of the chip, at {um2:.3f} um2 a gate")
    chip = 0.0
    for top, count in (("pe_lane", ROWS * LANES), ("guard_filter", ROWS), ("rars", 1)):
        generic = blocks(folder / f"{top}-generic.txt")
        for name, (instances, cells, flops, area) in blocks(folder / f"{top}-cells.txt").items():
            if area == 0:
                continue
            mm2 = area / gate * count * um2 / 1e6
            chip += mm2
            print(f"{name:18} {instances:9.0f} {generic[name][1]:13.0f} {cells:8.0f} {flops:10.0f} {area / gate:8.0f}   "
                  f"in each of {count} {top}: {mm2:.3f} mm2")
    bits = sum(int(n) for n in re.findall(r"Number of memory bits: +(\d+)",
                                          (folder / "rars-memories.txt").read_text().split("=== design hierarchy ===")[1]))
    mm2 = bits * table["gates_regfile"] * um2 / 1e6
    print(f"\ntogether {chip:.3f} mm2, without the memories of rars: {bits} bits, {mm2:.3f} mm2 "
          "at what the table says of register files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
