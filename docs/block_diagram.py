#!/usr/bin/env python3
"""Writes docs/block-diagram.svg. Run it after an edit; the picture is checked in.

    docs/block_diagram.py
"""
import pathlib
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 1330, 1010
out = []

STYLE = """
    text { font-family: 'DejaVu Sans', Verdana, sans-serif; fill: #1b1f24 }
    .name { font-size: 15px; font-weight: bold; text-anchor: middle }
    .note { font-size: 11px; text-anchor: middle; fill: #57606a }
    .label { font-size: 11px; paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round }
    .block { fill: #eef3fb; stroke: #1f4e99; stroke-width: 1.5 }
    .memory { fill: #fdf3e1; stroke: #9a6700; stroke-width: 1.5 }
    .outside { fill: #f3f4f6; stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 6 3 }
    .area { fill: none; stroke: #8c959f; stroke-width: 1; stroke-dasharray: 3 3 }
    .chip { fill: none; stroke: #57606a; stroke-width: 1.5 }
    .halo { fill: none; stroke: #ffffff; stroke-width: 7 }
    .stream { fill: none; stroke: #1f4e99; stroke-width: 1.5 }
    .base { fill: none; stroke: #9a6700; stroke-width: 3 }
    .debug { fill: none; stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 5 4 }
"""


def box(x, y, w, h, name, note="", kind="block"):
    out.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{w}" height="{h}" rx="6"/>')
    notes = note.split("\n") if note else []
    top = y + h / 2 + 5 - 8 * len(notes)
    out.append(f'<text class="name" x="{x + w / 2}" y="{top}">{escape(name)}</text>')
    for i, line in enumerate(notes):
        out.append(f'<text class="note" x="{x + w / 2}" y="{top + 17 + 15 * i}">{escape(line)}</text>')


def wire(kind, points, both=False):
    """A line through points, with an arrow at its end, or at both ends."""
    path = "M" + " L".join(f"{x} {y}" for x, y in points)
    out.append(f'<path class="halo" d="{path}"/>')
    start = f' marker-start="url(#{kind})"' if both else ""
    out.append(f'<path class="{kind}" d="{path}"{start} marker-end="url(#{kind})"/>')


def label(x, y, text, anchor="start"):
    for i, line in enumerate(text.split("\n")):
        out.append(f'<text class="label" x="{x}" y="{y + 13 * i}" text-anchor="{anchor}">{escape(line)}</text>')


def marker(kind, colour, size):
    return (f'<marker id="{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" '
            f'markerWidth="{size}" markerHeight="{size}" orient="auto-start-reverse">'
            f'<path d="M0 0 L10 5 L0 10 z" fill="{colour}"/></marker>')


# ---- areas ----
out.append('<rect class="chip" x="36" y="84" width="1282" height="806" rx="10"/>')
label(1306, 104, "accelerator (800 MHz)", "end")
out.append('<rect class="area" x="264" y="358" width="454" height="172" rx="8"/>')
label(274, 374, "QK-PU, 8 rows")

# ---- wires, those that are crossed first ----
wire("stream", [(200, 455), (280, 455)])
label(204, 447, "q")
wire("base", [(280, 275), (238, 275), (238, 705), (480, 705)], both=True)
wire("stream", [(280, 255), (222, 255), (222, 735), (480, 735)], both=True)
label(246, 605, "planes of K,\none port a lane column")
label(246, 752, "fetch and release K,\narrived")
wire("stream", [(280, 232), (125, 232), (125, 410)], both=True)
label(60, 300, "fetch, load\nqueries;\nloaded")

wire("base", [(365, 62), (365, 110)], both=True)
label(373, 77, "registers, interrupt")
wire("stream", [(365, 160), (365, 210)], both=True)
label(373, 189, "job; finished")

wire("stream", [(570, 290), (570, 400)])
label(562, 322, "admit,\nplanes", "end")
wire("stream", [(640, 400), (640, 290)])
label(648, 322, "verdicts")
wire("stream", [(500, 435), (430, 435)])
label(465, 428, "bounds", "middle")
wire("stream", [(430, 475), (500, 475)])
label(465, 468, "query, T", "middle")
wire("stream", [(700, 430), (900, 430)])
label(735, 423, "retained scores")
wire("stream", [(355, 500), (355, 552), (810, 552), (810, 460), (900, 460)])
label(735, 545, "T", "middle")
wire("stream", [(700, 250), (985, 250), (985, 400)], both=True)
label(993, 300, "blocks begin, tiles close;\nhigh water mark")

