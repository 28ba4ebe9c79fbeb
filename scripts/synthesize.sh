#!/usr/bin/env bash
# Synthesizes the RTL of testbench/rtl with Yosys: generic cells, and an open standard-cell library. Prints a table of the blocks'
# cells, flip-flops and areas (docs/rtl.md, Area). Takes three minutes or four.
#
#   scripts/synthesize.sh [--liberty FILE] [--words N] [--out FOLDER]
#
# --liberty: default /usr/share/qflow/tech/osu018/osu018_stdcells.lib, Debian's qflow-tech-osu018. --words: of 64 dims, default 1.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
liberty=/usr/share/qflow/tech/osu018/osu018_stdcells.lib
words=1
out=
while (($#)); do
    case $1 in
        --liberty) liberty=${2:?--liberty: no file; allowed: a Liberty file}; shift 2 ;;
        --words) words=${2:?--words: no number; allowed: 1 to 4}; shift 2 ;;
        --out) out=${2:?--out: no folder; allowed: the path of a folder}; shift 2 ;;
        *) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
    esac
done
fail() { echo "synthesize.sh: $1" >&2; exit 2; }
command -v yosys >/dev/null || fail "yosys is not in PATH; allowed: Debian's package yosys"
[[ $words == [1-4] ]] || fail "--words $words; allowed: 1 to 4"
[[ -r $liberty ]] ||
    fail "--liberty $liberty: cannot be read; allowed: a Liberty file, such as that of Debian's package qflow-tech-osu018"
if [[ -z $out ]]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out" || fail "--out $out: cannot be made; allowed: a path in a folder that can be written"

# Without -flatten each block keeps its own count. Three tops: a lane, a row's guard filter, RARS. The memories of RARS, with as many
# write ports as there are exponentials a cycle, stay memories: of flip-flops they would be what no chip makes.
for top in pe_lane guard_filter rars; do
    words_of="chparam -set WORDS $words $top"
    gates="synth -top $top"
    if [[ $top == rars ]]; then
        words_of=
        gates="proc; opt; tee -q -o $out/$top-memories.txt stat; wreduce; alumacc; opt; memory -nomap; opt_clean; techmap; opt -fast"
    fi
    cat > "$out/$top.ys" <<SCRIPT
read_verilog -sv $root/testbench/rtl/*.sv
$words_of
hierarchy -check -top $top
$gates
tee -q -o $out/$top-generic.txt stat
dfflibmap -liberty $liberty
abc -liberty $liberty
opt_clean
tee -q -o $out/$top-cells.txt stat -liberty $liberty
SCRIPT
    yosys -q -l "$out/$top.log" "$out/$top.ys" > "$out/$top.out" 2>&1 ||
        fail "yosys: $(grep -m1 ERROR "$out/$top.log" || tail -1 "$out/$top.out")"
done
exec /usr/bin/env python3 "$root/scripts/synthesis_table.py" "$out" "$liberty"
