#!/usr/bin/env bash
# Checks the manner of our own files: clang-format and clang-tidy. Both tools are optional; one that is not there is said so
# and passed over.
#
#   scripts/lint.sh              checks
#   scripts/lint.sh --fix        lets clang-format mend its part first
#   scripts/lint.sh FILE.cpp...  clang-tidy on these alone
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

fix=false
chosen=()
for option in "$@"; do
    case $option in
        --fix) fix=true ;;
        *.cpp) chosen+=("$(realpath "$option")") ;;
        *) sed -n '2,7s/^# \{0,1\}//p' scripts/lint.sh; exit 2 ;;
    esac
done

mapfile -t files < <(find model tlm testbench -name '*.h' -o -name '*.cpp' | sort)
status=0

if command -v clang-format >/dev/null; then
    if $fix; then
        clang-format -i "${files[@]}"
    fi
    clang-format --dry-run -Werror "${files[@]}" && echo "clang-format: ${#files[@]} files are well formed" || status=1
else
    echo "clang-format is not installed (Debian: clang-format): skipped"
fi

if ! command -v clang-tidy >/dev/null; then
    echo "clang-tidy is not installed (Debian: clang-tidy): skipped"
else
    # A build of its own, only configured: clang cannot read the headers that gcc has precompiled.
    lint=${PADE_LINT_BUILD:-$root/build-lint}
    if ! configure debug "$lint" -B "$lint" -DPADE_PRECOMPILE=OFF >/dev/null; then
        echo "clang-tidy: $lint cannot be configured"
        exit 1
    fi
    # Only what the build knows how to compile.
    mapfile -t sources < <(grep -o '"file": *"[^"]*"' "$lint/compile_commands.json" | cut -d'"' -f4 | sort -u |
        grep -E "^$root/(model|tlm|testbench)/.*\.cpp$")
    (( ${#chosen[@]} == 0 )) || sources=("${chosen[@]}")
    found=$(printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(parallel_jobs 1000)" clang-tidy -p "$lint" --quiet 2>/dev/null)
    tidied=$?
    if [[ -n $found || $tidied != 0 ]]; then
        printf '%s\n' "$found"
        status=1
    else
        echo "clang-tidy: ${#sources[@]} files are clean"
    fi
fi
exit $status
