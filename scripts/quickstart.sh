#!/usr/bin/env bash
# From a fresh checkout to a first result: installs what is missing, builds the simulator, runs one real trace.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/install-deps.sh
configure release build
cmake --build build --target pade-sim -j "$(parallel_jobs 1000)"
build/pade-sim run --trace traces/qwen2.5-coder-0.5b/l7-prefill-s512-kjv --out out/quickstart --force
