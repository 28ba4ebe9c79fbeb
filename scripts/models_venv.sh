#!/usr/bin/env bash
# Makes the virtual environment in which scripts that run language models work (capture_qkv.py and others), on Debian's torch.
#
#   scripts/models_venv.sh [DIR]     default: build/models-venv
#
# Debian packages needed: python3-venv python3-torch libopenblas0-pthread; the rest is scripts/requirements-models.txt, from PyPI.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${1:-$root/build/models-venv}
python=/usr/bin/python3
if ! "$python" -c 'import torch, venv, ensurepip' 2>/dev/null; then
    echo "models_venv.sh: $python has no torch or no venv; install python3-torch, python3-venv and libopenblas0-pthread" >&2
    exit 2
fi
[[ -d $target ]] || "$python" -m venv --system-site-packages "$target"
# accelerate and others name torch as a requirement; Debian's fulfils it, so nothing of PyPI's torch is fetched.
"$target/bin/pip" install --quiet --disable-pip-version-check -r "$root/scripts/requirements-models.txt"
"$target/bin/python" -c 'import torch, transformers; print(f"torch {torch.__version__}, transformers {transformers.__version__}")'
