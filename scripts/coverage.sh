#!/usr/bin/env bash
# Measures which lines and branches of model/ and tlm/ run in the unit tests and in a fast choice of suites, and fails below
# 95 % of lines. Needs gcovr (Debian: gcovr).
#
#   scripts/coverage.sh            builds into build-coverage, runs, reports; the list goes to build-coverage/coverage.md
#   scripts/coverage.sh --write    the list goes to docs/coverage.md
#   scripts/coverage.sh --report   reports once more from the counts that are there
#
# PADE_COVERAGE_BUILD: another build directory. Why a line is not covered is said in scripts/uncovered.csv.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

run=true
list=
for option in "$@"; do
    case $option in
        --report) run=false ;;
        --write) list=docs/coverage.md ;;
        *) sed -n '2,9s/^# \{0,1\}//p' scripts/coverage.sh; exit 2 ;;
    esac
done
if ! command -v gcovr >/dev/null; then
    echo "gcovr is not installed (Debian: gcovr)"
    exit 2
fi
build=${PADE_COVERAGE_BUILD:-$root/build-coverage}
jobs=$(parallel_jobs 1000)
export PADE_TRACES=${PADE_TRACES:-$root/traces}

# Folders of CMakeLists.txt whose tests count; what lies in testbench/ is run by pade-sim and not measured.
mapfile -t folders < <(sed -n 's/^add_subdirectory(\(\(model\|tlm\)[^)]*\))$/\1/p' CMakeLists.txt)

if $run; then
    configure coverage "$build" -B "$build" || exit 1
    cmake --build "$build" -j "$jobs" --target pade-sim "${folders[@]/%//all}" || exit 1
    find "$build" -name '*.gcda' -delete
    for folder in "${folders[@]}"; do
        # Some folders have no tests.
        ctest --test-dir "$build/$folder" --output-on-failure -j "$(nproc)" -Q -O "$build/ctest.log" || {
            cat "$build/ctest.log"
            echo "tests of $folder fail with --coverage"
            exit 1
        }
    done
    ctest --test-dir "$build/testbench/suites" --output-on-failure -j "$(nproc)" \
        -R '^suite: (flips|determinism|interface|refusals|stuck|layouts|shapes|worlds|waves|switches, decode|dram, (figures|interface|refusals))$' || exit 1
fi

gcovr --root "$root" --object-directory "$build" --filter 'model/' --filter 'tlm/' --exclude-throw-branches \
    --exclude-unreachable-branches -j "$jobs" --json "$build/coverage.json" "$build" || exit 1
/usr/bin/env python3 scripts/coverage_report.py "$build/coverage.json" "${list:-$build/coverage.md}"
