#!/usr/bin/env bash
# Captures the sets of traces/capture.json, those that are too large for the repository among them, from the weights on PyPI.
#
#   scripts/capture_all.sh [--out DIR] [further options of capture_qkv.py, as --only '*s16384*' or --list]
#
# --sets FILE captures those of another list. Default of --out: build/sets. Needs Debian's python3-torch, libopenblas0-pthread, python3-venv and bible-kjv. Downloads 1.6 GB of
# weights and writes 9 GB of them, dequantised, to $PADE_MODELS or ~/.cache/pade/models. Takes about an hour of one core; run again,
# it goes on where it was.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PADE_MODELS_PYTHON:-$root/build/models-venv/bin/python}
[[ -x $python ]] || "$root/scripts/models_venv.sh" "$root/build/models-venv"

texts=$root/build/texts
mkdir -p "$texts"
if [[ ! -s $texts/genesis.txt ]]; then
    if ! command -v bible >/dev/null; then
        echo "capture_all.sh: the program bible is not there; install bible-kjv" >&2
        exit 2
    fi
    # Verses without their numbers, joined by single spaces.
    bible -f gen1:1-gen50:26 | sed -n 's/^[A-Za-z]*[0-9]*:[0-9]* //p' | paste -sd ' ' >"$texts/genesis.txt.partial"
    mv "$texts/genesis.txt.partial" "$texts/genesis.txt"
fi

# Debian's torch calls whatever BLAS the system has; its default takes forty times longer.
openblas=/usr/lib/x86_64-linux-gnu/openblas-pthread
[[ ! -d $openblas ]] || export LD_LIBRARY_PATH=$openblas${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
out=(--out "$root/build/sets")
[[ " $* " != *" --out "* ]] || out=()
sets=(--sets "$root/traces/capture.json")
[[ " $* " != *" --sets "* ]] || sets=()
exec "$python" "$root/scripts/capture_qkv.py" "${sets[@]}" "${out[@]}" "$@"
