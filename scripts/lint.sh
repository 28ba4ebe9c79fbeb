#!/usr/bin/env bash
# Checks the manner of our own files: clang-format, and clang-tidy where a build left a compile_commands.json. Both tools are
# optional; one that is not there is said so and passed over.
#
#   scripts/lint.sh          checks
#   scripts/lint.sh --fix    lets clang-format mend its part first
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:-}" in
    --fix) fix=true ;;
    "") fix=false ;;
    *) sed -n '2,6s/^# \{0,1\}//p' scripts/lint.sh; exit 2 ;;
esac

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
elif [[ ! -f build/compile_commands.json ]]; then
    echo "clang-tidy: there is no build/compile_commands.json (scripts/quickstart.sh makes one): skipped"
else
    # Only what the build knows how to compile.
    mapfile -t sources < <(grep -o '"file": *"[^"]*"' build/compile_commands.json | cut -d'"' -f4 | sort -u |
        grep -E "^$root/(model|tlm|testbench)/.*\.cpp$")
    if (( ${#sources[@]} != 0 )); then
        found=$(printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(parallel_jobs 1000)" clang-tidy -p build --quiet 2>/dev/null)
        if [[ -n $found ]]; then
            printf '%s\n' "$found"
            status=1
        else
            echo "clang-tidy: ${#sources[@]} files are clean"
        fi
    fi
fi
exit $status
