#!/usr/bin/env bash
# Builds the Debian packages and installs them on a clean Debian 12, which it makes with debootstrap in a folder of its own: the
# program runs, the libraries build the example, the Python package reads the result. Needs root, debootstrap and a mirror.
#
#   scripts/check_deb.sh [BUILD]      BUILD: a finished Release build (default: build)
#
# PADE_MIRROR: where Debian is fetched from (default: http://deb.debian.org/debian). Exit code 77: it cannot be done here.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build=$(realpath "${1:-build}")
mirror=${PADE_MIRROR:-http://deb.debian.org/debian}
if (( EUID != 0 )) || ! command -v debootstrap >/dev/null; then
    echo "skipped: this needs root and debootstrap"
    exit 77
fi

folder=$(mktemp -d /var/tmp/pade-clean.XXXXXX)
system=$folder/system
cleanup() {
    umount "$system/proc" 2>/dev/null || true
    rm -rf --one-file-system "$folder"
}
trap cleanup EXIT

echo "== packages"
cpack -G DEB --config "$build/CPackConfig.cmake" -B "$folder/debs" >"$folder/cpack.log" || { cat "$folder/cpack.log"; exit 1; }
ls -l "$folder"/debs/*.deb
if command -v lintian >/dev/null; then  # the packages are no upload to Debian, which would close a bug of its own
    lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "$folder"/debs/*.deb
else
    echo "lintian is not installed (Debian: lintian): skipped"
fi

echo "== a clean system"
if ! debootstrap --variant=minbase bookworm "$system" "$mirror" >"$folder/debootstrap.log" 2>&1; then
    tail -5 "$folder/debootstrap.log"
    echo "skipped: debootstrap cannot make a system from $mirror"
    exit 77
fi
cp /etc/resolv.conf "$system/etc/resolv.conf"
if [[ -d /etc/apt/apt.conf.d ]]; then  # how this machine reaches the mirror, if it needs a proxy
    grep -rhi '^ *Acquire::https\?::proxy' /etc/apt/apt.conf /etc/apt/apt.conf.d 2>/dev/null \
        >"$system/etc/apt/apt.conf.d/80proxy" || true
fi
printf '#!/bin/sh\nexit 101\n' >"$system/usr/sbin/policy-rc.d"
chmod +x "$system/usr/sbin/policy-rc.d"
mkdir "$system/debs"
cp "$folder"/debs/*.deb "$system/debs"
mount -t proc proc "$system/proc"

inside() { chroot "$system" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash -euo pipefail -c "$1"; }
apt="apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends"
set_of_traces=/usr/share/pade-tlm/traces/use-lite/l0-decode8-s128-gpl3

echo "== pade-tlm"
inside "apt-get -qq update && $apt install /debs/pade-tlm_*.deb >/dev/null"
inside "cd /tmp && pade-sim --version && pade-sim run --trace $set_of_traces --out out | grep -E '^(job|checks)'"
inside "cd /tmp && pade-sim suite ${set_of_traces%/*} --out suite --jobs 1 | tail -3"

echo "== python3-pade"
if compgen -G "$folder/debs/python3-pade_*.deb" >/dev/null; then
    inside "$apt install /debs/python3-pade_*.deb python3-pandas >/dev/null"
    inside "cd /tmp && python3 -c '
import pade
from pade import numeric
run = pade.read(\"out\")
assert len(run.retained) == run[\"pairs.retained\"] and len(pade.read_many(\"suite\")) == 5
assert numeric.plane_weights(4).tolist() == [-8, 4, 2, 1]
print(run)'"
fi

echo "== libpade-dev"
inside "$apt install /debs/libpade-dev_*.deb g++ cmake make >/dev/null"
inside "cp -r /usr/share/doc/pade-tlm/examples/own_module /tmp/ && cd /tmp/own_module &&
    cmake -S . -B build -DCMAKE_BUILD_TYPE=Release >/dev/null && cmake --build build >/dev/null &&
    build/own_module $set_of_traces /tmp/hop 100"

echo "== removed again"
inside "$apt purge \$(dpkg-query -W -f '\${Package} ' '*pade*') >/dev/null 2>&1"
left=$(find "$system" -xdev \( -path "$system/debs" -o -path "$system/tmp" -o -path "$system/var" \) -prune -o \
    \( -name 'pade*' -o -name '_pade*' -o -name 'libpade*' -o -name 'python3-pade*' \) -print)
if [[ -n $left ]]; then
    printf 'left behind: %s\n' "$left"
    exit 1
fi
echo "The packages install, run, build and go again."