wire("stream", [(985, 510), (985, 550)])
label(977, 534, "pairs", "end")
wire("stream", [(985, 610), (985, 650)])
label(977, 634, "weights", "end")
wire("stream", [(985, 710), (985, 750)])
label(977, 734, "rounds", "end")
wire("stream", [(900, 490), (850, 490), (850, 690), (700, 690)])
label(842, 640, "fetch V", "end")
wire("stream", [(1070, 440), (1096, 440), (1096, 680), (1070, 680)])
label(1104, 560, "V rows\nreserved")
wire("base", [(900, 778), (700, 778)], both=True)
label(800, 771, "V rows, ports", "middle")
wire("stream", [(900, 800), (700, 800)])
label(800, 815, "release V", "middle")
wire("stream", [(1070, 790), (1190, 790)])
label(1134, 783, "O rows", "middle")
wire("stream", [(1070, 765), (1172, 765), (1172, 190), (680, 190), (680, 210)])
label(1000, 183, "block has left the V-PU", "end")
wire("stream", [(1247, 750), (1247, 165), (640, 165), (640, 210)])
label(1000, 158, "block is written", "end")
wire("base", [(1070, 480), (1082, 480), (1082, 850)], both=True)
label(1070, 842, "spill, ISTA off", "end")

wire("base", [(125, 500), (125, 850)], both=True)
label(133, 840, "Q")
wire("base", [(590, 820), (590, 850)], both=True)
label(598, 840, "K, V")
wire("base", [(1247, 820), (1247, 850)], both=True)
label(1256, 840, "O")
wire("base", [(677, 880), (677, 920)], both=True)
label(686, 909, "16 links, one a pseudo channel")
wire("debug", [(280, 40), (18, 40), (18, 865), (60, 865)])
label(26, 66, "loads Q, K, V and reads O by debug transport")

# ---- blocks ----
box(280, 18, 170, 44, "host", kind="outside")
box(280, 110, 170, 50, "register_file")
box(280, 210, 420, 80, "dispatcher", "row blocks, tile order, admission, fetch, pick (BS-OOE, ISTA)")
box(50, 410, 150, 90, "q_buffer", "32 KB\ndouble buffered", "memory")
box(280, 400, 150, 100, "guard_filter", "BUI generator,\nthreshold a row")
box(500, 400, 200, 100, "pe_lane", "8 x 16; GSAT 64 dims,\nscoreboard 32 entries")
box(480, 670, 220, 150, "kv_buffer", "320 KB, 16 banks x 32 B\nK planes and V rows,\nK feed 16 planes a cycle", "memory")
box(900, 400, 170, 110, "score_queue", "tiles in order,\nre-check")
box(900, 550, 170, 60, "softmax_unit", "online, fixed point")
box(900, 650, 170, 60, "rars", "V rows shared by rows")
box(900, 750, 170, 70, "v_pu", "8 rows x 16 MACs")
box(1190, 750, 114, 70, "write_back", "FP16 rows of O")
box(60, 850, 1234, 30, "memory_arbiter", kind="memory")
box(60, 920, 1234, 50, "hbm2_controller", "16 pseudo channels x 64 bit, FR-FCFS, 1 GHz, 256 GB/s", "memory")

# ---- legend ----
wire("stream", [(70, 993), (120, 993)])
label(128, 997, "stream of items (tlm/stream.h), credits the other way")
wire("base", [(480, 993), (530, 993)], both=True)
label(538, 997, "TLM-2.0 base protocol")
wire("debug", [(720, 993), (770, 993)])
label(778, 997, "debug transport, outside of simulated time")

svg = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
       f'role="img" aria-label="Block diagram of the accelerator">\n<style>{STYLE}</style>\n<defs>'
       + marker("stream", "#1f4e99", 9) + marker("base", "#9a6700", 12) + marker("debug", "#57606a", 9)
       + f'</defs>\n<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n' + "\n".join(out) + "\n</svg>\n")
(pathlib.Path(__file__).resolve().parent / "block-diagram.svg").write_text(svg)
