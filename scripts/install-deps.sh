#!/usr/bin/env bash
# Installs what the project needs and this machine lacks. Debian 12 or a relative of it; as root, or with sudo.
#
#   scripts/install-deps.sh           to build and run
#   scripts/install-deps.sh --tests   in addition what only tests and figures need
#   scripts/install-deps.sh --full    in addition what scripts/test.sh --full measures with
set -euo pipefail

packages=(g++ cmake ninja-build pkg-config libsystemc-dev libspdlog-dev libfmt-dev catch2 libboost-dev libcli11-dev
    nlohmann-json3-dev libssl-dev python3 python3-numpy python3-jsonschema)
# clang with libFuzzer and the sanitizers' runtimes; llvm names functions in their reports; lld links tests faster. pybind11 for the Python package;
# with --full dpkg-dev and file for the Debian packages, gtkwave for vcd2fst. Icarus and Verilator run the RTL, yosys with a cell
# library synthesizes it; python3-torch runs language models (its other half is scripts/models_venv.sh).
[[ ${1:-} != --tests && ${1:-} != --full ]] || packages+=(python3-matplotlib clang libclang-rt-dev llvm lld
    pybind11-dev python3-dev python3-pandas python3-yaml iverilog verilator)
[[ ${1:-} != --full ]] || packages+=(gcovr valgrind chromium gtkwave ghdl-mcode dpkg-dev file debootstrap lintian zsh fish
    man-db groff-base yosys qflow-tech-osu018 python3-torch python3-venv python3-pip libopenblas0-pthread bible-kjv)

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian system; nothing is installed. Needed, by Debian's names: ${packages[*]}" >&2
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ $status == installed ]] || missing+=("$package")
done
if (( ${#missing[@]} == 0 )); then
    exit 0
fi

echo "Installing: ${missing[*]}"
as_root=()
if (( EUID != 0 )); then
    if ! command -v sudo >/dev/null; then
        echo "These packages are missing, and this is neither root nor is there sudo. Run as root:" >&2
        echo "    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q)
"${as_root[@]}" "${apt[@]}" update
"${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
